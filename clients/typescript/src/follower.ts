/** Following alone: all that a page needs which only watches. `client.ts` adds the rest. */
import type { DeliveredEvent } from "../../../generated/typescript/types.ts";
import type { ConnectionContext, LogHook } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import { type FollowOptions, followTasks } from "./follow.ts";
import type { FetchLike } from "./http-wire.ts";
import { longPollTransport } from "./long-poll.ts";
import { MACHINE_DEFAULTS, type MachineSettings, type TransportName } from "./machine.ts";
import { tabMemory } from "./memory.ts";
import type { Bounds } from "./queue.ts";
import { sseTransport } from "./sse.ts";
import { REAL_TIMING, type Timing } from "./timing.ts";
import { createTokens, type TokenSource } from "./tokens.ts";
import type { Subscription, Transport } from "./transport.ts";
import { type WebSocketClass, webSocketTransport } from "./websocket.ts";

export type { DeliveredEvent, StreamFrame, StreamGapFrame } from "../../../generated/typescript/types.ts";
export type { ConnectionState, LogHook } from "./connection.ts";
export { TaskwireError } from "./errors.ts";
export type { FollowOptions } from "./follow.ts";
export type { Phase, TransportName } from "./machine.ts";
export type { TokenSource } from "./tokens.ts";

export interface ClientOptions {
  /** The service's address: http, https, ws or wss. */
  readonly url: string | URL;
  /** A token, or a callback that answers one; it is called again when the service wants another. */
  readonly token?: TokenSource;
  /** `auto` (the default): WebSocket, where that does not get through SSE, then long-poll. Or the one to use, or a list in another order. */
  readonly transport?: "auto" | TransportName | readonly TransportName[];
  /** In place of the global ones. */
  readonly fetch?: FetchLike;
  readonly WebSocket?: WebSocketClass;
  /** Told what the connections do. Never sees a token or a payload. */
  readonly log?: LogHook;
  /** For tests: time, bounds and durations. */
  readonly timing?: Timing;
  readonly bounds?: Bounds;
  readonly settings?: Partial<MachineSettings>;
}

export interface FollowOneOptions extends FollowOptions {
  /** The cursor of the last event that was taken in; without it from the first event. */
  readonly after?: string | null;
}

export interface FollowManyOptions extends FollowOptions {
  /** A cursor per task. */
  readonly after?: Readonly<Record<string, string>>;
}

export interface Follower {
  /**
   * A task's events, each once and in order, resumed by itself after every cut, to the task's end. Throws `TaskwireError`
   * where going on is pointless; ends quietly when `signal` is aborted.
   */
  follow(taskId: string, options?: FollowOneOptions): AsyncIterableIterator<DeliveredEvent>;
  /** Several tasks' events over one connection, until all have ended. `after`: a cursor per task. */
  followMany(taskIds: readonly string[], options?: FollowManyOptions): AsyncIterableIterator<DeliveredEvent>;
  /** The network is back, or the user is: waits end, quiet connections are looked at. A page's own signs are noticed without it. */
  wake(): void;
}

const TRANSPORTS: readonly TransportName[] = ["websocket", "sse", "long_poll"];

function addressOf(given: string | URL): URL {
  let url: URL;
  try {
    url = new URL(given);
  } catch (cause) {
    throw new TaskwireError("address_invalid", { detail: `"${given}" is no address.`, cause });
  }
  if (!/^(https?|wss?):$/.test(url.protocol)) throw new TaskwireError("address_invalid", { detail: `"${url.protocol}" is neither http nor https.` });
  return new URL(url.href.replace(/^ws/, "http"));
}

/** Transports that were asked for and exist here, the preferred one first. */
function transportsOf({ transport = "auto", fetch, WebSocket }: ClientOptions, timing: Timing, settings: MachineSettings): Partial<Record<TransportName, Transport>> {
  const wanted = transport === "auto" ? TRANSPORTS : typeof transport === "string" ? [transport] : transport;
  const Socket = WebSocket ?? (globalThis.WebSocket as unknown as WebSocketClass | undefined);
  const get: FetchLike | undefined = fetch ?? globalThis.fetch?.bind(globalThis);
  const exist: Partial<Record<TransportName, Transport>> = {
    ...(Socket ? { websocket: webSocketTransport(Socket) } : {}),
    ...(get ? { sse: sseTransport(get), long_poll: longPollTransport(get, timing, settings) } : {}),
  };
  const found = Object.fromEntries(wanted.flatMap((name) => (exist[name] ? [[name, exist[name]]] : [])));
  if (Object.keys(found).length === 0) throw new TaskwireError("no_transport", { detail: `None of ${wanted.join(", ") || "no transports"} exists here.` });
  return found;
}

/** What all connections of one client share. Throws `address_invalid` and `no_transport`. */
export function createContext(options: ClientOptions): ConnectionContext {
  const baseUrl = addressOf(options.url);
  const tokens = createTokens(options.token ?? "");
  const timing = options.timing ?? REAL_TIMING;
  const common: MachineSettings = { ...MACHINE_DEFAULTS, transports: [], renewable: tokens.renewable, ...options.settings };
  const transports = transportsOf(options, timing, common);
  const settings: MachineSettings = { ...common, transports: Object.keys(transports) as TransportName[] };
  return { baseUrl, transports, settings, tokens, timing, log: options.log ?? (() => {}), memory: tabMemory(baseUrl), wakers: new Set() };
}

/** A follower over a context. */
export function followerOf(context: ConnectionContext, bounds?: Bounds): Follower {
  const follow = (wanted: readonly Subscription[], many: boolean, how: FollowOptions) => followTasks(context, wanted, many, how, bounds);
  return {
    follow: (taskId, { after = null, ...how } = {}) => follow([{ taskId, after, replay: how.replay ?? "full" }], false, how),
    followMany(taskIds, { after = {}, ...how } = {}) {
      const wanted = [...new Set(taskIds)].map((taskId) => ({ taskId, after: after[taskId] ?? null, replay: how.replay ?? "full" }) as const);
      return follow(wanted, true, how);
    },
    wake() {
      for (const waker of [...context.wakers]) waker();
    },
  };
}

/** A follower of the service at `url`: watches, and nothing else. Holds nothing open by itself. */
export function createFollower(options: ClientOptions): Follower {
  return followerOf(createContext(options), options.bounds);
}
