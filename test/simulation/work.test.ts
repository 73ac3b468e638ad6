/** As many seeds as fit into the time. SIM_SEED=n plays one of them, SIM_SECONDS=n plays for so long. */
import { describe, expect, test } from "bun:test";
import { type PlantedWork, playWork } from "./work-world.ts";

const ONLY = process.env.SIM_SEED;
const SECONDS = Number(process.env.SIM_SECONDS ?? 10);
const MOST = process.env.SIM_SECONDS === undefined ? 300 : Number.POSITIVE_INFINITY;
/** What must have happened somewhere, for a run of many seeds to mean anything. */
const EVERYTHING = ["killed", "leader killed", "disconnected", "worker died", "worker slept", "released", "failed", "fenced", "task_ended", "cancel", "message", "completed", "handed over"];

test("whoever dies when, each task has one end, each command one outcome, and nothing of a fenced attempt is in the log", async () => {
  const first = ONLY === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(ONLY);
  const most = ONLY === undefined ? MOST : 1;
  const began = performance.now();
  const happened = new Map<string, number>();
  let played = 0;
  for (; played < most && (played === 0 || performance.now() - began < SECONDS * 1000); played += 1) {
    const seed = first + played;
    const result = await playWork(seed);
    if (result.wrong.length > 0) throw new Error(`seed ${seed} (SIM_SEED=${seed} plays it again): ${result.wrong.slice(0, 5).join("; ")}`);
    for (const [what, times] of Object.entries(result.happened)) happened.set(what, (happened.get(what) ?? 0) + times);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`note: ${played} seeds from ${first} on, ${Math.round(played / seconds)} a second; ${[...happened].map(([what, times]) => `${what} ${times}`).join(", ")}`);
  if (played >= 100) expect(EVERYTHING.filter((what) => !happened.has(what))).toEqual([]);
}, (SECONDS + 60) * 1000);

/** A planted fault must be found in at least one of so many seeds. */
const PATIENCE = 60;
const PLANTED: Readonly<Record<string, PlantedWork>> = {
  "workers that nobody asks for their lease": { unfenced: true },
  "queues that forget what they are given": { forgetful: true },
  "nobody who leads": { limits: { leaderMs: 1e12 } },
  "a leader that never walks through the index": { limits: { sweepMs: 1e12 } },
};

describe("a planted fault is found", () => {
  for (const [name, planted] of Object.entries(PLANTED)) {
    test(name, async () => {
      for (let seed = 1; seed <= PATIENCE; seed += 1) {
        const { wrong } = await playWork(seed, planted);
        if (wrong.length === 0) continue;
        console.log(`note: found with seed ${seed}: ${wrong[0]?.slice(0, 90)}`);
        return;
      }
      throw new Error(`${PATIENCE} seeds have not found it`);
    }, 60_000);
  }
});
