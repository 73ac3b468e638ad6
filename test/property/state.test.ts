/** The judging state: read back it judges the same, and it keeps to its bound whatever comes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { judge } from "../../src/domain/laws.ts";
import type { JudgeRequest, RetryIdentity } from "../../src/domain/laws.ts";
import { decodeState, encodeState, openLimit, STATE_VERSION } from "../../src/domain/state.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import { LIMITS } from "../../src/limits.ts";
import { legalHistory, requestOf, stored } from "../support/histories.ts";

const RUNS = { numRuns: 150 };

function revived(state: JudgeState): JudgeState {
  const decoded = decodeState(encodeState(state));
  if (decoded.kind !== "state") throw new Error(decoded.kind);
  return decoded.state;
}

/** Any request, legal or not. */
const anyId = fc.oneof(fc.constantFrom("a", "b", "c"), fc.string({ unit: "binary", minLength: 1, maxLength: 64 }));
const anyDraft = fc.oneof(
  fc.tuple(fc.constantFrom("message.started", "message.delta", "message.completed"), anyId).map(([type, id]) => ({ type, data: { message_id: id, delta: "x" } })),
  fc.tuple(fc.constantFrom("step.started", "step.progress", "step.completed"), anyId, fc.double({ min: 0, max: 100, noNaN: true })).map(([type, id, percent]) => ({ type, data: { step_id: id, percent } })),
  fc.tuple(fc.constantFrom("input.requested", "input.resolved"), anyId).map(([type, id]) => ({ type, data: { request_id: id } })),
  fc.constantFrom({ type: "task.completed", data: {} }, { type: "task.queued", data: {} }, { type: "task.progress", data: { percent: 3 } }, { type: "task.started", data: { attempt: 2 } }),
);
const anyText = fc.oneof(fc.constantFrom("k1", "k2"), fc.string({ unit: "binary", maxLength: 300 }));
const anyIdentity: fc.Arbitrary<RetryIdentity | null> = fc.oneof(
  fc.constant(null),
  fc.record({ kind: fc.constant("key" as const), key: anyText, digest: anyText }),
  fc.record({ kind: fc.constant("producer" as const), id: anyText, seq: fc.maxSafeNat(), digest: anyText }),
);

describe("the judging state", () => {
  test("read back from its text judges any request as before, and is the same", () => {
    fc.assert(fc.property(legalHistory(), fc.array(anyDraft, { minLength: 1, maxLength: 4 }), anyIdentity, fc.boolean(), (history, drafts, identity, service) => {
      const state = stored(history).at(-1)?.state as JudgeState;
      const request: JudgeRequest = { ...requestOf(history, 0), founding: null, drafts, identity, service };
      expect(revived(state)).toEqual(state);
      const [one, other] = [judge(state, request), judge(revived(state), request)];
      if (one.kind === "refused" && other.kind === "refused") expect([other.error.code, other.error.detail]).toEqual([one.error.code, one.error.detail]);
      else expect(other).toEqual(one);
    }), RUNS);
  });

  test("is printable ASCII of at most its bound after any requests, with the longest and strangest ids", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.array(anyDraft, { minLength: 1, maxLength: 30 }), anyIdentity), { minLength: 100, maxLength: 200, size: "max" }), fc.string({ unit: "binary", maxLength: 600 }), (requests, title) => {
      const base = { taskId: "t", actor: null, service: true, attempt: null, now: Number.MAX_SAFE_INTEGER / 2 ** 10, limits: LIMITS };
      const id = "k".repeat(64);
      let state = judge(null, { ...base, identity: null, founding: { owner: id, conversation: id, access: "owner" }, drafts: [{ type: "task.created", data: { kind: id, title } }] });
      for (const [drafts, identity] of requests) {
        if (state.kind !== "accepted") throw new Error(state.kind);
        // One by one, so that what is refused does not keep the rest out.
        for (const draft of drafts.filter(({ type }) => type !== "task.completed")) {
          const next = judge(state.state, { ...base, identity, founding: null, drafts: [draft] });
          if (next.kind === "accepted") state = next;
        }
      }
      if (state.kind !== "accepted") throw new Error(state.kind);
      const text = encodeState(state.state);
      expect(text.length).toBeLessThanOrEqual(LIMITS.stateBytes);
      expect(text).toMatch(/^[\x20-\x7e]*$/);
    }), { numRuns: 15 });
  });

  for (const stateBytes of [LIMITS.stateBytes, 14_000, 13_000, 12_000]) {
    test(`holds to a bound of ${stateBytes} bytes at its fullest: every place taken by the longest entry that there can be`, () => {
      const limits = { ...LIMITS, stateBytes };
      const places = openLimit(limits);
      const long = (at: number): string => `${"ü".repeat(60)}${at}`;
      const percent = 33.333333333333336;
      const id = "k".repeat(64);
      const base = { taskId: "t", actor: null, service: true, attempt: null, now: 2 ** 43, limits };
      let state: JudgeState | null = null;
      const step = (drafts: { type: string; data: object }[], identity: RetryIdentity | null): void => {
        const verdict = judge(state, { ...base, identity, drafts, founding: state === null ? { owner: id, conversation: id, access: "owner" } : null });
        if (verdict.kind !== "accepted") throw new Error(JSON.stringify(verdict));
        state = { ...verdict.state, seq: 999_990, bytes: 268_000_000, attempt: 1_000_000, fence: 1_000_000 };
      };
      step([{ type: "task.created", data: { kind: id, title: "🙂".repeat(300) } }], null);
      for (let at = 0; at < places; at++) step([{ type: "step.started", data: { step_id: long(at) } }, { type: "step.progress", data: { step_id: long(at), percent } }], null);
      for (let at = 0; at < LIMITS.idempotencyKeys; at++) step([{ type: "log.line", data: {} }], { kind: "key", key: long(at), digest: long(at) });
      for (let at = 0; at < LIMITS.producers; at++) step([{ type: "task.progress", data: { percent } }], { kind: "producer", id: long(at), seq: Number.MAX_SAFE_INTEGER - 1, digest: long(at) });
      const full = state as unknown as JudgeState;
      expect([full.open.size, full.keys.length, full.producers.length]).toEqual([places, LIMITS.idempotencyKeys, LIMITS.producers]);
      expect(encodeState(full).length).toBeLessThanOrEqual(stateBytes);
      const more = judge(full, { ...base, identity: null, founding: null, drafts: [{ type: "tool.started", data: { tool_call_id: "one-more" } }] });
      expect(more.kind === "refused" && more.error.code).toBe("too_many_open");
    });
  }

  test("of a newer version is told apart from a damaged one", () => {
    expect(decodeState(JSON.stringify({ v: STATE_VERSION + 1 }))).toEqual({ kind: "newer", version: STATE_VERSION + 1 });
    for (const text of ["", "null", "[]", "{}", '{"v":1}', '{"v":"2"}', "not json"]) expect(decodeState(text).kind).toBe("damaged");
  });
});
