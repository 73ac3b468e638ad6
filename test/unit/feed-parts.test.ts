/** The reading side's parts by themselves, and what it does when the store is away, slow or silent. */
import { describe, expect, test } from "bun:test";
import type { Counter, Meter } from "../../src/domain/meter.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { Gate } from "../../src/feed/gate.ts";
import { createHub } from "../../src/feed/hub.ts";
import { framesOf, spliceCursor } from "../../src/feed/lines.ts";
import { LiveSet } from "../../src/feed/live.ts";
import { Ring, RingBudget, waterLevel } from "../../src/feed/ring.ts";
import { SharedRun } from "../../src/feed/run.ts";
import { Watcher } from "../../src/feed/watcher.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import type { Batch } from "../../src/log/port.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { completed, created, line, Reader, storedLines, TaskWriter } from "../support/feed.ts";

const encoder = new TextEncoder();

/** Events `firstSeq..lastSeq`, each a line of `bytes`. */
function batch(firstSeq: number, lastSeq = firstSeq, bytes = 600): Batch {
  const lines = Array.from({ length: lastSeq - firstSeq + 1 }, (_, at) => `${JSON.stringify({ seq: firstSeq + at, pad: "x".repeat(bytes - 30) })}\n`);
  const header = { firstSeq, lastSeq, nonce: `n${firstSeq}`, owner: "o", creator: null, conversation: null, kind: "k", access: "owner", status: "running", attempt: 1, state: null, stateAt: 0, delta: null };
  return { taskId: "t", position: firstSeq * 10, header, body: encoder.encode(lines.join("")) };
}

const firstSeqs = (ring: Ring, behind: number): number[] => ring.behind(behind, Number.POSITIVE_INFINITY).map(({ fromSeq }) => fromSeq);

describe("rings", () => {
  test("give what stands behind a seq, also from within a batch, and no more than is asked for", () => {
    const ring = new Ring(new RingBudget(1e6));
    ring.reset([batch(5, 7), batch(8, 8)], 4);
    ring.push(batch(9, 12));
    expect(ring.floor).toBe(4);
    expect(firstSeqs(ring, 4)).toEqual([5, 8, 9]);
    expect(firstSeqs(ring, 6)).toEqual([7, 8, 9]);
    expect(firstSeqs(ring, 11)).toEqual([12]);
    expect(ring.behind(4, 1).map(({ fromSeq }) => fromSeq)).toEqual([5]);
    expect(ring.holding(10)?.header.firstSeq).toBe(9);
    expect(ring.holding(4)).toBe(null);
    expect(ring.holding(13)).toBe(null);
  });

  test("share one budget: those nobody watches go first, then the oldest of the largest", () => {
    const budget = new RingBudget(30_000);
    const [large, small, idle] = [new Ring(budget), new Ring(budget), new Ring(budget)];
    idle.useful = false;
    for (let seq = 1; seq <= 10; seq++) idle.push(batch(seq));
    for (let seq = 1; seq <= 3; seq++) small.push(batch(seq));
    for (let seq = 1; seq <= 200; seq++) {
      large.push(batch(seq));
      expect(budget.bytes).toBeLessThanOrEqual(30_000);
      expect(budget.bytes).toBe(large.bytes + small.bytes + idle.bytes);
    }
    expect(idle.bytes).toBe(0);
    expect(idle.floor).toBe(10);
    expect(small.floor).toBe(0);
    expect(large.floor).toBeGreaterThan(100);
    expect(firstSeqs(large, large.floor)).toEqual(Array.from({ length: 200 - large.floor }, (_, at) => large.floor + 1 + at));
    large.close();
    expect(budget.bytes).toBe(small.bytes);
  });

  test("are cut to one level, and only those above it", () => {
    expect(waterLevel([10, 50, 40], 60)).toBe(25);
    expect(waterLevel([10, 50], 60)).toBe(Number.MAX_SAFE_INTEGER);
    expect(waterLevel([5], 0)).toBe(0);
    expect(waterLevel([], 10)).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("runs", () => {
  test("make each encoding once, and say so", () => {
    let grown = 0;
    const run = new SharedRun("epoch", [{ batch: batch(1, 3), fromSeq: 2 }, { batch: batch(4), fromSeq: 4 }], () => (grown += 1));
    expect([run.firstSeq, run.lastSeq, run.taskId]).toEqual([2, 4, "t"]);
    const count = (): number => run.slices.length;
    expect([run.once(framesOf), run.once(count), run.once(count)]).toEqual([run.once(framesOf), 2, 2]);
    expect(run.once(framesOf)).toBe(run.once(framesOf));
    expect(grown).toBe(2);
    expect(run.once(framesOf).map((frame) => (JSON.parse(frame) as { seq: number }).seq)).toEqual([2, 3, 4]);
  });

  test("carry the cursor before the closing brace", () => {
    expect(spliceCursor('{"seq":1}', "abc.1")).toBe('{"seq":1,"cursor":"abc.1"}');
  });
});

describe("live watchers", () => {
  test("are each visited in a pass, whoever leaves meanwhile", () => {
    const live = new LiveSet();
    const home = { woken() {}, left() {}, complete: () => null };
    const sink = { events: () => "ready" as const, notice: () => "ready" as const, together: (work: () => void) => work() };
    const watchers = Array.from({ length: 10 }, () => new Watcher({ taskId: "t", after: null, replay: "full" }, sink, home));
    for (const watcher of watchers) live.add(watcher);
    live.begin();
    const visited = new Set<Watcher>();
    for (let watcher = live.next(); watcher !== null; watcher = live.next()) {
      visited.add(watcher);
      const other = watchers.find((one) => one !== watcher && one.slot >= 0);
      if (other && visited.size % 3 === 0) {
        live.remove(other);
        visited.add(other);
      }
    }
    expect(visited.size).toBe(10);
    expect(watchers.filter(({ slot }) => slot >= 0).length).toBe(live.size);
  });
});

describe("a gate", () => {
  test("lets no more through at once than it has places, in order, and survives failures", async () => {
    const gate = new Gate(2);
    let [inside, most] = [0, 0];
    const order: number[] = [];
    const work = Array.from({ length: 9 }, (_, at) =>
      gate.through(async () => {
        order.push(at);
        most = Math.max(most, ++inside);
        await Promise.resolve();
        inside -= 1;
        if (at % 4 === 0) throw new Error("no");
      }).catch(() => {}),
    );
    await Promise.all(work);
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

function scene(seed: number, limits: Partial<LimitSet> = {}, meter: Meter = silentMeter) {
  const environment = virtualEnvironment(seed);
  const store = createMemoryStore({ environment });
  const hub = createHub({ log: store.log, environment, limits: { ...LIMITS, ...limits }, meter });
  let nonces = 0;
  const writer = new TaskWriter(store.client().log, "task", () => `n${(nonces += 1)}`);
  return { environment, store, hub, writer };
}

function countedRepairs(): { repairs(): number; meter: Meter } {
  let count = 0;
  return { repairs: () => count, meter: { ...silentMeter, add: (counter, amount = 1) => void (counter === "repairs" && (count += amount)) } };
}

describe("a feed", () => {
  test("tells by how much live events were late, and nothing of history and of pieces without a time", async () => {
    const late: number[] = [];
    const { environment, store, hub } = scene(7, {}, { ...silentMeter, observe: (name, seconds) => void (name === "delivery_seconds" && late.push(seconds)) });
    const log = store.client().log;
    const put = async (seq: number, time?: string): Promise<void> => {
      const { header } = batch(seq);
      const event = { type: "log.line", task_id: "task", seq, ...(time === undefined ? {} : { time }), data: {} };
      await environment.run(log.append({ taskId: "task", expected: (await log.head("task"))?.position ?? 0, header, body: encoder.encode(`${JSON.stringify(event)}\n`) }));
    };
    const ago = (ms: number): string => new Date(environment.clock.now() - ms).toISOString();
    await put(1, ago(60_000));
    const reader = new Reader(hub, "task");
    await environment.advance(200);
    expect([reader.seq, late]).toEqual([1, []]);
    await put(2, ago(2_000));
    await environment.advance(200);
    await put(3);
    await environment.advance(200);
    await put(4, ago(-5_000));
    await environment.advance(200);
    expect(reader.seq).toBe(4);
    expect(late.map(Math.round)).toEqual([2, 0]);
  });

  test("finds a last event whose live message was lost, within the time between two checks", async () => {
    const { environment, store, hub, writer } = scene(1);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    await environment.advance(100);
    expect(reader.caughtUp).toBe(true);
    store.faults.liveLost = 1;
    await environment.run(writer.append(completed));
    await environment.advance(LIMITS.verifyMs * 1.5);
    expect(reader.ended).toBe(true);
    expect(reader.faults).toEqual([]);
  });

  test("repairs a hole at once when something comes behind it", async () => {
    const { repairs, meter } = countedRepairs();
    const { environment, store, hub, writer } = scene(2, {}, meter);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    await environment.advance(100);
    store.faults.liveLost = 1;
    for (let at = 0; at < 20; at++) await environment.run(writer.append(line("lost")));
    store.faults.liveLost = 0;
    await environment.run(writer.append(line("seen")));
    await environment.advance(50);
    expect(reader.seq).toBe(22);
    expect(reader.faults).toEqual([]);
    expect(repairs()).toBe(1);
  });

  test("counts no repair where the log was merely asked, and nothing was lost", async () => {
    const { repairs, meter } = countedRepairs();
    const { environment, hub, writer } = scene(5, {}, meter);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    for (let at = 0; at < 200; at++) {
      await environment.run(writer.append(line("all")));
      await environment.advance(LIMITS.verifyMs / 20);
    }
    expect(reader.seq).toBe(201);
    expect(repairs()).toBe(0);
  });

  test("waits for a store that is away, and then begins; pages say that it is away", async () => {
    const { environment, store, hub, writer } = scene(3);
    await environment.run(writer.append(created));
    store.disconnect();
    const reader = new Reader(hub, "task");
    const page = hub.page({ taskId: "task", after: null, limit: 10, replay: "full", waitMs: 0 });
    const code = environment.run(page.then(() => "answered", (error: { code: string }) => error.code));
    expect(await code).toBe("unavailable");
    await environment.advance(60_000);
    expect(reader.notices).toEqual([]);
    store.reconnect();
    await environment.advance(2_000);
    expect(reader.caughtUp && reader.seq === 1).toBe(true);
  });

  test("goes on after the store was away, with what was appended meanwhile", async () => {
    const { repairs, meter } = countedRepairs();
    const { environment, store, hub, writer } = scene(4, {}, meter);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    await environment.advance(100);
    store.disconnect();
    for (let at = 0; at < 5; at++) await environment.run(writer.append(line("meanwhile")));
    await environment.advance(10_000);
    expect(reader.seq).toBe(1);
    store.reconnect();
    await environment.advance(100);
    expect(reader.seq).toBe(6);
    expect(reader.faults).toEqual([]);
    expect(repairs()).toBe(1);
  });

  test("is not misled by a store that was rolled back and has gone on as far, batch by batch", async () => {
    const { environment, store, hub, writer } = scene(11);
    await environment.run(writer.append(created));
    const copy = store.copy();
    await environment.run(writer.append(line("lost")));
    const reader = new Reader(hub, "task");
    await environment.advance(100);
    expect(reader.seq).toBe(2);
    store.disconnect();
    store.restore(copy);
    const second = new TaskWriter(store.client().log, "task", () => `other${environment.random.fraction()}`);
    await environment.run(second.rejoin());
    for (const text of ["another second", "a third"]) await environment.run(second.append(line(text)));
    store.reconnect();
    await environment.advance(100);
    expect(reader.of("gap")).toMatchObject([{ reason: "reset", earliest: "0" }]);
    expect(reader.lines).toEqual(storedLines(store.stored("task")));
    expect(reader.faults).toEqual([]);
  });

  test("forgets what waits for a hole to be mended when the store is lost: it may come back without it", async () => {
    const { environment, store, hub, writer } = scene(12);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    await environment.advance(100);
    store.faults.liveLost = 1;
    await environment.run(writer.append(line("second")));
    const copy = store.copy();
    Object.assign(store.faults, { liveLost: 0, readFails: 1 });
    await environment.run(writer.append(line("a third that is lost")));
    await environment.advance(50);
    store.disconnect();
    store.restore(copy);
    store.faults.readFails = 0;
    store.reconnect();
    await environment.advance(100);
    await environment.run(writer.rejoin());
    await environment.run(writer.append(line("a third")));
    await environment.advance(100);
    // It was never given what is lost, so that there is nothing to take back.
    expect(reader.of("gap")).toEqual([]);
    expect(reader.lines).toEqual(storedLines(store.stored("task")));
    expect(reader.faults).toEqual([]);
  });

  test("gives every watcher everything though a flush is cut short all the time", async () => {
    const { environment, store, hub, writer } = scene(5, { flushSliceMs: 0 });
    await environment.run(writer.append(created));
    const readers = Array.from({ length: 500 }, (_, at) => new Reader(hub, "task", { fills: () => at % 7 === 0 }));
    for (let at = 0; at < 5; at++) {
      await environment.run(writer.append(line(`${at}`), line("again")));
      if (at === 2) for (const reader of readers) if (reader.taskId.length % 2 === 0) reader.drain();
      await environment.advance(1);
    }
    await environment.run(writer.append(completed));
    for (let at = 0; at < 20; at++) {
      for (const reader of readers) reader.drain();
      await environment.advance(10);
    }
    expect(readers.flatMap(({ faults }) => faults)).toEqual([]);
    expect(readers.every(({ ended }) => ended)).toBe(true);
    expect(readers[0]?.lines).toEqual(storedLines(store.stored("task")));
  });

  test("brings one that was far behind to the head in writes of bounded size, though nothing new comes", async () => {
    const { environment, hub, writer } = scene(10);
    await environment.run(writer.append(created));
    let fills = true;
    const reader = new Reader(hub, "task", { fills: () => fills });
    for (let at = 0; at < 5; at++) {
      reader.drain();
      await environment.advance(10);
    }
    await environment.run(writer.append(line("it fills")));
    await environment.advance(10);
    expect(reader.full && reader.caughtUp).toBe(true);
    for (let at = 0; at < 10; at++) await environment.run(writer.append(line("x".repeat(150_000))));
    await environment.advance(10);
    fills = false;
    const before = reader.writes;
    reader.drain();
    await environment.advance(10);
    expect(reader.seq).toBe(12);
    expect(reader.writes - before).toBe(5);
    expect(reader.faults).toEqual([]);
  });

  test("is one for all watchers of its task, and is let go when nobody has watched for a while", async () => {
    const set = new Map<string, number>();
    const added = new Map<string, number>();
    const meter: Meter = { add: (name: Counter, amount = 1) => void added.set(name, (added.get(name) ?? 0) + amount), set: (name, value) => void set.set(name, value), observe() {} };
    const { environment, hub, writer } = scene(6, {}, meter);
    await environment.run(writer.append(created, line("a")));
    const readers = [new Reader(hub, "task"), new Reader(hub, "task")];
    await environment.advance(10);
    expect([set.get("watched_tasks"), set.get("watchers")]).toEqual([1, 2]);
    expect(added.get("replays")).toBe(2);
    for (const reader of readers) reader.leave();
    await environment.advance(LIMITS.feedIdleMs - 100);
    expect([set.get("watched_tasks"), set.get("watchers")]).toEqual([1, 0]);
    await environment.advance(200);
    expect(set.get("watched_tasks")).toBe(0);
    expect(environment.timers()).toBe(0);
  });

  test("gives nothing to a watcher that has left, not even what was on its way", async () => {
    const { environment, hub, writer } = scene(7);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    reader.leave();
    await environment.advance(1_000);
    expect(reader.notices).toEqual([]);
    hub.close();
    expect(() => hub.watch({ taskId: "task", after: null, replay: "full" }, reader)).toThrow(/stopping/);
  });

  test("takes back a wire that drains before its write has returned", async () => {
    const { environment, hub, writer } = scene(8);
    await environment.run(writer.append(created));
    let seen = 0;
    const watch = hub.watch({ taskId: "task", after: null, replay: "full" }, {
      events: (run) => ((seen = run.lastSeq), watch.resume(), "full"),
      notice: () => (watch.resume(), "full"),
      together: (work) => work(),
    });
    await environment.advance(10);
    for (let at = 0; at < 3; at++) {
      await environment.run(writer.append(line("more")));
      await environment.advance(10);
    }
    expect(seen).toBe(4);
  });

  test("sends everyone away where a sink breaks its promise, and serves those who come back", async () => {
    const { environment, hub, writer } = scene(9);
    await environment.run(writer.append(created));
    const reader = new Reader(hub, "task");
    await environment.advance(10);
    hub.watch({ taskId: "task", after: null, replay: "full" }, { events: () => { throw new Error("broken"); }, notice: () => "ready", together: (work) => work() });
    await environment.advance(10);
    expect(reader.of("failed")).toMatchObject([{ code: "internal" }]);
    expect(environment.entries.some(({ event }) => event === "feed_failed")).toBe(true);
    reader.join();
    await environment.run(writer.append(line("after")));
    await environment.advance(10);
    expect(reader.seq).toBe(2);
  });
});
