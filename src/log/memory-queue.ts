/** The queues of work in the process's own memory: what `jetstream-queue.ts` does, for tests and simulation. */
import type { Clock } from "../domain/environment.ts";
import { type EntryRequest, type Priority, QUEUE_HOLD_MS, type QueueEntry } from "./port.ts";

/** An entry as it stands in its queue. */
export interface MemoryEntry {
  readonly entry: QueueEntry;
  /** Somebody has it, or it was put back, until then. Milliseconds since 1970. */
  until: number;
  /** Rises with every time that it is given out: an old holder's word no longer counts. */
  hold: number;
}

/** An entry in somebody's hands. */
export interface Held {
  readonly entry: MemoryEntry;
  readonly hold: number;
}

const ORDER: readonly Priority[] = ["high", "normal", "low"];
/** How often somebody who waits looks by themselves. Milliseconds. */
const LOOK_MS = 1_000;

export class MemoryQueue {
  readonly #clock: Clock;
  #entries: MemoryEntry[] = [];
  readonly #wakes = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(entry: QueueEntry): void {
    if (this.has(entry)) return;
    this.#entries.push({ entry: { ...entry }, until: 0, hold: 0 });
    this.#wake();
  }

  take(kind: string, max: number): readonly Held[] {
    const now = this.#clock.now();
    const free = this.#sorted(kind).filter(({ entry, until }) => until <= now && entry.notBefore <= now);
    return free.slice(0, max).map((entry) => {
      entry.until = now + QUEUE_HOLD_MS;
      entry.hold += 1;
      return { entry, hold: entry.hold };
    });
  }

  /** Takes, and where nothing is there waits for something to be put in, at most so long. */
  async wait({ waitMs, signal, resting = () => {} }: EntryRequest, take: () => Promise<readonly Held[]>): Promise<readonly Held[]> {
    const end = this.#clock.now() + waitMs;
    for (;;) {
      const taken = await take();
      const left = end - this.#clock.now();
      if (signal?.aborted) {
        for (const { entry, hold } of taken) this.back(entry, hold, 0);
        return [];
      }
      if (taken.length > 0 || left <= 0) return taken;
      resting(true);
      await this.#rest(Math.min(left, LOOK_MS), signal);
      resting(false);
    }
  }

  done(entry: MemoryEntry, hold: number): void {
    if (entry.hold === hold) this.#entries = this.#entries.filter((each) => each !== entry);
  }

  back(entry: MemoryEntry, hold: number, delayMs: number): void {
    if (entry.hold !== hold) return;
    entry.until = this.#clock.now() + delayMs;
    this.#wake();
  }

  has(wanted: QueueEntry): boolean {
    return this.#entries.some(({ entry }) => same(entry, wanted));
  }

  remove(wanted: QueueEntry): void {
    this.#entries = this.#entries.filter(({ entry }) => !same(entry, wanted));
  }

  waiting(kind: string): readonly QueueEntry[] {
    return this.#sorted(kind).map(({ entry }) => entry);
  }

  kinds(): readonly string[] {
    return [...new Set(this.#entries.map(({ entry }) => entry.kind))];
  }

  copy(): readonly MemoryEntry[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  restore(entries: readonly MemoryEntry[]): void {
    this.#entries = entries.map((entry) => ({ ...entry }));
    this.#wake();
  }

  #sorted(kind: string): readonly MemoryEntry[] {
    return ORDER.flatMap((priority) => this.#entries.filter(({ entry }) => entry.kind === kind && entry.priority === priority));
  }

  #wake(): void {
    for (const wake of [...this.#wakes]) wake();
  }

  #rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        late();
        this.#wakes.delete(end);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const late = this.#clock.after(ms, end);
      this.#wakes.add(end);
      signal?.addEventListener("abort", end);
    });
  }
}

function same(a: QueueEntry, b: QueueEntry): boolean {
  return a.taskId === b.taskId && a.kind === b.kind && a.priority === b.priority;
}
