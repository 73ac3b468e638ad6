/**
 * One connection at work: carries out what its session decides, and stands between the feed and the wire. Stored events
 * go straight from the feed to the wire; only notices pass through the session.
 *
 * A full wire holds no copies: whatever a subscription is offered then, it keeps as the one reference that the feed shares
 * among all watchers, and is offered nothing more. When the wire has drained the subscriptions take turns.
 */
import type { Identity, TaskFacts } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import type { Notice, Run, Taking } from "../feed/port.ts";
import type { Selector } from "../feed/selector.ts";
import type { SelectorNotice, SelectorRequest, SelectorSink } from "../feed/selector-port.ts";
import type { LimitSet } from "../limits.ts";
import { Backpressured } from "./backpressure.ts";
import type { Headcount } from "./census.ts";
import type { Frame } from "./frame.ts";
import type { Keeper } from "./keeper.ts";
import { Lane, type LaneHome, type WatchHub } from "./lane.ts";
import type { Place } from "./pulse.ts";
import { TaskwireError } from "../domain/error.ts";
import { type Parting, asRefusal } from "./refusal.ts";
import { Selection, type SelectionHome } from "./selection.ts";
import { Session } from "./session.ts";
import type { Action, AppendAck, AppendOptions, CommandAck, CommandOrder, ConnectionInfo, Input, SessionOptions } from "./session-port.ts";
import type { SocketHandler, StreamHandler } from "./transport.ts";

/** What a connection needs of the service. */
export interface Service {
  readonly hub: WatchHub;
  readonly environment: Environment;
  readonly limits: LimitSet;
  authenticate(token: string): Promise<Identity>;
  facts(taskId: string): Promise<TaskFacts | null>;
  /** Absent where sets of tasks cannot be watched. */
  selector?(request: SelectorRequest, sink: SelectorSink): Selector;
  append(identity: Identity, taskId: string, events: readonly unknown[], options: AppendOptions): Promise<AppendAck>;
  command(identity: Identity, taskId: string, order: CommandOrder): Promise<CommandAck>;
}

/** A wire as the connection sees it, whatever its protocol. */
export interface Outlet {
  readonly transport: "websocket" | "sse";
  events(run: Run): Taking;
  frames(frames: readonly Frame[]): Taking;
  /** What is handed over while `work` runs goes out in one go, where the wire can. */
  together(work: () => void): void;
  /** `places`: where the watched sets stand; none: the heartbeat that all share. */
  heartbeat(places: readonly Place[]): Taking;
  /** What has not yet gone out. Bytes. */
  waiting(): number;
  /** False where the runtime finds dead peers by itself, or none can be asked. */
  readonly pings: boolean;
  ping(): void;
  close(code: number, reason: string): void;
}

const NO_LANES: readonly Lane[] = [];
const NO_SELECTIONS: readonly Selection[] = [];
const NO_PLACES: readonly Place[] = [];

/** One for every wire, which calls it by itself: thousands are idle, so each is as few objects as may be. */
export class Connection extends Backpressured implements SocketHandler, StreamHandler, LaneHome, SelectionHome {
  readonly session: Session;
  readonly #service: Service;
  readonly #outlet: Outlet;
  readonly #keeper: Keeper;
  readonly #id: string;
  /** Most have one, none has many. */
  #lanes: readonly Lane[] = NO_LANES;
  #selections: readonly Selection[] = NO_SELECTIONS;
  #over = false;
  /** Until when the registry lets it sleep; kept here for the registry. */
  sleepsUntil = 0;
  /** Among whose connections it is counted; kept here for the registry, too. */
  address: Headcount | null = null;
  user: Headcount | null = null;

  constructor(service: Service, outlet: Outlet, keeper: Keeper, options: Omit<SessionOptions, "limits" | "proves">) {
    super();
    this.#service = service;
    this.#outlet = outlet;
    this.#keeper = keeper;
    this.#id = options.id;
    this.session = new Session({ ...options, limits: service.limits, proves: outlet.pings }, service.environment.clock.now());
  }

  protected get hub(): WatchHub {
    return this.#service.hub;
  }

  get id(): string {
    return this.#id;
  }

  /** What operators are told. */
  info(): ConnectionInfo {
    const { identity } = this.session;
    return { connection_id: this.#id, transport: this.transport, user: identity?.user ?? null, tasks: this.#lanes.map(({ taskId }) => taskId), sets: this.#selections.length, waiting: this.#outlet.waiting() };
  }

  get transport(): Outlet["transport"] {
    return this.#outlet.transport;
  }

  /** A text frame, or null for a binary one. */
  message(text: string | null): void {
    this.take(text === null ? { kind: "binary" } : { kind: "text", text });
  }

  /** Something has happened. */
  take(input: Input): void {
    const actions = this.session.take(input, this.#service.environment.clock.now());
    if (actions.length === 0) return;
    this.#perform(actions, input.kind !== "notice" && input.kind !== "selection" && input.kind !== "tick");
    if (!this.#over) this.#keeper.sooner(this);
  }

  /** A sign of life that is no frame. */
  alive(): void {
    this.session.heard(this.#service.environment.clock.now());
  }

  protected pending(): number {
    return this.#outlet.waiting();
  }

  protected slow(): void {
    this.#keeper.slow();
  }

  /** Time has passed. */
  tick(): void {
    this.look();
    this.take({ kind: "tick", full: this.full });
  }

  /** The caller may not be here any more. */
  refuse(error: TaskwireError): void {
    this.take({ kind: "refused", error });
  }

  /** Parts for a reason that is not the client's fault. */
  part(parting: Parting, retryAfterMs: number): void {
    this.take({ kind: "part", parting, retryAfterMs });
  }

  /** The peer has gone, or the wire has broken, or has closed as we wanted. */
  closed(): void {
    this.session.take({ kind: "closed" }, this.#service.environment.clock.now());
    this.#end();
    this.#keeper.over(this);
  }

  // -- for lanes -------------------------------------------------------------------------------------------------------

  /** Hands a run to the wire. The hot path. */
  deliver(lane: Lane, run: Run): Taking {
    const taking = this.#outlet.events(run);
    if (taking === "full") this.filled(lane);
    return taking;
  }

  /** Hands a notice to the session, and what it makes of it to the wire. */
  tell(lane: Lane, notice: Notice): Taking {
    if (notice.type === "end" || notice.type === "failed") this.#leave(lane);
    this.take({ kind: "notice", taskId: lane.taskId, ticket: lane.ticket, notice });
    if (!this.full) return "ready";
    this.wait(lane);
    return "full";
  }

  together(work: () => void): void {
    this.#outlet.together(work);
  }

  // -- for watched sets ------------------------------------------------------------------------------------------------

  heard(selection: Selection, notice: SelectorNotice): void {
    if (notice.type === "failed") this.#unselect(selection.ticket);
    this.take({ kind: "selection", ticket: selection.ticket, notice });
  }

  room(): number {
    return this.#selections.reduce((room, { selector }) => room - selector.size, this.#service.limits.subscriptions - this.#lanes.length);
  }

  #select(ticket: number, request: SelectorRequest): void {
    const { selector } = this.#service;
    if (selector === undefined) return this.#later({ kind: "selection", ticket, notice: { type: "failed", error: new TaskwireError("unsupported", "Sets of tasks cannot be watched here; subscribe to each task by task_id.") } });
    const selection = new Selection(this, ticket, request, selector);
    this.#selections = [...this.#selections, selection];
    selection.selector.start();
  }

  #unselect(ticket: number): void {
    const selection = this.#selections.find((each) => each.ticket === ticket);
    if (selection === undefined) return;
    const others = this.#selections.filter((each) => each !== selection);
    this.#selections = others.length === 0 ? NO_SELECTIONS : others;
    selection.stop();
    this.forgetStopped();
  }

  /** Where the watched sets stand. One that has not begun has no position. */
  #places(): readonly Place[] {
    if (this.#selections === NO_SELECTIONS) return NO_PLACES;
    return this.#selections.map(({ request, selector }) => ({ selector: request.words, cursor: selector.position() })).filter(({ cursor }) => cursor !== "");
  }

  #later(input: Input): void {
    void Promise.resolve().then(() => this.take(input));
  }

  // -- actions ---------------------------------------------------------------------------------------------------------

  #perform(actions: readonly Action[], asked: boolean): void {
    let frames: Frame[] = [];
    const flush = (): void => {
      if (frames.length === 0) return;
      const sent = frames;
      frames = [];
      this.#write(sent, asked);
    };
    for (const action of actions) {
      if (this.#over) return;
      if (action.do === "send") frames.push(action.frame);
      else {
        flush();
        this.#do(action);
      }
    }
    flush();
  }

  #do(action: Exclude<Action, { do: "send" }>): void {
    switch (action.do) {
      case "heartbeat":
        if (this.#outlet.heartbeat(this.#places()) === "full") this.filled(null);
        return;
      case "ping":
        return this.#outlet.ping();
      case "authenticate":
        return this.#answer(
          async () => this.#keeper.admit(this, await this.#service.authenticate(action.token)),
          (identity) => ({ kind: "authenticated", identity }),
          (error) => ({ kind: "unauthenticated", error }),
        );
      case "judge": {
        const { taskId, ticket } = action;
        return this.#answer(
          () => this.#service.facts(taskId),
          (facts) => ({ kind: "judged", taskId, ticket, facts, error: null }),
          (error) => ({ kind: "judged", taskId, ticket, facts: null, error }),
        );
      }
      case "command": {
        const { identity, taskId, order, requestId } = action;
        return this.#answer(
          () => this.#service.command(identity, taskId, order),
          (ack) => ({ kind: "appended", taskId, requestId, ack }),
          (error) => ({ kind: "unappended", taskId, requestId, error }),
        );
      }
      case "append": {
        const { identity, taskId, events, options } = action;
        const { requestId } = options;
        return this.#answer(
          () => this.#service.append(identity, taskId, events, options),
          (ack) => ({ kind: "appended", taskId, requestId, ack }),
          (error) => ({ kind: "unappended", taskId, requestId, error }),
        );
      }
      case "watch":
        return this.#watch(new Lane(this, { taskId: action.taskId, after: action.after, replay: action.replay }, action.ticket));
      case "unwatch":
        return this.#unwatch(action.taskId);
      case "select":
        return this.#select(action.ticket, action.request);
      case "unselect":
        return this.#unselect(action.ticket);
      case "judge_set":
        return this.#selections.find(({ ticket }) => ticket === action.ticket)?.selector.judgeAgain(action.identity);
      case "refused":
        return this.#keeper.refused(action.limit);
      case "close":
        this.#end();
        this.#outlet.close(action.code, action.reason);
        // A response is over when we have ended it; a socket when its peer has answered.
        if (this.transport === "sse") this.closed();
        return;
    }
  }

  #answer<T>(work: () => Promise<T>, done: (value: T) => Input, failed: (error: ReturnType<typeof asRefusal>) => Input): void {
    new Promise<T>((resolve) => resolve(work())).then(
      (value) => this.take(done(value)),
      (error: unknown) => {
        const refusal = asRefusal(error);
        if (refusal.code === "internal") this.#service.environment.journal.error("connection_failed", "A request on a connection failed for a reason of our own.", { connection: this.#id, reason: String(error) });
        this.take(failed(refusal));
      },
    );
  }

  #watch(lane: Lane): void {
    this.#unwatch(lane.taskId);
    this.#lanes = [...this.#lanes, lane];
    this.begin(lane);
  }

  #unwatch(taskId: string): void {
    const lane = this.#lanes.find((each) => each.taskId === taskId);
    if (lane === undefined) return;
    this.#lanes = this.#lanes.filter((each) => each !== lane);
    lane.stop();
    this.forgetStopped();
  }

  /** The watch of this lane has stopped by itself. */
  #leave(lane: Lane): void {
    lane.stopped = true;
    this.#lanes = this.#lanes.filter((each) => each !== lane);
  }

  #write(frames: readonly Frame[], asked: boolean): void {
    const wasFull = this.full;
    if (this.#outlet.frames(frames) === "full") this.filled(null);
    if (!wasFull || !asked || this.session.closed) return;
    const length = frames.reduce((sum, { text }) => sum + text.length, 0);
    if (this.unread(length) > this.#service.limits.wireFullBytes) this.part("wire_refused", 0);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const lane of this.#lanes) lane.stop();
    for (const selection of this.#selections) selection.stop();
    this.#lanes = NO_LANES;
    this.forgetAll();
    this.#selections = NO_SELECTIONS;
  }
}
