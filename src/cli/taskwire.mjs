#!/usr/bin/env node
/**
 * The `taskwire` command, on plain Node 20: finds the Bun that came with the packages and runs the command line in it,
 * with the same terminal, signals and exit code.
 */
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "./install.mjs";

try {
  await ensureInstalled({ development: false });
  process.exitCode = await run(findBun(), [join(ROOT, "src", "cli", "main.ts"), ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`taskwire: ${error.message}\n`);
  process.exitCode = 70;
}
