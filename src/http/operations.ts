/** What operators and machines ask: alive, ready, numbers, contracts; and the page. */
import { z } from "@hono/zod-openapi";
import { ERRORS } from "../../generated/typescript/errors.ts";
import { TaskwireError } from "../domain/error.ts";
import { shown } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { addDocs, explanationOf } from "./docs/routes.ts";
import { type App, endpoint, NO_STORE } from "./endpoint.ts";

const JSON_ANSWER = { 200: { description: "JSON", content: { "application/json": { schema: z.looseObject({}) } } } };

/** The page may load and reach nothing but this service. */
const PAGE_HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
} as const;

/** Adds /healthz, /readyz, /metrics, /openapi.json, /asyncapi.json, /problems/{code}, /docs, / and /console. */
export function addOperations(app: App, deps: AppDeps): void {
  addHealth(app, deps);
  addContracts(app, deps);
  addDocs(app, deps, () => openapiDocument(app, deps.version));
  addPage(app, deps);
}

function addHealth(app: App, { readiness, metrics, connections, version }: AppDeps): void {
  endpoint(app, { method: "get", path: "/healthz", summary: "Is the process alive?", tags: ["operations"], auth: null, responses: JSON_ANSWER }, (c) => c.json({ status: "alive", version }));
  endpoint(app, {
    method: "get",
    path: "/readyz",
    summary: "Can it serve? Says what is missing",
    tags: ["operations"],
    auth: null,
    responses: { ...JSON_ANSWER, 503: { description: "Something is missing: `missing` names it", content: { "application/json": { schema: z.looseObject({}) } } } },
  }, async (c) => {
    const checks = await readiness();
    const missing = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    return c.json({ status: missing.length === 0 ? "ready" : "not_ready", missing, checks }, missing.length === 0 ? 200 : 503, NO_STORE);
  });
  endpoint(app, {
    method: "get",
    path: "/metrics",
    summary: "Numbers for Prometheus",
    tags: ["operations"],
    auth: null,
    responses: { 200: { description: "Prometheus' text format", content: { "text/plain": { schema: z.string() } } } },
  }, async (c) => {
    connections.report();
    return c.body(await metrics.text(), 200, { "content-type": metrics.contentType });
  });
}

function addContracts(app: App, { asyncapi, version }: AppDeps): void {
  let openapi: string | null = null;
  endpoint(app, { method: "get", path: "/openapi.json", summary: "This HTTP interface", tags: ["contracts"], auth: null, responses: JSON_ANSWER }, (c) => {
    openapi ??= JSON.stringify(openapiDocument(app, version));
    return c.body(openapi, 200, { "content-type": "application/json", "access-control-allow-origin": "*" });
  });
  endpoint(app, { method: "get", path: "/asyncapi.json", summary: "Every event, frame and error", tags: ["contracts"], auth: null, responses: JSON_ANSWER }, (c) =>
    c.body(asyncapi, 200, { "content-type": "application/json", "access-control-allow-origin": "*" }));
  endpoint(app, {
    method: "get",
    path: "/problems/{code}",
    summary: "What an error code means",
    tags: ["contracts"],
    auth: null,
    params: z.object({ code: z.string() }),
    responses: { ...JSON_ANSWER, 302: { description: "Where it is explained to people, for who accepts text/html" } },
  }, (c, { params }) => {
    const found = Object.hasOwn(ERRORS, params.code) ? ERRORS[params.code as keyof typeof ERRORS] : null;
    if (found === null) throw new TaskwireError("not_found", `There is no error code ${shown(params.code)}.`);
    const explained = explanationOf(params.code, c.req.header("accept") ?? null);
    return explained === null ? c.json(found, 200, { vary: "accept" }) : c.body(null, 302, { location: explained, vary: "accept" });
  });
}

/** The OpenAPI 3.1 document of all routes that were added. */
function openapiDocument(app: App, version: string): object {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer", bearerFormat: "JWT" });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Taskwire", version, description: "A task's events published once, watched live or replayed. Events and frames: /asyncapi.json.", license: { name: "Apache-2.0" } },
    servers: [{ url: "/" }],
  });
}

/** A file of the pages. Throws `not_found`. */
export function serveAsset({ asset }: Pick<AppDeps, "asset">, path: string): Response {
  const found = asset(path);
  if (found === null) throw new TaskwireError("not_found", `There is no ${shown(`/${path}`)} here.`);
  return new Response(found.body, { headers: { ...PAGE_HEADERS, "content-type": found.type } });
}

function addPage(app: App, deps: AppDeps): void {
  const serve = (path: string): Response => serveAsset(deps, path);
  app.get("/", () => serve("index.html"));
  app.get("/console", () => serve("index.html"));
  app.get("/console/*", (c) => serve(c.req.path.slice("/console/".length)));
}
