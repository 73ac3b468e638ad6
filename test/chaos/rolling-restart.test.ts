/** A short form of the scenario; `npm run chaos -- --scenario rolling-restart` is the long one. CHAOS_SEED reproduces it. */
import { expect, test } from "bun:test";
import { anySeed } from "../support/random.ts";
import { runRollingRestart } from "./rolling-restart.ts";

const SEED = Number(process.env.CHAOS_SEED ?? anySeed());

test(
  "three instances are restarted one after another under load: nothing is lost, none gets more than its share, all come back paced",
  async () => {
    const { figures, wrong, reconnects, longestSilenceMs } = await runRollingRestart({ seed: SEED, watchers: 400, tasks: 60, eventsPerSecond: 400, drainMs: 1_500 });
    console.log(`note: connections ${figures["most connections of each instance"]}; reconnects ${figures["reconnects in each second"]}; longest silence ${longestSilenceMs} ms, seed ${SEED}`);
    expect({ seed: SEED, wrong: wrong.slice(0, 10) }).toEqual({ seed: SEED, wrong: [] });
    expect(reconnects).toBeGreaterThan(200);
  },
  { timeout: 90_000 },
);
