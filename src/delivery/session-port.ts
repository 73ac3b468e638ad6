/** The inputs and actions of a session: all that happens to a connection, and all that it may want done. */
import type { Identity, TaskFacts } from "../domain/access.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { Notice, Replay } from "../feed/port.ts";
import type { SelectorNotice, SelectorRequest } from "../feed/selector-port.ts";
import type { LimitSet } from "../limits.ts";
import type { Frame } from "./frame.ts";
import type { Parting } from "./refusal.ts";

export interface SessionOptions {
  /** Names the connection to its client and in the journal. */
  readonly id: string;
  readonly limits: LimitSet;
  /** Null: the first frame must be `auth`. */
  readonly identity: Identity | null;
  /** The one task of a connection that is for one task; `judged` where access to it has been. */
  readonly only: Only | null;
  /** Whether silence is judged here: there is a ping whose pong is heard of. */
  readonly proves: boolean;
  /** The set that a stream for many tasks is about. */
  readonly set?: Pick<SelectorRequest, "words" | "after" | "replay">;
  /** 0 to 1: where in the interval this connection's heartbeats lie. */
  readonly phase: number;
}

export interface Only {
  readonly taskId: string;
  readonly after: string | null;
  readonly replay: Replay;
  readonly judged: boolean;
}

/** What `append` over a WebSocket carries besides the events. */
export interface AppendOptions {
  readonly requestId: string | null;
  readonly producer: { readonly id: string; readonly seq: number } | null;
  readonly idempotencyKey: string | null;
  /** The lease that it is made with. */
  readonly lease?: string | null;
  /** Size of the frame that carried the events. */
  readonly bytes: number;
}

/** The members of the `stream.ack` that answers an append. */
export interface AppendAck {
  readonly first_seq: number;
  readonly last_seq: number;
  readonly cursor: string;
  readonly duplicate: boolean;
}

/** A command as it came on a WebSocket. */
export interface CommandOrder {
  readonly command_id: string;
  readonly command: string;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** The members of the `stream.ack` that answers a command. */
export interface CommandAck extends AppendAck {
  readonly command_id: string;
  readonly outcome: "accepted" | "applied";
}

/** A connection, as operators are told of it. */
export interface ConnectionInfo {
  readonly connection_id: string;
  readonly transport: "websocket" | "sse";
  /** The user's key; null before it has signed in. */
  readonly user: string | null;
  /** Tasks that are watched by their names. */
  readonly tasks: readonly string[];
  /** How many sets are watched. */
  readonly sets: number;
  /** Bytes that have not yet gone out. */
  readonly waiting: number;
  /** The dialect that it speaks, and what that says of it; absent on connections of our own protocol. */
  readonly dialect?: string;
  readonly about?: Readonly<Record<string, unknown>>;
}

/** A task's facts as they were found for a subscription; `error` where they could not be had. */
export interface Judgement {
  readonly taskId: string;
  readonly ticket: number;
  readonly facts: TaskFacts | null;
  readonly error: TaskwireError | null;
}

export type Input =
  | { readonly kind: "opened" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary" }
  | { readonly kind: "authenticated"; readonly identity: Identity }
  | { readonly kind: "unauthenticated"; readonly error: TaskwireError }
  | ({ readonly kind: "judged" } & Judgement)
  | { readonly kind: "notice"; readonly taskId: string; readonly ticket: number; readonly notice: Notice }
  | { readonly kind: "selection"; readonly ticket: number; readonly notice: SelectorNotice }
  | { readonly kind: "appended"; readonly taskId: string; readonly requestId: string | null; readonly ack: AppendAck | CommandAck }
  | { readonly kind: "unappended"; readonly taskId: string; readonly requestId: string | null; readonly error: TaskwireError }
  /** Time has passed; `full`: the wire takes nothing at the moment. */
  | { readonly kind: "tick"; readonly full: boolean }
  /** The service wants to part, for a reason that is not the client's fault. */
  | { readonly kind: "part"; readonly parting: Parting; readonly retryAfterMs: number }
  /** The caller may not be here any more. */
  | { readonly kind: "refused"; readonly error: TaskwireError }
  /** The peer has gone. */
  | { readonly kind: "closed" };

export type Action =
  | { readonly do: "send"; readonly frame: Frame }
  /** Send the heartbeat that all connections share. */
  | { readonly do: "heartbeat" }
  | { readonly do: "ping" }
  /** Answered by `authenticated` or `unauthenticated`. */
  | { readonly do: "authenticate"; readonly token: string }
  /** Find the task's facts; answered by `judged` with the same ticket. */
  | { readonly do: "judge"; readonly taskId: string; readonly ticket: number }
  | { readonly do: "watch"; readonly taskId: string; readonly ticket: number; readonly after: string | null; readonly replay: Replay }
  | { readonly do: "unwatch"; readonly taskId: string }
  /** Watch a set of tasks; what it tells comes as `selection`. */
  | { readonly do: "select"; readonly ticket: number; readonly request: SelectorRequest }
  | { readonly do: "unselect"; readonly ticket: number }
  /** Judge the named tasks of a set again. */
  | { readonly do: "judge_set"; readonly ticket: number; readonly identity: Identity }
  /** Answered by `appended` or `unappended`. */
  | { readonly do: "append"; readonly identity: Identity; readonly taskId: string; readonly events: readonly unknown[]; readonly options: AppendOptions }
  /** Answered as an append is. */
  | { readonly do: "command"; readonly identity: Identity; readonly taskId: string; readonly order: CommandOrder; readonly requestId: string | null }
  /** Something was refused because this limit was reached: it is counted. */
  | { readonly do: "refused"; readonly limit: string }
  /** The last action of a session that ends by itself. */
  | { readonly do: "close"; readonly code: number; readonly reason: string };
