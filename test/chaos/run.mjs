#!/usr/bin/env node
/** `npm run chaos`: installs what is missing and runs the chaos command on Bun. */
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "../../src/cli/install.mjs";

try {
  await ensureInstalled({ development: true });
  process.exitCode = await run(findBun(), [join(ROOT, "test/chaos/main.ts"), ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`chaos: ${error.message}\n`);
  process.exitCode = 1;
}
