/** The faces of a watched set: what it asks of the service, of the wire it is told on, and what it tells. */
import type { Identity, TaskFacts } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { IndexKey, Log } from "../log/port.ts";
import type { Mark } from "./merge.ts";
import type { Hub, Notice, Replay, WatchRequest } from "./port.ts";

export interface SelectorRequest {
  /** Canonical. */
  readonly words: WatchWords;
  readonly identity: Identity;
  /** A position of this set as the client gave it; null: from now. */
  readonly after: string | null;
  /** How history of the tasks that are there already is delivered; who joins later is followed from the first event. */
  readonly replay: Replay;
  /** So many tasks that are over already are delivered too, from their first event on, the newest; where no position was given, and as far as there is room. Absent: none. */
  readonly finished?: number;
}

export type JoinReason = "present" | "created" | "changed";
export type LeaveReason = "ended" | "deleted" | "limit";

/** What a set tells besides its tasks' events. */
export type SelectorNotice =
  | { readonly type: "subscribed"; readonly cursor: string }
  | { readonly type: "joined"; readonly reason: JoinReason; readonly task: TaskSummary }
  | { readonly type: "left"; readonly reason: LeaveReason; readonly task: TaskSummary }
  /** As the feed tells it of one task. */
  | { readonly type: "task"; readonly notice: Extract<Notice, { type: "replayed" | "gap" }> }
  /** Where it stands now: what follows makes earlier positions wrong. */
  | { readonly type: "position"; readonly cursor: string }
  /** A task that was named is not there for the caller; the rest goes on. */
  | { readonly type: "refused"; readonly taskId: string; readonly error: TaskwireError }
  /** All that were there when it began have caught up. */
  | { readonly type: "caught_up"; readonly cursor: string }
  /** Its last word. */
  | { readonly type: "failed"; readonly error: TaskwireError };

/** One task of a set on its way to the wire. */
export interface MemberLane {
  /** See `TracedWatch.complete`; what waits for the wire is not handed over yet. */
  complete(): Mark | null;
  stop(): void;
}

/** The wire of a set. */
export interface SelectorSink {
  /** Whether the wire takes something now. If not, `resume` of the set is called when it does. */
  ready(): boolean;
  notice(notice: SelectorNotice): void;
  /** Begins to deliver a task's events as the wire lets it. `tell` is given what the feed says besides them, in its turn. */
  member(request: WatchRequest, tell: (notice: Notice) => void): MemberLane;
  /** How many more tasks may be followed on this wire. */
  room(): number;
}

/** A task as the index has it: see `IndexedTask` of the log. */
export interface Entry {
  readonly summary: TaskSummary;
  readonly revision: number;
}

/** See `TaskFollowing` of the log. */
export interface Following {
  ready(): Promise<boolean>;
  refresh(): Promise<void>;
  tasks(): Iterable<Entry>;
  get(taskId: string): Entry | null;
  readonly listed: number | null;
  stop(): void;
}

export interface SelectorDeps {
  readonly log: Pick<Log, "epoch" | "partitions" | "edge">;
  readonly hub: Pick<Hub, "edges">;
  readonly index: { follow(owner: string, onTask: (task: Entry) => void): Following; find(key: IndexKey): Promise<TaskSummary | null> };
  readonly environment: Environment;
  facts(taskId: string): Promise<TaskFacts | null>;
}
