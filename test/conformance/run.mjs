#!/usr/bin/env node
/** `npm run conformance`: installs what is missing and runs the kit on Bun. */
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "../../src/cli/install.mjs";

try {
  await ensureInstalled({ development: true });
  process.exitCode = await run(findBun(), [join(ROOT, "test/conformance/main.ts"), ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`conformance: ${error.message}\n`);
  process.exitCode = 1;
}
