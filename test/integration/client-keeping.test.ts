/** What keeps a connection good while it lasts: signs of life, new tokens, and a consumer's pace. */
import { describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import { type ClientOptions, createClient, type DeliveredEvent } from "../../clients/typescript/src/client.ts";
import { completed, event, ready, scriptedServer } from "../support/scripted-server.ts";
import { until } from "../support/until.ts";

const FAST = { backoffMinMs: 2, backoffMaxMs: 20, firstFrameMs: 150, lastFirstFrameMs: 400 };
const clientOf = (url: string, options: Partial<ClientOptions> = {}) => createClient({ url, token: "good", settings: FAST, ...options });
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

async function seqs(events: AsyncIterable<DeliveredEvent>): Promise<number[]> {
  const found: number[] = [];
  for await (const { seq } of events) found.push(seq);
  return found;
}

describe("keeping a connection", () => {
  test("sends a sign of life over WebSocket once a heartbeat", async () => {
    await using server = scriptedServer({
      visit: (visit) => (visit.send(ready(20)), visit.send(event(1))),
      message(visit, text) {
        visit.send({ type: "stream.pong" });
        if (visit.received.length === 3 && text === '{"type":"ping"}') visit.send(completed(2));
      },
    });
    expect(await seqs(clientOf(server.url, { transport: "websocket" }).follow("t1"))).toEqual([1, 2]);
    expect(server.visits.length).toBe(1);
  });

  test("hands in a new token before the old one ends: in-band over WebSocket", async () => {
    await using server = scriptedServer({
      visit: (visit) => (visit.send(ready()), visit.send({ type: "stream.token_expiring", expires_at: "2026-01-01T00:00:00Z" })),
      message: (visit, text) => (visit.send({ type: "stream.ack", request_id: JSON.parse(text).request_id }), visit.send(completed(1))),
    });
    let asked = 0;
    expect(await seqs(clientOf(server.url, { transport: "websocket", token: () => `token-${++asked}` }).follow("t1"))).toEqual([1]);
    expect(server.visits.map(({ token, received }) => [token, received[0]])).toEqual([["token-1", '{"type":"auth","token":"token-2","request_id":"renew"}']]);
  });

  test("hands in a new token before the old one ends: by a new request over SSE, resumed where it was", async () => {
    await using server = scriptedServer({
      async visit(visit) {
        if (visit.number > 1) return (visit.send(ready()), visit.send(completed(2)));
        visit.send(ready());
        visit.send(event(1));
        // A connection that has just begun takes no notice: it is said again until the client has come back.
        await until("the client has come back with another token", 5_000, () => {
          visit.send({ type: "stream.token_expiring", expires_at: "2026-01-01T00:00:00Z" });
          return visit.gone;
        });
      },
    });
    let asked = 0;
    expect(await seqs(clientOf(server.url, { transport: "sse", token: () => `token-${++asked}`, settings: { ...FAST, healthyMs: 5 } }).follow("t1"))).toEqual([1, 2]);
    expect(server.visits.map(({ token, after }) => [token, after])).toEqual([["token-1", null], ["token-2", "c1"]]);
  });

  test("a consumer that does not read stops the reading of a stream, and gets everything afterwards", async () => {
    const last = 3_000;
    const padding = "x".repeat(10_000);
    let held = false;
    let sent = 0;
    const server = createServer(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: stream\ndata: ${JSON.stringify(ready())}\n\n`);
      for (let seq = 1; seq <= last; seq++) {
        sent = seq;
        const taken = response.write(`data: ${JSON.stringify(seq === last ? completed(seq) : event(seq, { padding }))}\n\n`);
        held = !taken;
        if (!taken) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const client = clientOf(`http://127.0.0.1:${port}`, { transport: "sse", bounds: { items: 20, size: 1_000_000 } });
      const found: number[] = [];
      let seen = 0;
      let still = 0;
      for await (const { seq } of client.follow("t1")) {
        found.push(seq);
        if (seq !== 1) continue;
        await until("the server is held up for good", 10_000, () => {
          still = held && sent === seen ? still + 1 : 0;
          seen = sent;
          return still > 20;
        });
        expect(sent).toBeLessThan(last);
      }
      expect(found).toEqual(range(1, last));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
