/** The HTTP face of the service. Routes stand in files by what they are about; here is what holds for all of them. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { Acceptor } from "../delivery/transport.ts";
import { TaskwireError } from "../domain/error.ts";
import { hexOf } from "../domain/hex.ts";
import { addAccounts } from "./accounts.ts";
import { addAdmin } from "./admin.ts";
import { addBreakage } from "./breakage.ts";
import { addCommands } from "./commands.ts";
import { addConversations } from "./conversations.ts";
import type { AppDeps } from "./deps.ts";
import { addDialects } from "./dialects.ts";
import type { App, Exchange, HttpEnv, RouteContext } from "./endpoint.ts";
import { addEvents } from "./events.ts";
import { addMany } from "./many.ts";
import { addOperations } from "./operations.ts";
import { corsHeaders } from "./origin.ts";
import { asTaskwireError, problem } from "./problem.ts";
import { addRemove } from "./remove.ts";
import { addRetries } from "./retries.ts";
import { addSharing } from "./sharing-routes.ts";
import { addSockets } from "./sockets.ts";
import { addTasks } from "./tasks.ts";
import { addWork } from "./work.ts";

/** Appending is done often and by machines: told only to who debugs, like all reading. */
const QUIET = /\/events$/;
const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The application as a runtime calls it. */
export interface Application {
  /** Answers a request; never throws. `acceptor` is what the runtime gives for this request. */
  fetch(request: Request, bindings: { readonly acceptor: Acceptor }): Promise<Response>;
}

/** Builds the application. */
export function createApp(deps: AppDeps): Application {
  const app: App = new OpenAPIHono<HttpEnv>();
  app.onError((error, c) => answerError(deps, error, c));
  addTasks(app, deps);
  addEvents(app, deps);
  addMany(app, deps);
  addSockets(app, deps);
  addCommands(app, deps);
  addRemove(app, deps);
  addRetries(app, deps);
  addWork(app, deps);
  addSharing(app, deps);
  addConversations(app, deps);
  addAdmin(app, deps);
  addAccounts(app, deps);
  addBreakage(app, deps);
  addOperations(app, deps);
  addDialects(app, deps);
  const refusals = methodRefusals(app);
  app.notFound((c) => refusals.fetch(c.req.raw, c.env));
  return { fetch: traced(deps, app) };
}

/** Counts and tells every request; the path alone is told, for queries and headers may hold what nobody should read. */
function traced({ environment: { clock, random, journal }, metrics, origins }: AppDeps, app: App): Application["fetch"] {
  const mark = hexOf(random.bytes(6));
  let count = 0;
  // Unique, not secret: the process' mark and a number.
  const newId = (): string => `${mark}-${(count += 1).toString(36)}`;
  return async (request, { acceptor }) => {
    const began = clock.now();
    const { headers, method } = request;
    // Read now: Deno lets go of a request when it is upgraded.
    const [path, socket] = [pathOf(request.url), headers.has("upgrade")];
    const given = headers.get("x-request-id");
    const exchange: Exchange = { acceptor, requestId: given !== null && REQUEST_ID.test(given) ? given : newId(), handedOver: false };
    const preflight = method === "OPTIONS" && headers.has("access-control-request-method");
    const response = preflight ? new Response(null, { status: 204 }) : await app.fetch(request, exchange);
    const upgraded = exchange.handedOver && socket;
    const status = upgraded ? 101 : response.status;
    metrics.add("requests", 1, CLASSES[Math.floor(status / 100)]);
    if (!exchange.handedOver) {
      response.headers.set("x-request-id", exchange.requestId);
      if (headers.has("origin")) for (const [name, value] of Object.entries(corsHeaders(headers, origins))) response.headers.set(name, value);
      metrics.observe("request_seconds", (clock.now() - began) / 1000);
    }
    const level = status < 400 && !upgraded && (method === "GET" || QUIET.test(path)) ? "debug" : "info";
    journal[level]("request", `${method} ${path} ${status}`, { method, path, status, ms: clock.now() - began, request_id: exchange.requestId });
    return response;
  };
}

const CLASSES = ["", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** An address without scheme, host and query. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

function answerError({ environment: { journal }, metrics }: AppDeps, error: unknown, c: RouteContext): Response {
  c.env.handedOver = false;
  const { requestId } = c.env;
  const known = asTaskwireError(error instanceof HTTPException && error.status < 500 ? new TaskwireError("request_invalid", `The request cannot be read: ${error.message}.`) : error);
  if (known.code === "internal") journal.error("request_failed", error instanceof Error ? `${error.name}: ${error.message}` : "something that is no error was thrown", { path: c.req.path, at: firstFrame(error), request_id: requestId });
  if (typeof known.extra?.limit === "string") metrics.add("refused", 1, known.extra.limit);
  return problem(known, requestId);
}

/** File and line of an error's origin: enough to find it, without a stack trace or a machine's path. */
function firstFrame(error: unknown): string | null {
  const frame = (error instanceof Error ? (error.stack ?? "") : "").split("\n").find((line) => /^\s*at /.test(line));
  return frame?.match(/([\w.-]+:\d+:\d+)/)?.[1] ?? null;
}

/** A known path with another method is 405 with `Allow`, not 404. Apart from the routes, which are found faster alone. */
function methodRefusals(app: App): App {
  const refusals: App = new OpenAPIHono<HttpEnv>();
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    const found = methods.get(path) ?? new Set();
    methods.set(path, found.add(method));
    if (method === "GET") found.add("HEAD");
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed].join(", ");
    refusals.all(path, (c) => problem(new TaskwireError("method_not_allowed", `${c.req.method} is not possible here; expected ${allow}.`), c.env.requestId, { allow }));
  }
  refusals.notFound((c) => problem(new TaskwireError("not_found", `There is no ${c.req.method} ${c.req.path.slice(0, 128)} here.`), c.env.requestId));
  return refusals;
}
