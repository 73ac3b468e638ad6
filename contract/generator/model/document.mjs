/** Prints the bundled contract as JSON with one definition a line: small, and a change shows as the lines that changed. */

/** How deep the text is laid out; everything below stands on one line. */
const DEPTH = { components: 3, channels: 2, operations: 2, info: 2, servers: 2, "x-errors": 3 };

/** @param {Record<string, any>} document the bundled contract */
export function printDocument(document) {
  const { asyncapi, ...rest } = document;
  return `${lay({ "x-generated": "From contract/asyncapi.yaml by `npm run generate`. Do not edit.", asyncapi, ...rest }, 1, "", true)}\n`;
}

function lay(value, depth, indent, top) {
  if (depth === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return JSON.stringify(value);
  const rows = Object.entries(value).map(([key, item]) => `${indent}  ${JSON.stringify(key)}: ${lay(item, (top ? (DEPTH[key] ?? 1) : depth) - 1, `${indent}  `, false)}`);
  return rows.length === 0 ? "{}" : `{\n${rows.join(",\n")}\n${indent}}`;
}
