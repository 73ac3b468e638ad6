/** How Swift is written down: comments, names, literals. */
import { wrap } from "../wrap.mjs";

/** Longest line of a comment. */
const WIDTH = 140;

/** Words that are Swift's own; as a name they stand between backticks. */
const OWN = new Set("as associatedtype break case catch class continue default defer deinit do else enum extension fallthrough false fileprivate for func guard if import in init inout internal is let nil operator private protocol public repeat rethrows return self static struct subscript super switch throw throws true try typealias var where while".split(" "));

/** A doc comment with the given indentation, or nothing where there is nothing to say. */
export function comment(doc, indent = "") {
  if (!doc) return "";
  return wrap(doc, WIDTH).map((line) => `${indent}/// ${line}\n`).join("");
}

/** `task.created` → `"task.created"`. */
export const quote = (value) => (value === null ? "nil" : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

/** `total_steps` → `totalSteps`, `task_id` → `taskID`, `worker.lost` → `workerLost`. */
export function camel(name) {
  const [first, ...rest] = name.split(/[._-]+/);
  return [first, ...rest.map((word) => (word === "id" ? "ID" : word === "ids" ? "IDs" : upper(word)))].join("");
}

/** `status` → `Status`. */
export const upper = (name) => name[0].toUpperCase() + name.slice(1);

/** `TaskCreated` → `taskCreated`. */
export const lower = (name) => name[0].toLowerCase() + name.slice(1);

/** A name as it is declared. */
export const declared = (name) => (OWN.has(name) ? `\`${name}\`` : name);

/** A type's name. Those of one word (`Actor`, `Selector` …) are names of Swift or of Apple's frameworks too. */
export const typeName = (name) => (/^[A-Z][a-z]+$/.test(name) ? `Task${name}` : name);

/** The first line of every generated file: from what, and how it is made anew. */
export const heading = (model) => `// Generated from contract/asyncapi.yaml (${model.title} ${model.version}) by \`npm run generate\`. Do not edit.\n`;
