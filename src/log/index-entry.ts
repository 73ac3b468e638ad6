/** One task's entry in the index, kept up to date by this process: one write at a time, and not more often than worth it. */
import type { Cancel, Environment } from "../domain/environment.ts";
import { type TaskSummary, mergeSummary, parseSummary } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { type IndexKey, type IndexStore, LogUnavailable } from "./port.ts";

export interface IndexEntryDeps {
  readonly index: IndexStore;
  readonly environment: Environment;
  readonly limits: LimitSet;
}

/** What the store held when it was last seen. */
export interface KnownEntry {
  readonly summary: TaskSummary | null;
  readonly revision: number;
}

export class IndexEntry {
  readonly #deps: IndexEntryDeps;
  readonly #key: IndexKey;
  #wanted: TaskSummary;
  #known: KnownEntry | null;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #writing = false;
  #cancel: Cancel | null = null;
  /** When what waits is to be written. */
  #due = Number.POSITIVE_INFINITY;
  #hurried = false;
  #closed = false;
  #settled: (() => void)[] = [];

  /** `known` spares the first look at the store, where this process has just written the entry. */
  constructor(deps: IndexEntryDeps, wanted: TaskSummary, known: KnownEntry | null = null) {
    this.#deps = deps;
    this.#wanted = wanted;
    this.#known = known;
    this.#key = keyOf(wanted);
  }

  /** True where the store holds the newest that we know, as far as we know. */
  get settled(): boolean {
    return !this.#writing && this.#cancel === null;
  }

  get writtenAt(): number {
    return this.#writtenAt;
  }

  /** Wants the entry to say this, unless it says something later. A change of status is written at once, of the percent soon, of the time and place alone later. */
  want(summary: TaskSummary): void {
    this.#wanted = mergeSummary(this.#wanted, summary);
    if (this.#writing || this.#closed) return;
    const { limits, environment } = this.#deps;
    const known = this.#known?.summary;
    if (this.#hurried || known?.status !== this.#wanted.status) return this.#schedule(0);
    const pace = known.percent === this.#wanted.percent ? limits.indexQuietMs : limits.indexWriteMs;
    // A timer that is set stays. Tasks that began together shall not be written together for ever.
    if (this.#cancel === null || this.#due > this.#writtenAt + pace) this.#schedule(this.#writtenAt + pace * (0.5 + environment.random.fraction() / 2) - environment.clock.now());
  }

  /** Resolves once nothing waits to be written. */
  whenSettled(): Promise<void> {
    return this.settled ? Promise.resolve() : new Promise((resolve) => void this.#settled.push(resolve));
  }

  /** From now on what waits is written at once. */
  hurry(): void {
    this.#hurried = true;
    if (this.#cancel !== null) this.#schedule(0);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#tell();
  }

  #schedule(delayMs: number): void {
    const { clock } = this.#deps.environment;
    const due = clock.now() + delayMs;
    this.#cancel?.();
    this.#cancel = null;
    this.#due = due;
    let stopped = false;
    let stopWaiting: Cancel = () => {};
    const write = (): void => {
      if (stopped) return;
      this.#cancel = null;
      void this.#write();
    };
    this.#cancel = () => {
      stopped = true;
      stopWaiting();
    };
    // Not before the turn is over: whoever waits for the answer to what has changed the entry goes first.
    if (delayMs <= 0 && this.#hurried) write();
    else if (delayMs <= 0) clock.turn(write);
    else stopWaiting = clock.after(delayMs, write);
  }

  async #write(): Promise<void> {
    const { environment, limits } = this.#deps;
    this.#writing = true;
    const retry = await this.#attempt().catch((error: unknown) => {
      if (!(error instanceof LogUnavailable)) environment.journal.error("index_failed", `An index entry could not be written: ${String(error)}`, { task: this.#key.taskId });
      return error instanceof LogUnavailable;
    });
    this.#writing = false;
    if (this.#closed) return this.#tell();
    if (retry) {
      this.#failures += 1;
      const longest = Math.min(limits.indexWriteMs, limits.appendBackoffMinMs * 2 ** Math.min(this.#failures, 20));
      this.#schedule(longest * (0.5 + environment.random.fraction() / 2));
    } else {
      this.#failures = 0;
      if (this.#known !== null && this.#wanted.position > (this.#known.summary?.position ?? -1)) this.want(this.#wanted);
    }
    this.#tell();
  }

  /** Writes what is wanted if the store holds something earlier. Answers whether to try again. */
  async #attempt(): Promise<boolean> {
    const { index, environment } = this.#deps;
    const known = this.#known ?? (await this.#read());
    const wanted = this.#wanted;
    if (mergeSummary(known.summary, wanted) === known.summary) return false;
    // What an entry was born as is written with every later version of it.
    const born = known.summary?.born;
    const written = born === undefined ? wanted : { ...wanted, born };
    const outcome = await index.write(this.#key, JSON.stringify(written), known.revision);
    if (outcome.kind === "stored") {
      this.#known = { summary: { ...written, born: born ?? outcome.revision }, revision: outcome.revision };
      this.#writtenAt = environment.clock.now();
      return false;
    }
    // Somebody else wrote, or nobody knows whether we did: look before the next attempt.
    this.#known = null;
    return true;
  }

  async #read(): Promise<KnownEntry> {
    const record = await this.#deps.index.read(this.#key);
    const summary = record === null ? null : parseSummary(record.value);
    this.#known = { summary: summary === null ? null : { ...summary, born: summary.born ?? record?.revision ?? 0 }, revision: record?.revision ?? 0 };
    return this.#known;
  }

  #tell(): void {
    if (!this.settled && !this.#closed) return;
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}

/** Where a summary stands in the index. */
export function keyOf({ owner, conversation, taskId }: TaskSummary): IndexKey {
  return { owner, conversation, taskId };
}
