/** The fold: any legal history folds to a view that agrees with the judge, in linear time, and that a snapshot can replace. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { taskSnapshotData } from "../../generated/typescript/validators.ts";
import { emptyView, fold, snapshotOf } from "../../src/domain/fold.ts";
import type { FoldEvent, TaskView } from "../../src/domain/fold.ts";
import { utf8Length } from "../../src/domain/size.ts";
import { LIMITS } from "../../src/limits.ts";
import { legalHistory, stored, storedEvents } from "../support/histories.ts";

const RUNS = { numRuns: 150 };
const foldAll = (events: readonly FoldEvent[], from: TaskView = emptyView()): TaskView => events.reduce(fold, from);
const snapshotEvent = (view: TaskView, maxBytes: number): FoldEvent => ({ type: "task.snapshot", task_id: view.task_id ?? "", seq: view.seq, data: JSON.parse(JSON.stringify(snapshotOf(view, maxBytes))) });

describe("the fold of any legal history", () => {
  test("agrees with the judge on status, attempt, percent and on what is open", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const view = emptyView();
      for (const { events, state } of stored(history)) {
        expect(foldAll(events, view)).toBe(view);
        expect([view.seq, view.status, view.phase]).toEqual([state.seq, state.status, state.phase]);
        if (state.percent !== null) expect(view.progress.percent).toBe(state.percent);
        expect(view.waiting_for.size).toBe([...state.open.keys()].filter((key) => key.startsWith("i")).length);
        const open = [...view.messages.values(), ...view.reasonings.values()].filter((item) => item.status === "open").length;
        expect(open).toBe([...state.open.keys()].filter((key) => /^[mr]/.test(key)).length);
      }
    }), RUNS);
  });

  test("does not change by events that it has seen already", () => {
    fc.assert(fc.property(legalHistory(), fc.nat(100), (history, back) => {
      const events = storedEvents(history);
      expect(foldAll(events.slice(-back), foldAll(events))).toEqual(foldAll(events));
    }), RUNS);
  });

  test("goes on from a snapshot taken anywhere as from the events themselves, and the order of items is the same", () => {
    fc.assert(fc.property(legalHistory(), fc.nat(200), (history, pick) => {
      const events = storedEvents(history);
      const at = pick % (events.length + 1);
      const snapshot = snapshotEvent(foldAll(events.slice(0, at)), Number.POSITIVE_INFINITY);
      const resumed = fold(emptyView(), snapshot);
      const full = foldAll(events);
      const view = foldAll(events.slice(at), resumed);
      expect(view).toEqual({ ...full, task_id: view.task_id });
      expect(JSON.stringify(snapshotOf(view, Number.POSITIVE_INFINITY)).length).toBe(JSON.stringify(snapshotOf(full, Number.POSITIVE_INFINITY)).length);
      expect([...view.steps.keys()]).toEqual([...full.steps.keys()]);
    }), RUNS);
  });

  test("makes a snapshot that the contract accepts and that keeps to its bound, however small; what was cut says so", () => {
    fc.assert(fc.property(legalHistory(), fc.integer({ min: 300, max: 20_000 }), (history, bound) => {
      const view = foldAll(storedEvents(history));
      for (const most of [bound, LIMITS.snapshotBytes]) {
        const data = snapshotOf(view, most);
        const bytes = utf8Length(JSON.stringify(data));
        expect(bytes).toBeLessThanOrEqual(most);
        expect(taskSnapshotData.safeParse(JSON.parse(JSON.stringify(data))).error?.issues ?? []).toEqual([]);
        const whole = utf8Length(JSON.stringify(snapshotOf(view, Number.POSITIVE_INFINITY)));
        expect(data.truncated === true).toBe(whole > most);
      }
    }), RUNS);
  });
});

describe("a long task", () => {
  const head: FoldEvent[] = [{ type: "task.created", task_id: "t", seq: 1, data: { kind: "k" }, time: "2026-01-01T00:00:00Z" }, { type: "message.started", seq: 2, data: { message_id: "m", role: "assistant" } }];
  const deltas = (count: number): FoldEvent[] => Array.from({ length: count }, (_, at) => ({ type: "message.delta", seq: at + 3, data: { message_id: "m", delta: "token " } }));

  test("of 50,000 deltas folds in far less than a second and keeps every one", () => {
    const began = performance.now();
    const view = foldAll([...head, ...deltas(50_000)]);
    expect(view.messages.get("m")?.content.length).toBe(50_000 * 6);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("whose text outgrows the snapshot is cut to its end while it grows, and what follows joins on", () => {
    const view = foldAll([...head, ...deltas(100_000)]);
    const data = snapshotOf(view, LIMITS.snapshotBytes);
    expect(utf8Length(JSON.stringify(data))).toBeLessThanOrEqual(LIMITS.snapshotBytes);
    expect(data.truncated).toBe(true);
    const resumed = fold(emptyView(), snapshotEvent(view, LIMITS.snapshotBytes));
    fold(resumed, { type: "message.delta", seq: view.seq + 1, data: { message_id: "m", delta: "THE END" } });
    const message = resumed.messages.get("m");
    expect(message?.truncated).toBe(true);
    expect(message?.content).toEndWith("token token THE END");
  });

  test("of an unknown type counts it and is otherwise unmoved", () => {
    const view = foldAll([...head, { type: "task.teleported", seq: 3, data: {} }, { type: "x.acme.event", seq: 4, data: { a: 1 } }]);
    expect([view.seq, view.unknown, view.status]).toEqual([4, 2, "running"]);
  });
});
