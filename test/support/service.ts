/** The service as its users meet it: a process of its own, started from `src/main.ts`, found by its ready line, ended by its own pid. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

const ROOT = join(import.meta.dir, "../..");

/** How long a service may take from its start to its ready line. Milliseconds. */
const READY_LIMIT_MS = 60_000;
/** How long it may take to end after SIGTERM. Milliseconds. */
const STOP_LIMIT_MS = 20_000;

export interface ServiceOptions {
  /** Without it `SERVICE_RUNTIME`, so that whole files of tests can be run against the other one; else Bun. */
  readonly runtime?: "bun" | "deno";
  /** Settings on top of those that a test needs (own home, any port). */
  readonly env?: Readonly<Record<string, string>>;
  /** A state folder that outlives the service; without it a new one, removed at the end. */
  readonly home?: string;
  /** A fixed port, so that a service started anew is found where the old one was. */
  readonly port?: number;
}

export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly home: string;
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** SIGTERM, and wait; answers the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and wait. Its state folder stays. */
  kill(): Promise<void>;
}

/** Deno's own program: the one in `.bin` is a wrapper, and killing that would leave Deno running. */
function denoPath(): string {
  const scope = join(ROOT, "node_modules/@deno");
  const found = readdirSync(scope).map((name) => join(scope, name, "deno")).find((path) => existsSync(path));
  if (!found) throw new Error(`no deno in ${scope}: run npm ci`);
  return found;
}

/** The command line that runs a TypeScript file of this repository on one of the two runtimes. */
export function runtimeCommand(runtime: "bun" | "deno", file: string): [string, string[]] {
  return runtime === "bun" ? [process.execPath, [join(ROOT, file)]] : [denoPath(), ["run", "-A", "--no-lock", "--node-modules-dir=manual", join(ROOT, file)]];
}

/** Starts a service and waits for its ready line; an early end is an error with its output. */
export async function startService({ runtime = process.env.SERVICE_RUNTIME === "deno" ? "deno" : "bun", env = {}, home, port = 0 }: ServiceOptions = {}): Promise<Service> {
  const folder = home ?? mkdtempSync(join(tmpdir(), "taskwire-test-"));
  const [command, args] = runtimeCommand(runtime, "src/main.ts");
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TASKWIRE_HOME: folder, HOST: "127.0.0.1", PORT: String(port), TASKWIRE_LOG: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  child.stdout?.on("data", (chunk) => (printed += chunk));
  child.stderr?.on("data", (chunk) => (printed += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const url = await until("the service is ready", READY_LIMIT_MS, () => {
    const found = printed.match(/Taskwire is ready at (http:\/\/\S+)/)?.[1];
    if (found) return found;
    if (gone()) throw new Error(`the service ended before it was ready:\n${printed}`);
    return null;
  }).catch((error) => {
    child.kill("SIGKILL");
    throw new Error(`${error.message}\n${printed}`);
  });
  const stop = async (): Promise<number | null> => {
    if (!gone()) child.kill("SIGTERM");
    const limit = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    const code = await ended;
    clearTimeout(limit);
    return code;
  };
  return {
    url,
    port: Number(new URL(url).port),
    home: folder,
    child,
    output: () => printed,
    stop,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      if (!home) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A token of the development issuer for a user made for this call. */
export async function signUp(url: string, name = "somebody"): Promise<string> {
  const email = `${name}-${crypto.randomUUID()}@example.test`;
  const answer = await fetch(`${url}/api/v1/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password: "seven77", full_name: name }),
  });
  if (!answer.ok) throw new Error(`register answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}
