/** The memory store keeps the promises that tasks need to live; what takes long is held to on a clock of its own. */
import { describe, expect, test } from "bun:test";
import { createMemoryStore } from "../../src/log/memory.ts";
import { LogUnavailable, QUEUE_HOLD_MS, type QueueEntry } from "../../src/log/port.ts";
import { realEnvironment, virtualEnvironment } from "../support/environment.ts";
import { storeSuite } from "../suites/store.ts";

storeSuite("memory", async () => {
  const store = createMemoryStore({ environment: realEnvironment() });
  return { store, other: store.client(), close: () => store.close() };
});

const ENTRY: QueueEntry = { taskId: "t", kind: "k", priority: "normal", notBefore: 0 };

describe("a memory store", () => {
  test("gives out again what its taker has kept for too long, whose word then counts no more", async () => {
    const virtual = virtualEnvironment(1);
    const { queue } = createMemoryStore({ environment: virtual });
    await queue.put(ENTRY);
    const [first] = await queue.take({ kind: "k", max: 1, waitMs: 0 });
    await virtual.advance(QUEUE_HOLD_MS - 1);
    expect(await queue.take({ kind: "k", max: 1, waitMs: 0 })).toEqual([]);
    await virtual.advance(1);
    const [second] = await queue.take({ kind: "k", max: 1, waitMs: 0 });
    expect(second?.taskId).toBe("t");
    await first?.done();
    expect(await queue.has(ENTRY)).toBe(true);
    await second?.done();
    expect(await queue.has(ENTRY)).toBe(false);
  });

  test("without its broker says so of everything, and what is in nobody's hands is not lost", async () => {
    const store = createMemoryStore({ environment: virtualEnvironment(1) });
    const { queue, keys, peers, log } = store;
    await queue.put(ENTRY);
    const [held] = await queue.take({ kind: "k", max: 1, waitMs: 0 });
    store.disconnect();
    const ends = async (): Promise<void> => {
      for await (const _ of log.ends());
    };
    const calls = [
      () => queue.put(ENTRY), () => queue.take({ kind: "k", max: 1, waitMs: 0 }), () => queue.has(ENTRY), () => queue.remove(ENTRY), () => queue.waiting("k", 1), () => queue.length("k"), () => queue.kinds(),
      () => keys.set("b", "k", "v"), () => keys.remove("b", "k"), () => keys.list("b"), () => peers.ask("t", "?", 1), () => peers.tell("t", "!"), ends,
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(LogUnavailable);
    await held?.done();
    await held?.back(0);
    store.reconnect();
    expect(await queue.has(ENTRY)).toBe(true);
  });
});
