/**
 * What a dialect is: another protocol's face on the same tasks. A dialect is plain data and pure functions; wires, time, the log
 * and who may what are the service's. `projection` tells a task in its words; `open` makes the talk of one connection.
 */
import type { Identity } from "../domain/access.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { TaskView } from "../domain/view.ts";
import type { LimitSet } from "../limits.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What one text message holds: a JSON object, or a bare text such as `pong`. */
export type Frame = Fields | string;

/** A stored event, as a projection reads it. */
export interface TaskEvent {
  readonly type: string;
  readonly task_id: string;
  readonly seq: number;
  readonly data: Fields;
  /** RFC 3339; pieces of a text have none. */
  readonly time?: string;
  /** A sentence for people. */
  readonly message?: string;
  readonly step_id?: string;
  readonly attempt?: number;
}

/** What an event, or a leap, comes to. */
export interface Told<State> {
  readonly state: State;
  readonly frames: readonly Frame[];
}

/**
 * A task in the protocol's words. It follows from the task's events alone, so it is made once for all watchers at the same position:
 * `State` is plain data that is never altered, and no frame may depend on who watches.
 */
export interface Projection<State = unknown> {
  /** Before the first event. */
  start(taskId: string): State;
  /** What one more event adds. Never throws: a type that it does not know adds nothing. */
  step(state: State, event: TaskEvent): Told<State>;
  /** The events up to here are kept no more: what a watcher is told in their place. */
  leap(taskId: string, view: TaskView): Told<State>;
  /** Two frames, one behind the other in one write, as one; null: they stay two. */
  join?(earlier: Frame, later: Frame): Frame | null;
  /** A frame without what a later one of its kind says again, for when many of them stand in one write; null: it is as short as it can be. */
  shorten?(frame: Frame): Frame | null;
  /** A watcher is written to at most so often; what came meanwhile is joined. Milliseconds. */
  readonly paceMs?: number;
}

/** A task to be started for who speaks the dialect. It waits in the queue of its kind. */
export interface Start {
  readonly kind: string;
  readonly title?: string;
  readonly input: Fields;
  readonly conversation?: string;
  /** What a person said by it: told as a message of the role `user`. At most 32 KiB. */
  readonly says?: string;
}

/** What happens to a connection. */
export type TalkInput =
  /** Frames can be written. First of all inputs. */
  | { readonly kind: "opened" }
  | { readonly kind: "text"; readonly text: string }
  /** A frame that was not read: binary (`frame_binary`), too large (`frame_too_large`), too many (`rate_limited`). */
  | { readonly kind: "unread"; readonly error: TaskwireError }
  /** The answers to `sign_in`. */
  | { readonly kind: "signed_in"; readonly identity: Identity }
  | { readonly kind: "not_signed_in"; readonly error: TaskwireError }
  /** The answers to `start`. A task that was started is not watched by itself. */
  | { readonly kind: "started"; readonly tag: string; readonly taskId: string }
  | { readonly kind: "not_started"; readonly tag: string; readonly error: TaskwireError }
  /** All frames of a watched task were handed to the wire, and no more will come. Its status: `completed`, `failed`, `canceled`, `deleted`. */
  | { readonly kind: "over"; readonly taskId: string; readonly status: string }
  /** It cannot be watched: `task_unknown` where none came in time, `task_deleted`, `too_many_subscriptions`, `unavailable` … */
  | { readonly kind: "unwatched"; readonly taskId: string; readonly error: TaskwireError }
  /** The service parts, and the client may come back: it stops, or the connection is too old. */
  | { readonly kind: "parting"; readonly error: TaskwireError };

/** What a talk may want done. */
export type TalkAction =
  | { readonly do: "send"; readonly frame: Frame }
  | { readonly do: "sign_in"; readonly token: string }
  /**
   * Tell this task from its first event on, then live, until it is over. One that does not exist yet, or is another's, is waited for: `waits` bounds it
   * (a limit's name, milliseconds; absent: refused at once with `task_unknown`; null: as long as the connection lasts). Frames of events up to `behind` (a seq) are left out.
   */
  | { readonly do: "watch"; readonly taskId: string; readonly waits?: keyof LimitSet | null; readonly behind?: number }
  /** Tell all tasks of the caller, those to come too, and the newest `finished` of those that are over. */
  | { readonly do: "watch_mine"; readonly finished: number }
  | { readonly do: "unwatch"; readonly taskId: string }
  | { readonly do: "start"; readonly tag: string; readonly task: Start }
  /** Behind what was sent. The last action of a talk. */
  | { readonly do: "close"; readonly code: number; readonly reason: string };

/** One connection's talk: a pure state machine. Frames of watched tasks do not pass through it. */
export interface Talk {
  /** What is to be done about what has happened. `now`: milliseconds since 1970. */
  take(input: TalkInput, now: number): readonly TalkAction[];
  /** A keepalive was sent. */
  kept?(now: number): void;
  /** What operators and the dialect's own routes are told of the connection. */
  about?(): Fields;
}

/** How a connection came. */
export interface Opening {
  /** The parts of the path by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Who it is; null where that is still to be said in a frame. */
  readonly identity: Identity | null;
  /** `now`: milliseconds since 1970. */
  readonly now: number;
}

/** Who may connect. `?token=` is accepted everywhere. */
export type Entrance =
  /** A token, or the handshake is refused (401). */
  | "token"
  /** A token in the address or in a frame. */
  | "frame"
  /** Anybody where the dialect's open form is on (they see tasks with access `link`), else as `token`. */
  | "link"
  /** Anybody where the open form is on, as a user of the dialect's own: `userOf` says which; else as `token`. */
  | "own_users";

/** A frame that says that the connection is there. */
export interface Keepalive {
  readonly every: keyof LimitSet;
  frame(now: number): Frame;
  /** Whether it goes on when the one task of the connection is over. */
  readonly afterEnd: boolean;
}

/** A connection on which nothing was told of its tasks for so long is closed. Keepalives do not count. */
export interface Idle {
  readonly after: keyof LimitSet;
  readonly code: number;
  readonly reason: string;
}

/** One address of the dialect. */
export interface Socket {
  /** With `:name` for parts: `/ws/agent-progress/:task_id`. Paths that meet: the one with fewer such parts wins. */
  readonly path: string;
  readonly entrance: Entrance;
  /** With `own_users`: the name of the user in the dialect's namespace. */
  userOf?(opening: Pick<Opening, "params" | "query">): string;
  /** The handshake is refused where the answer is not null: an id that is not legal, a client too many. `open`: how many of this address are open in the process. */
  refuses?(opening: Opening, open: number, limits: LimitSet): TaskwireError | null;
  /** The task that must exist and be the caller's, else the handshake is refused (404). */
  mustBe?(opening: Opening): string;
  open(opening: Opening): Talk;
  readonly keepalive?: Keepalive;
  readonly idle?: Idle;
}

export interface Dialect {
  /** As in `TASKWIRE_DIALECTS`. */
  readonly name: string;
  readonly projection: Projection;
  readonly sockets: readonly Socket[];
  /** Whether a task's history can be cleared for those who join later. */
  readonly clearable?: boolean;
}
