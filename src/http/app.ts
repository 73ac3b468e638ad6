/** The HTTP face of the service. Routes stand in files by what they are about; here is what holds for all of them. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { TaskwireError } from "../domain/error.ts";
import { addAccounts } from "./accounts.ts";
import type { AppDeps } from "./deps.ts";
import { type App, type HttpEnv, refuseInput, type RouteContext } from "./endpoint.ts";
import { addEvents } from "./events.ts";
import { addOperations } from "./operations.ts";
import { corsHeaders } from "./origin.ts";
import { asTaskwireError, problem } from "./problem.ts";
import { addSockets } from "./sockets.ts";
import { addTasks } from "./tasks.ts";

/** Appending is done often and by machines: told only to who debugs, like all reading. */
const QUIET = /\/events$/;
const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Builds the application. The runtime hands each request to its `fetch`, with an `Acceptor` in the bindings. */
export function createApp(deps: AppDeps): App {
  const app: App = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) refuseInput(result.target, result.error);
    },
  });
  app.use("*", trace(deps));
  app.onError((error, c) => answerError(deps, error, c));
  app.notFound((c) => problem(new TaskwireError("not_found", `There is no ${c.req.method} ${c.req.path.slice(0, 128)} here.`), c.get("requestId")));
  addTasks(app, deps);
  addEvents(app, deps);
  addSockets(app, deps);
  addAccounts(app, deps);
  addOperations(app, deps);
  addMethodRefusals(app);
  return app;
}

/** Counts and tells every request; the path alone is told, for queries and headers may hold what nobody should read. */
function trace({ environment: { clock, random, journal }, metrics, origins }: AppDeps): MiddlewareHandler<HttpEnv> {
  const mark = [...random.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  let count = 0;
  // Unique, not secret: the process' mark and a number.
  const newId = (): string => `${mark}-${(count += 1).toString(36)}`;
  return async (c, next) => {
    const began = clock.now();
    const { headers, method } = c.req.raw;
    const given = headers.get("x-request-id");
    const requestId = given !== null && REQUEST_ID.test(given) ? given : newId();
    c.set("requestId", requestId);
    const preflight = method === "OPTIONS" && headers.has("access-control-request-method");
    if (preflight) c.res = new Response(null, { status: 204 });
    else await next();
    const upgraded = c.get("handedOver") && headers.has("upgrade");
    const status = upgraded ? 101 : c.res.status;
    metrics.add("requests", 1, `${Math.floor(status / 100)}xx`);
    if (!c.get("handedOver")) {
      c.res.headers.set("x-request-id", requestId);
      if (headers.has("origin")) for (const [name, value] of Object.entries(corsHeaders(headers, origins))) c.res.headers.set(name, value);
      metrics.observe("request_seconds", (clock.now() - began) / 1000);
    }
    const quiet = status < 400 && !upgraded && (method === "GET" || QUIET.test(c.req.path));
    journal[quiet ? "debug" : "info"]("request", `${method} ${c.req.path} ${status}`, { method, path: c.req.path, status, ms: clock.now() - began, request_id: requestId });
  };
}

function answerError({ environment: { journal } }: AppDeps, error: unknown, c: RouteContext): Response {
  c.set("handedOver", false);
  const requestId = c.get("requestId");
  const known = asTaskwireError(error instanceof HTTPException && error.status < 500 ? new TaskwireError("request_invalid", `The request cannot be read: ${error.message}.`) : error);
  if (known.code === "internal") journal.error("request_failed", error instanceof Error ? `${error.name}: ${error.message}` : "something that is no error was thrown", { path: c.req.path, at: firstFrame(error), request_id: requestId });
  return problem(known, requestId);
}

/** File and line of an error's origin: enough to find it, without a stack trace or a machine's path. */
function firstFrame(error: unknown): string | null {
  const frame = (error instanceof Error ? (error.stack ?? "") : "").split("\n").find((line) => /^\s*at /.test(line));
  return frame?.match(/([\w.-]+:\d+:\d+)/)?.[1] ?? null;
}

/** A known path with another method is 405 with `Allow`, not 404. */
function addMethodRefusals(app: App): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (path === "*" || path === "/*" || method === "ALL") continue;
    const found = methods.get(path) ?? new Set();
    methods.set(path, found.add(method));
    if (method === "GET") found.add("HEAD");
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed].join(", ");
    app.all(path, (c) => {
      const refusal = new TaskwireError("method_not_allowed", `${c.req.method} is not possible here; expected ${allow}.`);
      return problem(refusal, c.get("requestId"), { allow });
    });
  }
}
