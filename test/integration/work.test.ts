/** Work that is queued, leased, lost, given back and done, on a real service and broker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, expectProblem } from "../support/api.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { type Lease, eventsOf, leaseAll, leaseOne, order, queueTask, typesOf, under } from "../support/worker.ts";

const ENV = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_SWEEP_MS: "1000", TASKWIRE_LEADER_MS: "600", TASKWIRE_QUEUE_POSITION_MS: "200", TASKWIRE_CANCEL_MS: "400" };
const DONE = { type: "task.completed", data: {} };
const ENDS = new Set(["task.completed", "task.failed", "task.canceled"]);

let service: Service;
let token: string;
let other: string;
let kinds = 0;

beforeAll(async () => {
  service = await startService({ env: ENV });
  token = await signUp(service.url);
  other = await signUp(service.url);
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

/** A kind of its own, so that tests do not take each other's tasks. */
const newKind = (): string => `kind-${(kinds += 1)}`;
const statusOf = async (taskId: string): Promise<unknown> => ((await ask(service.url, `/v1/tasks/${taskId}`, { token })).json.task as { status?: unknown }).status;
const becomes = (taskId: string, status: string): Promise<unknown> => until(`${taskId} is ${status}`, 10_000, async () => (await statusOf(taskId)) === status);

describe("a queued task", () => {
  test("waits, is given to a worker with what it was created with, and is done under its lease", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind, title: "Build it", input: { commit: "8a183bc" }, conversation_id: "c1", max_attempts: 2 });
    expect(await statusOf(taskId)).toBe("queued");
    const lease = await leaseOne(service.url, token, kind);
    expect(lease).toMatchObject({ task_id: taskId, kind, attempt: 1, max_attempts: 2, lease_ms: 30_000, title: "Build it", input: { commit: "8a183bc" }, conversation_id: "c1", last_seq: 3 });
    expect((await under(service.url, token, lease, "events", [{ type: "task.progress", data: { percent: 50 } }, DONE])).status).toBe(200);
    expect(await typesOf(service.url, token, taskId)).toEqual(["task.created", "task.queued", "task.started", "task.progress", "task.completed"]);
    expect(await leaseAll(service.url, token, kind)).toEqual([]);
  });

  test("comes at once to a worker that waits for it, and each to one alone", async () => {
    const kind = newKind();
    const waiting = Array.from({ length: 4 }, () => leaseAll(service.url, token, kind, { wait: 10 }));
    await Bun.sleep(100);
    const began = performance.now();
    const made = await Promise.all(Array.from({ length: 4 }, () => queueTask(service.url, token, { kind })));
    const taken = (await Promise.all(waiting)).flat();
    expect(taken.map(({ task_id }) => task_id).toSorted()).toEqual(made.toSorted());
    // The look that a worker takes by itself comes after a second: a notice brings it sooner.
    expect(performance.now() - began).toBeLessThan(900);
  });

  test("goes in order of priority, then of age, several at once", async () => {
    const kind = newKind();
    const low = await queueTask(service.url, token, { kind, priority: "low" });
    const first = await queueTask(service.url, token, { kind });
    const second = await queueTask(service.url, token, { kind });
    const high = await queueTask(service.url, token, { kind, priority: "high" });
    const order = await leaseAll(service.url, token, kind, { max: 3 });
    expect(order.map(({ task_id }) => task_id)).toEqual([high, first, second]);
    expect((await leaseOne(service.url, token, kind)).task_id).toBe(low);
  });

  test("is told how many wait before it, anew when that changes", async () => {
    const kind = newKind();
    const [first, second] = [await queueTask(service.url, token, { kind }), await queueTask(service.url, token, { kind })];
    const places = async (): Promise<unknown[]> => (await eventsOf(service.url, token, second)).filter(({ type }) => type === "task.queued").map(({ data }) => data.position);
    expect(await places()).toEqual([1]);
    await Bun.sleep(500);
    expect((await leaseOne(service.url, token, kind)).task_id).toBe(first);
    await until("the second knows that it is next", 5_000, async () => (await places()).at(-1) === 0);
  });

  test("that is delayed is not given out before", async () => {
    const kind = newKind();
    const began = Date.now();
    await queueTask(service.url, token, { kind, delay_seconds: 1 });
    expect(await leaseAll(service.url, token, kind)).toEqual([]);
    await leaseOne(service.url, token, kind);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_000);
  });

  test("that is over by its deadline has failed, queued or at work", async () => {
    const kind = newKind();
    const deadline = new Date(Date.now() + 700).toISOString();
    const waiting = await queueTask(service.url, token, { kind, deadline, priority: "low" });
    const working = await queueTask(service.url, token, { kind, deadline });
    const lease = await leaseOne(service.url, token, kind);
    expect(lease.task_id).toBe(working);
    for (const taskId of [waiting, working]) {
      await becomes(taskId, "failed");
      expect((await eventsOf(service.url, token, taskId)).at(-1)?.data).toMatchObject({ error: { code: "deadline_exceeded" } });
    }
    expectProblem(await under(service.url, token, lease, "events", DONE), 409, "task_ended", { law: 1 });
  });

  test("that is canceled while it waits ends at once and is given to nobody", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind });
    expect((await order(service.url, token, taskId, "cancel", { reason: "no need" })).json).toMatchObject({ outcome: "applied" });
    expect((await typesOf(service.url, token, taskId)).slice(2)).toEqual(["command.accepted", "command.applied", "task.canceled"]);
    expect(await leaseAll(service.url, token, kind)).toEqual([]);
  });
});

describe("a lease", () => {
  test("that lapses is recovered: the next worker's attempt is one higher, and the old one is fenced", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind, lease_seconds: 1, max_attempts: 2 });
    const lost = await leaseOne(service.url, token, kind);
    const next = await leaseOne(service.url, token, kind);
    expect([next.task_id, next.attempt]).toEqual([taskId, 2]);
    for (const [path, body] of [["events", DONE], ["lease/heartbeat", undefined], ["lease/release", undefined], ["lease/fail", { error: { code: "x", message: "x", retryable: true } }]] as const) {
      expectProblem(await under(service.url, token, lost, path, body), 409, "fenced", { law: 5 });
    }
    expect((await under(service.url, token, next, "events", DONE)).status).toBe(200);
    const events = await eventsOf(service.url, token, taskId);
    expect(events.map(({ type }) => type)).toEqual(["task.created", "task.queued", "task.started", "task.recovering", "task.started", "task.completed"]);
    expect(events.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 2, 2]);
  });

  test("of the last attempt that lapses is the task's failure", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind, lease_seconds: 1, max_attempts: 1 });
    await leaseOne(service.url, token, kind);
    await becomes(taskId, "failed");
    expect((await eventsOf(service.url, token, taskId)).at(-1)?.data).toMatchObject({ error: { code: "worker_lost", retryable: true } });
  });

  test("holds while its worker publishes or says that it lives", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind, lease_seconds: 1 });
    const lease = await leaseOne(service.url, token, kind);
    for (let beat = 0; beat < 6; beat += 1) {
      await Bun.sleep(400);
      const answer = beat % 2 === 0 ? await under(service.url, token, lease, "lease/heartbeat") : await under(service.url, token, lease, "events", { type: "log.line", data: { level: "info", text: "at it" } });
      expect(answer.status).toBe(200);
    }
    expect((await under(service.url, token, lease, "events", DONE)).status).toBe(200);
    expect(await typesOf(service.url, token, taskId)).not.toContain("task.recovering");
  });

  test("given back does not count as an attempt", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind, max_attempts: 1 });
    for (let time = 1; time <= 3; time += 1) {
      const lease = await leaseOne(service.url, token, kind);
      expect(lease.attempt).toBe(time);
      expect((await under(service.url, token, lease, "lease/release")).json).toEqual({ task_id: taskId, status: "recovering", attempt: time });
    }
    const last = await leaseOne(service.url, token, kind);
    expect((await under(service.url, token, last, "events", DONE)).status).toBe(200);
  });

  test("whose attempt failed is followed by another after a while, as long as there is one and the error may pass", async () => {
    const kind = newKind();
    const error = { code: "upstream", message: "The registry was away", retryable: true };
    const taskId = await queueTask(service.url, token, { kind, max_attempts: 2 });
    const first = await leaseOne(service.url, token, kind);
    expect((await under(service.url, token, first, "lease/fail", { error, delay_seconds: 1 })).json).toEqual({ task_id: taskId, status: "queued", attempt: 2 });
    expect(await leaseAll(service.url, token, kind)).toEqual([]);
    const second = await leaseOne(service.url, token, kind);
    expect(second.attempt).toBe(2);
    expect((await under(service.url, token, second, "lease/fail", { error })).json).toEqual({ task_id: taskId, status: "failed", attempt: 2 });
    expect(await typesOf(service.url, token, taskId)).toEqual(["task.created", "task.queued", "task.started", "task.retrying", "task.started", "task.failed"]);
    const hopeless = await queueTask(service.url, token, { kind });
    expect((await under(service.url, token, await leaseOne(service.url, token, kind), "lease/fail", { error: { ...error, retryable: false } })).json).toMatchObject({ status: "failed", task_id: hopeless });
  });

  test("lets its worker watch and publish to another's task, and nobody else", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind });
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}`, { token: other }), 404, "task_unknown");
    const lease = await leaseOne(service.url, other, kind);
    expect((await ask(service.url, `/v1/tasks/${taskId}`, { token: other })).status).toBe(200);
    expect((await under(service.url, other, lease, "events", { type: "task.progress", data: { percent: 1 } })).status).toBe(200);
    expectProblem(await under(service.url, token, lease, "events", DONE), 400, "lease_invalid");
    expectProblem(await order(service.url, other, taskId, "cancel"), 403, "command_forbidden");
    expect((await under(service.url, other, lease, "events", DONE)).status).toBe(200);
  });

  test("and queue survive the service being killed, and a task's end comes once", async () => {
    const kind = newKind();
    await using killed = await startService({ env: ENV });
    const mine = await signUp(killed.url);
    const taken = await queueTask(killed.url, mine, { kind, lease_seconds: 1 });
    const waiting = await queueTask(killed.url, mine, { kind });
    await leaseOne(killed.url, mine, kind);
    await killed.kill();
    await using back = await startService({ env: ENV, home: killed.home, port: killed.port });
    const found = new Map<string, Lease>();
    await until("both tasks are given out again", 20_000, async () => {
      for (const lease of await leaseAll(back.url, mine, kind, { max: 2, wait: 1 })) found.set(lease.task_id, lease);
      return found.size === 2;
    });
    expect([found.get(taken)?.attempt, found.get(waiting)?.attempt]).toEqual([2, 1]);
    for (const lease of found.values()) expect((await under(back.url, mine, lease, "events", DONE)).status).toBe(200);
  }, 60_000);
});

describe("whatever races", () => {
  test("a task has one end, and every command one outcome", async () => {
    const kind = newKind();
    const made = await Promise.all(Array.from({ length: 12 }, () => queueTask(service.url, token, { kind, lease_seconds: 1, max_attempts: 1 })));
    const leases = await leaseAll(service.url, token, kind, { max: 12, wait: 5 });
    expect(leases.length).toBe(12);
    // About when the leases lapse.
    await Bun.sleep(950);
    await Promise.all(leases.flatMap((lease) => [under(service.url, token, lease, "events", DONE), order(service.url, token, lease.task_id, "cancel"), under(service.url, token, lease, "lease/fail", { error: { code: "x", message: "x", retryable: true } })]));
    for (const taskId of made) {
      await until(`${taskId} has ended`, 10_000, async () => ENDS.has((await eventsOf(service.url, token, taskId)).at(-1)?.type ?? ""));
      expect((await eventsOf(service.url, token, taskId)).filter(({ type }) => ENDS.has(type)).length).toBe(1);
    }
  }, 30_000);

  test("a task that nothing is heard of has failed, and one that was never begun goes from the list", async () => {
    const idle = await ask(service.url, "/v1/tasks", { token, body: { kind: "test", idle_seconds: 1 } });
    await becomes(String(idle.json.task_id), "failed");
    expect((await eventsOf(service.url, token, String(idle.json.task_id))).at(-1)?.data).toMatchObject({ error: { code: "idle" } });
  });
});

describe("work asked for wrongly", () => {
  test("is refused with what was wrong", async () => {
    const kind = newKind();
    const taskId = await queueTask(service.url, token, { kind });
    const lease = await leaseOne(service.url, token, kind);
    const foreign = { ...lease, lease: `${lease.lease.slice(0, -4)}aaaa` };
    const elsewhere = { ...lease, task_id: await queueTask(service.url, token, { kind }) };
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/events`, { token, body: DONE }), 409, "lease_required", { law: 5 });
    expectProblem(await under(service.url, token, foreign, "events", DONE), 400, "lease_invalid");
    expectProblem(await under(service.url, token, elsewhere, "events", DONE), 400, "lease_invalid");
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/lease/heartbeat`, { token, method: "POST" }), 400, "lease_invalid");
    expectProblem(await under(service.url, token, lease, "lease/fail", { error: "no" }), 422, "request_invalid", { path: "error" });
    expectProblem(await ask(service.url, "/v1/work/a.b/lease", { token, body: {} }), 400, "id_invalid");
    expectProblem(await ask(service.url, `/v1/work/${kind}/lease?wait=31`, { token, body: {} }), 422, "request_invalid");
    expectProblem(await ask(service.url, `/v1/work/${kind}/lease?max=0`, { token, body: {} }), 422, "request_invalid");
    expectProblem(await ask(service.url, "/v1/tasks", { token, body: { kind, priority: "high" } }), 422, "request_invalid", { path: "priority" });
    expectProblem(await ask(service.url, "/v1/tasks", { token, body: { kind, queue: true, deadline: "2020-01-01T00:00:00Z" } }), 422, "request_invalid", { path: "deadline" });
  });

  test("a kind that the operator did not name is unknown, and a full queue says so", async () => {
    await using strict = await startService({ env: { TASKWIRE_KINDS: "build,test", TASKWIRE_QUEUE_LENGTH: "100" } });
    const mine = await signUp(strict.url);
    expectProblem(await ask(strict.url, "/v1/work/party/lease", { token: mine, body: {} }), 404, "kind_unknown");
    expectProblem(await ask(strict.url, "/v1/tasks", { token: mine, body: { kind: "party", queue: true } }), 404, "kind_unknown");
    expect((await ask(strict.url, "/v1/tasks", { token: mine, body: { kind: "party" } })).status).toBe(201);
    await Promise.all(Array.from({ length: 100 }, () => queueTask(strict.url, mine, { kind: "build" })));
    const full = await until("the queue is full", 5_000, async () => {
      const answer = await ask(strict.url, "/v1/tasks", { token: mine, body: { kind: "build", queue: true } });
      return answer.status === 429 && answer;
    });
    expectProblem(full, 429, "queue_full", { limit: "queue_length" });
    expect(full.headers.get("retry-after")).not.toBeNull();
  });
});
