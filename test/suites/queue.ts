/** What every queue of work promises: the `WorkQueue` of `src/log/port.ts` as tests. */
import { describe, expect } from "bun:test";
import type { QueueEntry, TakenEntry, WorkQueue } from "../../src/log/port.ts";
import { until } from "../support/until.ts";
import type { OpenedStore } from "./log.ts";
import { freshName, promises } from "./opened.ts";

const WAIT_MS = 10_000;

const entryOf = (kind: string, taskId: string, more: Partial<QueueEntry> = {}): QueueEntry => ({ taskId, kind, priority: "normal", notBefore: 0, ...more });
const ids = (entries: readonly { readonly taskId: string }[]): string[] => entries.map(({ taskId }) => taskId);
const done = (taken: readonly TakenEntry[]): Promise<unknown> => Promise.all(taken.map((entry) => entry.done()));
/** Takes so many, as a copy of the queue may hear of them after a moment only. */
async function takeSome(queue: WorkQueue, kind: string, count: number): Promise<readonly TakenEntry[]> {
  const taken: TakenEntry[] = [];
  while (taken.length < count) {
    const more = await queue.take({ kind, max: count - taken.length, waitMs: WAIT_MS });
    if (more.length === 0) throw new Error(`${taken.length} of ${count} entries came`);
    taken.push(...more);
  }
  return taken;
}
/** All that waits, once so much is told. */
const waitingOf = (queue: WorkQueue, kind: string, count: number, limit = 9_999): Promise<readonly QueueEntry[]> =>
  until(`${count} are told`, WAIT_MS, async () => {
    const found = await queue.waiting(kind, limit);
    return found.length === count && found;
  });
const isEmpty = (queue: WorkQueue, kind: string): Promise<unknown> => until("nothing waits", WAIT_MS, async () => (await queue.length(kind)) === 0);

/** Holds a store's queues to the port. `open` is called for every test and may open the same store each time. */
export function queueSuite(name: string, open: () => Promise<OpenedStore>): void {
  const promise = promises(open);

  describe(`queue: ${name}`, () => {
    promise("gives out what was put in, with all that was said of it, once", async ({ store, other }) => {
      const kind = freshName();
      const entry = entryOf(kind, "a", { priority: "low", notBefore: 5 });
      await store.queue.put(entry);
      const [taken, ...more] = await other.queue.take({ kind, max: 5, waitMs: WAIT_MS });
      expect([taken, more]).toEqual([expect.objectContaining({ ...entry }) as TakenEntry, []]);
      expect(await store.queue.take({ kind, max: 5, waitMs: 0 })).toEqual([]);
      expect(await store.queue.has(entry)).toBe(true);
      await taken?.done();
      expect(await store.queue.has(entry)).toBe(false);
      await isEmpty(other.queue, kind);
    });

    promise("holds an entry at most once, and again when it was done", async ({ store, other }) => {
      const kind = freshName();
      const entry = entryOf(kind, "a");
      await Promise.all([store.queue.put(entry), other.queue.put(entry), store.queue.put(entry)]);
      const taken = await store.queue.take({ kind, max: 9, waitMs: WAIT_MS });
      expect(ids(taken)).toEqual(["a"]);
      await other.queue.put(entry);
      expect(await other.queue.take({ kind, max: 9, waitMs: 0 })).toEqual([]);
      await done(taken);
      await other.queue.put(entry);
      expect(ids(await other.queue.take({ kind, max: 9, waitMs: WAIT_MS }))).toEqual(["a"]);
    });

    promise("gives out the higher priority first, the longest waiting first, of one kind only", async ({ store, other }) => {
      const [kind, stranger] = [freshName(), freshName()];
      for (const [taskId, priority] of [["n1", "normal"], ["l1", "low"], ["h1", "high"], ["n2", "normal"], ["h2", "high"], ["l2", "low"]] as const) await store.queue.put(entryOf(kind, taskId, { priority }));
      await store.queue.put(entryOf(stranger, "x", { priority: "high" }));
      const wanted = ["h1", "h2", "n1", "n2", "l1", "l2"];
      expect(ids(await waitingOf(other.queue, kind, 6))).toEqual(wanted);
      expect(ids(await other.queue.waiting(kind, 3))).toEqual(wanted.slice(0, 3));
      await until("all are counted", WAIT_MS, async () => (await other.queue.length(kind)) === 6);
      const first = await other.queue.take({ kind, max: 2, waitMs: WAIT_MS });
      const second = await store.queue.take({ kind, max: 3, waitMs: WAIT_MS });
      const third = await other.queue.take({ kind, max: 3, waitMs: WAIT_MS });
      expect([ids(first), ids(second), ids(third)]).toEqual([["h1", "h2"], ["n1", "n2", "l1"], ["l2"]]);
    });

    promise("tells who waits when the waiting begins and when it is over", async ({ store, other }) => {
      const kind = freshName();
      const told: boolean[] = [];
      const waiting = store.queue.take({ kind, max: 1, waitMs: WAIT_MS, resting: (now) => void told.push(now) });
      await until("it rests", WAIT_MS, () => told.at(-1) === true);
      await other.queue.put(entryOf(kind, "a"));
      expect(ids(await waiting)).toEqual(["a"]);
      expect(told.at(-1)).toBe(false);
      await store.queue.take({ kind, max: 1, waitMs: 0, resting: (now) => void told.push(now) });
      expect(told.at(-1)).toBe(false);
    });

    promise("gives each entry to exactly one of many who take at the same time", async ({ store, other }) => {
      const kind = freshName();
      const all = Array.from({ length: 60 }, (_, at) => `t${at}`);
      await Promise.all(all.map((taskId, at) => (at % 2 === 0 ? store : other).queue.put(entryOf(kind, taskId))));
      const takers = await Promise.all(Array.from({ length: 6 }, async (_, at) => {
        const own: string[] = [];
        for (;;) {
          const taken = await (at % 2 === 0 ? store : other).queue.take({ kind, max: 3, waitMs: 1_000 });
          if (taken.length === 0) return own;
          own.push(...ids(taken));
          await done(taken);
        }
      }));
      expect(takers.flat().sort()).toEqual([...all].sort());
      await isEmpty(store.queue, kind);
    });

    promise("waits for the first, whoever puts it in, and answers nothing where none came", async ({ store, other }) => {
      const kind = freshName();
      const began = Date.now();
      expect(await store.queue.take({ kind, max: 1, waitMs: 120 })).toEqual([]);
      expect(Date.now() - began).toBeGreaterThanOrEqual(100);
      const waiting = [store, other, store].map(({ queue }) => queue.take({ kind, max: 1, waitMs: WAIT_MS }));
      for (const taskId of ["a", "b", "c"]) await other.queue.put(entryOf(kind, taskId));
      expect((await Promise.all(waiting)).flatMap(ids).sort()).toEqual(["a", "b", "c"]);
    });

    promise("ends a wait that is aborted, and loses nothing by it", async ({ store, other }) => {
      const kind = freshName();
      const controller = new AbortController();
      const waiting = store.queue.take({ kind, max: 1, waitMs: 60_000, signal: controller.signal });
      controller.abort();
      expect(await waiting).toEqual([]);
      await store.queue.put(entryOf(kind, "a"));
      expect(ids(await other.queue.take({ kind, max: 1, waitMs: WAIT_MS }))).toEqual(["a"]);
    });

    promise("gives out nothing before it is due, and lets nothing wait behind it", async ({ store, other }) => {
      const kind = freshName();
      const due = Date.now() + 700;
      await store.queue.put(entryOf(kind, "later", { notBefore: due }));
      await store.queue.put(entryOf(kind, "now"));
      expect(ids(await other.queue.take({ kind, max: 5, waitMs: 500 }))).toEqual(["now"]);
      expect(await store.queue.has(entryOf(kind, "later"))).toBe(true);
      const taken = await other.queue.take({ kind, max: 5, waitMs: WAIT_MS });
      expect(ids(taken)).toEqual(["later"]);
      expect(Date.now()).toBeGreaterThanOrEqual(due);
    });

    promise("gives out again what was put back, at once or after its delay", async ({ store, other }) => {
      const kind = freshName();
      await store.queue.put(entryOf(kind, "a"));
      const [first] = await store.queue.take({ kind, max: 1, waitMs: WAIT_MS });
      await first?.back(0);
      const [second] = await other.queue.take({ kind, max: 1, waitMs: WAIT_MS });
      expect(second?.taskId).toBe("a");
      const began = Date.now();
      await second?.back(400);
      expect(await store.queue.take({ kind, max: 1, waitMs: 0 })).toEqual([]);
      const [third] = await store.queue.take({ kind, max: 1, waitMs: WAIT_MS });
      expect(third?.taskId).toBe("a");
      expect(Date.now() - began).toBeGreaterThanOrEqual(380);
      await third?.done();
      expect(await store.queue.has(entryOf(kind, "a"))).toBe(false);
    });

    promise("takes out an entry whoever has it", async ({ store, other }) => {
      const kind = freshName();
      for (const taskId of ["a", "b", "c"]) await store.queue.put(entryOf(kind, taskId));
      const [held] = await store.queue.take({ kind, max: 1, waitMs: WAIT_MS });
      expect(held?.taskId).toBe("a");
      await other.queue.remove(entryOf(kind, "a"));
      await other.queue.remove(entryOf(kind, "b"));
      await other.queue.remove(entryOf(kind, "never-there"));
      expect(await store.queue.has(entryOf(kind, "a"))).toBe(false);
      await held?.back(0);
      await held?.done();
      const rest = await store.queue.take({ kind, max: 5, waitMs: WAIT_MS });
      expect(ids(rest)).toEqual(["c"]);
      await done(rest);
      await isEmpty(store.queue, kind);
      expect(await store.queue.take({ kind, max: 5, waitMs: 150 })).toEqual([]);
    });

    promise("counts and tells what waits, those in somebody's hands included, and in which kinds", async ({ store, other }) => {
      const [kind, empty] = [freshName(), freshName()];
      expect([await store.queue.length(empty), await store.queue.waiting(empty, 5)]).toEqual([0, []]);
      for (let at = 0; at < 5; at += 1) await store.queue.put(entryOf(kind, `t${at}`, { priority: at % 2 === 0 ? "high" : "low" }));
      const taken = await takeSome(other.queue, kind, 2);
      await until("all five count", WAIT_MS, async () => (await other.queue.length(kind)) === 5);
      expect(ids(await waitingOf(other.queue, kind, 5))).toEqual(["t0", "t2", "t4", "t1", "t3"]);
      expect(await other.queue.kinds()).toContain(kind);
      await done(taken);
      await until("three count", WAIT_MS, async () => (await other.queue.length(kind)) === 3);
      expect(ids(await waitingOf(other.queue, kind, 3))).toEqual(["t4", "t1", "t3"]);
    });

    promise("lets go of a kind that is empty, and finds it again for whoever asks", async ({ store, other }) => {
      const kind = freshName();
      // Both know the kind, and one of them does not hear that it is let go of.
      expect([await store.queue.length(kind), await other.queue.length(kind), await other.queue.take({ kind, max: 1, waitMs: 0 })]).toEqual([0, 0, []]);
      await store.queue.forget(kind);
      expect(await store.queue.kinds()).not.toContain(kind);
      await store.queue.forget(kind);
      const waiting = other.queue.take({ kind, max: 1, waitMs: WAIT_MS });
      await other.queue.put(entryOf(kind, "a"));
      const taken = await waiting;
      expect(ids(taken)).toEqual(["a"]);
      await done(taken);
      await store.queue.forget(kind);
      expect(await other.queue.length(kind)).toBe(0);
      await store.queue.forget(kind);
      await other.queue.put(entryOf(kind, "b"));
      await until("it counts", WAIT_MS, async () => (await other.queue.length(kind)) === 1);
      await done(await takeSome(store.queue, kind, 1));
      await isEmpty(store.queue, kind);
    });

    promise("holds many more than one answer of a broker, and gives all of them out in order", async ({ store, other }) => {
      const kind = freshName();
      const all = Array.from({ length: 1_200 }, (_, at) => `t${String(at).padStart(4, "0")}`);
      for (let at = 0; at < all.length; at += 100) await Promise.all(all.slice(at, at + 100).map((taskId) => store.queue.put(entryOf(kind, taskId))));
      expect([...ids(await waitingOf(other.queue, kind, all.length))].sort()).toEqual(all);
      const found: string[] = [];
      while (found.length < all.length) {
        const taken = await other.queue.take({ kind, max: 100, waitMs: 1_000 });
        expect(taken.length).toBeGreaterThan(0);
        found.push(...ids(taken));
        await done(taken);
      }
      expect([...found].sort()).toEqual(all);
      await isEmpty(store.queue, kind);
    });

    promise("refuses names that would mean another subject", async ({ store: { queue } }) => {
      for (const illegal of ["", "a.b", "*", ">", "a b", "ä"]) {
        for (const call of [async () => queue.put(entryOf(illegal, "a")), async () => queue.put(entryOf("k", illegal)), async () => queue.take({ kind: illegal, max: 1, waitMs: 0 })]) await expect(call()).rejects.toBeInstanceOf(RangeError);
      }
    });
  });
}
