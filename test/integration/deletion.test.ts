/** A task that is deleted: its events go everywhere, its watchers are told, its id stays refused. On two instances at one broker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, createTask, expectProblem, talk } from "../support/api.ts";
import { type OpenedStore, openStore } from "../support/broker.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, startService } from "../support/service.ts";
import { openStream } from "../support/sse.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";

let nats: NatsServer;
let service: Service;
let other: Service;
let opened: OpenedStore;
let owner: string;
let stranger: string;
let admin: string;
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const remove = (taskId: string, token = owner, url = service.url): ReturnType<typeof ask> => ask(url, `/v1/tasks/${taskId}`, { token, method: "DELETE" });
const SECRET_TEXT = "nobody shall read this again";

beforeAll(async () => {
  nats = await startNats();
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_SWEEP_TICK_MS: "100", TASKWIRE_SWEEP_MS: "600", TASKWIRE_LEADER_MS: "600" };
  [service, other] = await Promise.all([startService({ env }), startService({ env })]);
  opened = await openStore(nats);
  [owner, stranger, admin] = await Promise.all([makeToken({ subject: "owner" }), makeToken({ subject: "stranger" }), makeToken({ subject: "root", scope: "admin" })]);
}, 60_000);
afterAll(async () => {
  await Promise.all([service, other].map((each) => each?.[Symbol.asyncDispose]()));
  await opened?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
});

async function filled(more: Record<string, unknown> = {}): Promise<string> {
  const taskId = await createTask(service.url, owner, { kind: "test", title: SECRET_TEXT, ...more });
  await append(service.url, owner, taskId, [{ type: "task.started", data: { attempt: 1 } }, { type: "log.line", data: { level: "info", text: SECRET_TEXT } }]);
  return taskId;
}

describe("deleting a task", () => {
  test("tells its watchers on every instance, and ends their streams", async () => {
    const taskId = await filled();
    using here = await openStream(service.url, `/v1/tasks/${taskId}/events`, bearer(owner));
    using there = await openStream(other.url, `/v1/tasks/${taskId}/events`, bearer(owner));
    const socket = talk(other.url, `/v1/tasks/${taskId}/ws`, { protocols: ["taskwire.v1", `bearer.${owner}`] });
    await Promise.all([here, there].map((stream) => stream.frame("stream.caught_up")));
    expect((await remove(taskId)).status).toBe(204);
    for (const stream of [here, there]) {
      expect(await stream.frame("task.deleted")).toMatchObject({ seq: 4, data: { by: expect.any(String) } });
      expect(await stream.frame("stream.end")).toMatchObject({ status: "deleted" });
      await stream.over();
    }
    const { frames, code } = await socket;
    expect([frames.at(-1)?.type, frames.at(-1)?.status, code]).toEqual(["stream.end", "deleted", 1000]);
  }, 20_000);

  test("leaves nothing to be read, listed, written or created anew, on every instance", async () => {
    const taskId = await filled({ task_id: `gone-${crypto.randomUUID()}`, conversation_id: "gone" });
    for (const { url } of [service, other]) expect((await ask(url, `/v1/tasks/${taskId}`, { token: owner })).text).toContain(SECRET_TEXT);
    expect((await remove(taskId)).status).toBe(204);
    for (const { url } of [service, other]) {
      await until("the instance knows of it", 10_000, async () => (await ask(url, `/v1/tasks/${taskId}`, { token: owner })).status === 410);
      for (const path of ["", "/events"]) expectProblem(await ask(url, `/v1/tasks/${taskId}${path}`, { token: owner }), 410, "task_deleted");
      expectProblem(await ask(url, `/v1/tasks/${taskId}/events`, { token: stranger }), 404, "task_unknown");
      expectProblem(await ask(url, `/v1/tasks/${taskId}/events`, { token: owner, body: { type: "task.progress", data: { percent: 1 } } }), 410, "task_deleted");
      expectProblem(await ask(url, `/v1/tasks/${taskId}/commands`, { token: owner, body: { command_id: "c", command: "cancel" } }), 410, "task_deleted");
      expectProblem(await ask(url, `/v1/tasks`, { token: owner, body: { kind: "test", task_id: taskId } }), 409, "id_taken");
      await until("it is not listed", 10_000, async () => !(await ask(url, "/v1/tasks", { token: owner })).text.includes(taskId));
      expect((await ask(url, "/v1/tasks?status=deleted", { token: owner })).json.tasks).toEqual([]);
      const refused = await talk(url, `/v1/tasks/${taskId}/ws`, { protocols: ["taskwire.v1", `bearer.${owner}`] });
      expect([refused.frames.at(-1)?.code, refused.code]).toEqual(["task_deleted", 4510]);
    }
    const { store } = opened;
    const kept = (await store.log.read({ taskId, after: 0, maxBytes: 1_000_000 })).batches;
    expect(kept.map(({ header, body }) => [header.firstSeq, header.status, new TextDecoder().decode(body).includes(SECRET_TEXT), header.state?.includes(SECRET_TEXT)])).toEqual([[4, "deleted", false, false]]);
    const entries = await until("the list's entry says so", 10_000, async () => {
      const all = await Array.fromAsync(store.index.all());
      return all.some(({ key, value }) => key.taskId === taskId && value.includes('"deleted"')) && all;
    });
    expect(entries.filter(({ key, value }) => key.taskId === taskId && value.includes(SECRET_TEXT))).toEqual([]);
    expect(await store.keys.list("deletions")).toEqual([]);
  }, 60_000);

  test("is a task's leaving from the sets that it was watched in", async () => {
    const taskId = await filled({ conversation_id: "leaving" });
    using set = await openStream(other.url, "/v1/events?conversation=leaving", bearer(owner));
    await set.frame("stream.caught_up");
    expect((await remove(taskId)).status).toBe(204);
    expect(await set.frame("task.deleted")).toMatchObject({ task_id: taskId });
    expect(await set.frame("stream.left")).toMatchObject({ task_id: taskId, reason: "deleted", summary: { status: "deleted" } });
    using later = await openStream(service.url, `/v1/events?task=${taskId}`, bearer(owner));
    expect(await later.frame("stream.error")).toMatchObject({ code: "task_deleted", task_id: taskId });
  }, 20_000);

  test("may be repeated, follows an end too, and is not for others", async () => {
    const taskId = await filled();
    expectProblem(await remove(taskId, stranger), 404, "task_unknown");
    expectProblem(await remove("no-such-task"), 404, "task_unknown");
    await append(service.url, owner, taskId, { type: "task.completed", data: {} });
    expect([(await remove(taskId, admin)).status, (await remove(taskId)).status, (await remove(taskId, owner, other.url)).status]).toEqual([204, 204, 204]);
    const linked = await filled({ access: "link" });
    expectProblem(await remove(linked, stranger), 403, "command_forbidden");
  }, 20_000);
});
