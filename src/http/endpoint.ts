/** A route as data beside its handler: documented, authenticated and validated from one description. */
import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context, Handler, MiddlewareHandler } from "hono";
import type { Identity } from "../domain/access.ts";
import type { Acceptor } from "../delivery/transport.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Authenticator } from "./auth.ts";
import { shown } from "./body.ts";

export interface HttpEnv {
  Bindings: { acceptor: Acceptor };
  Variables: {
    requestId: string;
    identity: Identity;
    /** Set once the answer belongs to the delivery, and must not be touched any more. */
    handedOver: boolean;
  };
}

export type App = OpenAPIHono<HttpEnv>;
export type RouteContext = Context<HttpEnv>;

/** What a route's own schemas made of path and query. */
export interface Input<P, Q> {
  readonly params: P;
  readonly query: Q;
}

type Schema<T> = z.ZodType<T>;

export interface Endpoint<P, Q> {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: string[];
  readonly params?: Schema<P>;
  readonly query?: Schema<Q>;
  readonly headers?: z.ZodObject;
  /** Documentation of the body; handlers read and judge it themselves, bounded and with their own words. */
  readonly body?: Readonly<Record<string, z.ZodType>>;
  readonly responses: RouteConfig["responses"];
  /** Null: open to everyone. */
  readonly auth: Authenticator | null;
}

/** Documents for a problem of any kind; every route answers errors in this form. */
export const PROBLEM = z
  .object({
    type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.string(), retryable: z.boolean(), advice: z.string(),
    request_id: z.string(), retry_after_ms: z.number().int().optional(), path: z.string().optional(), line: z.number().int().optional(), law: z.number().int().optional(),
  })
  .openapi("Problem", { description: "An error (RFC 9457). `code` is stable; `advice` says what to do." });

/** Adds a route to the app and to /openapi.json. */
export function endpoint<P = unknown, Q = unknown>(app: App, route: Endpoint<P, Q>, handler: (c: RouteContext, input: Input<P, Q>) => Response | Promise<Response>): void {
  const { method, path, summary, description, tags, params, query, headers, body, auth } = route;
  const validated: RouteConfig = createRoute({
    method, path, summary, tags,
    ...(description === undefined ? {} : { description }),
    ...(auth === null ? {} : { security: [{ bearer: [] }], middleware: authenticate(auth) }),
    request: { ...(params === undefined ? {} : { params: params as never }), ...(query === undefined ? {} : { query: query as never }) },
    responses: {},
    hide: true,
  });
  app.openapi(validated, ((c: RouteContext) => {
    const request = c.req as { valid(target: "param" | "query"): unknown };
    return handler(c, { params: (params === undefined ? undefined : request.valid("param")) as P, query: (query === undefined ? undefined : request.valid("query")) as Q });
  }) as Handler<HttpEnv, string> as never);
  const content = body === undefined ? undefined : Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, { schema }]));
  const { hide: _hide, middleware: _middleware, ...documented } = validated;
  app.openAPIRegistry.registerPath({
    ...documented,
    request: { ...validated.request, ...(headers === undefined ? {} : { headers }), ...(content === undefined ? {} : { body: { content, required: true } }) },
    responses: { ...route.responses, default: { description: "An error", content: { "application/problem+json": { schema: PROBLEM } } } },
  } as RouteConfig);
}

/** The bearer token of a request; null where there is none. Throws `token_invalid` for other schemes. */
export function bearer(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (header === null) return null;
  const found = /^bearer +(\S+) *$/i.exec(header)?.[1];
  if (found === undefined) throw new TaskwireError("token_invalid", "The header Authorization is not of the form: Bearer TOKEN.");
  return found;
}

/** Tokens in addresses end up in journals and histories, so they are refused wherever they stand. */
export function refuseTokenInAddress(url: string): void {
  const query = url.indexOf("?");
  if (query !== -1 && /[?&](access_token|token|bearer|authorization|jwt)=/i.test(url.slice(query))) {
    throw new TaskwireError("token_invalid", "The address carries a token; addresses end up in journals. Expected it in the header Authorization, or in the WebSocket subprotocol.");
  }
}

function authenticate(auth: Authenticator): MiddlewareHandler<HttpEnv> {
  const slow = async (c: RouteContext, token: string, next: () => Promise<void>): Promise<void> => {
    c.set("identity", await auth.verify(token));
    await next();
  };
  return (c, next) => {
    refuseTokenInAddress(c.req.url);
    const token = bearer(c.req.raw.headers);
    if (token === null) throw new TaskwireError("token_missing", "The request has no token.");
    const identity = auth.known(token);
    if (identity === null) return slow(c, token, next);
    c.set("identity", identity);
    return next();
  };
}

/** What to answer where path or query do not match their schema; the app's default hook. */
export function refuseInput(target: string, error: z.ZodError): never {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String).join(".");
  if (target === "param") throw new TaskwireError("id_invalid", `The id in the address is not legal: ${issue?.message ?? "unreadable"}.`, { path });
  throw new TaskwireError("request_invalid", `The query's ${path === "" ? "parameters are" : `${shown(path)} is`} not as expected: ${issue?.message ?? "unreadable"}.`, { path });
}
