/** A task's log under one address: append to it, read a page of it, or watch it as Server-Sent Events. */
import { z } from "@hono/zod-openapi";
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { appendAck, eventPage } from "../../generated/typescript/validators.ts";
import { deletedTask, type Identity, type TaskFacts } from "../domain/access.ts";
import { BEGINNING, cursorMatchesTask, parseCursor } from "../domain/cursor.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Replay } from "../feed/port.ts";
import { representation } from "./accept.ts";
import { appendEvents, type Events } from "./append.ts";
import { bodyKind, parseJson, parseNdjson, readBody } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { IDENTITY_HEADERS, retryIdentity } from "./identity.ts";
import { LEASE_HEADER, LEASE_HEADERS } from "./lease-token.ts";
import { corsHeaders } from "./origin.ts";
import { REPLAYS, TASK_ID, text, TICKET, whole } from "./query.ts";
import { watchable } from "./found.ts";

const JSON_ANSWER = { headers: { "content-type": "application/json" } };
const PARAMS = z.object({ task_id: TASK_ID });

/** What each event of the stream is, as a reader of Server-Sent Events is handed it. */
const sentEvent = z
  .object({
    data: z.string().openapi({ description: "JSON: an event of the log with its cursor, or a frame of the stream; see /asyncapi.json" }),
    event: z.enum(["message", "stream"]).optional().openapi({ description: "`stream`: a frame. The log's events name none, which readers take for `message`" }),
    id: z.string().min(1).max(256).optional().openapi({ description: "The cursor behind it, for Last-Event-ID" }),
    retry: z.int().min(0).optional().openapi({ description: "Milliseconds to wait before coming back" }),
  })
  .openapi("SentEvent");

/** Adds POST and GET of `/v1/tasks/{id}/events`. */
export function addEvents(app: App, deps: AppDeps): void {
  addAppend(app, deps);
  addRead(app, deps);
}

function addAppend(app: App, deps: AppDeps): void {
  const { limits, auth, environment } = deps;
  const rest = (): Promise<void> => new Promise((resolve) => environment.clock.turn(resolve));
  const event = z.looseObject({ type: z.string(), data: z.looseObject({}).optional(), time: z.string().optional(), message: z.string().optional() }).openapi("EventDraft", { description: "An event of the catalogue; see /asyncapi.json" });
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/events",
    summary: "Append events, all or none",
    description: "One event, an array, or NDJSON. Answered after the log has acknowledged. Say `Idempotency-Key` or `Taskwire-Producer` and a repeat is stored once.",
    tags: ["tasks"],
    auth,
    params: PARAMS,
    headers: IDENTITY_HEADERS.extend(LEASE_HEADERS.shape),
    body: { "application/json": z.union([event, z.array(event).min(1).max(limits.requestEvents)]), "application/x-ndjson": z.string().openapi({ description: "One event a line" }) },
    responses: { 200: { description: "Stored", content: { "application/json": { schema: appendAck } } } },
  }, async (c, { params, who }) => {
    const request = c.req.raw;
    const kind = bodyKind(request, ["json", "ndjson"]);
    const body = await readBody(request, limits.requestBytes);
    const identity = await retryIdentity(request.headers, body);
    const { taskId, firstSeq, lastSeq, cursor, duplicate } = await appendEvents(deps, who, params.task_id, eventsOf(body, kind), identity, request.headers.get(LEASE_HEADER), rest);
    return new Response(JSON.stringify({ task_id: taskId, first_seq: firstSeq, last_seq: lastSeq, cursor, duplicate }), JSON_ANSWER);
  });
}

function eventsOf(body: Uint8Array<ArrayBuffer>, kind: "json" | "ndjson"): Events {
  const bytes = body.byteLength;
  if (kind === "ndjson") {
    const found = parseNdjson(body);
    return { values: found.map(({ value }) => value), lines: found.map(({ line }) => line), within: "", bytes };
  }
  const value = parseJson(body);
  return Array.isArray(value) ? { values: value, lines: null, within: "", bytes } : { values: [value], lines: null, within: null, bytes };
}

interface Query {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
  readonly replay?: Replay | undefined;
  readonly wait?: number | undefined;
}

function addRead(app: App, deps: AppDeps): void {
  const { limits, auth } = deps;
  endpoint(app, {
    method: "get",
    path: "/v1/tasks/{task_id}/events",
    summary: "Read a task's log, or watch it",
    watching: true,
    byTicket: (c, ticket) => byTicket(deps, c, ticket),
    description: "By `Accept`: `application/json` a page (`wait` makes a long-poll), `text/event-stream` the replay and then live (`Last-Event-ID` wins over `after`; 204 once a finished task was read to its end).",
    tags: ["watch"],
    auth,
    params: PARAMS,
    query: z.object({
      after: text("A cursor: what follows it. Absent or 0: from the first event").optional(),
      limit: whole(1, limits.pageEvents, "Events of a page").optional(),
      replay: z.enum(REPLAYS).optional(),
      wait: whole(0, limits.longPollSeconds, "Seconds to wait for the first event of a page").optional(),
      ticket: TICKET,
    }) as z.ZodType<Query>,
    responses: {
      200: { description: "A page, or a stream", content: { "application/json": { schema: eventPage }, "text/event-stream": { schema: sentEvent } } },
      204: { description: "The task is over and was read to its end: do not come back" },
    },
  }, async (c, { params, query, who }) => {
    const wanted = representation(c.req.raw.headers.get("accept"));
    const after = startOf(c, query, wanted, params.task_id);
    const facts = await watchable(deps, who, params.task_id);
    return wanted === "stream" ? stream(deps, c, who, facts, after, query) : page(deps, c, facts, after, query);
  });
}

/** A ticket opens the stream, not its pages; who comes back with it has shown a place in the log that is one. */
function byTicket({ tickets, hub }: AppDeps, c: RouteContext, ticket: string): Promise<Identity> {
  const { headers, method } = c.req.raw;
  const taskId = c.req.param("task_id") ?? "";
  if (representation(headers.get("accept")) !== "stream" || method === "HEAD") throw new TaskwireError("ticket_invalid", "A ticket opens streams only; expected Accept: text/event-stream.");
  const last = headers.get("last-event-id");
  const returns = async (): Promise<boolean> => {
    const cursor = last === null ? null : parseCursor(last);
    if (last === null || cursor === null || !cursorMatchesTask(cursor, taskId)) return false;
    return (await hub.page({ taskId, after: last, limit: 1, replay: "none", waitMs: 0 })).gap === null;
  };
  return tickets.redeem({ ticket, stream: `task ${taskId}`, fits: ({ task_ids }) => task_ids?.includes(taskId) === true, returns });
}

/** The cursor to begin behind; null: the first event. Throws `cursor_invalid` for what cannot be one of this task. */
function startOf(c: RouteContext, query: Query, wanted: "json" | "stream", taskId: string): string | null {
  const after = (wanted === "stream" ? c.req.raw.headers.get("last-event-id") : null) ?? query.after ?? "";
  if (after === "" || after === BEGINNING) return null;
  const cursor = parseCursor(after);
  if (cursor !== null && cursorMatchesTask(cursor, taskId)) return after;
  throw new TaskwireError("cursor_invalid", cursor === null ? "The cursor is not one that this service has given out." : "The cursor belongs to another task.");
}

async function page({ hub, limits }: AppDeps, c: RouteContext, { taskId }: TaskFacts, after: string | null, query: Query): Promise<Response> {
  const { events, next, more, ended, status, tail_seq, gap } = await hub.page({
    taskId,
    after,
    limit: query.limit ?? limits.pageEventsDefault,
    replay: query.replay ?? "full",
    waitMs: (query.wait ?? 0) * 1000,
    signal: c.req.raw.signal,
  });
  // Another instance deleted it a moment ago; who has read as far as that is told by the event.
  if (status === "deleted" && (after === null || gap !== null)) throw deletedTask(taskId);
  // Events are JSON already: they are put in as they are.
  const rest = JSON.stringify({ cursor: next, more, ended, tail_seq, ...(gap === null ? {} : { gap }) });
  const body = `${JSON.stringify({ task_id: taskId, status }).slice(0, -1)},"events":[${events.join(",")}],${rest.slice(1)}`;
  return c.body(body, 200, { "content-type": "application/json", ...NO_STORE });
}

async function stream({ hub, connections, origins }: AppDeps, c: RouteContext, who: Identity, { taskId, status }: TaskFacts, after: string | null, query: Query): Promise<Response> {
  if (after !== null && TERMINAL_STATUSES.has(status)) {
    const { events, ended, gap } = await hub.page({ taskId, after, limit: 1, replay: "full", waitMs: 0 });
    if (ended && gap === null && events.length === 0) return c.body(null, 204);
  }
  if (c.req.raw.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream" });
  const headers = { ...corsHeaders(c.req.raw.headers, origins), "x-request-id": c.env.requestId };
  const response = connections.stream(c.env.acceptor, { identity: who, task: taskId, after, replay: query.replay ?? "full", headers });
  c.env.handedOver = true;
  return response;
}
