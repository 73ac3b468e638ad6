/** The client: follow tasks and publish to them, from browsers, Bun, Deno and Node 20 or newer. */
import type { AppendAck, CreateTaskRequest, CreateTaskResponse, DeliveredEvent, EventDraft, TaskPage, TaskSnapshotData, TaskSummary } from "../../../generated/typescript/types.ts";
import { type Append, createAppend } from "./append.ts";
import type { ConnectionContext, LogHook } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import { type FollowOptions, followTasks } from "./follow.ts";
import { type CallOptions, createCall } from "./http.ts";
import { MACHINE_DEFAULTS, type MachineSettings, type TransportName } from "./machine.ts";
import { createPublisher, type Publisher, type PublisherOptions } from "./publisher.ts";
import type { Bounds } from "./queue.ts";
import type { FetchLike } from "./http-wire.ts";
import { longPollTransport } from "./long-poll.ts";
import { sseTransport } from "./sse.ts";
import { REAL_TIMING, type Timing } from "./timing.ts";
import { createTokens, type TokenSource } from "./tokens.ts";
import type { Subscription, Transport } from "./transport.ts";
import { type WebSocketClass, webSocketTransport } from "./websocket.ts";

export type { DeliveredEvent, EventDraft, StreamFrame, StreamGapFrame, TaskSummary } from "../../../generated/typescript/types.ts";
export type { ConnectionState, LogHook } from "./connection.ts";
export { TaskwireError } from "./errors.ts";
export type { FollowOptions } from "./follow.ts";
export type { CallOptions } from "./http.ts";
export type { Phase, TransportName } from "./machine.ts";
export type { Publisher, PublisherOptions } from "./publisher.ts";
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

export interface ListOptions extends CallOptions {
  readonly status?: string;
  readonly conversation?: string;
  /** `next` of the page before. */
  readonly before?: string;
  readonly limit?: number;
}

export interface CreateOptions extends CallOptions {
  /** Makes a repetition of the same creation harmless, also from another process. A random one by default. */
  readonly idempotencyKey?: string;
}

/** A task as its events add up to. */
export interface TaskState {
  readonly task: TaskSummary;
  readonly snapshot: TaskSnapshotData;
  /** The position after it: pass it as `after` to follow from here. */
  readonly cursor: string;
}

export interface Client {
  /**
   * A task's events, each once and in order, resumed by itself after every cut, to the task's end. Throws `TaskwireError`
   * where going on is pointless; ends quietly when `signal` is aborted.
   */
  follow(taskId: string, options?: FollowOneOptions): AsyncIterableIterator<DeliveredEvent>;
  /** Several tasks' events over one connection, until all have ended. `after`: a cursor per task. */
  followMany(taskIds: readonly string[], options?: FollowOptions & { readonly after?: Readonly<Record<string, string>> }): AsyncIterableIterator<DeliveredEvent>;
  create(task: CreateTaskRequest, options?: CreateOptions): Promise<CreateTaskResponse>;
  /** Appends events, all or none; resolves when they are in the log. Repeated under one identity until that is certain. */
  publish(taskId: string, events: EventDraft | readonly EventDraft[], options?: CallOptions): Promise<AppendAck>;
  /** A publisher that gathers, keeps and repeats. The task may still be on its way. */
  publisher(task: string | Promise<string>, options?: PublisherOptions): Publisher;
  /** One's own tasks, the newest change first. */
  list(options?: ListOptions): Promise<TaskPage>;
  /** A task's state, as its events add up to. */
  get(taskId: string, options?: CallOptions): Promise<TaskState>;
  /** The network is back, or the user is: waits end, quiet connections are looked at. A page's own signs are noticed without it. */
  wake(): void;
}

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

const TRANSPORTS: readonly TransportName[] = ["websocket", "sse", "long_poll"];

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

/** A client of the service at `url`. Holds nothing open by itself. */
export function createClient(options: ClientOptions): Client {
  const baseUrl = addressOf(options.url);
  const tokens = createTokens(options.token ?? "");
  const timing = options.timing ?? REAL_TIMING;
  const common: MachineSettings = { ...MACHINE_DEFAULTS, transports: [], renewable: tokens.renewable, ...options.settings };
  const transports = transportsOf(options, timing, common);
  const settings: MachineSettings = { ...common, transports: Object.keys(transports) as TransportName[] };
  const context: ConnectionContext = { baseUrl, transports, settings, tokens, timing, log: options.log ?? (() => {}), memory: { proven: [] }, wakers: new Set() };
  const call = createCall({ baseUrl, tokens, timing, settings, fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)) });
  const append: Append = createAppend(call);
  const follow = (wanted: readonly Subscription[], many: boolean, how: FollowOptions) => followTasks(context, wanted, many, how, options.bounds);

  return {
    follow: (taskId, { after = null, ...how } = {}) => follow([{ taskId, after, replay: how.replay ?? "full" }], false, how),
    followMany(taskIds, { after = {}, ...how } = {}) {
      const wanted = [...new Set(taskIds)].map((taskId) => ({ taskId, after: after[taskId] ?? null, replay: how.replay ?? "full" }) as const);
      return follow(wanted, true, how);
    },
    create: (task, { idempotencyKey = crypto.randomUUID(), ...how } = {}) =>
      call({ method: "POST", path: "/v1/tasks", headers: { "content-type": "application/json", "idempotency-key": idempotencyKey }, body: JSON.stringify(task) }, how),
    publish: (taskId, events, how) => append(taskId, (Array.isArray(events) ? (events as readonly EventDraft[]) : [events as EventDraft]).map((event) => JSON.stringify(event)), how),
    publisher: (task, how) => createPublisher(append, timing, task, how),
    list: ({ status, conversation, before, limit, ...how } = {}) => call({ method: "GET", path: "/v1/tasks", query: { status, conversation_id: conversation, before, limit } }, how),
    get: (taskId, how) => call({ method: "GET", path: `/v1/tasks/${encodeURIComponent(taskId)}` }, how),
    wake() {
      for (const waker of [...context.wakers]) waker();
    },
  };
}
