/** Agent progress, both ways, and the talk of a connection: what each event comes to, what each message becomes. */
import { describe, expect, test } from "bun:test";
import { receivedAgentProgress, utcOf } from "../../src/dialects/agent-progress-received.ts";
import { agentProgress, agentProgressProjection as projection } from "../../src/dialects/agent-progress.ts";
import type { Opening, TalkInput } from "../../src/dialects/port.ts";
import { parseDraft } from "../../src/domain/draft.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import type { TaskView } from "../../src/domain/view.ts";
import { LIMITS } from "../../src/limits.ts";
import { legal } from "../support/dialect-agent-progress.ts";
import { tell } from "../support/telling.ts";

interface Told {
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly message?: string;
  readonly step_id?: string;
  readonly time?: string;
}

const TIME = "2026-01-31T12:00:00.000Z";

/** A task's events as stored. */
const events = (told: readonly Told[]) => told.map((event, at) => ({ task_id: "t", seq: at + 1, time: TIME, data: {}, ...event }));

/** What a client reads of them, without times. */
function frames(...told: readonly Told[]): unknown[] {
  const all = tell(projection, "t", events(told));
  expect(legal(all)).toBeNull();
  return all.map((frame) => Object.fromEntries(Object.entries(frame).filter(([name]) => name !== "timestamp")));
}

const CREATED: Told = { type: "task.created", data: { kind: "fraud" } };

describe("a task in the words of agent progress", () => {
  test("a stage is the step; else the step that is open; else the last stage", () => {
    expect(frames(
      CREATED,
      { type: "task.progress", data: { percent: 10, stage: "entity_extraction", message: "Extracting" } },
      { type: "task.progress", data: { percent: 20 } },
      { type: "step.started", data: { step_id: "s1", name: "tool_execution" } },
      { type: "task.progress", data: { percent: 30 }, message: "Looking" },
      { type: "step.completed", data: { step_id: "s1" } },
      { type: "task.progress", data: { percent: 40 } },
    )).toEqual([
      { step: "entity_extraction", message: "Extracting", percent: 10 },
      { step: "entity_extraction", message: "Entity extraction", percent: 20 },
      { step: "tool_execution", message: "Tool execution", percent: 20 },
      { step: "tool_execution", message: "Looking", percent: 30 },
      { step: "tool_execution", message: "Tool execution is done", percent: 30 },
      { step: "entity_extraction", message: "Entity extraction", percent: 40 },
    ]);
  });

  test("the tool is the one that is open in that step", () => {
    expect(frames(
      CREATED,
      { type: "step.started", data: { step_id: "s1", name: "tool_execution" } },
      { type: "tool.started", data: { tool_call_id: "c1", name: "scam_database", title: "Scam database" }, step_id: "s1" },
      { type: "task.progress", data: { percent: 45, message: "Asking" } },
      { type: "tool.progress", data: { tool_call_id: "c1", output_delta: "bytes" } },
      { type: "tool.progress", data: { tool_call_id: "c1", percent: 50, message: "Half" } },
      { type: "tool.failed", data: { tool_call_id: "c1", error: { code: "x", message: "no", retryable: false } } },
      { type: "task.progress", data: { percent: 50, message: "Going on" } },
    )).toEqual([
      { step: "tool_execution", message: "Tool execution", percent: 0 },
      { step: "tool_execution", tool: "scam_database", message: "Scam database", percent: 0 },
      { step: "tool_execution", tool: "scam_database", message: "Asking", percent: 45 },
      { step: "tool_execution", tool: "scam_database", message: "Half", percent: 45 },
      { step: "tool_execution", tool: "scam_database", message: "Scam database has failed", percent: 45 },
      { step: "tool_execution", message: "Going on", percent: 50 },
    ]);
  });

  test("a percent is whole, also from current and total, and never falls, not even in a new attempt", () => {
    const told = frames(
      CREATED,
      { type: "task.started", data: { attempt: 1 } },
      { type: "task.progress", data: { percent: 33.4 } },
      { type: "task.progress", data: { current: 2, total: 3 } },
      { type: "task.progress", data: { percent: 60, reported: 10 } },
      { type: "task.progress", data: { current: 5, total: 0 } },
      { type: "task.retrying", data: { attempt: 2, max_attempts: 3 } },
      { type: "task.progress", data: { percent: 5 } },
      { type: "task.progress", data: { percent: 99.5 } },
      { type: "task.completed", data: { response: "42" } },
    ) as { percent: number }[];
    expect(told.map(({ percent }) => percent)).toEqual([0, 33, 67, 67, 67, 67, 67, 100, 100]);
  });

  test.each([
    [{ type: "task.completed", message: "Analysis complete" }, { step: "completed", message: "Analysis complete", percent: 100 }],
    [{ type: "task.completed" }, { step: "completed", message: "Completed", percent: 100 }],
    [{ type: "task.failed", data: { error: { code: "x", message: "stack overflow" }, user_message: "It did not work" } }, { step: "failed", message: "It did not work", percent: 0, error: true }],
    [{ type: "task.failed", data: { error: { code: "x", message: "broken" } } }, { step: "failed", message: "broken", percent: 0, error: true }],
    [{ type: "task.canceled" }, { step: "failed", message: "The task was canceled", percent: 0, error: true }],
    [{ type: "task.canceled", data: { reason: "not needed" } }, { step: "failed", message: "not needed", percent: 0, error: true }],
    [{ type: "task.deleted" }, { step: "failed", message: "The task was deleted", percent: 0, error: true }],
  ])("%j is the end", (end, expected) => {
    const progress: Told = { type: "task.progress", data: { percent: 80, stage: "reasoning" } };
    expect(frames(CREATED, progress, end, { type: "task.deleted" }).slice(1)).toEqual([expected]);
  });

  test.each([
    ["task.queued", { position: 2 }, { step: "queued", message: "Waiting to begin, 2 before it" }],
    ["task.started", { attempt: 1 }, { step: "started", message: "Started" }],
    ["task.recovering", { attempt: 1, reason: "worker_lost" }, { step: "recovering", message: "Interrupted, another worker takes over" }],
    ["task.retrying", { attempt: 2, max_attempts: 3 }, { step: "retrying", message: "Trying again (2 of 3)" }],
    ["task.paused", {}, { step: "paused", message: "Paused" }],
    ["input.requested", { request_id: "r", kind: "question", prompt: "Which account?" }, { step: "waiting", message: "Which account?" }],
    ["entities.extracted", { entities: [{}, {}] }, { step: "entity_extraction", message: "Found 2 entities" }],
    ["reasoning.started", { reasoning_id: "r" }, { step: "reasoning", message: "Reasoning" }],
  ])("%s is told", (type, data, expected) => {
    expect(frames(CREATED, { type, data })).toEqual([{ ...expected, percent: 0 }]);
  });

  test("a new attempt has no step or tool of the old one", () => {
    expect(frames(
      CREATED,
      { type: "step.started", data: { step_id: "s1", name: "exa_search" } },
      { type: "tool.started", data: { tool_call_id: "c1", name: "exa_search" } },
      { type: "task.recovering", data: { attempt: 1, reason: "worker_lost" } },
      { type: "task.progress", data: { percent: 5 } },
    ).slice(-1)).toEqual([{ step: "working", message: "Working", percent: 5 }]);
  });

  test("any other event with a sentence says how it goes; pieces of texts and lines of logs do not", () => {
    expect(frames(
      CREATED,
      { type: "step.started", data: { step_id: "s1", name: "planning" } },
      { type: "plan.created", data: { steps: [] }, message: "Three steps are planned" },
      { type: "message.delta", data: { message_id: "m", delta: "a" }, message: "no" },
      { type: "metrics.updated", data: { values: {} } },
    ).slice(1)).toEqual([{ step: "planning", message: "Three steps are planned", percent: 0 }]);
  });

  test("times are in UTC, and those of pieces are the last known", () => {
    const start = projection.step(projection.start("t"), { type: "task.started", task_id: "t", seq: 1, time: "2026-01-31T14:00:00.5+02:00", data: {} });
    expect((start.frames[0] as { timestamp: string }).timestamp).toBe("2026-01-31T12:00:00.5Z");
  });

  test("where the beginning is kept no more, the sum of it is told", () => {
    const before = events([CREATED, { type: "step.started", data: { step_id: "s1", name: "exa_search" } }, { type: "task.progress", data: { percent: 47.6, message: "Searching" } }]);
    const view = before.reduce<TaskView>((all, event) => fold(all, event), emptyView());
    const { state, frames: [frame] } = projection.leap("t", view);
    expect(frame).toEqual({ step: "exa_search", message: "Searching", percent: 48, timestamp: TIME });
    expect(projection.step(state, { type: "task.progress", task_id: "t", seq: 4, time: TIME, data: { percent: 10 } }).frames).toEqual([{ step: "exa_search", message: "Exa search", percent: 48, timestamp: TIME }]);
    const done = fold(view, { type: "task.completed", task_id: "t", seq: 4, time: TIME, message: "Done", data: {} });
    expect(projection.leap("t", done).frames).toEqual([{ step: "completed", message: "Done", percent: 100, timestamp: TIME }]);
  });
});

describe("the talk of a connection", () => {
  const opening: Opening = { params: { task_id: "case-1" }, query: {}, identity: null, now: 0 };
  const [socket] = agentProgress.sockets;
  const talk = () => socket?.open(opening) as NonNullable<ReturnType<NonNullable<typeof socket>["open"]>>;
  const NOW = Date.parse(TIME);
  const fault = (code: "task_unknown" | "unavailable" | "too_many_subscriptions" | "rate_limited" | "frame_too_large" | "task_deleted") => new TaskwireError(code, "why");

  test("says at once that it is there, then waits for the task", () => {
    expect(talk().take({ kind: "opened" }, NOW)).toEqual([
      { do: "send", frame: { step: "connected", message: "Connected to agent progress stream", percent: 0, timestamp: TIME } },
      { do: "watch", taskId: "case-1", waits: "agentProgressWaitMs" },
    ]);
    expect(talk().about?.()).toEqual({ task_id: "case-1" });
  });

  test.each<[string, TalkInput, unknown]>([
    ["a client that sends something", { kind: "text", text: "{broken" }, []],
    ["the end of the task", { kind: "over", taskId: "case-1", status: "completed" }, []],
    ["a task that never came", { kind: "unwatched", taskId: "case-1", error: fault("task_unknown") }, [{ do: "close", code: 4504, reason: "task_unknown" }]],
    ["too many that wait", { kind: "unwatched", taskId: "case-1", error: fault("too_many_subscriptions") }, [{ do: "close", code: 4429, reason: "too_many_subscriptions" }]],
    ["a log that cannot be read", { kind: "unwatched", taskId: "case-1", error: fault("unavailable") }, [{ do: "close", code: 4453, reason: "unavailable" }]],
    ["a deleted task", { kind: "unwatched", taskId: "case-1", error: fault("task_deleted") }, [{ do: "send", frame: { step: "failed", message: "The task was deleted", percent: 0, timestamp: TIME, error: true } }]],
    ["too many frames", { kind: "unread", error: fault("rate_limited") }, [{ do: "close", code: 4429, reason: "rate_limited" }]],
    ["a frame that is too large", { kind: "unread", error: fault("frame_too_large") }, [{ do: "close", code: 4509, reason: "frame_too_large" }]],
  ])("%s", (_, input, actions) => {
    expect(talk().take(input, NOW)).toEqual(actions as never);
  });

  test("a heartbeat has neither step nor percent, and stops with the task", () => {
    expect(socket?.keepalive?.frame(NOW)).toEqual({ heartbeat: true, timestamp: TIME });
    expect(socket?.keepalive?.afterEnd).toBe(false);
    expect([LIMITS.agentProgressHeartbeatMs, LIMITS.agentProgressIdleMs, LIMITS.agentProgressWaitMs, LIMITS.dialectWaits]).toEqual([15_000, 60_000, 60_000, 1_000]);
  });

  test("an id that could not stand in the log is refused with the handshake", () => {
    expect(socket?.refuses?.({ ...opening, params: { task_id: "a.b" } }, 0, LIMITS)?.code).toBe("id_invalid");
    expect(socket?.refuses?.(opening, 0, LIMITS)).toBeNull();
  });
});

describe("what a producer writes", () => {
  const open = (...keys: string[]) => ({ open: new Map(keys.map((key) => [key, { percent: null, implied: false, expiresAt: null }])) });
  const drafts = (message: object, ...keys: string[]): unknown => {
    const received = receivedAgentProgress(JSON.stringify(message));
    return received.kind === "message" ? received.drafts(open(...keys)).map(({ type, data }) => [type, data]) : received;
  };

  test("opens its step and its tool, and closes what it names no more", () => {
    const message = { step: "tool_execution", tool: "scam_database", message: "Asking", percent: 40.5, timestamp: "2026-01-31T12:00:00" };
    expect(drafts(message)).toEqual([
      ["step.started", { step_id: "ap:tool_execution", name: "tool_execution" }],
      ["tool.started", { tool_call_id: "ap:scam_database", name: "scam_database" }],
      ["task.progress", { percent: 40.5, stage: "tool_execution", message: "Asking" }],
    ]);
    expect(drafts(message, "sap:tool_execution", "tap:scam_database")).toEqual([["task.progress", { percent: 40.5, stage: "tool_execution", message: "Asking" }]]);
    expect(drafts({ step: "reasoning", tool: null, error: false, message: "Thinking", percent: 80 }, "sap:tool_execution", "tap:scam_database", "sothers")).toEqual([
      ["tool.completed", { tool_call_id: "ap:scam_database" }],
      ["step.completed", { step_id: "ap:tool_execution" }],
      ["step.started", { step_id: "ap:reasoning", name: "reasoning" }],
      ["task.progress", { percent: 80, stage: "reasoning", message: "Thinking" }],
    ]);
  });

  test("fails a tool without failing the task", () => {
    expect(drafts({ step: "exa_search", tool: "exa_search", message: "No answer", percent: 50, error: true }, "sap:exa_search", "tap:exa_search")).toEqual([
      ["task.progress", { percent: 50, stage: "exa_search", message: "No answer", error: true }],
      ["tool.failed", { tool_call_id: "ap:exa_search", error: { code: "tool_failed", message: "No answer", retryable: false } }],
    ]);
  });

  test("ends the task", () => {
    expect(drafts({ step: "completed", message: "Done", percent: 100 }, "sap:reasoning")).toEqual([["step.completed", { step_id: "ap:reasoning" }], ["task.completed", {}]]);
    expect(drafts({ step: "failed", message: "Broken", percent: 0, error: true }, "sap:reasoning")).toEqual([["task.failed", { error: { code: "agent_failed", message: "Broken", retryable: false }, user_message: "Broken" }]]);
    expect(drafts({ step: "completed", message: "Done" })).toEqual([["task.completed", {}]]);
  });

  test("has its own time, in UTC where it names no zone", () => {
    const received = receivedAgentProgress(JSON.stringify({ step: "s", message: "m", percent: 1, timestamp: "2026-01-31T12:00:00.123456" }));
    expect(received.kind === "message" && received.drafts(open()).map(({ time }) => time)).toEqual(["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z"]);
  });

  test.each([
    ["2026-01-31T12:00:00", "2026-01-31T12:00:00Z"],
    ["2026-01-31 12:00:00.5", "2026-01-31T12:00:00.5Z"],
    ["2026-01-31T12:00:00.123456+00:00", "2026-01-31T12:00:00.123456Z"],
    ["2026-01-31T23:30:00-0130", "2026-02-01T01:00:00Z"],
    ["2026-01-31T12:00Z", "2026-01-31T12:00:00Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"],
    ["yesterday", null],
    ["2026-02-31T12:00:00", null],
    ["2026-13-01T12:00:00", null],
    ["2026-01-31T12:00:00+99:00", null],
  ])("the time %s is %p", (text, expected) => {
    expect(utcOf(text)).toBe(expected as string);
  });

  test("a heartbeat is nothing", () => {
    expect(drafts({ heartbeat: true, timestamp: TIME })).toEqual({ kind: "nothing" });
  });

  test.each([
    { step: "s".repeat(128), tool: "t".repeat(256), message: "m".repeat(9_000), percent: 0.1, error: true, timestamp: "2016-12-31T23:59:60,123456789+00" },
    { step: "\ud800", tool: "", message: "\u0000", percent: 100, heartbeat: false, more: { of: "it" } },
    { step: "failed", tool: "x y", message: "é", timestamp: "0001-01-01T00:00:00" },
    { step: "completed", tool: "a", message: "m", percent: 3 },
  ])("%j comes to events that the contract knows", (message) => {
    const received = receivedAgentProgress(JSON.stringify(message));
    if (received.kind !== "message") throw new Error(JSON.stringify(received));
    for (const state of [open(), open("sap:x", "tap:a", "tap:b")]) for (const draft of received.drafts(state)) expect(parseDraft(draft)).toMatchObject({ ok: true });
  });

  test("a message that is too long for a sentence is cut", () => {
    expect(JSON.stringify(drafts({ step: "s", message: "x".repeat(10_000), percent: 1 })).length).toBeLessThan(4_300);
  });

  test.each([
    ["{broken", "it is no JSON"],
    ["[1]", "it is no JSON object"],
    ["null", "it is no JSON object"],
    ['{"message":"m","percent":1}', "step is no text, or empty"],
    ['{"step":"","message":"m","percent":1}', "step is no text, or empty"],
    [`{"step":"${"s".repeat(129)}","message":"m","percent":1}`, "step has more than 128 characters"],
    ['{"step":"s","message":"","percent":1}', "message is no text, or empty"],
    ['{"step":"s","message":7,"percent":1}', "message is no text, or empty"],
    ['{"step":"s","message":"m"}', "percent is no number from 0 to 100"],
    ['{"step":"s","message":"m","percent":"1"}', "percent is no number from 0 to 100"],
    ['{"step":"s","message":"m","percent":101}', "percent is no number from 0 to 100"],
    ['{"step":"s","message":"m","percent":-1}', "percent is no number from 0 to 100"],
    ['{"step":"s","message":"m","percent":1,"tool":7}', "tool is no text"],
    ['{"step":"s","message":"m","percent":1,"error":"yes"}', "error is neither true nor false"],
    ['{"step":"s","message":"m","percent":1,"heartbeat":1}', "heartbeat is neither true nor false"],
    ['{"step":"s","message":"m","percent":1,"timestamp":"now"}', "timestamp is no ISO 8601 time"],
    ['{"step":"s","message":"m","percent":1,"timestamp":5}', "timestamp is no ISO 8601 time"],
  ])("%s is set aside", (text, reason) => {
    expect(receivedAgentProgress(text)).toEqual({ kind: "bad", reason });
  });
});
