/** Holds the contract to AsyncAPI, and every example and vector to its schema, which AsyncAPI's parser does not. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { breaches, disagreements } from "./model/rules.mjs";

const require = createRequire(import.meta.url);
const RFC3339 = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
/** The parser's severity of an error; warnings are 1. */
const ERROR = 0;

/**
 * @param {Record<string, any>} document the bundled contract
 * @param {string} folder the contract's folder
 * @returns {Promise<string[]>} one sentence for everything that is wrong
 */
export async function lint(document, folder) {
  const { Parser } = require("@asyncapi/parser");
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  const parsed = diagnostics.filter(({ severity }) => severity === ERROR).map(({ path, message }) => `${path.join(".")}: ${message}`);
  const validate = validator(document);
  const vectors = (name) => JSON.parse(readFileSync(join(folder, "vectors", `${name}.json`), "utf8"));
  const files = { drafts: vectors("drafts"), clientFrames: vectors("client-frames"), streamFrames: vectors("stream-frames"), createTask: vectors("create-task") };
  return [...parsed, ...breaches(document, validate), ...disagreements(document, files, validate)];
}

/** A validator of values against the document's own schemas, by JSON pointer. */
function validator(document) {
  const { default: Ajv } = require("ajv");
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { "date-time": RFC3339 } });
  ajv.addSchema({ components: document.components }, "contract");
  const checks = new Map();
  return (pointer, value) => {
    const check = checks.get(pointer) ?? ajv.compile({ $ref: `contract#${pointer}` });
    checks.set(pointer, check);
    return check(value) ? null : ajv.errorsText(check.errors, { dataVar: "" });
  };
}
