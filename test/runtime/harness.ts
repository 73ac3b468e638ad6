/**
 * A small service for the runtime suite, over a memory log, on whichever runtime runs this file: the real server, connections
 * and hub, with an application of a dozen lines in place of the routes. Prints its address; settings come as JSON in HARNESS.
 */
import type { Identity } from "../../src/domain/access.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { type Connections, createConnections } from "../../src/delivery/connections.ts";
import type { Acceptor } from "../../src/delivery/transport.ts";
import { createHub } from "../../src/feed/hub.ts";
import type { Replay } from "../../src/feed/port.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import type { Log } from "../../src/log/port.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import type { ServeOptions, Server } from "../../src/runtime/server.ts";
import { realEnvironment } from "../support/environment.ts";

const settings = JSON.parse(process.env.HARNESS ?? "{}") as { limits?: Partial<LimitSet> };
const limits: LimitSet = { ...LIMITS, ...settings.limits };
const environment = realEnvironment();
const { log } = createMemoryStore({ environment });
const hub = createHub({ log, environment, limits, meter: silentMeter });

/** The caller whose name is the token; `until:MS:NAME` says when it ends. */
function identityOf(token: string): Identity {
  if (token === "forged") throw new TaskwireError("token_invalid", "The token's signature is wrong.");
  const [, until, name] = token.match(/^until:(\d+):(.*)$/) ?? [];
  return { user: name ?? token, name: null, email: null, scopes: new Set(), kinds: null, expiresAt: until === undefined ? null : Number(until) };
}

const connections: Connections = createConnections({
  hub,
  environment,
  limits,
  meter: silentMeter,
  authenticate: async (token) => identityOf(token),
  async facts(taskId) {
    const head = await log.head(taskId);
    if (head === null) return null;
    const { owner, creator, access, kind, conversation, status, attempt, lastSeq } = head.batch.header;
    return { taskId, owner, creator, access, kind, conversation, status, attempt, lastSeq };
  },
  command: async () => Promise.reject(new TaskwireError("unsupported", "Nobody commands here.")),
  async append(identity, taskId, events) {
    const { firstSeq, lastSeq } = await publish(log, taskId, identity.user, events as object[]);
    return { first_seq: firstSeq, last_seq: lastSeq, cursor: "0", duplicate: false };
  },
  logConnected: () => log.connected,
});

/** Stores events as one batch at the task's end. */
async function publish(into: Log, taskId: string, owner: string, events: readonly object[]): Promise<{ firstSeq: number; lastSeq: number }> {
  const head = await into.head(taskId);
  const firstSeq = (head?.batch.header.lastSeq ?? 0) + 1;
  const lastSeq = firstSeq + events.length - 1;
  const ended = events.some((event) => (event as { type?: string }).type === "task.completed");
  const lines = events.map((event, at) => `${JSON.stringify({ ...event, task_id: taskId, seq: firstSeq + at, time: "2030-01-01T00:00:00Z" })}\n`);
  const outcome = await into.append({
    taskId,
    expected: head?.position ?? 0,
    header: { firstSeq, lastSeq, nonce: crypto.randomUUID(), owner, creator: null, conversation: null, kind: "test", access: "owner", status: ended ? "completed" : "running", attempt: 1, state: null, stateAt: 0, delta: null },
    body: new TextEncoder().encode(lines.join("")),
  });
  if (outcome.kind !== "stored") throw new Error(`the batch was not stored: ${outcome.kind}`);
  return { firstSeq, lastSeq };
}

async function route(request: Request, acceptor: Acceptor): Promise<Response> {
  const url = new URL(request.url);
  const [, task = null] = url.pathname.match(/^\/tasks\/([^/]+)\//) ?? [];
  const after = url.searchParams.get("after");
  const replay = (url.searchParams.get("replay") ?? "full") as Replay;
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  const protocol = offered.includes("taskwire.v1") ? "taskwire.v1" : null;
  const token = offered.find((each) => each.startsWith("bearer."))?.slice("bearer.".length) ?? url.searchParams.get("as");
  if (url.pathname === "/stats") return Response.json({ ...connections.stats(), memory: process.memoryUsage().rss });
  if (url.pathname === "/drain") {
    void connections.drain();
    return new Response(null, { status: 202 });
  }
  if (task !== null && request.method === "POST") return Response.json(await publish(log, task, token ?? "me", (await request.json()) as object[]));
  try {
    if (url.pathname.endsWith("/ws")) return connections.socket(acceptor, { identity: token === null ? null : identityOf(token), protocol, task, after, replay });
    if (task !== null && token !== null) return connections.stream(acceptor, { identity: identityOf(token), task, after: request.headers.get("last-event-id") ?? after, replay });
    return new Response(null, { status: 404 });
  } catch (error) {
    if (!(error instanceof TaskwireError)) throw error;
    return request.headers.has("upgrade") ? connections.refuse(acceptor, protocol, error) : Response.json({ code: error.code }, { status: 503 });
  }
}

const onDeno = "Deno" in globalThis;
const options: ServeOptions = { app: { fetch: (request, { acceptor }) => route(request, acceptor) }, hostname: "127.0.0.1", port: Number(process.env.PORT ?? 0), limits };
const serve: (options: ServeOptions) => Promise<Server> = onDeno ? (await import("../../src/runtime/deno.ts")).serveDeno : (await import("../../src/runtime/bun.ts")).serveBun;
try {
  const server = await serve(options);
  console.log(`ready at http://127.0.0.1:${server.port}`);
  process.once("SIGTERM", () => void server.stop(() => connections.drain()).then(() => process.exit(0)));
} catch (error) {
  console.log(`failed: ${(error as Error).name}: ${(error as Error).message}`);
  process.exit(1);
}
