/** Every connection of the process: accepted, counted, kept alive by one timer, and sent away when the service stops. */
import type { StreamClosingFrame, StreamErrorFrame } from "../../generated/typescript/types.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { hexOf } from "../domain/hex.ts";
import type { Meter } from "../domain/meter.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { Projection } from "../dialects/port.ts";
import type { Arrivals } from "../feed/arrival.ts";
import type { Replay } from "../feed/port.ts";
import { Census, type Crowd } from "./census.ts";
import { Connection, type Outlet, type Service } from "./connection.ts";
import { DialectConnection, type DialectRequest } from "./dialect-connection.ts";
import { openingChunk } from "./frame.ts";
import type { Keeper, Kept } from "./keeper.ts";
import { Projector } from "./projector.ts";
import { Pulse, type Tally } from "./pulse.ts";
import { closeCodeOf, closeCodeOfParting, errorFrame } from "./refusal.ts";
import type { ConnectionInfo, Only, SessionOptions } from "./session-port.ts";
import { ByteOutlet, STREAM_HEADERS, SetByteOutlet } from "./sse.ts";
import type { Acceptor, SocketHandler } from "./transport.ts";
import { MessageOutlet } from "./websocket.ts";
import { Wheel } from "./wheel.ts";

export type { AppendAck, AppendOptions, CommandAck, ConnectionInfo } from "./session-port.ts";

/** Turns of the wheel in one interval of heartbeats. */
const SLOTS = 60;
/** Leaving connections are paced so at the most slowly; many are faster, so that all have left within `limits.drainMs`. */
const LEAVE_MS = 5;
/** How much longer than `limits.drainMs` is waited for peers to take their leave. Milliseconds. */
const GRACE_MS = 1_000;
/** Who has too many connections is told to wait so much longer than who has to go. Milliseconds. */
const CROWDED_MS = 1_000;

export interface ConnectionsDeps extends Service {
  readonly meter: Meter;
  /** Waiting for tasks that do not exist yet: for dialects. */
  readonly arrivals?: Arrivals;
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

export interface SetStreamRequest {
  readonly identity: Identity;
  /** Canonical. The route has checked that `after` reads as a position of this set (400). */
  readonly words: WatchWords;
  readonly after: string | null;
  readonly replay: Replay;
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
  /** Upgrades, to speak a dialect. Throws `too_many_connections`: the handshake is refused then. */
  dialect(acceptor: Acceptor, request: DialectRequest): Response;
  /** How many connections an address of a dialect has. */
  open(dialect: string): number;
  /** Upgrades only to say why not: `stream.error`, then the error's close code (1008 where it has none). For tokens and origins. */
  refuse(acceptor: Acceptor, protocol: string | null, error: TaskwireError): Response;
  /** Answers with an event stream. Throws `too_many_connections`, also while draining: the route answers 503. */
  stream(acceptor: Acceptor, request: StreamRequest): Response;
  /** The same for a set of tasks. */
  set(acceptor: Acceptor, request: SetStreamRequest): Response;
  /** Sends everybody away, spread over `limits.drainMs`; resolves when all have gone, or a little after that time. */
  drain(): Promise<void>;
  stats(): ConnectionStats;
  /** Who is connected. */
  callers(): Iterable<Identity>;
  /** Ends the connections of callers of whom `which` says so, with this error. Answers how many. */
  end(which: (who: Identity) => boolean, error: TaskwireError): number;
  /** Who is connected: all, or who watches one task by its name; at most so many. */
  list(taskId: string | null, most: number): readonly ConnectionInfo[];
  /** Ends a connection, which may come back. Answers whether it is there. */
  endOne(connectionId: string): boolean;
  /** Tells the meter what was handed to wires since it was last told. It is by itself now and then; this is for who reads the meter now. */
  report(): void;
}

/** Makes the registry of connections. */
export function createConnections(deps: ConnectionsDeps): Connections {
  return new Registry(deps);
}

/** Where the answer is HTTP, a bound of one's own is another thing than a full service. */
function asAnswer(error: TaskwireError): TaskwireError {
  return error.extra?.limit === undefined || error.extra.limit === "connections" ? error : new TaskwireError("rate_limited", error.detail, error.extra);
}

/** Listens to nobody: for a socket that is closed as soon as it is open. */
const inert: SocketHandler = { message() {}, alive() {}, drained() {}, closed() {} };

interface Speaker {
  readonly projector: Projector;
  readonly pace: Wheel<() => void> | null;
}

class Registry implements Connections, Keeper {
  readonly #deps: ConnectionsDeps;
  readonly #all = new Set<Kept>();
  readonly #counts = { websocket: 0, sse: 0 };
  readonly #pulse: Pulse;
  /** The same bytes for all: they are many, and garbage only after the write. */
  readonly #opening: Uint8Array;
  readonly #tally: Tally = { events: 0, writes: 0, bytes: 0 };
  readonly #wheel: Wheel<Kept>;
  readonly #census: Census;
  readonly #instance: string;
  readonly #speakers = new Map<Projection, Speaker>();
  readonly #speaking = new Map<string, number>();
  #made = 0;
  #draining: Promise<void> | null = null;
  #gone: (() => void) | null = null;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
    const { clock, random } = deps.environment;
    this.#census = new Census(deps.limits);
    this.#opening = openingChunk(deps.limits.reconnectMs);
    this.#pulse = new Pulse(clock, () => deps.logConnected());
    this.#wheel = new Wheel(clock, Math.max(1, deps.limits.heartbeatMs / SLOTS), (due) => this.#turn(due));
    this.#instance = hexOf(random.bytes(4));
  }

  socket(acceptor: Acceptor, { identity, protocol, task, after, replay }: SocketRequest): Response {
    if (this.#draining !== null) return this.#turnAway(acceptor, protocol, this.#closing(), closeCodeOfParting("drain"));
    const { address } = acceptor;
    const full = this.#refusal(address, identity);
    if (full !== null) return this.refuse(acceptor, protocol, full);
    const only = task === null ? null : { taskId: task, after, replay, judged: false };
    return acceptor.socket(protocol, (wire) => this.#add(new MessageOutlet(wire, this.#pulse, this.#tally), address, identity, only));
  }

  dialect(acceptor: Acceptor, request: DialectRequest): Response {
    const { address } = acceptor;
    const { identity: who } = request.opening;
    const identity = who?.anybody === true ? null : who;
    const full = this.#refusal(address, identity);
    if (full !== null) throw asAnswer(full);
    const { projector, pace } = this.#speaker(request.projection);
    return acceptor.socket(null, (wire) => {
      const connection = new DialectConnection(this.#deps, wire, this, { ...request, id: this.#newId(), projector, pace, tally: this.#tally });
      this.#keep(connection, address, identity);
      connection.open();
      return connection;
    });
  }

  open(dialect: string): number {
    return this.#speaking.get(dialect) ?? 0;
  }

  refuse(acceptor: Acceptor, protocol: string | null, error: TaskwireError): Response {
    if (typeof error.extra?.limit === "string") this.refused(error.extra.limit);
    return this.#turnAway(acceptor, protocol, errorFrame(error, this.#deps.limits.reconnectMs), closeCodeOf(error));
  }

  stream(acceptor: Acceptor, { identity, task, after, replay, headers }: StreamRequest): Response {
    const { address } = acceptor;
    const full = this.#refusal(address, identity);
    if (full !== null) throw asAnswer(full);
    return acceptor.stream({ status: 200, headers: { ...STREAM_HEADERS, ...headers } }, (wire) =>
      this.#add(new ByteOutlet(wire, this.#pulse, this.#tally, this.#opening), address, identity, { taskId: task, after, replay, judged: true }),
    );
  }

  set(acceptor: Acceptor, { identity, words, after, replay, headers }: SetStreamRequest): Response {
    const { address } = acceptor;
    const full = this.#refusal(address, identity);
    if (full !== null) throw asAnswer(full);
    return acceptor.stream({ status: 200, headers: { ...STREAM_HEADERS, ...headers } }, (wire) =>
      this.#add(new SetByteOutlet(wire, this.#pulse, this.#tally, this.#opening), address, identity, null, { set: { words, after, replay } }),
    );
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  stats(): ConnectionStats {
    return { ...this.#counts, draining: this.#draining !== null };
  }

  *callers(): Iterable<Identity> {
    for (const { session: { identity } } of this.#all) if (identity !== null) yield identity;
  }

  end(which: (who: Identity) => boolean, error: TaskwireError): number {
    const leaving = [...this.#all].filter(({ session: { identity } }) => identity !== null && which(identity));
    for (const connection of leaving) connection.refuse(error);
    return leaving.length;
  }

  list(taskId: string | null, most: number): readonly ConnectionInfo[] {
    const found: ConnectionInfo[] = [];
    for (const connection of this.#all) {
      if (found.length >= most) break;
      const info = connection.info();
      if (taskId === null || info.tasks.includes(taskId)) found.push(info);
    }
    return found;
  }

  endOne(connectionId: string): boolean {
    const found = [...this.#all].find(({ id }) => id === connectionId);
    found?.part("max_age", this.#pause());
    return found !== undefined;
  }

  // -- for connections -------------------------------------------------------------------------------------------------

  sooner(connection: Kept): void {
    const due = connection.session.due();
    if (due < connection.sleepsUntil) this.#sleep(connection, due);
  }

  slow(): void {
    this.#deps.meter.add("slow_wires");
  }

  admit(connection: Kept, identity: Identity): Identity {
    if (connection.user !== null || !this.#all.has(connection)) return identity;
    if (this.#census.full(identity.user)) throw this.#crowded("user_connections");
    connection.user = this.#census.user(identity.user);
    return identity;
  }

  refused(limit: string): void {
    this.#deps.meter.add("refused", 1, limit);
  }

  over(connection: Kept): void {
    if (!this.#all.delete(connection)) return;
    this.#count(connection, -1);
    if (connection.address !== null) this.#census.left(connection.address, connection.user);
    this.#deps.meter.add("closes", 1, connection.transport);
    this.report();
    if (this.#all.size === 0) {
      this.#wheel.clear();
      this.#gone?.();
    }
  }

  // -- coming ----------------------------------------------------------------------------------------------------------

  #refusal(address: string, identity: Identity | null): TaskwireError | null {
    const { limits } = this.#deps;
    if (this.#draining === null && this.#all.size < limits.connections) {
      const crowd = this.#census.crowd(address, identity?.user ?? null);
      return crowd === null ? null : this.#crowded(crowd);
    }
    const why = this.#draining === null ? `The service has ${limits.connections} connections, as many as it may` : "The service is stopping";
    return new TaskwireError("too_many_connections", `${why}; wait as told and connect again.`, { retry_after_ms: this.#pause(), ...(this.#draining === null ? { limit: "connections" } : {}) });
  }

  #crowded(limit: Crowd): TaskwireError {
    const { userConnections, addressConnections } = this.#deps.limits;
    const why = limit === "user_connections" ? `You have ${userConnections} connections here` : `There are ${addressConnections} connections from this address`;
    return new TaskwireError("too_many_connections", `${why}, as many as may be; close some and connect again.`, { retry_after_ms: this.#pause() + CROWDED_MS, limit });
  }

  #turnAway(acceptor: Acceptor, protocol: string | null, frame: StreamErrorFrame | StreamClosingFrame, code: number): Response {
    return acceptor.socket(protocol, (wire) => {
      wire.write([JSON.stringify(frame)]);
      wire.close(code, frame.type === "stream.error" ? frame.code : frame.reason);
      return inert;
    });
  }

  #add(outlet: Outlet, address: string, identity: Identity | null, only: Only | null, more: Pick<SessionOptions, "set"> = {}): Connection {
    const connection = new Connection(this.#deps, outlet, this, { ...more, id: this.#newId(), identity, only, phase: this.#deps.environment.random.fraction() });
    this.#keep(connection, address, identity);
    connection.take({ kind: "opened" });
    return connection;
  }

  #keep(connection: Kept, address: string, identity: Identity | null): void {
    this.#all.add(connection);
    connection.address = this.#census.address(address);
    if (identity !== null) connection.user = this.#census.user(identity.user);
    this.#count(connection, 1);
    this.#sleep(connection, connection.session.due());
  }

  #newId(): string {
    return `${this.#instance}-${(this.#made++).toString(36)}`;
  }

  /** What all connections of a dialect share. */
  #speaker(projection: Projection): Speaker {
    const known = this.#speakers.get(projection);
    if (known !== undefined) return known;
    const { clock } = this.#deps.environment;
    const pace = projection.paceMs === undefined ? null : new Wheel<() => void>(clock, projection.paceMs, (due) => { for (const goOn of due) goOn(); });
    const speaker = { projector: new Projector(projection), pace };
    this.#speakers.set(projection, speaker);
    return speaker;
  }

  #count(connection: Kept, change: number): void {
    const { transport } = connection;
    this.#counts[transport] += change;
    if (connection instanceof DialectConnection) this.#speaking.set(connection.dialect, this.open(connection.dialect) + change);
    this.#deps.meter.set("connections", this.#counts[transport], transport);
  }

  // -- time ------------------------------------------------------------------------------------------------------------

  #sleep(connection: Kept, until: number): void {
    connection.sleepsUntil = until;
    if (until !== Infinity) this.#wheel.add(connection, until);
  }

  #turn(due: readonly Kept[]): void {
    this.#pulse.renew();
    this.report();
    const now = this.#deps.environment.clock.now();
    for (const connection of due) {
      // Whoever was put into an earlier slot meanwhile has been here before, or is gone.
      if (connection.sleepsUntil > now || !this.#all.has(connection)) continue;
      connection.sleepsUntil = Infinity;
      connection.tick();
      if (this.#all.has(connection) && connection.sleepsUntil === Infinity) this.#sleep(connection, connection.session.due());
    }
  }

  report(): void {
    const { events, writes, bytes } = this.#tally;
    if (events > 0) this.#deps.meter.add("events_out", events);
    if (writes > 0) this.#deps.meter.add("writes_out", writes);
    if (bytes > 0) this.#deps.meter.add("bytes_out", bytes);
    this.#tally.events = this.#tally.writes = this.#tally.bytes = 0;
  }

  // -- leaving ---------------------------------------------------------------------------------------------------------

  /** How long one that is sent away is told to wait: spread, so that not all come back at once. Milliseconds. */
  #pause(): number {
    return Math.round(this.#deps.limits.reconnectMs * (1 + this.#deps.environment.random.fraction()));
  }

  #closing(): StreamClosingFrame {
    return { type: "stream.closing", reason: "drain", retry_after_ms: this.#pause() };
  }

  #drain(): Promise<void> {
    const { environment, limits } = this.#deps;
    const leaving = [...this.#all];
    if (leaving.length === 0) return Promise.resolve();
    environment.journal.info("draining", "Sending all connections away.", { connections: leaving.length });
    const pace = Math.min(LEAVE_MS, limits.drainMs / leaving.length);
    const began = environment.clock.now();
    return new Promise((resolve) => {
      let next = 0;
      const leave = (): void => {
        const reached = Math.min(leaving.length, Math.floor((environment.clock.now() - began) / pace) + 1);
        for (; next < reached; next++) leaving[next]?.part("drain", this.#pause());
        if (next < leaving.length) environment.clock.after(pace, leave);
      };
      const late = environment.clock.after(limits.drainMs + GRACE_MS, resolve);
      this.#gone = () => {
        late();
        resolve();
      };
      leave();
    });
  }
}
