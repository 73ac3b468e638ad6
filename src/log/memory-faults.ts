/**
 * What a broker can do to its clients, as numbers that a test sets and changes while it runs. Whether something happens
 * is decided by the environment's chance, so that a seed repeats it.
 */
import type { Random } from "../domain/environment.ts";

/** Chances are from 0 (never) to 1 (always); times are the longest, in milliseconds. */
export interface MemoryFaults {
  /** An append is answered `unknown`, and stored within `landMs` if its place is still free then. */
  unknownStored: number;
  /** An append is answered `unknown` and never stored. */
  unknownLost: number;
  /** A write is answered `unavailable`: certainly not stored. */
  unavailable: number;
  /** A write is answered `conflict` though nothing else was written. */
  conflict: number;
  /** A read throws `LogUnavailable`. */
  readFails: number;
  /** A read that may be stale misses up to three of the newest batches, as a replica that lags does. */
  staleReads: number;
  /** What happens to a live message on its way to one follower. Delays differ, so they reorder too. */
  liveLost: number;
  liveDoubled: number;
  liveDelayed: number;
  /** How long a request is on its way there, and its answer on its way back. 0: at once. */
  latencyMs: number;
  /** How late what was answered `unknown` may land. 0: before the answer. */
  landMs: number;
  liveDelayMs: number;
  /** The store is full: appends are answered `full`. */
  full: boolean;
}

/** A broker that does nothing wrong and answers at once. */
export function fairWeather(): MemoryFaults {
  return {
    unknownStored: 0,
    unknownLost: 0,
    unavailable: 0,
    conflict: 0,
    readFails: 0,
    staleReads: 0,
    liveLost: 0,
    liveDoubled: 0,
    liveDelayed: 0,
    latencyMs: 0,
    landMs: 0,
    liveDelayMs: 0,
    full: false,
  };
}

/** A broker that does everything wrong now and then, and is slow. */
export function roughWeather(): MemoryFaults {
  return {
    unknownStored: 0.08,
    unknownLost: 0.05,
    unavailable: 0.05,
    conflict: 0.05,
    readFails: 0.05,
    staleReads: 0.3,
    liveLost: 0.05,
    liveDoubled: 0.05,
    liveDelayed: 0.2,
    latencyMs: 4,
    landMs: 300,
    liveDelayMs: 60,
    full: false,
  };
}

/** True in `chance` of all cases. Asks for no chance where there is none to take, so that fair weather leaves it alone. */
export function happens(random: Random, chance: number): boolean {
  return chance > 0 && random.fraction() < chance;
}
