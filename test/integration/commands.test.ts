/** What people order of a task: stored once, ruled on by its state, answered by its worker or by the service. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, createTask, expectProblem } from "../support/api.ts";
import { type Service, signUp, startService } from "../support/service.ts";
import { until } from "../support/until.ts";
import { eventsOf, order, queueTask } from "../support/worker.ts";

/** How long a worker has to answer a cancel here. Milliseconds. */
const GRACE_MS = 400;

let service: Service;
let token: string;

beforeAll(async () => {
  service = await startService({ env: { TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_LEADER_MS: "600", TASKWIRE_CANCEL_MS: String(GRACE_MS) } });
  token = await signUp(service.url);
}, 60_000);
afterAll(() => service?.[Symbol.asyncDispose]());

/** A task that somebody works on. */
async function running(): Promise<string> {
  const taskId = await createTask(service.url, token);
  await append(service.url, token, taskId, { type: "task.started", data: { attempt: 1 } });
  return taskId;
}
const send = (taskId: string, events: unknown): Promise<unknown> => append(service.url, token, taskId, events);
const command = (taskId: string, name: string, data?: Record<string, unknown>, id?: string): ReturnType<typeof order> => order(service.url, token, taskId, name, data, id);
const told = async (taskId: string): Promise<readonly string[]> => (await eventsOf(service.url, token, taskId)).slice(2).map(({ type, data }) => (typeof data.command === "string" ? `${type} ${data.command}` : type));

describe("a command", () => {
  test("is in the log for its worker to see, and done once however often it is sent", async () => {
    const taskId = await running();
    const first = await command(taskId, "pause", { reason: "lunch" }, "k1");
    expect(first.json).toMatchObject({ task_id: taskId, command_id: "k1", command: "pause", outcome: "accepted", first_seq: 3, last_seq: 3, duplicate: false });
    expect((await command(taskId, "pause", { reason: "lunch" }, "k1")).json).toMatchObject({ outcome: "accepted", first_seq: 3, duplicate: true });
    await send(taskId, [{ type: "task.paused", data: {} }, { type: "command.applied", data: { command_id: "k1", command: "pause" } }]);
    expect((await command(taskId, "pause", {}, "k1")).json).toMatchObject({ outcome: "applied", duplicate: true });
    expectProblem(await command(taskId, "resume", {}, "k1"), 422, "idempotency_mismatch");
    expect(await told(taskId)).toEqual(["command.accepted pause", "task.paused", "command.applied pause"]);
  });

  test("that the state forbids is rejected in the log, and to whoever sent it, with the rule", async () => {
    const taskId = await createTask(service.url, token);
    expectProblem(await command(taskId, "pause"), 409, "command_rejected", { reason: "not_running" });
    await send(taskId, { type: "task.started", data: { attempt: 1 } });
    expectProblem(await command(taskId, "resume"), 409, "command_rejected", { reason: "not_paused" });
    expectProblem(await command(taskId, "respond", { request_id: "q1", response: 1 }), 409, "command_rejected", { reason: "input_not_open" });
    await send(taskId, { type: "task.paused", data: {} });
    expectProblem(await command(taskId, "pause", {}, "k9"), 409, "command_rejected", { reason: "already_paused" });
    expectProblem(await command(taskId, "pause", {}, "k9"), 409, "command_rejected");
    expect((await told(taskId)).filter((line) => line === "command.rejected pause").length).toBe(1);
    await send(taskId, { type: "task.completed", data: {} });
    expectProblem(await command(taskId, "cancel"), 409, "task_ended", { law: 1 });
  });

  test("to resume is taken while a pause is on its way", async () => {
    const taskId = await running();
    await command(taskId, "pause");
    expect((await command(taskId, "resume")).json).toMatchObject({ outcome: "accepted" });
  });

  test("with a message is a message of the conversation, too", async () => {
    const taskId = await running();
    expect((await command(taskId, "message", { text: "Look at page two" }, "m1")).json).toMatchObject({ outcome: "accepted", first_seq: 3, last_seq: 4 });
    expect((await eventsOf(service.url, token, taskId)).at(-1)).toMatchObject({ type: "message.completed", actor: expect.anything(), data: { message_id: "m1", role: "user", content: "Look at page two" } });
  });

  test("comes over a WebSocket just the same", async () => {
    const taskId = await running();
    const socket = new WebSocket(`${service.url.replace("http", "ws")}/v1/ws`, ["taskwire.v1", `bearer.${token}`]);
    const frames: Record<string, unknown>[] = [];
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as Record<string, unknown>);
    const answered = (id: string): Promise<Record<string, unknown>> => until(`frame ${id} is answered`, 5_000, () => frames.find(({ request_id }) => request_id === id));
    await until("the socket is ready", 5_000, () => frames.length > 0);
    socket.send(JSON.stringify({ type: "command", task_id: taskId, command_id: "k1", command: "cancel", request_id: "r1" }));
    expect(await answered("r1")).toMatchObject({ type: "stream.ack", task_id: taskId, command_id: "k1", outcome: "accepted", duplicate: false });
    socket.send(JSON.stringify({ type: "command", task_id: taskId, command_id: "k2", command: "dance", request_id: "r2" }));
    expect(await answered("r2")).toMatchObject({ type: "stream.error", code: "request_invalid" });
    socket.send(JSON.stringify({ type: "command", task_id: taskId, command_id: "k3", command: "resume", request_id: "r3" }));
    expect(await answered("r3")).toMatchObject({ type: "stream.error", code: "command_rejected", task_id: taskId });
    socket.close();
  });
});

describe("a cancel", () => {
  test("is its worker's to answer, and counts as done when it has", async () => {
    const taskId = await running();
    await command(taskId, "cancel", { reason: "no need" }, "k1");
    await send(taskId, { type: "task.canceled", data: { reason: "as asked" } });
    expect(await told(taskId)).toEqual(["command.accepted cancel", "task.canceled"]);
    expect((await command(taskId, "cancel", {}, "k1")).json).toMatchObject({ outcome: "applied", duplicate: true });
  });

  test("that nobody answers is carried out by the service, which cuts the worker off", async () => {
    const taskId = await running();
    const began = Date.now();
    await command(taskId, "cancel");
    await until("the service has canceled it", 5_000, async () => (await told(taskId)).at(-1) === "task.canceled");
    expect(Date.now() - began).toBeGreaterThanOrEqual(GRACE_MS);
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/events`, { token, body: { type: "task.progress", data: { percent: 1 } } }), 409, "task_ended");
  });
});

describe("a question", () => {
  const asked = (more: Record<string, unknown> = {}): unknown => ({ type: "input.requested", data: { request_id: "q1", kind: "question", prompt: "How many?", ...more } });

  test("is answered once, by whoever comes first", async () => {
    const taskId = await running();
    await send(taskId, asked());
    const answers = await Promise.all(Array.from({ length: 5 }, (_, at) => command(taskId, "respond", { request_id: "q1", response: at })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409]);
    const events = await eventsOf(service.url, token, taskId);
    expect(events.filter(({ type }) => type === "input.resolved").length).toBe(1);
    expect((await ask(service.url, `/v1/tasks/${taskId}`, { token })).json.task).toMatchObject({ status: "running" });
  });

  test("is held to its schema, with the place that is wrong; a refusal to answer is not", async () => {
    const taskId = await running();
    await send(taskId, asked({ schema: { type: "object", properties: { count: { type: "integer", minimum: 1 } }, required: ["count"] } }));
    expectProblem(await command(taskId, "respond", { request_id: "q1", response: { count: 0 } }), 422, "response_invalid", { path: "data.response.count" });
    expectProblem(await command(taskId, "respond", { request_id: "q1", response: {} }), 422, "response_invalid");
    expect((await command(taskId, "respond", { request_id: "q1", outcome: "denied" })).json).toMatchObject({ outcome: "applied" });
  });

  test("whose time is over is answered by the service, whatever its id looks like", async () => {
    const taskId = await running();
    const strange = "wie viele Stücke, bitte? ".padEnd(64, "ü");
    const expires = new Date(Date.now() + 300).toISOString();
    await send(taskId, [asked({ expires_at: expires }), { type: "input.requested", data: { request_id: strange, kind: "question", prompt: "?", expires_at: expires } }]);
    const resolved = await until("both are over", 5_000, async () => {
      const found = (await eventsOf(service.url, token, taskId)).filter(({ type }) => type === "input.resolved");
      return found.length === 2 && found;
    });
    expect(resolved.map(({ data }) => data)).toEqual([{ request_id: "q1", outcome: "expired" }, { request_id: strange, outcome: "expired" }]);
  });
});

describe("a finished task", () => {
  test("is done again as a new task on the same input, linked both ways, one at a time", async () => {
    const taskId = await createTask(service.url, token, { kind: "sum", title: "Add", input: { of: [1, 2] }, conversation_id: "c7" });
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/retry`, { token, method: "POST" }), 409, "task_running");
    await send(taskId, { type: "task.failed", data: { error: { code: "x", message: "x", retryable: true } } });
    const both = await Promise.all([1, 2].map(() => ask(service.url, `/v1/tasks/${taskId}/retry`, { token, method: "POST" })));
    const ids = new Set(both.map(({ json }) => json.task_id ?? json.retried_by));
    expect(ids.size).toBe(1);
    const [again] = [...ids] as [string];
    expectProblem(await ask(service.url, `/v1/tasks/${taskId}/retry`, { token, method: "POST" }), 409, "retry_running", { retried_by: again });
    expect((await ask(service.url, `/v1/tasks/${again}`, { token })).json).toMatchObject({ task: { retry_of: taskId, title: "Add" }, snapshot: { input: { of: [1, 2] }, conversation_id: "c7" } });
    expect((await ask(service.url, `/v1/tasks/${taskId}`, { token })).json).toMatchObject({ task: { retried_by: again } });
    await send(again, { type: "task.completed", data: {} });
    expect((await ask(service.url, `/v1/tasks/${taskId}/retry`, { token, method: "POST" })).json.task_id).not.toBe(again);
  });

  test("that was queued is queued again, on the same terms", async () => {
    const taskId = await queueTask(service.url, token, { kind: "again", max_attempts: 5, priority: "high" });
    await command(taskId, "cancel");
    const made = await ask(service.url, `/v1/tasks/${taskId}/retry`, { token, method: "POST" });
    expect((await eventsOf(service.url, token, String(made.json.task_id)))[0]?.data).toMatchObject({ retry_of: taskId, work: { max_attempts: 5, priority: "high" } });
  });
});

describe("orders that make no sense", () => {
  test("are refused with what was wrong, and nothing is stored", async () => {
    const taskId = await running();
    const path = `/v1/tasks/${taskId}/commands`;
    const wrong: readonly (readonly [unknown, number, string, Record<string, unknown>])[] = [
      [{ command_id: "k1", command: "dance" }, 422, "request_invalid", { path: "command" }],
      [{ command: "pause" }, 422, "request_invalid", { path: "command_id" }],
      [{ command_id: "k1", command: "message" }, 422, "request_invalid", { path: "data.text" }],
      [{ command_id: "k1", command: "respond", data: {} }, 422, "request_invalid", { path: "data.request_id" }],
      [{ command_id: "k1", command: "respond", data: { request_id: "q", outcome: "maybe" } }, 422, "request_invalid", { path: "data.outcome" }],
      [[], 422, "request_invalid", { path: "" }],
    ];
    for (const [body, status, code, more] of wrong) expectProblem(await ask(service.url, path, { token, body }), status, code, more);
    expectProblem(await ask(service.url, path, { token, body: "{", type: "application/json" }), 400, "malformed_json");
    expectProblem(await ask(service.url, "/v1/tasks/nosuch/commands", { token, body: { command_id: "k", command: "pause" } }), 404, "task_unknown");
    expect((await eventsOf(service.url, token, taskId)).length).toBe(2);
  });

  test("are refused to who may only watch", async () => {
    const stranger = await signUp(service.url);
    const open = await createTask(service.url, token, { kind: "test", access: "link" });
    const closed = await createTask(service.url, token);
    expectProblem(await order(service.url, stranger, open, "cancel"), 403, "command_forbidden");
    expectProblem(await order(service.url, stranger, closed, "cancel"), 404, "task_unknown");
  });
});
