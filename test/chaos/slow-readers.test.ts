/** A short form of the scenario; `npm run chaos -- --scenario slow-readers` is the long one. CHAOS_SEED reproduces it. */
import { expect, test } from "bun:test";
import { anySeed } from "../support/random.ts";
import { runSlowReaders } from "./slow-readers.ts";

const SEED = Number(process.env.CHAOS_SEED ?? anySeed());
const SLOW = 30;

test(
  "watchers that stop reading cost little memory, disturb nobody, and get everything when they read on",
  async () => {
    // More than kernels keep for a connection, so that the service has to leave them where they are.
    const { figures, metrics, wrong, longestSilenceMs } = await runSlowReaders({ seed: SEED, seconds: 3, watchers: 60, slow: SLOW, events: 2_000, eventBytes: 6_000 });
    console.log(`note: ${figures["the service's memory"]}; per slow reader ${figures["per slow reader"]}; longest silence of the others ${longestSilenceMs} ms, seed ${SEED}`);
    expect({ seed: SEED, wrong: wrong.slice(0, 10) }).toEqual({ seed: SEED, wrong: [] });
    expect(metrics.slow_wires).toBeGreaterThanOrEqual(SLOW);
  },
  { timeout: 60_000 },
);
