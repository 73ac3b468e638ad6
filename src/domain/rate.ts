/**
 * How often something may be done: so much a second, and after a rest so much at once. A bucket of tokens, kept as the time that
 * it needs to be full again. Pure: time is passed in.
 */

export interface Rate {
  readonly perSecond: number;
  /** What may be done at once by who has rested; at least 1. */
  readonly burst: number;
}

/** A bucket. Times are milliseconds. */
export interface Bucket {
  /** What it lacked at `at`, as the time that it takes to come back. */
  debt: number;
  at: number;
}

/** A bucket from which nothing was taken. */
export function fullBucket(): Bucket {
  return { debt: 0, at: 0 };
}

/** Takes one token out. Answers 0, or where there is none how long to wait for one, in milliseconds; then nothing was taken. */
export function take(bucket: Bucket, { perSecond, burst }: Rate, now: number): number {
  const each = 1_000 / perSecond;
  // A clock that was set back gives nothing, and takes nothing.
  bucket.debt = Math.max(0, bucket.debt - Math.max(0, now - bucket.at));
  bucket.at = now;
  const wait = bucket.debt + each - burst * each;
  if (wait > EPSILON) return Math.max(1, Math.ceil(wait));
  bucket.debt += each;
  return 0;
}

/** Less than this is the error of adding up fractions. Milliseconds. */
const EPSILON = 1e-6;

/**
 * A bucket each for many, by key, in bounded memory: the `most` used last are kept at least, twice as many at the most. One that was
 * forgotten is full when it is asked for again.
 */
export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  #young = new Map<string, Bucket>();
  #old = new Map<string, Bucket>();

  constructor(rate: Rate, most: number) {
    this.#rate = rate;
    this.#most = most;
  }

  /** See `take`. */
  take(key: string, now: number): number {
    return take(this.#young.get(key) ?? this.#bring(key), this.#rate, now);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #bring(key: string): Bucket {
    const bucket = this.#old.get(key) ?? fullBucket();
    this.#old.delete(key);
    if (this.#young.size >= this.#most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, bucket);
    return bucket;
  }
}
