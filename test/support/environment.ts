/**
 * Two environments for tests: the real one, with a journal that is kept to be looked at, and a virtual one, in which time
 * passes only when it is told to and chance comes from a seed, so that a failure can be played again.
 */
import type { Cancel, Clock, Environment, Fields, Journal, Random } from "../../src/domain/environment.ts";

export interface JournalEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly message: string;
  readonly fields: Fields;
}

/** An environment whose journal entries are kept in `entries`. */
export interface TestEnvironment extends Environment {
  readonly entries: JournalEntry[];
}

export interface VirtualEnvironment extends TestEnvironment {
  readonly seed: number;
  /** Lets `ms` pass: runs every timer due by then in order of time, with turns and promises settled between them. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until `work` has settled. Throws when nothing is left that could settle it, or after `boundMs`. */
  run<T>(work: Promise<T> | (() => Promise<T>), boundMs?: number): Promise<T>;
  /** Settles what needs no time: promises and turns. */
  settle(): Promise<void>;
  /** Timers that wait. */
  timers(): number;
}

function keepingJournal(entries: JournalEntry[]): Journal {
  const keep = (level: JournalEntry["level"]) => (event: string, message: string, fields: Fields = {}) => {
    entries.push({ level, event, message, fields });
  };
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}

const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  turn: (run) => void setImmediate(run),
};

const realRandom: Random = {
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  fraction: () => Math.random(),
};

/** Real time and chance; the journal is kept in `entries`. */
export function realEnvironment(): TestEnvironment {
  const entries: JournalEntry[] = [];
  return { clock: realClock, random: realRandom, journal: keepingJournal(entries), entries };
}

/** Chance that repeats: the same seed gives the same numbers (Mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 255),
    fraction: () => next() / 2 ** 32,
  };
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Timers in order of time, then of making. A binary heap; cancelled ones are dropped when they come up. */
class Timers {
  readonly #heap: Timer[] = [];
  #alive = 0;

  get size(): number {
    return this.#alive;
  }

  add(timer: Timer): Cancel {
    this.#heap.push(timer);
    this.#alive += 1;
    this.#rise(this.#heap.length - 1);
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      this.#alive -= 1;
    };
  }

  /** The next timer if it is due by `limit`, taken out. */
  take(limit: number): Timer | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || (!first.cancelled && first.at > limit)) return null;
      const last = this.#heap.pop() as Timer;
      if (this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#sink(0);
      }
      if (first.cancelled) continue;
      first.cancelled = true;
      this.#alive -= 1;
      return first;
    }
  }

  #before(left: number, right: number): boolean {
    const a = this.#heap[left] as Timer;
    const b = this.#heap[right] as Timer;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(left: number, right: number): void {
    [this.#heap[left], this.#heap[right]] = [this.#heap[right] as Timer, this.#heap[left] as Timer];
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.#heap.length && this.#before(child, least)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }
}

/** A turn of the real event loop: every promise that can settle has settled when this has. */
const promises = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Time that passes when told to, and chance from `seed`. Starts at 2030-01-01T00:00:00Z. */
export function virtualEnvironment(seed: number): VirtualEnvironment {
  const entries: JournalEntry[] = [];
  const timers = new Timers();
  let turns: (() => void)[] = [];
  let now = Date.UTC(2030, 0, 1);
  let order = 0;

  const clock: Clock = {
    now: () => now,
    after: (delayMs, run) => timers.add({ at: now + Math.max(0, delayMs), order: order++, run, cancelled: false }),
    turn: (run) => void turns.push(run),
  };

  async function settle(): Promise<void> {
    await promises();
    while (turns.length > 0) {
      const waiting = turns;
      turns = [];
      for (const turn of waiting) {
        turn();
        await promises();
      }
    }
  }

  /** Runs the next timer due by `limit`. False where there is none. */
  async function step(limit: number): Promise<boolean> {
    await settle();
    const timer = timers.take(limit);
    if (timer === null) return false;
    now = Math.max(now, timer.at);
    timer.run();
    return true;
  }

  async function advance(ms: number): Promise<void> {
    const until = now + ms;
    while (await step(until));
    now = until;
    await settle();
  }

  async function run<T>(work: Promise<T> | (() => Promise<T>), boundMs = 3_600_000): Promise<T> {
    const until = now + boundMs;
    const promise = typeof work === "function" ? work() : work;
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    for (let idle = 0; ; ) {
      await settle();
      if (settled) return promise;
      if (await step(until)) idle = 0;
      // What is computed off the loop (WebCrypto) needs real time: give it a hundred turns before calling it stuck.
      else if (++idle > 100) await new Promise<void>((resolve) => void setTimeout(resolve, 1));
      if (idle > 1_000) throw new Error(`Nothing is left that could settle this (seed ${seed}, ${timers.size} timers beyond ${boundMs} ms).`);
    }
  }

  return { clock, random: seededRandom(seed), journal: keepingJournal(entries), entries, seed, advance, run, settle, timers: () => timers.size };
}
