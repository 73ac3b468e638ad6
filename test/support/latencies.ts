/** Millions of latencies in little memory: counted by tenths of a millisecond. */

/** The longest that is told apart. Tenths of a millisecond. */
const SLOTS = 200_000;

export class Latencies {
  readonly #counts = new Uint32Array(SLOTS);
  #count = 0;

  /** One more, in milliseconds. */
  add(ms: number): void {
    const slot = Math.min(SLOTS - 1, Math.max(0, Math.floor(ms * 10)));
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
    this.#count += 1;
  }

  /** The latency that a share of all does not exceed, in milliseconds. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#count * share));
    const at = this.#counts.findIndex((count) => (left -= count) <= 0);
    return (Math.max(0, at) + 1) / 10;
  }

  toString(): string {
    return `p50 ${this.percentile(0.5)} ms, p99 ${this.percentile(0.99)} ms, longest ${this.percentile(1)} ms`;
  }
}
