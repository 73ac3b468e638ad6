/** The development issuer's routes, and who I am by my token. */
import { z } from "@hono/zod-openapi";
import { TaskwireError } from "../domain/error.ts";
import { judged, readJson } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { isLocalPage } from "./origin.ts";

const PASSWORD = { least: 7, most: 256 };
/** More than any account's particulars need. */
const BODY_BYTES = 4_096;

const credentials = z
  .object({
    email: z.string().max(254).regex(/^[^\s@]+@[^\s@]+$/, "expected an email address, such as ada@example.com"),
    password: z.string().min(PASSWORD.least, `expected at least ${PASSWORD.least} characters`).max(PASSWORD.most),
    full_name: z.string().max(128).optional(),
  })
  .openapi("Credentials");

const issued = z.object({ access_token: z.string(), token_type: z.literal("Bearer"), expires_in: z.int().openapi({ description: "Seconds" }) }).openapi("IssuedToken");

const ISSUED = { 200: { description: "A token", content: { "application/json": { schema: issued } } } };

/** Adds `/v1/me` and, with the development issuer, register, login and local; else register and login say where accounts are made. */
export function addAccounts(app: App, deps: AppDeps): void {
  addMe(app, deps);
  const { issuer } = deps;
  if (issuer === null) return addElsewhere(app, deps);
  for (const [name, summary] of [["register", "Make an account of the development issuer"], ["login", "Sign in to the development issuer"]] as const) {
    endpoint(app, {
      method: "post",
      path: `/api/v1/auth/${name}`,
      summary,
      description: "Only on loopback, where no other issuer is configured.",
      tags: ["development issuer"],
      auth: null,
      body: { "application/json": credentials },
      responses: ISSUED,
    }, async (c) => noStore(c, await issuer[name](await readCredentials(c))));
  }
  endpoint(app, {
    method: "post",
    path: "/api/v1/auth/local",
    summary: "A token for the service's own page on this machine",
    description: "Only for a request of that page: loopback as peer, Host and Origin, and the header `Taskwire-Local: 1`.",
    tags: ["development issuer"],
    auth: null,
    responses: ISSUED,
  }, async (c) => {
    if (isLocalPage(c.req.raw.headers, c.env.acceptor.address)) return noStore(c, await issuer.local());
    throw new TaskwireError("origin_forbidden", "This token is only for the service's own page, opened on this machine under a loopback address.");
  });
}

/** Accounts are another's affair: clients that ask for them here are told whose. */
function addElsewhere(app: App, { auth: { issuer } }: AppDeps): void {
  for (const name of ["register", "login"] as const) {
    app.on("POST", [`/api/v1/auth/${name}`], () => {
      throw new TaskwireError("not_found", `This service makes no accounts and signs nobody in. Its tokens come from ${issuer}: ${name} there, and send the token that you get with every request.`, { issuer });
    });
  }
}

function noStore(c: RouteContext, body: object): Response {
  return c.json(body, 200, NO_STORE);
}

async function readCredentials(c: RouteContext): Promise<z.infer<typeof credentials>> {
  return judged(credentials, await readJson(c.req.raw, BODY_BYTES));
}

function addMe(app: App, { auth }: AppDeps): void {
  const me = z.object({ user: z.string(), name: z.string().nullable(), email: z.string().nullable(), scopes: z.array(z.string()), expires_at: z.string().nullable() });
  endpoint(app, {
    method: "get",
    path: "/v1/me",
    summary: "Who I am by my token",
    description: "`user` is the key under which the log knows this user; `owner` of a new task expects such a key.",
    tags: ["tasks"],
    auth,
    responses: { 200: { description: "The caller", content: { "application/json": { schema: me } } } },
  }, (c, { who }) => {
    const { user, name, email, scopes, expiresAt } = who;
    return c.json({ user, name, email, scopes: [...scopes], expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() });
  });
}
