/**
 * The newest batches of one task, in memory. All rings of a process share one budget: when it is used up, the oldest
 * batches of the least useful rings go (first those nobody watches, then the largest), and their floors rise.
 */
import type { Batch } from "../log/port.ts";
import { indexBehind, slicesBehind } from "./run.ts";
import type { Slice } from "./port.ts";

/** What a batch costs besides its body. Bytes, about. */
const BATCH_OVERHEAD = 400;
/** Trimming frees a part of the budget at once, so that it is seldom done. */
const TRIM_TO = 0.9;

const costOf = (batch: Batch): number => batch.body.byteLength + BATCH_OVERHEAD;

export class Ring {
  /** Batches in order; those before `#start` are gone. */
  #batches: (Batch | null)[] = [];
  #start = 0;
  #bytes = 0;
  #floor = 0;
  readonly #budget: RingBudget;
  /** Whether anyone watches: the ring's usefulness. */
  useful = true;

  constructor(budget: RingBudget) {
    this.#budget = budget;
    budget.join(this);
  }

  /** Every event behind this seq, up to the last pushed, is here. */
  get floor(): number {
    return this.#floor;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the batch that follows. */
  push(batch: Batch): void {
    this.#batches.push(batch);
    this.#bytes += costOf(batch);
    this.#budget.grew(costOf(batch));
  }

  /** Starts anew with these batches, which follow each other. */
  reset(batches: readonly Batch[], floor: number): void {
    this.#budget.grew(-this.#bytes);
    this.#batches = [];
    this.#start = this.#bytes = 0;
    this.#floor = floor;
    for (const batch of batches) this.push(batch);
  }

  /** The batch that holds this seq, or null where it is not here. */
  holding(seq: number): Batch | null {
    if (seq <= this.#floor) return null;
    return this.#batches[indexBehind(this.#batches as Batch[], seq - 1, this.#start)] ?? null;
  }

  /** The first batch behind a position; null where it is not here, or the ring does not reach back far enough to say so. */
  firstBehind(position: number): Batch | null {
    const oldest = this.#batches[this.#start];
    if (!oldest || (oldest.position > position && this.#floor > 0)) return null;
    // From the newest back: those who come back are mostly near the end.
    let found: Batch | null = null;
    for (let at = this.#batches.length - 1; at >= this.#start; at--) {
      const batch = this.#batches[at] as Batch;
      if (batch.position <= position) break;
      found = batch;
    }
    return found;
  }

  /** The slices behind `seq`, up to the batch with which `maxBytes` are reached. `seq` is the floor or above. */
  behind(seq: number, maxBytes: number): Slice[] {
    return slicesBehind(this.#batches as Batch[], seq, maxBytes, this.#start);
  }

  /** Lets the oldest batches go until at most `bytes` are left. For the budget. */
  trim(bytes: number): number {
    const before = this.#bytes;
    while (this.#bytes > bytes && this.#start < this.#batches.length) {
      const oldest = this.#batches[this.#start] as Batch;
      this.#batches[this.#start++] = null;
      this.#bytes -= costOf(oldest);
      this.#floor = oldest.header.lastSeq;
    }
    if (this.#start > 64 && this.#start * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#start);
      this.#start = 0;
    }
    return before - this.#bytes;
  }

  /** Gives everything back. */
  close(): void {
    this.reset([], this.#floor);
    this.#budget.leave(this);
  }
}

/** The memory that all rings of a process share. */
export class RingBudget {
  readonly #limit: number;
  readonly #rings = new Set<Ring>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  join(ring: Ring): void {
    this.#rings.add(ring);
  }

  leave(ring: Ring): void {
    this.#rings.delete(ring);
  }

  grew(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limit) this.#trim(Math.floor(this.#limit * TRIM_TO));
  }

  #trim(target: number): void {
    for (const ring of this.#rings) {
      if (this.#bytes <= target) return;
      if (!ring.useful) this.#bytes -= ring.trim(0);
    }
    const level = waterLevel([...this.#rings].map((ring) => ring.bytes), target);
    for (const ring of this.#rings) this.#bytes -= ring.trim(level);
  }
}

/** The level down to which the largest must be cut so that all together are at most `target`. */
export function waterLevel(sizes: readonly number[], target: number): number {
  const rising = [...sizes].sort((left, right) => left - right);
  let left = target;
  for (const [at, size] of rising.entries()) {
    const share = Math.floor(left / (rising.length - at));
    if (size > share) return Math.max(0, share);
    left -= size;
  }
  return Number.MAX_SAFE_INTEGER;
}
