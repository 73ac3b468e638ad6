/** Who may see and write what: the owner, whoever created the task for them, and nobody else. */
import { expect, test } from "bun:test";
import { brokerUrl } from "../support/broker-url.ts";
import { startNats } from "../support/nats.ts";
import { startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";

test("who creates a task for somebody else may write and watch it, its owner too, a third user sees nothing", async () => {
  await using nats = await startNats();
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats) };
  await using service = await startService({ env });
  const call = async (token: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const [worker, owner, stranger] = await Promise.all([
    makeToken({ subject: "worker", scope: "tasks:publish" }),
    makeToken({ subject: "owner", scope: "" }),
    makeToken({ subject: "stranger", scope: "tasks:publish" }),
  ]);
  const { user } = (await call(owner, "GET", "/v1/me")).body;
  const made = await call(worker, "POST", "/v1/tasks", { kind: "report", owner: user });
  expect(made.status).toBe(201);
  const path = `/v1/tasks/${made.body.task_id}`;

  const line = { type: "log.line", data: { level: "info", text: "hello" } };
  expect((await call(worker, "POST", `${path}/events`, line)).status).toBe(200);
  expect((await call(owner, "POST", `${path}/events`, line)).status).toBe(200);
  expect(await call(stranger, "POST", `${path}/events`, line)).toMatchObject({ status: 404, body: { code: "task_unknown" } });
  for (const token of [worker, owner]) expect((await call(token, "GET", path)).status).toBe(200);
  expect(await call(stranger, "GET", path)).toMatchObject({ status: 404, body: { code: "task_unknown" } });

  const listed = async (token: string): Promise<unknown> => ((await call(token, "GET", "/v1/tasks")).body.tasks as unknown[]).length;
  expect(await Promise.all([worker, owner, stranger].map(listed))).toEqual([0, 1, 0]);
  // What a cold instance knows comes from the log alone.
  await using another = await startService({ env });
  const answer = await fetch(`${another.url}${path}`, { headers: { authorization: `Bearer ${worker}` } });
  expect(answer.status).toBe(200);
});
