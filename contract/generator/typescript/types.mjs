/** Prints `types.ts`: types only, nothing that runs. */
import { comment, heading, quote } from "./text.mjs";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printTypes(model) {
  return [
    heading(model),
    "/* eslint-disable */\n",
    ...model.types.map(printType),
    printEnvelope("Envelope", model.envelope),
    printEnvelope("DraftEnvelope", model.draftEnvelope),
    ...model.events.map(printEvent),
    printDataMap(model),
    printUnions(model),
  ].join("\n").replace("/* eslint-disable */\n\n", "");
}

function printType(type) {
  if (type.kind !== "object") return `${comment(type.doc)}export type ${type.name} = ${enumOf(type)};\n`;
  if (type.fields.length === 0) return `${comment(type.doc)}export type ${type.name} = Readonly<Record<string, unknown>>;\n`;
  return `${comment(docOf(type))}export interface ${type.name} {\n${type.fields.map(printField).join("")}}\n`;
}

/** The type's own words, and which fields it wants at least one set of. */
function docOf({ doc, oneOf }) {
  if (oneOf.length === 0) return doc;
  const sets = oneOf.map((names) => names.map((name) => `\`${name}\``).join(" and "));
  return `${doc}${doc ? " " : ""}Needs ${sets.join(", or ")}.`;
}

const printField = ({ name, required, doc, shape }) => `${comment(doc, "  ")}  readonly ${name}${required ? "" : "?"}: ${typeText(shape)};\n`;

/** A shape as a TypeScript type. */
export function typeText(shape) {
  const plain = plainText(shape);
  return shape.nullable ? `${plain} | null` : plain;
}

function plainText(shape) {
  switch (shape.kind) {
    case "string": return "string";
    case "integer":
    case "number": return "number";
    case "boolean": return "boolean";
    case "any": return "unknown";
    case "object": return "Readonly<Record<string, unknown>>";
    case "map": return `Readonly<Record<string, ${typeText(shape.values)}>>`;
    case "array": return `readonly ${/[|( ]/.test(typeText(shape.items)) ? `(${typeText(shape.items)})` : typeText(shape.items)}[]`;
    case "const": return quote(shape.value);
    case "openEnum":
    case "closedEnum": return enumOf(shape);
    case "event": return "AnyEvent";
    case "draft": return "EventDraft";
    case "pageItem": return "PageItem";
    case "ref": return shape.name;
    default: throw new Error(`No TypeScript for the shape ${shape.kind}`);
  }
}

const enumOf = ({ kind, values }) => `${values.map(quote).join(" | ")}${kind === "openEnum" ? " | (string & {})" : ""}`;

const printEnvelope = (name, { doc, fields }) => `${comment(doc)}export interface ${name} {\n${fields.map(printField).join("")}}\n`;

function printEvent({ name, type, doc, data, timed }) {
  const typeField = type === null ? "`x.${string}`" : quote(type);
  return `${comment(doc)}export interface ${name}Event extends Envelope {\n  readonly type: ${typeField};\n${timed ? "  readonly time: string;\n" : ""}  readonly data: ${data};\n}\n`;
}

function printDataMap({ events }) {
  const rows = events.filter(({ type }) => type !== null).map(({ type, data }) => `  readonly ${quote(type)}: ${data};\n`);
  const producer = events.filter(({ type, service }) => type !== null && !service).map(({ type }) => `\n  | ${quote(type)}`);
  return `/** The data of every core type. */\nexport interface EventDataMap {\n${rows.join("")}}\n
/** A core type of the catalogue. */\nexport type EventType = keyof EventDataMap;\n
/** A core type that a producer may send. */\nexport type ProducerType =${producer.join("")};\n`;
}

function printUnions({ events, streamFrames, clientFrames }) {
  const list = (names) => names.map((name) => `\n  | ${name}`).join("");
  return `/** An event of a type that this version does not know. Clients keep it and carry on. */
export interface UnknownEvent extends Envelope {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event of the catalogue or of a vendor, told apart by \`type\`. */
export type StoredEvent =${list(events.map(({ name }) => `${name}Event`))};

/** Whatever may come out of a log. */
export type AnyEvent = StoredEvent | UnknownEvent;

/** An event as it is delivered: with its cursor. */
export type DeliveredEvent = StoredEvent & { readonly cursor: string };

/** What a page consists of: events; with \`replay=compact\` also ranges of them. */
export type PageItem = AnyEvent | StreamReplayedFrame;

/** What a producer sends of one core type. */
export interface DraftOf<T extends ProducerType> extends DraftEnvelope {
  readonly type: T;
  readonly data: EventDataMap[T];
}

/** What a producer sends of a vendor's type. */
export interface ExtensionDraft extends DraftEnvelope {
  readonly type: \`x.\${string}\`;
  readonly data: ExtensionData;
}

/** An event as a producer sends it. */
export type EventDraft = { [T in ProducerType]: DraftOf<T> }[ProducerType] | ExtensionDraft;

/** A frame that the service sends besides stored events. */
export type StreamFrame =${list(streamFrames.map(({ name }) => name))};

/** A frame that a client sends. */
export type ClientFrame =${list(clientFrames.map(({ name }) => name))};
`;
}
