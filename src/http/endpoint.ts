/** A route as data beside its handler: documented, authenticated and validated from one description. */
import { createRoute, type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context, Handler } from "hono";
import { type Identity, watchOnly } from "../domain/access.ts";
import type { Acceptor } from "../delivery/transport.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Authenticator } from "./auth.ts";
import { shown } from "./body.ts";

/** For answers that are true now alone, or for this caller alone: nobody between may keep them. */
export const NO_STORE = { "cache-control": "no-store" } as const;

/** What belongs to one request from its arrival to its answer. */
export interface Exchange {
  readonly acceptor: Acceptor;
  readonly requestId: string;
  /** Set once the answer belongs to the delivery, and must not be touched any more. */
  handedOver: boolean;
}

export interface HttpEnv {
  Bindings: Exchange;
}

export type App = OpenAPIHono<HttpEnv>;
export type RouteContext = Context<HttpEnv>;

/** What a route's own schemas made of path and query, and its authenticator of the token. */
export interface Input<P, Q, Who> {
  readonly params: P;
  readonly query: Q;
  readonly who: Who;
}

type Schema<T> = z.ZodType<T>;

export interface Endpoint<P, Q, Auth extends Authenticator | null> {
  readonly method: "get" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: string[];
  readonly params?: Schema<P>;
  readonly query?: Schema<Q>;
  readonly headers?: z.ZodObject;
  /** Documentation of the body; handlers read and judge it themselves, bounded and with their own words. */
  readonly body?: Readonly<Record<string, z.ZodType>>;
  /** True where it may be left out. */
  readonly bodyOptional?: boolean;
  readonly responses: RouteConfig["responses"];
  /** Null: open to everyone. */
  readonly auth: Auth;
  /** Open to who may only watch, too; without it they are refused. */
  readonly watching?: boolean;
  /** Lets in who shows a ticket in the address, and no token. Throws `ticket_invalid`. */
  readonly byTicket?: (c: RouteContext, ticket: string) => Promise<Identity>;
}

/** Documents for a problem of any kind; every route answers errors in this form. */
const PROBLEM = z
  .object({
    type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.string(), retryable: z.boolean(), advice: z.string(),
    request_id: z.string(), retry_after_ms: z.number().int().optional(), path: z.string().optional(), line: z.number().int().optional(), law: z.number().int().optional(),
  })
  .openapi("Problem", { description: "An error (RFC 9457). `code` is stable; `advice` says what to do." });

type Who<Auth> = Auth extends null ? null : Identity;

/**
 * Adds a route to the app and to /openapi.json. One handler does all: Hono calls a route that has no other without composing
 * anything, and this is where every append passes.
 */
export function endpoint<P = unknown, Q = unknown, Auth extends Authenticator | null = Authenticator | null>(app: App, route: Endpoint<P, Q, Auth>, handler: (c: RouteContext, input: Input<P, Q, Who<Auth>>) => Response | Promise<Response>): void {
  const { method, path, summary, description, tags, params, query, headers, body, bodyOptional = false, responses, auth, watching = false, byTicket } = route;
  const handle = (c: RouteContext, who: Identity | null): Response | Promise<Response> => {
    if (who?.watch && !watching) throw watchOnly(who.watch);
    return handler(c, { params: (params && validated("param", params, c.req.param())) as P, query: (query && validated("query", query, queryOf(c))) as Q, who: who as Who<Auth> });
  };
  const document = createRoute({
    method, path, summary, tags,
    ...(description === undefined ? {} : { description }),
    ...(auth === null ? {} : { security: [{ bearer: [] }] }),
    request: {
      ...(params === undefined ? {} : { params: params as never }),
      ...(query === undefined ? {} : { query: query as never }),
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body: { content: Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, { schema }])), required: !bodyOptional } }),
    },
    responses: { ...responses, default: { description: "An error", content: { "application/problem+json": { schema: PROBLEM } } } },
  });
  app.openAPIRegistry.registerPath(document);
  const authenticated = (c: RouteContext): Response | Promise<Response> => {
    const who = auth === null ? null : identify(auth, c, byTicket);
    return who instanceof Promise ? who.then((identity) => handle(c, identity)) : handle(c, who);
  };
  app.on(method.toUpperCase(), [document.getRoutingPath()], authenticated as Handler<HttpEnv>);
}

function validated(target: "param" | "query", schema: Schema<unknown>, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : refuseInput(target, parsed.error);
}

/** A parameter that is given more than once is a list, which no schema here takes. */
function queryOf(c: RouteContext): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(c.req.queries()).map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]));
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

/** The ticket in an address; null where there is none. */
export function ticketIn(url: string): string | null {
  const query = url.indexOf("?");
  return query !== -1 && url.includes("ticket=", query) ? new URL(url).searchParams.get("ticket") : null;
}

/** The caller; without waiting where the token was verified a moment ago. */
function identify(auth: Authenticator, c: RouteContext, byTicket: Endpoint<unknown, unknown, null>["byTicket"]): Identity | Promise<Identity> {
  const { headers, url } = c.req.raw;
  refuseTokenInAddress(url);
  const token = bearer(headers);
  if (token === null) {
    const ticket = byTicket === undefined ? null : ticketIn(url);
    if (ticket !== null && byTicket !== undefined) return byTicket(c, ticket);
    throw new TaskwireError("token_missing", "The request has no token.");
  }
  return auth.known(token) ?? auth.verify(token);
}

/** What to answer where path or query do not match their schema. */
function refuseInput(target: "param" | "query", error: z.ZodError): never {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String).join(".");
  if (target === "param") throw new TaskwireError("id_invalid", `The id in the address is not legal: ${issue?.message ?? "unreadable"}.`, { path });
  throw new TaskwireError("request_invalid", `The query's ${path === "" ? "parameters are" : `${shown(path)} is`} not as expected: ${issue?.message ?? "unreadable"}.`, { path });
}
