/** Where things are: the addresses of the contract, and the routes of this service. Pure. */
import { examples } from "./catalogue.ts";
import { type AsyncApi, type AsyncOperation, type Channel, type HttpOperation, type Message, messageOf, nameOf, type OpenApi, type Schema } from "./contract.ts";
import { type Html, html, joined, type Piece } from "./html.ts";
import { inline, prose } from "./prose.ts";
import { fieldsOf, type Link, typeOf } from "./schema.ts";

/** The channels that anybody but the service itself connects to. */
export function publicChannels({ channels }: AsyncApi): readonly (readonly [string, Channel])[] {
  return Object.entries(channels).filter(([, { servers = [] }]) => !servers.some(({ $ref }) => nameOf($ref) === "broker"));
}

/** Every channel: its address, what may be asked with it, and what travels there. */
export function channelEntries(document: AsyncApi, link: Link): readonly Html[] {
  return publicChannels(document).map(([name, channel]) => {
    const operations = Object.values(document.operations).filter(({ channel: { $ref } }) => nameOf($ref) === name);
    const socket = channel.bindings?.ws;
    return html`<article id="channel-${name}"><h3><a class="self" href="#channel-${name}"><code>${channel.address}</code></a></h3><p><strong>${channel.title ?? name}.</strong></p>${prose(channel.description ?? "")}
${socket === undefined ? null : [part("Query", socket.query, link), part("Headers", socket.headers, link)]}
${operations.map((operation) => operationEntry(document, channel, operation, link))}</article>`;
  });
}

function operationEntry(document: AsyncApi, channel: Channel, operation: AsyncOperation, link: Link): Html {
  const http = operation.bindings?.http;
  const asked = (operation.messages ?? []).flatMap(({ $ref }) => messageOf(document, $ref) ?? []);
  const answered = (operation.reply?.messages ?? []).flatMap(({ $ref }) => messageOf(document, $ref) ?? []).filter(({ name }) => name !== "problem");
  const title = http?.method === undefined ? (operation.action === "send" ? "The service sends" : "You send") : html`<span class="method">${http.method}</span> <code>${channel.address}</code>`;
  const bodies = http?.method === undefined ? null : [...asked.map((message) => body("Body", message, link)), ...answered.map((message) => body("Answer", message, link))];
  const frames = http?.method === undefined && operation.action === "receive" ? html`<p>${joined(asked.map(({ name }) => html`<a href="#${name}"><code>${name}</code></a>`), ", ")}</p>` : null;
  return html`<section><h4>${title}</h4><p>${inline(operation.summary ?? "")}</p>${part("Query", http?.query, link)}${frames}${operation.action === "send" ? null : bodies}</section>`;
}

function body(role: string, message: Message, link: Link): Html {
  const status = message.bindings?.http?.statusCode;
  return html`<p>${role}${status === undefined ? null : ` ${status}`} <code>${message.contentType ?? "application/json"}</code>: ${typeOf(message.payload, link)}. ${inline(message.summary ?? "")}</p>${part("Headers", message.headers, link)}${examples(message)}`;
}

const part = (title: string, schema: Schema | undefined, link: Link): Piece => (schema?.properties === undefined ? null : html`<h5>${title}</h5>${fieldsOf(schema, link)}`);

/** The anchor of a route of this service. */
export const anchorOfRoute = (method: string, path: string): string => `${method}${path.replace(/[^A-Za-z0-9]+/g, "-")}`.replace(/-$/, "");

/** Every route of this service, as its OpenAPI document tells it. */
export function routesOf({ paths }: OpenApi): readonly { readonly method: string; readonly path: string; readonly operation: HttpOperation }[] {
  return Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method, path, operation })));
}

/** Schemas that only the routes name stand in place; the others where the contract tells of them. */
export function routeEntries(openapi: OpenApi, link: Link): readonly Html[] {
  const own = openapi.components?.schemas ?? {};
  const linked: Link = (name) => (own[name] === undefined || link(name) !== null ? link(name) : `schema-${name}`);
  const routes = routesOf(openapi).map(({ method, path, operation }) => html`<article id="${anchorOfRoute(method, path)}"><h4><a class="self" href="#${anchorOfRoute(method, path)}"><span class="method">${method.toUpperCase()}</span> <code>${path}</code></a> ${operation.security === undefined ? html`<span class="badge">no token needed</span>` : null}</h4>
<p>${inline(operation.summary ?? "")}.</p>${prose(operation.description ?? "")}${parameters(operation, linked)}${contents("Body: ", operation.requestBody?.content, linked)}
${Object.entries(operation.responses ?? {}).map(([status, { description = "", content }]) => html`<div class="answer"><p><strong>${status === "default" ? "Any other" : status}</strong> ${inline(description)}</p>${contents("", content, linked)}</div>`)}</article>`);
  const schemas = Object.entries(own).filter(([name]) => link(name) === null).map(([name, schema]) => html`<article id="schema-${name}"><h4><code>${name}</code></h4><p>${inline(schema.description ?? "")}</p>${fieldsOf(schema, linked)}</article>`);
  return [...routes, ...schemas];
}

function parameters({ parameters = [] }: HttpOperation, link: Link): Piece {
  if (parameters.length === 0) return null;
  const rows = parameters.map(({ name, in: where, required, description, schema = {} }) => [`${name}`, { ...schema, description: `${description ?? schema.description ?? ""}${where === "query" ? "" : ` (${where})`}`.trim() }, required === true] as const);
  return html`<h5>Parameters</h5>${fieldsOf({ properties: Object.fromEntries(rows.map(([name, schema]) => [name, schema])), required: rows.filter(([, , required]) => required).map(([name]) => name) }, link)}`;
}

function contents(role: string, content: Readonly<Record<string, { readonly schema?: Schema }>> = {}, link: Link): Piece {
  return Object.entries(content).map(([type, { schema = {} }]) => {
    const table = schema.properties !== undefined && Object.keys(schema.properties).length > 0;
    return table ? html`<details><summary>${role}<code>${type}</code>, its fields</summary>${fieldsOf(schema, link)}</details>` : html`<p>${role}<code>${type}</code>: ${typeOf(schema, link)}</p>`;
  });
}
