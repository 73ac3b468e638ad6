/** A short form of the scenario; `npm run chaos -- --scenario work-queue` is the long one. CHAOS_SEED reproduces it. */
import { expect, test } from "bun:test";
import { anySeed } from "../support/random.ts";
import { runWorkQueue } from "./work-queue.ts";

const SEED = Number(process.env.CHAOS_SEED ?? anySeed());

test(
  "workers, instances and the broker are killed while tasks are done: each is done, ends once, and nothing of a lost lease is in its log",
  async () => {
    const { figures, faults, wrong } = await runWorkQueue({ seed: SEED, tasks: 120, workers: 4, seconds: 10 });
    console.log(`note: ${JSON.stringify(figures)}, ${JSON.stringify(faults)}, seed ${SEED}`);
    expect({ seed: SEED, wrong: wrong.slice(0, 10) }).toEqual({ seed: SEED, wrong: [] });
  },
  { timeout: 180_000 },
);
