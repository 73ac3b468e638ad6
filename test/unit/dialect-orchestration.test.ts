/** Orchestration, without wires: what its frames make of a task, and of what a client says. */
import { describe, expect, test } from "bun:test";
import { orchestration, orchestrationStart } from "../../src/dialects/orchestration.ts";
import { orchestrationProjection } from "../../src/dialects/orchestration-projection.ts";
import type { Fields, Frame, Opening, TaskEvent } from "../../src/dialects/port.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import { LIMITS } from "../../src/limits.ts";
import { legal } from "../support/dialect-orchestration.ts";
import { tell } from "../support/telling.ts";

type Event = readonly [type: string, data?: Fields, message?: string];

function eventsOf(events: readonly Event[]): readonly TaskEvent[] {
  return events.map(([type, data = {}, message], at) => ({ type, task_id: "t1", seq: at + 1, time: `2026-01-02T03:04:${String(at).padStart(2, "0")}.000Z`, data, ...(message === undefined ? {} : { message }) }));
}

function told(events: readonly Event[]): readonly { readonly type: string; readonly message: string; readonly data: Fields; readonly timestamp: string; readonly task_id: string }[] {
  const frames = tell(orchestrationProjection, "t1", eventsOf(events));
  const sent = JSON.parse(JSON.stringify(frames)) as Frame[];
  expect(legal(sent)).toBeNull();
  return sent as never;
}

const typesOf = (events: readonly Event[]): readonly string[] => told(events).map(({ type }) => type);

const CREATED: Event = ["task.created", { kind: "orchestration", title: "Weather?", input: { query: "Weather?" }, created_by: { kind: "user", id: "k" } }];
const QUEUED: Event = ["task.created", { kind: "orchestration", input: { query: "Weather?" }, work: { max_attempts: 3 } }];
const STARTED: Event = ["task.started", { attempt: 1, worker_id: "w" }];
const UNDERSTOOD: readonly Event[] = [["intent.started"], ["intent.parsed", { intent: "weather", confidence: 0.9 }], ["agents.search_started"], ["agents.found", { agents: [{ name: "sky" }] }]];
const PLANNED: readonly Event[] = [["plan.started"], ["plan.created", { steps: [{ step_id: "a", title: "Look up" }, { step_id: "b", title: "Write", agent: "writer" }] }]];
const WORKED: readonly Event[] = [
  ["step.started", { step_id: "a", name: "look_up", agent: "sky", description: "Look at the sky" }],
  ["reasoning.started", { reasoning_id: "r", agent: "sky" }], ["reasoning.delta", { reasoning_id: "r", delta: "Hm" }], ["reasoning.completed", { reasoning_id: "r", summary: "Blue" }],
  ["step.completed", { step_id: "a", output: { sky: "blue" }, duration_ms: 5 }],
];

describe("a task in the words of orchestration", () => {
  test("is understood, planned, executed and completed, each with a sentence and its data", () => {
    const frames = told([CREATED, ...UNDERSTOOD, ...PLANNED, STARTED, ...WORKED, ["task.completed", { response: "It is blue" }]]);
    expect(frames.map(({ type }) => type)).toEqual([
      "task_created", "intent_parsing_started", "intent_parsed", "agent_search_started", "agents_found", "planning_started", "plan_created", "execution_started",
      "step_started", "agent_thinking", "step_completed", "task_completed",
    ]);
    expect(frames[0]).toEqual({ type: "task_created", task_id: "t1", message: "Weather?", data: { kind: "orchestration", title: "Weather?", input: { query: "Weather?" }, query: "Weather?" }, timestamp: "2026-01-02T03:04:00.000Z" });
    expect(frames[8]).toMatchObject({ message: "Step 1 of 2: Look at the sky", data: { step_number: 1, agent_name: "sky", task_description: "Look at the sky", total_steps: 2, progress: 0.5 } });
    expect(frames[10]?.data).toMatchObject({ step_number: 1, result: { sky: "blue" }, output: { sky: "blue" }, status: "completed", duration_ms: 5 });
    expect(frames[11]?.data).toMatchObject({ response: "It is blue", result: "It is blue" });
  });

  test("of the queue is executed when its plan is made, though its worker came before", () => {
    expect(typesOf([QUEUED, ["task.queued"], STARTED, ...UNDERSTOOD, ...PLANNED]).slice(-3)).toEqual(["planning_started", "plan_created", "execution_started"]);
    expect(typesOf([QUEUED, ["task.queued"], STARTED, ["step.started", { step_id: "a", name: "one" }]]).slice(1)).toEqual(["execution_started", "step_started"]);
    expect(typesOf([QUEUED, STARTED, ["task.failed", { error: { code: "x", message: "broke", retryable: false } }]])).toEqual(["task_created", "execution_started", "task_failed"]);
  });

  test("is executed at once by a producer of its own, and once an attempt", () => {
    expect(typesOf([CREATED, STARTED])).toEqual(["task_created", "execution_started"]);
    expect(typesOf([CREATED, ["step.started", { step_id: "a", name: "one" }], STARTED, ["task.started", { attempt: 2 }]])).toEqual(["task_created", "execution_started", "step_started", "execution_started"]);
  });

  test("numbers steps as their producer, else as the plan, else as they come", () => {
    const numbers = (events: readonly Event[]): unknown => told([CREATED, ...events]).filter(({ type }) => type === "step_started").map(({ data }) => [data.step_number, data.total_steps, data.agent_name, data.task_description]);
    const steps: readonly Event[] = [["step.started", { step_id: "b", name: "write" }], ["step.completed", { step_id: "b" }], ["step.started", { step_id: "c", name: "check_it" }]];
    expect(numbers([["step.started", { step_id: "a", name: "n", index: 2, total: 4, agent: "x", title: "T" }]])).toEqual([[2, 4, "x", "T"]]);
    expect(numbers([...PLANNED, ...steps])).toEqual([[2, 2, "writer", "Write"], [3, 3, "check_it", "Check it"]]);
    expect(numbers(steps)).toEqual([[1, 1, "write", "Write"], [2, 2, "check_it", "Check it"]]);
    expect(numbers([["task.started", { attempt: 1, total_steps: 5 }], ...steps])).toEqual([[1, 5, "write", "Write"], [2, 5, "check_it", "Check it"]]);
  });

  test("tells a step that fails and is tried again under its number", () => {
    const frames = told([
      CREATED, STARTED, ["step.started", { step_id: "a", name: "fetch", index: 1, total: 2 }],
      ["step.failed", { step_id: "a", error: { code: "timeout", message: "No answer", retryable: true }, will_retry: true }],
      ["step.retrying", { step_id: "a", attempt: 2, max_attempts: 3 }], ["step.completed", { step_id: "a" }],
    ]);
    expect(frames.slice(2).map(({ type, data }) => [type, data.step_number, data.total_steps, data.error, data.will_retry, data.retry_count])).toEqual([
      ["step_started", 1, 2, undefined, undefined, undefined], ["step_failed", 1, 2, "No answer", true, undefined], ["step_started", 1, 2, undefined, undefined, 1], ["step_completed", 1, 2, undefined, undefined, undefined],
    ]);
  });

  test("tells of steps that a lost worker left open, and begins them anew", () => {
    const frames = told([CREATED, STARTED, ["step.started", { step_id: "a", name: "fetch" }], ["task.recovering", { reason: "worker_lost", attempt: 1 }], ["task.queued"], ["task.started", { attempt: 2 }], ["step.started", { step_id: "a", name: "fetch" }]]);
    expect(frames.map(({ type, data }) => [type, data.step_number ?? data.attempt])).toEqual([["task_created", undefined], ["execution_started", 1], ["step_started", 1], ["step_failed", 1], ["execution_started", 2], ["step_started", 1]]);
  });

  test("tells once that an agent thinks, also of a thought that stands alone", () => {
    expect(typesOf([CREATED, ["reasoning.started", { reasoning_id: "r" }], ["reasoning.completed", { reasoning_id: "r" }], ["reasoning.completed", { reasoning_id: "s", summary: "Clear" }]])).toEqual(["task_created", "agent_thinking", "agent_thinking"]);
  });

  test("without steps tells its stages as steps, with an estimate of how many there will be", () => {
    const frames = told([CREATED, STARTED, ["task.progress", { percent: 25, stage: "fetch_data" }], ["task.progress", { percent: 40, stage: "fetch_data" }], ["task.progress", { percent: 50, stage: "reading", message: "Reading two files" }], ["task.completed"]]);
    expect(frames.slice(2).map(({ type, data }) => [type, data.step_number, data.total_steps, data.task_description, data.percent])).toEqual([
      ["step_started", 1, 4, "Fetch data", 25], ["step_completed", 1, 2, "Fetch data", 50], ["step_started", 2, 4, "Reading two files", 50], ["step_completed", 2, 4, "Reading two files", 50], ["task_completed", undefined, undefined, undefined, 100],
    ]);
  });

  test("that was canceled or deleted has failed; what failed says why in the user's words", () => {
    const end = (event: Event): unknown => told([CREATED, event]).slice(-1).map(({ type, message, data }) => [type, message, data.error, data.error_code]);
    expect(end(["task.canceled", { reason: "not needed" }])).toEqual([["task_failed", "The task was canceled: not needed", "canceled", "canceled"]]);
    expect(end(["task.deleted", {}])).toEqual([["task_failed", "The task was deleted", "deleted", "deleted"]]);
    expect(end(["task.failed", { error: { code: "x", message: "stack", retryable: true }, user_message: "No luck" }])).toEqual([["task_failed", "No luck", "stack", "x"]]);
  });

  test("has one end, and nothing behind it", () => {
    expect(typesOf([CREATED, ["task.completed"], ["task.deleted"], STARTED])).toEqual(["task_created", "task_completed"]);
  });

  test("answers with what was said last where it has no response", () => {
    const frames = told([CREATED, ["message.completed", { message_id: "q", role: "user", content: "Weather?" }], ["message.started", { message_id: "m", role: "assistant" }], ["message.delta", { message_id: "m", delta: "Bl" }], ["message.delta", { message_id: "m", delta: "ue" }], ["message.completed", { message_id: "m", length: 4, sha256: "" }], ["task.completed"]]);
    expect(frames.at(-1)?.data).toMatchObject({ response: "Blue", result: "Blue" });
  });

  test("whose events are gone is told from what they added up to", () => {
    const events = eventsOf([CREATED, ...UNDERSTOOD, ...PLANNED, STARTED, ...WORKED, ["step.started", { step_id: "b", name: "write" }], ["step.failed", { step_id: "b", error: { code: "x", message: "No ink", retryable: false }, will_retry: false }], ["task.failed", { error: { code: "x", message: "No ink", retryable: false } }]]);
    const { frames } = orchestrationProjection.leap("t1", events.reduce(fold, emptyView()));
    const sent = JSON.parse(JSON.stringify(frames)) as { type: string }[];
    expect(legal(sent)).toBeNull();
    expect(sent.map(({ type }) => type)).toEqual(["task_created", "intent_parsed", "agents_found", "plan_created", "execution_started", "step_started", "step_completed", "step_started", "step_failed", "task_failed"]);
  });
});

describe("an orchestration client", () => {
  const opening: Opening = { params: { task_id: "t1" }, query: {}, identity: null, now: 0 };
  const [one, mine] = orchestration.sockets;
  const open = () => one?.open(opening);
  const failure = (code: "task_unknown" | "frame_binary" | "frame_too_large" | "rate_limited") => ({ kind: "unread", error: new TaskwireError(code, "x") }) as const;

  test("is greeted, and told the task or all of the user's tasks", () => {
    expect(open()?.take({ kind: "opened" }, 0)).toEqual([
      { do: "send", frame: { type: "connected", task_id: "t1", message: "Connected to task t1", data: {}, timestamp: "1970-01-01T00:00:00.000Z" } }, { do: "watch", taskId: "t1" },
    ]);
    expect(mine?.open(opening).take({ kind: "opened" }, 0)).toMatchObject([{ do: "send", frame: { type: "connected", data: {} } }, { do: "watch_mine", finished: 50 }]);
  });

  test("gets the bare text pong for the bare text ping; whatever else it says ends the connection with a reason", () => {
    const say = (text: string): unknown => open()?.take({ kind: "text", text }, 0);
    expect([say("ping"), say(" ping\n"), say('{"type":"ping"}')]).toEqual(Array(3).fill([{ do: "send", frame: "pong" }]));
    for (const text of ["", "pong", "{", '{"type":"query"}', "null"]) expect(say(text)).toMatchObject([{ do: "close", code: 1003, reason: expect.stringMatching(/^frame_unknown/) }]);
    expect((["frame_binary", "frame_too_large", "rate_limited", "task_unknown"] as const).map((code) => open()?.take(failure(code), 0))).toMatchObject([[{ code: 4508 }], [{ code: 4509 }], [{ code: 4429 }], [{ code: 4504 }]]);
  });

  test("stays connected when its task is over, and is refused an id that is none", () => {
    expect(open()?.take({ kind: "over", taskId: "t1", status: "completed" }, 0)).toEqual([]);
    expect([one?.refuses?.(opening, 0, LIMITS), one?.refuses?.({ ...opening, params: { task_id: "a.b" } }, 0, LIMITS)?.code]).toEqual([null, "task_unknown"]);
  });

  test("starts a queued task by a query that is not empty", () => {
    expect(orchestrationStart({ query: " Weather? " })).toEqual({ kind: "orchestration", title: "Weather?", input: { query: " Weather? " }, says: " Weather? " });
    for (const body of [null, [], {}, { query: "" }, { query: "  " }, { query: 1 }]) expect(() => orchestrationStart(body)).toThrow(/query/);
  });
});
