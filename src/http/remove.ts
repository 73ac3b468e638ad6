/** Delete a task: for its owner, its creator and administrators. */
import { z } from "@hono/zod-openapi";
import { mayCommand, mayWatch, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { type AppDeps, actorOf } from "./deps.ts";
import { type App, endpoint } from "./endpoint.ts";
import { TASK_ID } from "./query.ts";

/** Adds `DELETE /v1/tasks/{task_id}`. */
export function addRemove(app: App, { auth, writer, deletions }: AppDeps): void {
  endpoint(app, {
    method: "delete",
    path: "/v1/tasks/{task_id}",
    summary: "Delete a task and everything in it",
    description: "Watchers are told by `task.deleted`. The id stays taken; whoever might have seen the task is answered 410 from then on. Again: 204.",
    tags: ["tasks"],
    auth,
    params: z.object({ task_id: TASK_ID }),
    responses: { 204: { description: "Deleted, now or before" } },
  }, async (c, { params: { task_id: taskId }, who }) => {
    const facts = await writer.facts(taskId);
    if (facts === null || !mayWatch(who, facts)) throw unknownTask(taskId);
    if (!mayCommand(who, facts)) throw new TaskwireError("command_forbidden", `You may watch ${taskId}, but only its owner deletes it.`, { task_id: taskId });
    await deletions.remove(taskId, who.user, actorOf(who));
    return c.body(null, 204);
  });
}
