/** Taskwire on Deno. Adapts, never decides. The sections are those of `bun.ts`. */
import type { Acceptor, MessageWire, SocketHandler } from "../delivery/transport.ts";
import type { Taking } from "../feed/port.ts";
import type { LimitSet } from "../limits.ts";
import { byteStream } from "./byte-stream.ts";
import { CLOSE_MS, type ServeOptions, type Server, bodyCap, listenError, lowWater, upgradeRequired } from "./server.ts";

/** Deno tells nobody that a socket has drained: those that are full are asked so often. Milliseconds. */
const POLL_MS = 10;

/** How long requests that are still being answered have when the rest has gone. Milliseconds. */
const STOP_MS = 500;

/** The part of Deno that is used here. */
interface DenoNamespace {
  serve(options: { hostname: string; port: number; signal: AbortSignal; onListen: () => void; onError: () => Response }, handler: (request: Request, info: RequestInfo) => Response | Promise<Response>): Listener;
  upgradeWebSocket(request: Request, options: { protocol?: string; idleTimeout: number }): { socket: WebSocket; response: Response };
}
interface RequestInfo {
  readonly remoteAddr: { readonly hostname?: string };
}
interface Listener {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}
declare const Deno: DenoNamespace;

// -- the server ----------------------------------------------------------------------------------------------------------

/** Serves until `stop`. Throws `ListenError`. */
export function serveDeno({ app, hostname, port, limits }: ServeOptions): Promise<Server> {
  const abort = new AbortController();
  const listen = (): Listener =>
    Deno.serve({ hostname, port, signal: abort.signal, onListen: () => {}, onError: () => new Response("The service failed.\n", { status: 500 }) }, async (request, info) => {
      if (Number(request.headers.get("content-length") ?? 0) > bodyCap(limits)) return new Response(null, { status: 413 });
      const acceptor = new DenoAcceptor(request, info, limits);
      const response = await app.fetch(request, { acceptor });
      // An upgrade's answer must go out as it was made.
      return acceptor.upgraded ?? response;
    });
  return new Promise((resolve, reject) => {
    try {
      const server = listen();
      resolve({ hostname, port: server.addr.port, stop: (drain) => stop(server, abort, drain) });
    } catch (error) {
      reject(listenError(error, hostname, port));
    }
  });
}

async function stop(server: Listener, abort: AbortController, drain: () => Promise<void> = async () => {}): Promise<void> {
  // Deno's shutdown closes sockets with a code of its own: whoever is to hear ours has to be gone before.
  await drain();
  let ended = false;
  const shutdown = server.shutdown().then(() => (ended = true), () => {});
  await Promise.race([shutdown, new Promise((resolve) => setTimeout(resolve, STOP_MS))]);
  // Aborting what has ended throws where nobody can catch it.
  if (!ended) abort.abort();
  await server.finished;
}

// -- requests ------------------------------------------------------------------------------------------------------------

class DenoAcceptor implements Acceptor {
  readonly #request: Request;
  readonly #info: RequestInfo;
  readonly #limits: LimitSet;
  upgraded: Response | null = null;

  constructor(request: Request, info: RequestInfo, limits: LimitSet) {
    this.#request = request;
    this.#info = info;
    this.#limits = limits;
  }

  get address(): string {
    return this.#info.remoteAddr.hostname ?? "";
  }

  socket(protocol: string | null, open: (wire: MessageWire) => SocketHandler): Response {
    if (this.#request.headers.get("upgrade")?.toLowerCase() !== "websocket") return upgradeRequired();
    const { heartbeatMs, silentHeartbeatTenths } = this.#limits;
    // Deno pings by itself after half of this, and ends a socket from which nothing has come for the whole. Seconds.
    const idleTimeout = (heartbeatMs * silentHeartbeatTenths) / 10_000;
    const { socket, response } = Deno.upgradeWebSocket(this.#request, { ...(protocol === null ? {} : { protocol }), idleTimeout });
    accept(socket, this.#limits, open);
    this.upgraded = response;
    return response;
  }

  stream(init: Parameters<Acceptor["stream"]>[0], open: Parameters<Acceptor["stream"]>[1]): Response {
    return new Response(byteStream(this.#limits.wireFullBytes, open), init);
  }
}

// -- sockets -------------------------------------------------------------------------------------------------------------

function accept(socket: WebSocket, limits: LimitSet, open: (wire: MessageWire) => SocketHandler): void {
  let wire: DenoWire | null = null;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    wire = new DenoWire(socket, limits);
    wire.handler = open(wire);
  };
  socket.onmessage = ({ data }) => wire?.handler?.message(typeof data === "string" ? data : null);
  // Whatever the error was, `close` follows it.
  socket.onerror = () => {};
  socket.onclose = ({ code, reason }) => wire?.gone(code, reason);
}

class DenoWire implements MessageWire {
  readonly #socket: WebSocket;
  readonly #limits: LimitSet;
  readonly ping = null;
  handler: SocketHandler | null = null;
  #full = false;
  #closed = false;
  #cutOff: ReturnType<typeof setTimeout> | null = null;

  constructor(socket: WebSocket, limits: LimitSet) {
    this.#socket = socket;
    this.#limits = limits;
  }

  write(frames: readonly string[]): Taking {
    if (this.#socket.readyState !== WebSocket.OPEN) return "full";
    for (const frame of frames) this.#socket.send(frame);
    if (!this.#full && this.#socket.bufferedAmount >= this.#limits.wireFullBytes) {
      this.#full = true;
      poll(this);
    }
    return this.#full ? "full" : "ready";
  }

  together(work: () => void): void {
    work();
  }

  waiting(): number {
    return this.#socket.bufferedAmount;
  }

  /** Looks whether it has drained. False: ask again. */
  drained(): boolean {
    if (this.#closed) return true;
    if (this.#socket.bufferedAmount > lowWater(this.#limits)) return false;
    this.#full = false;
    this.handler?.drained();
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#cutOff !== null) return;
    this.#cutOff = setTimeout(() => this.gone(1006, "cut off"), CLOSE_MS);
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(code, reason);
  }

  gone(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#cutOff !== null) clearTimeout(this.#cutOff);
    this.handler?.closed(code, reason);
  }
}

// -- draining ------------------------------------------------------------------------------------------------------------

let polled: DenoWire[] = [];
let timer: ReturnType<typeof setTimeout> | null = null;

/** Asks a full wire from time to time, all of them by one timer. */
function poll(wire: DenoWire): void {
  polled.push(wire);
  timer ??= setTimeout(ask, POLL_MS);
}

function ask(): void {
  timer = null;
  const asked = polled;
  polled = [];
  // Whoever goes on and fills up again puts itself back.
  const still = asked.filter((wire) => !wire.drained());
  polled.push(...still);
  if (polled.length > 0) timer ??= setTimeout(ask, POLL_MS);
}
