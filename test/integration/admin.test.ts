/** What operators see and do, over two instances on one broker. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { append, ask, createTask, expectProblem } from "../support/api.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { until } from "../support/until.ts";
import { eventsOf, leaseOne, queueTask } from "../support/worker.ts";

let nats: NatsServer;
let services: readonly Service[];
let admin: string;
let user: string;

beforeAll(async () => {
  nats = await startNats();
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_SWEEP_TICK_MS: "50", TASKWIRE_LEADER_MS: "600", TASKWIRE_CANCEL_MS: "400" };
  services = await Promise.all([1, 2].map(() => startService({ env })));
  admin = await makeToken({ subject: "operator", scope: "admin" });
  user = await makeToken({ subject: "somebody", scope: "tasks:publish work" });
}, 60_000);
afterAll(async () => {
  await Promise.all(services?.map((service) => service[Symbol.asyncDispose]()) ?? []);
  await nats?.[Symbol.asyncDispose]();
});

const at = (number: number): string => services[number]?.url ?? "";

/** Watches a task over a WebSocket of one instance; tells what it was given, and how it ended. */
function watch(number: number, taskId: string): { readonly frames: Record<string, unknown>[]; readonly closed: Promise<number>; close(): void } {
  const socket = new WebSocket(`${at(number).replace("http", "ws")}/v1/tasks/${taskId}/ws`, ["taskwire.v1", `bearer.${user}`]);
  const frames: Record<string, unknown>[] = [];
  socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as Record<string, unknown>);
  return { frames, closed: new Promise((resolve) => (socket.onclose = ({ code }) => resolve(code))), close: () => socket.close() };
}

describe("an administrator", () => {
  test("sees who is connected, on all instances, and who watches a task", async () => {
    const [first, second] = [await createTask(at(0), user), await createTask(at(0), user)];
    const watchers = [watch(0, first), watch(1, first), watch(1, second)];
    await until("all are live", 10_000, () => watchers.every(({ frames }) => frames.some(({ type }) => type === "stream.caught_up")));
    for (const number of [0, 1]) {
      const all = (await ask(at(number), "/v1/admin/connections", { token: admin })).json as { instances: number; connections: { instance: string; transport: string; tasks: string[]; user: string }[] };
      expect(all.instances).toBe(2);
      expect(all.connections.map(({ tasks }) => tasks[0]).toSorted()).toEqual([first, first, second].toSorted());
      expect(new Set(all.connections.map(({ instance }) => instance)).size).toBe(2);
      expect((await ask(at(number), `/v1/admin/tasks/${first}/watchers`, { token: admin })).json).toMatchObject({ task_id: first, count: 2 });
      expect((await ask(at(number), "/v1/admin/stats", { token: admin })).json).toMatchObject({ connections: { websocket: 3, sse: 0 }, instances: [{ version: expect.any(String) }, {}] });
    }
    for (const watcher of watchers) watcher.close();
    await Promise.all(watchers.map(({ closed }) => closed));
  });

  test("ends a connection on whichever instance; its client is told to come back", async () => {
    const watcher = watch(1, await createTask(at(0), user));
    await until("it is live", 10_000, () => watcher.frames.some(({ type }) => type === "stream.caught_up"));
    const id = String(watcher.frames[0]?.connection_id);
    expect((await ask(at(0), `/v1/admin/connections/${id}`, { token: admin, method: "DELETE" })).status).toBe(204);
    expect(await watcher.closed).toBe(4404);
    expect(watcher.frames.at(-1)).toMatchObject({ type: "stream.closing", reason: "max_age" });
    expectProblem(await ask(at(0), `/v1/admin/connections/${id}`, { token: admin, method: "DELETE" }), 404, "connection_unknown");
  });

  test("cancels anybody's task", async () => {
    const taskId = await createTask(at(0), user);
    await append(at(0), user, taskId, { type: "task.started", data: { attempt: 1 } });
    expect((await ask(at(1), `/v1/admin/tasks/${taskId}/cancel`, { token: admin, method: "POST" })).json).toMatchObject({ outcome: "accepted" });
    await until("it is canceled", 10_000, async () => (await eventsOf(at(0), user, taskId)).at(-1)?.type === "task.canceled");
  });

  test("rehearses a sweep, and is told what waits", async () => {
    await queueTask(at(0), user, { kind: "waits" });
    expect((await ask(at(1), "/v1/admin/stats", { token: admin })).json).toMatchObject({ queued: { waits: 1 } });
    expect((await ask(at(1), "/v1/admin/sweep?dry_run=true", { token: admin, method: "POST" })).json).toMatchObject({ dry_run: true, entries: expect.any(Number), requeued: 0, withdrawn: 0 });
    await leaseOne(at(1), user, "waits");
    expect((await ask(at(0), "/v1/admin/sweep", { token: admin, method: "POST" })).json).toMatchObject({ dry_run: false });
  });

  test("is nobody else, and every use is told in the journal", async () => {
    for (const [method, path] of [["GET", "connections"], ["GET", "stats"], ["GET", "tasks/x/watchers"], ["DELETE", "connections/x"], ["POST", "sweep"], ["POST", "index/rebuild"], ["POST", "tasks/x/cancel"]] as const) {
      expectProblem(await ask(at(0), `/v1/admin/${path}`, { token: user, method }), 403, "scope_missing", { scope: "admin" });
      expectProblem(await ask(at(0), `/v1/admin/${path}`, { method }), 401, "token_missing");
    }
    const audit = services.flatMap((service) => service.output().split("\n").filter((line) => line.includes('"audit"')));
    for (const action of ["list connections", "end connection", "cancel task", "rehearse a sweep", "sweep"]) expect(audit.some((line) => line.includes(`"action":"${action}"`))).toBe(true);
    expect(audit.join("\n")).not.toContain(admin.slice(-20));
  });
});
