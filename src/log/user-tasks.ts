/** The tasks of one user as this process knows them: listed once, then followed live, listed again when that may have holes. */
import type { Cancel, Clock } from "../domain/environment.ts";
import { type TaskSummary, mergeSummary, parseSummary } from "../domain/summary.ts";
import type { IndexRecord, IndexStore } from "./port.ts";

/** A place in the order of lists. */
export type ListPlace = Pick<TaskSummary, "updatedAt" | "taskId">;

/** Newest change first; among equals the later id. */
export function byNewestChange(a: ListPlace, b: ListPlace): number {
  return b.updatedAt - a.updatedAt || (a.taskId < b.taskId ? 1 : a.taskId > b.taskId ? -1 : 0);
}

export interface UserTasksDeps {
  readonly owner: string;
  readonly index: IndexStore;
  readonly clock: Clock;
  /** A list older than this is listed again when it is asked for: what was removed or lost on its way is found by nothing else. */
  readonly freshMs: number;
}

export class UserTasks {
  readonly #deps: UserTasksDeps;
  #tasks = new Map<string, TaskSummary>();
  /** What was learnt while a listing was under way, which may not have it yet. */
  #meanwhile: TaskSummary[] | null = null;
  #listedAt: number | null = null;
  #loading: Promise<void> | null = null;
  #stopFollowing: Cancel | null = null;
  #sorted: readonly TaskSummary[] | null = null;
  #closed = false;

  constructor(deps: UserTasksDeps) {
    this.#deps = deps;
  }

  /** All tasks, newest change first. Throws `LogUnavailable`. */
  async all(): Promise<readonly TaskSummary[]> {
    const { clock, freshMs } = this.#deps;
    if (this.#listedAt === null || clock.now() - this.#listedAt >= freshMs) await this.#load();
    this.#sorted ??= [...this.#tasks.values()].sort(byNewestChange);
    return this.#sorted;
  }

  /** Takes note of a change that this process made or heard of. */
  learn(summary: TaskSummary): void {
    this.#meanwhile?.push(summary);
    const known = this.#tasks.get(summary.taskId) ?? null;
    const merged = mergeSummary(known, summary);
    if (merged === known) return;
    this.#tasks.set(summary.taskId, merged);
    this.#sorted = null;
  }

  forget(taskId: string): void {
    if (this.#tasks.delete(taskId)) this.#sorted = null;
  }

  /** The list may have holes: list again before it is used. */
  doubt(): void {
    this.#listedAt = null;
  }

  close(): void {
    this.#closed = true;
    this.#stopFollowing?.();
    this.#stopFollowing = null;
  }

  #load(): Promise<void> {
    this.#loading ??= this.#list().finally(() => {
      this.#loading = null;
      this.#meanwhile = null;
    });
    return this.#loading;
  }

  async #list(): Promise<void> {
    const { owner, index, clock } = this.#deps;
    const hear = (record: IndexRecord): void => {
      const summary = parseSummary(record.value);
      if (summary !== null) this.learn(summary);
    };
    if (this.#stopFollowing === null) {
      const stop = await index.follow(owner, hear);
      if (this.#closed) stop();
      else this.#stopFollowing = stop;
    }
    const began = clock.now();
    this.#meanwhile = [];
    const records = await index.list(owner);
    const meanwhile: readonly TaskSummary[] = this.#meanwhile;
    const before = this.#tasks;
    this.#meanwhile = null;
    this.#tasks = new Map();
    this.#sorted = null;
    this.#listedAt = began;
    for (const record of records) {
      hear(record);
      // What this process knows of a task may not have been written yet.
      const known = before.get(record.key.taskId);
      if (known !== undefined) this.learn(known);
    }
    for (const summary of meanwhile) this.learn(summary);
  }
}
