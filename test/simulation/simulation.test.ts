/** As many seeds as fit into the time. SIM_SEED=n plays one of them; the seeds of a run are told. */
import { expect, test } from "bun:test";
import type { Log } from "../../src/log/port.ts";
import { LiveSet } from "../../src/feed/live.ts";
import { merge } from "../../src/feed/merge.ts";
import type { Watcher } from "../../src/feed/watcher.ts";
import { type Planted, play } from "./world.ts";

const SECONDS = Number(process.env.SIM_SECONDS ?? 20);
const MOST = 3_000;
/** So many seeds at most until a planted fault must be found. */
const PATIENCE = 400;

test("whatever broker, network and instances do, every watcher is given the log, once and in order", async () => {
  const only = process.env.SIM_SEED;
  const first = only === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(only);
  const end = performance.now() + SECONDS * 1000;
  let played = 0;
  let deliveries = 0;
  for (; played < (only === undefined ? MOST : 1) && (played === 0 || performance.now() < end); played += 1) {
    const result = await play(first + played);
    deliveries += result.deliveries;
    if (result.wrong.length > 0) throw new Error(`seed ${first + played} (SIM_SEED=${first + played} plays it again): ${result.wrong.slice(0, 5).join("; ")}`);
  }
  console.log(`note: ${played} seeds from ${first} on, ${deliveries} deliveries`);
  expect(deliveries).toBeGreaterThan(0);
}, (SECONDS + 60) * 1000);

const PLANTED: Readonly<Record<string, Planted>> = {
  "a hole in the live tail is taken for the next batch": { judge: (mark, batch) => (merge(mark, batch) === "gap" ? "next" : merge(mark, batch)) },
  "an append whose outcome is unknown is taken for stored": {
    log: (log): Log => ({
      ...log,
      get connected() {
        return log.connected;
      },
      async append(request) {
        const outcome = await log.append(request);
        return outcome.kind === "unknown" ? { kind: "stored", position: request.expected + 1 } : outcome;
      },
    }),
  },
  "a wire loses what it said it took": { lost: 0.02 },
};

/** Plays seeds until something is wrong, and says how many it took. */
async function expectFound(planted: Planted): Promise<void> {
  for (let seed = 1; seed <= PATIENCE; seed += 1) {
    const { wrong } = await play(seed, planted);
    if (wrong.length === 0) continue;
    console.log(`note: found with seed ${seed}: ${wrong[0]?.slice(0, 100)}`);
    return;
  }
  throw new Error(`not found in ${PATIENCE} seeds`);
}

for (const [name, planted] of Object.entries(PLANTED)) test(`a planted fault is found: ${name}`, () => expectFound(planted), 60_000);

test("a planted fault is found: an await too many in the hand-off from history to the live end", async () => {
  const { add } = LiveSet.prototype;
  // It was told that it is caught up, and joins some turns later: what came meanwhile waits for the next event, the last for ever.
  LiveSet.prototype.add = function (watcher: Watcher): void {
    void (async () => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
      if (!watcher.stopped) add.call(this, watcher);
    })();
  };
  try {
    await expectFound({});
  } finally {
    LiveSet.prototype.add = add;
  }
}, 60_000);
