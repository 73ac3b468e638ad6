/**
 * The connection state machine: (state, input) → (state, actions). Pure, so that every rule of reconnecting can be read
 * and tested without a socket. `connection.ts` carries out the actions and brings back the inputs.
 *
 *   idle → connecting → live → waiting → connecting → … → ended
 */
import { isTokenError, type TaskwireError } from "./errors.ts";

export type Phase = "idle" | "connecting" | "live" | "waiting" | "ended";
export type TransportName = "websocket" | "sse" | "long_poll";

export interface MachineSettings {
  /** Transports that may be used, the preferred one first. */
  readonly transports: readonly TransportName[];
  /** Whether the token comes from a callback, so that a refused one can be replaced. */
  readonly renewable: boolean;
  /** How long a transport may take to its first frame while there is another one to try; and the last one. */
  readonly firstFrameMs: number;
  readonly lastFirstFrameMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** A connection that lived so long is healthy: the back-off starts anew. */
  readonly healthyMs: number;
  /** Assumed until the service announces its own. */
  readonly heartbeatMs: number;
  /** How long a request is repeated unless it says otherwise, and how long one try may take. */
  readonly giveUpMs: number;
  readonly tryMs: number;
}

export const MACHINE_DEFAULTS: Omit<MachineSettings, "transports" | "renewable"> = {
  firstFrameMs: 3_000,
  lastFirstFrameMs: 10_000,
  backoffMinMs: 500,
  backoffMaxMs: 20_000,
  healthyMs: 10_000,
  heartbeatMs: 15_000,
  giveUpMs: 30_000,
  tryMs: 30_000,
};

/** A connection from which nothing came for so many heartbeats is dead. */
const SILENT_HEARTBEATS = 2.5;

export type TimerName = "budget" | "backoff" | "healthy" | "watchdog" | "ping";

export interface Machine {
  readonly phase: Phase;
  /** The transport in use, or the next to be tried. */
  readonly transport: TransportName;
  /** Transports of this round that have not been tried yet. */
  readonly untried: readonly TransportName[];
  /** Rounds that failed since the last healthy connection. */
  readonly attempt: number;
  /** Which transports have worked since the client was made. */
  readonly proven: readonly TransportName[];
  /** The next opening must ask for another token. */
  readonly staleToken: boolean;
  /** Tokens refused in a row, without a connection in between. */
  readonly refusals: number;
  /** The current connection has lived for `healthyMs`. */
  readonly healthy: boolean;
  /** Waiting for the consumer, not for a timer. */
  readonly held: boolean;
  /** Waiting for as long as the service asked: nothing cuts that short. */
  readonly asked: boolean;
  readonly heartbeatMs: number;
}

/** Why a wire is no more. */
export interface Loss {
  /** What the service said, or null for a plain cut. */
  readonly error: TaskwireError | null;
  /** The service asks to come back after this. */
  readonly retryAfterMs?: number | null;
}

export type Input =
  | { readonly kind: "start" }
  /** The consumer has gone, or everything that was followed is over. */
  | { readonly kind: "stop" }
  /** The wire's first frame. */
  | { readonly kind: "first_frame" }
  | { readonly kind: "heartbeat"; readonly everyMs: number }
  | { readonly kind: "lost"; readonly loss: Loss }
  /** The proof by `seq` failed: something is missing. */
  | { readonly kind: "hole" }
  /** The consumer is too slow for a wire that cannot be paused; and: it has caught up. */
  | { readonly kind: "full" }
  | { readonly kind: "room" }
  /** The page became visible, the network came back. */
  | { readonly kind: "wake" }
  | { readonly kind: "token_expiring" }
  /** `quietMs`: how long nothing has come over the wire. */
  | { readonly kind: "timer"; readonly timer: TimerName; readonly quietMs: number };

export type Action =
  | { readonly kind: "open"; readonly transport: TransportName; readonly freshToken: boolean }
  | { readonly kind: "close" }
  | { readonly kind: "arm"; readonly timer: TimerName; readonly ms: number }
  | { readonly kind: "disarm"; readonly timer: TimerName }
  | { readonly kind: "ping" }
  /** Send a new token over the open wire. */
  | { readonly kind: "renew" }
  | { readonly kind: "end"; readonly error: TaskwireError | null };

export interface Step {
  readonly state: Machine;
  readonly actions: readonly Action[];
}

const ALL_TIMERS: readonly TimerName[] = ["budget", "backoff", "healthy", "watchdog", "ping"];
const disarmAll: readonly Action[] = ALL_TIMERS.map((timer) => ({ kind: "disarm", timer }));
const same = (state: Machine): Step => ({ state, actions: [] });

/**
 * The order in which transports are tried: as preferred, but what alone has worked comes first. A fallback that happened
 * to work is not remembered against a preferred transport that has worked too.
 */
function order(settings: MachineSettings, proven: readonly TransportName[]): readonly TransportName[] {
  const first = settings.transports.find((name) => proven.includes(name));
  return first === undefined ? settings.transports : [first, ...settings.transports.filter((name) => name !== first)];
}

/** A machine at rest. `proven`: what has worked before. */
export function idleMachine(settings: MachineSettings, proven: readonly TransportName[] = []): Machine {
  const [transport = "websocket", ...untried] = order(settings, proven);
  return { phase: "idle", transport, untried, attempt: 0, proven, staleToken: false, refusals: 0, healthy: false, held: false, asked: false, heartbeatMs: settings.heartbeatMs };
}

/** Full jitter: anything between nothing and the ceiling, which doubles with every round that failed. `chance` is in [0, 1). */
export function backoffMs(attempt: number, settings: MachineSettings, chance: number): number {
  return Math.round(chance * Math.min(settings.backoffMaxMs, settings.backoffMinMs * 2 ** Math.max(0, attempt - 1)));
}

/** One step. `chance` is a fresh random number in [0, 1); only the back-off uses it. */
export function step(state: Machine, input: Input, settings: MachineSettings, chance: number): Step {
  if (state.phase === "ended") return same(state);
  switch (input.kind) {
    case "start":
      return state.phase === "idle" ? round(state, settings) : same(state);
    case "stop":
      return end(state, null);
    case "first_frame":
      return state.phase === "connecting" ? live(state, settings) : same(state);
    case "heartbeat":
      return heartbeat(state, input.everyMs);
    case "lost":
      return state.phase === "connecting" || state.phase === "live" ? lost(state, input.loss, settings, chance) : same(state);
    case "hole":
      return state.phase === "live" ? hole(state, settings, chance) : same(state);
    case "full":
      if (state.phase !== "live" && state.phase !== "connecting") return same(state);
      return { state: { ...state, phase: "waiting", held: true }, actions: [...disarmAll, { kind: "close" }] };
    case "room":
      return state.phase === "waiting" && state.held ? round(state, settings) : same(state);
    case "wake":
      return wake(state, settings);
    case "token_expiring":
      return expiring(state, settings);
    case "timer":
      return timer(state, input.timer, input.quietMs, settings, chance);
  }
}

/** Begins a round: the transports in order, one after another. */
function round(state: Machine, settings: MachineSettings): Step {
  const [transport = state.transport, ...untried] = order(settings, state.proven);
  return open({ ...state, transport, untried }, settings);
}

function open(state: Machine, settings: MachineSettings): Step {
  const ms = state.untried.length > 0 ? settings.firstFrameMs : settings.lastFirstFrameMs;
  return {
    state: { ...state, phase: "connecting", staleToken: false, healthy: false, held: false },
    actions: [...disarmAll, { kind: "open", transport: state.transport, freshToken: state.staleToken }, { kind: "arm", timer: "budget", ms }],
  };
}

function live(state: Machine, settings: MachineSettings): Step {
  const proven = state.proven.includes(state.transport) ? state.proven : [...state.proven, state.transport];
  const pings: Action[] = state.transport === "websocket" ? [{ kind: "arm", timer: "ping", ms: state.heartbeatMs }] : [];
  return {
    state: { ...state, phase: "live", proven, refusals: 0 },
    actions: [
      { kind: "disarm", timer: "budget" },
      { kind: "arm", timer: "healthy", ms: settings.healthyMs },
      { kind: "arm", timer: "watchdog", ms: state.heartbeatMs * SILENT_HEARTBEATS },
      ...pings,
    ],
  };
}

function heartbeat(state: Machine, everyMs: number): Step {
  if (!(everyMs > 0) || everyMs === state.heartbeatMs) return same(state);
  if (state.phase !== "live") return same({ ...state, heartbeatMs: everyMs });
  const pings: Action[] = state.transport === "websocket" ? [{ kind: "arm", timer: "ping", ms: everyMs }] : [];
  return { state: { ...state, heartbeatMs: everyMs }, actions: [{ kind: "arm", timer: "watchdog", ms: everyMs * SILENT_HEARTBEATS }, ...pings] };
}

function end(state: Machine, error: TaskwireError | null): Step {
  const close: Action[] = state.phase === "connecting" || state.phase === "live" ? [{ kind: "close" }] : [];
  return { state: { ...state, phase: "ended", held: false }, actions: [...disarmAll, ...close, { kind: "end", error }] };
}

function lost(state: Machine, loss: Loss, settings: MachineSettings, chance: number): Step {
  const { error } = loss;
  if (isTokenError(error)) return tokenRefused(state, loss, settings, chance);
  if (error && !error.retryable && !isPassing(error, state)) return end(state, error);
  const [next, ...untried] = state.untried;
  const spoken = error !== null && (error.code !== "network" || error.retryAfterMs !== null);
  if (state.phase !== "connecting" || !next || spoken) return wait(state, loss, settings, chance);
  const opened = open({ ...state, transport: next, untried }, settings);
  return { state: opened.state, actions: [{ kind: "close" }, ...opened.actions] };
}

/** Something else answers where Taskwire did before: a proxy or a hotel's sign-in page, which goes away again. */
function isPassing(error: TaskwireError, state: Machine): boolean {
  return error.code === "not_taskwire" && state.proven.length > 0;
}

/** A callback gets one chance to bring a better token; one that ran out on a living connection is simply replaced. */
function tokenRefused(state: Machine, loss: Loss, settings: MachineSettings, chance: number): Step {
  if (!settings.renewable || state.refusals > 0) return end(state, loss.error);
  const stale = { ...state, staleToken: true };
  if (state.phase === "live" && !state.healthy) return wait(stale, loss, settings, chance);
  const next = open({ ...stale, refusals: state.phase === "connecting" ? 1 : 0 }, settings);
  return { state: next.state, actions: [{ kind: "close" }, ...next.actions] };
}

function wait(state: Machine, loss: Loss, settings: MachineSettings, chance: number): Step {
  const attempt = state.attempt + 1;
  const asked = loss.retryAfterMs ?? loss.error?.retryAfterMs ?? 0;
  const ms = Math.max(asked, backoffMs(attempt, settings, chance));
  return {
    state: { ...state, phase: "waiting", attempt, held: false, asked: asked > 0, healthy: false },
    actions: [...disarmAll, { kind: "close" }, { kind: "arm", timer: "backoff", ms }],
  };
}

/** The first hole is mended at once; one that comes again waits like any other failure. */
function hole(state: Machine, settings: MachineSettings, chance: number): Step {
  if (state.attempt > 0) return wait(state, { error: null }, settings, chance);
  const next = round({ ...state, attempt: 1 }, settings);
  return { state: next.state, actions: [{ kind: "close" }, ...next.actions] };
}

function wake(state: Machine, settings: MachineSettings): Step {
  if (state.phase === "waiting" && !state.held && !state.asked) return round(state, settings);
  if (state.phase !== "live") return same(state);
  // Timers may have slept: look at once whether the wire has been silent for too long.
  return { state, actions: [{ kind: "arm", timer: "watchdog", ms: 0 }, ...(state.transport === "websocket" ? [{ kind: "ping" } as const] : [])] };
}

function expiring(state: Machine, settings: MachineSettings): Step {
  if (!settings.renewable || state.phase !== "live") return same(state);
  if (state.transport === "websocket") return { state, actions: [{ kind: "renew" }] };
  // SSE cannot take a token on the way: open anew with one. Not at once again, or a short-lived token would spin.
  if (!state.healthy) return same(state);
  const next = open({ ...state, staleToken: true }, settings);
  return { state: next.state, actions: [{ kind: "close" }, ...next.actions] };
}

function timer(state: Machine, name: TimerName, quietMs: number, settings: MachineSettings, chance: number): Step {
  if (name === "backoff") return state.phase === "waiting" && !state.held ? round(state, settings) : same(state);
  if (name === "budget") return state.phase === "connecting" ? lost(state, { error: null }, settings, chance) : same(state);
  if (state.phase !== "live") return same(state);
  if (name === "healthy") return same({ ...state, healthy: true, attempt: 0 });
  if (name === "ping") return { state, actions: [{ kind: "ping" }, { kind: "arm", timer: "ping", ms: state.heartbeatMs }] };
  const limit = state.heartbeatMs * SILENT_HEARTBEATS;
  if (quietMs >= limit) return lost(state, { error: null }, settings, chance);
  return { state, actions: [{ kind: "arm", timer: "watchdog", ms: limit - quietMs }] };
}
