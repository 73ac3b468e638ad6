/** Chance by a seed, so that what was met once can be met again. */

/** Numbers from 0 up to 1 (mulberry32): the same seed, the same numbers. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A seed for those who were given none. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
