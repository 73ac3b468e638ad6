/**
 * A stranger reads /openapi.json and holds the running service to it: schemathesis makes requests that fit the document and
 * requests that do not, and judges every answer. It is a program in Python, fetched once into a cache folder of its own.
 */
import { afterAll, beforeAll, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { type Service, signUp, startService } from "../support/service.ts";

const OWN = join(import.meta.dir, "schemathesis");
const REQUIREMENTS = join(OWN, "requirements.txt");
/** Fetching and unpacking, once per machine. Milliseconds. */
const INSTALL_LIMIT_MS = 150_000;
const RUN_LIMIT_MS = 150_000;
/** Requests that are made for each operation in each phase. */
const EXAMPLES = 40;
const SEED = Number(process.env.OPENAPI_SEED ?? Math.floor(Math.random() * 2 ** 30));

/** Where schemathesis leaves what it writes. */
const scratch = mkdtempSync(join(tmpdir(), "taskwire-openapi-"));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end, or ends it by its own pid. A program that is not there is code null. */
function run(command: string, args: readonly string[], limitMs: number, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: scratch, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: "1" } });
    let output = "";
    const limit = setTimeout(() => {
      output += `\nended after ${limitMs / 1000} s`;
      child.kill("SIGKILL");
    }, limitMs);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("error", ({ message }) => (clearTimeout(limit), resolve({ code: null, output: message })));
    child.once("close", (code) => (clearTimeout(limit), resolve({ code, output })));
  });
}

/** The Python that has schemathesis, made where it is missing; or why there is none. */
async function schemathesis(): Promise<{ readonly python: string } | { readonly reason: string }> {
  const versions = new Bun.CryptoHasher("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "taskwire", "schemathesis");
  const folder = join(cache, versions);
  const pythonOf = (venv: string): string => join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (existsSync(folder)) return { python: pythonOf(folder) };
  mkdirSync(cache, { recursive: true });
  const venv = mkdtempSync(join(cache, "making-"));
  try {
    const made = await run("python3", ["-m", "venv", venv], INSTALL_LIMIT_MS);
    if (made.code !== 0) return { reason: `there is no python3 that can make a venv (${made.output.trim().split("\n").at(-1)})` };
    const fetched = await run(pythonOf(venv), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "15", "--retries", "1", "-r", REQUIREMENTS], INSTALL_LIMIT_MS);
    if (fetched.code !== 0) return { reason: `schemathesis could not be fetched (${fetched.output.trim().split("\n").at(-1)})` };
    // Whole or not at all; if another run was faster, its one is as good.
    if (!existsSync(folder)) renameSync(venv, folder);
    return { python: pythonOf(folder) };
  } finally {
    rmSync(venv, { recursive: true, force: true });
  }
}

const found = await schemathesis();
const tried = test.skipIf("reason" in found);
if ("reason" in found) console.log(`skipped: /openapi.json is not tried: ${found.reason}`);

let service: Service;
let token: string;

beforeAll(async () => {
  if ("reason" in found) return;
  service = await startService();
  token = await signUp(service.url);
}, 90_000);
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

/** Lets schemathesis loose with these settings (TOML) and options; throws what it found. */
async function holds(settings: string, options: readonly string[] = []): Promise<void> {
  if ("reason" in found) return;
  const config = join(scratch, `${crypto.randomUUID()}.toml`);
  writeFileSync(config, settings);
  const args = [
    "-m", "schemathesis.cli", "--no-color", "--config-file", config, "run", `${service.url}/openapi.json`,
    "--header", `Authorization: Bearer ${token}`, "--seed", String(SEED), "--max-examples", String(EXAMPLES),
    "--checks", "all", "--exclude-checks", "positive_data_acceptance", "--continue-on-failure",
    "--generation-database", "none", "--request-timeout", "10", "--warnings", "off", ...options,
  ];
  const { code, output } = await run(found.python, args, RUN_LIMIT_MS, { SCHEMATHESIS_HOOKS: join(OWN, "hooks.py") });
  const made = /(\d+) generated/.exec(output)?.[1] ?? "0";
  console.log(`note: ${made} requests by schemathesis, OPENAPI_SEED=${SEED}`);
  if (code !== 0 || made === "0") throw new Error(output.slice(Math.max(0, output.search(/=+ (FAILURES|ERRORS) =+/))));
}

/** A body beyond the route's bytes is refused before it is read: 413 is a refusal, too. */
const REFUSED = '[checks.negative_data_rejection]\nexpected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422"]\n';

async function ask(path: string, body: unknown): Promise<{ readonly task_id: string }> {
  const answer = await fetch(`${service.url}${path}`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify(body) });
  const told = await answer.text();
  if (!answer.ok) throw new Error(told);
  return JSON.parse(told) as { task_id: string };
}

tried("what the service answers is what its own document says, whatever it is asked", async () => {
  // A stream of many tasks never ends by itself, and a chat waits for an answer that nobody gives here.
  await holds(REFUSED, ["--exclude-path", "/v1/events", "--exclude-path", "/api/v1/chat"]);
}, RUN_LIMIT_MS + 10_000);

tried("the same for the event stream of a task that has ended", async () => {
  // The stream of a running task has no end, so that no answer could be judged: only this one is asked for.
  const { task_id: task } = await ask("/v1/tasks", { kind: "stream" });
  await ask(`/v1/tasks/${task}/events`, [{ type: "log.line", data: { level: "info", text: "one" } }, { type: "task.completed", data: {} }]);
  const settings = `${REFUSED}\n[parameters]\n"path.task_id" = "${task}"\n`;
  await holds(settings, ["--include-name", "GET /v1/tasks/{task_id}/events", "--header", "Accept: text/event-stream", "--phases", "coverage,fuzzing"]);
}, RUN_LIMIT_MS + 10_000);
