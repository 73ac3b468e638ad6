/**
 * History without its steps in between: deltas of one text joined, superseded progress left out. What remains folds to
 * the same view. A joined event carries `first_seq`; its `seq` is that of the last event it stands for.
 */
import type { FoldEvent } from "./fold.ts";

/** Events of one batch, in order. */
export interface Stretch {
  /** Of the batch: see `cursorPrefix`. */
  readonly prefix: string;
  /** Stored lines without LF, contiguous in `seq` with those of the stretch before. */
  readonly lines: readonly string[];
}

export interface ReplayedFrame {
  readonly firstSeq: number;
  readonly seq: number;
  readonly cursor: string;
  /** The complete `stream.replayed` frame as JSON. */
  readonly frame: string;
}

/** The same history in fewer events. Throws nothing; events that it does not know stay as they are. */
export function compact(_events: readonly FoldEvent[]): FoldEvent[] {
  throw new Error("under construction");
}

/** Frames that tile the stretches' events without gap or overlap, each at most `maxBytes` (one event alone may be longer). */
export function compactFrames(_taskId: string, _stretches: readonly Stretch[], _maxBytes: number): ReplayedFrame[] {
  throw new Error("under construction");
}
