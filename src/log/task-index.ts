/**
 * The list of tasks: a small summary of each, found by user. It is written before the log (the intent) and after it, and is
 * never asked what is true: only the log decides. Lists are answered out of a copy of the user's entries in this process.
 */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { type TaskSummary, parseSummary } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { IndexEntry, keyOf } from "./index-entry.ts";
import { type IndexKey, LogUnavailable, type Store } from "./port.ts";
import { type IndexedTask, type ListPlace, type TaskFollowing, UserTasks, byNewestChange } from "./user-tasks.ts";

export interface ListRequest {
  readonly status?: string | undefined;
  readonly conversation?: string | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
  /** Only tasks of which this says so. */
  readonly where?: ((task: TaskSummary) => boolean) | undefined;
  readonly limit: number;
}

export interface TaskList {
  /** Newest change first. */
  readonly tasks: readonly TaskSummary[];
  /** Asks for what follows, as `before`; null where nothing does. */
  readonly next: string | null;
}

export interface TaskIndex {
  /** Writes an entry for a task that is about to be created, unless there is one. Throws `LogUnavailable`. */
  intend(summary: TaskSummary): Promise<void>;
  /** Removes the intent of a task that was not created after all; an entry that has a log stays. Never throws. */
  withdraw(key: IndexKey): Promise<void>;
  /** Takes note of a stored batch; the entry follows by itself, and never falls back behind a later position. */
  changed(summary: TaskSummary): void;
  /** A user's tasks, newest change first. Throws `request_invalid` for a `before` that is none, and `unavailable`. */
  list(owner: string, request: ListRequest): Promise<TaskList>;
  /** How many of a user's tasks have not ended, as this process knows; null while it does not, and then it finds out. */
  unfinished(owner: string): number | null;
  /** Follows a user's tasks: every change, and now and then whether something was missed. */
  follow(owner: string, onTask: (task: IndexedTask) => void): TaskFollowing;
  /** One task's summary as the index has it; null where it has none. Throws `LogUnavailable`. */
  find(key: IndexKey): Promise<TaskSummary | null>;
  /** Writes what waits to be written, for at most `limits.indexWriteMs`, and lets go of everything. */
  close(): Promise<void>;
}

export interface TaskIndexDeps {
  readonly store: Store;
  readonly environment: Environment;
  readonly limits: LimitSet;
}

/** The one index of a process. */
export function createTaskIndex({ store, environment, limits }: TaskIndexDeps): TaskIndex {
  const { index, log } = store;
  const { clock, journal } = environment;
  const entries = new Map<string, IndexEntry>();
  /** The longest unasked first. */
  const users = new Map<string, UserTasks>();

  const stopListening = log.onConnection((connected) => {
    if (connected) for (const user of users.values()) user.doubt();
  });
  let stopSweeping = clock.after(limits.appenderIdleMs, sweep);

  function sweep(): void {
    for (const [taskId, entry] of entries) if (entry.settled && entry.writtenAt <= clock.now() - limits.indexWriteMs) entries.delete(taskId);
    stopSweeping = clock.after(limits.appenderIdleMs, sweep);
  }

  function userTasks(owner: string): UserTasks {
    const user = users.get(owner) ?? new UserTasks({ owner, index, clock, freshMs: limits.verifyMs });
    users.delete(owner);
    users.set(owner, user);
    if (users.size > limits.indexUsers) forgetOne();
    return user;
  }

  function forgetOne(): void {
    for (const [owner, user] of users) {
      if (user.followed) continue;
      user.close();
      users.delete(owner);
      return;
    }
  }

  return {
    async intend(summary) {
      const outcome = await index.write(keyOf(summary), JSON.stringify(summary), 0);
      if (outcome.kind === "unavailable") throw new LogUnavailable("the index cannot be written");
      if (outcome.kind !== "stored") return;
      const born = { ...summary, born: outcome.revision };
      users.get(summary.owner)?.learn(born, outcome.revision);
      entries.set(summary.taskId, new IndexEntry({ index, environment, limits }, summary, { summary: born, revision: outcome.revision }));
    },
    async withdraw(key) {
      try {
        const record = await index.read(key);
        if (record === null || (JSON.parse(record.value) as TaskSummary).position !== 0) return;
        await index.remove(key);
        users.get(key.owner)?.forget(key.taskId);
      } catch (error) {
        journal.warn("index_behind", `An intent stays in the index until the sweeper finds it: ${String(error)}`, { task: key.taskId });
      }
    },
    changed(summary) {
      users.get(summary.owner)?.learn(summary);
      const entry = entries.get(summary.taskId) ?? new IndexEntry({ index, environment, limits }, summary);
      entries.set(summary.taskId, entry);
      entry.want(summary);
    },
    async list(owner, request) {
      const from = request.before === undefined ? null : parsePlace(request.before);
      try {
        return pageOf(await userTasks(owner).all(), request, from);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        throw new TaskwireError("unavailable", "The list of tasks cannot be read. Try again in a moment.");
      }
    },
    unfinished(owner) {
      const user = userTasks(owner);
      const { unfinished } = user;
      // It is a hint: nobody waits for it, and what cannot be listed now is when it is asked for again.
      if (unfinished === null) user.all().catch(() => {});
      return unfinished;
    },
    follow: (owner, onTask) => userTasks(owner).follow(onTask),
    async find(key) {
      const record = await index.read(key);
      return record === null ? null : parseSummary(record.value);
    },
    async close() {
      stopSweeping();
      stopListening();
      for (const entry of entries.values()) entry.hurry();
      const written = Promise.all([...entries.values()].map((entry) => entry.whenSettled()));
      let stopWaiting: () => void = () => {};
      const bound = new Promise<void>((resolve) => (stopWaiting = clock.after(limits.indexWriteMs, resolve)));
      await Promise.race([written, bound]);
      stopWaiting();
      for (const entry of entries.values()) entry.close();
      for (const user of users.values()) user.close();
      entries.clear();
      users.clear();
    },
  };
}

function pageOf(all: readonly TaskSummary[], { status, conversation, where, limit }: ListRequest, from: ListPlace | null): TaskList {
  const tasks: TaskSummary[] = [];
  for (const task of all) {
    if (from !== null && byNewestChange(task, from) <= 0) continue;
    if (task.status === "deleted" || (where !== undefined && !where(task))) continue;
    if (status !== undefined && task.status !== status) continue;
    if (conversation !== undefined && task.conversation !== conversation) continue;
    if (tasks.length === limit) return { tasks, next: placeAfter(tasks.at(-1)) };
    tasks.push(task);
  }
  return { tasks, next: null };
}

function placeAfter(task: TaskSummary | undefined): string | null {
  return task === undefined ? null : btoa(`${task.updatedAt.toString(36)}.${task.taskId}`).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function parsePlace(text: string): ListPlace {
  const [, time, taskId] = /^([0-9a-z]{1,10})\.([A-Za-z0-9_-]{1,64})$/.exec(decoded(text)) ?? [];
  if (time === undefined || taskId === undefined) throw new TaskwireError("request_invalid", "before is not a place in a list: give back the next of the page before it, or leave it out.", { path: "before" });
  return { updatedAt: Number.parseInt(time, 36), taskId };
}

function decoded(text: string): string {
  try {
    return atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    return "";
  }
}
