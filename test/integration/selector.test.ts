/** Watched sets on a real service with a real broker: over WebSocket and as an event stream, cut off, and come back to elsewhere. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createParser } from "eventsource-parser";
import { append, ask, createTask, expectProblem } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 15_000;
const line = (text: string) => ({ type: "log.line", data: { level: "info", text } });
const completed = { type: "task.completed", data: {} };

interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A connection of a client that keeps every frame, and the position that it would come back with. */
class Wire {
  readonly frames: Frame[] = [];
  position: string | null = null;
  code: number | null = null;
  #cut: () => void = () => {};

  static socket(url: string, token: string, subscribe: object): Wire {
    const wire = new Wire();
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/ws`, ["taskwire.v1", `bearer.${token}`]);
    socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", request_id: "s", ...subscribe }));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      wire.frames.push(frame);
      if (frame["selector"] !== undefined && frame["cursor"] !== undefined) wire.position = String(frame["cursor"]);
    };
    socket.onclose = ({ code }) => (wire.code = code);
    wire.send = (frame) => socket.send(JSON.stringify(frame));
    wire.#cut = () => socket.close();
    return wire;
  }

  static stream(url: string, token: string, query: string, after: string | null = null): Wire {
    const wire = new Wire();
    const abort = new AbortController();
    const parser = createParser({
      onEvent: ({ id, data }) => {
        wire.frames.push(JSON.parse(data) as Frame);
        if (id !== undefined) wire.position = id;
      },
    });
    const read = async (): Promise<void> => {
      const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream", ...(after === null ? {} : { "last-event-id": after }) };
      const answer = await fetch(`${url}/v1/events?${query}`, { headers, signal: abort.signal });
      wire.code = answer.status;
      for await (const chunk of answer.body ?? []) parser.feed(new TextDecoder().decode(chunk as Uint8Array));
    };
    read().catch(() => {});
    wire.#cut = () => abort.abort();
    return wire;
  }

  send: (frame: object) => void = () => {};

  cut(): void {
    this.#cut();
  }

  of(type: string, taskId?: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type && (taskId === undefined || frame["task_id"] === taskId));
  }

  /** The seqs of a task's events, in order of arrival. */
  seqs(taskId: string): number[] {
    return this.frames.filter((frame) => frame["task_id"] === taskId && frame["seq"] !== undefined).map((frame) => Number(frame["seq"]));
  }

  async has(what: string, type: string, taskId?: string): Promise<Frame> {
    return until(what, LIMIT_MS, () => this.of(type, taskId)[0] ?? null).catch((error: Error) => {
      throw new Error(`${error.message}; it has ${JSON.stringify(this.frames.map(({ type: each, task_id, reason }) => [each, task_id, reason]))}`);
    });
  }
}

describe("watched sets", () => {
  let nats: NatsServer;
  let one: Service;
  let other: Service;
  let users = 0;
  const someone = (scope = "tasks:publish"): Promise<string> => makeToken({ subject: `user${++users}`, scope });
  beforeAll(async () => {
    nats = await startNats();
    const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_HEARTBEAT_MS: "400" };
    one = await startService({ env });
    other = await startService({ env, runtime: "deno" });
  }, 60_000);
  afterAll(async () => {
    await one?.[Symbol.asyncDispose]();
    await other?.[Symbol.asyncDispose]();
    await nats?.[Symbol.asyncDispose]();
  }, 60_000);

  test("all of mine: what is there joins, what is made joins, what ends leaves, and nothing of others is told", async () => {
    const [ada, bob] = [await someone(), await someone()];
    const there = await createTask(one.url, ada, { kind: "build", title: "There" });
    const ended = await createTask(one.url, ada);
    await append(one.url, ada, ended, completed);
    await createTask(one.url, bob);
    const wire = Wire.socket(one.url, ada, { scope: "mine" });
    await wire.has("caught up", "stream.caught_up");
    expect(wire.of("stream.subscribed")[0]).toMatchObject({ selector: { scope: "mine" }, replay: "none", tail_seq: 0, request_id: "s", cursor: expect.stringMatching(/^[\w-]{1,255}$/) });
    expect(wire.of("stream.joined")).toEqual([{ type: "stream.joined", task_id: there, selector: { scope: "mine" }, reason: "present", summary: expect.objectContaining({ task_id: there, kind: "build", title: "There", last_seq: 1 }) }]);
    const made = await createTask(other.url, ada);
    await createTask(other.url, bob);
    await append(other.url, ada, made, [line("a"), completed]);
    await append(one.url, ada, there, line("b"));
    expect(await wire.has("it leaves", "stream.left", made)).toMatchObject({ reason: "ended", summary: { status: "completed", last_seq: 3 } });
    await until("what was there goes on", LIMIT_MS, () => wire.seqs(there).length > 0);
    expect([wire.seqs(made), wire.seqs(there)]).toEqual([[1, 2, 3], [2]]);
    expect(wire.of("stream.joined").map((frame) => frame["task_id"])).toEqual([there, made]);
    expect(wire.of("stream.end")).toEqual([]);
    const beat = await until("a heartbeat says where it stands", LIMIT_MS, () => wire.of("stream.heartbeat").at(-1) ?? null);
    expect(beat).toMatchObject({ selector: { scope: "mine" }, log: "ok", cursor: expect.any(String) });
    wire.cut();
  }, 60_000);

  test("one position resumes all, also those made and ended while nobody watched, on another instance and by the other protocol", async () => {
    const ada = await someone();
    const [a, b] = [await createTask(one.url, ada), await createTask(one.url, ada)];
    const first = Wire.socket(one.url, ada, { scope: "mine" });
    await first.has("caught up", "stream.caught_up");
    await append(one.url, ada, a, line("seen"));
    await until("it is seen", LIMIT_MS, () => first.seqs(a).includes(2));
    first.cut();
    const made = await createTask(one.url, ada);
    await append(one.url, ada, made, [line("x"), completed]);
    await append(one.url, ada, a, [line("y"), completed]);
    await append(one.url, ada, b, line("z"));
    for (const second of [Wire.stream(other.url, ada, "scope=mine", first.position), Wire.socket(other.url, ada, { scope: "mine", after: first.position })]) {
      expect(await second.has("what ended has left", "stream.left", a)).toMatchObject({ reason: "ended" });
      expect(await second.has("what was made and ended has left", "stream.left", made)).toMatchObject({ reason: "ended" });
      await second.has("caught up", "stream.caught_up");
      // That a task merely went on the index tells some seconds later; what was made just before the position may be told as new.
      expect(second.of("stream.joined").map(({ task_id, reason }) => [task_id, task_id === made ? reason : ""]).sort()).toEqual([[a, ""], [b, ""], [made, "created"]].sort());
      expect([second.seqs(a).slice(-2), second.seqs(made), second.seqs(b).at(-1)]).toEqual([[3, 4], [1, 2, 3], 2]);
      await until("its position goes on", LIMIT_MS, () => second.of("stream.heartbeat").length > 0);
      second.cut();
      // What was told is told no more.
      const third = Wire.stream(one.url, ada, "scope=mine", second.position);
      await third.has("caught up", "stream.caught_up");
      expect(third.of("stream.joined").map(({ task_id }) => task_id)).toEqual([b]);
      third.cut();
    }
  }, 60_000);

  test("a conversation, and one that nobody knows", async () => {
    const ada = await someone();
    const inside = await createTask(one.url, ada, { kind: "test", conversation_id: "talk" });
    await createTask(one.url, ada);
    const wire = Wire.stream(one.url, ada, "conversation=talk&replay=full");
    const empty = Wire.socket(one.url, ada, { conversation_id: "nosuch" });
    await Promise.all([wire, empty].map((each) => each.has("caught up", "stream.caught_up")));
    expect(wire.of("stream.joined").map(({ task_id }) => task_id)).toEqual([inside]);
    expect(wire.seqs(inside)).toEqual([1]);
    expect([...empty.of("stream.joined"), ...empty.of("stream.error")]).toEqual([]);
    const later = await createTask(other.url, ada, { kind: "test", conversation_id: "nosuch" });
    await empty.has("it begins", "task.created", later);
    for (const each of [wire, empty]) each.cut();
  }, 60_000);

  test("tasks by name: each is judged by itself, the rest goes on", async () => {
    const [ada, bob] = [await someone(), await someone()];
    const [mine, shared, hers] = [await createTask(one.url, ada), await createTask(one.url, bob, { kind: "test", access: "link" }), await createTask(one.url, bob)];
    const wire = Wire.stream(other.url, ada, [mine, shared, hers, "nosuch"].map((id) => `task=${id}`).join("&") + "&replay=full");
    await wire.has("caught up", "stream.caught_up");
    expect(wire.of("stream.error").map(({ task_id, code }) => [task_id, code]).sort()).toEqual([[hers, "task_unknown"], ["nosuch", "task_unknown"]].sort());
    expect(wire.of("stream.joined").map(({ task_id }) => task_id).sort()).toEqual([mine, shared].sort());
    await append(one.url, bob, shared, completed);
    expect(await wire.has("it leaves", "stream.left", shared)).toMatchObject({ reason: "ended" });
    await append(one.url, ada, mine, line("still"));
    await until("the other goes on", LIMIT_MS, () => wire.seqs(mine).length === 2);
    wire.cut();
  }, 60_000);

  test("sets and single tasks are mixed on one connection, and end by the same words", async () => {
    const ada = await someone();
    const [a, b] = [await createTask(one.url, ada, { kind: "test", conversation_id: "c" }), await createTask(one.url, ada)];
    const wire = Wire.socket(one.url, ada, { conversation_id: "c", replay: "full" });
    await wire.has("the set is caught up", "stream.caught_up");
    wire.send({ type: "subscribe", task_id: b, request_id: "t" });
    await wire.has("the task is caught up", "stream.caught_up", b);
    expect([wire.seqs(a), wire.seqs(b)]).toEqual([[1], [1]]);
    wire.send({ type: "unsubscribe", conversation_id: "c", request_id: "u" });
    expect(await wire.has("it has ended", "stream.unsubscribed")).toEqual({ type: "stream.unsubscribed", selector: { conversation_id: "c" }, request_id: "u" });
    await append(one.url, ada, a, line("nobody hears"));
    await append(one.url, ada, b, completed);
    await wire.has("the task has ended", "stream.end", b);
    expect(wire.seqs(a)).toEqual([1]);
    wire.send({ type: "subscribe", scope: "mine", task_id: a, request_id: "w" });
    expect(await wire.has("both is wrong", "stream.error")).toMatchObject({ code: "frame_invalid", request_id: "w" });
    wire.cut();
  }, 60_000);

  test("positions that are none, or of another set or user, and too many tasks are refused", async () => {
    const [ada, bob] = [await someone(), await someone()];
    const wire = Wire.socket(one.url, ada, { scope: "mine" });
    await wire.has("caught up", "stream.caught_up");
    const get = (token: string, query: string): ReturnType<typeof ask> => ask(one.url, `/v1/events?${query}`, { token, headers: { accept: "text/event-stream" } });
    for (const [token, query] of [[ada, "scope=mine&after=nonsense"], [bob, `scope=mine&after=${wire.position}`], [ada, `conversation=c&after=${wire.position}`]] as const) expectProblem(await get(token, query), 400, "cursor_invalid");
    const tasks = (count: number): string[] => Array.from({ length: count }, (_, at) => `t${at}`);
    const many = await get(ada, tasks(257).map((id) => `task=${id}`).join("&"));
    expect([many.status, many.json.code]).toEqual([429, "too_many_subscriptions"]);
    expectProblem(await get(ada, ""), 422, "request_invalid");
    expectProblem(await get(ada, "task=a.b"), 400, "id_invalid");
    expectProblem(await get(ada, "scope=yours"), 422, "request_invalid");
    wire.send({ type: "subscribe", conversation_id: "c", after: wire.position, request_id: "p" });
    wire.send({ type: "subscribe", task_ids: tasks(257), request_id: "m" });
    await until("both are refused", LIMIT_MS, () => wire.of("stream.error").length === 2);
    expect(wire.of("stream.error").map(({ code, request_id }) => [code, request_id]).sort()).toEqual([["cursor_invalid", "p"], ["too_many_subscriptions", "m"]]);
    expect(wire.code).toBeNull();
    const all = Wire.stream(one.url, ada, tasks(256).map((id) => `task=${id}`).join("&"));
    await all.has("256 are taken", "stream.caught_up");
    expect(all.of("stream.error")).toHaveLength(256);
    for (const each of [wire, all]) each.cut();
  }, 60_000);

  test("who is no administrator any more sees no more of others' tasks", async () => {
    const bob = await someone();
    const task = await createTask(one.url, bob);
    const subject = `root${++users}`;
    const wire = Wire.socket(one.url, await makeToken({ subject, scope: "admin" }), { task_ids: [task] });
    await wire.has("it joins", "stream.joined", task);
    wire.send({ type: "auth", token: await makeToken({ subject }), request_id: "a" });
    expect(await wire.has("it is refused", "stream.error", task)).toMatchObject({ code: "task_unknown" });
    await append(one.url, bob, task, line("secret"));
    wire.send({ type: "ping", request_id: "p" });
    await wire.has("pong", "stream.pong");
    expect(wire.seqs(task)).toEqual([]);
    wire.cut();
  }, 60_000);

  test("positions survive the broker's restart, and nothing is missing", async () => {
    const ada = await someone();
    const task = await createTask(one.url, ada);
    const wire = Wire.socket(one.url, ada, { scope: "mine" });
    await wire.has("caught up", "stream.caught_up");
    await nats.kill();
    await until("the service knows", LIMIT_MS, () => wire.of("stream.heartbeat").some((frame) => frame["log"] === "away"));
    await nats.restart();
    await until("appends are taken again", 30_000, async () => (await ask(one.url, `/v1/tasks/${task}/events`, { token: ada, body: line("after"), headers: { "idempotency-key": "k" } })).status === 200);
    const made = await createTask(other.url, ada);
    await until("both are delivered", LIMIT_MS, () => wire.seqs(task).includes(2) && wire.seqs(made).includes(1));
    await until("the position goes on", LIMIT_MS, () => wire.of("stream.heartbeat").at(-1)?.["log"] === "ok");
    wire.cut();
    const back = Wire.socket(other.url, ada, { scope: "mine", after: wire.position });
    await back.has("caught up", "stream.caught_up");
    expect(back.of("stream.gap")).toEqual([]);
    back.cut();
  }, 90_000);
});
