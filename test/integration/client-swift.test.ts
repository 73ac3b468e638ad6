/** The Swift client: built without a warning, its own tests, and 2,000 events from a real service while connections are cut. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../clients/typescript/src/client.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";

const ROOT = join(import.meta.dir, "../..");
const SWIFT = process.env.TASKWIRE_SWIFT ?? "swift";
const HAS_SWIFT = /Swift version ([6-9]|\d\d)/.test(spawnSync(SWIFT, ["--version"], { encoding: "utf8", timeout: 240_000 }).stdout ?? "");
/** Apart from what a developer builds, which has other flags; ignored by git. */
const FLAGS = ["--scratch-path", join(ROOT, ".build/tests"), "-Xswiftc", "-warnings-as-errors"];
/** How long a connection lives before it is cut. Milliseconds. */
const CUT_EVERY_MS = 120;
const BUILD_LIMIT_MS = 280_000;
const RUN_LIMIT_MS = 90_000;

if (!HAS_SWIFT) console.log("skipped: no swift on this machine");

async function swift(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; output: string }> {
  const child = spawn(SWIFT, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

/** How many tests ran, by what Swift Testing says at its end. */
const passed = (output: string): number => Number(output.match(/Test run with (\d+) tests passed/)?.[1] ?? 0);

describe.skipIf(!HAS_SWIFT)("the Swift client", () => {
  let home = "";
  let service: Service | undefined;
  let proxy: Proxy | undefined;
  let cutting: ReturnType<typeof setInterval> | undefined;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    service = await startService({ home });
    proxy = await startProxy(service.port);
    cutting = setInterval(() => proxy?.reset(), CUT_EVERY_MS);
  }, 60_000);

  afterAll(async () => {
    clearInterval(cutting);
    await proxy?.stop();
    await service?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  test("builds without a warning", async () => {
    const { code, output } = await swift(["build", "--build-tests", ...FLAGS]);
    expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
  }, BUILD_LIMIT_MS);

  test("holds its own tests: machine, proof, queue, parsers, fold, every vector", async () => {
    const { code, output } = await swift(["test", "--skip-build", "--skip", "EndToEndTests", ...FLAGS]);
    expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
    expect(passed(output)).toBeGreaterThan(30);
  }, RUN_LIMIT_MS);

  /** Kills the service without a warning when a task has so many events, and starts it anew where it was. */
  async function kill(token: string): Promise<void> {
    const { url, port } = service as Service;
    await until("a task has 500 events", RUN_LIMIT_MS / 3, async () => {
      const answer = await fetch(`${url}/v1/tasks`, { headers: { authorization: `Bearer ${token}` } });
      const { tasks } = (await answer.json()) as { tasks: readonly { last_seq: number }[] };
      return tasks.some(({ last_seq }) => last_seq > 500) || null;
    });
    await service?.kill();
    service = await startService({ home, port });
  }

  test("publishes 2,000 events and follows them over every transport while connections are cut and the service is killed", async () => {
    const token = await signUp(service?.url ?? "");
    const env = { TASKWIRE_TEST_URL: `http://127.0.0.1:${proxy?.port}`, TASKWIRE_TEST_DIRECT_URL: service?.url ?? "", TASKWIRE_TEST_TOKEN: token };
    const [{ code, output }] = await Promise.all([swift(["test", "--skip-build", "--filter", "EndToEndTests", ...FLAGS], env), kill(token)]);
    expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
    expect(passed(output)).toBe(3);
  }, RUN_LIMIT_MS);

  test("starts tasks that others work on, follows them as a set, answers, cancels, does again, lets others watch", async () => {
    const { url = "" } = service ?? {};
    const token = await signUp(url);
    const stop = new AbortController();
    const crew = createClient({ url, token });
    const how = { signal: stop.signal, waitSeconds: 2, concurrency: 4 };
    const working = [
      crew.work("survey", async (task) => (await task.ask({ prompt: "Which colour?", schema: { type: "string" } })).response, how),
      crew.work("endless", ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))), how),
    ];
    try {
      const env = { TASKWIRE_TEST_URL: `http://127.0.0.1:${proxy?.port}`, TASKWIRE_TEST_DIRECT_URL: url, TASKWIRE_TEST_TOKEN: token };
      const { code, output } = await swift(["test", "--skip-build", "--filter", "LivingTests", ...FLAGS], env);
      expect([code, code === 0 ? "" : output]).toEqual([0, ""]);
      expect(passed(output)).toBe(3);
    } finally {
      stop.abort();
      await Promise.all(working);
    }
  }, RUN_LIMIT_MS);
});
