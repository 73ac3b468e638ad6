/**
 * What the runtime can do with nothing of ours in between: a program of its own, `baseline.ts KIND`. Watchers connect at any path;
 * the body of a POST to `/N`, numbered N times, is sent to all of them before it is answered: event by event (`loop`, `sse`),
 * or all N in one write per watcher (`cork`). `history` sends 100 events to whoever connects.
 */
import type { ServerWebSocket } from "bun";

const kind = process.argv[2] ?? "loop";
const sockets = new Set<ServerWebSocket<undefined>>();
const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
const utf8 = new TextEncoder();
const caughtUp = '{"type":"stream.caught_up"}';
const history = Array.from({ length: 100 }, (_, at) => `{"type":"log.line","seq":${at + 1},"data":{"text":"${"x".repeat(240)}"}}`);
let seq = 0;

function publish(text: string, count: number): void {
  const frames = Array.from({ length: count }, () => `{"type":"log.line","task_id":"01m7xhpey95sh5dqmkav670ked","seq":${++seq},${text.slice(1)}`);
  if (kind === "cork") for (const socket of sockets) socket.cork(() => frames.forEach((frame) => socket.sendText(frame)));
  else if (kind === "sse") {
    const chunk = utf8.encode(frames.map((frame) => `data: ${frame}\n\n`).join(""));
    for (const stream of streams) stream.enqueue(chunk);
  } else for (const frame of frames) for (const socket of sockets) socket.sendText(frame);
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request, own) {
    if (request.method === "POST") {
      publish(await request.text(), Number(new URL(request.url).pathname.slice(1)));
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
