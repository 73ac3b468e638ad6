/** What the reading side promises over any log. */
import { describe, expect, test } from "bun:test";
import type { Environment } from "../../src/domain/environment.ts";
import { emptyView, fold, type FoldEvent } from "../../src/domain/fold.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { createHub } from "../../src/feed/hub.ts";
import type { Hub } from "../../src/feed/port.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import type { Batch, Log, Store } from "../../src/log/port.ts";
import { completed, created, line, Reader, storedLines, TaskWriter } from "../support/feed.ts";
import { until } from "../support/until.ts";

export interface OpenedLog {
  readonly store: Store;
  readonly environment: Environment;
  close(): Promise<void>;
}

const LIMIT_MS = 30_000;
const WAIT_MS = 10_000;

let made = 0;
const freshId = (): string => `f${Date.now().toString(36)}_${(made += 1).toString(36)}`;
const freshNonce = (): string => `n${(made += 1).toString(36)}${Math.random().toString(36).slice(2)}`;

async function allOf(log: Log, taskId: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (;;) {
    const page = await log.read({ taskId, after: batches.at(-1)?.position ?? 0, maxBytes: 1e6 });
    batches.push(...page.batches);
    if (page.end) return batches;
  }
}

interface Scene {
  readonly log: Log;
  readonly environment: Environment;
  readonly writer: TaskWriter;
  readonly taskId: string;
  hub(limits?: Partial<LimitSet>): Hub;
  /** Waits until the reader has what the writer has stored, and is told of no fault. */
  reached(reader: Reader): Promise<void>;
}

/** Holds the reading side to its promises over a log. `open` is called for every test and may open the same store each time. */
export function feedSuite(name: string, open: () => Promise<OpenedLog>): void {
  const promise = (sentence: string, check: (scene: Scene) => Promise<void>): void =>
    test(
      sentence,
      async () => {
        const { store, environment, close } = await open();
        const hubs: Hub[] = [];
        const writer = new TaskWriter(store.log, freshId(), freshNonce);
        try {
          await check({
            log: store.log,
            environment,
            writer,
            taskId: writer.taskId,
            hub(limits = {}) {
              const hub = createHub({ log: store.log, environment, limits: { ...LIMITS, ...limits }, meter: silentMeter });
              hubs.push(hub);
              return hub;
            },
            async reached(reader) {
              await until(`the reader has ${writer.seq} events`, WAIT_MS, () => reader.faults.length > 0 || reader.seq >= writer.seq);
              expect(reader.faults).toEqual([]);
            },
          });
        } finally {
          for (const hub of hubs) hub.close();
          await close();
        }
      },
      LIMIT_MS,
    );

  describe(`feed: ${name}`, () => {
    promise("delivers what was there and what comes, in order, once, and says when it has caught up and when it is over", async ({ log, hub, writer, taskId, reached }) => {
      await writer.append(created, line("one"));
      const reader = new Reader(hub(), taskId);
      await reached(reader);
      await until("it has caught up", WAIT_MS, () => reader.caughtUp);
      for (let at = 0; at < 20; at++) await writer.append(line(`live ${at}`));
      await reached(reader);
      await writer.append(completed);
      await until("it is over", WAIT_MS, () => reader.ended);
      expect(reader.faults).toEqual([]);
      expect(reader.lines).toEqual(storedLines(await allOf(log, taskId)));
      expect(reader.notices.map(({ type }) => type)).toEqual(["subscribed", "caught_up", "end"]);
      expect(reader.of("subscribed")).toMatchObject([{ cursor: "0", tail_seq: 2, replay: "full" }]);
      expect(reader.of("end")).toMatchObject([{ status: "completed", cursor: reader.cursor }]);
    });

    promise("resumes behind every event of every batch, cold and warm, with the exact rest", async ({ log, hub, writer, taskId, reached }) => {
      await writer.append(created, line("a"), line("b"));
      for (let at = 0; at < 5; at++) await writer.append(line(`${at}`), line(`${at} again`));
      const warm = hub();
      const first = new Reader(warm, taskId);
      await reached(first);
      const page = await warm.page({ taskId, after: null, limit: 100, replay: "full", waitMs: 0 });
      const cursors = page.events.map((event) => (JSON.parse(event) as { cursor: string }).cursor);
      const lines = storedLines(await allOf(log, taskId));
      expect(cursors.length).toBe(13);
      for (const [at, after] of cursors.entries()) {
        for (const resumed of [new Reader(warm, taskId, { after }), new Reader(hub({ ringBytes: 1 }), taskId, { after })]) {
          await until("it has caught up", WAIT_MS, () => resumed.caughtUp);
          await reached(resumed);
          expect(resumed.lines).toEqual(lines.slice(at + 1));
        }
      }
    });

    promise("reads long history in shared stretches: a crowd costs about as many reads as one watcher", async ({ log, environment, writer, taskId }) => {
      await writer.append(created);
      for (let at = 0; at < 40; at++) await writer.append(line("x".repeat(2_000)));
      let reads = 0;
      const counting: Log = { ...log, get connected() { return log.connected; }, epoch: log.epoch, read: (request) => ((reads += 1), log.read(request)), head: (id) => log.head(id), at: (id, position) => log.at(id, position), follow: (id, take) => log.follow(id, take), append: (request) => log.append(request), purge: (id, keep) => log.purge(id, keep), onConnection: (listener) => log.onConnection(listener) };
      const hub = createHub({ log: counting, environment, limits: { ...LIMITS, ringBytes: 1, segmentBytes: 16 * 1024, readBytes: 16 * 1024 }, meter: silentMeter });
      const crowd = Array.from({ length: 100 }, () => new Reader(hub, taskId));
      await until("all have caught up", WAIT_MS, () => crowd.every((reader) => reader.caughtUp || reader.faults.length > 0));
      hub.close();
      expect(crowd.flatMap((reader) => reader.faults)).toEqual([]);
      expect(crowd.every((reader) => reader.seq === writer.seq)).toBe(true);
      expect(reads).toBeLessThan(20);
    });

    promise("leaves a full wire where it is, and goes on there, out of the ring or the log", async ({ log, hub, writer, taskId, reached }) => {
      await writer.append(created);
      for (const ringBytes of [1, 1_000_000]) {
        const reading = hub({ ringBytes });
        const slow = new Reader(reading, taskId, { fills: () => true });
        const quick = new Reader(reading, taskId);
        await until("the slow one is full", WAIT_MS, () => slow.full);
        for (let at = 0; at < 30; at++) await writer.append(line(`${at}`));
        await reached(quick);
        const before = slow.writes;
        expect(slow.full && before === 1).toBe(true);
        await until("the slow one is there", WAIT_MS, () => (slow.drain(), slow.seq >= writer.seq && slow.caughtUp));
        expect([...slow.faults, ...quick.faults]).toEqual([]);
        expect(slow.lines).toEqual(storedLines(await allOf(log, taskId)));
      }
    });

    promise("compacts history into ranges that tile it and fold to the same view, whatever is cut", async ({ log, hub, writer, taskId, reached }) => {
      await writer.append(created, { type: "message.started", data: { message_id: "m", role: "assistant" } });
      for (let at = 0; at < 60; at++) await writer.append({ type: "message.delta", data: { message_id: "m", delta: `word ${at} ` } });
      const reading = hub({ ringBytes: 4_000, segmentBytes: 2_000, readBytes: 5_000, replayedBytes: 700 });
      const full = new Reader(reading, taskId);
      await reached(full);
      const compacted = new Reader(reading, taskId, { replay: "compact", fills: () => true });
      for (let cuts = 0; !compacted.caughtUp && cuts < 500; cuts++) {
        await until("it was given something", WAIT_MS, () => compacted.full);
        if (cuts % 3 === 0 && compacted.seq > 0) {
          compacted.leave();
          compacted.join();
        } else compacted.drain();
      }
      await writer.append({ type: "message.completed", data: { message_id: "m", content: "all of it" } }, completed);
      await until("both are over", WAIT_MS, () => (compacted.drain(), compacted.ended && full.ended));
      expect([...compacted.faults, ...full.faults]).toEqual([]);
      expect(compacted.of("replayed").length).toBeGreaterThan(1);
      const whole = storedLines(await allOf(log, taskId)).reduce((view, text) => fold(view, JSON.parse(text) as FoldEvent), emptyView());
      expect(compacted.view).toEqual(whole);
      expect(full.view).toEqual(whole);
      expect((await reading.view(taskId))?.view).toEqual(whole);
    });

    promise("begins at the tail without replay, and goes on from a cursor with or without it", async ({ hub, writer, taskId, reached }) => {
      await writer.append(created, line("old"));
      const reading = hub();
      const reader = new Reader(reading, taskId, { replay: "none" });
      reader.seq = reader.from = 2;
      await until("it has caught up", WAIT_MS, () => reader.caughtUp);
      await writer.append(line("new"));
      await reached(reader);
      expect(reader.lines.length).toBe(1);
      reader.leave();
      await writer.append(line("missed"));
      reader.join();
      await reached(reader);
      expect(reader.lines.length).toBe(2);
    });

    promise("refuses a cursor that is garbage or another task's, and a task that is not there", async ({ log, hub, writer, taskId }) => {
      await writer.append(created);
      const other = new TaskWriter(log, freshId(), freshNonce);
      await other.append(created);
      const reading = hub();
      const { next } = await reading.page({ taskId: other.taskId, after: null, limit: 10, replay: "full", waitMs: 0 });
      const failures: [string, string | null, string][] = [[taskId, "garbage", "cursor_invalid"], [taskId, next, "cursor_invalid"], [freshId(), null, "task_unknown"]];
      for (const [id, after, code] of failures) {
        const reader = new Reader(reading, id, { after });
        await until("it was refused", WAIT_MS, () => reader.notices.length > 0);
        expect(reader.notices).toMatchObject([{ type: "failed", code }]);
        const page = reading.page({ taskId: id, after, limit: 10, replay: "full", waitMs: 0 });
        const refusal: string | null = await page.then(() => null, (error: unknown) => (error instanceof TaskwireError ? error.code : String(error)));
        expect(refusal).toBe(code);
      }
      expect(await reading.view(freshId())).toBe(null);
    });

    promise("says that what was asked for is no longer kept, shows the state, and goes on with what there is", async ({ log, hub, writer, taskId }) => {
      await writer.append(created, line("one"));
      await writer.append(line("two"));
      const { next } = await hub().page({ taskId, after: null, limit: 1, replay: "full", waitMs: 0 });
      await writer.append(line("three"), completed);
      await log.purge(taskId, 1);
      for (const after of [null, next]) {
        const reader = new Reader(hub(), taskId, { after });
        await until("it is over", WAIT_MS, () => reader.ended || reader.faults.length > 0);
        expect(reader.faults).toEqual([]);
        expect(reader.notices.map(({ type }) => type)).toEqual(["subscribed", "gap", "caught_up", "end"]);
        const [gap] = reader.of("gap");
        expect(gap).toMatchObject({ reason: "retention", requested: after ?? "0" });
        expect(JSON.parse(gap?.snapshot ?? "null")).toMatchObject({ type: "task.snapshot", first_seq: 1, seq: 5, data: { status: "completed", as_of_seq: 5 } });
        expect(reader.lines.length).toBe(2);
        const again = new Reader(hub(), taskId, { after: gap?.earliest ?? "" });
        await until("it is over", WAIT_MS, () => again.ended || again.faults.length > 0);
        expect(again.notices.map(({ type }) => type)).toEqual(["subscribed", "caught_up", "end"]);
        expect(again.lines).toEqual(reader.lines);
      }
    });

    promise("finds a log that was deleted and made anew, tells every watcher, and begins again", async ({ log, hub, writer, taskId, reached }) => {
      await writer.append(created, line("old one"));
      await writer.append(line("old two"));
      const reading = hub({ verifyMs: 50 });
      const full = new Reader(reading, taskId);
      const stalled = new Reader(reading, taskId, { fills: () => true });
      await reached(full);
      const old = full.cursor;
      await log.purge(taskId, 0);
      await writer.rejoin();
      await writer.append(created, line("new one"));
      await until("all know", WAIT_MS, () => (stalled.drain(), [full, stalled].every((reader) => reader.of("gap").some(({ snapshot }) => snapshot !== null))));
      await writer.append(line("new two"), completed);
      await until("all are over", WAIT_MS, () => (stalled.drain(), full.ended && stalled.ended));
      const late = new Reader(reading, taskId, { after: old });
      await until("the one who comes back is over", WAIT_MS, () => late.ended);
      const lines = storedLines(await allOf(log, taskId));
      for (const reader of [full, stalled, late]) {
        expect(reader.faults).toEqual([]);
        expect(reader.of("gap").every(({ reason }) => reason === "reset")).toBe(true);
        expect(reader.lines).toEqual(lines);
      }
    });

    promise("answers pages that tile the log, and long-polls for what comes", async ({ log, hub, writer, taskId }) => {
      await writer.append(created, line("a"), line("b"));
      await writer.append(line("c"), line("d"));
      const reading = hub();
      const read: string[] = [];
      let after: string | null = null;
      for (let more = true; more; ) {
        const page = await reading.page({ taskId, after, limit: 2, replay: "full", waitMs: 0 });
        read.push(...page.events);
        after = page.next;
        more = page.more;
        expect(page).toMatchObject({ tail_seq: 5, ended: false, status: "running", gap: null });
      }
      expect(read.map((event) => (JSON.parse(event) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5]);
      expect(await reading.page({ taskId, after, limit: 2, replay: "full", waitMs: 50 })).toMatchObject({ events: [], next: after, more: false });
      const waiting = reading.page({ taskId, after, limit: 2, replay: "full", waitMs: WAIT_MS });
      await writer.append(line("e"));
      expect(storedLines(await allOf(log, taskId)).length).toBe(6);
      const woken = await waiting;
      expect(woken.events.length).toBe(1);
      await writer.append(completed);
      expect(await reading.page({ taskId, after: woken.next, limit: 9, replay: "full", waitMs: WAIT_MS })).toMatchObject({ ended: true, status: "completed", more: false });
      const compacted = await reading.page({ taskId, after: null, limit: 9, replay: "compact", waitMs: 0 });
      expect(compacted).toMatchObject({ ended: true, tail_seq: 7 });
      expect(compacted.events.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(["stream.replayed"]);
      expect(await reading.page({ taskId, after: compacted.next, limit: 9, replay: "full", waitMs: WAIT_MS })).toMatchObject({ events: [], ended: true });
    });

    promise("answers no page that is very large, however many events are asked for", async ({ hub, writer, taskId }) => {
      await writer.append(created);
      for (let at = 0; at < 140; at++) await writer.append(line("x".repeat(60_000)));
      const reading = hub();
      for (const replay of ["full", "compact"] as const) {
        const pages = [];
        for (let [after, more] = [null as string | null, true]; more; ) {
          const page = await reading.page({ taskId, after, limit: 1_000, replay, waitMs: 0 });
          expect(page.events.reduce((sum, event) => sum + event.length, 0)).toBeLessThan(5 * 1024 * 1024);
          pages.push(page.events);
          [after, more] = [page.next, page.more];
        }
        expect([pages.length > 1, pages.length < 5, pages.flat().join("").match(/"log\.line"/g)?.length]).toEqual([true, true, 140]);
      }
    });

    promise("serves many tasks at once, each its own", async ({ log, hub }) => {
      const reading = hub();
      const writers = Array.from({ length: 50 }, () => new TaskWriter(log, freshId(), freshNonce));
      await Promise.all(writers.map((writer) => writer.append(created)));
      const readers = writers.map(({ taskId }) => new Reader(reading, taskId));
      await Promise.all(writers.map(async (writer) => {
        for (let at = 0; at < 5; at++) await writer.append(line(`${at}`));
        await writer.append(completed);
      }));
      await until("all are over", WAIT_MS, () => readers.every((reader) => reader.ended || reader.faults.length > 0));
      expect(readers.flatMap((reader) => reader.faults)).toEqual([]);
      expect(readers.every((reader) => reader.lines.length === 7)).toBe(true);
    });
  });
}
