/** Compaction: wherever history is cut, in whatever mode it is read, the fold is the same; frames tile the log. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compact, compactFrames } from "../../src/domain/compact.ts";
import type { Stretch } from "../../src/domain/compact.ts";
import { cursorAt, cursorPrefix } from "../../src/domain/cursor.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import type { FoldEvent, TaskView } from "../../src/domain/fold.ts";
import { utf8Length } from "../../src/domain/size.ts";
import { LIST_NAMES } from "../../src/domain/view.ts";
import { LIMITS } from "../../src/limits.ts";
import { legalHistory, stored, storedEvents } from "../support/histories.ts";
import type { StoredBatch } from "../support/histories.ts";

const RUNS = { numRuns: 200 };
const foldAll = (events: readonly FoldEvent[], from: TaskView = emptyView()): TaskView => events.reduce(fold, from);
/** The view and the order of its items. */
const seen = (view: TaskView): unknown => [view, LIST_NAMES.map((name) => [...view[name].keys()])];

interface Frame {
  readonly first_seq: number;
  readonly seq: number;
  readonly cursor: string;
  readonly events: readonly FoldEvent[];
}

const prefixOf = (at: number): string => cursorPrefix({ taskId: "t", epoch: "e", position: at + 1, nonce: `n${at}` });
const stretches = (batches: readonly StoredBatch[]): Stretch[] => batches.map((batch, at) => ({ prefix: prefixOf(at), lines: batch.lines }));

describe("compact history", () => {
  test("folds to the same view as full history, cut anywhere", () => {
    fc.assert(fc.property(legalHistory(), fc.array(fc.nat(300), { maxLength: 5 }), (history, cuts) => {
      const events = storedEvents(history);
      const places = [...new Set([0, ...cuts.map((cut) => cut % (events.length + 1)), events.length])].sort((a, b) => a - b);
      const parts = places.slice(1).map((end, at) => compact(events.slice(places[at], end)));
      expect(seen(foldAll(parts.flat()))).toEqual(seen(foldAll(events)));
      for (const part of parts) expect(part.map((event) => event.seq)).toEqual([...part.map((event) => event.seq)].sort((a, b) => a - b));
    }), RUNS);
  });

  test("compacted again folds to the same, in no more events", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const once = compact(storedEvents(history));
      expect(seen(foldAll(compact(once)))).toEqual(seen(foldAll(once)));
      expect(compact(once).length).toBeLessThanOrEqual(once.length);
    }), RUNS);
  });

  test("in frames tiles the log, keeps to the bound, and can be left after every frame for either mode", () => {
    fc.assert(fc.property(legalHistory(), fc.integer({ min: 400, max: 8_000 }), (history, bound) => {
      const batches = stored(history);
      const events = batches.flatMap((batch) => batch.events);
      const frames = compactFrames(history.taskId, stretches(batches), bound);
      const full = seen(foldAll(events));
      let last = 0;
      let view = emptyView();
      for (const { frame, firstSeq, seq, cursor } of frames) {
        const read = JSON.parse(frame) as Frame;
        expect([read.first_seq, read.seq, read.cursor]).toEqual([firstSeq, seq, cursor]);
        expect(firstSeq).toBe(last + 1);
        last = seq;
        const batch = batches.findIndex((one) => one.firstSeq <= seq && seq <= one.lastSeq);
        expect(cursor).toBe(cursorAt(prefixOf(batch), seq));
        if (utf8Length(frame) > bound) expect(firstSeq).toBe(seq);
        view = foldAll(read.events, view);
        expect(view.seq).toBe(seq);
        expect(seen(foldAll(events.slice(seq), foldAll(events.slice(0, seq))))).toEqual(full);
        expect(seen(view)).toEqual(seen(foldAll(events.slice(0, seq))));
        const rest = compactFrames(history.taskId, [{ prefix: "p", lines: events.slice(seq).map((event) => JSON.stringify(event)) }], bound);
        expect(rest[0]?.firstSeq ?? seq + 1).toBe(seq + 1);
      }
      expect(last).toBe(events.length);
    }), { numRuns: 60 });
  });

  test("of 50,000 tokens is a few hundredths of its size, in frames of at most 64 KiB", () => {
    const lines = Array.from({ length: 50_000 }, (_, at) => JSON.stringify({ type: "message.delta", task_id: "task-1", seq: at + 1, data: { message_id: at % 2 === 0 ? "m" : "n", delta: "token " } }));
    const began = performance.now();
    const frames = compactFrames("task-1", [{ prefix: "p".repeat(20), lines }], LIMITS.replayedBytes);
    const bytes = frames.reduce((sum, { frame }) => sum + utf8Length(frame), 0);
    expect(Math.max(...frames.map(({ frame }) => utf8Length(frame)))).toBeLessThanOrEqual(LIMITS.replayedBytes);
    expect(bytes).toBeLessThan(lines.reduce((sum, line) => sum + line.length, 0) / 15);
    expect(frames.length).toBeLessThan(8);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("joins nothing across the end of a text, of a step or of an attempt", () => {
    const piece = (seq: number, delta: string): FoldEvent => ({ type: "message.delta", seq, data: { message_id: "m", delta } });
    const told = (seq: number, message: string): FoldEvent => ({ type: "step.progress", seq, data: { step_id: "s", percent: 1, message } });
    const between: FoldEvent[][] = [
      [{ type: "message.completed", seq: 3, data: { message_id: "m", content: "" } }, { type: "step.completed", seq: 4, data: { step_id: "s" } }],
      [{ type: "message.started", seq: 3, data: { message_id: "m" } }, { type: "step.started", seq: 4, data: { step_id: "s" } }],
      [{ type: "task.retrying", seq: 3, data: { attempt: 2 } }],
      [{ type: "task.recovering", seq: 3, data: { attempt: 1 } }],
    ];
    for (const middle of between) {
      const events = [piece(1, "a"), told(2, "a"), ...middle, piece(5, "b"), told(6, "b")];
      expect(compact(events)).toEqual(events);
    }
  });

  test("joins the pieces of a text, keeps the newest progress with what older ones said besides, and drops nothing else", () => {
    const events = [
      { type: "task.progress", seq: 5, data: { percent: 1, stage: "reading", eta_ms: 9 }, time: "T1" },
      { type: "message.delta", seq: 6, data: { message_id: "m", delta: "Hel" } },
      { type: "log.line", seq: 7, data: { level: "info", text: "kept" }, time: "T2" },
      { type: "message.delta", seq: 8, data: { message_id: "m", delta: "lo" } },
      { type: "task.progress", seq: 9, data: { current: 1, total: 2 }, time: "T3" },
      { type: "message.completed", seq: 10, data: { message_id: "m", content: "Hello" }, time: "T4" },
    ];
    expect(compact(events)).toEqual([
      { type: "log.line", seq: 7, data: { level: "info", text: "kept" }, time: "T2" },
      { type: "message.delta", first_seq: 6, seq: 8, data: { message_id: "m", delta: "Hello" } },
      { type: "task.progress", first_seq: 5, seq: 9, data: { stage: "reading", current: 1, total: 2 }, time: "T3" },
      { type: "message.completed", seq: 10, data: { message_id: "m", content: "Hello" }, time: "T4" },
    ] as FoldEvent[]);
  });
});
