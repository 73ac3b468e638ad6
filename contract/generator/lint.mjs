/** Holds the contract to AsyncAPI, and every example to its schema, which AsyncAPI's parser does not. */
import { createRequire } from "node:module";
import { breaches } from "./model/rules.mjs";

const require = createRequire(import.meta.url);
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/** The parser's severity of an error; warnings are 1. */
const ERROR = 0;

/**
 * @param {Record<string, any>} document the bundled contract
 * @returns {Promise<string[]>} one sentence for everything that is wrong
 */
export async function lint(document) {
  const { Parser } = require("@asyncapi/parser");
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  const parsed = diagnostics.filter(({ severity }) => severity === ERROR).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return [...parsed, ...breaches(document, validator(document))];
}

/** A validator of values against the document's own schemas, by JSON pointer. */
function validator(document) {
  const { default: Ajv } = require("ajv");
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { "date-time": RFC3339 } });
  ajv.addSchema({ components: document.components }, "contract");
  return (pointer, value) => {
    const check = ajv.compile({ $ref: `contract#${pointer}` });
    return check(value) ? null : ajv.errorsText(check.errors, { dataVar: "" });
  };
}
