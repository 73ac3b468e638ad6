#!/usr/bin/env node
/** Runs `try.ts` in the Bun that came with the packages. */
import { join } from "node:path";
import { ensureInstalled, findBun, run } from "../../../src/cli/install.mjs";

await ensureInstalled({ development: false });
process.exitCode = await run(findBun(), [join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "try.ts"), ...process.argv.slice(2)]);
