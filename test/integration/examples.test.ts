/** The example workers, as processes of their own against the real service: what they answer is right by the data. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "../../clients/typescript/src/client.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { eventsOf } from "../support/worker.ts";

const CLIENTS = join(import.meta.dir, "../../clients");
const LIMIT_MS = 20_000;

/** A Python that has what the client needs: one that its own tests have made, else this machine's. */
function python(): string | null {
  const made = join(homedir(), ".cache/taskwire/python");
  const found = existsSync(made) ? readdirSync(made).map((name) => join(made, name, "bin/python")) : [];
  return [...found, "python3"].find((path) => spawnSync(path, ["-c", "import httpx, pydantic, websockets"], { stdio: "ignore", timeout: LIMIT_MS }).status === 0) ?? null;
}

let service: Service;
let client: Client;
let token: string;
let worker: ChildProcess | null = null;

beforeAll(async () => {
  service = await startService({ env: { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_LEADER_MS: "600" } });
  token = await signUp(service.url, "asker");
  client = createClient({ url: service.url, token });
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

async function working(command: string, file: string, work: () => Promise<void>): Promise<void> {
  const child = spawn(command, [join(CLIENTS, file)], { env: { PATH: process.env.PATH, HOME: process.env.HOME, TASKWIRE_URL: service.url, TASKWIRE_TOKEN: token, PYTHONPATH: join(CLIENTS, "python/src"), PYTHONDONTWRITEBYTECODE: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  worker = child;
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    await until(`${file} works`, LIMIT_MS, () => {
      if (child.exitCode !== null) throw new Error(printed);
      return printed.includes("Ctrl-C");
    });
    await work();
  } finally {
    worker.kill("SIGTERM");
    expect([await ended, printed.split("\n").length]).toEqual([0, 2]);
  }
}

interface Done {
  readonly types: readonly string[];
  readonly response: string;
  readonly data: Record<string, unknown>;
}
async function done(kind: string, input: object): Promise<Done> {
  const { task_id: taskId } = await client.create({ kind, queue: true, input: input as never, max_attempts: 1 });
  await until(`${taskId} is over`, LIMIT_MS, async () => /completed|failed/.test((await client.get(taskId)).task.status));
  const events = await eventsOf(service.url, token, taskId);
  const data = events.at(-1)?.data ?? {};
  return { types: events.map(({ type }) => type), response: String(data.response), data };
}

async function questions(): Promise<void> {
  const answers = await Promise.all([
    done("data-questions", { query: "What is the capital of Peru?" }),
    done("data-questions", { query: "Which 3 countries in Africa have the most people?" }),
    done("chat", { message: "What is the largest country?", session_id: "s" }),
    done("chat", { message: "Sing me a song" }),
  ]);
  expect(answers[0]?.response).toBe("The capital of Peru is Lima.");
  expect(answers[1]?.response).toMatch(/Nigeria[^]*Ethiopia[^]*Egypt/);
  expect(answers[2]?.response).toContain("Russia");
  expect(answers[3]).toMatchObject({ response: expect.stringContaining("Ask me"), data: { metadata: { confidence: 0, sources: [] } } });
  expect(answers[0]?.types).toEqual(expect.arrayContaining(["step.started", "tool.started", "tool.completed", "message.delta", "task.completed"]));
}

async function orchestration(): Promise<void> {
  const [continents, countries] = await Promise.all([done("orchestration", { query: "Compare the population density of the continents" }), done("orchestration", { query: "Is Germany larger than France?" })]);
  expect(continents?.response).toMatch(/1\. Asia: 15\d\.\d[^]*6\. Oceania/);
  expect(continents?.types.filter((type) => type === "step.completed")).toHaveLength(8);
  expect(continents?.types.filter((type) => /^(intent|agents|plan)/.test(type))).toEqual(["intent.started", "intent.parsed", "agents.search_started", "agents.found", "plan.started", "plan.created"]);
  expect(continents?.types).toContain("reasoning.completed");
  expect(countries?.response).toMatch(/^By area:\n1\. France: 551,695[^]*2\. Germany: 357,022/);
}

describe("the example workers in TypeScript", () => {
  test("answer questions about data", () => working(process.execPath, "typescript/examples/questions.ts", questions), 40_000);
  test("plan and carry out", () => working(process.execPath, "typescript/examples/orchestration.ts", orchestration), 40_000);
});

const interpreter = python();
if (interpreter === null) console.log("skipped: no Python with httpx, pydantic and websockets on this machine");

describe.skipIf(interpreter === null)("the example workers in Python", () => {
  test("answer questions about data", () => working(interpreter ?? "", "python/examples/questions.py", questions), 40_000);
  test("plan and carry out", () => working(interpreter ?? "", "python/examples/orchestration.py", orchestration), 40_000);
});

describe("one command from nothing to the answer", () => {
  const tried = async (way: string, ...question: readonly string[]): Promise<readonly string[]> => {
    const child = spawn("node", [join(CLIENTS, "typescript/examples/try.mjs"), way, ...question], { env: { PATH: process.env.PATH, HOME: process.env.HOME }, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (out += String(chunk)));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, out]).toEqual([0, expect.any(String)]);
    return out.trim().split("\n");
  };

  test("shows a chat, token by token", async () => {
    const lines = await tried("chat", "What is the capital of Kenya?");
    expect(lines.at(-1)).toBe("The capital of Kenya is Nairobi.");
    expect(lines.some((line) => line.startsWith('{"type":"token"'))).toBe(true);
  }, 60_000);

  test("shows a data question, stage by stage", async () => {
    const lines = await tried("data-questions");
    expect(lines.at(-1)).toMatch(/^The density of Japan is 326/);
    expect(lines.join("\n")).not.toMatch(/sql|generate_query/i);
  }, 60_000);

  test("shows an orchestration, from registering to the result", async () => {
    const lines = await tried("orchestration", "Is Germany larger than France?");
    expect(lines.slice(-3)).toEqual(["By area:", "1. France: 551,695", "2. Germany: 357,022"]);
    expect(lines.filter((line) => line.startsWith('{"type":"step_completed"'))).toHaveLength(4);
  }, 60_000);
});
