/** A chat, without wires: what its frames make of a task, and of what a client says. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { project } from "../../src/delivery/projector.ts";
import { chat, chatStart, conversationOf } from "../../src/dialects/chat.ts";
import { chatProjection } from "../../src/dialects/chat-projection.ts";
import type { Fields, Frame, Opening, Projection, TalkAction, TalkInput, TaskEvent } from "../../src/dialects/port.ts";
import type { Identity } from "../../src/domain/access.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import { isLegalId } from "../../src/domain/ids.ts";
import { legal } from "../support/dialect-chat.ts";
import { legalHistory, storedEvents } from "../support/histories.ts";
import { runOf } from "../support/run.ts";
import { tell } from "../support/telling.ts";

type Event = readonly [type: string, data?: Fields, message?: string];

function eventsOf(events: readonly Event[]): readonly TaskEvent[] {
  return events.map(([type, data = {}, message], at) => ({ type, task_id: "t1", seq: at + 1, data, ...(message === undefined ? {} : { message }) }));
}

function told(events: readonly Event[]): readonly Fields[] {
  const frames = tell(chatProjection, "t1", eventsOf(events));
  expect(legal(frames)).toBeNull();
  return frames as readonly Fields[];
}

function joinedUp(frames: readonly Frame[]): readonly Frame[] {
  const joined: Frame[] = [];
  for (const frame of frames) {
    const last = joined.at(-1);
    const both = last === undefined ? null : (chatProjection.join?.(last, frame) ?? null);
    if (both === null) joined.push(frame);
    else joined[joined.length - 1] = both;
  }
  return joined;
}

const CREATED: Event = ["task.created", { kind: "chat", input: { message: "Hello?", session_id: "s-1" }, conversation_id: "s-1" }];
const said = (delta: string): Event => ["message.delta", { message_id: "a", delta }];
const tokens = (frames: readonly Fields[]): string => frames.filter(({ type }) => type === "token").map(({ token }) => token).join("");

describe("an answer", () => {
  test("that is long, and between whose pieces other things are told, is not told whole with each piece of one write", () => {
    const events = [CREATED, ["message.started", { message_id: "a", role: "assistant" }], said("x".repeat(60_000))] as Event[];
    for (let at = 0; at < 1_000; at += 1) events.push(["task.progress", { percent: 1, message: `step ${at}` }], said("y"));
    const run = runOf(eventsOf(events) as never);
    const { texts } = project(chatProjection as Projection, chatProjection.start("t1"), run);
    expect(texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThan(2 * 1_024 * 1_024);
    const frames = texts.map((text) => JSON.parse(text) as Fields);
    expect([legal(frames), tokens(frames)]).toEqual([null, `${"x".repeat(60_000)}${"y".repeat(1_000)}`]);
    const pieces = frames.filter(({ type }) => type === "token");
    expect(pieces.at(-1)?.partial_response).toBe(tokens(frames));
    expect(pieces.map(({ partial_response: whole }) => whole !== undefined).lastIndexOf(false)).toBe(pieces.length - 17);
  });

  test("is steps, pieces with all text so far, and the whole with where it comes from", () => {
    expect(told([
      CREATED,
      ["task.started", { attempt: 1 }],
      ["task.progress", { percent: 10, stage: "agent_routing" }],
      ["task.progress", { percent: 30, stage: "rag_retrieval", message: "Reading two documents" }],
      ["message.started", { message_id: "a", role: "assistant", agent: "guide" }],
      said("Good"), said(" day"),
      ["message.completed", { message_id: "a", content: "Good day", confidence: 0.5 }],
      ["task.completed", { metadata: { confidence: 0.9, sources: [{ title: "Manners" }] } }],
    ])).toEqual([
      { type: "progress", step: "starting", message: "Processing your message..." },
      { type: "progress", step: "agent_routing", message: "Choosing who answers..." },
      { type: "progress", step: "rag_retrieval", message: "Reading two documents" },
      { type: "progress", step: "generating", message: "Writing the answer..." },
      { type: "token", token: "Good", partial_response: "Good" },
      { type: "token", token: " day", partial_response: "Good day" },
      { type: "complete", response: "Good day", session_id: "s-1", metadata: { agent: "guide", confidence: 0.9, context: { sources: [{ title: "Manners" }] } } },
    ]);
  });

  test("has all keys of its metadata where nothing is known", () => {
    expect(told([CREATED, ["task.completed", { response: "Yes" }]]).at(-1)).toEqual({ type: "complete", response: "Yes", session_id: "s-1", metadata: { agent: null, confidence: null, context: { sources: [] } } });
  });

  test("names the session as it was given, else the conversation, else the task", () => {
    const session = (created: Fields): unknown => told([["task.created", created], ["task.completed"]]).at(-1)?.session_id;
    expect([session({ kind: "chat", input: { session_id: "a b" }, conversation_id: "hashed" }), session({ kind: "chat", input: { session_id: 7 } }), session({ kind: "x", conversation_id: "c" }), session({ kind: "x", input: "text" })]).toEqual(["a b", 7, "c", "t1"]);
  });

  test("heals where the whole message says more than its pieces, and keeps what people say out of it", () => {
    const frames = told([
      CREATED,
      ["message.completed", { message_id: "u", role: "user", content: "Hello?" }],
      ["message.started", { message_id: "u2", role: "user" }], ["message.delta", { message_id: "u2", delta: "Well?" }], ["message.completed", { message_id: "u2" }],
      ["message.started", { message_id: "a", role: "assistant" }], said("Go"), ["message.completed", { message_id: "a", content: "Good day" }],
      ["task.completed"],
    ]);
    expect(frames.filter(({ type }) => type !== "progress")).toMatchObject([{ token: "Go", partial_response: "Go" }, { token: "od day", partial_response: "Good day" }, { response: "Good day" }]);
  });

  test("of several messages stands in paragraphs, and the pieces joined are the text", () => {
    const frames = told([
      CREATED,
      ["message.started", { message_id: "a", role: "assistant" }], said("One"), ["message.completed", { message_id: "a", content: "One" }],
      ["message.completed", { message_id: "b", content: "Two" }],
      ["task.completed"],
    ]);
    expect([tokens(frames), frames.at(-1)?.response]).toEqual(["One\n\nTwo", "One\n\nTwo"]);
  });

  test("begins anew with another attempt", () => {
    const frames = told([
      CREATED, ["task.started", { attempt: 1 }],
      ["message.started", { message_id: "a", role: "assistant" }], said("Never "),
      ["task.recovering", { reason: "worker_lost", attempt: 1 }], ["task.started", { attempt: 2 }],
      ["message.started", { message_id: "a", role: "assistant" }], said("Now"),
      ["task.completed"],
    ]);
    expect(frames.slice(2)).toMatchObject([{ token: "Never " }, { step: "starting", message: "Trying again..." }, { step: "starting" }, { step: "generating" }, { token: "Now", partial_response: "Now" }, { response: "Now" }]);
  });

  test("fails in the user's words, or in ours, never in the developer's; what is canceled or deleted fails, too", () => {
    const error = { code: "boom", message: "TypeError at line 3", retryable: false };
    const end = (...event: Event): Fields | undefined => told([CREATED, event, ["task.completed", { response: "late" }]]).at(-1);
    expect(end("task.failed", { error, user_message: "It is too late today." })).toEqual({ type: "error", error: "It is too late today.", code: "PROCESSING_ERROR" });
    expect(end("task.failed", { error })).toEqual({ type: "error", error: "Your message could not be processed.", code: "PROCESSING_ERROR" });
    expect(end("task.canceled")).toMatchObject({ type: "error", code: "PROCESSING_ERROR" });
    expect(end("task.deleted")).toMatchObject({ type: "error", code: "PROCESSING_ERROR" });
  });

  test("of fifty thousand pieces is joined as it is read: what a watcher gets stays small", () => {
    const events = eventsOf([CREATED, ["message.started", { message_id: "a", role: "assistant" }], ...Array.from({ length: 50_000 }, (_, at) => said(`word${at} `))]);
    const began = performance.now();
    let state = chatProjection.start("t1");
    let waiting: Frame[] = [];
    let bytes = 0;
    let writes = 0;
    for (const [at, event] of events.entries()) {
      const next = chatProjection.step(state, event);
      state = next.state;
      waiting.push(...next.frames);
      // As many a second as a fast model writes, and twenty writes.
      if (at % 5 === 4) {
        const now = joinedUp(waiting).map((frame) => JSON.stringify(frame));
        bytes += now.reduce((sum, text) => sum + text.length, 0);
        writes += now.length;
        waiting = [];
      }
    }
    const whole = chatProjection.step(state, { type: "task.completed", task_id: "t1", seq: 1e6, data: {} }).frames[0] as Fields;
    expect((whole.response as string).length).toBeGreaterThan(400_000);
    expect(writes).toBeLessThan(10_010);
    // Ten thousand times all text so far would be 2.2 GB; within 64 KiB it is 50 MB.
    expect(bytes).toBeLessThan(70e6);
    expect(performance.now() - began).toBeLessThan(5_000);
  }, 20_000);

  test("a leap tells where the task stands", () => {
    const events = eventsOf([CREATED, ["task.started", { attempt: 1 }], ["message.started", { message_id: "a", role: "assistant" }], said("So "), said("far")]);
    const view = events.reduce((before, event) => fold(before, event), emptyView());
    const { state, frames } = chatProjection.leap("t1", view);
    expect(frames).toEqual([{ type: "progress", step: "generating", message: "Writing the answer..." }, { type: "token", token: "So far", partial_response: "So far" }]);
    expect(chatProjection.step(state, { type: "message.delta", task_id: "t1", seq: 6, data: { message_id: "a", delta: "!" } }).frames).toEqual([{ type: "token", token: "!", partial_response: "So far!" }]);
    const over = eventsOf([CREATED, ["task.completed", { response: "All" }]]).reduce((before, event) => fold(before, event), emptyView());
    expect(chatProjection.leap("t1", over).frames).toMatchObject([{ type: "complete", response: "All", session_id: "s-1" }]);
  });
});

describe("whatever happens", () => {
  test("what is read in one piece or in many is the same, once it is joined", () => {
    fc.assert(fc.property(legalHistory(), fc.array(fc.nat(), { maxLength: 8 }), (history, cuts) => {
      const events = storedEvents(history) as unknown as readonly TaskEvent[];
      const bounds = new Set(cuts.map((cut) => cut % (events.length + 1)));
      let state = chatProjection.start(history.taskId);
      const all: Frame[] = [];
      const inRuns: Frame[] = [];
      let run: Frame[] = [];
      for (const [at, event] of events.entries()) {
        if (bounds.has(at)) inRuns.push(...joinedUp(run.splice(0)));
        const next = chatProjection.step(state, event);
        state = next.state;
        all.push(...next.frames);
        run = [...run, ...next.frames];
      }
      inRuns.push(...joinedUp(run));
      expect(joinedUp(inRuns)).toEqual(joinedUp(all));
    }), { numRuns: 200 });
  });
});

describe("tasks of others", () => {
  test("show their steps, tools, percents and results in a chat, too", () => {
    expect(told([
      ["task.created", { kind: "build" }], ["task.queued", { position: 3 }], ["task.started", { attempt: 1 }],
      ["task.progress", { percent: 12.4 }], ["task.progress", { percent: 12.1 }],
      ["step.started", { step_id: "1", name: "fetch_data" }], ["step.progress", { step_id: "1", percent: 50, message: "Half of it" }],
      ["tool.started", { tool_call_id: "x", name: "curl" }], ["step.retrying", { step_id: "1", attempt: 2, max_attempts: 3 }], ["step.completed", { step_id: "1" }],
      ["input.requested", { request_id: "q", kind: "question", prompt: "Which?" }], ["task.paused"], ["task.resumed"], ["x.acme.thing", { any: 1 }],
      ["task.completed", { result: { exit_code: 0 } }],
    ]).map((frame) => (frame.type === "progress" ? `${frame.step}: ${frame.message}` : frame.response))).toEqual([
      "starting: Processing your message...", "starting: Waiting: 3 before you...", "starting: Processing your message...", "starting: 12 %",
      "fetch_data: Fetch data", "fetch_data: Half of it", "fetch_data: Using curl...", "fetch_data: Trying again...",
      "input_required: Which?", "input_required: Paused", "input_required: Going on...", '{"exit_code":0}',
    ]);
  });
});

const identity = (user: string): Identity => ({ user, name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null });
const opening = (who: Identity | null): Opening => ({ params: {}, query: {}, identity: who, now: 1_000 });
const jwt = (claims: object): string => `e30.${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}.signature`;

function talkOf(who: Identity | null) {
  const talk = chat.sockets[0]?.open(opening(who));
  if (talk === undefined) throw new Error("the chat has no socket");
  const take = (input: TalkInput): readonly TalkAction[] => talk.take(input, 2_000);
  return { talk, take, say: (frame: unknown) => take({ kind: "text", text: typeof frame === "string" ? frame : JSON.stringify(frame) }) };
}

const error = (code: string) => [{ do: "send", frame: { type: "error", code, error: expect.stringMatching(/./) } }];

describe("a connection", () => {
  test("says nothing first, and tells who signs in their own claims", () => {
    const { take, say } = talkOf(null);
    expect(take({ kind: "opened" })).toEqual([]);
    const token = jwt({ sub: "user-7", email: "ada@example.test", name: "Ada Lövelace" });
    expect(say({ type: "auth", token })).toEqual([{ do: "sign_in", token }]);
    expect(take({ kind: "signed_in", identity: identity("hash") })).toEqual([{ do: "send", frame: { type: "auth_success", message: "Authentication successful", user: { id: "user-7", email: "ada@example.test", name: "Ada Lövelace" } } }]);
  });

  test("answers a bad token with auth_error and closes; also one that is missing", () => {
    const { take, say } = talkOf(null);
    say({ type: "auth", token: "bad" });
    expect(take({ kind: "not_signed_in", error: new TaskwireError("token_invalid", "x") })).toEqual([{ do: "send", frame: { type: "auth_error", message: "Invalid token" } }, { do: "close", code: 4502, reason: "token_invalid" }]);
    expect(talkOf(null).say({ type: "auth" })).toEqual([{ do: "send", frame: { type: "auth_error", message: "Invalid token" } }, { do: "close", code: 4501, reason: "token_missing" }]);
    const away = talkOf(null);
    away.say({ type: "auth", token: "any" });
    expect(away.take({ kind: "not_signed_in", error: new TaskwireError("unavailable", "The log cannot be reached.") })).toEqual([{ do: "send", frame: { type: "auth_error", message: "The log cannot be reached." } }, { do: "close", code: 4453, reason: "unavailable" }]);
  });

  test("needs a token for a message, in the address or in a frame", () => {
    expect(talkOf(null).say({ type: "message", message: "Hello" })).toEqual(error("AUTH_REQUIRED") as never);
    expect(talkOf(identity("u")).say({ type: "message", message: "Hello", session_id: null })).toMatchObject([{ do: "start", task: { kind: "chat", input: { message: "Hello" } } }]);
  });

  test("keeps what comes while a token is judged, in order", () => {
    const { take, say } = talkOf(null);
    say({ type: "auth", token: jwt({}) });
    expect(say({ type: "message", message: "Hello", session_id: "s" })).toEqual([]);
    for (let at = 1; at < 16; at += 1) expect(say({ type: "nonsense" })).toEqual([]);
    expect(say({ type: "nonsense" })).toEqual(error("PROCESSING_ERROR") as never);
    const actions = take({ kind: "signed_in", identity: identity("u") });
    expect(actions.slice(0, 2)).toMatchObject([{ frame: { type: "auth_success" } }, { do: "start", task: { conversation: "s" } }]);
    expect(actions).toHaveLength(17);
  });

  test("answers what it cannot read with a code, and goes on", () => {
    const { take, say } = talkOf(identity("u"));
    for (const bad of ["no json", "[1]", "null", '"text"', { type: "dance" }, {}, { type: "message", message: "x", session_id: {} }, { type: "message", message: "x", session_id: true }]) expect([bad, say(bad)]).toEqual([bad, error("PROCESSING_ERROR") as never]);
    // What is so deep could not be written, nor made a text.
    const deep = `{"type":"message","message":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    for (const empty of ["", "  \n", null, 7, undefined]) expect(say({ type: "message", message: empty })).toEqual(error("EMPTY_MESSAGE") as never);
    expect(say(deep)).toEqual(error("PROCESSING_ERROR") as never);
    expect(say(`{"type":"message","message":${"[".repeat(100)}${"]".repeat(100)}}`)).toEqual(error("EMPTY_MESSAGE") as never);
    expect(take({ kind: "unread", error: new TaskwireError("frame_binary", "A binary frame came.") })).toEqual(error("PROCESSING_ERROR") as never);
    expect(say({ type: "message", message: "x" })).toMatchObject([{ do: "start" }]);
  });

  test("answers one message at a time, many in all", () => {
    const { take, say, talk } = talkOf(identity("u"));
    expect(say({ type: "message", message: "One", session_id: "s", customer_id: "c" })).toEqual([{
      do: "start", tag: "message-1", task: { kind: "chat", title: "One", input: { message: "One", session_id: "s", customer_id: "c" }, conversation: "s", says: "One" },
    }]);
    expect(say({ type: "message", message: "Two" })).toEqual(error("PROCESSING_ERROR") as never);
    expect(take({ kind: "started", tag: "message-1", taskId: "t1" })).toEqual([{ do: "watch", taskId: "t1" }]);
    expect(say({ type: "message", message: "Two" })).toEqual(error("PROCESSING_ERROR") as never);
    expect(take({ kind: "over", taskId: "t1", status: "completed" })).toEqual([]);
    expect(say({ type: "message", message: "Two" })).toMatchObject([{ do: "start", tag: "message-2" }]);
    expect(take({ kind: "not_started", tag: "message-2", error: new TaskwireError("queue_full", "Too many wait.") })).toEqual([{ do: "send", frame: { type: "error", code: "PROCESSING_ERROR", error: "Too many wait." } }]);
    say({ type: "message", message: "Three" });
    take({ kind: "started", tag: "message-3", taskId: "t3" });
    expect(take({ kind: "unwatched", taskId: "t3", error: new TaskwireError("unavailable", "Gone.") })).toEqual(error("PROCESSING_ERROR") as never);
    expect(talk.about?.()).toMatchObject({ signed_in: true, messages: 3, answering: null });
  });

  test("makes a new session for each message that names none", () => {
    const { take, say } = talkOf(identity("u"));
    const sessions = ["", null, undefined].map((session) => {
      const [action] = say({ type: "message", message: "Hello", session_id: session });
      if (action?.do !== "start") throw new Error("not started");
      take({ kind: "not_started", tag: action.tag, error: new TaskwireError("queue_full", "x") });
      expect(action.task.input.session_id).toBe(action.task.conversation);
      expect(isLegalId(String(action.task.conversation))).toBe(true);
      return action.task.conversation;
    });
    expect(new Set(sessions).size).toBe(3);
  });
});

describe("what is said", () => {
  test("belongs to a conversation with a legal name, the same for the same session", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.integer()), (session) => {
      const name = conversationOf(session);
      expect(isLegalId(name)).toBe(true);
      expect(conversationOf(session)).toBe(name);
      if (typeof session === "string" && isLegalId(session)) expect(name).toBe(session);
    }));
  });

  test("is a person's message, cut only there where it is very long", () => {
    const long = "é".repeat(20_000);
    const task = chatStart({ message: long, session_id: "s" }, "fresh");
    if ("error" in task) throw new Error(task.error);
    expect([(task.input.message as string).length, task.says?.length, task.title?.length]).toEqual([20_000, 10_000, 100]);
  });
});
