/** Schemas for readers: what a field holds in a few words, and an object's fields as a table. Pure. */
import type { Schema } from "./contract.ts";
import { type Html, html, joined, type Piece } from "./html.ts";
import { inline } from "./prose.ts";

/** The largest whole number that every language's JSON keeps: as good as no bound. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** Where the name of a schema leads to; null where the page has no place for it. */
export type Link = (name: string) => string | null;

/** What a value is, in a few words, with links to what it is made of. */
export function typeOf(schema: Schema, link: Link): Piece {
  if (schema.$ref !== undefined) return referenceTo(schema.$ref, link);
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum !== undefined) return joined(schema.enum.map((value) => html`<code>${String(value)}</code>`), " | ");
  if (schema["x-open-enum"] !== undefined) return [joined(schema["x-open-enum"].map((value) => html`<code>${value}</code>`), " | "), html` | <abbr title="An open list: others must be taken">…</abbr>`];
  const branches = schema.oneOf ?? (schema.type === undefined ? schema.anyOf : undefined);
  if (branches !== undefined) return joined(branches.map((branch) => typeOf(branch, link)), " or ");
  const [type = "any", ...others] = [schema.type ?? "any JSON"].flat();
  return [plainType(type, schema, link), others.map((other) => ` or ${other}`)];
}

function plainType(type: string, schema: Schema, link: Link): Piece {
  if (type === "array") return ["list of ", schema.items === undefined ? "any JSON" : typeOf(schema.items, link)];
  if (type === "object" && typeof schema.additionalProperties === "object" && Object.keys(schema.additionalProperties).length > 0) return ["object of ", typeOf(schema.additionalProperties, link)];
  return schema.format === "date-time" ? "time (RFC 3339)" : type;
}

function referenceTo(ref: string, link: Link): Piece {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  const target = link(name);
  return target === null ? html`<code>${name}</code>` : html`<a href="#${target}">${name}</a>`;
}

/** What a value is held to: bounds, pattern, default. */
function boundsOf({ minLength = 0, maxLength, minimum, maximum, minItems = 0, maxItems, pattern, default: otherwise }: Schema): readonly Piece[] {
  const range = (low: number | undefined, high: number | undefined, unit: string): string[] => {
    const top = high === undefined || high >= UNBOUNDED ? undefined : high;
    if (top === undefined) return low === undefined || low === 0 ? [] : [`${low}${unit} at least`];
    return [low === undefined || low === 0 ? `up to ${top}${unit}` : low === top ? `${low}${unit}` : `${low} to ${top}${unit}`];
  };
  const numbers = minimum === undefined && maximum === undefined ? [] : minimum === 0 && (maximum ?? UNBOUNDED) >= UNBOUNDED ? ["0 or more"] : minimum === 0 ? [`0 to ${maximum}`] : range(minimum, maximum, "");
  const texts = [...range(minLength, maxLength, " characters"), ...numbers, ...range(minItems, maxItems, " items")];
  return joined([...texts, ...(pattern === undefined ? [] : [html`<code>${pattern}</code>`]), ...(otherwise === undefined ? [] : [html`default <code>${JSON.stringify(otherwise)}</code>`])], " · ");
}

/** One row for each field: its name, what it holds, whether it is required, what it means. */
export function fieldsOf(schema: Schema, link: Link): Piece {
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  if (properties.length === 0) return html`<p class="soft">${typeof schema.additionalProperties === "object" && schema.additionalProperties.type !== undefined ? ["Any fields, each: ", typeOf(schema.additionalProperties, link)] : "No fields are set; any may be there."}</p>`;
  return [table(properties.map(([name, field]) => row(name, field, required.has(name), link))), alternatives(schema)];
}

function table(rows: readonly Html[]): Html {
  return html`<table><thead><tr><th scope="col">Field</th><th scope="col">Holds</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function row(name: string, field: Schema, required: boolean, link: Link): Html {
  const bounds = boundsOf(field);
  return html`<tr><th scope="row"><code>${name}</code> ${required ? html`<span class="required">required</span>` : html`<span class="soft">optional</span>`}</th><td>${typeOf(field, link)}${bounds.length === 0 ? null : html`<small>${bounds}</small>`}</td><td>${inline(field.description ?? "")}</td></tr>`;
}

/** Of fields that are optional one by one, some may be required together. */
function alternatives({ anyOf = [] }: Schema): Piece {
  const groups = anyOf.flatMap(({ required }) => (required === undefined ? [] : [joined(required.map((name) => html`<code>${name}</code>`), " with ")]));
  return groups.length === 0 ? null : html`<p>At least one of: ${joined(groups, ", or ")}.</p>`;
}
