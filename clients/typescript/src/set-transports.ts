/** The transports of a set of tasks: one WebSocket, or one stream of Server-Sent Events, whatever comes and goes in it. */
import { ask, type FetchLike, transportPerTask } from "./http-wire.ts";
import { readBody } from "./sse.ts";
import type { Replay, Transport } from "./transport.ts";
import { type WebSocketClass, webSocketTransport } from "./websocket.ts";

/** Which tasks: all of mine, a conversation, tasks by name; together where several are given. */
export interface TaskSet {
  readonly scope?: "mine";
  readonly conversation_id?: string;
  readonly task_ids?: readonly string[];
}

/** The set and where it goes on; asked at every opening. */
export interface SetPlace {
  readonly words: TaskSet;
  readonly after: string | null;
  readonly replay: Replay;
}

/** Over a WebSocket. */
export function setSocket(Socket: WebSocketClass, place: () => SetPlace): Transport {
  return webSocketTransport(Socket, () => {
    const { words, after, replay } = place();
    return [JSON.stringify({ type: "subscribe", ...words, replay, ...(after === null ? {} : { after }) })];
  });
}

/** Over Server-Sent Events. */
export function setStream(fetch: FetchLike, place: () => SetPlace): Transport {
  const stream = transportPerTask(async ({ baseUrl, token }, _task, signal, events) => {
    const response = await ask(fetch, addressOf(baseUrl, place()), "text/event-stream", token, signal);
    if (response.body) await readBody(response.body, signal, events);
    return { error: null };
  });
  // One request for all: it is asked for as if it were one task's.
  return (request, events) => stream({ ...request, subscriptions: [{ taskId: "", after: null, replay: "none" }] }, { ...events, wanted: () => true });
}

function addressOf(baseUrl: URL, { words, after, replay }: SetPlace): URL {
  const url = new URL(`${baseUrl.pathname.replace(/\/+$/, "")}/v1/events`, baseUrl);
  if (words.scope !== undefined) url.searchParams.set("scope", words.scope);
  if (words.conversation_id !== undefined) url.searchParams.set("conversation", words.conversation_id);
  for (const taskId of words.task_ids ?? []) url.searchParams.append("task", taskId);
  url.searchParams.set("replay", replay);
  if (after !== null) url.searchParams.set("after", after);
  return url;
}
