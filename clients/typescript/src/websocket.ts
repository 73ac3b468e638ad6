/** The WebSocket transport: one task by its own URL, or many over one connection with subscribe frames. */
import { errorOfClose } from "./errors.ts";
import { taskUrl, type Transport, type Wire, type WireEvents, type WireRequest } from "./transport.ts";

/** The part of the standard WebSocket that is used; what Node's `ws` package offers too. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

const PROTOCOL = "taskwire.v1";
/** What may stand in a subprotocol (a token of RFC 9110). Other bearer tokens travel in the first frame. */
const HEADER_TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

function address({ baseUrl, subscriptions: [only], many }: WireRequest): string {
  const url = many || !only ? new URL(`${baseUrl.pathname.replace(/\/+$/, "")}/v1/ws`, baseUrl) : taskUrl(baseUrl, only.taskId, "/ws");
  if (!many && only) {
    if (only.after !== null) url.searchParams.set("after", only.after);
    if (only.replay !== "full") url.searchParams.set("replay", only.replay);
  }
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.href;
}

/** The frames that ask for the tasks of a request. */
function subscribeFrames({ subscriptions, many }: WireRequest): string[] {
  if (!many) return [];
  return subscriptions.map(({ taskId, after, replay }) =>
    JSON.stringify({ type: "subscribe", task_id: taskId, ...(after === null ? {} : { after }), ...(replay === "full" ? {} : { replay }) }),
  );
}

function greetings(request: WireRequest, wanted: typeof subscribeFrames): string[] {
  const { token } = request;
  return [...(token !== "" && !HEADER_TOKEN.test(token) ? [JSON.stringify({ type: "auth", token })] : []), ...wanted(request)];
}

/** The transport over a WebSocket class: the global one, or one that was passed in. `wanted`: the frames that ask for what is followed. */
export function webSocketTransport(Socket: WebSocketClass, wanted = subscribeFrames): Transport {
  return (request: WireRequest, events: WireEvents): Wire => {
    const protocols = request.token !== "" && HEADER_TOKEN.test(request.token) ? [PROTOCOL, `bearer.${request.token}`] : [PROTOCOL];
    const socket = new Socket(address(request), protocols);
    let open = false;
    const detach = (): void => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      // An error after this is nobody's business, but must not become an unhandled one.
      socket.onerror = () => {};
    };
    socket.onopen = () => {
      open = true;
      for (const frame of greetings(request, wanted)) socket.send(frame);
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => (typeof data === "string" ? events.frame(data) : events.heard());
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) => {
      detach();
      events.lost({ error: errorOfClose(code, reason) });
    };
    return {
      close() {
        detach();
        socket.close(1000, "");
      },
      send(text) {
        if (open) socket.send(text);
      },
    };
  };
}
