/** Letting others watch, as routes: a ticket for one stream of one's own page, a grant for somebody else's backend. */
import { z } from "@hono/zod-openapi";
import { grantList, grantRequest, grantResponse, ticket as ticketSchema, watchable as watchableSchema } from "../../generated/typescript/validators.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { LimitSet } from "../limits.ts";
import { judged, readJson } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, NO_STORE } from "./endpoint.ts";
import { watchable } from "./found.ts";
import type { Grant } from "./grants.ts";

/** Adds `POST /v1/tickets`, and `POST`, `GET` and `DELETE` of `/v1/grants`. */
export function addSharing(app: App, deps: AppDeps): void {
  addTickets(app, deps);
  addGrants(app, deps);
}

function addTickets(app: App, deps: AppDeps): void {
  const { auth, limits, tickets } = deps;
  endpoint(app, {
    method: "post",
    path: "/v1/tickets",
    summary: "Get a ticket for one stream",
    description: "For pages: `new EventSource(url)`, or a WebSocket with `?ticket=`. Used once, within seconds; then good for the reconnects of that `EventSource`.",
    tags: ["sharing"],
    auth,
    body: { "application/json": watchableSchema as z.ZodType },
    responses: { 201: { description: "The ticket", content: { "application/json": { schema: ticketSchema as z.ZodType } } } },
  }, async (c, { who }) => {
    const words = wordsIn(judged(watchableSchema, await readJson(c.req.raw, limits.requestBytes)) as WatchWords, limits.subscriptions);
    await Promise.all((words.task_ids ?? []).map((taskId) => watchable(deps, who, taskId)));
    const { ticket, useBy } = await tickets.make(who, words);
    return c.json({ ticket, use_by: new Date(useBy).toISOString(), url: addressOf(words, ticket) }, 201, NO_STORE);
  });
}

function addGrants(app: App, deps: AppDeps): void {
  const { auth, limits, grants, environment: { clock } } = deps;
  endpoint(app, {
    method: "post",
    path: "/v1/grants",
    summary: "Let somebody watch, for as long as wanted",
    description: "The token is told this once. It watches what is named, as you would at that time, and does nothing else. For 30 days where nothing is said, for a year at most.",
    tags: ["sharing"],
    auth,
    body: { "application/json": grantRequest as z.ZodType },
    responses: { 201: { description: "The grant and its token", content: { "application/json": { schema: grantResponse as z.ZodType } } } },
  }, async (c, { who }) => {
    const wanted = judged(grantRequest, await readJson(c.req.raw, limits.requestBytes)) as WatchWords & { readonly label?: string; readonly expires_at?: string };
    const words = wordsIn(wanted, limits.subscriptions);
    const expiresAt = endOf(wanted.expires_at, clock.now(), limits);
    // What only an administrator sees is not theirs to give away for weeks.
    const giver: Identity = { ...who, scopes: new Set() };
    await Promise.all((words.task_ids ?? []).map((taskId) => watchable(deps, giver, taskId)));
    const { grant, token } = await grants.give(who.user, { words, label: wanted.label ?? null, expiresAt });
    return c.json({ grant: wireGrant(grant), token }, 201, NO_STORE);
  });
  endpoint(app, {
    method: "get",
    path: "/v1/grants",
    summary: "My grants that hold, newest first",
    tags: ["sharing"],
    auth,
    responses: { 200: { description: "The grants, without their tokens", content: { "application/json": { schema: grantList as z.ZodType } } } },
  }, async (c, { who }) => c.json({ grants: (await grants.of(who.user)).map(wireGrant) }));
  endpoint(app, {
    method: "delete",
    path: "/v1/grants/{grant_id}",
    summary: "Revoke a grant",
    description: "What was opened with it ends within seconds, everywhere.",
    tags: ["sharing"],
    auth,
    params: z.object({ grant_id: z.string().max(64) }),
    responses: { 204: { description: "Revoked" } },
  }, async (c, { params, who }) => {
    await grants.revoke(who.user, params.grant_id);
    return c.body(null, 204);
  });
}

/** What of a body may be watched, and nothing else of it. Throws `request_invalid` unless it is exactly one thing. */
function wordsIn({ task_ids, conversation_id, scope }: WatchWords, most: number): WatchWords {
  const [, superfluous] = Object.entries({ task_ids, conversation_id, scope }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (superfluous !== undefined) throw new TaskwireError("request_invalid", "The body names several things to watch; expected one of task_ids, conversation_id and scope.", { path: superfluous });
  if (task_ids === undefined) return conversation_id === undefined ? { scope: "mine" } : { conversation_id };
  const unique = [...new Set(task_ids)].sort();
  if (unique.length > most) throw new TaskwireError("too_many_subscriptions", `The body names ${unique.length} tasks; at most ${most} can be watched on one connection.`, { path: "task_ids", limit: "subscriptions" });
  return { task_ids: unique };
}

/** Where a ticket is used: its one task, else the set that it was made for. */
function addressOf({ task_ids }: WatchWords, ticket: string): string {
  return task_ids?.length === 1 ? `/v1/tasks/${task_ids[0]}/events?ticket=${ticket}` : `/v1/events?ticket=${ticket}`;
}

function wireGrant({ id, words, label, createdAt, expiresAt }: Grant): Record<string, unknown> {
  const time = (ms: number): string => new Date(ms).toISOString();
  return { grant_id: id, ...words, ...(label === null ? {} : { label }), created_at: time(createdAt), expires_at: time(expiresAt) };
}

function endOf(asked: string | undefined, now: number, { grantMs, grantMostMs }: LimitSet): number {
  if (asked === undefined) return now + grantMs;
  const end = Date.parse(asked);
  if (end > now && end <= now + grantMostMs) return end;
  throw new TaskwireError("request_invalid", `A grant ends in the future, at most ${Math.floor(grantMostMs / 86_400_000)} days from now.`, { path: "expires_at" });
}
