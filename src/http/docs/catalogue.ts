/** What travels: events by family, frames, and the types that they are made of. Pure. */
import type { AsyncApi, Message, Schema } from "./contract.ts";
import { nameOf } from "./contract.ts";
import { block, type Html, html, joined, type Piece } from "./html.ts";
import { inline } from "./prose.ts";
import { fieldsOf, type Link, typeOf } from "./schema.ts";

/** Unions of everything: described by the whole page. */
const UNIONS: Readonly<Record<string, string>> = { StoredEvent: "events", EventDraft: "events", Envelope: "envelope", DraftEnvelope: "draft-envelope", PageItem: "events" };

type Named = readonly [name: string, message: Message];

/** Every event type, by its family: what stands before the first dot. */
export function familiesOf({ components: { messages } }: AsyncApi): ReadonlyMap<string, readonly Named[]> {
  const families = new Map<string, Named[]>();
  for (const [name, message] of Object.entries(messages)) {
    if (message["x-event"] === undefined) continue;
    const family = typeName(message).split(".")[0] ?? "";
    families.set(family, [...(families.get(family) ?? []), [name, message]]);
  }
  return families;
}

/** The frames of one side. */
export function framesOf({ components: { messages, schemas } }: AsyncApi, side: "service" | "client"): readonly Named[] {
  return Object.entries(messages).filter(([, message]) => {
    const frame = schemas[nameOf(message.payload.$ref ?? "")];
    return message["x-event"] === undefined && frame?.properties?.type?.const === message.name && message.name.startsWith("stream.") === (side === "service");
  });
}

/** The anchor of an event type or a frame: its name. */
export const anchorOfMessage = (message: Message): string => typeName(message).replace(/[^A-Za-z0-9._-]/g, "-");

const typeName = (message: Message): string => message.name;

/** Where a schema is told of on this page. */
export function linksOf(document: AsyncApi): Link {
  const { schemas } = document.components;
  return (name) => UNIONS[name] ?? (schemas[name] === undefined ? null : `type-${name}`);
}

/** The families, one section each; every type with its fields, its facts and examples. */
export function eventSections(document: AsyncApi, link: Link): readonly Html[] {
  return [...familiesOf(document)].map(([family, events]) => html`<section aria-labelledby="family-${family}"><h3 id="family-${family}">${family}.*</h3>${events.map(([name, message]) => eventEntry(document, name, message, link))}</section>`);
}

function eventEntry({ components: { schemas } }: AsyncApi, name: string, message: Message, link: Link): Html {
  const data = nameOf(schemas[name]?.properties?.data?.$ref ?? "");
  const schema = schemas[data] ?? {};
  return html`<article id="${anchorOfMessage(message)}">
<h4><a class="self" href="#${anchorOfMessage(message)}"><code>${typeName(message)}</code></a> ${badges(message)}</h4>
<p>${inline(message.summary ?? "")}</p>${facts(message)}
<div id="type-${data}">${schema.description === undefined || schema.description === message.summary ? null : html`<p class="soft">${inline(schema.description)}</p>`}${fieldsOf(schema, link)}</div>
${examples(message)}</article>`;
}

function badges({ "x-event": facts = {} }: Message): readonly Piece[] {
  const texts = [facts.by === "service" ? "only the service writes it" : null, facts.terminal === true ? "ends the task" : null, facts.synthetic === true ? "never stored" : null];
  return texts.map((text) => (text === null ? null : html`<span class="badge">${text}</span> `));
}

const ROLES: Readonly<Record<string, string>> = { opens: "opens", continues: "belongs to", delta: "needs an open", closes: "closes" };

function facts({ "x-event": { status, percent, scope, closes_all } = {} }: Message): Piece {
  const told = [
    status === undefined ? null : html`the task is <code>${status}</code>`,
    scope === undefined ? null : [html`${ROLES[scope.role] ?? scope.role} ${scope.family}, named by <code>${scope.id}</code>`, scope.unless === undefined ? null : html`, unless <code>${scope.unless}</code> is true`],
    percent === undefined ? null : html`its percent is of the ${percent}, and never falls`,
    closes_all === true ? "closes everything that is open" : null,
  ].filter((fact) => fact !== null);
  return told.length === 0 ? null : html`<p class="facts">${joined(told, " · ")}</p>`;
}

/** The examples of a message, folded away. */
export function examples(message: Message): Piece {
  const all = message.examples ?? [];
  if (all.length === 0) return null;
  const text = ({ payload }: { payload: unknown }): string => (typeof payload === "string" ? payload : JSON.stringify(payload, null, 2));
  return html`<details><summary>${all.length === 1 ? "Example" : `${all.length} examples`} of <code>${message.name}</code></summary>${all.map((example, at) => block(text(example), `Example ${at + 1} of ${message.name}`))}</details>`;
}

/** The frames of one side, each with its fields and examples. */
export function frameEntries(document: AsyncApi, side: "service" | "client", link: Link): readonly Html[] {
  return framesOf(document, side).map(([, message]) => {
    const name = nameOf(message.payload.$ref ?? "");
    return html`<article id="${anchorOfMessage(message)}">
<h4><a class="self" href="#${anchorOfMessage(message)}"><code>${message.name}</code></a></h4>
<p>${inline(message.summary ?? "")}</p>
<div id="type-${name}">${fieldsOf(document.components.schemas[name] ?? {}, link)}</div>
${examples(message)}</article>`;
  });
}

/** What is around the type and data of an event, of one that is delivered and of one that is sent. */
export function envelopes({ components: { schemas } }: AsyncApi, link: Link): readonly Html[] {
  const entry = (anchor: string, title: string, name: string): Html => html`<h3 id="${anchor}">${title}</h3><p>${inline(schemas[name]?.description ?? "")}</p>${fieldsOf(schemas[name] ?? {}, link)}`;
  return [entry("envelope", "Around every event that you get", "Envelope"), entry("draft-envelope", "Around an event that you send", "DraftEnvelope")];
}

/** Every other type, by name. */
export function typeEntries(document: AsyncApi, link: Link): readonly Html[] {
  const { messages, schemas } = document.components;
  const shown = new Set([...Object.keys(UNIONS), ...[...familiesOf(document).values()].flat().flatMap(([name]) => [name, `${name}Event`, nameOf(schemas[name]?.properties?.data?.$ref ?? "")])]);
  for (const side of ["service", "client"] as const) for (const [, message] of framesOf(document, side)) shown.add(nameOf(message.payload.$ref ?? ""));
  for (const message of Object.values(messages)) if (message["x-event"] !== undefined) shown.add(nameOf(message.payload.$ref ?? ""));
  const rest = Object.entries(schemas).filter(([name]) => !shown.has(name)).sort(([left], [right]) => (left < right ? -1 : 1));
  return rest.map(([name, schema]) => html`<article id="type-${name}"><h4><a class="self" href="#type-${name}"><code>${name}</code></a></h4><p>${inline(schema.description ?? "")}</p>${content(schema, link)}</article>`);
}

const content = (schema: Schema, link: Link): Piece => (schema.properties === undefined && schema.type !== "object" ? html`<p>${typeOf(schema, link)}</p>` : fieldsOf(schema, link));
