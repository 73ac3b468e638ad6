/** Many tasks as one stream of Server-Sent Events: all of mine, a conversation, tasks that are named, or all of these together. */
import { z } from "@hono/zod-openapi";
import { type Identity, watchOnly } from "../domain/access.ts";
import { BEGINNING } from "../domain/cursor.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import { type WatchWords, coversSet } from "../domain/watch-scope.ts";
import type { Replay } from "../feed/port.ts";
import { canonicalWords, hashOfWords, parsePosition } from "../feed/selector-position.ts";
import { shown } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, type RouteContext } from "./endpoint.ts";
import { corsHeaders } from "./origin.ts";
import { REPLAYS, text, TICKET } from "./query.ts";

interface Query {
  readonly scope?: "mine" | undefined;
  readonly conversation?: string | undefined;
  readonly task?: string | readonly string[] | undefined;
  readonly after?: string | undefined;
  readonly replay?: Replay | undefined;
}

/** Adds `GET /v1/events`. */
export function addMany(app: App, deps: AppDeps): void {
  const { auth, connections, hub, limits, origins } = deps;
  endpoint(app, {
    method: "get",
    path: "/v1/events",
    summary: "Watch many tasks on one stream",
    watching: true,
    byTicket: (c, ticket) => byTicket(deps, c, ticket),
    description:
      "`scope=mine`, `conversation` and `task` (several times) may be given together. Tasks join and leave by themselves (`stream.joined`, `stream.left`). The `id:` of `stream.subscribed`, " +
      "`stream.caught_up` and `stream.heartbeat` is a position of the whole set; `Last-Event-ID` wins over `after`. What comes twice after a reconnect is dropped by (`task_id`, `seq`).",
    tags: ["watch"],
    auth,
    query: z.object({
      scope: z.enum(["mine"]).optional(),
      conversation: z.string().optional().openapi({ description: "The caller's tasks in this conversation; none is no error", pattern: "^[A-Za-z0-9_-]{1,64}$" }),
      task: z.union([z.array(z.string()), z.string()]).optional().openapi({ type: "array", items: { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" }, maxItems: limits.subscriptions, description: "A task; several times for several" }),
      after: text("A position of this set: what follows it. Absent or 0: from now").optional(),
      ticket: TICKET,
      replay: z.enum(REPLAYS).optional().openapi({ description: "How history of the tasks that are there already is delivered; `none` where absent" }),
    }) as unknown as z.ZodType<Query>,
    responses: { 200: { description: "A stream", content: { "text/event-stream": { schema: z.string() } } } },
  }, (c, { query, who }) => {
    const request = c.req.raw;
    const words = wordsOf(query, limits.subscriptions, who);
    if (who.watch && !coversSet(who.watch.words, words)) throw watchOnly(who.watch);
    const after = request.headers.get("last-event-id") ?? query.after ?? "";
    const begins = after === "" || after === BEGINNING;
    if (!begins && parsePosition(after, hub.edges.partitions)?.words !== hashOfWords(words, who.user)) {
      throw new TaskwireError("cursor_invalid", "The position is not one that this service has given out for this set of tasks to this user.");
    }
    if (request.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream" });
    const headers = { ...corsHeaders(request.headers, origins), "x-request-id": c.env.requestId };
    const response = connections.set(c.env.acceptor, { identity: who, words, after: begins ? null : after, replay: query.replay ?? "none", headers });
    c.env.handedOver = true;
    return response;
  });
}

/** A ticket opens what it was made for, which need not be said again; who comes back with it has shown a position of that set. */
function byTicket({ tickets, hub, limits }: AppDeps, c: RouteContext, ticket: string): Promise<Identity> {
  const given = c.req.queries();
  const [scope, conversation, last] = [given.scope?.[0], given.conversation?.[0], c.req.raw.headers.get("last-event-id")];
  const asked: Query = { ...(scope === "mine" ? { scope } : {}), conversation, task: given.task };
  const says = scope !== undefined || conversation !== undefined || given.task !== undefined;
  const wanted = (words: WatchWords): WatchWords => (says ? wordsOf(asked, limits.subscriptions) : canonicalWords(words));
  const fits = (words: WatchWords): boolean => JSON.stringify(wanted(words)) === JSON.stringify(canonicalWords(words));
  const returns = async ({ watch, user }: Identity): Promise<boolean> => last !== null && watch != null && parsePosition(last, hub.edges.partitions)?.words === hashOfWords(wanted(watch.words), user);
  return tickets.redeem({ ticket, stream: "set", fits, returns });
}

/** What a query asks for; a ticket says it by itself. Throws what is wrong with it. */
function wordsOf({ scope, conversation, task = [] }: Query, most: number, who: Identity | null = null): WatchWords {
  const tasks = typeof task === "string" ? [task] : task;
  if (scope === undefined && conversation === undefined && tasks.length === 0 && who?.watch?.via === "ticket") return canonicalWords(who.watch.words);
  if (scope === undefined && conversation === undefined && tasks.length === 0) {
    throw new TaskwireError("request_invalid", "The query says nothing to watch; expected any of scope=mine, conversation=ID and task=ID (several times).", { path: "task" });
  }
  if (tasks.length > most) throw new TaskwireError("too_many_subscriptions", `The query names ${tasks.length} tasks; ${most} are the most that one connection may watch. Name fewer, or use another connection.`, { limit: "subscriptions" });
  const illegal = [...tasks, ...(conversation === undefined ? [] : [conversation])].find((id) => !isLegalId(id));
  if (illegal !== undefined) throw new TaskwireError("id_invalid", `The query has the id ${shown(illegal)}; expected 1 to 64 characters of A-Z a-z 0-9 _ -.`, { path: illegal === conversation ? "conversation" : "task" });
  return canonicalWords({ ...(scope === undefined ? {} : { scope }), ...(conversation === undefined ? {} : { conversation_id: conversation }), ...(tasks.length === 0 ? {} : { task_ids: tasks }) });
}
