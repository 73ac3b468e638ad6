/** As many seeds as fit into the time. SIM_SEED=n plays one of them, SIM_SECONDS=n plays for so long; the seeds of a run are told. */
import { describe, expect, test } from "bun:test";
import { PLANTED } from "./planted.ts";
import { play } from "./world.ts";

const ONLY = process.env.SIM_SEED;
const SECONDS = Number(process.env.SIM_SECONDS ?? 20);
/** As many as are played where nobody asks for a time. */
const MOST = process.env.SIM_SECONDS === undefined ? 2_000 : Number.POSITIVE_INFINITY;
/** A planted fault must be found in at least one of so many seeds; they are not all played once it was, and so much time has passed. */
const PATIENCE = 200;
const ENOUGH_MS = 3_000;
/** What must have happened somewhere, for a run of many seeds to mean anything. */
const EVERYTHING = ["calm", "killed", "replaced", "disconnected", "rollback", "purge", "stalled", "vanished", "gap: reset", "gap: retention"];

test("whatever broker, network and instances do, every watcher is given the log, once and in order, and nobody leaves anything behind", async () => {
  const first = ONLY === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(ONLY);
  const most = ONLY === undefined ? MOST : 1;
  const began = performance.now();
  const happened = new Map<string, number>();
  let played = 0;
  let deliveries = 0;
  for (; played < most && (played === 0 || performance.now() - began < SECONDS * 1000); played += 1) {
    const seed = first + played;
    const result = await play(seed);
    if (result.wrong.length > 0) throw new Error(`seed ${seed} (SIM_SEED=${seed} plays it again): ${result.wrong.slice(0, 5).join("; ")}`);
    deliveries += result.deliveries;
    for (const [what, times] of Object.entries(result.happened)) happened.set(what, (happened.get(what) ?? 0) + times);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`note: ${played} seeds from ${first} on, ${Math.round(played / seconds)} a second, ${deliveries} deliveries; ${[...happened].map(([what, times]) => `${what} ${times}`).join(", ")}`);
  expect(deliveries).toBeGreaterThan(0);
  if (played >= 500) expect(EVERYTHING.filter((what) => !happened.has(what))).toEqual([]);
}, (SECONDS + 60) * 1000);

describe("a planted fault is found", () => {
  for (const [name, planted] of Object.entries(PLANTED)) {
    test(name, async () => {
      const found: string[] = [];
      const began = performance.now();
      let seed = 0;
      while (seed < PATIENCE && (found.length === 0 || performance.now() - began < ENOUGH_MS)) {
        seed += 1;
        const { wrong } = await play(seed, planted);
        if (wrong.length > 0) found.push(`seed ${seed}: ${wrong[0]?.slice(0, 90)}`);
      }
      console.log(`note: found in ${found.length} of ${seed} seeds, first with ${found[0]}`);
      expect(found.length).toBeGreaterThan(0);
    }, 60_000);
  }
});
