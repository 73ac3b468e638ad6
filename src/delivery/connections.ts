/** Every connection of the process: accepted, counted, kept alive by one timer, and sent away when the service stops. */
import type { Identity, TaskFacts } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { Meter } from "../domain/meter.ts";
import type { Replay, Sink, Watch, WatchRequest } from "../feed/port.ts";
import type { LimitSet } from "../limits.ts";
import type { Acceptor } from "./transport.ts";

/** What `append` over a WebSocket carries besides the events. */
export interface AppendOptions {
  readonly requestId: string | null;
  readonly producer: { readonly id: string; readonly seq: number } | null;
  readonly idempotencyKey: string | null;
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

export interface ConnectionsDeps {
  readonly hub: { watch(request: WatchRequest, sink: Sink): Watch };
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** The caller behind a token. Throws `TaskwireError`. */
  authenticate(token: string): Promise<Identity>;
  /** What access is judged by; null for an unknown task. Throws where the log cannot be reached. */
  facts(taskId: string): Promise<TaskFacts | null>;
  /** Validates, judges and stores, and checks that this caller may. Throws `TaskwireError`. */
  append(identity: Identity, taskId: string, events: readonly unknown[], options: AppendOptions): Promise<AppendAck>;
  /** Whether the log can be reached: told to the watchers by heartbeat. */
  logConnected(): boolean;
}

export interface SocketRequest {
  /** Null: the first frame must be `auth`, within `limits.authDeadlineMs`. */
  readonly identity: Identity | null;
  /** The subprotocol to echo; null where the client offered none of ours. */
  readonly protocol: string | null;
  /** A one-task socket subscribes by itself and closes 1000 after `stream.end`; null: many tasks, by `subscribe`. */
  readonly task: string | null;
  /** With `task`: a cursor as given; null: from the first event. */
  readonly after: string | null;
  readonly replay: Replay;
}

export interface StreamRequest {
  readonly identity: Identity;
  /** The route has checked that this caller may watch it (404 as a problem), and that `after` reads as a cursor (400). */
  readonly task: string;
  /** `Last-Event-ID`, else `?after=`; null: from the first event. */
  readonly after: string | null;
  readonly replay: Replay;
  /** Further headers of the answer, such as CORS. Those of an event stream are set here. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ConnectionStats {
  readonly websocket: number;
  readonly sse: number;
  readonly draining: boolean;
}

export interface Connections {
  /** Upgrades. Refusals of every kind (access, cursor, too many connections) are told on the socket, with their close code. */
  socket(acceptor: Acceptor, request: SocketRequest): Response;
  /** Upgrades only to say why not: `stream.error`, then the error's close code (1008 where it has none). For tokens and origins. */
  refuse(acceptor: Acceptor, protocol: string | null, error: TaskwireError): Response;
  /** Answers with an event stream. Throws `too_many_connections`, also while draining: the route answers 503. */
  stream(acceptor: Acceptor, request: StreamRequest): Response;
  /** Sends everybody away, spread over `limits.drainMs`; resolves when all have gone, or a little after that time. */
  drain(): Promise<void>;
  stats(): ConnectionStats;
}

/** Makes the registry of connections. */
export function createConnections(deps: ConnectionsDeps): Connections {
  throw new Error(`not made yet (${Object.keys(deps).length})`);
}
