/**
 * One connection that speaks a dialect: between the hub, its session and its wire. Watches are lanes as everywhere: whoever is
 * behind reads on out of the log when the wire takes again.
 */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { Opening, Projection, Socket, Start, TalkInput } from "../dialects/port.ts";
import { type Identity, type TaskFacts, watchOnly } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { coversSet } from "../domain/watch-scope.ts";
import type { Arrivals } from "../feed/arrival.ts";
import type { Notice, Run, Taking } from "../feed/port.ts";
import type { SelectorNotice, SelectorRequest, SelectorSink } from "../feed/selector-port.ts";
import type { Selector } from "../feed/selector.ts";
import type { LimitSet } from "../limits.ts";
import { Backpressured } from "./backpressure.ts";
import type { Headcount } from "./census.ts";
import { type DialectAction, DialectSession } from "./dialect-session.ts";
import { Finding } from "./dialect-finding.ts";
import { Stories } from "./dialect-stories.ts";
import type { Keeper, Kept } from "./keeper.ts";
import { Lane, type LaneHome, type WatchHub } from "./lane.ts";
import { type Projector, textOf } from "./projector.ts";
import type { Tally } from "./pulse.ts";
import { type Parting, asRefusal, closeCodeOf, closeCodeOfParting } from "./refusal.ts";
import { Selection, type SelectionHome } from "./selection.ts";
import type { ConnectionInfo } from "./session-port.ts";
import type { MessageWire, SocketHandler } from "./transport.ts";
import type { Wheel } from "./wheel.ts";

/** What a connection of a dialect needs of the service. */
export interface DialectService {
  readonly hub: WatchHub;
  readonly environment: Environment;
  readonly limits: LimitSet;
  /** Absent where nobody waits for tasks that do not exist yet. */
  readonly arrivals?: Arrivals;
  authenticate(token: string): Promise<Identity>;
  facts(taskId: string): Promise<TaskFacts | null>;
  selector?(request: SelectorRequest, sink: SelectorSink): Selector;
}

/** How one comes to be. */
export interface DialectRequest {
  readonly dialect: string;
  readonly projection: Projection;
  readonly socket: Socket;
  readonly opening: Opening;
  /** Starts a task; answers its id. */
  start(who: Identity, task: Start): Promise<string>;
  /** Events of a task up to this seq were cleared for who joins; absent: none ever are. */
  behind?(taskId: string): Promise<number>;
}

export interface DialectOptions extends DialectRequest {
  readonly id: string;
  readonly projector: Projector;
  /** Wakes the lanes of a projection that has a pace. */
  readonly pace: Wheel<() => void> | null;
  readonly tally: Tally;
}

/** The protocol's code of a good end. */
const NORMAL = 1000;
/** What a peer is told because it has asked, a moment later. */
const ANSWERS: ReadonlySet<TalkInput["kind"]> = new Set(["signed_in", "not_signed_in", "started", "not_started", "unwatched"]);

export class DialectConnection extends Backpressured implements Kept, SocketHandler, LaneHome, SelectionHome {
  readonly session: DialectSession;
  readonly transport = "websocket";
  readonly id: string;
  readonly dialect: string;
  readonly #service: DialectService;
  readonly #options: DialectOptions;
  readonly #wire: MessageWire;
  readonly #keeper: Keeper;
  readonly #lanes = new Map<string, Lane>();
  readonly #stories: Stories;
  readonly #finding: Finding;
  #selection: Selection | null = null;
  #over = false;
  sleepsUntil = 0;
  address: Headcount | null = null;
  user: Headcount | null = null;

  constructor(service: DialectService, wire: MessageWire, keeper: Keeper, options: DialectOptions) {
    super();
    this.#service = service;
    this.#wire = wire;
    this.#keeper = keeper;
    this.#options = options;
    this.id = options.id;
    this.dialect = options.dialect;
    this.#stories = new Stories(options.projector);
    this.#finding = new Finding({ facts: service.facts.bind(service), arrivals: service.arrivals, behind: options.behind });
    this.session = new DialectSession({ talk: options.socket.open(options.opening), socket: options.socket, limits: service.limits, identity: options.opening.identity, proves: wire.ping !== null }, this.#now());
  }

  protected get hub(): WatchHub {
    return this.#service.hub;
  }

  open(): void {
    this.#take({ kind: "opened" });
  }

  /** What operators are told, and the dialect's own routes. */
  info(): ConnectionInfo {
    const about = this.session.about();
    return {
      connection_id: this.id, transport: this.transport, user: this.session.identity?.user ?? null, tasks: [...this.#lanes.keys(), ...this.#finding.tasks],
      sets: this.#selection === null ? 0 : 1, waiting: this.#wire.waiting(), dialect: this.dialect, ...(about === undefined ? {} : { about }),
    };
  }

  message(text: string | null): void {
    this.#guarded(() => this.#perform(this.session.frame(text, this.#now()), true));
  }

  /** A dialect that fails at what a peer or a producer says costs that peer its connection, and nobody else anything. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.session.end();
      this.refuse(this.#told(error));
    }
  }

  alive(): void {
    this.session.heard(this.#now());
  }

  protected pending(): number {
    return this.#wire.waiting();
  }

  protected slow(): void {
    this.#keeper.slow();
  }

  tick(): void {
    this.look();
    this.#perform(this.session.tick(this.#now(), this.full), false);
  }

  /** Parts for a reason that is not the client's fault. */
  part(parting: Parting): void {
    this.#leave(new TaskwireError("unavailable", "The service parts with this connection; connect again."), closeCodeOfParting(parting), parting);
  }

  /** The caller may not be here any more. */
  refuse(error: TaskwireError): void {
    this.#leave(error, closeCodeOf(error), error.code);
  }

  closed(): void {
    this.session.end();
    this.#end();
    this.#keeper.over(this);
  }

  // -- for lanes -------------------------------------------------------------------------------------------------------

  deliver(lane: Lane, run: Run): Taking {
    const { pace, tally } = this.#options;
    let told: readonly string[] = [];
    this.#guarded(() => (told = this.#stories.tell(lane.taskId, run)));
    if (told.length === 0) return this.#over ? "full" : "ready";
    tally.events += told.length;
    tally.writes += 1;
    for (const text of told) tally.bytes += text.length;
    this.session.told(this.#now());
    this.#keeper.sooner(this);
    if (this.#wire.write(told) === "full") {
      this.filled(lane);
      return "full";
    }
    // Behind an end nothing is joined.
    if (pace === null || TERMINAL_STATUSES.has(run.slices.at(-1)?.batch.header.status ?? "")) return "ready";
    pace.add(() => this.#goOn(lane), this.#now() + 1);
    return "full";
  }

  tell(lane: Lane, notice: Notice): Taking {
    switch (notice.type) {
      case "gap":
        this.#leap(lane.taskId, notice.snapshot);
        break;
      case "end":
        this.#unwatch(lane.taskId);
        this.#take({ kind: "over", taskId: lane.taskId, status: notice.status });
        break;
      case "failed":
        this.#unwatch(lane.taskId);
        this.#take({ kind: "unwatched", taskId: lane.taskId, error: new TaskwireError(notice.code, notice.detail) });
    }
    if (!this.full || lane.stopped) return "ready";
    this.wait(lane);
    return "full";
  }

  together(work: () => void): void {
    this.#wire.together(work);
  }

  // -- for a watched set -----------------------------------------------------------------------------------------------

  heard(_selection: Selection, notice: SelectorNotice): void {
    if (notice.type === "left") {
      this.#take({ kind: "over", taskId: notice.task.taskId, status: notice.task.status });
      if (notice.reason !== "limit") this.#stories.forget(notice.task.taskId);
    } else if (notice.type === "task" && notice.notice.type === "gap") this.#leap(notice.notice.task_id, notice.notice.snapshot);
    else if (notice.type === "failed") this.refuse(notice.error);
  }

  room(): number {
    return this.#service.limits.subscriptions - (this.#selection?.selector.size ?? 0);
  }

  // -- actions ---------------------------------------------------------------------------------------------------------

  #take(input: TalkInput): void {
    this.#perform(this.session.take(input, this.#now()), ANSWERS.has(input.kind));
  }

  /** `asked`: by the peer. */
  #perform(actions: readonly DialectAction[], asked: boolean): void {
    for (const action of actions) {
      if (this.#over) return;
      this.#do(action, asked);
    }
    if (!this.#over) this.#keeper.sooner(this);
  }

  #do(action: DialectAction, asked: boolean): void {
    switch (action.do) {
      case "send":
        return this.#send(textOf(action.frame), asked);
      case "ping":
        return this.#wire.ping?.();
      case "refused":
        return this.#keeper.refused(action.limit);
      case "sign_in":
        return this.#answer(async () => this.#keeper.admit(this, await this.#service.authenticate(action.token)), (identity) => ({ kind: "signed_in", identity }), (error) => ({ kind: "not_signed_in", error }));
      case "start": {
        const { tag, task } = action;
        return this.#answer(() => this.#options.start(this.#identity(), task), (taskId) => ({ kind: "started", tag, taskId }), (error) => ({ kind: "not_started", tag, error }));
      }
      case "watch":
        return void this.#watch(action);
      case "watch_mine":
        return this.#watchMine(action.finished);
      case "unwatch":
        return this.#unwatch(action.taskId);
      case "close":
        if (action.code !== NORMAL) this.#service.environment.journal.info("dialect_closed", `A connection of ${this.dialect} was closed: ${action.reason}.`, { connection: this.id, dialect: this.dialect, code: action.code, reason: action.reason });
        this.#end();
        this.#wire.close(action.code, action.reason);
    }
  }

  #identity(): Identity {
    const { identity } = this.session;
    if (identity === null) throw new TaskwireError("auth_required", "Sign in first.");
    return identity;
  }

  #answer<T>(work: () => Promise<T>, done: (value: T) => TalkInput, failed: (error: TaskwireError) => TalkInput): void {
    new Promise<T>((resolve) => resolve(work())).then(
      (value) => this.#take(done(value)),
      (error: unknown) => this.#take(failed(this.#told(error))),
    );
  }

  #told(error: unknown): TaskwireError {
    const refusal = asRefusal(error);
    if (refusal.code === "internal") this.#service.environment.journal.error("connection_failed", "A request on a connection failed for a reason of our own.", { connection: this.id, reason: String(error) });
    return refusal;
  }

  /** Finds the task for this caller, where it may waits for it, and begins to tell it. */
  async #watch({ taskId, waits, behind = 0 }: Extract<DialectAction, { do: "watch" }>): Promise<void> {
    const { limits } = this.#service;
    this.#unwatch(taskId);
    try {
      if (this.#lanes.size + this.#finding.tasks.length >= limits.subscriptions) throw new TaskwireError("too_many_subscriptions", `At most ${limits.subscriptions} tasks may be watched on one connection.`, { limit: "subscriptions" });
      const from = await this.#finding.find({ taskId, who: this.#identity(), behind, ...(waits === undefined ? {} : { waitMs: waits === null ? null : limits[waits] }) });
      if (this.#over) return;
      this.#stories.begin(taskId, from);
      const lane = new Lane(this, { taskId, after: null, replay: "full" }, 0);
      this.#lanes.set(taskId, lane);
      this.begin(lane);
    } catch (error) {
      const refusal = this.#told(error);
      if (typeof refusal.extra?.limit === "string") this.#keeper.refused(refusal.extra.limit);
      this.#take({ kind: "unwatched", taskId, error: refusal });
    }
  }

  #watchMine(finished: number): void {
    const { selector } = this.#service;
    if (selector === undefined || this.#selection !== null) return;
    const [identity, words] = [this.#identity(), { scope: "mine" }] as const;
    if (identity.watch && !coversSet(identity.watch.words, words)) return this.refuse(watchOnly(identity.watch));
    this.#selection = new Selection(this, 0, { words, identity, after: null, replay: "full", finished }, selector);
    this.#selection.selector.start();
  }

  #unwatch(taskId: string): void {
    this.#finding.stop(taskId);
    const lane = this.#lanes.get(taskId);
    if (lane === undefined) return;
    lane.stop();
    this.#lanes.delete(taskId);
    this.#stories.forget(taskId);
    this.forgetStopped();
  }

  /** Events are kept no more: their sum is told in their place. */
  #leap(taskId: string, snapshot: string | null): void {
    if (snapshot === null) return;
    this.#guarded(() => {
      for (const text of this.#stories.leap(taskId, snapshot)) this.#send(text, false);
    });
  }

  /** Its pace allows the next write. */
  #goOn(lane: Lane): void {
    if (lane.stopped || this.#over) return;
    if (this.full) this.wait(lane);
    else lane.proceed(this.#service.hub);
  }

  #send(text: string, asked: boolean): void {
    this.#options.tally.bytes += text.length;
    const wasFull = this.full;
    if (this.#wire.write([text]) === "full") this.filled(null);
    if (!wasFull || !asked) return;
    if (this.unread(text.length) > this.#service.limits.wireFullBytes) this.part("wire_refused");
  }

  #leave(error: TaskwireError, code: number, reason: string): void {
    if (this.#over) return;
    this.#take({ kind: "parting", error });
    if (this.#over) return;
    this.session.end();
    this.#end();
    this.#wire.close(code, reason);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const lane of this.#lanes.values()) lane.stop();
    this.#selection?.stop();
    this.#lanes.clear();
    this.#finding.clear();
    this.#stories.clear();
    this.forgetAll();
  }

  #now(): number {
    return this.#service.environment.clock.now();
  }
}
