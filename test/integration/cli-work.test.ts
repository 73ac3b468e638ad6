/** Programs as workers and tasks as programs: `taskwire work`, `create`, `lease`, the orders, and `run` obeying them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "../../clients/typescript/src/client.ts";
import { type Service, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { eventsOf } from "../support/worker.ts";

const MAIN = join(import.meta.dir, "../../src/cli/main.ts");
const LIMIT_MS = 20_000;

interface Running {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
}

let service: Service;
let client: Client;
let token: string;
let kinds = 0;

beforeAll(async () => {
  service = await startService({ env: { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_LEADER_MS: "600" } });
  ({ token } = JSON.parse(readFileSync(join(service.home, "local.json"), "utf8")) as { token: string });
  client = createClient({ url: service.url, token });
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

const newKind = (): string => `kind-${(kinds += 1)}`;

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, HOME: process.env.HOME, TASKWIRE_HOME: service.home }, stdio: ["pipe", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => (out += chunk));
  child.stderr?.on("data", (chunk) => (err += chunk));
  return { child, out: () => out, err: () => err, ended: new Promise((resolve) => child.once("close", (code) => resolve(code))) };
}
async function taskwire(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const { ended, out, err } = start(args);
  return { code: await ended, out: out(), err: err() };
}
const status = async (taskId: string): Promise<string> => (await client.get(taskId)).task.status;
const becomes = (taskId: string, wanted: string): Promise<unknown> => until(`${taskId} is ${wanted}`, LIMIT_MS, async () => (await status(taskId)) === wanted);
const types = async (taskId: string): Promise<string[]> => (await eventsOf(service.url, token, taskId)).map(({ type, data }) => (typeof data.command === "string" ? `${type} ${data.command}` : type));
const texts = async (taskId: string): Promise<string[]> => (await eventsOf(service.url, token, taskId)).filter(({ type }) => type === "log.line").map(({ data }) => String(data.text));

describe("taskwire work", () => {
  test("gives each waiting task to a run of the program: input on stdin, lines and progress as events, the exit code as the end", async () => {
    const kind = newKind();
    const made = await taskwire("create", kind, "--input", '{"name":"Ada"}', "--title", "Greet", "--attempts", "1");
    expect(made.code).toBe(0);
    const good = made.out.trim();
    const bad = (await taskwire("create", kind, "--input", '{"exit":3}', "--attempts", "1")).out.trim();
    const worker = start(["work", "--kind", kind, "--", "sh", "-c", 'read input; echo "got $input in $TASKWIRE_ATTEMPT"; echo 50%; case "$input" in *exit*) echo "went wrong"; exit 3;; esac']);
    await becomes(good, "completed");
    await becomes(bad, "failed");
    expect(await texts(good)).toEqual(['got {"name":"Ada"} in 1', "50%"]);
    expect(await types(good)).toContain("task.progress");
    expect((await eventsOf(service.url, token, bad)).at(-1)?.data).toMatchObject({ error: { code: "exit_code", message: expect.stringContaining("went wrong") } });
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
  }, 30_000);

  test("passes orders on: pause and resume stop the program, a message is a line, cancel ends all that it started", async () => {
    const kind = newKind();
    const taskId = (await taskwire("create", kind)).out.trim();
    const worker = start(["work", "--kind", kind, "--messages", "--", "sh", "-c", 'read input; read said; echo "heard $said"; sleep 20 & wait']);
    await becomes(taskId, "running");
    expect((await taskwire("message", taskId, "Good morning")).code).toBe(0);
    await until("it has heard it", LIMIT_MS, async () => (await texts(taskId)).includes("heard Good morning"));
    await taskwire("pause", taskId, "--reason", "lunch");
    await becomes(taskId, "paused");
    await taskwire("resume", taskId);
    await becomes(taskId, "running");
    const canceled = await taskwire("cancel", taskId, "--json");
    expect(JSON.parse(canceled.out)).toMatchObject({ command: "cancel", outcome: "accepted" });
    await becomes(taskId, "canceled");
    for (const line of ["command.applied message", "task.paused", "command.applied pause", "task.resumed", "command.applied resume", "command.applied cancel"]) expect(await types(taskId)).toContain(line);
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toBe(0);
  }, 40_000);

  test("is killed, and another does its task", async () => {
    const kind = newKind();
    const { task_id: taskId } = await client.create({ kind, queue: true, lease_seconds: 1 });
    const first = start(["work", "--kind", kind, "--", "sh", "-c", 'if [ "$TASKWIRE_ATTEMPT" = 1 ]; then sleep 4; fi; echo "done in $TASKWIRE_ATTEMPT"']);
    await becomes(taskId, "running");
    first.child.kill("SIGKILL");
    const second = start(["work", "--kind", kind, "--", "sh", "-c", 'echo "done in $TASKWIRE_ATTEMPT"']);
    await becomes(taskId, "completed");
    expect(await texts(taskId)).toEqual(["done in 2"]);
    second.child.kill("SIGTERM");
    await second.ended;
  }, 40_000);

  test("says what is missing, and who may not", async () => {
    expect(await taskwire("work", "--", "true")).toMatchObject({ code: 64, err: expect.stringContaining("--kind is missing") });
    expect(await taskwire("work", "--kind", "x")).toMatchObject({ code: 64, err: expect.stringContaining("a command was expected") });
    for (const name of ["work", "create", "lease", "cancel", "pause", "resume", "message", "respond", "retry"]) expect(await taskwire(name, "--help")).toMatchObject({ code: 0, out: expect.stringContaining("Usage") });
  }, 30_000);
});

describe("by hand", () => {
  test("a task is leased, questions are answered, and it is done again", async () => {
    const kind = newKind();
    expect((await taskwire("lease", kind)).code).toBe(75);
    const taskId = (await taskwire("create", kind, "--input", "[1,2]")).out.trim();
    const leased = JSON.parse((await taskwire("lease", kind, "--wait", "5")).out) as { lease: string; input: unknown; task_id: string };
    expect(leased).toMatchObject({ task_id: taskId, input: [1, 2], attempt: 1 });
    const publish = (event: object): Promise<Response> => fetch(`${service.url}/v1/tasks/${taskId}/events`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "taskwire-lease": leased.lease }, body: JSON.stringify(event) });
    await publish({ type: "input.requested", data: { request_id: "q1", kind: "question", prompt: "How many?", schema: { type: "integer" } } });
    expect((await taskwire("respond", taskId, "q1", "many")).code).toBe(65);
    expect((await taskwire("respond", taskId, "q1", "3")).code).toBe(0);
    await publish({ type: "task.completed", data: {} });
    const again = JSON.parse((await taskwire("retry", taskId, "--json")).out) as { task_id: string };
    expect(await status(again.task_id)).toBe("queued");
    expect((await taskwire("cancel", again.task_id)).err).toContain("done");
    expect((await taskwire("cancel", "nosuch")).code).toBe(66);
  }, 30_000);
});

describe("taskwire run", () => {
  const taskOf = (running: Running): Promise<string> => until("its task is known", LIMIT_MS, () => running.err().match(/task ([A-Za-z0-9_-]+), watch it/)?.[1]);

  test("obeys: rests, goes on, hears what is said, and ends when it is canceled", async () => {
    const running = start(["run", "--", "sh", "-c", 'trap "echo stopping; exit 7" TERM; read said; echo "heard $said"; while :; do sleep 0.05; done']);
    const taskId = await taskOf(running);
    await client.command(taskId, "message", { text: "Hello" });
    await until("it has heard it", LIMIT_MS, async () => (await texts(taskId)).includes("heard Hello"));
    await client.command(taskId, "pause");
    await becomes(taskId, "paused");
    await client.command(taskId, "resume");
    await becomes(taskId, "running");
    await client.command(taskId, "cancel", { reason: "no need" });
    await becomes(taskId, "canceled");
    expect(await running.ended).toBe(7);
    expect(await texts(taskId)).toEqual(["heard Hello", "stopping"]);
    expect((await types(taskId)).slice(-2)).toEqual(["command.applied cancel", "task.canceled"]);
  }, 30_000);

  test("still passes its own stdin on", async () => {
    const running = start(["run", "--", "cat"]);
    running.child.stdin?.end("one\ntwo\n");
    expect(await running.ended).toBe(0);
    expect(running.out()).toBe("one\ntwo\n");
  }, 30_000);
});

describe("operators", () => {
  test("rebuild the index, sweep and look around", async () => {
    await client.create({ kind: newKind(), queue: true });
    expect(JSON.parse((await taskwire("index", "rebuild", "--json")).out)).toMatchObject({ failed: 0, removed: 0 });
    expect(JSON.parse((await taskwire("sweep", "--dry-run", "--json")).out)).toMatchObject({ dry_run: true });
    expect((await taskwire("admin", "stats")).out).toContain("connections");
    expect((await taskwire("admin", "connections")).code).toBe(0);
    expect((await taskwire("admin", "close", "nosuch")).code).toBe(65);
    expect((await taskwire("admin", "dance")).code).toBe(64);
    expect((await taskwire("index")).code).toBe(64);
  }, 30_000);
});
