/** The two WebSocket routes. What is refused is told on the socket, since a page cannot read a refused handshake. */
import { z } from "@hono/zod-openapi";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import type { Replay } from "../feed/port.ts";
import type { AppDeps } from "./deps.ts";
import { type App, bearer, endpoint, refuseTokenInAddress, type RouteContext, ticketIn } from "./endpoint.ts";
import { checkOrigin } from "./origin.ts";
import { REPLAYS } from "./query.ts";

const PROTOCOL = "taskwire.v1";
const BEARER = "bearer.";

const UPGRADED = { 101: { description: "A WebSocket; its frames are described in /asyncapi.json" } };

interface Wanted {
  readonly task: string | null;
  readonly after: string | null;
  readonly replay: string | null;
}

/** Adds `/v1/ws` and `/v1/tasks/{id}/ws`. */
export function addSockets(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "get",
    path: "/v1/ws",
    summary: "Watch many tasks on one WebSocket",
    description: "Subprotocols `taskwire.v1, bearer.TOKEN`; or the header Authorization; or `?ticket=`; or an `auth` frame first.",
    tags: ["watch"],
    auth: null,
    responses: UPGRADED,
  }, (c) => connect(deps, c, { task: null, after: null, replay: null }));
  endpoint(app, {
    method: "get",
    path: "/v1/tasks/{task_id}/ws",
    summary: "Watch one task on a WebSocket, without sending anything",
    tags: ["watch"],
    auth: null,
    responses: UPGRADED,
    // Wide open here: what is wrong with them is told on the socket.
    params: z.object({ task_id: z.string() }),
    query: z.object({ after: z.string().optional(), replay: z.string().optional() }),
  }, (c, { params, query }) => connect(deps, c, { task: params.task_id, after: query.after ?? null, replay: query.replay ?? null }));
}

async function connect({ connections, auth, origins, tickets }: AppDeps, c: RouteContext, { task, after, replay }: Wanted): Promise<Response> {
  const { headers, url } = c.req.raw;
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new TaskwireError("request_invalid", "This address speaks WebSocket; expected a request with Upgrade: websocket.", { path: "Upgrade" });
  }
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",").map((each) => each.trim());
  const protocol = offered.includes(PROTOCOL) ? PROTOCOL : null;
  const { acceptor } = c.env;
  c.env.handedOver = true;
  try {
    checkOrigin(headers, origins);
    refuseTokenInAddress(url);
    const token = offered.find((each) => each.startsWith(BEARER))?.slice(BEARER.length) ?? bearer(headers);
    const ticket = token === null ? ticketIn(url) : null;
    const identity = token !== null ? await auth.verify(token) : ticket !== null ? await byTicket(tickets, ticket, task) : null;
    if (task !== null && !isLegalId(task)) throw new TaskwireError("id_invalid", "The task's id in the address is not legal; expected 1 to 64 characters of A-Z a-z 0-9 _ -.", { path: "task_id" });
    if (replay !== null && !isReplay(replay)) throw new TaskwireError("request_invalid", `The query's replay is not as expected: one of ${REPLAYS.join(", ")}.`, { path: "replay" });
    return connections.socket(acceptor, { identity, protocol, task, after, replay: replay ?? "full" });
  } catch (error) {
    if (!(error instanceof TaskwireError)) throw error;
    return connections.refuse(acceptor, protocol, error);
  }
}

/** A ticket opens one socket, once: there is nothing in a socket's address that says where it was. */
function byTicket(tickets: AppDeps["tickets"], ticket: string, task: string | null): Promise<Identity> {
  return tickets.redeem({ ticket, stream: task === null ? "socket" : `socket ${task}`, fits: ({ task_ids }) => task === null || task_ids?.includes(task) === true });
}

function isReplay(text: string): text is Replay {
  return (REPLAYS as readonly string[]).includes(text);
}
