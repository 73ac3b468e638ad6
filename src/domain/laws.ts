/**
 * The laws of a task's log: what a request may append to what is already there. The one place that decides.
 * Pure: (state, request) → verdict. A request is atomic and judged alone.
 */
import type { LimitSet } from "../limits.ts";
import type { TaskwireError } from "./error.ts";
import type { JudgeState } from "./state.ts";

/** An event as its producer wrote it, already valid against the contract. Further fields are kept. */
export interface DraftEvent {
  readonly type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly time?: string;
  readonly [field: string]: unknown;
}

/** Who acts; from the token. */
export interface Actor {
  readonly kind: string;
  readonly id?: string;
  readonly name?: string;
}

/** How a repeated request is recognised. `digest` says what the request asked for; texts of any length. */
export type RetryIdentity =
  | { readonly kind: "key"; readonly key: string; readonly digest: string }
  | { readonly kind: "producer"; readonly id: string; readonly seq: number; readonly digest: string };

/** What a task's first request must say. Later requests carry null. */
export interface Founding {
  readonly owner: string;
  readonly conversation: string | null;
  readonly access: string;
}

export interface JudgeRequest {
  readonly taskId: string;
  readonly drafts: readonly DraftEvent[];
  readonly actor: Actor | null;
  /** True where the service itself speaks: it may write its own types. */
  readonly service: boolean;
  /** The attempt of the lease that the request was made with; null without a lease. */
  readonly attempt: number | null;
  readonly identity: RetryIdentity | null;
  readonly founding: Founding | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly limits: LimitSet;
}

/** An event as it is stored: no cursor. Keys in order of serialization, `data` last. */
export interface Stamped {
  readonly type: string;
  readonly task_id: string;
  readonly seq: number;
  readonly time?: string;
  readonly actor?: Actor;
  readonly attempt?: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export type Verdict =
  | {
      readonly kind: "accepted";
      readonly events: readonly Stamped[];
      /** One JSON text per event, without its LF. */
      readonly lines: readonly string[];
      /** UTF-8 bytes of the lines with their LF. */
      readonly bytes: number;
      readonly firstSeq: number;
      readonly lastSeq: number;
      /** The state after the request. */
      readonly state: JudgeState;
    }
  /** Stored before. `exact` is false for a producer's older request: then the range is that producer's latest. */
  | { readonly kind: "duplicate"; readonly firstSeq: number; readonly lastSeq: number; readonly exact: boolean }
  | { readonly kind: "refused"; readonly error: TaskwireError };

/** Judges one request on the state before it; `state` is null for a task that has no events. Never throws a refusal. */
export function judge(_state: JudgeState | null, _request: JudgeRequest): Verdict {
  throw new Error("under construction");
}
