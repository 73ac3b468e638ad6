/** Short runs of the chaos command. CHAOS_SEED reproduces one; `npm run chaos` runs for longer. */
import { expect, test } from "bun:test";
import { anySeed } from "../support/random.ts";
import { type ChaosOptions, runChaos } from "./chaos.ts";

const SEED = Number(process.env.CHAOS_SEED ?? anySeed());
const RUNS: readonly (Omit<ChaosOptions, "seed"> & { name: string })[] = [
  { name: "on one server, Bun beside Deno", seconds: 14, runtimes: ["bun", "bun", "deno"] },
  { name: "on a cluster of three whose leaders are killed", seconds: 6, cluster: true, faults: ["leader-kill", "watcher-cut"] },
];

for (const { name, ...options } of RUNS) {
  test(
    `every acknowledged event reaches every watcher exactly once, in order, ${name}`,
    async () => {
      const report = await runChaos({ ...options, seed: SEED });
      console.log(`note: ${report.deliveries} deliveries of ${report.acknowledged} events to ${report.watchers} watchers, ${report.reconnects} reconnects, longest silence ${report.longestSilenceMs} ms, faults ${JSON.stringify(report.faults)}, seed ${SEED}`);
      expect({ seed: SEED, wrong: report.wrong.slice(0, 10) }).toEqual({ seed: SEED, wrong: [] });
      expect(report.acknowledged).toBeGreaterThan(100);
      expect(report.deliveries).toBeGreaterThan(report.acknowledged);
    },
    { timeout: 150_000 },
  );
}
