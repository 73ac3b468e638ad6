/** The tasks of one user as this process knows them: listed once, then followed live, listed again when that may have holes. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { Cancel, Clock } from "../domain/environment.ts";
import { type TaskSummary, mergeSummary, parseSummary } from "../domain/summary.ts";
import type { IndexRecord, IndexStore } from "./port.ts";

/** A place in the order of lists. */
export type ListPlace = Pick<TaskSummary, "updatedAt" | "taskId">;

/** Newest change first; among equals the later id. */
export function byNewestChange(a: ListPlace, b: ListPlace): number {
  return b.updatedAt - a.updatedAt || (a.taskId < b.taskId ? 1 : a.taskId > b.taskId ? -1 : 0);
}

/** A task as the index has it. */
export interface IndexedTask {
  readonly summary: TaskSummary;
  /** The revision of the entry that says so; 0 where this process knows better than the index does, so far. */
  readonly revision: number;
}

const open = (task: IndexedTask | null): 0 | 1 => (task === null || TERMINAL_STATUSES.has(task.summary.status) ? 0 : 1);

/** One who follows a user's tasks. */
export interface TaskFollowing {
  /** Resolves to true once the tasks are known for sure, however long the store is away; to false when this was stopped. */
  ready(): Promise<boolean>;
  /** Looks for what was written since the last listing. Throws `LogUnavailable`. */
  refresh(): Promise<void>;
  /** All of them, in no order. */
  tasks(): Iterable<IndexedTask>;
  get(taskId: string): IndexedTask | null;
  /** Every entry that the index had up to this revision has been told of; null while that is not sure. */
  readonly listed: number | null;
  stop(): void;
}

export interface UserTasksDeps {
  readonly owner: string;
  readonly index: IndexStore;
  readonly clock: Clock;
  /** A list older than this is listed again when it is asked for: what was removed or lost on its way is found by nothing else. */
  readonly freshMs: number;
}

/** While the store is away it is asked so often by those who wait for it. Milliseconds. */
const RETRY_MS = 250;
/** Who follows finds what was removed by listing all; what was written is found by less. One in so many listings is whole. */
const WHOLE_EVERY = 20;

export class UserTasks {
  readonly #deps: UserTasksDeps;
  #tasks = new Map<string, IndexedTask>();
  /** What was learnt while a listing was under way, which may not have it yet. */
  #meanwhile: IndexedTask[] | null = null;
  #listedAt: number | null = null;
  /** The highest revision that a listing found. */
  #reached = 0;
  /** How often it was doubted: what was asked before that says nothing after. */
  #doubts = 0;
  #loading: Promise<void> | null = null;
  #stopFollowing: Cancel | null = null;
  #sorted: readonly TaskSummary[] | null = null;
  #unfinished = 0;
  #listed = false;
  #closed = false;
  readonly #followers = new Set<(task: IndexedTask) => void>();
  #cancelRefresh: Cancel = () => {};
  #refreshes = 0;

  constructor(deps: UserTasksDeps) {
    this.#deps = deps;
  }

  /** Somebody follows it: it must not be forgotten. */
  get followed(): boolean {
    return this.#followers.size > 0;
  }

  /** How many have not ended; null while they were never listed. */
  get unfinished(): number | null {
    return this.#listed ? this.#unfinished : null;
  }

  /** All tasks, newest change first. Throws `LogUnavailable`. */
  async all(): Promise<readonly TaskSummary[]> {
    const { clock, freshMs } = this.#deps;
    if (this.#listedAt === null || clock.now() - this.#listedAt >= freshMs) await this.#load(true);
    this.#sorted ??= [...this.#tasks.values()].map(({ summary }) => summary).sort(byNewestChange);
    return this.#sorted;
  }

  /** Hands over every change from now on, and tells what there is. What was lost on its way is found every `freshMs`. */
  follow(onTask: (task: IndexedTask) => void): TaskFollowing {
    this.#followers.add(onTask);
    if (this.#followers.size === 1) this.#refreshIn(this.#deps.freshMs);
    const stopped = (): boolean => this.#closed || !this.#followers.has(onTask);
    const known = async (): Promise<boolean> => {
      while (this.#listedAt === null && !stopped()) {
        // Whoever waits does so however long the store is away.
        await this.#load(true).catch(() => {});
        if (this.#listedAt === null && !stopped()) await new Promise<void>((resolve) => void this.#deps.clock.after(RETRY_MS, resolve));
      }
      return !stopped();
    };
    const self = this;
    return {
      ready: known,
      refresh: () => this.#load(this.#listedAt === null),
      tasks: () => this.#tasks.values(),
      get: (taskId) => this.#tasks.get(taskId) ?? null,
      get listed() {
        return self.#listedAt === null ? null : self.#reached;
      },
      stop: () => {
        this.#followers.delete(onTask);
        if (this.#followers.size === 0) this.#cancelRefresh();
      },
    };
  }

  /** Takes note of a change that this process made or heard of; `revision` where the index has said so. */
  learn(summary: TaskSummary, revision = 0): void {
    this.#meanwhile?.push({ summary, revision });
    const known = this.#tasks.get(summary.taskId) ?? null;
    const merged = mergeSummary(known?.summary ?? null, summary);
    const newer = merged !== known?.summary;
    const told = revision > (known?.revision ?? 0) && summary.position >= merged.position;
    if (!newer && !told) return;
    const born = merged.born ?? summary.born;
    const task = { summary: born === merged.born ? merged : { ...merged, born: born as number }, revision: told ? revision : newer ? 0 : (known?.revision ?? 0) };
    this.#unfinished += open(task) - open(known);
    this.#tasks.set(summary.taskId, task);
    this.#sorted = null;
    for (const follower of this.#followers) follower(task);
  }

  forget(taskId: string): void {
    this.#unfinished -= open(this.#tasks.get(taskId) ?? null);
    if (this.#tasks.delete(taskId)) this.#sorted = null;
  }

  /** The list may have holes: list again before it is used. */
  doubt(): void {
    this.#doubts += 1;
    this.#listedAt = null;
    if (this.followed) this.#refreshIn(0);
  }

  close(): void {
    this.#closed = true;
    this.#followers.clear();
    this.#cancelRefresh();
    this.#stopFollowing?.();
    this.#stopFollowing = null;
  }

  #refreshIn(delayMs: number): void {
    const { clock, freshMs } = this.#deps;
    this.#cancelRefresh();
    this.#cancelRefresh = clock.after(delayMs, () => {
      const again = (wait: number): void => {
        if (this.followed && !this.#closed) this.#refreshIn(wait);
      };
      this.#load(this.#listedAt === null || ++this.#refreshes % WHOLE_EVERY === 0).then(() => again(this.#listedAt === null ? 0 : freshMs), () => again(Math.min(RETRY_MS, freshMs)));
    });
  }

  /** Lists all, or with `whole` false only what was written since the last time. */
  #load(whole: boolean): Promise<void> {
    this.#loading ??= (whole ? this.#list() : this.#catchUp()).finally(() => {
      this.#loading = null;
      this.#meanwhile = null;
    });
    return this.#loading;
  }

  #hear(record: IndexRecord): void {
    const summary = parseSummary(record.value);
    // An entry does not say yet what it was born as: it has not been written again since.
    if (summary !== null) this.learn(summary.born === undefined ? { ...summary, born: record.revision } : summary, record.revision);
  }

  async #catchUp(): Promise<void> {
    const { owner, index } = this.#deps;
    const doubts = this.#doubts;
    const records = await index.list(owner, this.#reached);
    for (const record of records) this.#hear(record);
    // A connection that was lost meanwhile may have come back to an older index.
    if (doubts === this.#doubts) this.#reach(this.#reached, records);
  }

  #reach(from: number, records: readonly IndexRecord[]): void {
    this.#reached = records.reduce((most, { revision }) => Math.max(most, revision), from);
  }

  async #list(): Promise<void> {
    const { owner, index, clock } = this.#deps;
    if (this.#stopFollowing === null) {
      const stop = await index.follow(owner, (record) => this.#hear(record));
      if (this.#closed) stop();
      else this.#stopFollowing = stop;
    }
    const began = clock.now();
    const doubts = this.#doubts;
    this.#meanwhile = [];
    const records = await index.list(owner);
    const meanwhile: readonly IndexedTask[] = this.#meanwhile;
    const before = this.#tasks;
    this.#meanwhile = null;
    this.#tasks = new Map();
    this.#unfinished = 0;
    this.#listed = true;
    this.#sorted = null;
    for (const record of records) {
      this.#hear(record);
      // What this process knows of a task may not have been written yet.
      const known = before.get(record.key.taskId);
      if (known !== undefined) this.learn(known.summary);
    }
    for (const { summary, revision } of meanwhile) this.learn(summary, revision);
    this.#reach(0, records);
    if (doubts === this.#doubts) this.#listedAt = began;
  }
}
