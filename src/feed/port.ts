/**
 * The reading side's two faces: what a watcher asks of the hub, and what the hub asks of a watcher's wire.
 * A watcher is a position in a task's log and a sink. There is no queue per watcher.
 */
import type { TaskView } from "../domain/fold.ts";
import type { Batch, Position } from "../log/port.ts";
import type { Edges } from "./edges.ts";
import type { Mark } from "./merge.ts";

/** What became of a write. Both mean that it was taken; after `full` nothing more is offered until `resume()`. */
export type Taking = "ready" | "full";

/** How the part of the log that already exists is delivered. */
export type Replay = "full" | "compact" | "none";

/** A stretch of one batch: its events from `fromSeq` to the batch's last. */
export interface Slice {
  readonly batch: Batch;
  readonly fromSeq: number;
}

/**
 * A contiguous stretch of one task's log, shared by all watchers that stand at the same position: `firstSeq..lastSeq`.
 * `once` keeps what an encoder makes of it, so that the bytes are made once, however many watchers take them.
 */
export interface Run {
  readonly taskId: string;
  /** The store's epoch: part of every cursor, see `lines.ts`. */
  readonly epoch: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly slices: readonly Slice[];
  once<T>(make: (run: Run) => T): T;
}

/** What the hub tells a watcher besides stored events. Field names are those of the `stream.*` frames. */
export type Notice =
  | { readonly type: "subscribed"; readonly task_id: string; readonly cursor: string; readonly replay: Replay; readonly tail_seq: number }
  /** `frame` is a complete `stream.replayed` frame in JSON; made once and shared. */
  | { readonly type: "replayed"; readonly frame: string; readonly cursor: string }
  | { readonly type: "caught_up"; readonly task_id: string; readonly cursor: string }
  /** `snapshot` is a complete `task.snapshot` event in JSON with its cursor, or null where the log has nothing to fold. */
  | { readonly type: "gap"; readonly task_id: string; readonly requested: string; readonly earliest: string; readonly reason: "retention" | "reset"; readonly snapshot: string | null }
  /** Nothing more will come of this task; the watch has stopped by itself. */
  | { readonly type: "end"; readonly task_id: string; readonly status: string; readonly cursor: string }
  /** The watch has stopped: `code` is from the contract's error table. */
  | { readonly type: "failed"; readonly task_id: string; readonly code: "task_unknown" | "cursor_invalid" | "unavailable" | "internal"; readonly detail: string };

/** A watcher's wire, as the hub sees it. Calls come in the order of the log, never re-entrantly, and must not throw. */
export interface Sink {
  events(run: Run): Taking;
  notice(notice: Notice): Taking;
  /** What is offered while `work` runs belongs together: one write, where the wire can. */
  together(work: () => void): void;
}

export interface WatchRequest {
  readonly taskId: string;
  /** A cursor as the client gave it; null: from the first event. */
  readonly after: string | null;
  readonly replay: Replay;
  /** Instead of `after`: begin with the first batch behind this position of the task's partition, where another task's may stand; 0: with the first event. The store is known to be the one that had it. */
  readonly behind?: Position;
}

/** One watcher's place in the hub. */
export interface Watch {
  /** The wire has drained: go on from where it stopped. */
  resume(): void;
  /** Leave. Nothing is delivered after this returns. */
  stop(): void;
}

/** A watch that says how far it has come. */
export interface TracedWatch extends Watch {
  /** The batch in the task's partition, this task's or another's, up to which everything of the task was handed to the sink; null where that cannot be told now. */
  complete(): Mark | null;
}

export interface PageRequest {
  readonly taskId: string;
  /** As in `WatchRequest`. */
  readonly after: string | null;
  /** At most so many entries of `events`. */
  readonly limit: number;
  readonly replay: Replay;
  /** Long-poll: how long to wait for the first event where there is none yet. Milliseconds; 0: do not wait. */
  readonly waitMs: number;
  /** The caller has gone. */
  readonly signal?: AbortSignal;
}

/** A page of a task's log. */
export interface Page {
  /** JSON texts in order, each with its cursor: stored events, with `compact` `stream.replayed` frames, after a gap first the `task.snapshot`. */
  readonly events: readonly string[];
  /** Where the next page begins: the `after` of the next request. */
  readonly next: string;
  /** The task's last seq as known when the page was made. */
  readonly tail_seq: number;
  /** The log had more than fits. */
  readonly more: boolean;
  /** Nothing will come behind this page: the task is over and `events` reach its end. */
  readonly ended: boolean;
  /** The task's status as known when the page was made. */
  readonly status: string;
  /** Where the log does not have what `after` asked for: what it has instead. */
  readonly gap: { readonly requested: string; readonly earliest: string; readonly reason: "retention" | "reset" } | null;
}

/** The reading side of a process. */
export interface Hub {
  /** Begins to watch. The sink is never called before this has returned. */
  watch(request: WatchRequest, sink: Sink): TracedWatch;
  /** How far the partitions are known to reach. */
  readonly edges: Edges;
  /** A page of the log. Throws `TaskwireError`: task_unknown, cursor_invalid, unavailable. */
  page(request: PageRequest): Promise<Page>;
  /** The fold of a task up to now, and the cursor behind it; null for a task that has nothing. The view is the caller's. Throws `TaskwireError` unavailable. */
  view(taskId: string): Promise<{ readonly view: TaskView; readonly cursor: string } | null>;
  /** Stops all watches without a word and lets go of everything. */
  close(): void;
}
