/** Data questions, without wires: what people see of a task, and what is answered to what they say. */
import { describe, expect, test } from "bun:test";
import { conversationOf, createDataQuestions, questionStart } from "../../src/dialects/data-questions.ts";
import { NO_WORDS, dataQuestionsProjection } from "../../src/dialects/data-questions-projection.ts";
import { USUAL_STAGES, readStages, stageAt, stageKey, type StageTable } from "../../src/dialects/data-questions-stages.ts";
import type { Fields, Frame, Opening, TalkAction, TaskEvent } from "../../src/dialects/port.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import { isLegalId } from "../../src/domain/ids.ts";
import { LIMITS } from "../../src/limits.ts";
import { legal } from "../support/dialect-data-questions.ts";
import { tell } from "../support/telling.ts";

type Event = readonly [type: string, data?: Fields, message?: string];

function eventsOf(events: readonly Event[]): readonly TaskEvent[] {
  return events.map(([type, data = {}, message], at) => ({ type, task_id: "t1", seq: at + 1, time: "2026-01-02T03:04:05.000Z", data, ...(message === undefined ? {} : { message }) }));
}

function told(events: readonly Event[], table: StageTable = USUAL_STAGES): readonly { readonly type: string; readonly data: Fields }[] {
  const frames = tell(dataQuestionsProjection(table), "t1", eventsOf(events));
  expect(legal(frames)).toBeNull();
  return frames as never;
}

/** Words and percent of each progress, with retries where there are. */
const progress = (events: readonly Event[], table?: StageTable): readonly unknown[] =>
  told([["task.created", { kind: "data-questions" }], ...events], table).filter(({ type }) => type === "progress").map(({ data: { message, percent, retry_count: retries } }) => (retries === undefined ? [message, percent] : [message, percent, retries]));

const step = (id: string, name: string, more: Fields = {}): Event => ["step.started", { step_id: id, name, ...more }];

describe("a question", () => {
  test("is planned, fetched, validated, interpreted and answered", () => {
    expect(told([
      ["task.created", { kind: "data-questions" }], ["task.queued"], ["task.started", { attempt: 1 }, "Worker w-17 took it"],
      ["task.progress", { percent: 10, stage: "planner" }], ["task.progress", { percent: 30, stage: "generate_sql", message: "SELECT 1" }], ["task.progress", { percent: 40, stage: "validateQuery" }],
      ["task.progress", { percent: 75, stage: "interpret" }], ["task.progress", { percent: 95, stage: "format_answer" }],
      ["message.completed", { message_id: "m", role: "assistant", content: "Seven" }], ["task.completed", {}],
    ])).toEqual([
      { type: "started", data: { message: "Planning Task...", percent: 0 } },
      { type: "progress", data: { message: "Planning Task...", percent: 10 } },
      { type: "progress", data: { message: "Fetching Data...", percent: 30 } },
      { type: "progress", data: { message: "Validating Data...", percent: 40 } },
      { type: "progress", data: { message: "Interpreting Data...", percent: 75 } },
      { type: "progress", data: { message: "Finalizing Response...", percent: 95 } },
      { type: "completed", data: { message: "Complete!", percent: 100, response: "Seven" } },
    ]);
  });

  test("shows the stage of the open step where its worker tells of steps alone, with the stage's own percents", () => {
    expect(progress([step("a", "plan"), ["step.completed", { step_id: "a" }], step("b", "execute_sql"), ["step.progress", { step_id: "b", percent: 50 }], ["step.completed", { step_id: "b" }], step("c", "interpret_results"), step("d", "respond")])).toEqual([
      ["Planning Task...", 15], ["Fetching Data...", 30], ["Fetching Data...", 40], ["Fetching Data...", 50], ["Interpreting Data...", 75], ["Finalizing Response...", 95],
    ]);
  });

  test("counts how often a stage is tried again, and its percent does not fall", () => {
    expect(progress([
      ["task.progress", { percent: 45, stage: "fetch" }], step("v", "validate_query"), ["step.retrying", { step_id: "v", attempt: 2, max_attempts: 3 }], ["step.retrying", { step_id: "v", attempt: 3, max_attempts: 3 }],
      ["step.completed", { step_id: "v" }], ["task.progress", { percent: 76, stage: "interpret" }], step("i", "validate_interpretation"), ["step.retrying", { step_id: "i", attempt: 2, max_attempts: 2 }],
    ])).toEqual([["Fetching Data...", 45], ["Validating Data...", 45], ["Validating Data...", 45, 1], ["Validating Data...", 45, 2], ["Interpreting Data...", 76], ["Interpreting Data...", 76, 1]]);
    expect(progress([["task.progress", { percent: 80 }], ["task.recovering", { reason: "worker_lost" }], ["task.started", { attempt: 2 }], ["task.progress", { percent: 10 }]])).toEqual([["Interpreting Data...", 80], ["Planning Task...", 80, 1], ["Interpreting Data...", 80]]);
  });

  test("becomes, under names that nobody knows, the stage that its percent falls into", () => {
    expect(progress([["task.progress", { percent: 5, stage: "node_1" }], ["task.progress", { percent: 35, stage: "node_2" }], step("x", "kaboom"), ["task.progress", { percent: 60 }], ["task.progress", { percent: 80, stage: "xyz" }], ["task.progress", { current: 97, total: 100 }]])).toEqual([
      ["Planning Task...", 5], ["Fetching Data...", 35], ["Fetching Data...", 60], ["Interpreting Data...", 80], ["Finalizing Response...", 97],
    ]);
    expect([0, 29, 30, 39, 40, 41, 74, 75, 94, 95, 100].map(stageAt)).toEqual(["planning", "planning", "fetching", "fetching", "validating", "fetching", "fetching", "interpreting", "interpreting", "finalizing", "finalizing"]);
    expect(progress([step("a", "one", { index: 1, total: 3 }), step("b", "two", { index: 2, total: 3 }), step("c", "three", { index: 3, total: 3 })])).toEqual([["Fetching Data...", 32], ["Fetching Data...", 63]]);
  });

  test("is Complete! at the end only", () => {
    expect(progress([["task.progress", { percent: 100, stage: "fetch" }]])).toEqual([["Fetching Data...", 99]]);
  });

  test("is answered by the response, else by what was said or came of it in words, else in ours", () => {
    const answer = (...events: readonly Event[]): unknown => told([["task.created"], ...events]).at(-1)?.data.response;
    expect([answer(["task.completed", { response: "A", result: "B" }]), answer(["task.completed", { result: "B" }]), answer(["task.completed", { result: { answer: "C", rows: [1] } }]), answer(["task.completed", { result: { rows: [1] } }])]).toEqual(["A", "B", "C", NO_WORDS]);
    expect(answer(["message.started", { message_id: "m", role: "assistant" }], ["message.delta", { message_id: "m", delta: "D" }], ["task.completed", {}])).toBe("D");
  });

  test("fails in the user's words, never in the developer's", () => {
    const end = (type: string, data: Fields = {}, message = "psycopg2.Error at 0x7f"): unknown => told([["task.created"], [type, data, message]]).at(-1);
    expect(end("task.failed", { error: { code: "db", message: "ECONNREFUSED" }, user_message: "The data is not there" })).toEqual({ type: "error", data: { message: "The data is not there" } });
    for (const [type, words] of [["task.failed", /could not be answered/], ["task.canceled", /canceled/], ["task.deleted", /deleted/]] as const) expect(end(type, { error: { message: "ECONNREFUSED" }, reason: "kubectl" })).toEqual({ type: "error", data: { message: expect.stringMatching(words) } });
  });

  test("whose events are gone is told by where it stands", () => {
    const leap = (events: readonly Event[]): readonly Frame[] => dataQuestionsProjection(USUAL_STAGES).leap("t1", eventsOf(events).reduce(fold, emptyView())).frames;
    expect(leap([["task.created"], ["task.started", { attempt: 1 }], step("a", "execute_sql")])).toMatchObject([{ type: "started" }, { type: "progress", data: { message: "Fetching Data...", percent: 30 } }]);
    expect(leap([["task.created"], ["message.completed", { message_id: "m", role: "assistant", content: "Seven" }], ["task.completed"]])).toMatchObject([{ type: "started" }, { type: "completed", data: { response: "Seven" } }]);
  });
});

describe("the table of stages", () => {
  test("is the usual names and those of the operator", () => {
    const table = readStages('{"Node 7":"interpreting","fetch":"planning"}');
    expect(progress([["task.progress", { percent: 33, stage: "node-7" }], ["task.progress", { percent: 34, stage: "fetch" }], ["task.progress", { percent: 35, stage: "execute_sql" }]], table as StageTable)).toEqual([["Interpreting Data...", 33], ["Planning Task...", 34], ["Fetching Data...", 35]]);
    expect(["fetchData", "Fetch data", "fetch--data ", "FETCH_DATA"].map(stageKey)).toEqual(Array(4).fill("fetch_data"));
  });

  test("says what is wrong with it", () => {
    for (const [text, words] of [["{", /not JSON/], ["[]", /no JSON object/], ['{"a":"b"}', /"a" is "b"; expected/], ['{"a":1}', /"a" is 1/], ['{"--":"planning"}', /"--"/], ['{"a":"constructor"}', /constructor/]] as const) expect(readStages(text)).toMatch(words);
  });
});

describe("who asks", () => {
  const opening: Opening = { params: { user_id: "ada", session_id: "s 1" }, query: {}, identity: null, now: 0 };
  const talk = () => {
    const one = createDataQuestions().sockets[0]?.open(opening);
    if (one === undefined) throw new Error("no socket");
    return { one, say: (frame: unknown) => one.take({ kind: "text", text: typeof frame === "string" ? frame : JSON.stringify(frame) }, 0) };
  };
  const refused = (words: RegExp): TalkAction[] => [{ do: "send", frame: { type: "error", data: { message: expect.stringMatching(words) } } }];

  test("hears nothing before the first answer, and pong for ping", () => {
    const { one, say } = talk();
    expect([one.take({ kind: "opened" }, 0), say({ type: "ping" })]).toEqual([[], [{ do: "send", frame: { type: "pong", data: {} } }]]);
  });

  test("starts a queued task in the conversation, one at a time", () => {
    const { one, say } = talk();
    const [action] = say({ type: "query", query: "How many?", conversation_id: "c-1" });
    expect(action).toEqual({ do: "start", tag: "question-1", task: { kind: "data-questions", title: "How many?", input: { query: "How many?", conversation_id: "c-1", session_id: "s 1" }, conversation: "c-1", says: "How many?" } });
    expect(say({ type: "query", query: "And now?", conversation_id: "c-1" })).toEqual(refused(/^Please wait for the answer to your question\.$/));
    expect(one.take({ kind: "started", tag: "question-1", taskId: "t1" }, 0)).toEqual([{ do: "watch", taskId: "t1" }]);
    expect(one.about?.()).toEqual({ user_id: "ada", session_id: "s 1", questions: 1, answering: "t1" });
    expect(one.take({ kind: "over", taskId: "t1", status: "completed" }, 0)).toEqual([]);
    expect(say({ type: "query", query: "And now?", conversation_id: "c-1" })).toMatchObject([{ do: "start", tag: "question-2" }]);
  });

  test("is told in plain words why there is no answer, and may ask again", () => {
    const { one, say } = talk();
    for (const [code, words] of [["queue_full", /Too many questions/], ["unavailable", /could not be answered/], ["rate_limited", /wait a moment/]] as const) {
      const [action] = say({ type: "query", query: "How many?" });
      expect(one.take({ kind: "not_started", tag: (action as { tag: string }).tag, error: new TaskwireError(code, "the queue of data-questions") }, 0)).toEqual(refused(words));
    }
    say({ type: "query", query: "How many?" });
    one.take({ kind: "started", tag: "question-4", taskId: "t4" }, 0);
    expect(one.take({ kind: "unwatched", taskId: "t4", error: new TaskwireError("task_deleted", "x") }, 0)).toEqual(refused(/could not/));
    expect(say({ type: "query", query: "How many?" })).toMatchObject([{ do: "start" }]);
  });

  test("is told of what cannot be read, and stays connected", () => {
    const { one, say } = talk();
    for (const frame of ["", "ping", "{", "null", "[]", "7", {}, { type: "auth" }, { type: "query" }, { type: "query", query: 7 }]) expect(say(frame)).toEqual(refused(/could not be understood/));
    expect(say({ type: "query", query: " " })).toEqual(refused(/enter a question/));
    expect(say({ type: "query", query: "é".repeat(16_385) })).toEqual(refused(/too long/));
    expect((["frame_binary", "frame_too_large", "rate_limited"] as const).map((code) => one.take({ kind: "unread", error: new TaskwireError(code, "x") }, 0))).toEqual([refused(/understood/), refused(/too long/), refused(/wait a moment/)]);
  });

  test("talks in the session where no conversation is named, and under any name", () => {
    const conversation = (frame: Fields): unknown => {
      const start = questionStart({ query: "?", ...frame }, opening.params);
      return typeof start === "string" ? start : [start.conversation, start.input.conversation_id];
    };
    expect([conversation({ conversation_id: "c" }), conversation({ conversation_id: 7 })]).toEqual([["c", "c"], ["7", "7"]]);
    expect([conversation({}), conversation({ conversation_id: null }), conversation({ conversation_id: "" })]).toEqual(Array(3).fill([conversationOf("s 1"), "s 1"]));
    expect([conversation({ conversation_id: "x".repeat(256) }), conversation({ conversation_id: "x".repeat(257) }), conversation({ conversation_id: ["c"] })]).toEqual([[conversationOf("x".repeat(256)), "x".repeat(256)], expect.stringMatching(/understood/), expect.stringMatching(/understood/)]);
    const refuses = (params: Opening["params"]): unknown => createDataQuestions().sockets[0]?.refuses?.({ ...opening, params }, 0, LIMITS)?.code ?? null;
    expect([refuses(opening.params), refuses({ user_id: "x".repeat(257), session_id: "s" }), refuses({ user_id: "x", session_id: "s".repeat(257) })]).toEqual([null, "id_invalid", "id_invalid"]);
    expect([isLegalId(conversationOf("a/b?é")), conversationOf("a/b") === conversationOf("a b"), conversationOf("abc")]).toEqual([true, false, "abc"]);
  });
});
