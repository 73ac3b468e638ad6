/** The memory log keeps the port's promises in fair weather, and does its worst in rough, the same for the same seed. */
import { describe, expect, test } from "bun:test";
import { createMemoryStore, type MemoryStore } from "../../src/log/memory.ts";
import { fairWeather, roughWeather } from "../../src/log/memory-faults.ts";
import { type Batch, type BatchHeader, LogUnavailable } from "../../src/log/port.ts";
import { realEnvironment, virtualEnvironment } from "../support/environment.ts";
import { logSuite } from "../suites/log.ts";

logSuite("memory", async () => {
  const store = createMemoryStore({ environment: realEnvironment() });
  return { store, other: store.client(), close: () => store.close() };
});

const header = (seq: number, nonce = `n${seq}`): BatchHeader => ({ firstSeq: seq, lastSeq: seq, nonce, owner: "o", creator: null, conversation: null, kind: "k", access: "owner", status: "running", attempt: 1, state: null, stateAt: 0, delta: null });
const body = new TextEncoder().encode("{}\n");
const append = (store: MemoryStore, seq: number, expected: number, nonce?: string) => store.log.append({ taskId: "t", expected, header: header(seq, nonce), body });

describe("a memory log that misbehaves", () => {
  test("answers unknown, and lands the batch later only where its place is still free", async () => {
    const virtual = virtualEnvironment(1);
    const store = createMemoryStore({ environment: virtual, faults: { ...fairWeather(), unknownStored: 1, landMs: 100 } });
    expect(await append(store, 1, 0)).toEqual({ kind: "unknown" });
    expect(store.stored("t")).toEqual([]);
    await virtual.advance(100);
    expect(store.stored("t").length).toBe(1);
    const position = store.stored("t")[0]?.position ?? 0;
    expect(await append(store, 2, position, "late")).toEqual({ kind: "unknown" });
    store.faults.unknownStored = 0;
    expect(await append(store, 2, position, "quick")).toEqual({ kind: "stored", position: position + 1 });
    await virtual.advance(100);
    expect(store.stored("t").map((batch) => batch.header.nonce)).toEqual(["n1", "quick"]);
  });

  test("answers unavailable, conflict, full and unknown and then stores nothing", async () => {
    const store = createMemoryStore({ environment: virtualEnvironment(1) });
    for (const [fault, kind] of [["unavailable", "unavailable"], ["conflict", "conflict"], ["unknownLost", "unknown"]] as const) {
      store.faults[fault] = 1;
      expect(await append(store, 1, 0)).toEqual({ kind });
      store.faults[fault] = 0;
    }
    store.faults.full = true;
    expect(await append(store, 1, 0)).toEqual({ kind: "full" });
    expect(store.stored("t")).toEqual([]);
  });

  test("reads stale copies, but never a stale head", async () => {
    const store = createMemoryStore({ environment: virtualEnvironment(1) });
    for (let seq = 1; seq <= 5; seq += 1) await append(store, seq, seq - 1);
    store.faults.staleReads = 1;
    expect((await store.log.read({ taskId: "t", after: 0, maxBytes: 1e6 })).batches.length).toBeLessThan(5);
    expect((await store.log.head("t"))?.batch.header.firstSeq).toBe(5);
    store.faults.readFails = 1;
    await expect(store.log.head("t")).rejects.toBeInstanceOf(LogUnavailable);
  });

  test("loses its clients, tells them, and leaves what was under way unknown", async () => {
    const virtual = virtualEnvironment(1);
    const store = createMemoryStore({ environment: virtual, faults: { ...fairWeather(), latencyMs: 50 } });
    const told: boolean[] = [];
    store.log.onConnection((connected) => void told.push(connected));
    const outcome = append(store, 1, 0);
    const read = store.log.head("t").then(() => null, (error: unknown) => error);
    store.disconnect();
    expect(await virtual.run(outcome)).toEqual({ kind: "unknown" });
    expect(await virtual.run(read)).toBeInstanceOf(LogUnavailable);
    expect(await append(store, 1, 0)).toEqual({ kind: "unavailable" });
    store.reconnect();
    expect(await virtual.run(store.client().log.head("t"))).toBeNull();
    expect(told).toEqual([false, true]);
  });

  test("loses, doubles and reorders live messages, but only on their way", async () => {
    const virtual = virtualEnvironment(3);
    const store = createMemoryStore({ environment: virtual, faults: { ...fairWeather(), liveLost: 0.2, liveDoubled: 0.2, liveDelayed: 0.5, liveDelayMs: 20 } });
    const heard: Batch[] = [];
    await store.log.follow("t", (batch) => void heard.push(batch));
    for (let seq = 1; seq <= 100; seq += 1) await append(store, seq, seq - 1);
    await virtual.advance(50);
    const seqs = heard.map((batch) => batch.header.firstSeq);
    expect(new Set(seqs).size).toBeLessThan(100);
    expect(new Set(seqs).size).toBeLessThan(seqs.length);
    expect([...seqs].sort((a, b) => a - b)).not.toEqual(seqs);
    expect(store.stored("t").length).toBe(100);
  });

  test("rolls back to an older copy, after which positions name other batches", async () => {
    const store = createMemoryStore({ environment: virtualEnvironment(1) });
    await append(store, 1, 0);
    const copy = store.copy();
    await append(store, 2, 1, "old");
    store.restore(copy);
    expect((await store.log.head("t"))?.position).toBe(1);
    const { epoch } = store.log;
    expect(await append(store, 2, 1, "new")).toEqual({ kind: "stored", position: 2 });
    expect((await store.log.at("t", 2))?.header.nonce).toBe("new");
    expect(store.log.epoch).toBe(epoch);
    store.changeEpoch();
    expect(store.log.epoch).not.toBe(epoch);
  });

  test("does the same things for the same seed", async () => {
    const play = async (seed: number): Promise<string[]> => {
      const virtual = virtualEnvironment(seed);
      const store = createMemoryStore({ environment: virtual, faults: roughWeather() });
      const outcomes: string[] = [];
      for (let at = 0; at < 60; at += 1) {
        const last = store.stored("t").at(-1)?.position ?? 0;
        outcomes.push((await virtual.run(append(store, 1, last))).kind);
      }
      return [...outcomes, String(virtual.clock.now())];
    };
    expect(await play(7)).toEqual(await play(7));
    expect(await play(7)).not.toEqual(await play(8));
  });
});
