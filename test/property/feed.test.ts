/**
 * The whole reading side over a log that does everything wrong, in virtual time by seed: watchers join anywhere, stall,
 * leave and come back by cursor at random. Every one of them must be given exactly the log behind its cursor.
 */
import { describe, expect, test } from "bun:test";
import { emptyView, fold, type FoldEvent } from "../../src/domain/fold.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { createHub, type HubDeps } from "../../src/feed/hub.ts";
import { merge } from "../../src/feed/merge.ts";
import type { Replay } from "../../src/feed/port.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { roughWeather } from "../../src/log/memory-faults.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { completed, created, line, Reader, storedLines, TaskWriter, type Draft } from "../support/feed.ts";

const TASKS = 3;
const STEPS = 120;
const TOO_LONG_MS = 120_000;

interface Scene {
  readonly judge?: HubDeps["judge"];
  /** How often the log is rolled back. */
  readonly rollBacks?: number;
}

/** Plays one seed. Answers what went wrong, in words. */
async function play(seed: number, { judge, rollBacks = 0 }: Scene = {}): Promise<string[]> {
  const environment = virtualEnvironment(seed);
  const { random } = environment;
  const one = (count: number): number => Math.floor(random.fraction() * count);
  const store = createMemoryStore({ environment, partitions: 2, faults: roughWeather() });
  const limits = {
    ...LIMITS,
    ringBytes: [1, 2_000, 100_000][one(3)] as number,
    segmentBytes: [200, 1_000, 10_000][one(3)] as number,
    readBytes: [200, 3_000, 30_000][one(3)] as number,
    segmentCacheBytes: [1, 5_000, 1_000_000][one(3)] as number,
    replayedBytes: 600,
    holdBytes: [300, 100_000][one(2)] as number,
    verifyMs: 1_000,
    feedIdleMs: 500,
  };
  const hub = createHub({ log: store.log, environment, limits, meter: silentMeter, ...(judge ? { judge } : {}) });
  const calm = store.client();
  calm.faults.readFails = 0;
  const nonce = (): string => [...random.bytes(6)].join("-");
  const pause = (): Promise<void> => new Promise((resolve) => void environment.clock.after(5, resolve));
  const writers = Array.from({ length: TASKS }, (_, at) => new TaskWriter(store.client().log, `task${at}`, nonce, pause));
  const readers: Reader[] = [];
  const faults: string[] = [];

  const draft = (writer: TaskWriter): Draft => {
    const kind = one(3);
    if (kind === 0) return { type: "message.delta", data: { message_id: "m", delta: `${writer.seq} ` } };
    if (kind === 1) return { type: "task.progress", data: { percent: Math.min(99, writer.seq) } };
    return line("x".repeat(one(80)));
  };
  const write = (writer: TaskWriter): Promise<void> => writer.append(...Array.from({ length: 1 + one(4) }, () => draft(writer)));

  async function step(): Promise<void> {
    const writer = writers[one(TASKS)] as TaskWriter;
    const reader = readers[one(readers.length)];
    switch (one(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return environment.run(write(writer));
      case 4: {
        const replay: Replay = one(3) === 0 ? "compact" : "full";
        const after = one(2) === 0 ? null : (readers.find(({ taskId }) => taskId === writer.taskId)?.cursor ?? null);
        const stalls = one(3) === 0;
        readers.push(new Reader(hub, writer.taskId, { replay, after, fills: () => stalls || one(6) === 0 }));
        return;
      }
      case 5:
        if (reader && !reader.ended) {
          reader.leave();
          if (one(2) === 0) await environment.advance(one(1_500));
          reader.join();
        }
        return;
      case 6:
        for (const other of readers) if (one(2) === 0) other.drain();
        return;
      case 7:
        if (one(4) !== 0) return environment.advance(one(200));
        store.disconnect();
        await environment.advance(one(800));
        return store.reconnect();
      default:
        return environment.advance(one(40));
    }
  }

  for (const writer of writers) await environment.run(writer.append(created, { type: "message.started", data: { message_id: "m", role: "assistant" } }));
  for (let at = 0; at < STEPS; at++) {
    if (rollBacks > 0 && at % Math.ceil(STEPS / (rollBacks + 1)) === 20) {
      const copy = store.copy();
      for (let more = 0; more < 4; more++) await environment.run(write(writers[0] as TaskWriter));
      // What was answered `unknown` has landed by then, or never will.
      await environment.advance(store.faults.landMs + one(2_000));
      // Nobody restores a store that runs: its clients lose it for a while.
      store.disconnect();
      store.restore(copy);
      for (const writer of writers) await environment.run(rejoined(writer));
      for (let more = one(8); more > 0; more--) await environment.run(write(writers[0] as TaskWriter));
      store.reconnect();
    }
    await step();
  }
  for (const writer of writers) await environment.run(writer.append({ type: "message.completed", data: { message_id: "m" } }, completed));
  for (let waited = 0; waited < TOO_LONG_MS && readers.some(({ ended }) => !ended); waited += 100) {
    for (const reader of readers) reader.drain();
    await environment.advance(100);
  }

  for (const [at, reader] of readers.entries()) {
    const stored = storedLines(store.stored(reader.taskId));
    const wrong = (what: string): void => void faults.push(`reader ${at} of ${reader.taskId} (${reader.replay}): ${what}`);
    for (const fault of reader.faults) wrong(fault);
    if (reader.of("end").length !== 1) wrong(`was told ${reader.of("end").length} times that it is over, has ${reader.seq} of ${stored.length}`);
    if (rollBacks === 0 && reader.of("gap").length > 0) wrong("was told of a gap where there is none");
    if (reader.of("failed").length > 0) wrong(`failed: ${JSON.stringify(reader.of("failed"))}`);
    if (reader.replay === "full" && JSON.stringify(reader.lines) !== JSON.stringify(stored.slice(reader.from))) wrong(`has ${reader.lines.length} lines from ${reader.from}, the log has ${stored.length}`);
    if (reader.from > 0) continue;
    const whole = stored.reduce((view, text) => fold(view, JSON.parse(text) as FoldEvent), emptyView());
    if (!Bun.deepEquals(reader.view, whole)) wrong("folds to another view than the log");
  }
  hub.close();
  return faults;

  async function rejoined(writer: TaskWriter): Promise<void> {
    for (;;) {
      try {
        return await writer.rejoin();
      } catch {
        await pause();
      }
    }
  }
}

async function badSeeds(seeds: number, scene: Scene): Promise<string[]> {
  const bad: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const faults = await play(seed, scene);
    if (faults.length > 0) bad.push(`seed ${seed}: ${faults.slice(0, 3).join("; ")}`);
  }
  return bad;
}

describe("watchers of a log that does everything wrong", () => {
  test("are each given exactly what stands behind their cursor, and its end once", async () => {
    expect(await badSeeds(150, {})).toEqual([]);
  }, 60_000);

  test("are told when it is rolled back, and then given exactly what it has", async () => {
    expect(await badSeeds(100, { rollBacks: 2 })).toEqual([]);
  }, 60_000);

  test("notice a merge that takes a gap for the next batch, so that these tests can fail", async () => {
    const bad = await badSeeds(5, { judge: (mark, batch) => (merge(mark, batch) === "gap" ? "next" : merge(mark, batch)) });
    expect(bad.length).toBeGreaterThan(0);
  }, 60_000);
});
