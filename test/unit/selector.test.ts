/** Watched sets, one property at a time: over a store in memory, in virtual time. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type SelectorPosition, canonicalWords, encodePosition, hashOfWords, parsePosition } from "../../src/feed/selector-position.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import { type MemoryStore, createMemoryStore } from "../../src/log/memory.ts";
import { virtualEnvironment, type VirtualEnvironment } from "../support/environment.ts";
import { completed, line } from "../support/feed.ts";
import { OwnedTask, SetWatcher, WatchedInstance, type WatcherOptions } from "../support/selector-world.ts";

const bits = (count: number): fc.Arbitrary<number> => fc.nat({ max: 2 ** count - 1 });
const wide = fc.maxSafeNat().map((value) => value % 2 ** 48);
const positions: fc.Arbitrary<SelectorPosition> = fc.record({
  words: bits(24), epoch: bits(24), admitted: bits(24), known: wide, ended: wide, floor: wide,
  anchors: fc.array(fc.record({ position: wide, check: bits(24) }), { minLength: 16, maxLength: 16 }),
});

describe("the position of a set", () => {
  test("is read as it was written, and is shorter than a header may be", () => {
    fc.assert(fc.property(positions, (position) => {
      const text = encodePosition(position);
      expect(text).toMatch(/^[A-Za-z0-9_-]{1,255}$/);
      expect(parsePosition(text, 16)).toEqual(position);
    }));
  });

  test("is not read where anything of it was changed, or where it is something else", () => {
    fc.assert(fc.property(positions, fc.nat(), fc.constantFrom(..."Az9-_.+"), (position, at, letter) => {
      const text = encodePosition(position);
      const place = at % text.length;
      const changed = text.slice(0, place) + letter + text.slice(place + 1);
      if (changed !== text) expect(parsePosition(changed, 16)).toBeNull();
      expect(parsePosition(text.slice(0, -1), 16)).toBeNull();
      expect(parsePosition(text, 4)).toBeNull();
    }));
    for (const text of ["", "0", "s1", "q1X9mPz0R2kAAAAEKjW7.9"]) expect(parsePosition(text, 16)).toBeNull();
  });

  test("belongs to its words, whatever their order, and to its user", () => {
    const words = canonicalWords({ task_ids: ["b", "a", "b"] });
    expect(words).toEqual({ task_ids: ["a", "b"] });
    expect(hashOfWords(canonicalWords({ task_ids: ["a", "b"] }), "ann")).toBe(hashOfWords(words, "ann"));
    expect(hashOfWords(words, "bob")).not.toBe(hashOfWords(words, "ann"));
    expect(hashOfWords(canonicalWords({ scope: "mine" }), "ann")).not.toBe(hashOfWords(words, "ann"));
  });
});

interface World {
  readonly environment: VirtualEnvironment;
  readonly store: MemoryStore;
  readonly instance: WatchedInstance;
  task(taskId: string, conversation?: string): Promise<OwnedTask>;
  append(task: OwnedTask, ...texts: string[]): Promise<void>;
  watch(options?: WatcherOptions): Promise<SetWatcher>;
}

function world(limits: Partial<LimitSet> = {}): World {
  const environment = virtualEnvironment(1);
  const store = createMemoryStore({ environment });
  const instance = new WatchedInstance(store.client(), environment, { ...LIMITS, ...limits });
  return {
    environment,
    store,
    instance,
    async task(taskId, conversation) {
      const task = new OwnedTask(store.client(), () => instance.index, environment, taskId, conversation ?? null);
      await environment.run(task.create());
      await environment.advance(10);
      return task;
    },
    async append(task, ...texts) {
      for (const text of texts) await environment.run(task.append(line(text)));
      await environment.advance(50);
    },
    async watch(options) {
      const watcher = new SetWatcher(options);
      watcher.connect(instance);
      await environment.advance(100);
      return watcher;
    },
  };
}

/** What a watcher was told of joining and leaving, in order. */
const moves = (watcher: SetWatcher): string[] => watcher.frames.filter(({ type }) => type === "stream.joined" || type === "stream.left").map(({ type, task_id, reason }) => `${type === "stream.joined" ? "+" : "-"}${task_id} ${reason}`);

describe("a watched set", () => {
  test("follows as many as there are places, the newest first, and tells of the rest", async () => {
    const { environment, task, append, watch } = world({ subscriptions: 2 });
    const [a, b, c] = [await task("a"), await task("b"), await task("c")];
    const watcher = await watch();
    expect(moves(watcher)).toEqual(["+c present", "+b present", "+a present", "-a limit"]);
    await append(a, "unheard");
    expect(watcher.linesOf("a")).toEqual([]);
    await task("d");
    expect(moves(watcher).slice(4)).toEqual(["-b limit", "+d created"]);
    await environment.run(c.append(completed));
    await environment.advance(100);
    expect(moves(watcher).slice(6)).toEqual(["-c ended", "+b changed"]);
    expect(watcher.linesOf("b")).toHaveLength(1);
    await environment.run(a.append(completed));
    await environment.advance(100);
    expect(moves(watcher).slice(8)).toEqual(["-a ended"]);
    await append(b, "heard");
    expect(watcher.linesOf("b")).toHaveLength(2);
    expect(watcher.faults).toEqual([]);
  });

  test("lets a task that was deleted leave as such", async () => {
    const { environment, store, task, watch } = world();
    const a = await task("a");
    const watcher = await watch();
    const [last] = store.stored("a");
    if (last === undefined) throw new Error("nothing is stored");
    const body = new TextEncoder().encode('{"type":"task.deleted","task_id":"a","seq":2,"time":"2030-01-01T00:00:00Z","data":{}}\n');
    await environment.run(store.log.append({ taskId: "a", expected: a.writer.position, header: { ...last.header, firstSeq: 2, lastSeq: 2, nonce: "gone", status: "deleted" }, body }));
    await environment.advance(100);
    expect(moves(watcher)).toEqual(["+a present", "-a deleted"]);
    expect(watcher.frames.at(-1)).toMatchObject({ type: "stream.left", summary: { status: "deleted", last_seq: 2 } });
  });

  test("lets the quiet ones through beside one that floods, however slow the wire is", async () => {
    const { environment, task, watch } = world({ wireFullBytes: 1 });
    const flood = await task("flood");
    const quiet = await Promise.all(Array.from({ length: 20 }, (_, at) => task(`quiet${at}`)));
    // Every write fills this wire.
    const watcher = await watch({ fills: () => true });
    for (let round = 0; round < 60; round++) {
      watcher.drain();
      await environment.advance(1);
    }
    for (let batch = 0; batch < 60; batch++) await environment.run(flood.append(line("x".repeat(60_000))));
    for (const one of quiet) await environment.run(one.append(line("here")));
    await environment.advance(10);
    let drains = 0;
    const waiting = (): boolean => quiet.some(({ taskId }) => watcher.linesOf(taskId).length === 0);
    for (; waiting() && drains < 500; drains++) {
      watcher.drain();
      await environment.advance(1);
    }
    // Each had its turn after at most one of every other.
    expect(drains).toBeLessThanOrEqual(2 * (quiet.length + 1));
    expect(watcher.linesOf("flood").length).toBeLessThan(60);
    expect(watcher.faults).toEqual([]);
  });

  test("is sent nothing more than its turn while the wire takes nothing", async () => {
    const { environment, task, append, watch } = world();
    const tasks = await Promise.all(Array.from({ length: 30 }, (_, at) => task(`t${at}`)));
    const watcher = await watch({ fills: () => true });
    const before = watcher.frames.length;
    for (const each of tasks) await append(each, "one", "two");
    await environment.advance(2 * LIMITS.heartbeatMs);
    expect(watcher.frames.length).toBe(before);
  });

  test("says of every set where it stands, where there are several", async () => {
    const { environment, task, watch } = world();
    await task("a", "talk");
    const watcher = await watch();
    watcher.send({ type: "subscribe", conversation_id: "talk" });
    watcher.send({ type: "subscribe", conversation_id: "talk", request_id: "again" });
    await environment.advance(2 * LIMITS.heartbeatMs);
    const beats = watcher.frames.filter(({ type }) => type === "stream.heartbeat");
    expect(new Set(beats.map(({ selector }) => JSON.stringify(selector)))).toEqual(new Set(['{"scope":"mine"}', '{"conversation_id":"talk"}']));
    expect(watcher.frames.filter(({ type, request_id }) => type === "stream.subscribed" && request_id === "again")).toHaveLength(1);
    watcher.send({ type: "unsubscribe", scope: "mine" });
    const count = watcher.frames.length;
    await task("b");
    expect(watcher.frames.slice(count).filter(({ task_id }) => task_id === "b")).toEqual([]);
  });

  test("leaves nothing behind when its connection is gone", async () => {
    const { environment, instance, task, watch } = world();
    for (let at = 0; at < 10; at++) await task(`t${at}`);
    const watcher = await watch();
    watcher.cut();
    await environment.advance(LIMITS.feedIdleMs * 2);
    await environment.run(instance.close());
    await environment.advance(LIMITS.appenderIdleMs * 2);
    expect(environment.timers()).toBe(0);
  });
});
