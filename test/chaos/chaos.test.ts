/** Short runs of the chaos command. CHAOS_SEED reproduces one; `npm run chaos` runs for longer. */
import { expect, test } from "bun:test";
import { anySeed } from "../support/random.ts";
import { type ChaosOptions, runChaos } from "./chaos.ts";
import type { Report } from "./report.ts";
import { runRollback } from "./rollback.ts";

const SEED = Number(process.env.CHAOS_SEED ?? anySeed());
const LIMIT = { timeout: 150_000 };
const RUNS: readonly (Omit<ChaosOptions, "seed"> & { name: string })[] = [
  { name: "on one server, Bun beside Deno", seconds: 14, runtimes: ["bun", "bun", "deno"] },
  { name: "on a cluster of three whose leaders are killed", seconds: 8, cluster: true, faults: ["leader-kill", "watcher-cut"] },
];

/** A cluster that elects takes nothing for seconds, on a busy machine for most of a short run. */
const ACKNOWLEDGED_AT_LEAST = 25;

/** Says what happened, and that nothing was wrong. */
function expectWhole(report: Report): void {
  const { deliveries, acknowledged, watchers, reconnects, longestSilenceMs, faults, wrong } = report;
  console.log(`note: ${deliveries} deliveries of ${acknowledged} events to ${watchers} watchers, ${reconnects} reconnects, longest silence ${longestSilenceMs} ms, faults ${JSON.stringify(faults)}, seed ${SEED}`);
  expect({ seed: SEED, wrong: wrong.slice(0, 10) }).toEqual({ seed: SEED, wrong: [] });
  expect(acknowledged).toBeGreaterThan(ACKNOWLEDGED_AT_LEAST);
  expect(deliveries).toBeGreaterThan(acknowledged);
}

for (const { name, ...options } of RUNS) {
  test(`every acknowledged event reaches every watcher exactly once, in order, ${name}`, async () => expectWhole(await runChaos({ ...options, seed: SEED })), LIMIT);
}

test(
  "watchers who are ahead of a store that was rolled back are told, and in the end all have what the log has",
  async () => {
    const report = await runRollback({ seed: SEED, rounds: 2 });
    expectWhole(report);
    expect(report.figures["watchers told"]).toBeGreaterThan(20);
    expect(report.metrics.resets).toBeGreaterThan(0);
  },
  LIMIT,
);
