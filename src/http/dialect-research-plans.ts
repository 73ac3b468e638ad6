/** Research plans over HTTP: who is connected on all instances, and what a plan's late joiners are told. */
import { z } from "@hono/zod-openapi";
import type { Frame, TaskEvent } from "../dialects/port.ts";
import { researchPlans } from "../dialects/research-plans.ts";
import { type Identity, mayAppend, mayWatch, type TaskFacts, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { viewOf } from "../domain/view.ts";
import type { ConnectionInfo } from "../delivery/connections.ts";
import { jsonAnswer } from "./compressed.ts";
import type { AppDeps } from "./deps.ts";
import { anybody, noToken, signedIn } from "./dialect-callers.ts";
import { clearedUpTo, clearHistory } from "./dialect-tasks.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { askedSeldom, reached } from "./instances.ts";
import { TASK_ID, whole } from "./query.ts";

const { name: NAME, projection: PROJECTION } = researchPlans;
const TAGS = ["research plans"];
const PLAN = z.object({ plan_id: TASK_ID });
const TOKEN = z.object({ token: z.string().optional() });
/** Messages of one answer: the newest of a longer history. */
const MOST = 10_000;
/** The same, in UTF-16 units: a history may be hundreds of megabytes, and an answer is made in memory. */
const LENGTH = 8 * 1024 * 1024;
const PREFIX = "/api/v1/streaming";

const answers = (description: string) => ({ 200: { description, content: { "application/json": { schema: z.looseObject({}) } } } });

/** Adds `/api/v1/streaming/clients` and what there is below `/api/v1/streaming/plans/{plan_id}`. */
export function addResearchPlans(app: App, deps: AppDeps): void {
  addClients(app, deps);
  addHistory(app, deps);
}

/** Who asks: by a token; else anybody, where the dialect is open. Throws `token_missing`, and what a bad token throws. */
async function callerOf(deps: AppDeps, c: RouteContext): Promise<Identity> {
  const who = await signedIn(deps, c.req.raw);
  if (who === null && !deps.dialects.open.has(NAME)) throw noToken();
  return who ?? anybody(NAME);
}

/** What a connection's talk says of it. */
interface Client {
  readonly client_id: string;
  readonly subscribed_plans: readonly string[];
  readonly connected_at: string;
  readonly last_ping: string;
}

/** The clients of all instances, the longest connected first. Throws `unavailable`. */
type Clients = () => Promise<readonly (ConnectionInfo & { readonly about: Client })[]>;

function clientsOf({ instances, environment: { clock } }: AppDeps): Clients {
  return askedSeldom(clock, async () => {
    const all = (await reached(instances.ask("", NAME))).flatMap(({ list = [] }) => list) as (ConnectionInfo & { readonly about: Client })[];
    return all.sort((a, b) => (a.about.connected_at < b.about.connected_at ? -1 : 1));
  });
}

function addClients(app: App, deps: AppDeps): void {
  const clients = clientsOf(deps);
  endpoint(app, {
    method: "get", path: `${PREFIX}/clients`, summary: "Clients of research plans, on all instances",
    description: "Where the dialect's open form is off: one's own, and all for administrators.", tags: TAGS, auth: null, query: TOKEN, responses: answers("Who is connected"),
  }, async (c) => {
    const who = await callerOf(deps, c);
    const all = deps.dialects.open.has(NAME) || who.scopes.has("admin");
    const shown = (await clients()).filter(({ user }) => all || user === who.user);
    return c.json({ clients: shown.map(({ about: { client_id, subscribed_plans, connected_at, last_ping } }) => ({ client_id, subscribed_plans, connected_at, last_ping })), count: shown.length }, 200, NO_STORE);
  });
  endpoint(app, { method: "get", path: `${PREFIX}/plans/{plan_id}/subscribers`, summary: "How many have subscribed to a plan, on all instances", tags: TAGS, auth: null, params: PLAN, query: TOKEN, responses: answers("How many") }, async (c, { params: { plan_id: planId } }) => {
    await callerOf(deps, c);
    const count = (await clients()).filter(({ about }) => about.subscribed_plans.includes(planId)).length;
    return c.json({ plan_id: planId, subscriber_count: count }, 200, NO_STORE);
  });
}

/** The plan, where this caller may watch it; null: for them there is none. */
async function planOf({ writer }: AppDeps, who: Identity, planId: string): Promise<TaskFacts | null> {
  const facts = await writer.facts(planId);
  return facts === null || facts.status === "deleted" || !mayWatch(who, facts) ? null : facts;
}

/** Whether this caller may hide a plan's history from others. In the open form whoever may watch may, as it always was. */
function mayClear({ dialects }: AppDeps, who: Identity, plan: TaskFacts): boolean {
  return mayAppend(who, plan) || (dialects.open.has(NAME) && !who.watch);
}

function addHistory(app: App, deps: AppDeps): void {
  const path = `${PREFIX}/plans/{plan_id}/history`;
  endpoint(app, {
    method: "get", path, summary: "What a plan's late joiners are told", description: `At most the newest ${MOST} messages, and the newest 8 MiB. A plan that is not there yet has none.`, tags: TAGS, auth: null, params: PLAN,
    query: TOKEN.extend({ limit: whole(1, MOST, "How many of the newest").optional() }), responses: answers("The messages, oldest first"),
  }, async (c, { params: { plan_id: planId }, query }) => {
    const plan = await planOf(deps, await callerOf(deps, c), planId);
    const events = plan === null ? [] : await history(deps, planId, query.limit ?? MOST, c.req.raw.signal);
    return jsonAnswer(c.req.raw.headers, { plan_id: planId, events, count: events.length }, NO_STORE);
  });
  endpoint(app, {
    method: "delete", path, summary: "Clear a plan's history for late joiners", description: "The log keeps it: only clients of research plans are told it no more.", tags: TAGS, auth: null, params: PLAN,
    query: TOKEN, responses: answers("It is cleared"),
  }, async (c, { params: { plan_id: planId } }) => {
    const who = await callerOf(deps, c);
    const plan = await planOf(deps, who, planId);
    if (plan === null) throw unknownTask(planId);
    if (!mayClear(deps, who, plan)) throw new TaskwireError("scope_missing", "Only who may publish to a plan may clear its history.", { scope: "admin" });
    // The log's own end: a moment ago another instance may have appended.
    const { tail_seq: seq } = await deps.hub.page({ taskId: planId, after: null, limit: 1, replay: "full", waitMs: 0 });
    await clearHistory(deps, NAME, planId, Math.max(seq, plan.lastSeq));
    return c.json({ plan_id: planId, status: "cleared" }, 200, NO_STORE);
  });
}

interface Told {
  readonly frame: Frame;
  /** Of the event that it comes from, about. UTF-16 units. */
  readonly length: number;
}

/** The last so many, and not more than one answer holds. */
function newestOf(told: readonly Told[], most: number): Told[] {
  let from = told.length;
  let room = LENGTH;
  while (from > 0 && told.length - from < most && (room -= told[from - 1]?.length ?? 0) >= 0) from -= 1;
  return told.slice(from);
}

/** The plan in the dialect's words from its beginning, or from where it was cleared; the newest `most`. */
async function history(deps: AppDeps, planId: string, most: number, signal: AbortSignal): Promise<readonly Frame[]> {
  const { hub, limits } = deps;
  const behind = await clearedUpTo(deps, NAME, planId);
  let state = PROJECTION.start(planId);
  let all: Told[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await hub.page({ taskId: planId, after, limit: limits.pageEvents, replay: "full", waitMs: 0, signal });
    for (const line of page.events) {
      const event = JSON.parse(line) as TaskEvent;
      const told = event.type === "task.snapshot" ? PROJECTION.leap(planId, viewOf(planId, event.data)) : PROJECTION.step(state, event);
      state = told.state;
      if (event.seq > behind) all.push(...told.frames.map((frame) => ({ frame, length: line.length })));
    }
    all = newestOf(all, most);
    if (!page.more || page.events.length === 0 || signal.aborted) return all.map(({ frame }) => frame);
    after = page.next;
  }
}
