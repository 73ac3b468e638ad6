/** Conversations: lists, previews and messages out of the tasks that name them, also after the index was lost. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { append, ask, createTask, expectProblem } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { leaseOne, order, queueTask, under } from "../support/worker.ts";

let service: Service;
let token: string;

beforeAll(async () => {
  service = await startService();
  token = await signUp(service.url);
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

const get = (path: string, as = token): ReturnType<typeof ask> => ask(service.url, path, { token: as });
type Message = { readonly role: string; readonly content: string; readonly task_id: string; readonly message_id: string; readonly time: string; readonly open?: boolean; readonly truncated?: boolean };

/** A task of a conversation in which a question is answered. */
async function talk(conversation: string, question: string, answer: string, as = token): Promise<string> {
  const taskId = await createTask(service.url, as, { kind: "chat", conversation_id: conversation });
  await append(service.url, as, taskId, { type: "task.started", data: { attempt: 1 } });
  await order(service.url, as, taskId, "message", { text: question });
  await append(service.url, as, taskId, [
    { type: "message.started", data: { message_id: "a", role: "assistant" } },
    ...answer.split(" ").map((word) => ({ type: "message.delta", data: { message_id: "a", delta: `${word} ` } })),
    { type: "message.completed", data: { message_id: "a", content: `${answer} ` } },
    { type: "task.completed", data: {} },
  ]);
  return taskId;
}

describe("conversations", () => {
  test("exist by being named, and are listed newest change first with count, times and how they began", async () => {
    const mine = await signUp(service.url);
    expect((await get("/v1/conversations", mine)).json).toEqual({ conversations: [], next: null });
    await talk("first", `${"Tell me of numbers. ".repeat(10)}`, "One two", mine);
    await talk("second", "And letters?", "A B", mine);
    await talk("first", "More?", "Three", mine);
    const { conversations } = (await get("/v1/conversations", mine)).json as { conversations: Record<string, unknown>[] };
    expect(conversations.map(({ conversation_id, tasks, messages }) => [conversation_id, tasks, messages])).toEqual([["first", 2, 4], ["second", 1, 2]]);
    expect(conversations[0]?.preview).toBe("Tell me of numbers. ".repeat(10).slice(0, 100));
    expect((await get("/v1/conversations/second", mine)).json).toMatchObject({ conversation_id: "second", preview: "And letters?", created_at: expect.any(String), updated_at: expect.any(String) });
    const page = (await get("/v1/conversations?limit=1", mine)).json as { conversations: { conversation_id: string }[]; next: string };
    expect(page.conversations[0]?.conversation_id).toBe("first");
    expect((await get(`/v1/conversations?limit=1&before=${page.next}`, mine)).json).toMatchObject({ conversations: [{ conversation_id: "second" }], next: null });
  });

  test("tell what was said, oldest first, in pages towards the beginning, over all their tasks", async () => {
    const tasks: string[] = [];
    for (let at = 0; at < 4; at += 1) tasks.push(await talk("long", `question ${at}`, `answer ${at}`));
    const all = (await get("/v1/conversations/long/messages?limit=50")).json as { messages: Message[]; next: null };
    expect(all.next).toBeNull();
    expect(all.messages.map(({ role, content }) => `${role}: ${content.trim()}`)).toEqual([0, 1, 2, 3].flatMap((at) => [`user: question ${at}`, `assistant: answer ${at}`]));
    expect(all.messages.map(({ task_id }) => task_id)).toEqual(tasks.flatMap((taskId) => [taskId, taskId]));
    const pages: Message[][] = [];
    for (let before = ""; ; ) {
      const page = (await get(`/v1/conversations/long/messages?limit=3${before === "" ? "" : `&before=${before}`}`)).json as { messages: Message[]; next: string | null };
      pages.unshift(page.messages);
      if (page.next === null) break;
      before = page.next;
    }
    expect(pages.map(({ length }) => length)).toEqual([2, 3, 3]);
    expect(pages.flat()).toEqual(all.messages);
  });

  test("show what is being written as open, and cut what is too long", async () => {
    const taskId = await createTask(service.url, token, { kind: "chat", conversation_id: "open" });
    await append(service.url, token, taskId, [{ type: "message.started", data: { message_id: "a", role: "assistant" } }, { type: "message.delta", data: { message_id: "a", delta: "Well" } }]);
    expect((await get("/v1/conversations/open/messages")).json).toMatchObject({ messages: [{ role: "assistant", content: "Well", open: true }] });
    for (let at = 0; at < 3; at += 1) await append(service.url, token, taskId, { type: "message.delta", data: { message_id: "a", delta: "x".repeat(30_000) } });
    const { messages } = (await get("/v1/conversations/open/messages")).json as { messages: Message[] };
    expect([messages[0]?.content.length, messages[0]?.truncated]).toEqual([65_536, true]);
  });

  test("are read by who works on a task of theirs, while they hold it, and only of that one", async () => {
    const worker = await signUp(service.url);
    const question = await talk("worked", "How many?", "Three");
    const read = (conversation: string, taskId: string): ReturnType<typeof ask> => get(`/v1/conversations/${conversation}/messages?task_id=${taskId}`, worker);
    expectProblem(await read("worked", question), 404, "conversation_unknown");
    const taskId = await queueTask(service.url, token, { kind: "answer", conversation_id: "worked" });
    expectProblem(await read("worked", taskId), 404, "conversation_unknown");
    const lease = await leaseOne(service.url, worker, "answer");
    expect((await read("worked", taskId)).json).toMatchObject({ messages: [{ role: "user", content: "How many?" }, { role: "assistant", content: "Three " }] });
    await talk("other", "And here?", "Yes");
    expectProblem(await read("other", taskId), 404, "conversation_unknown");
    expectProblem(await read("worked", "nosuch"), 404, "conversation_unknown");
    expect((await get(`/v1/conversations/worked/messages?task_id=${taskId}`)).status).toBe(200);
    await under(service.url, worker, lease, "lease/fail", { error: { code: "tired", message: "x", retryable: false } });
    expectProblem(await read("worked", taskId), 404, "conversation_unknown");
  });

  test("are their owner's alone, and lose what is deleted", async () => {
    const stranger = await signUp(service.url);
    const taskId = await talk("private", "Secret?", "Yes");
    expectProblem(await get("/v1/conversations/private", stranger), 404, "conversation_unknown");
    expectProblem(await get("/v1/conversations/private/messages", stranger), 404, "conversation_unknown");
    expect((await ask(service.url, `/v1/tasks/${taskId}`, { token, method: "DELETE" })).status).toBe(204);
    expectProblem(await get("/v1/conversations/private/messages"), 404, "conversation_unknown");
    expectProblem(await get("/v1/conversations/nosuch"), 404, "conversation_unknown");
    expectProblem(await get("/v1/conversations?before=garbage!"), 422, "request_invalid", { path: "before" });
    expectProblem(await get("/v1/conversations/a.b"), 400, "id_invalid");
  });
});

describe("an index that was lost", () => {
  test("is made anew from the log, and says what it said", async () => {
    await using nats = await startNats();
    const env = { NATS_URL: brokerUrl(nats) };
    await using own = await startService({ env });
    const mine = await signUp(own.url);
    const admin = JSON.parse(await Bun.file(`${own.home}/local.json`).text()) as { token: string };
    for (const conversation of ["a", "b"]) {
      const taskId = await createTask(own.url, mine, { kind: "chat", conversation_id: conversation, title: `In ${conversation}` });
      await order(own.url, mine, taskId, "message", { text: `Hello ${conversation}` });
    }
    await createTask(own.url, mine, { kind: "build", queue: true });
    const look = async (): Promise<unknown[]> => [(await ask(own.url, "/v1/tasks", { token: mine })).json.tasks, (await ask(own.url, "/v1/conversations", { token: mine })).json.conversations];
    const sorted = async (): Promise<string> => JSON.stringify((await look()).map((list) => (list as { task_id?: string; conversation_id?: string }[]).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))));
    const before = await sorted();
    await own.stop();
    await wipeIndex(nats);
    await using wiped = await startService({ home: own.home, port: own.port, env });
    await until("the lists are empty", 30_000, async () => ((await look())[0] as unknown[]).length === 0);
    const rebuilt = await ask(wiped.url, "/v1/admin/index/rebuild", { token: admin.token, method: "POST" });
    expect(rebuilt.json).toMatchObject({ tasks: 3, written: 3, failed: 0 });
    await until("the lists are back", 30_000, async () => (await sorted()) === before);
    expect((await ask(wiped.url, "/v1/admin/index/rebuild", { token: admin.token, method: "POST" })).json).toMatchObject({ tasks: 3, written: 0 });
    expectProblem(await ask(wiped.url, "/v1/admin/index/rebuild", { token: mine, method: "POST" }), 403, "scope_missing");
  }, 90_000);
});

/** Purges the streams of the index behind the service's back. */
async function wipeIndex({ url, credentials }: NatsServer): Promise<void> {
  const nats = await connect({ servers: url.replace("nats://", ""), ...(credentials ? { user: credentials.user, pass: credentials.password } : {}) });
  const manager = await jetstreamManager(nats);
  for (const name of ["00", "01", "02", "03"]) await manager.streams.purge(`TASKWIRE_IX_${name}`);
  await nats.close();
}
