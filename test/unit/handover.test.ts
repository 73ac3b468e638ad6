/** New tasks that go straight into the hands of a worker that waits: begun in the batch that creates them, or waiting as any other. */
import { afterEach, describe, expect, test } from "bun:test";
import { silentMeter } from "../../src/domain/meter.ts";
import { LIMITS } from "../../src/limits.ts";
import { type MemoryStore, createMemoryStore } from "../../src/log/memory.ts";
import type { Log } from "../../src/log/port.ts";
import { createTaskIndex } from "../../src/log/task-index.ts";
import { type CreateRequest, type Writer, createWriter } from "../../src/log/writer.ts";
import { createHandover } from "../../src/work/handover.ts";
import type { ExpectedLease, Leased, TakeRequest } from "../../src/work/leases.ts";
import { type Work, createWork } from "../../src/work/work.ts";
import { realEnvironment } from "../support/environment.ts";
import { until } from "../support/until.ts";
import { creation, eventsIn } from "../suites/writer.ts";

const KIND = "build";
const WAIT_MS = 10_000;
const TERMS = { maxAttempts: 3, leaseMs: 30_000, priority: "normal", notBefore: 0, deadline: null } as const;

interface Instance {
  readonly writer: Writer;
  readonly work: Work;
  /** What was asked of the log besides appending. */
  readonly asked: string[];
  make(more?: Partial<CreateRequest>): ReturnType<Writer["create"]>;
  /** Waits for work. Resolves with the waiting, once it has begun. */
  wait(worker: string, more?: Partial<TakeRequest>): Promise<{ readonly taken: Promise<readonly Leased[]> }>;
}

const environment = realEnvironment();
let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

function open(): { readonly store: MemoryStore; readonly here: Instance; readonly there: Instance } {
  const store = createMemoryStore({ environment });
  ends.push(() => store.close());
  return { store, here: instance(store), there: instance(store.client()) };
}

function instance(client: MemoryStore): Instance {
  const asked: string[] = [];
  const watched = (name: "head" | "read"): object => ({ [name]: (first: never) => {
    asked.push(name);
    return (client.log[name] as (first: never) => unknown)(first);
  } });
  let rested = (): void => {};
  const queue = { ...client.queue, take: (request: Parameters<typeof client.queue.take>[0]) => client.queue.take({ ...request, resting: (now) => {
    request.resting?.(now);
    if (now) rested();
  } }) };
  const store = { ...client, queue, log: { ...client.log, connected: true, ...watched("head"), ...watched("read") } as Log };
  const index = createTaskIndex({ store, environment, limits: LIMITS });
  const writer = createWriter({ store, environment, limits: LIMITS, meter: silentMeter, index });
  const work = createWork({ store, writer, index, environment, limits: LIMITS, meter: silentMeter, kinds: null, inputs: async () => [] });
  ends.unshift(async () => {
    await work.close();
    await writer.close();
    await index.close();
  });
  return {
    writer, work, asked,
    make: (more = {}) => writer.create(creation({ kind: KIND, work: TERMS, position: 0, ...more })),
    wait(worker, more = {}) {
      const resting = new Promise<void>((resolve) => (rested = resolve));
      const taken = work.leases.take({ kind: KIND, user: worker, workerId: worker, actor: { kind: "worker" }, max: 1, waitMs: WAIT_MS, signal: new AbortController().signal, ...more });
      return resting.then(() => ({ taken }));
    },
  };
}

const types = (store: MemoryStore, taskId: string): string[][] => store.stored(taskId).map((batch) => eventsIn([batch]).map(({ type }) => type));

describe("a task that is created where a worker waits", () => {
  test("begins in the batch that creates it, and is never in a queue", async () => {
    const { store, here } = open();
    const { taken } = await here.wait("w1");
    const { taskId, lastSeq } = await here.make();
    expect(lastSeq).toBe(2);
    expect(await taken).toMatchObject([{ taskId, attempt: 1, firstSeq: 3, lastSeq: 3 }]);
    expect(types(store, taskId)).toEqual([["task.created", "task.queued", "task.started"]]);
    expect(store.stored(taskId)[0]?.header).toMatchObject({ holder: "w1", status: "running" });
    expect(await store.queue.waiting(KIND, 9)).toEqual([]);
    await until("there is a sign of life", WAIT_MS, async () => (await store.keys.get("leases", taskId)) !== null);
  });

  test("asks the log for nothing, and what it was created with is known", async () => {
    const { here } = open();
    const { taken } = await here.wait("w1");
    here.asked.length = 0;
    const { taskId } = await here.make({ input: { commit: "8a183bc" } });
    await taken;
    const { data } = JSON.parse((await here.writer.firstLine(taskId)) ?? "") as { data: unknown };
    expect(data).toMatchObject({ kind: KIND, input: { commit: "8a183bc" } });
    expect(here.asked).toEqual([]);
  });

  test("tells which lease to expect, so that it can be signed meanwhile", async () => {
    const { here } = open();
    const expected: ExpectedLease[] = [];
    const { taken } = await here.wait("w1", { expected: (lease) => void expected.push(lease) });
    const { taskId } = await here.make();
    await taken;
    await until("it was told", WAIT_MS, () => expected.length > 0);
    expect(expected).toEqual([{ taskId, attempt: 1, leaseMs: TERMS.leaseMs }]);
  });

  test("goes to whoever has waited longest, one task to one worker", async () => {
    const { here } = open();
    const first = await here.wait("w1");
    const second = await here.wait("w2");
    const made = await Promise.all([here.make(), here.make()]);
    const taken = [...(await first.taken), ...(await second.taken)];
    expect(taken.map(({ taskId }) => taskId)).toEqual(made.map(({ taskId }) => taskId));
  });

  test("waits in its queue where its time has not come, its kind is another, or the worker waits elsewhere", async () => {
    const { store, here, there } = open();
    const { taken } = await here.wait("w1");
    const later = await here.make({ work: { ...TERMS, notBefore: environment.clock.now() + 60_000 } });
    const other = await here.make({ kind: "deploy" });
    const apart = await there.make();
    expect(await taken).toMatchObject([{ taskId: apart.taskId }]);
    for (const { taskId } of [later, other]) expect(types(store, taskId)).toEqual([["task.created", "task.queued"]]);
    expect(types(store, apart.taskId)).toEqual([["task.created", "task.queued"], ["task.started"]]);
  });

  test("is not taken for one of the same id that another has created for other workers", async () => {
    const { store, here, there } = open();
    await there.make({ taskId: "t1", owner: "bob", kind: "deploy" });
    const { taken } = await here.wait("w1");
    await expect(here.make({ taskId: "t1" })).rejects.toMatchObject({ code: "id_taken" });
    const { taskId } = await here.make();
    expect(await taken).toMatchObject([{ taskId }]);
    expect(types(store, "t1")).toEqual([["task.created", "task.queued"]]);
  });

  test("is given once where its creation is repeated", async () => {
    const { store, here, there } = open();
    const again = { identity: { kind: "key", key: "k1", digest: "d" } } as const;
    const [first, second] = [await here.wait("w1"), await there.wait("w2")];
    const [made, repeated] = [await here.make(again), await there.make(again)];
    expect([repeated.taskId, repeated.duplicate]).toEqual([made.taskId, true]);
    expect(await first.taken).toMatchObject([{ taskId: made.taskId }]);
    const { taskId } = await there.make();
    expect(await second.taken).toMatchObject([{ taskId }]);
    expect(types(store, made.taskId)).toEqual([["task.created", "task.queued", "task.started"]]);
  });

  test("is found in its order by who asks at once, before it stood in its queue", async () => {
    const { here } = open();
    const low = await here.make({ work: { ...TERMS, priority: "low" } });
    const high = await here.make({ work: { ...TERMS, priority: "high" } });
    const taken = await here.work.leases.take({ kind: KIND, user: "w1", workerId: null, actor: { kind: "worker" }, max: 2, waitMs: 0, signal: new AbortController().signal });
    expect(taken.map(({ taskId }) => taskId)).toEqual([high.taskId, low.taskId]);
  });
});

describe("a place among those who wait", () => {
  const newborn = (taskId: string): { readonly taskId: string; readonly kind: string; readonly leaseMs: number } => ({ taskId, kind: KIND, leaseMs: 1 });
  const leased = (taskId: string): Leased => ({ taskId }) as Leased;

  test("is offered something only while its worker rests", async () => {
    const handover = createHandover();
    const begun: string[] = [];
    const place = handover.stand(KIND, async ({ taskId }) => (begun.push(taskId), null));
    handover.offer(newborn("early"));
    place.rests(true);
    place.rests(false);
    handover.offer(newborn("awake"));
    place.rests(true);
    handover.offer(newborn("resting"));
    expect(begun).toEqual(["resting"]);
    expect(await place.leave()).toBeNull();
    handover.offer(newborn("gone"));
    expect(begun).toEqual(["resting"]);
  });

  test("is taken again by who was offered what then could not be begun", async () => {
    const handover = createHandover();
    const place = handover.stand(KIND, async ({ taskId }) => (taskId === "good" ? leased(taskId) : null));
    place.rests(true);
    handover.offer(newborn("bad"));
    await Promise.resolve();
    handover.offer(newborn("good"));
    expect(await place.given).toEqual(leased("good"));
    expect(place.served.aborted).toBe(true);
  });

  test("is left with what was under way, however long that takes", async () => {
    const handover = createHandover();
    const { promise, resolve } = Promise.withResolvers<Leased>();
    const place = handover.stand(KIND, () => promise);
    place.rests(true);
    handover.offer(newborn("slow"));
    const left = place.leave();
    resolve(leased("slow"));
    expect(await left).toEqual(leased("slow"));
  });
});
