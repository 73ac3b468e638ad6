/** What operators ask of a running service, over all its instances. Every use is told in the journal. */
import { z } from "@hono/zod-openapi";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { orderCommand } from "./commands.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { reached } from "./instances.ts";
import { TASK_ID } from "./query.ts";

const OBJECT = { 200: { description: "JSON", content: { "application/json": { schema: z.looseObject({}) } } } };
const TAGS = ["admin"];

/** Adds `/v1/admin/…`. */
export function addAdmin(app: App, deps: AppDeps): void {
  addLooks(app, deps);
  addActs(app, deps);
}

/** Lets administrators through, and says in the journal what they ask for. Throws `scope_missing`. */
function audited({ environment: { journal } }: AppDeps, c: RouteContext, who: Identity, action: string, of?: string): void {
  if (!who.scopes.has("admin")) throw new TaskwireError("scope_missing", "This needs a token with the scope admin.", { scope: "admin" });
  journal.info("audit", `${action}${of === undefined ? "" : ` ${of}`}`, { action, of, by: who.user, request_id: c.env.requestId });
}

function addLooks(app: App, deps: AppDeps): void {
  const { auth, instances, housekeeping } = deps;
  endpoint(app, { method: "get", path: "/v1/admin/connections", summary: "Who is connected, on all instances", tags: TAGS, auth, responses: OBJECT }, async (c, { who }) => {
    audited(deps, c, who, "list connections");
    const all = await reached(instances.ask(""));
    return c.json({ connections: all.flatMap(({ instance, list = [] }) => list.map((each) => ({ instance, ...each }))), instances: all.length }, 200, NO_STORE);
  });
  endpoint(app, { method: "get", path: "/v1/admin/tasks/{task_id}/watchers", summary: "Who watches a task, on all instances", tags: TAGS, auth, params: z.object({ task_id: TASK_ID }), responses: OBJECT }, async (c, { params, who }) => {
    audited(deps, c, who, "list watchers of", params.task_id);
    const all = await reached(instances.ask(params.task_id));
    const watchers = all.flatMap(({ instance, list = [] }) => list.map((each) => ({ instance, ...each })));
    return c.json({ task_id: params.task_id, count: watchers.length, watchers }, 200, NO_STORE);
  });
  endpoint(app, { method: "get", path: "/v1/admin/stats", summary: "How much there is of everything, on all instances", tags: TAGS, auth, responses: OBJECT }, async (c, { who }) => {
    audited(deps, c, who, "look at stats");
    const [all, queues] = await reached(Promise.all([instances.ask(null), housekeeping.queues()]));
    const sum = (of: "websocket" | "sse"): number => all.reduce((total, { connections }) => total + connections[of], 0);
    const told = all.map(({ instance, version, startedAt, leads, connections }) => ({ instance, version, started_at: new Date(startedAt).toISOString(), leads, connections }));
    return c.json({ connections: { websocket: sum("websocket"), sse: sum("sse") }, queued: queues, instances: told }, 200, NO_STORE);
  });
}

function addActs(app: App, deps: AppDeps): void {
  const { auth, instances, housekeeping } = deps;
  endpoint(app, {
    method: "delete", path: "/v1/admin/connections/{connection_id}", summary: "End a connection; its client may come back", tags: TAGS, auth,
    params: z.object({ connection_id: z.string().min(1).max(128) }), responses: { 204: { description: "It has ended" } },
  }, async (c, { params, who }) => {
    audited(deps, c, who, "end connection", params.connection_id);
    if (!(await reached(instances.end(params.connection_id)))) throw new TaskwireError("connection_unknown", `No instance has a connection ${params.connection_id}.`);
    return c.body(null, 204);
  });
  endpoint(app, { method: "post", path: "/v1/admin/tasks/{task_id}/cancel", summary: "Cancel anybody's task", tags: TAGS, auth, params: z.object({ task_id: TASK_ID }), responses: OBJECT }, async (c, { params, who }) => {
    audited(deps, c, who, "cancel task", params.task_id);
    const { outcome, cursor } = await orderCommand(deps, who, params.task_id, { command_id: `admin-${c.env.requestId}`.slice(0, 64), command: "cancel" });
    return c.json({ task_id: params.task_id, outcome, cursor });
  });
  endpoint(app, {
    method: "post", path: "/v1/admin/sweep", summary: "One walk of the sweeper, or with `dry_run` what it would do", tags: TAGS, auth,
    query: z.object({ dry_run: z.enum(["true", "false"]).optional() }), responses: OBJECT,
  }, async (c, { query, who }) => {
    audited(deps, c, who, query.dry_run === "true" ? "rehearse a sweep" : "sweep");
    return c.json(await reached(housekeeping.sweep(query.dry_run === "true")), 200, NO_STORE);
  });
  endpoint(app, { method: "post", path: "/v1/admin/index/rebuild", summary: "Make the list of tasks say what the log says", tags: TAGS, auth, responses: OBJECT }, async (c, { who }) => {
    audited(deps, c, who, "rebuild the index");
    return c.json(await reached(housekeeping.rebuild()), 200, NO_STORE);
  });
}
