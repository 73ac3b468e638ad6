/** Tasks as routes find them for their callers: what is not there, what is another's, and what may only be watched are told apart here alone. */
import { deletedTask, type Identity, mayCommand, mayWatch, type TaskFacts, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { AppDeps } from "./deps.ts";

type Writing = Pick<AppDeps, "writer">;

/** A task that this caller may watch; another's is answered as if it did not exist. Throws `task_unknown`, and `task_deleted` for one that was. */
export async function watchable({ writer }: Writing, who: Identity, taskId: string): Promise<TaskFacts> {
  const facts = await writer.facts(taskId);
  if (facts === null || !mayWatch(who, facts)) throw unknownTask(taskId);
  if (facts.status === "deleted") throw deletedTask(taskId);
  return facts;
}

/** A task that this caller may command. Throws `task_unknown`, `task_deleted`, and `command_forbidden` to who may only watch. */
export async function commandable(deps: Writing, who: Identity, taskId: string): Promise<TaskFacts> {
  const facts = await watchable(deps, who, taskId);
  if (!mayCommand(who, facts)) throw new TaskwireError("command_forbidden", `You may watch ${taskId}, but only its owner commands it.`, { task_id: taskId });
  return facts;
}

/** The data of a task's `task.created`; null where it is kept no more. Throws `unavailable`. */
export async function createdWith({ writer }: Writing, taskId: string): Promise<Record<string, unknown> | null> {
  const first = JSON.parse((await writer.firstLine(taskId)) ?? "null") as { type?: string; data?: Record<string, unknown> } | null;
  return first?.type === "task.created" ? (first.data ?? null) : null;
}

/** Refuses one task more where a user has as many as they may. Throws `too_many_tasks`. */
export function mustHaveRoom({ index, limits: { userOpenTasks } }: Pick<AppDeps, "index" | "limits">, owner: string): void {
  const open = index.unfinished(owner) ?? 0;
  if (open >= userOpenTasks) throw new TaskwireError("too_many_tasks", `${open} tasks of this user have not ended; at most ${userOpenTasks} may be open at once.`, { limit: "user_open_tasks" });
}
