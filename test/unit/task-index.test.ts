/** The list of tasks: written seldom, never backwards, and right again after everything a broker can do to it. */
import { describe, expect, test } from "bun:test";
import { TaskwireError } from "../../src/domain/error.ts";
import { type TaskSummary, parseSummary } from "../../src/domain/summary.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore, type MemoryStore } from "../../src/log/memory.ts";
import { fairWeather, roughWeather } from "../../src/log/memory-faults.ts";
import { createTaskIndex, type TaskIndex } from "../../src/log/task-index.ts";
import { virtualEnvironment, type VirtualEnvironment } from "../support/environment.ts";

const summary = (taskId: string, position: number, more: Partial<TaskSummary> = {}): TaskSummary => ({
  taskId, owner: "ann", conversation: null, kind: "build", title: taskId, access: "owner", status: "running", attempt: 1, percent: null,
  createdAt: 1_000, updatedAt: 1_000 + position, lastSeq: position, position, work: null, holder: null, idleMs: 86_400_000, alarmAt: null, messages: 0, preview: null, ...more,
});

interface Opened {
  readonly virtual: VirtualEnvironment;
  readonly store: MemoryStore;
  readonly client: MemoryStore;
  readonly index: TaskIndex;
}

function open(seed = 1): Opened {
  const virtual = virtualEnvironment(seed);
  const store = createMemoryStore({ environment: virtual });
  const client = store.client();
  return { virtual, store, client, index: createTaskIndex({ store: client, environment: virtual, limits: LIMITS }) };
}

/** What the store holds of a task, and how often it was written. */
async function entryOf(store: MemoryStore, taskId: string): Promise<TaskSummary | null> {
  const record = await store.index.read({ owner: "ann", conversation: null, taskId });
  return record === null ? null : parseSummary(record.value);
}

async function countWrites(store: MemoryStore): Promise<TaskSummary[]> {
  const heard: TaskSummary[] = [];
  await store.index.follow("ann", (record) => void heard.push(parseSummary(record.value) as TaskSummary));
  return heard;
}

const idsOf = async ({ index }: Opened, request: Partial<Parameters<TaskIndex["list"]>[1]> = {}): Promise<string[]> => (await index.list("ann", { limit: 10, ...request })).tasks.map((task) => task.taskId);

describe("the index of tasks", () => {
  test("writes an intent where there is none, and takes back only what has no log", async () => {
    const { store, index } = open();
    const intent = summary("a", 0, { status: "queued" });
    await index.intend(intent);
    await index.intend({ ...intent, title: "again" });
    expect(await entryOf(store, "a")).toEqual(intent);
    await index.withdraw({ owner: "ann", conversation: null, taskId: "a" });
    expect(await entryOf(store, "a")).toBeNull();
    index.changed(summary("b", 3));
    await index.close();
    await index.withdraw({ owner: "ann", conversation: null, taskId: "b" });
    expect((await entryOf(store, "b"))?.position).toBe(3);
  });

  test("writes a change of status at once, and mere progress once a second", async () => {
    const { virtual, store, index } = open();
    const writes = await countWrites(store);
    for (let position = 1; position <= 100; position += 1) {
      index.changed(summary("a", position, { percent: position }));
      await virtual.advance(20);
    }
    expect(writes.length).toBeWithin(2, 5);
    const before = writes.length;
    index.changed(summary("a", 101, { status: "completed" }));
    await virtual.settle();
    expect(writes.length).toBe(before + 1);
    expect(writes.at(-1)).toMatchObject({ status: "completed", position: 101 });
    await virtual.advance(5_000);
    expect(writes.length).toBe(before + 1);
  });

  test("never replaces a later position by an earlier one, whoever wrote it", async () => {
    const { virtual, store, index } = open();
    const other = createTaskIndex({ store: store.client(), environment: virtual, limits: LIMITS });
    index.changed(summary("a", 5));
    await virtual.settle();
    other.changed(summary("a", 9, { status: "completed" }));
    await virtual.settle();
    index.changed(summary("a", 7, { status: "waiting" }));
    await virtual.advance(5_000);
    expect(await entryOf(store, "a")).toMatchObject({ position: 9, status: "completed" });
    await index.intend(summary("a", 0));
    expect(await entryOf(store, "a")).toMatchObject({ position: 9 });
  });

  test("comes to the truth through everything that a broker does, with two instances writing", async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { virtual, store, index } = open(seed);
      const other = createTaskIndex({ store: store.client(), environment: virtual, limits: LIMITS });
      Object.assign(store.faults, roughWeather());
      for (let position = 1; position <= 200; position += 1) {
        (position % 3 === 0 ? other : index).changed(summary(`t${position % 4}`, position, { status: position % 20 === 0 ? "waiting" : "running" }));
        await virtual.advance(20);
      }
      await virtual.advance(10_000);
      Object.assign(store.faults, fairWeather());
      await virtual.advance(LIMITS.verifyMs);
      for (const [at, taskId] of ["t0", "t1", "t2", "t3"].entries()) {
        const last = at === 0 ? 200 : 196 + at;
        expect(await entryOf(store, taskId)).toMatchObject({ position: last, status: last === 200 ? "waiting" : "running" });
        for (const side of [index, other]) expect((await virtual.run(side.list("ann", { limit: 10 }))).tasks.find((task) => task.taskId === taskId)?.position).toBe(last);
      }
    }
  });

  test("lists newest change first, filtered and in pages that fit together", async () => {
    const opened = open();
    for (let at = 1; at <= 25; at += 1) opened.index.changed(summary(`t${at}`, at, { status: at % 2 === 0 ? "completed" : "running", conversation: at % 5 === 0 ? "talk" : null, updatedAt: 1_000 + Math.floor(at / 3) }));
    await opened.virtual.settle();
    const all = await idsOf(opened, { limit: 100 });
    expect(all.length).toBe(25);
    expect(all.at(0)).toBe("t25");
    expect(await idsOf(opened, { limit: 100, conversation: "talk" })).toEqual(["t25", "t20", "t15", "t10", "t5"]);
    expect((await idsOf(opened, { limit: 100, status: "completed" })).every((id) => Number(id.slice(1)) % 2 === 0)).toBe(true);
    const paged: string[] = [];
    for (let before: string | undefined; ; ) {
      const page = await opened.index.list("ann", { limit: 4, before });
      paged.push(...page.tasks.map((task) => task.taskId));
      if (page.next === null) break;
      before = page.next;
    }
    expect(paged).toEqual(all);
    expect((await opened.index.list("bob", { limit: 4 })).tasks).toEqual([]);
  });

  test("refuses a place in the list that it did not give", async () => {
    const { index } = open();
    for (const before of ["", "?", "bm8", btoa("zz.a*b")]) {
      const error = await index.list("ann", { limit: 1, before }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TaskwireError);
      expect(error).toMatchObject({ code: "request_invalid", extra: { path: "before" } });
    }
  });

  test("hears of other instances' tasks, and lists anew what it missed while it was cut off", async () => {
    const opened = open();
    const { virtual, store, client } = opened;
    const other = createTaskIndex({ store, environment: virtual, limits: LIMITS });
    expect(await idsOf(opened)).toEqual([]);
    other.changed(summary("a", 1));
    await virtual.settle();
    expect(await idsOf(opened)).toEqual(["a"]);
    client.disconnect();
    other.changed(summary("b", 2));
    await virtual.settle();
    expect(await idsOf(opened)).toEqual(["a"]);
    client.reconnect();
    expect(await idsOf(opened)).toEqual(["b", "a"]);
    store.faults.liveLost = 1;
    other.changed(summary("c", 3));
    await virtual.advance(LIMITS.verifyMs);
    expect(await idsOf(opened)).toEqual(["c", "b", "a"]);
  });

  test("says so when it cannot be read, and shows what this instance itself has changed at once", async () => {
    const opened = open();
    const { client, index } = opened;
    client.disconnect();
    expect(await index.list("ann", { limit: 1 }).catch((reason: unknown) => reason)).toMatchObject({ code: "unavailable" });
    client.reconnect();
    expect(await idsOf(opened)).toEqual([]);
    client.disconnect();
    index.changed(summary("a", 1));
    expect(await idsOf(opened)).toEqual(["a"]);
  });

  test("writes what waits before it closes, and leaves no timer behind", async () => {
    const { virtual, store, index } = open();
    index.changed(summary("a", 1));
    await virtual.settle();
    index.changed(summary("a", 2, { percent: 50 }));
    await virtual.run(index.close());
    expect(await entryOf(store, "a")).toMatchObject({ position: 2, percent: 50 });
    expect(virtual.timers()).toBe(0);
  });
});
