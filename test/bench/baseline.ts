/**
 * What the runtime can do with nothing of ours in between: a program of its own, `baseline.ts KIND`. Watchers connect at any path;
 * each POST's body, numbered, is sent to all of them. `loop` and `sse` send at once; `cork` sends once a turn all that has come, in one
 * write per watcher; `history` sends 100 events to whoever connects.
 */
import type { ServerWebSocket } from "bun";

const kind = process.argv[2] ?? "loop";
const sockets = new Set<ServerWebSocket<undefined>>();
const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
const utf8 = new TextEncoder();
const caughtUp = '{"type":"stream.caught_up"}';
const history = Array.from({ length: 100 }, (_, at) => `{"type":"log.line","seq":${at + 1},"data":{"text":"${"x".repeat(240)}"}}`);
let waiting: string[] = [];
let seq = 0;

function flush(): void {
  const frames = waiting;
  waiting = [];
  for (const socket of sockets) socket.cork(() => frames.forEach((frame) => socket.sendText(frame)));
}

function publish(text: string): void {
  if (kind === "cork") {
    if (waiting.push(text) === 1) setImmediate(flush);
  } else if (kind === "sse") {
    const chunk = utf8.encode(`data: ${text}\n\n`);
    for (const stream of streams) stream.enqueue(chunk);
  } else for (const socket of sockets) socket.sendText(text);
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, own) {
    if (request.method === "POST") {
      const text = await request.text();
      publish(`{"type":"log.line","task_id":"01m7xhpey95sh5dqmkav670ked","seq":${++seq},${text.slice(1)}`);
      return new Response(`{"last_seq":${seq}}`);
    }
    if (kind !== "sse") return own.upgrade(request) ? undefined : new Response(null, { status: 400 });
    own.timeout(request, 0);
    let stream: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        stream = controller;
        streams.add(controller);
        controller.enqueue(utf8.encode(`data: ${caughtUp}\n\n`));
      },
      cancel: () => void streams.delete(stream),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
  websocket: {
    open(socket) {
      sockets.add(socket);
      if (kind === "history") socket.cork(() => history.forEach((frame) => socket.sendText(frame)));
      socket.sendText(caughtUp);
    },
    message() {},
    close: (socket) => void sockets.delete(socket),
  },
});
console.log(`ready ${server.port}`);
