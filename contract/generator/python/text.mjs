/** How Python is written down: docstrings, names, literals. */
import { wrap } from "../wrap.mjs";

/** Longest line of a docstring. */
const WIDTH = 120;

/** Words that are Python's own, or names of every pydantic model; as a field they end with an underscore. */
const OWN = new Set("False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield schema json copy dict validate construct".split(" "));

/** A docstring with the given indentation, or nothing where there is nothing to say. */
export function docstring(doc, indent = "    ") {
  if (!doc) return "";
  const lines = wrap(doc.replaceAll("\\", "\\\\").replaceAll('"""', "'''"), WIDTH - indent.length);
  const last = lines.at(-1).endsWith('"') ? " " : "";
  if (lines.length === 1) return `${indent}"""${lines[0]}${last}"""\n`;
  return `${indent}"""${lines[0]}\n${lines.slice(1).map((line) => `${indent}${line}\n`).join("")}${indent}"""\n`;
}

/** A comment of one line or more. */
export function comment(doc) {
  return doc ? wrap(doc, WIDTH - 2).map((line) => `# ${line}\n`).join("") : "";
}

/** `task.created` → `"task.created"`; null → `None`. */
export const quote = (value) => (value === null ? "None" : JSON.stringify(value));

/** A pattern as a raw literal. */
export const raw = (pattern) => `r"${pattern.replaceAll('"', "[\\x22]")}"`;

/** A field's name as an attribute. */
export const attribute = (name) => (OWN.has(name) || !/^[a-z_]\w*$/i.test(name) ? `${name.replace(/\W/g, "_")}_` : name);

/** `worker_lost` → `WorkerLost`. */
export const pascal = (name) => name.split(/[._-]+/).map((word) => word[0].toUpperCase() + word.slice(1)).join("");

/** `worker_lost` → `WORKER_LOST`. */
export const constant = (name) => name.replace(/\W/g, "_").toUpperCase();

/** `true` → `True`. */
export const bool = (value) => (value ? "True" : "False");

/** The first line of every generated file: from what, and how it is made anew. */
export const heading = (model) => `# Generated from contract/asyncapi.yaml (${model.title} ${model.version}) by \`npm run generate\`. Do not edit.\n`;
