#!/usr/bin/env node
/**
 * `npm run bench`: Taskwire beside a baseline, in one run. The load (and the clock) run on one core, the measured server and
 * its broker on another, where the machine has `taskset`; otherwise it says so, and ratios mean less.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, findBun, ROOT, run } from "../../src/cli/install.mjs";

try {
  await ensureInstalled({ development: true });
  const pinned = spawnSync("taskset", ["-c", "1", "true"]).status === 0;
  const command = [findBun(), join(ROOT, "test/bench/main.ts"), ...process.argv.slice(2)];
  const env = { ...process.env, BENCH_PINNED: pinned ? "1" : "" };
  process.exitCode = await (pinned ? run("taskset", ["-c", "1", ...command], { env }) : run(command[0], command.slice(1), { env }));
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
