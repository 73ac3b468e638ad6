/** Taskwire on Bun. Adapts, never decides. The sections are those of `deno.ts`. */
import type { ServerWebSocket } from "bun";
import type { Acceptor, MessageWire, SocketHandler } from "../delivery/transport.ts";
import type { Taking } from "../feed/port.ts";
import type { LimitSet } from "../limits.ts";
import { byteStream } from "./byte-stream.ts";
import { type ServeOptions, type Server, bodyCap, frameCap, listenError, lowWater, upgradeRequired, wireCap } from "./server.ts";

/** Bun's own limit for a quiet request. Seconds. */
const LONGEST_IDLE = 255;
/** How long a peer may take nothing of what is left when its stream has ended. Seconds. */
const LAST_BYTES = 10;

type Listener = Bun.Server<BunWire>;

// -- the server ----------------------------------------------------------------------------------------------------------

/** Serves until `stop`. Throws `ListenError`. */
export function serveBun({ app, hostname, port, limits }: ServeOptions): Promise<Server> {
  const listen = (): Listener =>
    Bun.serve<BunWire>({
      hostname,
      port,
      development: false,
      // Outside of development Bun would share a port that another program of the same user has.
      reusePort: false,
      // A long-poll is quiet for its whole wait, so is a chat's whole answer; streams have the limit lifted one by one.
      idleTimeout: Math.min(LONGEST_IDLE, Math.max(limits.longPollSeconds, Math.ceil(limits.chatResponseMs / 1_000)) + 30),
      maxRequestBodySize: bodyCap(limits),
      fetch: async (request, server) => {
        const acceptor = new BunAcceptor(request, server, limits);
        const response = await app.fetch(absolute(request), { acceptor });
        // An upgraded request has had its answer.
        return acceptor.upgraded ? undefined : response;
      },
      error: () => new Response("The service failed.\n", { status: 500 }),
      websocket: socketHandlers(limits),
    });
  return new Promise((resolve, reject) => {
    try {
      const server = listen();
      resolve({ hostname, port: server.port ?? port, stop: (drain) => stop(server, drain) });
    } catch (error) {
      reject(listenError(error, hostname, port));
    }
  });
}

/** HTTP/1.0 has requests without `Host`, as some load balancers make them to look after a server: Bun's address of these is a mere path. */
function absolute(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

async function stop(server: Listener, drain: () => Promise<void> = async () => {}): Promise<void> {
  void server.stop(false);
  await drain();
  await server.stop(true);
}

// -- requests ------------------------------------------------------------------------------------------------------------

class BunAcceptor implements Acceptor {
  readonly #request: Request;
  readonly #server: Listener;
  readonly #limits: LimitSet;
  upgraded = false;

  constructor(request: Request, server: Listener, limits: LimitSet) {
    this.#request = request;
    this.#server = server;
    this.#limits = limits;
  }

  get address(): string {
    return this.#server.requestIP(this.#request)?.address ?? "";
  }

  socket(protocol: string | null, open: (wire: MessageWire) => SocketHandler): Response {
    const data = new BunWire(this.#limits, open);
    // Without a choice of ours Bun repeats the first that was offered, which can be the token. An empty one stands for none.
    const headers = new Headers([["sec-websocket-protocol", protocol ?? ""]]);
    this.upgraded = this.#server.upgrade(this.#request, { data, headers });
    return this.upgraded ? new Response(null) : upgradeRequired();
  }

  stream(init: Parameters<Acceptor["stream"]>[0], open: Parameters<Acceptor["stream"]>[1]): Response {
    const [server, request] = [this.#server, this.#request];
    server.timeout(request, 0);
    const body = byteStream(this.#limits.wireFullBytes, open, () => server.timeout(request, LAST_BYTES));
    return new Response(body, init);
  }
}

// -- sockets -------------------------------------------------------------------------------------------------------------

type Socket = ServerWebSocket<BunWire>;

function socketHandlers(limits: LimitSet): Bun.WebSocketHandler<BunWire> {
  return {
    // Silence is the session's to judge: it pings, and hears of the pongs.
    idleTimeout: 0,
    sendPings: false,
    maxPayloadLength: frameCap(limits),
    backpressureLimit: wireCap(limits),
    perMessageDeflate: false,
    open: (ws) => ws.data.opened(ws),
    message: (ws, message) => ws.data.handler?.message(typeof message === "string" ? message : null),
    ping: (ws) => ws.data.handler?.alive(),
    pong: (ws) => ws.data.handler?.alive(),
    drain: (ws) => ws.data.drained(),
    close: (ws, code, reason) => ws.data.handler?.closed(code, reason),
  };
}

/** What belongs to one socket, from the handshake on. */
class BunWire implements MessageWire {
  readonly #limits: LimitSet;
  #open: ((wire: MessageWire) => SocketHandler) | null;
  #socket: Socket | null = null;
  handler: SocketHandler | null = null;
  #full = false;
  /** Between `write` and `sendAll`, so that no closure is made per write. */
  frames: readonly string[] = NO_FRAMES;
  refused = false;

  constructor(limits: LimitSet, open: (wire: MessageWire) => SocketHandler) {
    this.#limits = limits;
    this.#open = open;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
    this.handler = this.#open?.(this) ?? null;
    this.#open = null;
  }

  ping(): void {
    this.#socket?.ping();
  }

  write(frames: readonly string[]): Taking {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return "full";
    // What one message leaves waiting is told by -1; behind several it must be asked for.
    let pressed = true;
    if (frames.length === 1) {
      const sent = socket.sendText(frames[0] as string);
      this.refused = sent === 0;
      pressed = sent < 0;
    } else {
      this.frames = frames;
      socket.cork(sendAll);
    }
    if (this.refused) this.close(4411, "wire_refused");
    if (pressed) this.#full ||= socket.getBufferedAmount() >= this.#limits.wireFullBytes;
    return this.#full || this.refused ? "full" : "ready";
  }

  together(work: () => void): void {
    const socket = this.#socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return work();
    socket.cork(work);
    // What was corked shows only now.
    this.#full ||= socket.getBufferedAmount() >= this.#limits.wireFullBytes;
  }

  waiting(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  drained(): void {
    if (!this.#full || this.waiting() > lowWater(this.#limits)) return;
    this.#full = false;
    this.handler?.drained();
  }

  close(code: number, reason: string): void {
    // Bun says `close` at once, sends what waits while the peer reads, and lets the socket go if it does not.
    this.#socket?.close(code, reason);
  }
}

const NO_FRAMES: readonly string[] = [];

/** Sends a write's frames in one go. 0 means that a frame was dropped: there must be none after it. */
function sendAll(socket: Socket): void {
  const { data: wire } = socket;
  wire.refused = false;
  for (const frame of wire.frames) {
    if (socket.sendText(frame) !== 0) continue;
    wire.refused = true;
    break;
  }
  wire.frames = NO_FRAMES;
}
