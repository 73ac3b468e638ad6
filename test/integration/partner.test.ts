/** A stranger's client, written against the contract alone: it gets everything once and in order while its connections are cut. */
import { describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { append, createTask } from "../support/api.ts";
import { startProxy } from "../support/proxy.ts";
import { signUp, startService } from "../support/service.ts";

const SOURCE = join(import.meta.dir, "../../clients/partner/follow.go");
const GO = spawnSync("go", ["version"], { encoding: "utf8", timeout: 20_000 }).status === 0;
const REQUESTS = 60;
const EVENTS_PER_REQUEST = 20;
/** How long a connection lives before it is cut. Milliseconds. */
const CUT_EVERY_MS = 250;
/** The standard library is compiled at first. Milliseconds. */
const BUILD_LIMIT_MS = 240_000;
const FOLLOW_LIMIT_MS = 60_000;

if (!GO) console.log("skipped: no go on this machine");

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, args: readonly string[], limitMs: number): Promise<Ran> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: limitMs });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

describe.skipIf(!GO)("a client of a partner", () => {
  test("has fewer than sixty lines of code, and gets all of a task once and in order while its connections are cut", async () => {
    expect(readFileSync(SOURCE, "utf8").split("\n").filter((line) => !/^\s*(\/\/.*)?$/.test(line)).length).toBeLessThan(60);
    const folder = mkdtempSync(join(tmpdir(), "taskwire-partner-"));
    const program = join(folder, "follow");
    await using service = await startService();
    await using proxy = await startProxy(service.port);
    const cutting = setInterval(() => proxy.reset(), CUT_EVERY_MS);
    try {
      const built = await run("go", ["build", "-o", program, SOURCE], BUILD_LIMIT_MS);
      expect([built.code, built.err]).toEqual([0, ""]);
      const token = await signUp(service.url);
      const taskId = await createTask(service.url, token);
      const following = run(program, [`http://127.0.0.1:${proxy.port}/v1/tasks/${taskId}/events`, token], FOLLOW_LIMIT_MS);
      for (let request = 0; request < REQUESTS; request += 1) {
        await append(service.url, token, taskId, Array.from({ length: EVENTS_PER_REQUEST }, (_, at) => ({ type: "log.line", data: { level: "info", text: `${request}/${at}` } })));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await append(service.url, token, taskId, { type: "task.completed", data: {} });
      const { code, out, err } = await following;
      expect([code, err]).toEqual([0, ""]);
      const events = out.trimEnd().split("\n").map((line) => JSON.parse(line) as { seq: number; type: string });
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: REQUESTS * EVENTS_PER_REQUEST + 2 }, (_, at) => at + 1));
      expect(events.at(-1)?.type).toBe("task.completed");
    } finally {
      clearInterval(cutting);
      rmSync(folder, { recursive: true, force: true });
    }
  }, BUILD_LIMIT_MS + FOLLOW_LIMIT_MS);

  test("says what was refused, and does not come back", async () => {
    await using service = await startService();
    const token = await signUp(service.url);
    const { code, err } = await run("go", ["run", SOURCE, `${service.url}/v1/tasks/nothing/events`, token], BUILD_LIMIT_MS);
    expect([code, err]).toEqual([1, "refused for good: 404 Not Found\nexit status 1\n"]);
  }, BUILD_LIMIT_MS);
});
