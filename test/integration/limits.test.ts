/** Limits as live conditions: a full disk, too many connections, a broker that goes away under an append. */
import { expect, test } from "bun:test";
import { brokerUrl } from "../support/broker-url.ts";
import { startNats } from "../support/nats.ts";
import { signUp, startService } from "../support/service.ts";

interface Problem {
  readonly code?: string;
  readonly retryable?: boolean;
  readonly retry_after_ms?: number;
}

test("a full store answers 507 and says when to come back; what was acknowledged is still there", async () => {
  // The event streams share what is left after the index and the keys.
  await using nats = await startNats({ jetstream: "max_file: 24MB" });
  await using service = await startService({ env: { NATS_URL: brokerUrl(nats) } });
  const headers = { authorization: `Bearer ${await signUp(service.url)}`, "content-type": "application/json" };
  const { task_id } = (await (await fetch(`${service.url}/v1/tasks`, { method: "POST", headers, body: JSON.stringify({ kind: "big" }) })).json()) as { task_id: string };
  const big = JSON.stringify(Array.from({ length: 4 }, () => ({ type: "log.line", data: { level: "info", text: "x".repeat(50_000) } })));
  let stored = 0;
  let refused: Response | null = null;
  for (let number = 0; number < 500 && refused === null; number += 1) {
    const answer = await fetch(`${service.url}/v1/tasks/${task_id}/events`, { method: "POST", headers, body: big });
    if (answer.ok) stored = ((await answer.json()) as { last_seq: number }).last_seq;
    else refused = answer;
  }
  expect(refused?.status).toBe(507);
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await refused?.json()) as Problem).toMatchObject({ code: "log_full", retryable: true });
  const page = (await (await fetch(`${service.url}/v1/tasks/${task_id}/events?limit=1`, { headers })).json()) as { tail_seq: number };
  expect(page.tail_seq).toBe(stored);
  expect(await (await fetch(`${service.url}/metrics`)).text()).toContain('taskwire_appends_total{outcome="full"}');
}, 60_000);

test("one connection too many is told so, and the others stay", async () => {
  const most = 500;
  await using service = await startService({ env: { TASKWIRE_CONNECTIONS: String(most) } });
  const token = await signUp(service.url);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const { task_id } = (await (await fetch(`${service.url}/v1/tasks`, { method: "POST", headers, body: JSON.stringify({ kind: "k" }) })).json()) as { task_id: string };
  const address = `${service.url.replace(/^http/, "ws")}/v1/tasks/${task_id}/ws`;
  const connect = (): Promise<{ socket: WebSocket; frame: { type: string; code?: string } }> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address, ["taskwire.v1", `bearer.${token}`]);
      socket.onmessage = ({ data }) => resolve({ socket, frame: JSON.parse(String(data)) as { type: string; code?: string } });
      socket.onerror = () => reject(new Error("no connection"));
    });
  const open = await Promise.all(Array.from({ length: most }, connect));
  try {
    expect(open.every(({ frame }) => frame.type === "stream.ready")).toBe(true);
    const extra = await connect();
    expect(extra.frame).toMatchObject({ type: "stream.error", code: "too_many_connections" });
    const closed = await new Promise<number>((resolve) => (extra.socket.onclose = ({ code }) => resolve(code)));
    expect(closed).toBe(4429);
    const stream = await fetch(`${service.url}/v1/tasks/${task_id}/events`, { headers: { ...headers, accept: "text/event-stream" } });
    expect([stream.status, ((await stream.json()) as Problem).code]).toEqual([503, "too_many_connections"]);
    expect(open.filter(({ socket }) => socket.readyState === WebSocket.OPEN)).toHaveLength(most);
    // A place that is given back is taken again.
    open.pop()?.socket.close();
    for (let tries = 0; tries < 100; tries += 1) {
      const again = await connect();
      open.push(again);
      if (again.frame.type === "stream.ready") break;
    }
    expect(open.at(-1)?.frame.type).toBe("stream.ready");
  } finally {
    for (const { socket } of open) socket.close();
  }
}, 60_000);
