/**
 * The Server-Sent Events transport, by `fetch`: a header carries the token, and a consumer that does not read stops the
 * reading. One request a task; several tasks make one wire that lives and dies as a whole.
 */
import { createParser } from "eventsource-parser";
import { errorOfResponse, TaskwireError } from "./errors.ts";
import type { Loss } from "./machine.ts";
import { type Subscription, taskUrl, type Transport, type Wire, type WireEvents, type WireRequest } from "./transport.ts";

/** The part of `fetch` that is used. */
export type FetchLike = (input: URL, init: RequestInit) => Promise<Response>;

/** One frame may be as long as a snapshot (256 KiB) and some; what is longer comes from no Taskwire. Characters. */
const LONGEST_FRAME = 2 * 1024 * 1024;

function urlOf({ baseUrl }: WireRequest, { taskId, after, replay }: Subscription): URL {
  const url = taskUrl(baseUrl, taskId, "/events");
  if (after !== null) url.searchParams.set("after", after);
  if (replay !== "full") url.searchParams.set("replay", replay);
  return url;
}

/** Answers null where the task was already read to its end (204), else why the stream is no more. */
async function readOne(fetch: FetchLike, request: WireRequest, subscription: Subscription, signal: AbortSignal, events: WireEvents): Promise<Loss | null> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (request.token !== "") headers.authorization = `Bearer ${request.token}`;
  const response = await fetch(urlOf(request, subscription), { headers, signal, cache: "no-store" });
  if (response.status === 204) {
    events.frame(JSON.stringify({ type: "stream.end", task_id: subscription.taskId, cursor: subscription.after, read_before: true }));
    return null;
  }
  if (!response.ok) return { error: await errorOfResponse(response) };
  if (!/^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "") || !response.body) {
    await response.body?.cancel();
    return { error: new TaskwireError("not_taskwire", { detail: `The answer was ${response.headers.get("content-type") ?? "without a type"}, text/event-stream was expected.` }) };
  }
  await readBody(response.body, signal, events);
  return { error: null };
}

async function readBody(body: ReadableStream<Uint8Array>, signal: AbortSignal, events: WireEvents): Promise<void> {
  const parser = createParser({ onEvent: ({ data }) => events.frame(data), maxBufferSize: LONGEST_FRAME });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const room = events.room();
      if (room) await room;
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      events.heard();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The transport over a `fetch`: the global one, or one that was passed in. */
export function sseTransport(fetch: FetchLike): Transport {
  return (request: WireRequest, events: WireEvents): Wire => {
    const controller = new AbortController();
    const { signal } = controller;
    const close = (): void => controller.abort();
    const quiet: WireEvents = {
      frame: (text) => void (signal.aborted || events.frame(text)),
      heard: () => void (signal.aborted || events.heard()),
      lost: (loss) => {
        if (signal.aborted) return;
        close();
        events.lost(loss);
      },
      room: () => events.room(),
    };
    for (const subscription of request.subscriptions) {
      readOne(fetch, request, subscription, signal, quiet).then(
        (loss) => loss && quiet.lost(loss),
        (cause) => quiet.lost({ error: new TaskwireError("network", { cause }) }),
      );
    }
    return { close };
  };
}
