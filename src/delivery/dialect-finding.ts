/** Finds the tasks that a connection of a dialect wants to be told of, and waits for those that do not exist yet. */
import { deletedTask, type Identity, mayWatch, type TaskFacts } from "../domain/access.ts";
import type { Cancel } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Arrivals } from "../feed/arrival.ts";
import { asRefusal } from "./refusal.ts";

export interface FindingDeps {
  facts(taskId: string): Promise<TaskFacts | null>;
  /** Absent where nobody waits. */
  readonly arrivals?: Arrivals | undefined;
  /** See `DialectRequest`. */
  behind?: ((taskId: string) => Promise<number>) | undefined;
}

export interface Wanted {
  readonly taskId: string;
  readonly who: Identity;
  /** Milliseconds; null: as long as it takes; absent: not at all. */
  readonly waitMs?: number | null;
  /** Events up to this seq are not wanted. */
  readonly behind: number;
}

export class Finding {
  readonly #deps: FindingDeps;
  readonly #under = new Map<string, Cancel>();

  constructor(deps: FindingDeps) {
    this.#deps = deps;
  }

  /** The tasks that are looked up or waited for. */
  get tasks(): readonly string[] {
    return [...this.#under.keys()];
  }

  /** Answers from which event on the task is wanted, once it is there for who wants it. Never answers once it was stopped. Throws `task_unknown`, `task_deleted`, `too_many_subscriptions`, and what looking throws. */
  async find({ taskId, who, waitMs, behind }: Wanted): Promise<number> {
    this.stop(taskId);
    const stopped = new Promise<never>(() => {});
    let gone = false;
    const mark = (): void => void (gone = true);
    this.#under.set(taskId, mark);
    try {
      const looked = await this.#look(taskId).catch((error: unknown) => {
        // Whoever waits for a task waits for the log, too.
        if (waitMs === undefined || asRefusal(error).code !== "unavailable") throw error;
        return null;
      });
      if (gone) return await stopped;
      const found = looked !== null && looked.facts !== null && mayWatch(who, looked.facts) ? looked.facts : await this.#arrival(taskId, who, waitMs);
      if (found.status === "deleted") throw deletedTask(taskId);
      if (looked !== null) return Math.max(behind, looked.cleared);
      this.#under.set(taskId, mark);
      const { cleared } = await this.#look(taskId);
      return gone ? await stopped : Math.max(behind, cleared);
    } catch (error) {
      if (gone) return await stopped;
      throw error;
    } finally {
      if (!gone) this.#under.delete(taskId);
    }
  }

  async #look(taskId: string): Promise<{ readonly facts: TaskFacts | null; readonly cleared: number }> {
    const [facts, cleared] = await Promise.all([this.#deps.facts(taskId), this.#deps.behind?.(taskId) ?? 0]);
    return { facts, cleared };
  }

  #arrival(taskId: string, who: Identity, waitMs: number | null | undefined): Promise<TaskFacts> {
    const { arrivals } = this.#deps;
    const unknown = (): TaskwireError => new TaskwireError("task_unknown", `There is no task ${taskId} that you may see.`, { task_id: taskId });
    if (waitMs === undefined || arrivals === undefined) return Promise.reject(unknown());
    return new Promise((resolve, reject) => {
      this.#under.set(taskId, arrivals.wait(taskId, waitMs, (facts) => mayWatch(who, facts), (facts) => (facts === null ? reject(unknown()) : resolve(facts))));
    });
  }

  stop(taskId: string): void {
    this.#under.get(taskId)?.();
    this.#under.delete(taskId);
  }

  clear(): void {
    for (const taskId of this.tasks) this.stop(taskId);
  }
}
