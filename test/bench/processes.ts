/** The measured programs: each on the server's core, with its processor time and memory. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const READY_LIMIT_MS = 60_000;
const SERVER_CORE = "0";

export interface Program extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Processor time so far of it and its children, seconds. */
  cpu(): number;
  /** Resident memory of it alone, bytes. */
  memory(): number;
  kill(): Promise<void>;
}

export interface Service extends Program {
  readonly home: string;
  readonly token: string;
}

function onServerCore(command: string, args: readonly string[]): [string, string[]] {
  return process.env.BENCH_PINNED ? ["taskset", ["-c", SERVER_CORE, command, ...args]] : [command, [...args]];
}

function ps(pid: number, field: string): string {
  return spawnSync("ps", ["-o", `${field}=`, "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
}

/** Seconds of processor time: from /proc where there is one, which is finer than `ps`. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return ps(pid, "time").split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
  }
}

function childrenOf(pid: number): number[] {
  return spawnSync("ps", ["-o", "pid=,ppid=", "-A"], { encoding: "utf8" }).stdout.trim().split("\n").map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid).map(([own]) => own ?? 0);
}

async function start(command: string, args: readonly string[], env: Record<string, string>, ready: RegExp): Promise<Program> {
  const [name, all] = onServerCore(command, args);
  const child: ChildProcess = spawn(name, all, { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  child.stdout?.on("data", (chunk) => (printed += chunk));
  child.stderr?.on("data", (chunk) => (printed = (printed + chunk).slice(-20_000)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await until("the measured program is ready", READY_LIMIT_MS, () => {
    if (child.exitCode !== null) throw new Error(printed);
    return Number(ready.exec(printed)?.[1] ?? 0) || null;
  });
  const pid = child.pid ?? 0;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    port,
    pid,
    cpu: () => [pid, ...childrenOf(pid)].reduce((sum, each) => sum + cpuOf(each), 0),
    memory: () => Number(ps(pid, "rss")) * 1024,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

/** A baseline of `baseline.ts`. */
export function startBaseline(kind: "loop" | "cork" | "sse" | "history"): Promise<Program> {
  return start(process.execPath, [join(import.meta.dir, "baseline.ts"), kind], {}, /ready (\d+)/);
}

/** The whole service with a nats-server of its own. A given folder and port: the service started anew. */
export async function startService(again?: { readonly home: string; readonly port: number }): Promise<Service> {
  const home = again?.home ?? mkdtempSync(join(tmpdir(), "taskwire-bench-"));
  const env = { TASKWIRE_HOME: home, PORT: String(again?.port ?? 0), TASKWIRE_LOG: "json", TASKWIRE_LOG_LEVEL: "warn" };
  const profile = process.env.BENCH_PROFILE ? ["--cpu-prof", `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : [];
  const program = await start(process.execPath, [...profile, join(ROOT, "src/main.ts")], env, /ready at http:\/\/[^:]+:(\d+)/);
  const { token } = JSON.parse(readFileSync(join(home, "local.json"), "utf8")) as { token: string };
  return {
    ...program,
    home,
    token,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Makes a task; answers its id. */
export async function createTask({ port, token }: Service): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/tasks`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: '{"kind":"bench"}' });
  return ((await answer.json()) as { task_id: string }).task_id;
}
