/**
 * What judging an append needs to know of a task, and no more: the state that travels in its log (`Tw-State`).
 * Immutable: `judge` answers with the next one, so that an append that did not happen is undone by forgetting it.
 */

/** A started step, message, reasoning, tool call or input request. */
export interface OpenScope {
  /** The highest percent so far in this attempt; null where none was told. */
  readonly percent: number | null;
  /** True where progress was told of something that was never started; such a scope gives way when places run out. */
  readonly implied: boolean;
}

/** A request that was stored, recognised by its `Idempotency-Key`. */
export interface RememberedKey {
  /** Fingerprints: the key and the digest may be of any length. */
  readonly key: string;
  readonly digest: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The last request of a producer that numbers its requests. */
export interface RememberedProducer {
  readonly id: string;
  readonly seq: number;
  readonly digest: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The task's status without regard to open input requests. */
export type Phase = "queued" | "running" | "paused" | "recovering" | "completed" | "failed" | "canceled";

export interface JudgeState {
  /** The seq of the task's last event, which is also how many there are. */
  readonly seq: number;
  /** UTF-8 bytes of all stored lines with their LF. */
  readonly bytes: number;
  readonly phase: Phase;
  /** As told to people: `phase`, or `waiting` while a running task has an open input request. */
  readonly status: string;
  /** True after completed, failed or canceled. */
  readonly terminal: boolean;
  /** Which try of the task, 1 first. */
  readonly attempt: number;
  /** A lease's attempt below this is fenced. 0 where the service never handed the task out. */
  readonly fence: number;
  /** The task's highest percent in this attempt; null where none was told. */
  readonly percent: number | null;
  readonly owner: string;
  readonly kind: string;
  readonly conversation: string | null;
  readonly access: string;
  /** At most 120 characters. */
  readonly title: string | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Keys made by `scopeKey`, in order of opening. */
  readonly open: ReadonlyMap<string, OpenScope>;
  /** Oldest first. */
  readonly keys: readonly RememberedKey[];
  /** The one that was longest silent first. */
  readonly producers: readonly RememberedProducer[];
}

export type DecodedState =
  | { readonly kind: "state"; readonly state: JudgeState }
  /** Written by a newer service: this one must not append (`state_newer`). */
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "damaged"; readonly detail: string };

/** The state as text: printable ASCII JSON with its version, at most `limits.stateBytes` long. */
export function encodeState(_state: JudgeState): string {
  throw new Error("under construction");
}

/** Reads what `encodeState` wrote. */
export function decodeState(_text: string): DecodedState {
  throw new Error("under construction");
}
