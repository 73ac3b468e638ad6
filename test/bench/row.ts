/** What a benchmark measures, and what its works have in common. */

/** Deliveries that were not what they had to be. */
export interface Wrong {
  readonly missing: number;
  readonly repeated: number;
  readonly reordered: number;
}

/** What a run tells beside its values, by name; `report.ts` knows how to say each. Microseconds are per event, or per delivery where events are delivered to many. */
export type Fact = "eventsPerSecond" | "bytesPerSecond" | "eventsPerWrite" | "serviceMicros" | "brokerMicros" | "load" | "historyReads" | "again" | "late" | "single";

/** One run of one side. */
export interface Sample {
  /** One for each measure of the work; ratios are made of their medians. */
  readonly values: readonly number[];
  readonly wrong?: Wrong;
  readonly facts?: Readonly<Partial<Record<Fact, number>>>;
}

/** Ours by the baseline at least or at most this; or ours above it by at most so much; or ours by itself at least so much. */
export type Goal = { readonly least: number } | { readonly most: number } | { readonly above: number } | { readonly value: number };

export interface Measure {
  readonly name: string;
  readonly unit: "deliveries/s" | "events/s" | "tasks/s" | "messages/s" | "connections" | "ms" | "KB" | "bytes";
  readonly goal: Goal;
}

/** Something that is done by us and by a baseline, in turn. */
export interface Work {
  readonly measures: readonly Measure[];
  readonly baseline: string;
  readonly ours: () => Promise<Sample>;
  /** `ours`: the run just before, where the baseline has to do the same. */
  readonly theirs: (ours: Sample) => Promise<Sample>;
}

export interface Effort {
  /** Seconds that a measurement at a steady state takes. */
  readonly seconds: number;
}

/** Bytes of a delivered event. */
export const EVENT_BYTES = 300;

/** A text with which a delivered frame of ours is about `EVENT_BYTES` long. */
export const FILLER = "x".repeat(EVENT_BYTES - 285);

/** A request's event. */
export function body(text: string): string {
  return `{"type":"log.line","data":{"level":"info","text":"${text}"}}`;
}

/** A request's events as one array. */
export function bodies(count: number): string {
  return `[${Array.from({ length: count }, () => body(FILLER)).join(",")}]`;
}

/** The value below which `share` of them lie. */
export function quantile(values: readonly number[], share: number): number {
  const rising = [...values].sort((a, b) => a - b);
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? NaN;
}
