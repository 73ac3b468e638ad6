/** Prints `Types.swift`: every object of the contract as a view of its JSON, every enum as an open one. */
import { camel, comment, declared, heading, quote, typeName, upper } from "./text.mjs";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printTypes(model) {
  const says = new Map(model.events.filter(({ type }) => type !== null).map(({ type, data }) => [data, `What \`${type}\` says.`]));
  const types = model.types.filter(({ name }) => !name.endsWith("Frame")).map((type) => ({ ...type, doc: type.doc || says.get(type.name) || "" }));
  return [heading(model), ...types.map(printType)].join("\n");
}

/** One type of the contract. */
export function printType(type) {
  return type.kind === "object" ? printObject(type) : printEnum(typeName(type.name), type.doc, type.values, "");
}

function printObject(type) {
  const fields = type.fields.map((field) => ({ ...field, swift: swiftType(field) }));
  const nested = fields.filter(({ shape }) => isInlineEnum(shape)).map((field) => printEnum(upper(camel(field.name)), `A value of \`${camel(field.name)}\`; others may come.`, field.shape.values, "  "));
  return `${comment(docOf(type))}public struct ${typeName(type.name)}: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }
${printInit(fields)}${fields.map((field) => `\n${printField(field)}`).join("")}${nested.map((text) => `\n${text}`).join("")}
${printSchema(type)}}
`;
}

/** The type's own words, and which fields it wants at least one set of. */
function docOf({ doc, oneOf }) {
  if (oneOf.length === 0) return doc;
  const sets = oneOf.map((names) => names.map((name) => `\`${camel(name)}\``).join(" and "));
  return `${doc}${doc ? " " : ""}Needs ${sets.join(", or ")}.`;
}

function printInit(fields) {
  const given = fields.filter(({ shape }) => shape.kind !== "const");
  if (fields.length === 0) return "";
  const sorted = [...given.filter(({ required }) => required), ...given.filter(({ required }) => !required)];
  const parameters = sorted.map(({ name, required, swift }) => (required ? `${declared(camel(name))}: ${swift}` : `${declared(camel(name))}: ${swift}? = nil`));
  const constants = fields.filter(({ shape }) => shape.kind === "const").map(({ name, shape, required }) => (required ? `    json[${quote(name)}] = .string(${quote(shape.value)})\n` : ""));
  return `
  /// One that says this.
  public init(${parameters.join(", ")}) {
    json = JSONObject()
${constants.join("")}${given.map(({ name }) => `    json.set(${quote(name)}, ${declared(camel(name))})\n`).join("")}  }
`;
}

function printField({ name, required, doc, shape, swift }) {
  const property = declared(camel(name));
  const words = comment(doc || `\`${name}\` of the contract.`, "  ");
  if (shape.kind === "const") return `${words}  public var ${property}: String { ${quote(shape.value)} }\n`;
  const get = required && !shape.nullable ? `json.get(${quote(name)}, or: ${emptyOf(shape, swift)})` : `json.get(${quote(name)})`;
  return `${words}  public var ${property}: ${swift}${required ? "" : "?"} {\n    get { ${get} }\n    set { json.set(${quote(name)}, newValue) }\n  }\n`;
}

const isInlineEnum = ({ kind }) => kind === "openEnum" || kind === "closedEnum";

/** The Swift type of a field, without regard to whether it may be absent. */
function swiftType({ name, shape, required }) {
  const plain = isInlineEnum(shape) ? upper(camel(name)) : plainType(shape);
  return shape.nullable && required ? `${plain}?` : plain;
}

function plainType(shape) {
  switch (shape.kind) {
    case "string": case "const": return "String";
    case "integer": return "Int";
    case "number": return "Double";
    case "boolean": return "Bool";
    case "any": return "JSONValue";
    case "object": case "pageItem": return "JSONObject";
    case "map": return `[String: ${plainType(shape.values)}]`;
    case "array": return `[${plainType(shape.items)}]`;
    case "event": return "TaskEvent";
    case "draft": return "EventDraft";
    case "ref": return typeName(shape.name);
    default: throw new Error(`No Swift for the shape ${shape.kind}`);
  }
}

/** What stands for a required field that is missing all the same: reading never fails. */
function emptyOf(shape, swift) {
  if (isInlineEnum(shape) || swift === "String" || ENUMS.has(shape.name)) return '""';
  switch (shape.kind) {
    case "integer": case "number": return "0";
    case "boolean": return "false";
    case "any": return ".null";
    case "array": return "[]";
    case "map": return "[:]";
    case "object": case "pageItem": return "JSONObject()";
    default: return `${swift}(json: JSONObject())`;
  }
}

/** Enums with a name of their own. */
const ENUMS = new Set(["TaskStatus", "Replay", "Command"]);

function printEnum(name, doc, values, indent) {
  const rows = values.map((value) => `${indent}  public static let ${declared(camel(value))} = Self(rawValue: ${quote(value)})\n`);
  return `${comment(doc, indent)}${indent}public struct ${name}: OpenEnum {
${indent}  public let rawValue: String
${indent}  public init(rawValue: String) { self.rawValue = rawValue }

${rows.join("")}${indent}}
`;
}

/** What the type must hold to, for those who decode something of unknown origin. */
function printSchema({ fields, oneOf }) {
  const rows = fields.map(({ name, required, shape }) => `\n    .init(${quote(name)}, ${shapeText(shape)}${required ? ", required: true" : ""}),`);
  const needs = oneOf.length > 0 ? `, needs: [${oneOf.map((names) => `[${names.map(quote).join(", ")}]`).join(", ")}]` : "";
  return `  public static let schema = Schema([${rows.join("")}${rows.length > 0 ? "\n  " : ""}]${needs})\n`;
}

/** A shape as a value of `Schema.Shape`. */
function shapeText(shape) {
  const plain = plainShape(shape);
  return shape.nullable ? `.nullable(${plain})` : plain;
}

const limits = ({ minimum, maximum }) => [minimum === undefined ? null : `min: ${minimum}`, maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : `max: ${maximum}`].filter(Boolean).join(", ");
const call = (name, argumentsText) => `.${name}(${argumentsText})`;

function plainShape(shape) {
  switch (shape.kind) {
    case "string": return shape.format === "date-time" ? ".time" : shape.pattern?.startsWith("^[A-Za-z0-9_-]") ? ".id" : call("string", [shape.minLength === undefined ? null : `min: ${shape.minLength}`, shape.maxLength === undefined ? null : `max: ${shape.maxLength}`].filter(Boolean).join(", "));
    case "integer": return call("integer", limits(shape));
    case "number": return call("number", limits(shape));
    case "boolean": return ".boolean";
    case "any": return ".any";
    case "object": return ".object";
    case "map": return `.map(${shapeText(shape.values)})`;
    case "array": return `.array(${shapeText(shape.items)}${shape.minItems === undefined ? "" : `, min: ${shape.minItems}`})`;
    case "const": return `.constant(${quote(shape.value)})`;
    case "openEnum": return ".string()";
    case "closedEnum": return `.oneOf([${shape.values.map(quote).join(", ")}])`;
    case "event": return ".type(TaskEvent.self)";
    case "draft": return ".type(EventDraft.self)";
    case "pageItem": return ".object";
    case "ref": return ENUMS.has(shape.name) ? ".string()" : `.type(${typeName(shape.name)}.self)`;
    default: throw new Error(`No schema for the shape ${shape.kind}`);
  }
}

/** Fields of an envelope as properties of what carries it. */
export function printEnvelopeFields(fields) {
  return fields.map((field) => `\n${printField({ ...field, swift: swiftType(field) })}`).join("");
}

/** Rows of an envelope's schema. */
export function envelopeRows(fields) {
  return fields.map(({ name, required, shape }) => `\n    .init(${quote(name)}, ${shapeText(shape)}${required ? ", required: true" : ""}),`).join("");
}
