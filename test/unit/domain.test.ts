/** The domain's rules one by one, with examples that a person can read. */
import { describe, expect, test } from "bun:test";
import { EVENT_FACTS, STATUSES } from "../../generated/typescript/catalog.ts";
import { ERRORS } from "../../generated/typescript/errors.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { fingerprint, fnv1a } from "../../src/domain/hash.ts";
import { isLegalId, partitionOf } from "../../src/domain/ids.ts";
import { judge } from "../../src/domain/laws.ts";
import type { Accepted, DraftEvent, JudgeRequest, Verdict } from "../../src/domain/laws.ts";
import { phaseAfter, statusOf } from "../../src/domain/phase.ts";
import { mergeProgress, percentOf } from "../../src/domain/progress.ts";
import { cutHead, cutTail, isDeeper, JSON_DEPTH, utf8Length } from "../../src/domain/size.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import { mergeSummary, parseSummary, summaryOf } from "../../src/domain/summary.ts";
import { LIMITS } from "../../src/limits.ts";

type Event = readonly [type: string, data?: object];

const drafts = (events: readonly Event[]): DraftEvent[] => events.map(([type, data]) => ({ type, data: data ?? {} }));

function ask(state: JudgeState | null, events: readonly Event[], more: Partial<JudgeRequest> = {}): Verdict {
  const founding = state === null ? { owner: "me", conversation: "talk", access: "link" } : null;
  return judge(state, { taskId: "task-1", drafts: drafts(events), actor: { kind: "worker", id: "w" }, service: true, attempt: null, identity: null, founding, now: 1_700_000_000_000, limits: LIMITS, ...more });
}

function accept(state: JudgeState | null, events: readonly Event[], more: Partial<JudgeRequest> = {}): Accepted {
  const verdict = ask(state, events, more);
  if (verdict.kind !== "accepted") throw new Error(verdict.kind === "refused" ? verdict.error.message : verdict.kind);
  return verdict;
}

function refusal(state: JudgeState | null, events: readonly Event[], more: Partial<JudgeRequest> = {}): TaskwireError {
  const verdict = ask(state, events, more);
  if (verdict.kind !== "refused") throw new Error(verdict.kind);
  return verdict.error;
}

const CREATED: Event = ["task.created", { kind: "build", title: "A build" }];
const created = (): JudgeState => accept(null, [CREATED]).state;
const LOG: Event = ["log.line", { level: "info", text: "x" }];

describe("ids", () => {
  test("are what can stand in a subject and mean nothing else there", () => {
    for (const id of ["a", "A-z_09", "x".repeat(64)]) expect([id, isLegalId(id)]).toEqual([id, true]);
    for (const id of ["", "x".repeat(65), "a.b", "*", ">", "a b", "é", "a\n", "a/b", "$SYS"]) expect([id, isLegalId(id)]).toEqual([id, false]);
  });

  test("keep their partition for ever", () => {
    expect([fnv1a(""), fnv1a("a"), fnv1a("foobar")]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
    expect(["task-1", "01J9Z", "_"].map((id) => partitionOf(id, 16))).toEqual([6, 3, 14]);
    const spread = new Set(Array.from({ length: 500 }, (_, at) => partitionOf(`task-${at}`, 16)));
    expect(spread.size).toBe(16);
  });

  test("have fingerprints that stay short and apart", () => {
    const names = new Set(Array.from({ length: 50_000 }, (_, at) => fingerprint(`key-${at}`)));
    expect(names.size).toBe(50_000);
    expect(Math.max(...[...names].map((name) => name.length))).toBeLessThanOrEqual(14);
  });
});

describe("an accepted request", () => {
  test("is stamped in an order that lets a cursor be put in before the closing brace", () => {
    const { lines } = accept(created(), [["step.started", { step_id: "s", name: "n" }]]);
    expect(lines).toEqual(['{"type":"step.started","task_id":"task-1","seq":2,"time":"2023-11-14T22:13:20.000Z","actor":{"kind":"worker","id":"w"},"attempt":1,"data":{"step_id":"s","name":"n"}}']);
  });

  test("keeps what its producer added, and its own time, but nothing that is the service's to say", () => {
    const draft = { type: "log.line", time: "2020-01-01T00:00:00Z", message: "Hello", id: "mine", colour: "red", seq: 99, cursor: "x", first_seq: 1, actor: { kind: "system" }, attempt: 7, task_id: "other", data: { level: "info", text: "x", extra: [1] } };
    const verdict = accept(created(), [], { drafts: [draft as DraftEvent] });
    expect(verdict.events[0]).toEqual({ type: "log.line", task_id: "task-1", seq: 2, time: "2020-01-01T00:00:00Z", message: "Hello", id: "mine", colour: "red", actor: { kind: "worker", id: "w" }, attempt: 1, data: { level: "info", text: "x", extra: [1] } });
  });

  test("leaves a piece of text as lean as it came", () => {
    const { lines } = accept(created(), [["message.started", { message_id: "m", role: "assistant" }], ["message.delta", { message_id: "m", delta: "Hi" }]]);
    expect(lines[1]).toBe('{"type":"message.delta","task_id":"task-1","seq":3,"data":{"message_id":"m","delta":"Hi"}}');
  });

  test("leaves the state before it as it was", () => {
    const before = created();
    const copy = JSON.stringify([before, [...before.open]]);
    accept(before, [["step.started", { step_id: "s" }], ["step.progress", { step_id: "s", percent: 5 }], ["task.progress", { percent: 9 }]], { identity: { kind: "key", key: "k", digest: "d" } });
    expect(JSON.stringify([before, [...before.open]])).toBe(copy);
  });

  test("founds a task with its facts", () => {
    const { owner, conversation, access, kind, title, status, attempt, seq } = created();
    expect({ owner, conversation, access, kind, title, status, attempt, seq }).toEqual({ owner: "me", conversation: "talk", access: "link", kind: "build", title: "A build", status: "queued", attempt: 1, seq: 1 });
  });
});

describe("a percent", () => {
  const percents = (events: readonly Event[]) => accept(created(), events).events.map(({ data }) => [data.percent, data.reported]);

  test("that falls is stored as the highest, with the producer's own beside it", () => {
    expect(percents([["task.progress", { percent: 40 }], ["task.progress", { percent: 30 }], ["task.progress", { percent: 41 }]])).toEqual([[40, undefined], [40, 30], [41, undefined]]);
  });

  test("may be told by counting, and counts the same", () => {
    const { events, state } = accept(created(), [["task.progress", { current: 5, total: 10, unit: "files" }], ["task.progress", { current: 6, total: 20 }], ["task.progress", { current: 9, total: 0 }]]);
    expect(events.map(({ data }) => data)).toEqual([{ current: 5, total: 10, unit: "files" }, { current: 6, total: 20, percent: 50, reported: 30 }, { current: 9, total: 0 }]);
    expect(state.percent).toBe(50);
  });

  test("of a step or a tool is its own, from its start to its end", () => {
    const step = (percent: number): Event => ["step.progress", { step_id: "s", percent }];
    expect(percents([["step.started", { step_id: "s" }], step(50), step(10), ["step.completed", { step_id: "s" }], ["step.started", { step_id: "s" }], step(5)]).map(([percent]) => percent)).toEqual([undefined, 50, 50, undefined, undefined, 5]);
    expect(percents([["tool.started", { tool_call_id: "s" }], ["tool.progress", { tool_call_id: "s", percent: 9 }], step(3)]).map(([percent]) => percent)).toEqual([undefined, 9, 3]);
  });

  test("that was told before the start holds behind it", () => {
    const told = (percent: number): Event => ["tool.progress", { tool_call_id: "t", percent }];
    expect(percents([told(50), ["tool.started", { tool_call_id: "t" }], told(10)]).map(([percent]) => percent)).toEqual([50, undefined, 50]);
  });

  test("begins anew with an attempt", () => {
    const step = (percent: number): Event => ["step.progress", { step_id: "s", percent }];
    expect(percents([["step.started", { step_id: "s" }], step(80), ["task.started", { attempt: 2 }], step(5)]).map(([percent]) => percent)).toEqual([undefined, 80, undefined, 5]);
    expect(percents([["task.progress", { percent: 70 }], ["task.retrying", { attempt: 2 }], ["task.progress", { percent: 5 }]]).map(([percent]) => percent)).toEqual([70, undefined, 5]);
  });

  test("of what was never started does not fall either, and gives way when places run out", () => {
    const told = (id: number, percent: number): Event => ["step.progress", { step_id: `s${id}`, percent }];
    const state = accept(created(), Array.from({ length: 80 }, (_, at) => told(at, 50))).state;
    expect(state.open.size).toBe(LIMITS.openScopes);
    expect(accept(state, [told(79, 10)]).events[0]?.data.percent).toBe(50);
    const started = accept(state, Array.from({ length: 64 }, (_, at): Event => ["tool.started", { tool_call_id: `t${at}` }])).state;
    expect(refusal(started, [["step.started", { step_id: "one-more" }]]).code).toBe("too_many_open");
  });
});

describe("the status", () => {
  const after = (...events: Event[]): string => accept(created(), events).state.status;

  test("follows the task's life", () => {
    expect(after(["task.queued"])).toBe("queued");
    expect(after(["task.started", { attempt: 1 }])).toBe("running");
    expect(after(["task.started", { attempt: 1 }], ["task.paused"])).toBe("paused");
    expect(after(["task.paused"], ["step.started", { step_id: "s" }])).toBe("paused");
    expect(after(["task.paused"], ["task.resumed"])).toBe("running");
    expect(after(["task.started", { attempt: 1 }], ["task.recovering", { attempt: 1 }])).toBe("recovering");
    for (const end of ["completed", "failed", "canceled"]) expect(after([`task.${end}`])).toBe(end);
  });

  test("is waiting while a running task has an open question, and no longer", () => {
    const question: Event = ["input.requested", { request_id: "q" }];
    expect(after(["task.started", { attempt: 1 }], question)).toBe("waiting");
    expect(after(question, ["task.paused"])).toBe("paused");
    expect(after(question, ["input.resolved", { request_id: "q" }])).toBe("running");
    expect(after(question, ["task.retrying", { attempt: 2 }])).toBe("running");
    expect(after(question, ["task.failed"])).toBe("failed");
  });

  test("is running once there is work, though nobody said so; a line of log, a command or a whole message, which may be a person's, is none", () => {
    for (const work of ["task.progress", "step.started", "message.started", "tool.started", "plan.created"]) expect(after([work, { step_id: "a", tool_call_id: "a", percent: 1 }])).toBe("running");
    for (const other of ["log.line", "command.accepted", "message.completed", "metrics.updated", "x.acme.work"]) expect(after([other])).toBe("queued");
  });

  test("is one that the contract knows, after every type of its catalogue", () => {
    for (const type of EVENT_FACTS.keys()) for (const open of [true, false]) expect(STATUSES).toContain(statusOf(phaseAfter("queued", type), open) as never);
  });
});

describe("attempts", () => {
  test("fence the lease of a worker that is thought lost, at once", () => {
    const leased = accept(created(), [["task.started", { attempt: 1 }]]).state;
    expect(accept(leased, [LOG], { service: false, attempt: 1 }).events[0]?.attempt).toBe(1);
    const lost = accept(leased, [["task.recovering", { reason: "worker_lost", attempt: 1 }]]).state;
    expect(refusal(lost, [LOG], { service: false, attempt: 1 }).code).toBe("fenced");
    const taken = accept(lost, [["task.started", { attempt: 2 }]]).state;
    expect(refusal(taken, [LOG], { service: false, attempt: 1 }).extra).toEqual({ law: 5, index: 0 });
    expect(accept(taken, [LOG], { service: false, attempt: 2 }).events[0]?.attempt).toBe(2);
  });

  test("that a worker makes within its lease do not fence it", () => {
    const leased = accept(created(), [["task.started", { attempt: 1 }]]).state;
    const retried = accept(leased, [["task.retrying", { attempt: 2, max_attempts: 3 }]], { service: false, attempt: 1 }).state;
    expect(accept(retried, [LOG], { service: false, attempt: 1 }).events[0]?.attempt).toBe(2);
  });
});

describe("what is closed", () => {
  test("a step that failed stays open where it will be tried again", () => {
    const step: Event = ["step.started", { step_id: "s" }];
    expect(refusal(created(), [step, ["step.failed", { step_id: "s", will_retry: true }], step]).code).toBe("scope_already_open");
    expect(accept(created(), [step, ["step.failed", { step_id: "s", will_retry: false }], step]).lastSeq).toBe(4);
  });

  test("names of one family do not touch another's, however strange", () => {
    const ids = ["a", "__proto__", "é".repeat(64), "é".repeat(63), "~a"];
    const state = accept(created(), ids.flatMap((id): Event[] => [["message.started", { message_id: id }], ["reasoning.started", { reasoning_id: id }]])).state;
    expect(state.open.size).toBe(ids.length * 2);
  });
});

describe("bounds", () => {
  test("an event is refused by what it weighs with what the service adds", () => {
    const text = (length: number): Event => ["log.line", { level: "info", text: "é".repeat(length) }];
    const { bytes } = accept(created(), [text(0)]);
    const most = (LIMITS.eventBytes - (bytes - 1)) / 2;
    expect(accept(created(), [text(Math.floor(most))]).lastSeq).toBe(2);
    expect(refusal(created(), [text(Math.floor(most) + 1)]).code).toBe("event_too_large");
  });

  test("a full task takes its end and nothing else, in number and in bytes", () => {
    for (const full of [{ ...created(), seq: LIMITS.taskEvents }, { ...created(), bytes: LIMITS.taskBytes }]) {
      expect(refusal(full, [LOG]).code).toBe("task_full");
      expect(accept(full, [["task.failed", { error: {} }]]).state.status).toBe("failed");
    }
  });

  test("a request has at least one event and at most a thousand", () => {
    expect(refusal(created(), []).code).toBe("request_invalid");
    expect(accept(created(), Array.from({ length: 1_000 }, () => LOG)).lastSeq).toBe(1_001);
    expect(refusal(created(), Array.from({ length: 1_001 }, () => LOG)).code).toBe("too_many_events");
  });
});

describe("a repeated request", () => {
  const by = (seq: number, digest = `d${seq}`) => ({ identity: { kind: "producer", id: "p", seq, digest } as const });

  test("of a producer is the duplicate it is, however old", () => {
    const first = accept(created(), [LOG], by(1));
    const second = accept(first.state, [LOG, LOG], by(5));
    expect(ask(second.state, [LOG, LOG], by(5))).toEqual({ kind: "duplicate", firstSeq: 3, lastSeq: 4, exact: true });
    expect(ask(second.state, [LOG], by(1))).toEqual({ kind: "duplicate", firstSeq: 3, lastSeq: 4, exact: false });
    expect(refusal(second.state, [LOG], by(5, "other")).code).toBe("idempotency_mismatch");
    expect(accept(second.state, [LOG], by(6)).firstSeq).toBe(5);
  });

  test("is judged before anything else: a fenced or late repeat is still a duplicate", () => {
    const identity = { kind: "key", key: "k", digest: "d" } as const;
    const ended = accept(created(), [["task.completed"]], { identity }).state;
    expect(ask(ended, [["task.completed"]], { identity, service: false, attempt: 0 }).kind).toBe("duplicate");
  });

  test("is forgotten when sixty-four others came after it", () => {
    let state = created();
    const key = (at: number) => ({ identity: { kind: "key", key: `k${at}`, digest: "d" } as const });
    for (let at = 0; at <= LIMITS.idempotencyKeys; at++) state = accept(state, [LOG], key(at)).state;
    expect(ask(state, [LOG], key(0)).kind).toBe("accepted");
    expect(ask(state, [LOG], key(1)).kind).toBe("duplicate");
  });
});

describe("every refusal", () => {
  test("has a code of the contract's table and says what to do", () => {
    const error = refusal(created(), [["message.delta", { message_id: "m", delta: "x" }]]);
    expect(error).toBeInstanceOf(TaskwireError);
    expect(ERRORS[error.code].status).toBe(409);
    expect(error.detail).toBe('message.delta names the message "m", which is not open. Send its message.started first.');
    expect(error.extra).toEqual({ law: 3, index: 0 });
  });
});

describe("progress", () => {
  test("merges the same in any grouping", () => {
    const reports = [{ percent: 5, eta_ms: 9 }, { message: "m" }, { current: 1, total: 2, unit: "files" }, { output_delta: "a" }, { current: 2, total: 0 }, { output_delta: "b", eta_ms: 3 }, { percent: 60, reported: 10 }, { stage: "s" }];
    for (const a of reports) for (const b of reports) for (const c of reports) expect(mergeProgress(mergeProgress(a, b), c)).toEqual(mergeProgress(a, mergeProgress(b, c)));
  });

  test("is a percent where one can be known", () => {
    expect([percentOf({ percent: 5, current: 1, total: 2 }), percentOf({ current: 3, total: 2 }), percentOf({ current: 1, total: 0 }), percentOf({})]).toEqual([5, 100, null, null]);
  });
});

describe("sizes", () => {
  test("count how deep JSON is nested, and go no deeper than they must", () => {
    const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth / 2)}1${"]}".repeat(depth / 2)}`);
    expect([isDeeper(1, 0), isDeeper(null, 0), isDeeper("[[", 0), isDeeper([], 0), isDeeper([[]], 1), isDeeper([[], { a: 1 }], 2)]).toEqual([false, false, false, true, true, false]);
    expect([isDeeper(nested(JSON_DEPTH)), isDeeper(nested(JSON_DEPTH + 2)), isDeeper(nested(100_000)), isDeeper([1, "x", nested(JSON_DEPTH)])]).toEqual([false, true, true, true]);
  });

  test("are those of UTF-8, and cuts leave no half of a pair", () => {
    for (const text of ["", "abc", "é", "🙂", "a🙂b€", "\ud83d", "\ude00\ud83d"]) expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    expect([cutHead("a🙂b", 2), cutTail("a🙂b", 2), cutHead("ab", 5), cutTail("ab", 1)]).toEqual(["a", "b", "ab", "b"]);
  });
});

describe("a summary", () => {
  test("of an earlier position never replaces that of a later one", () => {
    const [intent, first, later] = [summaryOf("t", created(), 0), summaryOf("t", created(), 10), summaryOf("t", accept(created(), [LOG]).state, 12)];
    expect([intent.lastSeq, first.lastSeq, later.lastSeq]).toEqual([0, 1, 2]);
    expect([mergeSummary(null, intent), mergeSummary(intent, first), mergeSummary(later, first), mergeSummary(first, later), mergeSummary(later, intent)]).toEqual([intent, first, later, later, later]);
  });

  test("is read back, and anything else is not", () => {
    const summary = summaryOf("t", created(), 10);
    expect(parseSummary(JSON.stringify(summary))).toEqual(summary);
    for (const text of ["", "null", "{}", "[]", "1", '{"taskId":1}']) expect(parseSummary(text)).toBeNull();
  });
});
