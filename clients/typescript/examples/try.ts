/**
 * One command from nothing to the answer, without a network: starts a service (or takes that of TASKWIRE_URL) and a worker, registers, asks in
 * the words of one dialect, and shows every frame.
 *   node clients/typescript/examples/try.mjs chat|data-questions|orchestration [QUESTION]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dir, "../../..");
const READY_MS = 60_000;
const ANSWER_MS = 60_000;

interface Asking {
  readonly url: string;
  readonly token: string;
  readonly question: string;
}

interface Way {
  readonly worker: string;
  readonly question: string;
  ask(asking: Asking): Promise<void>;
}

const WAYS: Readonly<Record<string, Way>> = {
  chat: { worker: "questions.ts", question: "Which 3 countries in Africa have the most people?", ask: chat },
  "data-questions": { worker: "questions.ts", question: "How dense is Japan?", ask: dataQuestions },
  orchestration: { worker: "orchestration.ts", question: "Compare the population density of the continents", ask: orchestration },
};

const wire = (url: string): string => url.replace(/^http/, "ws");
const show = (frame: unknown): void => console.log(typeof frame === "string" ? frame : JSON.stringify(frame));

/** A socket that shows what comes until `last` finds its end; answers that frame. */
function until(socket: WebSocket, last: (frame: Record<string, unknown>) => boolean, began: () => void = () => {}): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("no answer came in time")), ANSWER_MS);
    socket.onopen = began;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      show(frame);
      if (!last(frame)) return;
      clearTimeout(limit);
      resolve(frame);
    };
    socket.onclose = ({ code, reason }) => reject(new Error(`the connection was closed: ${code} ${reason}`));
  });
}

async function chat({ url, token, question }: Asking): Promise<void> {
  const socket = new WebSocket(`${wire(url)}/ws/chat`);
  await until(socket, ({ type }) => type === "auth_success", () => socket.send(JSON.stringify({ type: "auth", token })));
  socket.send(JSON.stringify({ type: "message", message: question, session_id: null }));
  const end = await until(socket, ({ type }) => type === "complete" || type === "error");
  show(`\n${String(end.response ?? end.error)}`);
}

async function dataQuestions({ url, question }: Asking): Promise<void> {
  const socket = new WebSocket(`${wire(url)}/ws/ada/${crypto.randomUUID()}`);
  const end = await until(socket, ({ type }) => type === "completed" || type === "error", () => socket.send(JSON.stringify({ type: "query", query: question, conversation_id: "try" })));
  const { response, message } = end.data as { response?: string; message?: string };
  show(`\n${response ?? message}`);
}

async function orchestration({ url, token, question }: Asking): Promise<void> {
  const answer = await fetch(`${url}/api/v1/chat`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ query: question }) });
  const { task_id: taskId } = (await answer.json()) as { task_id: string };
  const end = await until(new WebSocket(`${wire(url)}/api/v1/ws/tasks/${taskId}?token=${token}`), ({ type }) => type === "task_completed" || type === "task_failed");
  show(`\n${String((end.data as { response?: string }).response ?? end.message)}`);
}

async function register(url: string): Promise<string> {
  const account = { email: `${crypto.randomUUID()}@example.test`, password: crypto.randomUUID(), full_name: "Ada" };
  const answer = await fetch(`${url}/api/v1/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(account) });
  if (!answer.ok) throw new Error(`the service registers nobody (${answer.status}): it has an issuer of its own; try this beside a service without one`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** Waits for a line that a child prints. */
function printed(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    const limit = setTimeout(() => reject(new Error(`nothing like ${pattern} was printed:\n${out}`)), READY_MS);
    const read = (chunk: unknown): void => {
      out += String(chunk);
      const found = pattern.exec(out);
      if (found === null) return;
      clearTimeout(limit);
      resolve(found[1] ?? "");
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", () => reject(new Error(`it ended early:\n${out}`)));
  });
}

async function main([name = "", ...words]: readonly string[]): Promise<number> {
  const way = Object.hasOwn(WAYS, name) ? WAYS[name] : undefined;
  if (way === undefined) {
    console.error(`Expected one of ${Object.keys(WAYS).join(", ")}, and then a question.`);
    return 64;
  }
  const home = mkdtempSync(join(tmpdir(), "taskwire-try-"));
  const children: ChildProcess[] = [];
  const start = (file: string, env: Readonly<Record<string, string>>): ChildProcess => {
    const child = spawn(process.execPath, [join(REPOSITORY, file)], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    return child;
  };
  try {
    const url = process.env.TASKWIRE_URL ?? (await printed(start("src/main.ts", { TASKWIRE_HOME: home, HOST: "127.0.0.1", PORT: "0" }), /ready at (http:\/\/\S+)/));
    const token = await register(url);
    await printed(start(`clients/typescript/examples/${way.worker}`, { TASKWIRE_URL: url, TASKWIRE_TOKEN: token }), /(Ctrl-C)/);
    await way.ask({ url, token, question: words.join(" ") || way.question });
    return 0;
  } finally {
    for (const child of children.reverse()) {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (child.exitCode === null && child.kill("SIGTERM")) await ended;
    }
    rmSync(home, { recursive: true, force: true });
  }
}

process.exit(await main(process.argv.slice(2)));
