/**
 * An HTTP proxy as they stand between browsers and services: it may refuse WebSockets with a page of its own, take them and pass nothing
 * on, cut them after a while, or keep a stream to itself until it has ended. It serves a page with the client under test, too.
 */
import { createHash } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import { type Socket, connect } from "node:net";
import { join } from "node:path";

export interface Behaviour {
  /** What becomes of a WebSocket's handshake. */
  readonly websocket: "pass" | "refuse" | "silent";
  /** Sockets are reset so long after they began. Milliseconds; 0: never. */
  readonly cutAfterMs: number;
  /** Whether streams arrive when they have ended, not before. */
  readonly buffersStreams: boolean;
}

export interface HostileProxy extends AsyncDisposable {
  readonly url: string;
  behaviour: Behaviour;
  /** How many WebSocket handshakes came, and how many streams and pages of the log were asked for. */
  readonly counts: { sockets: number; streams: number; pages: number };
  /** Resets whatever is open. */
  cut(): void;
}

export const GOOD: Behaviour = { websocket: "pass", cutAfterMs: 0, buffersStreams: false };

const PAGE = "<!doctype html><meta charset=utf-8><title>under test</title><script src=/under-test.js></script>";
const REFUSAL = "<html><body><h1>403 Forbidden</h1><p>The gateway does not allow this.</p></body></html>";
/** RFC 6455, 1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Stands in front of a service on this port of the loopback address. */
export async function startHostileProxy(target: () => number, behaviour: Behaviour = GOOD): Promise<HostileProxy> {
  const { outputs } = await Bun.build({ entrypoints: [join(import.meta.dir, "follow-page.ts")], target: "browser", format: "iife" });
  const program = await (outputs[0] as Blob).text();
  const counts = { sockets: 0, streams: 0, pages: 0 };
  const open = new Set<Socket>();
  const proxy = { behaviour };
  const server = createServer((incoming, answer) => {
    if (incoming.url === "/under-test") return void answer.setHeader("content-type", "text/html").end(PAGE);
    if (incoming.url === "/under-test.js") return void answer.setHeader("content-type", "text/javascript").end(program);
    if (/\/events/.test(incoming.url ?? "") && incoming.method === "GET") counts[(incoming.headers.accept ?? "").includes("event-stream") ? "streams" : "pages"] += 1;
    pass(incoming, answer, target(), proxy.behaviour.buffersStreams);
  });
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
  });
  server.on("upgrade", (incoming: IncomingMessage, near: Socket, head: Buffer) => {
    counts.sockets += 1;
    const { websocket, cutAfterMs } = proxy.behaviour;
    if (websocket === "refuse") return near.end(`HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: ${REFUSAL.length}\r\nconnection: close\r\n\r\n${REFUSAL}`);
    if (websocket === "silent") return near.write(acceptance(incoming));
    tunnel(incoming, near, head, target());
    if (cutAfterMs > 0) setTimeout(() => near.destroy(), cutAfterMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const cut = (): void => {
    for (const socket of [...open]) socket.resetAndDestroy();
  };
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    counts,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

function acceptance({ headers }: IncomingMessage): string {
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}${ACCEPT_GUID}`).digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: taskwire.v1\r\n\r\n`;
}

/** Bytes to and fro, as they come. */
function tunnel({ method, url, rawHeaders }: IncomingMessage, near: Socket, head: Buffer, port: number): void {
  const far = connect(port, "127.0.0.1");
  const lines = rawHeaders.reduce((text, part, at) => `${text}${part}${at % 2 === 0 ? ": " : "\r\n"}`, "");
  far.write(`${method} ${url} HTTP/1.1\r\n${lines}\r\n`);
  far.write(head);
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}

/** One request passed on; a stream that is buffered is passed on when it has ended. */
function pass(incoming: IncomingMessage, answer: ServerResponse, port: number, buffers: boolean): void {
  const onward = request({ host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers: incoming.headers }, (response) => {
    const stream = (response.headers["content-type"] ?? "").startsWith("text/event-stream");
    if (!(stream && buffers)) {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
      return;
    }
    const kept: Buffer[] = [];
    response.on("data", (chunk: Buffer) => kept.push(chunk));
    response.on("end", () => answer.writeHead(response.statusCode ?? 502, response.headers).end(Buffer.concat(kept)));
  });
  onward.on("error", () => void (answer.headersSent ? answer.destroy() : answer.writeHead(502, { "content-type": "text/html" }).end("<h1>502 Bad Gateway</h1>")));
  answer.on("close", () => onward.destroy());
  incoming.pipe(onward);
}
