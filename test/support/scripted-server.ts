/**
 * A server that does as it is told, connection by connection: for what a real service would do only by accident.
 * Speaks as much of the wire as a client needs; a task's events are made up, their cursors are `c<seq>`.
 */
import type { ServerWebSocket } from "bun";

/** One connection, of either kind, as a script sees it. */
export interface Visit {
  readonly kind: "websocket" | "sse";
  /** Which connection this is, from 1. */
  readonly number: number;
  readonly path: string;
  readonly after: string | null;
  readonly token: string | null;
  /** Frames from the client, as they came. */
  readonly received: string[];
  send(frame: object | string): void;
  /** Bytes as they are, on SSE. */
  raw(text: string | Uint8Array): void;
  /** Ends it: with a close code on WebSocket, by ending the response on SSE. */
  close(code?: number, reason?: string): void;
  /** Whether the client has gone. */
  readonly gone: boolean;
}

export interface Script {
  /** Answers instead of a connection: a refusal, a page of a proxy. */
  readonly answer?: (request: Request, number: number) => Response | null | Promise<Response | null>;
  readonly visit?: (visit: Visit) => void | Promise<void>;
  /** Called with every frame that a WebSocket client sends. */
  readonly message?: (visit: Visit, text: string) => void;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly visits: Visit[];
}

/** The frame that opens every connection. */
export const ready = (heartbeatMs = 15_000): object => ({ type: "stream.ready", protocol: "taskwire.v1", connection_id: "c", heartbeat_ms: heartbeatMs });

/** One event of a made-up task. */
export const event = (seq: number, extra: object = {}): object => ({ type: "log.line", task_id: "t1", seq, time: "2026-01-01T00:00:00Z", data: { level: "info", text: `line ${seq}` }, ...extra, cursor: `c${seq}` });

/** The event that ends it. */
export const completed = (seq: number): object => event(seq, { type: "task.completed", data: {} });

/** The seq after which a visit wants to go on. */
export const seqAfter = (visit: Visit): number => Number(visit.after?.slice(1) ?? 0);

/** Starts one on a free port of loopback. */
export function scriptedServer(script: Script): ScriptedServer {
  const visits: Visit[] = [];
  const sockets = new Map<ServerWebSocket<{ visit: Visit | null; request: Request }>, Visit>();
  const encoder = new TextEncoder();

  const sse = (request: Request): Response => {
    let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
    let gone = false;
    const raw = (text: string | Uint8Array): void => {
      if (!gone) controller?.enqueue(typeof text === "string" ? encoder.encode(text) : text);
    };
    const visit: Visit = {
      ...about(request, "sse"),
      raw,
      send(frame) {
        const text = typeof frame === "string" ? frame : JSON.stringify(frame);
        const type = typeof frame === "string" ? "" : String((frame as { type?: string }).type);
        raw(`${type.startsWith("stream.") ? "event: stream\n" : ""}data: ${text}\n\n`);
      },
      close() {
        if (!gone) controller?.close();
        gone = true;
      },
      get gone() {
        return gone;
      },
    };
    const body = new ReadableStream<Uint8Array>({
      start(given) {
        controller = given;
        raw(": hello\n\n");
        visits.push(visit);
        void script.visit?.(visit);
      },
      cancel() {
        gone = true;
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };

  const about = (request: Request, kind: Visit["kind"]) => {
    const url = new URL(request.url);
    const bearer = request.headers.get("authorization")?.replace("Bearer ", "") ?? request.headers.get("sec-websocket-protocol")?.match(/bearer\.([^,\s]+)/)?.[1] ?? null;
    return { kind, number: visits.length + 1, path: url.pathname, after: url.searchParams.get("after"), token: bearer, received: [] as string[] };
  };

  const server = Bun.serve<{ visit: Visit | null; request: Request }, never>({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request, self) {
      const answered = await script.answer?.(request, visits.length + 1);
      if (answered) return answered;
      if (request.headers.get("upgrade") !== "websocket") return sse(request);
      const upgraded = self.upgrade(request, { data: { visit: null, request }, headers: { "sec-websocket-protocol": "taskwire.v1" } });
      return upgraded ? (undefined as unknown as Response) : new Response("no", { status: 400 });
    },
    websocket: {
      open(socket) {
        let gone = false;
        const visit: Visit = {
          ...about(socket.data.request, "websocket"),
          raw: (text) => void socket.send(text),
          send: (frame) => void socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
          close(code, reason) {
            gone = true;
            if (code === undefined) socket.terminate();
            else socket.close(code, reason);
          },
          get gone() {
            return gone || socket.readyState !== 1;
          },
        };
        sockets.set(socket, visit);
        visits.push(visit);
        void script.visit?.(visit);
      },
      message(socket, text) {
        const visit = sockets.get(socket);
        visit?.received.push(String(text));
        if (visit) script.message?.(visit, String(text));
      },
      close(socket) {
        sockets.delete(socket);
      },
    },
  });

  return {
    url: `http://127.0.0.1:${server.port}`,
    visits,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
    },
  };
}
