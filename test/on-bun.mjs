#!/usr/bin/env node
/** Runs a program of the tests on Bun, `node test/on-bun.mjs chaos/main.ts …`: after what is missing was installed, so that a fresh clone needs Node and npm alone. */
import { dirname, join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "../src/cli/install.mjs";

const [program, ...args] = process.argv.slice(2);

try {
  await ensureInstalled({ development: true });
  process.exitCode = await run(findBun(), [join(ROOT, "test", program), ...args]);
} catch (error) {
  process.stderr.write(`${dirname(program)}: ${error.message}\n`);
  process.exitCode = 1;
}
