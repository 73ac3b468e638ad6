/** Carries out what the state machine says: opens and closes wires, keeps its timers, and brings back what happens. */
import { errorOfFrame, TaskwireError } from "./errors.ts";
import { isStreamFrame, type LooseFrame, numberOf, parseFrame, textOf } from "./frames.ts";
import { type Action, idleMachine, type Input, type Loss, type Machine, type MachineSettings, type Phase, step, type TimerName, type TransportName } from "./machine.ts";
import type { Timing } from "./timing.ts";
import type { Tokens } from "./tokens.ts";
import type { Subscription, Transport, Wire, WireEvents } from "./transport.ts";
import type { Memory } from "./memory.ts";
import { onWake } from "./wake.ts";

/** What this client speaks. */
const PROTOCOL = "taskwire.v1";

/** What is told of a connection whenever it changes. */
export interface ConnectionState {
  readonly phase: Phase;
  readonly transport: TransportName;
  /** Rounds that failed since the last healthy connection. */
  readonly attempt: number;
  /** In `waiting`: so long until the next try; null where it waits for the consumer. Milliseconds. */
  readonly retryInMs: number | null;
  /** What cut the last connection, where the service said so; in `ended`: why. */
  readonly error: TaskwireError | null;
}

/** What the client passes on of its doings to whoever wants to know. Never a token, never a payload. */
export type LogHook = (entry: { readonly event: string; readonly [field: string]: string | number | boolean | null }) => void;

export interface ConnectionContext {
  readonly baseUrl: URL;
  readonly transports: Readonly<Partial<Record<TransportName, Transport>>>;
  readonly settings: MachineSettings;
  readonly tokens: Tokens;
  readonly timing: Timing;
  readonly log: LogHook;
  /** Transports that have worked, shared by all connections of a client. */
  readonly memory: Memory;
  /** What `wake` reaches: all connections that have not ended. */
  readonly wakers: Set<() => void>;
}

/** What became of a frame: taken; taken, and no more for now; something before it is missing; nothing more is needed. */
export type Taken = "ok" | "full" | "hole" | "done";

export interface ConnectionUser {
  readonly many: boolean;
  /** What to follow and from where; asked at every opening. */
  subscriptions(): readonly Subscription[];
  take(frame: LooseFrame, length: number): Taken;
  room(): Promise<void> | null;
  /** Whether an error that the service tells is of one task alone, and no loss of the connection. */
  refused?(error: TaskwireError): boolean;
  changed(state: ConnectionState): void;
  ended(error: TaskwireError | null): void;
}

export interface Connection {
  input(input: Input): void;
}

/** Makes a connection in `idle`; the input `start` sets it going, `stop` ends it. */
export function createConnection(context: ConnectionContext, user: ConnectionUser): Connection {
  const { settings, timing, tokens, log } = context;
  let machine: Machine = idleMachine(settings, context.memory.proven);
  let wire: Wire | null = null;
  /** Counts openings, so that what belongs to an earlier one is ignored. */
  let opening = 0;
  let tokenPending = false;
  let heardAt = 0;
  let reading = true;
  /** What the service said before it closed. */
  let farewell: Loss | null = null;
  let lastError: TaskwireError | null = null;
  let retryInMs: number | null = null;
  const timers = new Map<TimerName, () => void>();
  const inputs: Input[] = [];
  let busy = false;
  const wake = (): void => input({ kind: "wake" });
  const forgetWake = onWake(wake);
  context.wakers.add(wake);

  function input(next: Input): void {
    inputs.push(next);
    if (busy) return;
    busy = true;
    try {
      for (let one = inputs.shift(); one; one = inputs.shift()) apply(one);
    } finally {
      busy = false;
    }
  }

  function apply(one: Input): void {
    const before = machine;
    if (one.kind === "lost") lastError = one.loss.error;
    else if (one.kind === "hole") lastError = null;
    const { state, actions } = step(machine, one, settings, timing.chance());
    machine = state;
    context.memory.proven = state.proven;
    retryInMs = null;
    if (one.kind === "timer" && one.timer === "watchdog" && state.phase === "waiting") lastError = new TaskwireError("silent");
    for (const action of actions) act(action);
    if (state.phase === "live" && before.phase !== "live") lastError = null;
    if (state.phase === before.phase && state.transport === before.transport && state.attempt === before.attempt) return;
    log({ event: state.phase, transport: state.transport, attempt: state.attempt, ...(lastError ? { code: lastError.code } : {}) });
    user.changed({ phase: state.phase, transport: state.transport, attempt: state.attempt, retryInMs, error: lastError });
  }

  function act(action: Action): void {
    switch (action.kind) {
      case "open":
        return void open(action.transport, action.freshToken);
      case "close":
        return closeWire();
      case "arm":
        return arm(action.timer, action.ms);
      case "disarm":
        return disarm(action.timer);
      case "ping":
        return wire?.send?.('{"type":"ping"}');
      case "renew":
        return void renew();
      case "end":
        lastError = action.error;
        forgetWake();
        context.wakers.delete(wake);
        return user.ended(action.error);
    }
  }

  function arm(timer: TimerName, ms: number): void {
    disarm(timer);
    if (timer === "backoff") retryInMs = ms;
    timers.set(timer, timing.after(ms, () => fired(timer, ms)));
  }

  function disarm(timer: TimerName): void {
    timers.get(timer)?.();
    timers.delete(timer);
  }

  function fired(timer: TimerName, ms: number): void {
    timers.delete(timer);
    // The budget is for the service, not for whoever makes the token.
    if (timer === "budget" && tokenPending) return arm(timer, ms);
    input({ kind: "timer", timer, quietMs: reading ? timing.now() - heardAt : 0 });
  }

  function closeWire(): void {
    opening++;
    tokenPending = false;
    const old = wire;
    wire = null;
    old?.close();
  }

  async function open(name: TransportName, fresh: boolean): Promise<void> {
    const mine = ++opening;
    farewell = null;
    tokenPending = true;
    let token: string;
    try {
      token = await tokens.get(fresh);
    } catch (error) {
      if (mine === opening) input({ kind: "lost", loss: { error: error as TaskwireError } });
      return;
    }
    if (mine !== opening) return;
    tokenPending = false;
    heardAt = timing.now();
    reading = true;
    const transport = context.transports[name];
    if (!transport) return input({ kind: "lost", loss: { error: new TaskwireError("no_transport") } });
    try {
      wire = transport({ baseUrl: context.baseUrl, token, subscriptions: user.subscriptions(), many: user.many }, events(mine));
    } catch (cause) {
      input({ kind: "lost", loss: { error: new TaskwireError("network", { cause }) } });
    }
  }

  function events(mine: number): WireEvents {
    const current = (): boolean => mine === opening;
    return {
      frame: (text) => void (current() && received(text)),
      heard: () => void (heardAt = timing.now()),
      lost: (loss) => void (current() && input({ kind: "lost", loss: farewell ?? loss })),
      wanted: (taskId) => user.subscriptions().some((one) => one.taskId === taskId),
      room() {
        const waiting = current() ? user.room() : null;
        if (!waiting) return null;
        // While nobody reads, silence is our own doing.
        reading = false;
        return waiting.then(() => {
          heardAt = timing.now();
          reading = true;
        });
      },
    };
  }

  function received(text: string): void {
    heardAt = timing.now();
    const frame = parseFrame(text);
    if (!frame) return;
    const own = isStreamFrame(frame);
    if (own && (isForeign(frame) || farewellOf(frame))) return;
    farewell = null;
    if (machine.phase === "connecting") input({ kind: "first_frame" });
    if (own) noticed(frame);
    const taken = user.take(frame, text.length);
    if (taken === "done") input({ kind: "stop" });
    else if (taken === "hole") input({ kind: "hole" });
    else if (taken === "full" && wire?.send) input({ kind: "full" });
  }

  /** Whether the frame says why the wire will be closed, or ends a watch. */
  function farewellOf(frame: LooseFrame): boolean {
    if (frame.type === "stream.closing") {
      const error = frame.reason === "token_expired" ? new TaskwireError("token_expired") : null;
      farewell = { error, retryAfterMs: numberOf(frame, "retry_after_ms") };
      return true;
    }
    if (frame.type !== "stream.error") return false;
    const error = errorOfFrame(frame);
    log({ event: "error_frame", code: error.code });
    if (user.refused?.(error)) return true;
    farewell = { error };
    if (error.taskId !== null) input({ kind: "lost", loss: farewell });
    return true;
  }

  function noticed(frame: LooseFrame): void {
    if (frame.type === "stream.ready") input({ kind: "heartbeat", everyMs: numberOf(frame, "heartbeat_ms") ?? settings.heartbeatMs });
    else if (frame.type === "stream.token_expiring") input({ kind: "token_expiring" });
    else if (frame.type === "stream.ack" && textOf(frame, "request_id") === "renew") log({ event: "token_renewed" });
  }

  /** Whether the service speaks another version: then everything else may mean something else. */
  function isForeign(frame: LooseFrame): boolean {
    const protocol = textOf(frame, "protocol");
    if (frame.type !== "stream.ready" || protocol === PROTOCOL) return false;
    input({ kind: "lost", loss: { error: new TaskwireError("protocol_unsupported", { detail: `The service speaks "${protocol}", this client "${PROTOCOL}".` }) } });
    return true;
  }

  async function renew(): Promise<void> {
    const mine = opening;
    try {
      const token = await tokens.get(true);
      if (mine === opening) wire?.send?.(JSON.stringify({ type: "auth", token, request_id: "renew" }));
    } catch {
      // The old token still holds; when it ends the connection is lost and asks again.
      log({ event: "token_renewal_failed" });
    }
  }

  return { input };
}
