/**
 * The promise in one small pure function: whether a batch continues a task's log as this process knows it. `seq` is the
 * proof; position and nonce tell a log that was rolled back or made anew from the one followed so far.
 */
import type { Batch, Position } from "../log/port.ts";

/** Where a log stands after a batch: the batch's last seq, its position and its nonce. */
export interface Mark {
  readonly seq: number;
  readonly position: Position;
  readonly nonce: string;
}

/** Before a task's first event. */
export const NOTHING: Mark = { seq: 0, position: 0, nonce: "" };

export type Verdict =
  /** It continues the log. */
  | "next"
  /** It is known already. */
  | "duplicate"
  /** Batches in between are missing. */
  | "gap"
  /** It contradicts what is known: the log is not the one followed so far, or the batch is a stray of an earlier one. */
  | "reset";

/** What the batch stands at. */
export function markOf({ position, header }: Batch): Mark {
  return { seq: header.lastSeq, position, nonce: header.nonce };
}

/** How a batch relates to a log that stands at `mark`. */
export function merge(mark: Mark, { position, header }: Batch): Verdict {
  if (header.firstSeq === mark.seq + 1) return position > mark.position ? "next" : "reset";
  if (header.firstSeq > mark.seq) return position > mark.position ? "gap" : "reset";
  if (header.lastSeq < mark.seq) return position < mark.position ? "duplicate" : "reset";
  return header.lastSeq === mark.seq && position === mark.position && header.nonce === mark.nonce ? "duplicate" : "reset";
}
