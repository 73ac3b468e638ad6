#!/usr/bin/env node
/**
 * `npm start`: installs what is missing, then runs `taskwire serve` in the foreground. What follows `npm start --` goes
 * to `serve`.
 */
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "./install.mjs";

try {
  await ensureInstalled({ development: false });
  process.exitCode = await run(findBun(), [join(ROOT, "src", "cli", "main.ts"), "serve", "--first-task", ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`taskwire: ${error.message}\n`);
  process.exitCode = 1;
}
