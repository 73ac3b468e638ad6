#!/usr/bin/env node
/** `npm run contract:diff`: what has changed in the contract since the last tag, and whom it breaks. On plain Node 20. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled, ROOT } from "../../../src/cli/install.mjs";

const HELP = `What has changed in the contract of the working tree, and whether it breaks who relies on it.

  npm run contract:diff                     since the last git tag
  npm run contract:diff -- --against REF    since a tag, branch or commit
  npm run contract:diff -- --json           as JSON: {against, breaking, changes: [{path, breaking, judged, reason, before, after}]}
  npm run contract:diff -- --repository DIR of another clone

What the service sends must stay within what its receivers expect; what it receives, or has stored, must go on to be taken.
What no rule knows counts as breaking, unjudged.

Exit code: 0 nothing breaks, 1 something breaks, 2 they could not be compared.
`;

const OPTIONS = { against: { type: "string" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" }, repository: { type: "string" } };

async function main(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return process.stdout.write(HELP);
  await ensureInstalled({ development: false });
  const { contractOfCommit, contractOfTree, lastTag } = await import("./trees.mjs");
  const { changesBetween } = await import("./contract.mjs");
  const { report } = await import("./report.mjs");
  const root = resolve(values.repository ?? ROOT);
  const against = values.against ?? lastTag(root);
  const changes = changesBetween(contractOfCommit(root, against), contractOfTree(root));
  const breaking = changes.some((change) => change.breaking);
  process.stdout.write(values.json ? `${JSON.stringify({ against, breaking, changes }, null, 2)}\n` : report(changes, { from: against, to: "the working tree" }));
  process.exitCode = breaking ? 1 : 0;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
