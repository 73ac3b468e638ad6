/**
 * The Server-Sent Events transport, by `fetch`: a header carries the token, and a consumer that does not read stops the
 * reading. One request a task.
 */
import { createParser } from "eventsource-parser";
import { ask, type FetchLike, transportPerTask } from "./http-wire.ts";
import { eventsUrl, type Transport, type WireEvents } from "./transport.ts";

/** One frame may be as long as a snapshot (256 KiB) and some; what is longer comes from no Taskwire. Characters. */
const LONGEST_FRAME = 2 * 1024 * 1024;

/** Hands over what an answer's body tells, until it ends. */
export async function readBody(body: ReadableStream<Uint8Array>, signal: AbortSignal, events: WireEvents): Promise<void> {
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
  return transportPerTask(async (request, subscription, signal, events) => {
    const response = await ask(fetch, eventsUrl(request.baseUrl, subscription), "text/event-stream", request.token, signal);
    if (response.status === 204 || !response.body) {
      events.frame(JSON.stringify({ type: "stream.end", task_id: subscription.taskId, cursor: subscription.after, read_before: true }));
      return null;
    }
    await readBody(response.body, signal, events);
    return { error: null };
  });
}
