#!/usr/bin/env node
/** `npm run picture`: the README's picture, taken from the real page while the first task is at work and its wire has been cut. */
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "../../src/cli/install.mjs";

try {
  await ensureInstalled({ development: true });
  process.exitCode = await run(findBun(), [join(ROOT, "test/e2e/picture.ts"), ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`picture: ${error.message}\n`);
  process.exitCode = 1;
}
