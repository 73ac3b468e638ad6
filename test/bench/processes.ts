/** The measured programs: each on the server's core, with its processor time and memory. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../support/until.ts";
import type { Sample } from "./row.ts";

const ROOT = join(import.meta.dir, "../..");
const READY_LIMIT_MS = 60_000;
const SERVER_CORE = "0";

/** Those that run: whatever ends the benchmark ends them too. */
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGTERM")));

export interface Program extends AsyncDisposable {
  readonly port: number;
  /** What it has printed. */
  output(): string;
  /** Processor time so far, of it and of its children (the broker), in seconds. */
  cpu(): { readonly own: number; readonly children: number };
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
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => (running.delete(child), resolve())));
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
    output: () => printed,
    cpu: () => ({ own: cpuOf(pid), children: childrenOf(pid).reduce((sum, each) => sum + cpuOf(each), 0) }),
    memory: () => Number(ps(pid, "rss")) * 1024,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

/** A baseline of `baseline.ts`. */
export function startBaseline(kind: "loop" | "cork" | "sse" | "history"): Promise<Program> {
  return start(process.execPath, [join(import.meta.dir, "baseline.ts"), kind], {}, /ready (\d+)/);
}

/** JetStream with nothing of ours: a nats-server, or with arguments one that `raw-jetstream.ts` publishes to. */
export function startJetStream(...args: readonly (string | number)[]): Promise<Program> {
  return start(process.execPath, [join(import.meta.dir, "raw-jetstream.ts"), ...args.map(String)], {}, /ready (\d+)/);
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

/** A stretch of time: what it cost the measured program, its broker and the load itself. */
export class Stretch {
  readonly #program: Program | null;
  readonly #began = performance.now();
  readonly #load = process.cpuUsage();
  readonly #cpu: ReturnType<Program["cpu"]> | undefined;

  constructor(program: Program | null) {
    this.#program = program;
    this.#cpu = program?.cpu();
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Ends it; `count` of what it is about were done. */
  facts(count: number): NonNullable<Sample["facts"]> {
    const { seconds } = this;
    const { user, system } = process.cpuUsage(this.#load);
    const load = (user + system) / 1e6 / seconds;
    const now = this.#program?.cpu();
    if (now === undefined || this.#cpu === undefined) return { load };
    const children = now.children - this.#cpu.children;
    return { load, serviceMicros: ((now.own - this.#cpu.own) / count) * 1e6, ...(children > 0 ? { brokerMicros: (children / count) * 1e6 } : {}) };
  }
}

/** A number that the service tells of itself. */
export async function metric({ port }: Program, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(new RegExp(`^taskwire_${name} (\\S+)`, "m").exec(text)?.[1] ?? 0);
}
