/** The reference for partners, and the vectors to test against; both made once, when they are first asked for. */
import { z } from "@hono/zod-openapi";
import { TaskwireError } from "../../domain/error.ts";
import { shown } from "../body.ts";
import type { AppDeps } from "../deps.ts";
import { type App, endpoint } from "../endpoint.ts";
import type { AsyncApi, OpenApi } from "./contract.ts";
import { referencePage } from "./page.ts";
import { PLACE_OF_ORIGIN } from "./start.ts";

/** The page has no script, and loads its style from this service alone. */
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
} as const;

const JSON_HEADERS = { "content-type": "application/json", "access-control-allow-origin": "*", "x-content-type-options": "nosniff" } as const;

/** Hosts that may stand in a command as they are; another's stays the example's. */
const PLAIN_ORIGIN = /^https?:\/\/[A-Za-z0-9.[\]:-]+$/;

/** Adds /docs, /docs/vectors.json and the files below /docs/vectors/. `openapi` answers the document of all routes. */
export function addDocs(app: App, { asyncapi, vectors, issuer, version }: AppDeps, openapi: () => object): void {
  let page: string | null = null;
  const files = (): ReadonlyMap<string, string> => vectors();
  endpoint(app, {
    method: "get",
    path: "/docs",
    summary: "The reference for people",
    tags: ["contracts"],
    auth: null,
    responses: { 200: { description: "A page", content: { "text/html": { schema: z.string() } } } },
  }, (c) => {
    page ??= referencePage({ asyncapi: JSON.parse(asyncapi) as AsyncApi, openapi: openapi() as OpenApi, vectors: [...files().keys()], ownIssuer: issuer !== null, version });
    const { origin } = new URL(c.req.url);
    return c.body(PLAIN_ORIGIN.test(origin) ? page.replaceAll(PLACE_OF_ORIGIN, origin) : page, 200, PAGE_HEADERS);
  });
  endpoint(app, {
    method: "get",
    path: "/docs/vectors.json",
    summary: "All vectors, by file name",
    tags: ["contracts"],
    auth: null,
    responses: { 200: { description: "JSON", content: { "application/json": { schema: z.looseObject({}) } } } },
  }, (c) => c.body(`{${[...files()].map(([name, text]) => `${JSON.stringify(name)}:${text.trim()}`).join(",\n")}}\n`, 200, JSON_HEADERS));
  app.get("/docs/vectors/*", (c) => {
    const found = files().get(c.req.path.slice("/docs/vectors/".length));
    if (found === undefined) throw new TaskwireError("not_found", `There are no vectors ${shown(c.req.path)}; /docs/vectors.json has all of them.`);
    return c.body(found, 200, JSON_HEADERS);
  });
}

/** Where a person finds an error code explained; null where a program asks. */
export function explanationOf(code: string, accept: string | null): string | null {
  return accept !== null && /\btext\/html\b/i.test(accept) ? `/docs#error-${code}` : null;
}
