/** Any legal sequence is accepted; any planted breach of a law is refused with its code, and nothing of its request is stored. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDraft } from "../../src/domain/draft.ts";
import { judge } from "../../src/domain/laws.ts";
import type { JudgeRequest, Verdict } from "../../src/domain/laws.ts";
import { percentOf } from "../../src/domain/progress.ts";
import type { DraftEvent } from "../../src/domain/stamp.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import { LIMITS } from "../../src/limits.ts";
import { legalHistory, requestOf, stored, storedEvents } from "../support/histories.ts";

const RUNS = { numRuns: 150 };
const draft = (type: string, data: object): DraftEvent => ({ type, data });

function refusal(verdict: Verdict): { code: string; law: unknown } {
  if (verdict.kind !== "refused") throw new Error(`was ${verdict.kind}, not refused`);
  return { code: verdict.error.code, law: verdict.error.extra?.law };
}

describe("the laws, on any legal history", () => {
  test("every draft of it passes the contract's door, so that the histories are those of real producers", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      for (const request of history.requests) {
        if (request.service) continue;
        for (const event of request.drafts) {
          const parsed = parseDraft(event);
          if (!parsed.ok) throw new Error(`${event.type} ${parsed.path}: ${parsed.message}`);
        }
      }
    }), { numRuns: 50 });
  });

  test("it is accepted, dense in seq, and its lines say what its events say", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const batches = stored(history);
      const events = batches.flatMap((batch) => batch.events);
      const lines = batches.flatMap((batch) => batch.lines);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, at) => at + 1));
      expect(lines).toEqual(events.map((event) => JSON.stringify(event)));
      expect(batches.at(-1)?.state.bytes).toBe(lines.reduce((sum, line) => sum + new TextEncoder().encode(line).length + 1, 0));
      for (const [at, line] of lines.entries()) {
        expect(line).toStartWith(`{"type":${JSON.stringify(events[at]?.type)},"task_id":"${history.taskId}","seq":${at + 1},`);
        expect(line).not.toContain("\n");
        expect(Object.keys(events[at] ?? {}).at(-1)).toBe("data");
      }
    }), RUNS);
  });

  test("a delta carries no time; everything else does, and the attempt", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      for (const event of storedEvents(history)) {
        const timed = !/^(message|reasoning)\.delta$/.test(event.type);
        expect([event.type, event.time !== undefined, event.attempt !== undefined]).toEqual([event.type, timed, timed]);
      }
    }), RUNS);
  });

  test("no percent falls within a task's attempt, and a lower one is kept as reported", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      let attempt = 0;
      let highest = 0;
      for (const event of storedEvents(history)) {
        if (event.attempt !== undefined && event.attempt > attempt) [attempt, highest] = [event.attempt, 0];
        if (event.type !== "task.progress") continue;
        const percent = percentOf(event.data);
        if (percent === null) continue;
        expect(percent).toBeGreaterThanOrEqual(highest);
        if (event.data.reported !== undefined) expect(event.data.reported).toBeLessThan(percent);
        highest = percent;
      }
    }), RUNS);
  });

  test("it is judged the same in one request an event", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const single = { ...history, requests: history.requests.flatMap((request) => request.drafts.map((event) => ({ ...request, drafts: [event] }))) };
      const together = stored(history).at(-1)?.state;
      const apart = stored(single).at(-1)?.state;
      expect({ ...apart, updatedAt: 0, bytes: 0 } as unknown).toEqual({ ...together, updatedAt: 0, bytes: 0 });
    }), RUNS);
  });
});

describe("a planted breach", () => {
  /** Plants drafts behind any legal, unfinished history and answers what the judge says. */
  function planted(plant: (state: JudgeState) => { drafts: DraftEvent[]; changes?: Partial<JudgeRequest> }, check: (verdict: Verdict, state: JudgeState) => void): void {
    fc.assert(fc.property(legalHistory({ ended: false }), (history) => {
      const state = stored(history).at(-1)?.state as JudgeState;
      const before = JSON.stringify([...state.open]);
      const { drafts, changes } = plant(state);
      check(judge(state, { ...requestOf(history, history.requests.length - 1), service: false, founding: null, drafts, ...changes }), state);
      expect(JSON.stringify([...state.open])).toBe(before);
    }), { numRuns: 60 });
  }

  test("of law 1: anything before task.created", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const rest = history.requests[0]?.drafts.slice(1) ?? [];
      const drafts = rest.length > 0 ? rest : [draft("task.queued", {})];
      expect(refusal(judge(null, { ...requestOf(history, 0), drafts }))).toEqual({ code: "task_not_created", law: 1 });
    }), RUNS);
  });

  test("of law 1: a second task.created, and anything behind an end, in the same request or a later one", () => {
    planted(() => ({ drafts: [draft("task.created", { kind: "again" })], changes: { service: true } }), (verdict) => expect(refusal(verdict)).toEqual({ code: "id_taken", law: 1 }));
    planted(() => ({ drafts: [draft("task.completed", {}), draft("log.line", { level: "info", text: "late" })] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "task_ended", law: 1 }));
    fc.assert(fc.property(legalHistory({ ended: true }), fc.constantFrom("task.failed", "log.line", "x.acme.event", "task.progress"), (history, type) => {
      const state = stored(history).at(-1)?.state as JudgeState;
      expect(refusal(judge(state, { ...requestOf(history, 1 % history.requests.length), founding: null, drafts: [draft(type, {})] }))).toEqual({ code: "task_ended", law: 1 });
    }), RUNS);
  });

  test("of law 3: a delta of what is not open, a start of what is", () => {
    planted(() => ({ drafts: [draft("message.delta", { message_id: "never", delta: "x" })] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "scope_not_open", law: 3 }));
    planted(() => ({ drafts: [draft("reasoning.started", { reasoning_id: "r" }), draft("reasoning.completed", { reasoning_id: "r" }), draft("reasoning.delta", { reasoning_id: "r", delta: "x" })] }), (verdict) =>
      expect(refusal(verdict)).toEqual({ code: "scope_not_open", law: 3 }));
    for (const [type, id] of [["step.started", "step_id"], ["message.started", "message_id"], ["tool.started", "tool_call_id"], ["input.requested", "request_id"]] as const) {
      planted(() => ({ drafts: [draft(type, { [id]: "twice" }), draft(type, { [id]: "twice" })] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "scope_already_open", law: 3 }));
    }
  });

  test("of law 4: a delta of what a new attempt has closed; its id may start anew", () => {
    const again = [draft("message.started", { message_id: "m" }), draft("task.retrying", { attempt: 9, max_attempts: 9, delay_ms: 0, error: {} })];
    planted(() => ({ drafts: [draft("message.completed", { message_id: "m", content: "" }), ...again, draft("message.delta", { message_id: "m", delta: "x" })] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "scope_not_open", law: 3 }));
    planted(() => ({ drafts: [draft("message.completed", { message_id: "m", content: "" }), ...again, draft("message.started", { message_id: "m" })] }), (verdict) => expect(verdict.kind).toBe("accepted"));
  });

  test("of law 5: a lease of an attempt that another has taken over, and a start of an earlier attempt", () => {
    planted((state) => ({ drafts: [draft("log.line", { level: "info", text: "I am old" })], changes: { attempt: state.fence - 1 } }), (verdict) => expect(refusal(verdict)).toEqual({ code: "fenced", law: 5 }));
    planted((state) => ({ drafts: [draft("task.started", { attempt: state.attempt + 3 }), draft("task.started", { attempt: state.attempt })] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "fenced", law: 5 }));
  });

  test("of law 6: a type that only the service writes", () => {
    for (const type of ["task.created", "task.queued", "task.recovering", "task.snapshot", "command.accepted", "command.rejected", "stream.end"]) {
      planted(() => ({ drafts: [draft(type, {})] }), (verdict) => expect(refusal(verdict)).toEqual({ code: "event_reserved", law: 6 }));
    }
  });

  test("refuses the whole request, whatever stands before it", () => {
    fc.assert(fc.property(legalHistory(), (history) => {
      const at = history.requests.length - 1;
      const before = (at === 0 ? null : stored({ ...history, requests: history.requests.slice(0, at) }).at(-1)?.state) as JudgeState | null;
      const drafts = [...(history.requests[at]?.drafts ?? []), draft("message.delta", { message_id: "never", delta: "x" })];
      expect(judge(before, { ...requestOf(history, at), drafts }).kind).toBe("refused");
      expect(judge(before, requestOf(history, at)).kind).toBe("accepted");
    }), RUNS);
  });
});

describe("retries", () => {
  test("a request sent again with its identity is answered as the duplicate it is, also behind the end", () => {
    fc.assert(fc.property(legalHistory(), fc.boolean(), (plain, keyed) => {
      const history = { ...plain, requests: plain.requests.map((request, at) => ({ ...request, identity: keyed ? ({ kind: "key", key: `key-${at}`, digest: `d${at}` } as const) : ({ kind: "producer", id: `p${at % 3}`, seq: at, digest: `d${at}` } as const) })) };
      const batches = stored(history);
      const state = batches.at(-1)?.state as JudgeState;
      const from = Math.max(0, batches.length - (keyed ? LIMITS.idempotencyKeys : 3));
      for (let at = from; at < batches.length; at++) {
        const { firstSeq, lastSeq } = batches[at] as { firstSeq: number; lastSeq: number };
        expect(judge(state, requestOf(history, at))).toEqual({ kind: "duplicate", firstSeq, lastSeq, exact: true });
        const other = { ...(history.requests[at]?.identity as { kind: "key"; key: string; digest: string }), digest: "another" };
        expect(refusal(judge(state, requestOf(history, at, { identity: other }))).code).toBe("idempotency_mismatch");
      }
    }), RUNS);
  });
});
