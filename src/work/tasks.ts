/** What this room asks of the writing side: to store what is decided on a task's state, and to hear of what was stored. */
import type { Cancel } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Actor, DraftEvent } from "../domain/laws.ts";
import type { JudgeState } from "../domain/state.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { Priority, QueueEntry } from "../log/port.ts";

export interface Stored {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The position after it. */
  readonly cursor: string;
}

export interface Tasks {
  /** Stores what is chosen on the state that the log has, and answers when the log has it. Throws what an append throws. */
  decide(taskId: string, choose: (state: JudgeState) => readonly DraftEvent[], more?: { readonly holder?: string; readonly actor?: Actor }): Promise<Stored>;
  /** Tells of every batch that this instance has stored. */
  onAppended(listener: (summary: TaskSummary) => void): Cancel;
}

/** A task's state as the log has it, and the position after that; null for one that it does not have. Throws what an append throws. */
export async function stateOf(tasks: Tasks, taskId: string): Promise<{ readonly state: JudgeState; readonly cursor: string } | null> {
  let seen: JudgeState | null = null;
  try {
    const { cursor } = await tasks.decide(taskId, (state) => {
      seen = state;
      return [];
    });
    return seen === null ? null : { state: seen, cursor };
  } catch (error) {
    if (error instanceof TaskwireError && error.code === "task_unknown") return null;
    throw error;
  }
}

/** Whether a task waits for a worker, as far as its summary knows. */
export function waits({ work, holder, status, position }: Pick<TaskSummary, "work" | "holder" | "status" | "position">): boolean {
  return work !== null && holder === null && position > 0 && (status === "queued" || status === "recovering");
}

/** A task's place in its queue. `notBefore`: milliseconds since 1970. */
export function entryOf({ taskId, kind, work }: Pick<TaskSummary, "taskId" | "kind" | "work">, notBefore = work?.notBefore ?? 0): QueueEntry {
  const priority: Priority = work?.priority ?? "normal";
  return { taskId, kind, priority, notBefore };
}
