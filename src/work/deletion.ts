/**
 * A task's end for good: its log says that it was deleted, then everything before that goes. What is about to be deleted is noted
 * first, so that whoever leads finishes what another has begun, and a list that missed it is mended.
 */
import type { Environment } from "../domain/environment.ts";
import type { Actor } from "../domain/laws.ts";
import type { JudgeState } from "../domain/state.ts";
import { LogUnavailable, type Store } from "../log/port.ts";
import { type Tasks, stateOf } from "./tasks.ts";

/** The bucket of what is about to be deleted, by task. */
const BUCKET = "deletions";

export interface Deletions {
  /** Deletes a task. Again: nothing happens. Throws `task_unknown` and what an append throws. */
  remove(taskId: string, by: string, actor: Actor): Promise<void>;
  /** Finishes what was begun and not finished, wherever. Answers how many. Throws `LogUnavailable`. */
  finish(): Promise<number>;
}

export interface DeletionsDeps {
  readonly store: Pick<Store, "log" | "keys">;
  readonly tasks: Tasks;
  readonly environment: Environment;
  /** Writes what the log says of a task into the index. */
  readonly mend: (taskId: string, state: JudgeState, cursor: string) => void;
}

/** The way in which tasks are deleted. */
export function createDeletions({ store: { log, keys }, tasks, environment: { journal }, mend }: DeletionsDeps): Deletions {
  /** The log says so, so all but that goes. */
  async function clear(taskId: string): Promise<void> {
    await log.purge(taskId, 1);
    await keys.remove(BUCKET, taskId);
  }

  /** True where the log says that the task was deleted: then the list is told again, and the rest goes. */
  async function finishOne(taskId: string): Promise<boolean> {
    const found = await stateOf(tasks, taskId);
    if (found?.state.phase === "deleted") {
      mend(taskId, found.state, found.cursor);
      await clear(taskId);
      return true;
    }
    // Whoever began this did not come as far as the log, and was told so.
    await keys.remove(BUCKET, taskId);
    return false;
  }

  return {
    async remove(taskId, by, actor) {
      await keys.set(BUCKET, taskId, by);
      await tasks.decide(taskId, (state) => (state.phase === "deleted" ? [] : [{ type: "task.deleted", data: { by } }]), { actor });
      try {
        await clear(taskId);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        journal.warn("deletion_unfinished", "A task is deleted, but its events are still there; whoever leads removes them.", { task: taskId });
      }
    },
    async finish() {
      let finished = 0;
      for (const { key } of await keys.list(BUCKET)) if (await finishOne(key)) finished += 1;
      return finished;
    },
  };
}
