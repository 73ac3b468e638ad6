/** What a benchmark row is, and what rows have in common. */

/** One measurement; `value` is what the ratio is made of. */
export interface Sample {
  readonly value: number;
  /** Microseconds of processor time per delivery, of the server and its broker. */
  readonly cpu?: number;
  readonly wrong?: number;
  readonly note?: string;
}

export interface Row {
  readonly name: string;
  readonly baseline: string;
  readonly unit: string;
  /** Ours by the baseline: at least or at most this. */
  readonly goal: { readonly least?: number; readonly most?: number };
  readonly ours: () => Promise<Sample>;
  readonly theirs: () => Promise<Sample>;
}

export interface Effort {
  /** Seconds that a measurement may about take. */
  readonly seconds: number;
}

/** Bytes of a delivered event. */
export const EVENT_BYTES = 300;

/** A text with which a delivered frame of ours is about `EVENT_BYTES` long. */
export const FILLER = "x".repeat(EVENT_BYTES - 185);

/** A request's event. */
export function body(text: string): string {
  return `{"type":"log.line","data":{"level":"info","text":"${text}"}}`;
}

/** The value below which `share` of them lie; `sorted` rises. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
