/** Rates: never more than allowed in any stretch of time, and never less than promised to who waits as told. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Buckets, type Rate, fullBucket, take } from "../../src/domain/rate.ts";

const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 5_000 }), burst: fc.integer({ min: 1, max: 200 }) });
const START = 1_800_000_000_000;

/** The moments at which one was taken out. */
function taken(rate: Rate, pauses: readonly number[]): number[] {
  const bucket = fullBucket();
  const moments: number[] = [];
  let now = START;
  for (const pause of pauses) {
    now += pause;
    if (take(bucket, rate, now) === 0) moments.push(now);
  }
  return moments;
}

describe("a rate", () => {
  test("is held in every stretch of time, however it is asked", () => {
    fc.assert(fc.property(rates, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }), (rate, pauses) => {
      const moments = taken(rate, pauses);
      for (let from = 0; from < moments.length; from += 7) {
        for (let to = from; to < moments.length; to += 5) {
          const ms = (moments[to] as number) - (moments[from] as number);
          expect(to - from + 1).toBeLessThanOrEqual(rate.burst + (ms * rate.perSecond) / 1_000 + 1e-3);
        }
      }
    }));
  });

  test("gives all of its burst to who has rested, and one to who waits as told", () => {
    fc.assert(fc.property(rates, (rate) => {
      const bucket = fullBucket();
      for (let at = 0; at < rate.burst; at += 1) expect(take(bucket, rate, START)).toBe(0);
      const wait = take(bucket, rate, START);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(Math.ceil(1_000 / rate.perSecond) + 1);
      expect(take(bucket, rate, START + wait)).toBe(0);
    }));
  });

  test("takes nothing where it refuses, so that asking too early costs nothing", () => {
    fc.assert(fc.property(rates, fc.integer({ min: 1, max: 500 }), (rate, times) => {
      const bucket = fullBucket();
      while (take(bucket, rate, START) === 0);
      const wait = take(bucket, rate, START);
      for (let at = 0; at < times; at += 1) expect(take(bucket, rate, START)).toBe(wait);
    }));
  });

  test("locks nobody out when the clock is set back", () => {
    const rate = { perSecond: 10, burst: 5 };
    const bucket = fullBucket();
    take(bucket, rate, START + 86_400_000);
    expect(take(bucket, rate, START)).toBeLessThanOrEqual(100);
  });
});

describe("buckets by key", () => {
  test("know nothing of each other", () => {
    const buckets = new Buckets({ perSecond: 1, burst: 3 }, 100);
    for (let at = 0; at < 10; at += 1) buckets.take("greedy", START);
    expect([buckets.take("greedy", START) > 0, buckets.take("modest", START)]).toEqual([true, 0]);
  });

  test("keep at most twice as many as they must, and those that are used last", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 1_000 }), (most, keys) => {
      const buckets = new Buckets({ perSecond: 0.001, burst: 1 }, most);
      for (const key of keys) {
        buckets.take(`${key}`, START);
        expect(buckets.size).toBeLessThanOrEqual(2 * most);
      }
      const lastUsed = [...new Set([...keys].reverse())].slice(0, most);
      for (const key of lastUsed.slice(0, 1)) expect(buckets.take(`${key}`, START)).toBeGreaterThan(0);
    }));
  });
});
