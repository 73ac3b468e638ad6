/** Whatever legal history a task has, every dialect tells it in legal frames with one end; however the history is cut into runs. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { project } from "../../src/delivery/projector.ts";
import { receivedAgentProgress } from "../../src/dialects/agent-progress-received.ts";
import { agentProgress } from "../../src/dialects/agent-progress.ts";
import { chat } from "../../src/dialects/chat.ts";
import { createDataQuestions } from "../../src/dialects/data-questions.ts";
import { orchestration } from "../../src/dialects/orchestration.ts";
import type { Dialect, Frame, TaskEvent } from "../../src/dialects/port.ts";
import { researchPlans } from "../../src/dialects/research-plans.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import { judge } from "../../src/domain/laws.ts";
import type { Stamped } from "../../src/domain/stamp.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import type { TaskView } from "../../src/domain/view.ts";
import { LIMITS } from "../../src/limits.ts";
import * as agentProgressClient from "../support/dialect-agent-progress.ts";
import * as chatClient from "../support/dialect-chat.ts";
import * as dataQuestionsClient from "../support/dialect-data-questions.ts";
import * as orchestrationClient from "../support/dialect-orchestration.ts";
import * as researchPlansClient from "../support/dialect-research-plans.ts";
import { legalHistory, storedEvents } from "../support/histories.ts";
import { runOf } from "../support/run.ts";

interface Row {
  readonly dialect: Dialect;
  /** Why what one connection was told of one task is not legal; null where it is. */
  legal(frames: readonly unknown[]): string | null;
  /** How many frames say that the task is over. */
  ends(frames: readonly unknown[]): number;
}

/** Another dialect is another line. */
const DIALECTS: readonly Row[] = [
  { dialect: agentProgress, ...agentProgressClient },
  { dialect: researchPlans, ...researchPlansClient },
  { dialect: orchestration, ...orchestrationClient },
  { dialect: createDataQuestions(), ...dataQuestionsClient },
  { dialect: chat, ...chatClient },
];

const RUNS = { numRuns: 150 };
const ENDS = new Set(["task.completed", "task.failed", "task.canceled"]);

/** A state that whoever alters it is caught at. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

/** As a client reads them. */
const read = (texts: readonly string[]): unknown[] => texts.map((text) => (text.startsWith("{") ? JSON.parse(text) : text));

/** The frames of a history that is handed over in runs that end behind these events. */
function told({ projection }: Dialect, events: readonly Stamped[], cuts: readonly number[]): unknown[] {
  const bounds = [...new Set(cuts.map((cut) => cut % (events.length + 1)))].sort((a, b) => a - b);
  const texts: string[] = [];
  let state: unknown = frozen(projection.start(events[0]?.task_id ?? "t"));
  let from = 0;
  for (const to of [...bounds, events.length]) {
    if (to <= from) continue;
    const telling = project(projection, state, runOf(events.slice(from, to)));
    texts.push(...telling.texts);
    state = frozen(telling.state);
    from = to;
  }
  return read(texts);
}

function mustBeLegal({ dialect, legal, ends }: Row, frames: readonly unknown[], over: boolean): void {
  expect(legal(frames)).toBeNull();
  expect({ dialect: dialect.name, ends: ends(frames) }).toEqual({ dialect: dialect.name, ends: over ? 1 : 0 });
}

for (const row of DIALECTS) {
  const { dialect } = row;
  describe(dialect.name, () => {
    test("any legal history comes to legal frames, with one end where it ends, cut into any runs", () => {
      fc.assert(fc.property(legalHistory(), fc.array(fc.nat(), { maxLength: 8 }), (history, cuts) => {
        const events = storedEvents(history);
        const frames = told(dialect, events, cuts);
        mustBeLegal(row, frames, events.some(({ type }) => ENDS.has(type)));
        if (dialect.projection.join === undefined) expect(frames).toEqual(told(dialect, events, []));
      }), RUNS);
    });

    test("every history that begins and ends is told from its beginning", () => {
      fc.assert(fc.property(legalHistory({ ended: true }), (history) => {
        expect(told(dialect, storedEvents(history), []).length).toBeGreaterThan(0);
      }), RUNS);
    });

    test("what is told in place of events that are kept no more, and then of those that are, is legal", () => {
      fc.assert(fc.property(legalHistory(), fc.nat(), (history, cut) => {
        const events = storedEvents(history);
        const at = cut % (events.length + 1);
        const view = events.slice(0, at).reduce<TaskView>((before, event) => fold(before, event), emptyView());
        let { state, frames } = dialect.projection.leap(history.taskId, view);
        for (const event of events.slice(at)) {
          const next = dialect.projection.step(frozen(state), event as unknown as TaskEvent);
          state = next.state;
          frames = [...frames, ...next.frames];
        }
        mustBeLegal(row, read(frames.map((frame: Frame) => (typeof frame === "string" ? frame : JSON.stringify(frame)))), events.some(({ type }) => ENDS.has(type)));
      }), RUNS);
    });

    test("a type that nobody knows adds nothing", () => {
      const event: TaskEvent = { type: "x.acme.news", task_id: "t", seq: 2, time: "2026-01-31T12:00:00.000Z", message: "News", data: { percent: 50, name: "x" } };
      expect(dialect.projection.step(dialect.projection.start("t"), event).frames).toEqual([]);
      expect(dialect.projection.step(dialect.projection.start("t"), { ...event, type: "task.imagined" }).frames).toEqual([]);
    });
  });
}

describe("agent-progress, published", () => {
  const steps = fc.constantFrom("entity_extraction", "tool_execution", "scam_db", "exa_search", "reasoning", "ein Schritt", "__proto__", "x".repeat(128));
  const tools = fc.option(fc.constantFrom("scam_database", "exa_search", "another tool", "t".repeat(200)), { nil: undefined });
  const message = fc.record({ step: steps, tool: tools, message: fc.string({ minLength: 1, maxLength: 40 }), percent: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true })), error: fc.boolean(), second: fc.nat(59) });
  const last = fc.option(fc.record({ step: fc.constantFrom("completed", "failed"), message: fc.string({ minLength: 1, maxLength: 40 }) }), { nil: undefined });

  test("what a producer writes is what its clients read, each message once, its percent whole and held", () => {
    fc.assert(fc.property(fc.array(message, { maxLength: 30 }), last, (messages, end) => {
      const time = (second: number): string => `2026-01-31T12:00:${String(second).padStart(2, "0")}.250000`;
      const written = [
        ...messages.map(({ second, tool, error, ...rest }) => ({ ...rest, ...(tool === undefined ? {} : { tool }), timestamp: time(second), ...(error ? { error } : {}) })),
        ...(end === undefined ? [] : [{ ...end, percent: end.step === "failed" ? 0 : 100, timestamp: time(59), ...(end.step === "failed" ? { error: true } : {}) }]),
      ];
      const request = { taskId: "t", actor: null, attempt: null, identity: null, now: 1_700_000_000_000, limits: LIMITS };
      const founded = judge(null, { ...request, service: true, drafts: [{ type: "task.created", data: { kind: "agent-progress" } }], founding: { owner: "o", conversation: null, access: "link" } });
      if (founded.kind !== "accepted") throw new Error("not created");
      let state: JudgeState = founded.state;
      let story = agentProgress.projection.start("t");
      for (const each of written) {
        const received = receivedAgentProgress(JSON.stringify(each));
        if (received.kind !== "message") throw new Error(JSON.stringify(received));
        const verdict = judge(state, { ...request, service: false, drafts: received.drafts(state), founding: null });
        if (verdict.kind !== "accepted") throw new Error(JSON.stringify(verdict));
        const held = Math.round(Math.max(state.percent ?? 0, each.percent));
        state = verdict.state;
        const frames: Frame[] = [];
        for (const event of verdict.events) {
          const step = agentProgress.projection.step(story, event as unknown as TaskEvent);
          story = step.state;
          frames.push(...step.frames);
        }
        const percent = each.step === "failed" ? 0 : held;
        expect(frames).toEqual([{ ...each, percent, timestamp: `${each.timestamp}Z` }]);
      }
      expect(state.terminal).toBe(end !== undefined);
    }), RUNS);
  });
});
