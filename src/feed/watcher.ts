/** One watcher: a position in a task's log, and a wire. Its feed moves it; nothing here calls the wire. */
import { cursorAt, cursorPrefix } from "../domain/cursor.ts";
import type { Batch, Position } from "../log/port.ts";
import { type Standing, START } from "./resume.ts";
import type { Mark } from "./merge.ts";
import type { Notice, Replay, Sink, TracedWatch, WatchRequest } from "./port.ts";
import type { SharedRun } from "./run.ts";
import type { Segment } from "./segments.ts";

/** What a watcher asks of the feed it is in. */
export interface WatcherHome {
  /** It can go on. */
  woken(watcher: Watcher): void;
  /** It has left. */
  left(watcher: Watcher): void;
  /** See `TracedWatch`. */
  complete(watcher: Watcher): Mark | null;
}

export class Watcher implements TracedWatch {
  readonly sink: Sink;
  readonly after: string | null;
  readonly replay: Replay;
  readonly #home: WatcherHome;

  /** The last event it has taken, and the position behind which it goes on; before it is placed, the one of its partition behind which it begins. */
  seq = 0;
  position: Position = 0;
  /** The nonce of the batch at `position`, once it has taken a run; the batch itself is not kept for it. */
  #nonce: string | null = null;
  #standing: Standing = START;

  /** Its place among the feed's live watchers; -1: it is not among them. */
  slot = -1;
  /** It waits in the feed's line of those to be moved on. */
  queued = false;
  /** Its wire takes nothing until `resume`. */
  full = false;
  /** Its wire has drained since the last write began. */
  drained = false;
  stopped = false;

  /** It knows where it begins. */
  placed = false;
  /** It was told, or is about to be, that it is subscribed. */
  subscribed = false;
  /** It waits for the log; and how often it has, so that what comes too late is recognised. */
  waiting = false;
  waits = 0;
  /** The place whose loss it is about to be told of. */
  requested: string | null = null;
  caughtUp = false;
  tailSeq = 0;
  /** What it is told before anything else. */
  pending: Notice[] = [];
  /** The history it has waited for, until it has been given it. */
  loaded: Segment | null = null;

  constructor(request: WatchRequest, sink: Sink, home: WatcherHome) {
    this.after = request.after;
    this.position = request.behind ?? 0;
    this.replay = request.replay;
    this.sink = sink;
    this.#home = home;
  }

  resume(): void {
    this.drained = true;
    if (this.stopped || !this.full) return;
    this.full = false;
    this.#home.woken(this);
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.loaded = null;
    this.pending = [];
    this.#home.left(this);
  }

  complete(): Mark | null {
    return this.stopped ? null : this.#home.complete(this);
  }

  /** The last batch that it has taken whole; null where it has taken none, or stands elsewhere since. */
  get mark(): Mark | null {
    return this.#nonce === null ? null : { seq: this.seq, position: this.position, nonce: this.#nonce };
  }

  /** Puts it somewhere. */
  stand(standing: Standing): void {
    this.seq = standing.seq;
    this.position = standing.after;
    this.#nonce = null;
    this.#standing = standing;
    this.loaded = null;
  }

  /** It has taken the run. */
  took(run: SharedRun): void {
    this.seq = run.lastSeq;
    this.position = run.last.position;
    this.#nonce = run.last.header.nonce;
  }

  /** Whether this batch, the first behind its position, can follow what it has. If not, the log is not the one it was given so far. */
  fits({ header }: Batch): boolean {
    return header.lastSeq > this.seq && (this.#nonce === null || header.firstSeq === this.seq + 1);
  }

  /** The cursor of where it stands. */
  cursor(taskId: string, epoch: string): string {
    if (this.#nonce === null) return this.#standing.cursor;
    return cursorAt(cursorPrefix({ taskId, epoch, position: this.position, nonce: this.#nonce }), this.seq);
  }
}
