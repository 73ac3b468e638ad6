/** How TypeScript is written down: comments, names, literals. */
import { wrap } from "../wrap.mjs";

/** Longest line of a comment. */
const WIDTH = 140;

/** A doc comment with the given indentation, or nothing where there is nothing to say. */
export function comment(doc, indent = "") {
  if (!doc) return "";
  const lines = wrap(doc.replaceAll("*/", "*\\/"), WIDTH);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/** `TaskCreatedData` → `taskCreatedData`. */
export const lower = (name) => name[0].toLowerCase() + name.slice(1);

/** `task.created` → `"task.created"`. */
export const quote = (value) => JSON.stringify(value);

/** The first line of every generated file: from what, and how it is made anew. */
export const heading = (model) => `// Generated from contract/asyncapi.yaml (${model.title} ${model.version}) by \`npm run generate\`. Do not edit.\n`;
