/** Orchestration over HTTP: a query becomes a task, and how many watch. */
import { z } from "@hono/zod-openapi";
import { orchestration, orchestrationStart } from "../dialects/orchestration.ts";
import type { Identity } from "../domain/access.ts";
import type { ConnectionInfo } from "../delivery/connections.ts";
import type { AppDeps } from "./deps.ts";
import { startTask } from "./dialect-tasks.ts";
import { type App, endpoint, NO_STORE } from "./endpoint.ts";
import { askedSeldom } from "./instances.ts";

/** The answer to `POST /api/v1/chat` with a `query`: the task waits in the queue of the kind `orchestration`. Throws `request_invalid`, and what creating a task throws. */
export async function startOrchestration(deps: AppDeps, who: Identity, body: unknown): Promise<{ readonly task_id: string }> {
  return { task_id: await startTask(deps, who, orchestrationStart(body)) };
}

/** Adds `GET /api/v1/ws/stats`. */
export function addOrchestration(app: App, { instances, environment: { clock } }: AppDeps): void {
  const stats = askedSeldom(clock, async () => statsOf((await instances.ask("", orchestration.name)).flatMap(({ list = [] }) => list)));
  endpoint(app, {
    method: "get",
    path: "/api/v1/ws/stats",
    summary: "How many watch orchestrated tasks, on all instances",
    tags: ["orchestration"],
    auth: null,
    responses: { 200: { description: "Numbers", content: { "application/json": { schema: z.looseObject({ websocket_stats: z.looseObject({}) }) } } } },
  }, async (c) => c.json({ websocket_stats: await stats() }, 200, NO_STORE));
}

/** What the connections of the dialect come to. */
function statsOf(connections: readonly ConnectionInfo[]): { readonly total_connections: number; readonly active_tasks: number; readonly active_users: number; readonly tasks: Readonly<Record<string, number>> } {
  const ours = connections.filter(({ dialect }) => dialect === orchestration.name);
  const tasks = new Map<string, number>();
  for (const { about } of ours) if (typeof about?.task_id === "string") tasks.set(about.task_id, (tasks.get(about.task_id) ?? 0) + 1);
  return { total_connections: ours.length, active_tasks: tasks.size, active_users: new Set(ours.map(({ user }) => user)).size, tasks: Object.fromEntries(tasks) };
}
