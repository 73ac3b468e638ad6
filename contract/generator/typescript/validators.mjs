/** Prints `validators.ts`: zod 4. Objects keep what they do not know; open enums take any string. */
import { comment, heading, lower, quote } from "./text.mjs";

/** RFC 3339 with seconds and a zone. */
const TIME = "/^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$/";

/** @param {ReturnType<import("../model/model.mjs").modelOf>} model */
export function printValidators(model) {
  const types = inOrder(model.types);
  const names = types.map(({ name }) => name);
  return [
    heading(model),
    'import { z } from "zod";\n',
    `import type {\n${[...names.filter((name) => !name.endsWith("Frame")), "EventDraft", "ExtensionDraft", "ProducerType", "AnyEvent", "StreamFrame", "ClientFrame", "DraftOf"].sort().map((name) => `  ${name},\n`).join("")}} from "./types.ts";\n`,
    `/** RFC 3339 with a zone. */\nconst time = z.string().regex(${TIME}, "Expected an RFC 3339 time such as 2026-01-31T12:00:00.000Z");\n`,
    HELP,
    `const envelope = {\n${model.envelope.fields.filter(({ shape }) => shape.kind !== "ref").map(printField).join("")}};\n`,
    `const draftEnvelope = {\n${model.draftEnvelope.fields.map(printField).join("")}};\n`,
    `/** An event as it is stored and delivered, whatever its type; its data is only known to be an object. */\nexport const anyEvent: z.ZodType<AnyEvent> = z.looseObject({ type: z.string().min(1).max(128), ...envelope, data: z.record(z.string(), z.unknown()) });\n`,
    ...types.map(printType),
    printDrafts(model),
    printUnion("streamFrame", "StreamFrame", "A frame of the service besides events.", model.streamFrames),
    printUnion("clientFrame", "ClientFrame", "A frame of a client. The events of an `append` are judged one by one, by `eventDraft`.", model.clientFrames),
  ].join("\n");
}

const HELP = `/** Refuses an object that has none of the given sets of fields. */
function oneOf(...sets: readonly (readonly string[])[]) {
  return (context: { value: unknown; issues: unknown[] }): void => {
    const has = context.value as Readonly<Record<string, unknown>>;
    if (sets.some((names) => names.every((name) => has[name] !== undefined))) return;
    const wanted = sets.map((names) => names.join(" and ")).join(", or ");
    context.issues.push({ code: "custom", message: \`Expected \${wanted}\`, input: context.value, path: [] });
  };
}
`;

/** Types in an order in which each comes after those that it refers to. */
function inOrder(types) {
  const byName = new Map(types.map((type) => [type.name, type]));
  const done = new Set();
  const ordered = [];
  function visit(type, path) {
    if (done.has(type.name)) return;
    if (path.includes(type.name)) throw new Error(`Schemas refer to each other in a circle: ${[...path, type.name].join(" -> ")}`);
    for (const name of (type.fields ?? []).flatMap(({ shape }) => refsOf(shape))) visit(byName.get(name), [...path, type.name]);
    done.add(type.name);
    ordered.push(type);
  }
  for (const type of types) visit(type, []);
  return ordered;
}

function refsOf(shape) {
  if (shape.kind === "ref") return [shape.name];
  if (shape.kind === "pageItem") return ["StreamReplayedFrame"];
  if (shape.kind === "array") return refsOf(shape.items);
  return shape.kind === "map" ? refsOf(shape.values) : [];
}

function printType(type) {
  const name = lower(type.name);
  if (type.kind !== "object") return `${comment(type.doc)}export const ${name}: z.ZodType<${type.name}> = ${zodText(type)};\n`;
  const check = type.oneOf.length > 0 ? `.check(oneOf(${type.oneOf.map((names) => JSON.stringify(names)).join(", ")}))` : "";
  const annotation = type.name.endsWith("Frame") ? "" : `: z.ZodType<${type.name}>`;
  return `${comment(type.doc)}export const ${name}${annotation} = z.looseObject({\n${type.fields.map(printField).join("")}})${check};\n`;
}

function printField({ name, required, shape }) {
  return `  ${name}: ${zodText(shape)}${required ? "" : ".optional()"},\n`;
}

const bounds = (low, lowName, high, highName) => `${low === undefined ? "" : `.${lowName}(${low})`}${high === undefined ? "" : `.${highName}(${high})`}`;

/** A shape as a zod expression. */
export function zodText(shape) {
  const plain = plainText(shape);
  return shape.nullable ? `${plain}.nullable()` : plain;
}

function plainText(shape) {
  switch (shape.kind) {
    case "string": return shape.format === "date-time" ? "time" : `z.string()${bounds(shape.minLength, "min", shape.maxLength, "max")}${shape.pattern ? `.regex(/${shape.pattern}/)` : ""}`;
    case "integer": return `z.int()${bounds(shape.minimum, "min", shape.maximum === Number.MAX_SAFE_INTEGER ? undefined : shape.maximum, "max")}`;
    case "number": return `z.number()${bounds(shape.minimum, "min", shape.maximum, "max")}`;
    case "boolean": return "z.boolean()";
    case "any": return "z.unknown()";
    case "object": return "z.record(z.string(), z.unknown())";
    case "map": return `z.record(z.string(), ${zodText(shape.values)})`;
    case "array": return `z.array(${zodText(shape.items)})${bounds(shape.minItems, "min")}`;
    case "const": return `z.literal(${quote(shape.value)})`;
    case "openEnum": return "z.string()";
    case "closedEnum": return `z.enum(${JSON.stringify(shape.values)})`;
    case "event": return "anyEvent";
    case "pageItem": return "z.union([streamReplayedFrame, anyEvent])";
    case "draft": return "z.custom<EventDraft>(() => true)";
    case "ref": return lower(shape.name);
    default: throw new Error(`No zod for the shape ${shape.kind}`);
  }
}

function printDrafts({ events }) {
  const drafts = events.filter(({ service, type }) => !service && type !== null);
  const rows = drafts.map(({ type, data }) => `  ${quote(type)}: z.looseObject({ type: z.literal(${quote(type)}), ...draftEnvelope, data: ${lower(data)} }),\n`);
  const extension = events.find(({ type }) => type === null);
  return `/** What a producer may send, by type. */
export const eventDraft: { readonly [T in ProducerType]: z.ZodType<DraftOf<T>> } = {
${rows.join("")}};

/** What a producer may send of a vendor's type. */
export const extensionDraft: z.ZodType<ExtensionDraft> = z.looseObject({ type: z.templateLiteral(["x.", z.string()]).check(z.regex(/${extension.pattern}/)), ...draftEnvelope, data: ${lower(extension.data)} });
`;
}

function printUnion(name, type, doc, members) {
  return `${comment(doc)}export const ${name}: z.ZodType<${type}> = z.discriminatedUnion("type", [\n${members.map((member) => `  ${lower(member.name)},\n`).join("")}]);\n`;
}
