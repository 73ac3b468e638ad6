/** What both runtimes give and take, so that the rest of the service knows neither. */
import type { Acceptor } from "../delivery/transport.ts";
import type { LimitSet } from "../limits.ts";

/** The application as the runtimes call it: Hono's `fetch`, with the acceptor among its bindings. */
export interface Application {
  fetch(request: Request, bindings: { acceptor: Acceptor }): Response | Promise<Response>;
}

export interface ServeOptions {
  readonly app: Application;
  readonly hostname: string;
  /** 0: any free one. */
  readonly port: number;
  readonly limits: LimitSet;
}

export interface Server {
  readonly hostname: string;
  readonly port: number;
  /** Runs `drain` and takes no new connections meanwhile where the runtime can do without; then ends what is still there. */
  stop(drain?: () => Promise<void>): Promise<void>;
}

/** The address cannot be listened on; the message says what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** A body that declares more is answered 413 by the runtime; up to it the service answers by itself, with a problem. Bytes. */
export function bodyCap({ requestBytes }: LimitSet): number {
  return 16 * requestBytes;
}

/** A frame beyond this ends the connection in the runtime; up to it the session says `frame_too_large`. Bytes. */
export function frameCap({ frameBytes }: LimitSet): number {
  return 8 * frameBytes;
}

/** A wire that was full takes again when no more than this waits on it. Bytes. */
export function lowWater({ wireFullBytes }: LimitSet): number {
  return Math.floor(wireFullBytes / 4);
}

/** What may wait on a wire at the most: the writes of one turn go beyond `wireFullBytes`, and must never be dropped. Bytes. */
export function wireCap({ wireFullBytes }: LimitSet): number {
  return 64 * wireFullBytes;
}

/** How long a peer may take to answer our close before it counts as gone. Milliseconds. */
export const CLOSE_MS = 2_000;

/** The error for an address that cannot be had, whatever the runtime calls it. */
export function listenError(cause: unknown, hostname: string, port: number): ListenError {
  const text = cause instanceof Error ? `${cause.name} ${(cause as { code?: unknown }).code ?? ""} ${cause.message}` : String(cause);
  if (/EADDRINUSE|AddrInUse|address already in use|in use/i.test(text)) {
    return new ListenError(`Port ${port} of ${hostname} is taken by another program. Stop that one, or choose another by PORT (0: any free one).`, { cause });
  }
  if (/EACCES|PermissionDenied|permission/i.test(text)) {
    return new ListenError(`Port ${port} of ${hostname} may not be used by this user. Choose one above 1023 by PORT (0: any free one).`, { cause });
  }
  return new ListenError(`${hostname}:${port} cannot be listened on: ${cause instanceof Error ? cause.message : String(cause)}. Check HOST and PORT.`, { cause });
}

/** The answer where a WebSocket was needed and the request is none. */
export function upgradeRequired(): Response {
  const body = { type: "/problems/request_invalid", title: "A WebSocket is needed", status: 426, code: "request_invalid", retryable: false, detail: "This address takes WebSocket handshakes only; connect with a WebSocket client." };
  return new Response(JSON.stringify(body), { status: 426, headers: { "content-type": "application/problem+json", upgrade: "websocket" } });
}
