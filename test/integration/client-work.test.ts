/** The TypeScript client's worker on the real service: does what waits, obeys, gives back, and outlives what breaks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type TaskwireError, type WorkTask } from "../../clients/typescript/src/client.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { eventsOf } from "../support/worker.ts";

const ENV = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_SWEEP_MS: "1000", TASKWIRE_LEADER_MS: "600" };
const LIMIT_MS = 20_000;

let service: Service;
let token: string;
let client: Client;
let kinds = 0;

beforeAll(async () => {
  service = await startService({ env: ENV });
  token = await signUp(service.url);
  client = createClient({ url: service.url, token });
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

const newKind = (): string => `kind-${(kinds += 1)}`;
const queue = async (kind: string, more: Record<string, unknown> = {}): Promise<string> => (await client.create({ kind, queue: true, ...more } as never)).task_id;
const types = async (taskId: string): Promise<string[]> => (await eventsOf(service.url, token, taskId)).map(({ type, data }) => (typeof data.command === "string" ? `${type} ${data.command}` : type));
const status = async (taskId: string): Promise<string> => (await client.get(taskId)).task.status;
const becomes = (taskId: string, wanted: string): Promise<unknown> => until(`${taskId} is ${wanted}`, LIMIT_MS, async () => (await status(taskId)) === wanted);

/** Works in the background until it is stopped. */
function crew(kind: string, handler: (task: WorkTask) => unknown, more: Record<string, unknown> = {}): { readonly errors: unknown[]; stop(): Promise<void> } {
  const controller = new AbortController();
  const errors: unknown[] = [];
  const done = client.work(kind, handler, { signal: controller.signal, waitSeconds: 2, onError: (error) => void errors.push(error), ...more });
  return {
    errors,
    stop() {
      controller.abort();
      return done;
    },
  };
}

describe("a worker", () => {
  test("is told of a question that nobody could be asked, and rests wherever it comes to a pause point", async () => {
    const kind = newKind();
    const refused: string[] = [];
    const rested: string[] = [];
    let pausing = false;
    const workers = crew(kind, async (task) => {
      task.onCommand(({ command }) => void (pausing ||= command === "pause"));
      await task.ask({ prompt: "", kind: "question", schema: 7 as never }).catch((error: TaskwireError) => refused.push(error.code));
      await task.progress(10);
      await until("it is to pause", LIMIT_MS, () => pausing);
      await Promise.all(["one", "other"].map(async (name) => {
        await task.pausePoint();
        rested.push(name);
      }));
    });
    const id = await queue(kind);
    await becomes(id, "running");
    await until("the question was refused", LIMIT_MS, () => refused.length === 1);
    await client.command(id, "pause");
    await becomes(id, "paused");
    expect(rested).toEqual([]);
    await client.command(id, "resume");
    await becomes(id, "completed");
    expect([refused, rested.sort()]).toEqual([["event_invalid"], ["one", "other"]]);
    await workers.stop();
  });

  test("does what waits, several at once, each with what it was created with", async () => {
    const kind = newKind();
    const ids = await Promise.all(Array.from({ length: 6 }, (_, number) => queue(kind, { input: { number } })));
    let [now, most] = [0, 0];
    const workers = crew(kind, async (task) => {
      most = Math.max(most, (now += 1));
      await task.step("double", {}, async (step) => step.progress(50));
      await Bun.sleep(30);
      now -= 1;
      return { doubled: (task.lease.input as { number: number }).number * 2 };
    }, { concurrency: 3 });
    for (const [number, id] of ids.entries()) {
      await becomes(id, "completed");
      expect((await eventsOf(service.url, token, id)).at(-1)?.data).toMatchObject({ result: { doubled: number * 2 } });
    }
    await workers.stop();
    expect([most, workers.errors]).toEqual([3, []]);
    expect(await types(ids[0] ?? "")).toEqual(["task.created", "task.queued", "task.started", "step.started", "step.progress", "step.completed", "task.completed"]);
  });

  test("sees commands at once: rests where it is told to, reads what it is told, asks and is answered", async () => {
    const kind = newKind();
    const id = await queue(kind);
    const heard: string[] = [];
    const workers = crew(kind, async (task) => {
      task.onMessage(({ text }) => void heard.push(text));
      const { response } = await task.ask({ prompt: "How many?", schema: { type: "integer" } });
      for (let turn = 0; turn < Number(response); turn += 1) {
        await task.pausePoint();
        await task.progress((100 * turn) / Number(response));
        await Bun.sleep(5);
      }
      return heard;
    });
    await becomes(id, "waiting");
    const { snapshot } = await client.get(id);
    const [asked] = snapshot.inputs as unknown as readonly { request_id: string }[];
    const said = await client.command(id, "message", { text: "Hello" });
    const began = Date.now();
    await until("the message is read", LIMIT_MS, () => heard.length === 1);
    expect(Date.now() - began).toBeLessThan(500);
    expect(said.outcome).toBe("accepted");
    expect(await client.command(id, "respond", { request_id: asked?.request_id, response: 60 })).toMatchObject({ outcome: "applied" });
    await client.command(id, "pause");
    await becomes(id, "paused");
    await client.command(id, "resume");
    await becomes(id, "completed");
    await workers.stop();
    const told = await types(id);
    for (const line of ["command.applied message", "command.applied respond", "task.paused", "command.applied pause", "task.resumed", "command.applied resume"]) expect(told).toContain(line);
    expect(workers.errors).toEqual([]);
  });

  test("ends its work when it is canceled, and says so", async () => {
    const kind = newKind();
    const id = await queue(kind);
    let reason: TaskwireError | null = null;
    const workers = crew(kind, async (task) => {
      await new Promise<void>((resolve) => task.signal.addEventListener("abort", () => resolve()));
      reason = task.signal.reason as TaskwireError;
      throw task.signal.reason;
    });
    await becomes(id, "running");
    await client.command(id, "cancel", { reason: "no need" });
    await becomes(id, "canceled");
    await workers.stop();
    expect((reason as TaskwireError | null)?.code).toBe("canceled");
    expect((await types(id)).slice(-3)).toEqual(["command.accepted cancel", "command.applied cancel", "task.canceled"]);
  });

  test("has what was said before it came", async () => {
    const kind = newKind();
    const id = await queue(kind);
    await client.command(id, "message", { text: "Early" });
    const heard: string[] = [];
    const workers = crew(kind, async (task) => {
      task.onMessage(({ text }) => void heard.push(text));
      await until("it was read", 5_000, () => heard.length > 0);
    });
    await becomes(id, "completed");
    await workers.stop();
    expect(heard).toEqual(["Early"]);
  });

  test("whose handler throws gives the task to the next attempt, until none is left", async () => {
    const kind = newKind();
    const id = await queue(kind, { max_attempts: 2 });
    const workers = crew(kind, () => {
      throw Object.assign(new Error("The disk is full"), { code: "disk_full" });
    });
    await becomes(id, "failed");
    await workers.stop();
    expect(workers.errors.length).toBe(2);
    expect((await eventsOf(service.url, token, id)).at(-1)).toMatchObject({ attempt: 2, data: { error: { code: "disk_full", message: "The disk is full" } } });
  });

  test("keeps a lease without publishing, and stops when it has lost one", async () => {
    const kind = newKind();
    const kept = await queue(kind, { lease_seconds: 1 });
    const workers = crew(kind, () => Bun.sleep(2_500));
    await becomes(kept, "completed");
    expect(await types(kept)).not.toContain("task.recovering");
    await workers.stop();
    const lost = await queue(kind, { lease_seconds: 1 });
    let reason: unknown = null;
    const busy = crew(kind, async (task) => {
      if (task.lease.attempt > 1) return;
      // Nothing of this process runs meanwhile: no heartbeat is sent.
      const end = Date.now() + 2_500;
      while (Date.now() < end);
      await until("it knows", 5_000, () => task.signal.aborted);
      reason = task.signal.reason;
      throw reason;
    }, { concurrency: 2 });
    await becomes(lost, "completed");
    await busy.stop();
    expect((reason as TaskwireError | null)?.code).toBe("fenced");
  }, 40_000);

  test("that stops finishes within its grace, or gives back", async () => {
    const kind = newKind();
    const [quick, slow] = [await queue(kind), await queue(kind, { max_attempts: 1 })];
    const begun: string[] = [];
    const workers = crew(kind, async (task) => {
      begun.push(task.taskId);
      if (task.taskId === quick) return void (await Bun.sleep(200));
      await new Promise<void>((resolve) => task.signal.addEventListener("abort", () => resolve()));
      throw task.signal.reason;
    }, { concurrency: 2, graceMs: 600 });
    await until("both have begun", LIMIT_MS, () => begun.length === 2);
    await workers.stop();
    expect([await status(quick), await status(slow)]).toEqual(["completed", "recovering"]);
    const others = crew(kind, () => "done");
    await becomes(slow, "completed");
    await others.stop();
  });

  test("that may not work is told so", async () => {
    const stranger = createClient({ url: service.url, token: "forged" });
    expect(stranger.work("x", () => {})).rejects.toMatchObject({ code: "token_invalid" });
  });
});

describe("what breaks", () => {
  /** A worker as a program of its own, so that it can be killed. */
  function program(folder: string, url: string, mine: string, kind: string): ChildProcess {
    const path = join(folder, "worker.ts");
    writeFileSync(path, `import { createClient } from ${JSON.stringify(join(import.meta.dir, "../../clients/typescript/src/client.ts"))};
await createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(mine)} }).work(${JSON.stringify(kind)}, async (task) => {
  for (let at = 0; at < 5; at += 1) { await task.log("made in " + task.lease.attempt); await Bun.sleep(Math.random() * 60); }
}, { concurrency: 2, waitSeconds: 2 });`);
    return spawn(process.execPath, [path], { stdio: "ignore" });
  }

  test("workers and the service are killed while 30 tasks are done: each is done, and once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-test-"));
    await using first = await startService({ env: ENV });
    let own = first;
    const mine = await signUp(first.url);
    const boss = createClient({ url: first.url, token: mine });
    const ids = await Promise.all(Array.from({ length: 30 }, async () => (await boss.create({ kind: "killed", queue: true, lease_seconds: 1, max_attempts: 50 })).task_id));
    const crewed = [1, 2, 3].map(() => program(folder, first.url, mine, "killed"));
    try {
      for (let round = 0; round < 4; round += 1) {
        await Bun.sleep(500);
        crewed[round % 3]?.kill("SIGKILL");
        crewed[round % 3] = program(folder, first.url, mine, "killed");
        if (round !== 1) continue;
        await own.kill();
        own = await startService({ env: ENV, home: first.home, port: first.port });
      }
      for (const id of ids) {
        await until(`${id} is done`, 60_000, async () => (await boss.get(id)).task.status === "completed");
        const ends = (await eventsOf(own.url, mine, id)).filter(({ type }) => /^task\.(completed|failed|canceled)$/.test(type));
        expect(ends.length).toBe(1);
      }
    } finally {
      for (const child of crewed) child.kill("SIGKILL");
      if (own !== first) await own.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 90_000);
});
