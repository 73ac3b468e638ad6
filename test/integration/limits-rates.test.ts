/** Bounds of one user, task, address and connection: over one the caller is told which and how long to wait; the neighbour notices nothing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, createTask, expectProblem, talk } from "../support/api.ts";
import { type Service, startService } from "../support/service.ts";
import { openStream, type Stream } from "../support/sse.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

const BOUNDS = {
  TASKWIRE_USER_CONNECTIONS: "4", TASKWIRE_CONNECTION_FRAMES_PER_SECOND: "20", TASKWIRE_USER_APPENDS_PER_SECOND: "30", TASKWIRE_TASK_APPENDS_PER_SECOND: "10",
  TASKWIRE_DIALECTS: "agent-progress:open", TASKWIRE_USER_COMMANDS_PER_SECOND: "5", TASKWIRE_USER_OPEN_TASKS: "6", TASKWIRE_SUBSCRIPTIONS: "3",
};
const LINE = { type: "log.line", data: { level: "info", text: "hello" } };
let service: Service;

beforeAll(async () => void (service = await startService({ env: { ...ISSUER_SETTINGS, ...BOUNDS } })), 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

const somebody = (name = "user"): Promise<string> => makeToken({ subject: `${name}-${crypto.randomUUID()}` });
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const refused = async (limit: string): Promise<number> => Number(new RegExp(`taskwire_refused_total\\{limit="${limit}"\\} (\\d+)`).exec((await ask(service.url, "/metrics")).text)?.[1] ?? 0);

/** Asks until it is refused; answers how often it was taken, and the refusal. */
async function untilRefused(most: number, once: () => ReturnType<typeof ask>): Promise<{ readonly taken: number; readonly refusal: Awaited<ReturnType<typeof ask>> }> {
  for (let taken = 0; taken < most; taken += 1) {
    const answer = await once();
    if (answer.status >= 400) return { taken, refusal: answer };
  }
  throw new Error(`all ${most} were taken`);
}

describe("appends", () => {
  test("of one user are bounded over all their tasks; after the wait that is told the next is taken", async () => {
    const token = await somebody();
    const tasks = await Promise.all(Array.from({ length: 5 }, () => createTask(service.url, token)));
    let at = 0;
    const once = (): ReturnType<typeof ask> => ask(service.url, `/v1/tasks/${tasks[at++ % tasks.length]}/events`, { token, body: LINE });
    const before = await refused("user_appends_per_second");
    const { taken, refusal } = await untilRefused(200, once);
    expect(taken).toBeGreaterThanOrEqual(30);
    expectProblem(refusal, 429, "rate_limited", { limit: "user_appends_per_second", retryable: true });
    expect(await refused("user_appends_per_second")).toBeGreaterThan(before);
    const wait = Number(refusal.json.retry_after_ms);
    expect(wait).toBeLessThanOrEqual(Math.ceil(1_000 / 30));
    const told = Date.now() + wait;
    await until("the wait is over", 5_000, () => Date.now() > told);
    expect((await once()).status).toBe(200);
  }, 20_000);

  test("to one task are bounded, and a stranger's attempts are not counted there", async () => {
    const [token, stranger] = await Promise.all([somebody(), somebody()]);
    const taskId = await createTask(service.url, token);
    for (let at = 0; at < 20; at += 1) expectProblem(await ask(service.url, `/v1/tasks/${taskId}/events`, { token: stranger, body: LINE }), 404, "task_unknown");
    const { taken, refusal } = await untilRefused(100, () => ask(service.url, `/v1/tasks/${taskId}/events`, { token, body: LINE }));
    expect(taken).toBeGreaterThanOrEqual(10);
    expectProblem(refusal, 429, "rate_limited", { limit: "task_appends_per_second" });
    const stored = await ask(service.url, `/v1/tasks/${taskId}/events?limit=1`, { token });
    expect(stored.json.tail_seq).toBe(taken + 1);
  }, 20_000);

  test("that are refused of one cost the neighbour nothing", async () => {
    const [greedy, modest] = await Promise.all([somebody("greedy"), somebody("modest")]);
    const [loud, quiet] = await Promise.all([createTask(service.url, greedy), createTask(service.url, modest)]);
    let done = false;
    let turnedAway = 0;
    const flood = async (): Promise<void> => {
      while (!done) if ((await ask(service.url, `/v1/tasks/${loud}/events`, { token: greedy, body: LINE })).status === 429) turnedAway += 1;
    };
    const floods = [flood(), flood(), flood()];
    using stream = await openStream(service.url, `/v1/tasks/${quiet}/events`, bearer(modest));
    for (let count = 1; count <= 8; count += 1) {
      await append(service.url, modest, quiet, LINE);
      await until("it has come", 2_000, () => stream.sent.filter(({ frame }) => frame.type === "log.line").length === count);
    }
    done = true;
    await Promise.all(floods);
    expect(turnedAway).toBeGreaterThan(20);
  }, 20_000);
});

test("commands of one user are bounded, over HTTP and WebSocket together", async () => {
  const token = await somebody();
  const taskId = await createTask(service.url, token);
  const order = (): ReturnType<typeof ask> => ask(service.url, `/v1/tasks/${taskId}/commands`, { token, body: { command_id: crypto.randomUUID(), command: "message", data: { text: "x" } } });
  const { taken, refusal } = await untilRefused(50, order);
  expect(taken).toBeGreaterThanOrEqual(5);
  expectProblem(refusal, 429, "rate_limited", { limit: "user_commands_per_second" });
  const { frames } = await talk(service.url, "/v1/ws", {
    protocols: ["taskwire.v1", `bearer.${token}`],
    onFrame: ({ type, request_id }) => {
      if (type === "stream.ready") return JSON.stringify({ type: "command", task_id: taskId, command_id: "c1", command: "cancel", request_id: "r1" });
      return request_id === "r1" ? new Uint8Array(1) : null;
    },
  });
  // Either it was refused as well, or a token had come back meanwhile.
  expect(["rate_limited", undefined]).toContain(frames.find(({ request_id }) => request_id === "r1")?.code as string | undefined);
}, 20_000);

test("frames of one connection are bounded: what comes too soon is answered, not acted upon, and the connection stays", async () => {
  const token = await somebody();
  const frames: Record<string, unknown>[] = [];
  const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/ws`, ["taskwire.v1", `bearer.${token}`]);
  socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as Record<string, unknown>);
  await until("it is open", 5_000, () => frames.length > 0);
  const before = await refused("connection_frames_per_second");
  for (let at = 0; at < 60; at += 1) socket.send(JSON.stringify({ type: "ping", request_id: `p${at}` }));
  await until("each was answered", 5_000, () => frames.length === 61);
  const errors = frames.filter(({ type }) => type === "stream.error");
  expect(errors.length).toBeGreaterThan(20);
  expect(errors[0]).toMatchObject({ code: "rate_limited", limit: "connection_frames_per_second", retryable: true, retry_after_ms: expect.any(Number), request_id: expect.any(String) });
  expect(new Set(frames.slice(1).map(({ request_id }) => request_id)).size).toBe(60);
  expect(await refused("connection_frames_per_second")).toBe(before + errors.length);
  const told = Date.now() + Number(errors.at(-1)?.retry_after_ms);
  await until("the wait is over", 5_000, () => Date.now() > told);
  socket.send(JSON.stringify({ type: "ping", request_id: "last" }));
  expect(await until("it is answered", 5_000, () => frames.find(({ request_id }) => request_id === "last"))).toMatchObject({ type: "stream.pong" });
  socket.close();
}, 20_000);

test("tasks watched on one connection are bounded, and counted", async () => {
  const token = await somebody();
  const before = await refused("subscriptions");
  const many = await ask(service.url, `/v1/events?${Array.from({ length: 4 }, (_, at) => `task=t${at}`).join("&")}`, { token });
  expectProblem(many, 429, "too_many_subscriptions", { limit: "subscriptions" });
  expect(await refused("subscriptions")).toBe(before + 1);
}, 20_000);

describe("connections", () => {
  test("of those who come without a token are not those of one user", async () => {
    const sockets = Array.from({ length: 8 }, (_, at) => new WebSocket(`${service.url.replace(/^http/, "ws")}/ws/agent-progress/open-${at}`));
    const opened = await Promise.all(sockets.map((socket) => new Promise((resolve) => {
      socket.onmessage = ({ data }) => resolve((JSON.parse(String(data)) as { step: string }).step);
      socket.onerror = () => resolve("refused");
    })));
    expect(opened).toEqual(Array.from({ length: 8 }, () => "connected"));
    for (const socket of sockets) socket.close();
  }, 20_000);

  test("of one user are bounded, streams and sockets together; the neighbour's are not", async () => {
    const [token, neighbour] = await Promise.all([somebody(), somebody()]);
    const taskId = await createTask(service.url, token);
    const open: Stream[] = [];
    const before = await refused("user_connections");
    try {
      for (let at = 0; at < 4; at += 1) {
        open.push(await openStream(service.url, `/v1/tasks/${taskId}/events`, bearer(token)));
        await open.at(-1)?.frame("stream.ready");
      }
      using more = await openStream(service.url, `/v1/tasks/${taskId}/events`, bearer(token));
      expect([more.status, more.refusal]).toEqual([429, expect.objectContaining({ code: "rate_limited", limit: "user_connections", retry_after_ms: expect.any(Number) })]);
      for (const first of [[], [JSON.stringify({ type: "auth", token })]]) {
        const socket = await talk(service.url, "/v1/ws", { protocols: first.length > 0 ? ["taskwire.v1"] : ["taskwire.v1", `bearer.${token}`], first });
        expect([socket.frames.at(-1), socket.code]).toEqual([expect.objectContaining({ type: "stream.error", code: "too_many_connections", limit: "user_connections" }), 4429]);
      }
      expect(await refused("user_connections")).toBe(before + 3);
      using other = await openStream(service.url, `/v1/tasks/${await createTask(service.url, neighbour)}/events`, bearer(neighbour));
      expect(other.status).toBe(200);
      open.pop()?.[Symbol.dispose]();
      await until("a place is free", 5_000, async () => {
        const again = await openStream(service.url, `/v1/tasks/${taskId}/events`, bearer(token));
        if (again.status !== 200) return false;
        open.push(again);
        return true;
      });
    } finally {
      for (const stream of open) stream[Symbol.dispose]();
    }
  }, 20_000);

  test("from one address are bounded, whoever it is", async () => {
    await using narrow = await startService({ env: { ...ISSUER_SETTINGS, TASKWIRE_ADDRESS_CONNECTIONS: "2" } });
    const tokens = await Promise.all([somebody(), somebody(), somebody()]);
    const streams: Stream[] = [];
    for (const token of tokens) {
      streams.push(await openStream(narrow.url, `/v1/tasks/${await createTask(narrow.url, token)}/events`, bearer(token)));
      if (streams.length < 3) await streams.at(-1)?.frame("stream.ready");
    }
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(streams[2]?.refusal).toMatchObject({ code: "rate_limited", limit: "address_connections" });
    for (const stream of streams) stream[Symbol.dispose]();
  }, 20_000);
});

test("open tasks of one user are bounded; one that ends makes room", async () => {
  const [token, neighbour] = await Promise.all([somebody(), somebody()]);
  const made: string[] = [];
  const create = async (): ReturnType<typeof ask> => {
    const answer = await ask(service.url, "/v1/tasks", { token, body: { kind: "k" } });
    if (answer.status === 201) made.push(String(answer.json.task_id));
    return answer;
  };
  const { taken, refusal } = await untilRefused(50, create);
  // The first is created while the list is being read.
  expect(taken).toBeLessThanOrEqual(8);
  expectProblem(refusal, 429, "too_many_tasks", { limit: "user_open_tasks", retryable: true });
  expectProblem(await create(), 429, "too_many_tasks");
  await createTask(service.url, neighbour);
  for (const taskId of made) await append(service.url, token, taskId, { type: "task.completed", data: {} });
  expect((await create()).status).toBe(201);
}, 20_000);
