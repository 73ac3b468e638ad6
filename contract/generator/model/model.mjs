/**
 * What the contract says, in terms that no programming language owns. Printers turn it into TypeScript, and later into Swift
 * and Python. Made from the bundled document, whose references are still in place: they carry the names.
 *
 * Shape: `{ title, version, protocol, types, envelope, draftEnvelope, events, streamFrames, clientFrames, errors, closes, commands, statuses }`.
 * A *type* is `{ name, doc, kind: "object" | "openEnum" | "closedEnum", fields?, oneOf?, values? }`; a *field* `{ name, required, doc, shape }`;
 * a *shape* `{ kind: "string" | "integer" | "number" | "boolean" | "any" | "object" | "map" | "array" | "const" | "openEnum" | "closedEnum" | "ref" | "event" | "draft" | "pageItem", … }`.
 */

const SCHEMAS = "#/components/schemas/";
/** Schemas that stand for all events: printers have their own way with them. */
const UNIONS = { StoredEvent: "event", EventDraft: "draft", PageItem: "pageItem" };

/** @param {Record<string, any>} document the bundled contract */
export function modelOf(document) {
  const { schemas, messages } = document.components;
  const events = Object.entries(messages).flatMap(([name, message]) => (message["x-event"] ? [eventOf(name, message, schemas)] : []));
  const structural = new Set(["Envelope", "DraftEnvelope", ...Object.keys(UNIONS), ...events.flatMap(({ name }) => [name, `${name}Event`])]);
  const types = Object.entries(schemas).flatMap(([name, schema]) => (structural.has(name) ? [] : [typeOf(name, schema)]));
  const frames = (suffix) => types.filter(({ name, fields }) => name.endsWith("Frame") && fields && /^Stream/.test(name) === suffix).map(frameOf);
  return {
    title: document.info.title,
    version: document.info.version,
    protocol: document["x-protocol"],
    types,
    envelope: envelopeOf("Envelope", schemas.Envelope),
    draftEnvelope: envelopeOf("DraftEnvelope", schemas.DraftEnvelope),
    events,
    streamFrames: frames(true),
    clientFrames: frames(false),
    errors: Object.entries(document["x-errors"].codes).map(([code, facts]) => ({ code, ...facts })),
    closes: closesOf(document["x-errors"]),
    commands: schemas.Command["x-open-enum"],
    statuses: schemas.TaskStatus["x-open-enum"],
  };
}

function eventOf(name, message, schemas) {
  const facts = message["x-event"];
  const type = schemas[name].properties.type;
  return {
    name,
    type: type.const ?? null,
    pattern: type.pattern ?? null,
    doc: message.summary ?? "",
    data: shapeOf(schemas[name].properties.data).name,
    timed: (schemas[`${name}Event`].allOf ?? []).some(({ required }) => required?.includes("time")),
    service: facts.by === "service",
    synthetic: facts.synthetic === true,
    terminal: facts.terminal === true,
    closesAll: facts.closes_all === true,
    status: facts.status ?? null,
    percent: facts.percent ?? null,
    scope: facts.scope ? { family: facts.scope.family, role: facts.scope.role, id: facts.scope.id, unless: facts.scope.unless ?? null } : null,
  };
}

const frameOf = ({ name, doc, fields }) => ({ name, doc, type: fields.find((field) => field.name === "type").shape.value });

/** An envelope without `type` and `data`, which every event type has in its own way. */
function envelopeOf(name, schema) {
  const type = typeOf(name, schema);
  return { ...type, fields: type.fields.filter(({ name: field }) => field !== "type" && field !== "data") };
}

function closesOf({ codes, closes }) {
  const ends = Object.entries(closes).map(([reason, facts]) => ({ reason, ...facts }));
  const errors = Object.entries(codes).filter(([, { close }]) => close !== null);
  return [...ends, ...errors.map(([reason, { close, retryable, advice }]) => ({ reason, code: close, retryable, advice }))].sort((a, b) => a.code - b.code);
}

function typeOf(name, schema) {
  const doc = schema.description ?? "";
  const shape = shapeOf(schema);
  if (shape.kind === "openEnum" || shape.kind === "closedEnum") return { name, doc, kind: shape.kind, values: shape.values };
  if (schema.type !== "object") throw new Error(`Schema ${name}: a named schema is an object or an enum`);
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([field, inner]) => ({ name: field, required: required.has(field), doc: inner.description ?? "", shape: shapeOf(inner, `${name}.${field}`) }));
  const oneOf = (schema.anyOf ?? []).map((branch) => branch.required);
  return { name, doc, kind: "object", fields, oneOf };
}

const KNOWN = new Set(["type", "description", "const", "enum", "x-open-enum", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "minItems", "items", "additionalProperties", "default", "$ref", "properties", "required", "anyOf"]);

/** A schema's shape. Throws on a keyword that no printer would honour, so that nothing is dropped silently. */
function shapeOf(schema, where = "") {
  const strange = Object.keys(schema).find((key) => !KNOWN.has(key));
  if (strange) throw new Error(`${where}: the generator does not know the keyword ${strange}`);
  if (schema.$ref) return refOf(schema.$ref, where);
  if (schema.const !== undefined) return { kind: "const", value: schema.const };
  if (schema.enum) return { kind: "closedEnum", values: schema.enum };
  if (schema["x-open-enum"]) return { kind: "openEnum", values: schema["x-open-enum"] };
  const nullable = Array.isArray(schema.type) && schema.type.includes("null");
  const type = nullable ? schema.type.find((name) => name !== "null") : schema.type;
  const { minLength, maxLength, pattern, format, minimum, maximum, minItems } = schema;
  if (type === undefined) return { kind: "any" };
  if (type === "array") return { kind: "array", nullable, minItems, items: shapeOf(schema.items, `${where}[]`) };
  if (type === "object") return typeof schema.additionalProperties === "object" ? { kind: "map", nullable, values: shapeOf(schema.additionalProperties, `${where}{}`) } : { kind: "object", nullable };
  if (type === "string") return { kind: "string", nullable, minLength, maxLength, pattern, format };
  if (type === "integer" || type === "number") return { kind: type, nullable, minimum, maximum };
  if (type === "boolean") return { kind: "boolean", nullable };
  throw new Error(`${where}: the generator does not know the type ${JSON.stringify(type)}`);
}

function refOf(ref, where) {
  if (!ref.startsWith(SCHEMAS)) throw new Error(`${where}: ${ref} is not a schema of the document`);
  const name = ref.slice(SCHEMAS.length);
  return UNIONS[name] ? { kind: UNIONS[name] } : { kind: "ref", name };
}
