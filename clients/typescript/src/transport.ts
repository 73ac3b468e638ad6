/**
 * The client's transport port. A transport opens a wire and hands over what comes as text; it knows nothing of tasks,
 * retries or proofs. `websocket.ts`, `sse.ts` and `long-poll.ts` are three of them; a test may bring its own.
 */
import type { Loss } from "./machine.ts";

export type Replay = "full" | "compact" | "none";

/** One task to be followed, and from where. */
export interface Subscription {
  readonly taskId: string;
  readonly after: string | null;
  readonly replay: Replay;
}

export interface WireRequest {
  /** The service's address, without a path. */
  readonly baseUrl: URL;
  /** Empty: the service lets everybody in, or something in between signs in. */
  readonly token: string;
  readonly subscriptions: readonly Subscription[];
  /** Whether the connection serves a changing number of tasks, or this one alone. */
  readonly many: boolean;
}

/** What a wire tells. After `lost` it tells nothing more; after `close()` neither. */
export interface WireEvents {
  /** One frame's text. */
  frame(text: string): void;
  /** Something came that is no frame. */
  heard(): void;
  lost(loss: Loss): void;
  /** Resolves when there is room for more; null: there is. For wires that can stop reading. */
  room(): Promise<void> | null;
  /** Whether a task is still followed. One that is over may end its part of the wire. */
  wanted(taskId: string): boolean;
}

export interface Wire {
  /** Ends it for good, quietly. */
  close(): void;
  /** Sends a frame's text; absent where the wire runs one way only. */
  readonly send?: (text: string) => void;
}

/** Opens a wire at once and reports through `events`, never before it has returned. */
export type Transport = (request: WireRequest, events: WireEvents) => Wire;

/** Where a task's events are read from, after and as a subscription says. */
export function eventsUrl(baseUrl: URL, { taskId, after, replay }: Subscription): URL {
  const url = taskUrl(baseUrl, taskId, "/events");
  if (after !== null) url.searchParams.set("after", after);
  if (replay !== "full") url.searchParams.set("replay", replay);
  return url;
}

/** The path of a task, below the service's address. */
export function taskUrl(baseUrl: URL, taskId: string, rest: string): URL {
  const folder = baseUrl.pathname.replace(/\/+$/, "");
  return new URL(`${folder}/v1/tasks/${encodeURIComponent(taskId)}${rest}`, baseUrl);
}
