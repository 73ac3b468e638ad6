/** Data questions from end to end: a client written from its protocol alone, a worker on the other side, a real service between them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient, type WorkTask } from "../../clients/typescript/src/client.ts";
import { ask, expectProblem } from "../support/api.ts";
import { SHOWN, legal, shapeOf } from "../support/dialect-data-questions.ts";
import { handshake } from "../support/handshake.ts";
import { findPython } from "../support/python.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const python = findPython(["websockets"]);
if (python === null) console.log("skipped: nobody asked from Python, for there is none with websockets on this machine");

const LIMIT_MS = 20_000;
const QUICK = { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_SWEEP_MS: "1000", TASKWIRE_LEADER_MS: "600" };

type Said = { readonly type: string; readonly data: Record<string, unknown> };

/** A user's window on their data: one socket, one session. */
class Asker {
  readonly frames: Said[] = [];
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.texts.push(String(data));
      this.frames.push(JSON.parse(String(data)) as Said);
    };
    socket.onclose = ({ code, reason }) => void (this.closed = { code, reason });
  }

  static async open(url: string, user: string, session: string, token?: string): Promise<Asker> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/${encodeURIComponent(user)}/${encodeURIComponent(session)}${token === undefined ? "" : `?token=${token}`}`);
    const asker = new Asker(socket);
    await until("the window is open", LIMIT_MS, () => socket.readyState === WebSocket.OPEN);
    return asker;
  }

  say(frame: unknown): void {
    this.#socket.send(typeof frame === "string" || frame instanceof Uint8Array ? (frame as string) : JSON.stringify(frame));
  }

  /** The first frame behind the first `from` that fits. */
  next(type: string, from = 0): Promise<Said> {
    return until(`${type} comes; there is ${this.texts.slice(from).join(" ")}`, LIMIT_MS, () => this.frames.slice(from).find((frame) => frame.type === type));
  }

  /** Asks, and reads to the answer. */
  async asks(query: string, conversation: string): Promise<readonly Said[]> {
    const from = this.frames.length;
    this.say({ type: "query", query, conversation_id: conversation });
    await until(`"${query}" is answered; there is ${this.texts.slice(from).join(" ")}`, LIMIT_MS, () => this.frames.slice(from).some(({ type }) => type === "completed" || type === "error"));
    return this.frames.slice(from);
  }

  leave(): void {
    this.#socket.close();
  }
}

interface Listed {
  readonly user_id: string;
  readonly conversations: readonly { readonly conversation_id: string; readonly created_at: string; readonly last_updated: string; readonly message_count: number; readonly preview: string }[];
  readonly messages: readonly { readonly role: string; readonly content: string; readonly timestamp: string }[];
  readonly count: number;
  readonly next: string | null;
}

async function read(url: string, path: string, token?: string): Promise<Listed> {
  const answer = await ask(url, path, token === undefined ? {} : { token });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json as never;
}

/** Works until it is stopped. What the question says decides how. */
function crew(client: Client, handler: (task: WorkTask, query: string) => unknown = answer): { stop(): Promise<void> } {
  const controller = new AbortController();
  const done = client.work("data-questions", (task) => handler(task, (task.lease.input as { query: string }).query), { signal: controller.signal, waitSeconds: 2, concurrency: 8, onError: () => {} });
  return { stop: () => (controller.abort(), done) };
}

/** Opened by a test, for questions that wait in the middle. */
const gates = new Map<string, () => void>();
const passing = (name: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    gates.set(name, resolve);
    signal.addEventListener("abort", () => reject(signal.reason));
  });

async function answer(task: WorkTask, query: string): Promise<unknown> {
  await task.progress(5, { stage: "supervisor_planner", message: "LangGraph supervisor 0x7f" });
  await task.step("generate_sql", { description: "SELECT * FROM secrets" }, async (step) => step.progress(50));
  await task.progress(33, { stage: "execute_sql" });
  if (query.includes("twice")) {
    await task.emit("step.started", { step_id: "v", name: "validate_query" });
    await task.emit("step.retrying", { step_id: "v", attempt: 2, max_attempts: 3, error: { code: "SyntaxError", message: "near SELECT", retryable: true } });
    await task.emit("step.completed", { step_id: "v" });
  }
  if (query.includes("wait")) await Promise.all([task.flush(), passing(query, task.signal)]);
  if (query.includes("fail")) throw Object.assign(new Error("OperationalError: no such table"), { retryable: false });
  await task.progress(78, { stage: "node_that_nobody_knows" });
  if (query.includes("plain")) return { rows: [[7]] };
  const words = `The answer to "${query}" is 7.`;
  if (!query.includes("silent")) await task.message({ role: "assistant" }, (message) => Promise.all([...words].map((letter) => message.delta(letter))));
  return task.completed({ response: words, result: { rows: [[7]] } });
}

const TECHNICAL = /sql|select|langgraph|supervisor|node_|execut|generat|0x7f|Operational|rows|task_id|seq|cursor/i;

describe("who asks of their data", () => {
  let service: Service;
  let worker: Client;
  let workers: ReturnType<typeof crew>;

  beforeAll(async () => {
    service = await startService({ env: { ...QUICK, TASKWIRE_FRAME_BYTES: "307200" } });
    worker = createClient({ url: service.url, token: await signUp(service.url) });
    workers = crew(worker);
  }, 60_000);
  afterAll(async () => {
    await workers?.stop();
    await service?.[Symbol.asyncDispose]();
  });

  const messages = async (user: string, conversation: string, query = ""): Promise<Listed> => read(service.url, `/conversations/${encodeURIComponent(user)}/${encodeURIComponent(conversation)}/messages${query}`);

  test("sees the stages pass in plain words, then the answer, and finds both in the history", async () => {
    const ada = await Asker.open(service.url, "ada", "s-1");
    expect(ada.frames).toEqual([]);
    const frames = await ada.asks("How many?", "c-1");
    expect(legal(frames)).toBeNull();
    expect(frames[0]).toEqual({ type: "started", data: { message: "Planning Task...", percent: 0 } });
    expect(frames.map(({ data }) => data.message)).toEqual(expect.arrayContaining(["Planning Task...", "Fetching Data...", "Interpreting Data...", "Complete!"]));
    expect(frames.at(-1)).toEqual({ type: "completed", data: { message: "Complete!", percent: 100, response: 'The answer to "How many?" is 7.' } });
    expect(ada.texts.join("\n").replace(/"response":.*/g, "")).not.toMatch(TECHNICAL);
    expect(await messages("ada", "c-1")).toEqual({
      user_id: "ada", conversation_id: "c-1", count: 2, next: null,
      messages: [{ role: "user", content: "How many?", timestamp: expect.stringMatching(/Z$/) }, { role: "assistant", content: 'The answer to "How many?" is 7.', timestamp: expect.stringMatching(/Z$/) }],
    } as never);
    ada.leave();
  });

  test("is told how often a stage is tried again, and the percent never falls", async () => {
    const ada = await Asker.open(service.url, "ada", "s-2");
    const frames = await ada.asks("And twice?", "c-2");
    expect(legal(frames)).toBeNull();
    expect(frames).toContainEqual({ type: "progress", data: { message: "Validating Data...", percent: 33, retry_count: 1 } });
    expect(SHOWN.has("Validating Data...")).toBeTrue();
    ada.leave();
  });

  test("asks many questions on one connection, one at a time: a second is told to wait, and the first goes on", async () => {
    const ada = await Asker.open(service.url, "ada", "s-3");
    ada.say({ type: "query", query: "Please wait", conversation_id: "c-3" });
    await ada.next("progress");
    const from = ada.frames.length;
    ada.say({ type: "query", query: "Hello?", conversation_id: "c-3" });
    expect(await ada.next("error", from)).toEqual({ type: "error", data: { message: "Please wait for the answer to your question." } });
    (await until("the worker waits", LIMIT_MS, () => gates.get("Please wait")))();
    expect((await ada.next("completed")).data.response).toBe('The answer to "Please wait" is 7.');
    const second = await ada.asks("Hello?", "c-3");
    expect([legal(second), second.at(-1)?.type]).toEqual([null, "completed"]);
    expect((await messages("ada", "c-3")).messages.map(({ role, content }) => [role, content.slice(0, 14)])).toEqual([["user", "Please wait"], ["assistant", "The answer to "], ["user", "Hello?"], ["assistant", "The answer to "]]);
    ada.leave();
  });

  test("is told of a failure in plain words, and goes on", async () => {
    const ada = await Asker.open(service.url, "ada", "s-4");
    const frames = await ada.asks("Will it fail?", "c-4");
    expect([legal(frames), frames.at(-1)]).toEqual([null, { type: "error", data: { message: "Sorry, your question could not be answered. Please try again." } }]);
    expect(ada.texts.join("\n")).not.toMatch(TECHNICAL);
    expect((await messages("ada", "c-4")).messages.map(({ role }) => role)).toEqual(["user"]);
    expect((await ada.asks("And now?", "c-4")).at(-1)?.type).toBe("completed");
    ada.leave();
  });

  test("ends nothing by leaving: the answer is in the history, and another window goes on with the conversation", async () => {
    const ada = await Asker.open(service.url, "ada", "s-5");
    ada.say({ type: "query", query: "I wait elsewhere", conversation_id: "c-5" });
    await ada.next("progress");
    ada.leave();
    const again = await Asker.open(service.url, "ada", "s-5");
    (await until("the worker waits", LIMIT_MS, () => gates.get("I wait elsewhere")))();
    expect((await until("the answer is in the history", LIMIT_MS, async () => (await messages("ada", "c-5")).messages[1]))?.role).toBe("assistant");
    expect((await again.asks("More?", "c-5")).at(-1)?.type).toBe("completed");
    expect([(await messages("ada", "c-5")).count, again.frames.filter(({ type }) => type === "started").length]).toEqual([4, 1]);
    again.leave();
  });

  test("has two windows, each with its own question", async () => {
    const [one, two] = await Promise.all([Asker.open(service.url, "ada", "s-6"), Asker.open(service.url, "ada", "s-6")]);
    const [first, second] = await Promise.all([one.asks("First?", "c-6"), two.asks("Second?", "c-6")]);
    expect([legal(first), legal(second), first.at(-1)?.data.response, second.at(-1)?.data.response]).toEqual([null, null, 'The answer to "First?" is 7.', 'The answer to "Second?" is 7.']);
    expect((await messages("ada", "c-6")).count).toBe(4);
    one.leave();
    two.leave();
  });

  test("has the response in the history where its worker said no word of its own", async () => {
    const ada = await Asker.open(service.url, "ada", "s-7");
    await ada.asks("A silent one", "c-7");
    const plain = await ada.asks("A plain one", "c-7");
    const said = (await messages("ada", "c-7")).messages.map(({ content }) => content);
    expect(said).toEqual(["A silent one", 'The answer to "A silent one" is 7.', "A plain one", String(plain.at(-1)?.data.response)]);
    expect(said[3]).not.toMatch(TECHNICAL);
    expect((await read(service.url, "/conversations/ada")).conversations.find(({ conversation_id: id }) => id === "c-7")?.message_count).toBe(4);
    ada.leave();
  });

  test("is answered what cannot be read, in plain words, and stays connected", async () => {
    const ada = await Asker.open(service.url, "ada", "s-8");
    const bad: readonly [unknown, RegExp][] = [
      ["{", /understood/], ["ping", /understood/], [[], /understood/], [{}, /understood/], [{ type: "subscribe" }, /understood/], [{ type: "query", query: 7 }, /understood/], [{ type: "query", query: "  " }, /enter a question/],
      [{ type: "query", query: "?".repeat(40_000) }, /too long/], [{ type: "query", query: "?".repeat(320_000) }, /too long/], [new Uint8Array([1, 2]), /understood/],
    ];
    for (const [frame, words] of bad) {
      const from = ada.frames.length;
      ada.say(frame);
      const said = await ada.next("error", from);
      expect([shapeOf(said), said.data.message]).toEqual([null, expect.stringMatching(words)]);
    }
    ada.say({ type: "ping" });
    expect(await ada.next("pong")).toEqual({ type: "pong", data: {} });
    expect((await ada.asks("Still there?", "c-8")).at(-1)?.type).toBe("completed");
    expect([ada.closed, (await messages("ada", "c-8")).count]).toEqual([null, 2]);
    ada.leave();
  });

  test("finds their conversations, newest first, under the names they gave, with previews; and pages through long ones", async () => {
    const eve = await Asker.open(service.url, "eve & co", "the session/1");
    const long = `silent ${"x".repeat(200)}`;
    await eve.asks(long, "");
    await eve.asks("silent 0", "Straße 7");
    for (let at = 1; at < 5; at += 1) await eve.asks(`silent ${at}`, "Straße 7");
    const { user_id: user, conversations, count } = await until("the list has all", LIMIT_MS, async () => {
      const found = await read(service.url, "/conversations/eve%20%26%20co");
      return found.conversations.every(({ message_count: messages }, at) => messages === (at === 0 ? 10 : 2)) && found.count === 2 && found;
    });
    expect([user, count, conversations]).toEqual(["eve & co", 2, [
      { conversation_id: "Straße 7", created_at: expect.any(String), last_updated: expect.any(String), message_count: 10, preview: "silent 0" },
      { conversation_id: "the session/1", created_at: expect.any(String), last_updated: expect.any(String), message_count: 2, preview: long.slice(0, 100) },
    ]]);
    for (const { created_at: made, last_updated: changed } of conversations) expect(Date.parse(made) < Date.parse(changed)).toBeTrue();
    const contents = (page: Listed): string[] => page.messages.filter(({ role }) => role === "user").map(({ content }) => content);
    const newest = await messages("eve & co", "Straße 7", "?limit=4");
    expect([newest.count, contents(newest)]).toEqual([4, ["silent 3", "silent 4"]]);
    const before = await messages("eve & co", "Straße 7", `?limit=50&before=${newest.next}`);
    expect([before.count, contents(before), before.next]).toEqual([6, ["silent 0", "silent 1", "silent 2"], null]);
    const first = await read(service.url, "/conversations/eve%20%26%20co?limit=1");
    expect([first.count, (await read(service.url, `/conversations/eve%20%26%20co?limit=1&before=${first.next}`)).conversations[0]?.conversation_id]).toEqual([1, "the session/1"]);
    expect(await messages("eve & co", "never begun")).toMatchObject({ messages: [], count: 0, next: null });
    expect(await read(service.url, "/conversations/nobody")).toEqual({ user_id: "nobody", conversations: [], count: 0, next: null } as never);
    for (const query of ["?limit=0", "?limit=x", "?limit=1001", "?before=???"]) expectProblem(await ask(service.url, `/conversations/eve%20%26%20co/c/messages${query}`), 422, "request_invalid");
    eve.leave();
  });

  test("has nothing of a token's user without that token, whatever they call themselves, and is a user of their own with one", async () => {
    const token = await signUp(service.url, "grace");
    const me = (await ask(service.url, "/v1/me", { token })).json.user as string;
    const grace = await Asker.open(service.url, "grace", "s-9", token);
    await grace.asks("silent secret", "c-9");
    for (const name of ["grace", me]) expect((await read(service.url, `/conversations/${name}`)).count).toBe(0);
    expect([(await read(service.url, "/conversations/grace", token)).count, (await read(service.url, `/conversations/grace?token=${token}`)).count, (await messages("grace", "c-9")).count]).toEqual([1, 1, 0]);
    const stranger = await Asker.open(service.url, "grace", "s-9");
    await stranger.asks("silent mine", "c-9");
    expect((await messages("grace", "c-9")).messages[0]?.content).toBe("silent mine");
    expect((await read(service.url, "/conversations/grace/c-9/messages", token)).messages.map(({ content }) => content)).toEqual(["silent secret", 'The answer to "silent secret" is 7.']);
    expect([await handshake(service.url, "/ws/grace/s-9?token=forged"), await handshake(service.url, "/ws/grace/s-9?token=")]).toEqual([{ status: 401, code: "token_invalid" }, { status: 101, code: null }]);
    expectProblem(await ask(service.url, "/conversations/grace?token=forged"), 401, "token_invalid");
    // The address was journaled without it.
    expect(service.output()).not.toContain(token);
    grace.leave();
    stranger.leave();
  });

  test.skipIf(python === null)("asks from Python, closes the window in the middle, and finds the answer", async () => {
    const child = spawn(python ?? "", [join(import.meta.dir, "../support/data_questions_client.py"), service.url, "py", "s"], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    const saw = JSON.parse(printed) as Record<"first" | "pong" | "unread" | "second" | "third", Said[]> & { history: unknown };
    expect([legal(saw.first), legal(saw.third), saw.second.map(({ type }) => type)]).toEqual([null, null, ["started"]]);
    expect(saw.first.filter(({ data }) => data.retry_count === 1)).toHaveLength(1);
    expect([saw.first.at(-1)?.type, saw.third.at(-1)?.type, saw.pong, saw.unread[0]?.data.message]).toEqual(["completed", "error", [{ type: "pong", data: {} }], expect.stringMatching(/understood/)]);
    expect(saw.history).toEqual([["user", "First, twice?"], ["assistant", 'The answer to "First, twice?" is 7.'], ["user", "Second?"], ["assistant", 'The answer to "Second?" is 7.'], ["user", "This will fail"]]);
  }, LIMIT_MS * 2);

  test("is told that it was canceled or deleted, like a failure", async () => {
    const token = await signUp(service.url, "judy");
    const judy = createClient({ url: service.url, token });
    for (const [end, words] of [["cancel", /canceled/], ["remove", /deleted/]] as const) {
      const asker = await Asker.open(service.url, "judy", "s", token);
      asker.say({ type: "query", query: `I wait to ${end}`, conversation_id: "c" });
      await asker.next("progress");
      await until("the worker waits", LIMIT_MS, () => gates.has(`I wait to ${end}`));
      const [task] = (await judy.list({ limit: 1 })).tasks;
      if (task === undefined) throw new Error("no task");
      if (end === "remove") await judy.remove(task.task_id);
      else await judy.command(task.task_id, "cancel");
      expect((await asker.next("error")).data.message).toMatch(words);
      asker.leave();
    }
  });
});

test("a question outlives the service: killed in the middle, it is answered, and the answer is in the history", async () => {
  const home = mkdtempSync(join(tmpdir(), "taskwire-test-"));
  let service = await startService({ env: QUICK, home });
  try {
    const worker = createClient({ url: service.url, token: await signUp(service.url) });
    const workers = crew(worker);
    const ada = await Asker.open(service.url, "ada", "s");
    ada.say({ type: "query", query: "wait for it", conversation_id: "c" });
    await ada.next("progress");
    const go = await until("the worker waits", LIMIT_MS, () => gates.get("wait for it"));
    await service.kill();
    await until("the window is closed", LIMIT_MS, () => ada.closed);
    service = await startService({ env: QUICK, home, port: service.port });
    const again = await Asker.open(service.url, "ada", "s");
    go();
    expect((await until("the answer is in the history", LIMIT_MS, async () => (await read(service.url, "/conversations/ada/c/messages")).messages[1]))?.content).toBe('The answer to "wait for it" is 7.');
    const frames = await again.asks("silent and now?", "c");
    expect([legal(frames), frames.at(-1)?.type, (await read(service.url, "/conversations/ada/c/messages")).count]).toEqual([null, "completed", 4]);
    await workers.stop();
  } finally {
    await service.stop();
    rmSync(home, { recursive: true, force: true });
  }
}, 90_000);

test("where tokens are real the dialect is off until it is named, and open only where that is named too", async () => {
  const token = await makeToken({ subject: "ada" });
  const tries = async (dialects: string): Promise<unknown> => {
    await using service = await startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_DIALECTS: dialects } });
    const { url } = service;
    const answers = await Promise.all([handshake(url, "/ws/ada/s"), handshake(url, `/ws/ada/s?token=${token}`), ask(url, "/conversations/ada"), ask(url, `/conversations/ada?token=${token}`)]);
    return answers.map(({ status }) => status);
  };
  expect(await tries("")).toEqual([404, 404, 404, 404]);
  expect(await tries("data-questions")).toEqual([401, 101, 401, 200]);
  expect(await tries("data-questions:open")).toEqual([101, 101, 200, 200]);
}, 90_000);
