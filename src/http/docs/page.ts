/** The reference as one page: everything that a partner needs, readable, printable and searchable without a script. Pure. */
import { anchorOfRoute, channelEntries, publicChannels, routeEntries, routesOf } from "./addresses.ts";
import { anchorOfMessage, envelopes, eventSections, familiesOf, frameEntries, framesOf, linksOf, typeEntries } from "./catalogue.ts";
import type { AsyncApi, OpenApi } from "./contract.ts";
import { closeTables, errorTable } from "./errors.ts";
import { type Html, html, type Piece } from "./html.ts";
import { anchorOf, headings, inline, prose } from "./prose.ts";
import { fiveRules, quickStart } from "./start.ts";

export interface Reference {
  readonly asyncapi: AsyncApi;
  readonly openapi: OpenApi;
  /** Names of the files of vectors. */
  readonly vectors: readonly string[];
  readonly ownIssuer: boolean;
  readonly version: string;
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Piece;
  readonly below: readonly { readonly anchor: string; readonly text: string }[];
}

/** The whole page as text. */
export function referencePage(reference: Reference): string {
  const sections = sectionsOf(reference);
  const { title, version } = reference.asyncapi.info;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: the reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/docs.css">
</head>
<body>
<a class="skip" href="#quick-start">Skip to the content</a>
<header><h1>${title}: the reference</h1>
<p class="soft">Contract ${version}, protocol <code>${reference.asyncapi["x-protocol"]}</code>, service ${reference.version}. As this service serves it. <a href="/">My tasks</a></p>
<p>For machines: <a href="/asyncapi.json">/asyncapi.json</a> (AsyncAPI 3.1: events, frames, errors) · <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1: HTTP) · <a href="/docs/vectors.json" download="taskwire-vectors.json">/docs/vectors.json</a> (all vectors to test against)</p></header>
<div class="columns">
<nav aria-label="Contents">${contents(sections)}</nav>
<main>${sections.map(({ id, title: heading, body }) => html`<section class="part" aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${body}</section>`)}</main>
</div>
</body>
</html>
`.text;
}

function sectionsOf({ asyncapi, openapi, vectors, ownIssuer }: Reference): readonly Section[] {
  const link = linksOf(asyncapi);
  const { description } = asyncapi.info;
  const opening = description.split(/\n(?=### )/)[0] ?? "";
  const rules = description.slice(opening.length).trim();
  const frames = (side: "service" | "client") => framesOf(asyncapi, side).map(([, message]) => ({ anchor: anchorOfMessage(message), text: message.name }));
  const commands = asyncapi.components.schemas.Command?.["x-open-enum"] ?? [];
  return [
    { id: "quick-start", title: "Quick start", body: [prose(opening), quickStart(ownIssuer)], below: [] },
    { id: "integrate", title: "What every client does", body: [html`<p>Five rules, and a client in any language is complete: fewer than sixty lines of Go's standard library do it.</p>`, fiveRules()], below: [] },
    { id: "rules", title: "Rules", body: prose(rules), below: headings(rules).map((heading) => ({ anchor: anchorOf(heading), text: heading })) },
    { id: "addresses", title: "Addresses and streams", body: channelEntries(asyncapi, link), below: publicChannels(asyncapi).map(([name, { title = name }]) => ({ anchor: `channel-${name}`, text: title })) },
    { id: "events", title: "Events", body: [html`<p>A list of values that ends in … is open: others must be taken. So must fields and types that are not here.</p>`, envelopes(asyncapi, link), eventSections(asyncapi, link)], below: [...familiesOf(asyncapi).values()].flat().map(([, message]) => ({ anchor: anchorOfMessage(message), text: message.name })) },
    { id: "frames", title: "Frames of the service", body: [html`<p>Never stored, and without a <code>seq</code>: they tell about the delivery itself.</p>`, frameEntries(asyncapi, "service", link)], below: frames("service") },
    { id: "client-frames", title: "Frames of a client", body: [html`<p>Over a WebSocket. Each is answered, and the answer repeats its <code>request_id</code>.</p>`, frameEntries(asyncapi, "client", link)], below: frames("client") },
    { id: "commands", title: "Commands", body: commandsBody(asyncapi, commands), below: [] },
    { id: "http", title: "HTTP routes", body: [html`<p>What this service answers, as in <a href="/openapi.json">/openapi.json</a>. What the contract holds beyond them stands under <a href="#addresses">Addresses and streams</a>.</p>`, routeEntries(openapi, link)], below: routesOf(openapi).map(({ method, path }) => ({ anchor: anchorOfRoute(method, path), text: `${method.toUpperCase()} ${path}` })) },
    { id: "errors", title: "Errors", body: [html`<p>Over HTTP a problem (RFC 9457, <a href="#type-ProblemBody"><code>application/problem+json</code></a>), over a WebSocket <a href="#stream.error"><code>stream.error</code></a>: the same <code>code</code> in both. Decide by <code>retryable</code> and the close code, tell people the <code>advice</code>, and quote <code>request_id</code> in a report.</p>`, errorTable(asyncapi)], below: [] },
    { id: "close-codes", title: "Close codes", body: closeTables(asyncapi), below: [] },
    { id: "types", title: "Types", body: typeEntries(asyncapi, link), below: [] },
    { id: "vectors", title: "Vectors", body: vectorsBody(vectors), below: [] },
  ];
}

function commandsBody({ components: { schemas } }: AsyncApi, commands: readonly string[]): Piece {
  return [
    html`<p>${inline(schemas.Command?.description ?? "")}</p><p>Ordered with the frame <a href="#command"><code>command</code></a>, or with <code>POST /v1/tasks/{task_id}/commands</code>; told as <a href="#command.accepted"><code>command.accepted</code></a> or <a href="#command.rejected"><code>command.rejected</code></a>, and <a href="#command.applied"><code>command.applied</code></a> once the worker has done it.</p>`,
    html`<ul>${commands.map((command) => html`<li><code>${command}</code></li>`)}</ul>`,
  ];
}

function vectorsBody(vectors: readonly string[]): Piece {
  return [
    html`<p>Cases that the service and all its clients run, so that all of them agree: <code>valid</code> must be taken, <code>invalid</code> refused with the <code>code</code> that is told, <code>forward</code> (what only a later version knows) taken and passed on whole. <code>streams/</code> are whole histories, with what they fold to; <code>sse/</code> raw bytes, with what a parser hands out.</p>`,
    html`<p>All in one: <a href="/docs/vectors.json" download="taskwire-vectors.json">/docs/vectors.json</a>, an object by file name. One by one:</p>`,
    html`<ul class="files">${vectors.map((name) => html`<li><a href="/docs/vectors/${name}"><code>${name}</code></a></li>`)}</ul>`,
  ];
}

function contents(sections: readonly Section[]): Html {
  return html`<ul>${sections.map(({ id, title, below }) => html`<li><a href="#${id}">${title}</a>${below.length === 0 ? null : html`<details><summary aria-label="More of: ${title}">${below.length}</summary><ul>${below.map(({ anchor, text }) => html`<li><a href="#${anchor}">${text}</a></li>`)}</ul></details>`}</li>`)}</ul>`;
}
