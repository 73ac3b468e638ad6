/** The writing side on a broker that does its worst, in virtual time: a seed that fails fails again. */
import { describe, expect, test } from "bun:test";
import { TaskwireError } from "../../src/domain/error.ts";
import { type JudgeState, encodeState } from "../../src/domain/state.ts";
import { judge } from "../../src/domain/laws.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore, type MemoryStore } from "../../src/log/memory.ts";
import { type MemoryFaults, fairWeather, roughWeather } from "../../src/log/memory-faults.ts";
import { applyDelta, encodeDelta } from "../../src/log/state-delta.ts";
import { realEnvironment, seededRandom, virtualEnvironment, type VirtualEnvironment } from "../support/environment.ts";
import { creation, eventsIn, expectDense, line, submission, writerSuite, writingSide, type WritingSide } from "../suites/writer.ts";

writerSuite("memory", async () => {
  const store = createMemoryStore({ environment: realEnvironment() });
  return { store, other: store.client(), close: () => store.close() };
});

interface Rough {
  readonly virtual: VirtualEnvironment;
  readonly store: MemoryStore;
  readonly clients: readonly MemoryStore[];
  readonly sides: readonly WritingSide[];
}

function instances(seed: number, count: number, faults: MemoryFaults): Rough {
  const virtual = virtualEnvironment(seed);
  const store = createMemoryStore({ environment: virtual, faults });
  const clients = Array.from({ length: count }, () => store.client());
  return { virtual, store, clients, sides: clients.map((client) => writingSide(client, LIMITS, virtual)) };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "accepted",
    (error: unknown) => {
      if (error instanceof TaskwireError) return error.code;
      throw error;
    },
  );

const RETRYABLE = new Set(["append_unknown", "unavailable", "append_busy"]);

describe("an appender on a broker that does its worst", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`stores every request of competing producers exactly once, numbered densely (seed ${seed})`, async () => {
      const { virtual, store, clients, sides } = instances(seed, 3, roughWeather());
      const random = seededRandom(seed + 1_000);
      const taskIds = await virtual.run(Promise.all(["a", "b"].map(async (taskId) => {
        for (;;) {
          const code = await codeOf((sides[0] as WritingSide).writer.create(creation({ taskId, identity: { kind: "key", key: taskId, digest: "d" } })));
          if (code === "accepted") return taskId;
          expect(RETRYABLE).toContain(code);
        }
      })));
      const acknowledged = new Map<string, { firstSeq: number; lastSeq: number }>();
      /** Sent once, without identity, and answered `append_unknown`: stored once or not at all. */
      const unknown = new Set<string>();
      const producers = Array.from({ length: 12 }, async (_, producer) => {
        for (let seq = 1; seq <= 60; seq += 1) {
          const taskId = taskIds[producer % 2] as string;
          const name = `${producer}.${seq}`;
          const identities = [null, { kind: "key", key: name, digest: name }, { kind: "producer", id: `p${producer}`, seq, digest: name }] as const;
          const identity = identities[producer % 3] ?? null;
          const request = submission([line(name), line(name)], identity);
          for (let settled = false; !settled; ) {
            // A retry meets any instance, as behind a load balancer.
            const { writer } = sides[Math.floor(random.fraction() * sides.length)] as WritingSide;
            try {
              acknowledged.set(name, await writer.append(taskId, request));
              settled = true;
            } catch (error) {
              if (!(error instanceof TaskwireError)) throw error;
              expect(RETRYABLE).toContain(error.code);
              settled = identity === null && error.code === "append_unknown";
              if (settled) unknown.add(name);
            }
          }
        }
      });
      // Each instance loses its connection now and then, one of them for longer than a request is held.
      for (const [at, client] of clients.entries()) {
        for (const start of [300, 2_000]) {
          virtual.clock.after(start * (at + 1), () => client.disconnect());
          virtual.clock.after(start * (at + 1) + (at === 2 ? 7_000 : 200), () => client.reconnect());
        }
      }
      await virtual.run(Promise.all(producers));
      for (const taskId of taskIds) {
        const batches = store.stored(taskId);
        expectDense(batches);
        const texts = eventsIn(batches).slice(1).map((event) => event.data.text as string);
        const places = new Map<string, number[]>();
        texts.forEach((text, at) => places.set(text, [...(places.get(text) ?? []), at + 2]));
        for (const [name, [first = 0, last = 0, ...more]] of places) {
          expect([name, last - first, more]).toEqual([name, 1, []]);
          if (!unknown.has(name)) expect(acknowledged.get(name)).toMatchObject({ firstSeq: first, lastSeq: last });
        }
        for (const [name, { firstSeq }] of acknowledged) if (taskIds[Number.parseInt(name, 10) % 2] === taskId) expect(places.get(name)?.[0]).toBe(firstSeq);
      }
      expect(acknowledged.size + unknown.size).toBe(12 * 60);
      Object.assign(store.faults, fairWeather());
      await virtual.run(Promise.all(sides.map((side) => side.close())));
    }, 60_000);
  }

  test("says that it does not know, when an append may land yet, and finds it stored when it is repeated", async () => {
    const { virtual, store, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    Object.assign(store.faults, { unknownStored: 1, landMs: 60_000, readFails: 1 });
    const request = submission([line("once")], { kind: "key", key: "k", digest: "d" });
    const before = virtual.clock.now();
    expect(await virtual.run(codeOf(writer.append(taskId, request)))).toBe("append_unknown");
    expect(virtual.clock.now() - before).toBeWithin(LIMITS.appendWaitMs, LIMITS.appendWaitMs + 200);
    await virtual.advance(60_000);
    expect(store.stored(taskId).length).toBe(2);
    Object.assign(store.faults, fairWeather());
    expect(await virtual.run(writer.append(taskId, request))).toMatchObject({ firstSeq: 2, lastSeq: 2, duplicate: true });
    expect(store.stored(taskId).length).toBe(2);
  });

  test("acknowledges an append whose outcome was unknown as soon as the log shows it", async () => {
    const { virtual, store, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    store.faults.unknownStored = 1;
    const before = virtual.clock.now();
    expect(await virtual.run(writer.append(taskId, submission([line("once")])))).toMatchObject({ firstSeq: 2, duplicate: false });
    expect(virtual.clock.now() - before).toBeLessThan(50);
    expect(store.stored(taskId).length).toBe(2);
  });

  test("appends nothing else while an outcome is unknown", async () => {
    const { virtual, store, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    store.faults.unknownLost = 1;
    const first = writer.append(taskId, submission([line("first")]));
    await virtual.advance(500);
    const second = writer.append(taskId, submission([line("second")]));
    await virtual.advance(500);
    store.faults.unknownLost = 0;
    expect([await virtual.run(first), await virtual.run(second)].map(({ firstSeq }) => firstSeq)).toEqual([2, 3]);
    expect(store.stored(taskId).length).toBe(3);
  });

  test("holds requests while the store is away, goes on the moment it is back, and gives up after five seconds", async () => {
    const { virtual, store, clients: [client], sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    client?.disconnect();
    const held = writer.append(taskId, submission([line("held")]));
    await virtual.advance(4_000);
    client?.reconnect();
    await virtual.settle();
    expect((await held).firstSeq).toBe(2);
    client?.disconnect();
    const before = virtual.clock.now();
    expect(await virtual.run(codeOf(writer.append(taskId, submission([line("lost")]))))).toBe("unavailable");
    expect(virtual.clock.now() - before).toBeWithin(LIMITS.appendWaitMs, LIMITS.appendWaitMs + 200);
    expect(await virtual.run(codeOf(writer.facts("another")))).toBe("unavailable");
    client?.reconnect();
    expect((await virtual.run(writer.append(taskId, submission([line("found")])))).firstSeq).toBe(3);
    expect(store.stored(taskId).length).toBe(3);
  });

  test("says that the log is full, and goes on once there is room", async () => {
    const { virtual, store, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    store.faults.full = true;
    expect(await virtual.run(codeOf(writer.append(taskId, submission([line("no room")]))))).toBe("log_full");
    store.faults.full = false;
    expect((await virtual.run(writer.append(taskId, submission([line("room")])))).firstSeq).toBe(2);
  });

  test("refuses more than may wait, and nothing of what waits", async () => {
    const { virtual, clients: [client], sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    client?.disconnect();
    const large = { ...submission([line("large")]), bytes: LIMITS.appendQueueBytes / 4 };
    const codes = Promise.all(Array.from({ length: 6 }, () => codeOf(writer.append(taskId, large))));
    await virtual.advance(1_000);
    client?.reconnect();
    expect(await virtual.run(codes)).toEqual(["accepted", "accepted", "accepted", "accepted", "append_busy", "append_busy"]);
  });

  test("refuses what a newer service has written to, and tells nobody that it was stored", async () => {
    const { virtual, store, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    const [batch] = store.stored(taskId);
    if (batch === undefined) throw new Error("nothing is stored");
    await store.log.append({ taskId, expected: batch.position, header: { ...batch.header, firstSeq: 2, lastSeq: 2, nonce: "new", state: '{"v":99}' }, body: batch.body });
    expect(await virtual.run(codeOf(writer.append(taskId, submission([line("x")]))))).toBe("state_newer");
  });

  test("builds on nothing that a rolled-back store has forgotten", async () => {
    const { virtual, store, clients, sides: [here, there] } = instances(1, 2, fairWeather());
    const { taskId } = await virtual.run((here as WritingSide).writer.create(creation()));
    const copy = store.copy();
    await virtual.run((here as WritingSide).writer.append(taskId, submission([{ type: "step.started", data: { step_id: "forgotten", name: "s" } }])));
    for (const client of clients) client.disconnect();
    store.restore(copy);
    for (const client of clients) client.reconnect();
    await virtual.run((there as WritingSide).writer.append(taskId, submission([line("other")])));
    await virtual.run((there as WritingSide).writer.append(taskId, submission([line("other")])));
    expect((await virtual.run((here as WritingSide).writer.append(taskId, submission([{ type: "step.started", data: { step_id: "forgotten", name: "s" } }])))).firstSeq).toBe(4);
    expectDense(store.stored(taskId));
  });

  test("does not send again into a store that was rolled back what belonged behind a batch that is gone", async () => {
    const { virtual, store, clients, sides: [here, there] } = instances(1, 2, fairWeather());
    const [side, other] = [here as WritingSide, there as WritingSide];
    const { taskId } = await virtual.run(side.writer.create(creation({ taskId: "t" })));
    const copy = store.copy();
    await virtual.run(side.writer.append(taskId, submission([line("gone"), line("gone")])));
    store.faults.unknownLost = 1;
    const waiting = side.writer.append(taskId, submission([line("late")]));
    await virtual.settle();
    clients[0]?.disconnect();
    await virtual.advance(500);
    store.faults.unknownLost = 0;
    store.restore(copy);
    // Another instance writes, and the position behind which the late batch belonged is given out again.
    await virtual.run(other.writer.append(taskId, submission([line("new")])));
    clients[0]?.reconnect();
    const { firstSeq } = await virtual.run(waiting);
    expect(firstSeq).toBe(3);
    expectDense(store.stored(taskId));
    expect(eventsIn(store.stored(taskId)).map(({ data }) => data.text)).toEqual([undefined, "new", "late"]);
  });

  test("answers a repeat with the place that the log has, not with one that was rolled back", async () => {
    const { virtual, store, clients, sides: [here, there] } = instances(1, 2, fairWeather());
    const { taskId } = await virtual.run((here as WritingSide).writer.create(creation()));
    const copy = store.copy();
    await virtual.run((here as WritingSide).writer.append(taskId, submission([line("forgotten")])));
    for (const client of clients) client.disconnect();
    store.restore(copy);
    for (const client of clients) client.reconnect();
    const request = submission([line("other")], { kind: "key", key: "other", digest: "d" });
    const first = await virtual.run((there as WritingSide).writer.append(taskId, request));
    expect(await virtual.run((here as WritingSide).writer.append(taskId, request))).toEqual({ ...first, duplicate: true });
  });

  test("lets go of what has been quiet for long, and goes on when it is not", async () => {
    const { virtual, sides: [side] } = instances(1, 1, fairWeather());
    const { writer } = side as WritingSide;
    const { taskId } = await virtual.run(writer.create(creation()));
    await virtual.advance(LIMITS.appenderIdleMs * 2);
    expect((await virtual.run(writer.append(taskId, submission([line("later")])))).firstSeq).toBe(2);
    await virtual.run((side as WritingSide).close());
    expect(virtual.timers()).toBe(0);
  });
});

describe("the change of a state that travels beside a batch", () => {
  test("leads from any state to the next, whatever was judged", () => {
    const random = seededRandom(5);
    const pick = (count: number): number => Math.floor(random.fraction() * count);
    const limits = { ...LIMITS, idempotencyKeys: 3, producers: 3 };
    let state: JudgeState | null = null;
    for (let at = 0; at < 3_000; at += 1) {
      const id = `s${pick(6)}`;
      const drafts = [
        { type: "step.started", data: { step_id: id, name: "größe" } },
        { type: "step.progress", data: { step_id: id, percent: pick(101) } },
        { type: "step.completed", data: { step_id: id } },
        { type: "input.requested", data: { request_id: id, kind: "question", prompt: "?" } },
        { type: "input.resolved", data: { request_id: id, outcome: "answered" } },
        { type: "task.progress", data: { percent: pick(101) } },
        { type: "task.started", data: { attempt: 1 + Math.floor(at / 1_000) } },
        { type: "task.recovering", data: { reason: "worker_lost", attempt: 1 } },
      ];
      const draft = state === null ? { type: "task.created", data: { kind: "build" } } : drafts[pick(pick(20) === 0 ? 8 : 6)];
      if (draft === undefined) throw new Error("no draft was picked");
      const identity = [null, { kind: "key", key: `k${at}`, digest: "d" } as const, { kind: "producer", id: `p${pick(5)}`, seq: at, digest: "d" } as const][pick(3)] ?? null;
      const verdict = judge(state, { taskId: "t", drafts: [draft], actor: null, service: true, attempt: null, identity, founding: { owner: "o", conversation: null, access: "owner" }, now: 1_000 + at, limits });
      if (verdict.kind !== "accepted") continue;
      const after: JudgeState = verdict.state;
      if (state !== null) {
        const header = { firstSeq: verdict.firstSeq, lastSeq: verdict.lastSeq, nonce: "n", owner: "o", creator: null, conversation: null, kind: "build", access: "owner", status: after.status, attempt: after.attempt, state: null, stateAt: 1, delta: encodeDelta(state, after) };
        const applied = applyDelta(state, { taskId: "t", position: at + 1, header, body: new Uint8Array(verdict.bytes) });
        if (applied.kind !== "state") throw new Error(`change ${at} was found ${applied.kind}`);
        expect(encodeState(applied.state)).toBe(encodeState(after));
        expect(applied.state).toEqual(after);
      }
      state = after;
    }
    expect(state?.seq).toBeGreaterThan(1_000);
  });

  test("is refused where it does not follow, cannot be read or is newer than we are", () => {
    const verdict = judge(null, { taskId: "t", drafts: [{ type: "task.created", data: { kind: "k" } }], actor: null, service: true, attempt: null, identity: null, founding: { owner: "o", conversation: null, access: "owner" }, now: 0, limits: LIMITS });
    if (verdict.kind !== "accepted") throw new Error("the first event was refused");
    const header = { firstSeq: 2, lastSeq: 2, nonce: "n", owner: "o", creator: null, conversation: null, kind: "k", access: "owner", status: "queued", attempt: 1, state: null, stateAt: 1, delta: "{}" as string | null };
    const kindOf = (more: Partial<typeof header>): string => applyDelta(verdict.state, { taskId: "t", position: 2, header: { ...header, ...more }, body: new Uint8Array(1) }).kind;
    expect([kindOf({ delta: '{"v":1}' }), kindOf({}), kindOf({ delta: null }), kindOf({ delta: "no" }), kindOf({ delta: '{"v":3}' }), kindOf({ firstSeq: 3, delta: '{"v":1}' })]).toEqual(["state", "damaged", "damaged", "damaged", "newer", "damaged"]);
  });
});
