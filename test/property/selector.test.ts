/**
 * Watched sets over a store that does everything wrong, in virtual time by seed: tasks come, go on and end while the watcher is
 * cut off after any frame, stalls, and comes back to either of two instances with its last position. Nothing may be missing.
 */
import { describe, expect, test } from "bun:test";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { type MemoryFaults, fairWeather, roughWeather } from "../../src/log/memory-faults.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { completed, created, line, storedLines } from "../support/feed.ts";
import { OwnedTask, SetWatcher, WatchedInstance } from "../support/selector-world.ts";

const STEPS = 150;
const TOO_LONG_MS = 240_000;

interface Scene {
  readonly rollBacks?: number;
  readonly replay?: "full" | "none";
  readonly subscriptions?: number;
  readonly weather?: MemoryFaults;
  /** Watches the first tasks by name instead of all. */
  readonly named?: boolean;
}

/** Plays one seed. Answers what went wrong, in words. */
async function play(seed: number, { rollBacks = 0, replay, subscriptions = LIMITS.subscriptions, weather = roughWeather(), named = false }: Scene): Promise<string[]> {
  const environment = virtualEnvironment(seed);
  const { random } = environment;
  const one = (count: number): number => Math.floor(random.fraction() * count);
  const store = createMemoryStore({ environment, partitions: 1 + one(4), faults: { ...weather } });
  const limits: LimitSet = { ...LIMITS, subscriptions, verifyMs: 1_000, heartbeatMs: [60, 600][one(2)] as number, feedIdleMs: 500, indexWriteMs: 200, indexQuietMs: 800, ringBytes: [1, 5_000, 1_000_000][one(3)] as number, segmentBytes: 1_000, readBytes: 3_000, holdBytes: 1_000, silentHeartbeatTenths: 10_000 };
  const instances = [0, 1].map(() => new WatchedInstance(store.client(), environment, limits));
  let writing = new WatchedInstance(store.client(), environment, limits);
  const tasks: OwnedTask[] = [];
  const intended: OwnedTask[] = [];
  const stalls = one(2) === 0;
  const words = named ? { task_ids: [0, 1, 2].map((at) => `task${seed}-${at}`) } : { scope: "mine" };
  const watcher = new SetWatcher({ words, ...(replay === undefined ? {} : { replay }), fills: () => stalls && one(4) === 0 });
  const unseen = new Set<string>();

  let made = 0;
  const create = async (): Promise<void> => {
    const task = new OwnedTask(store.client(), () => writing.index, environment, `task${seed}-${made++}`);
    if (one(3) > 0 || tasks.length < 3) {
      await environment.run(task.create());
      return void tasks.push(task);
    }
    await environment.run(task.intend());
    intended.push(task);
  };
  const begin = async (): Promise<void> => {
    const task = intended.pop();
    if (task === undefined) return;
    // It may be a while until the index hears that the log has begun.
    await environment.run(task.append(created, one(2) === 0));
    tasks.push(task);
  };
  const alive = (): OwnedTask[] => tasks.filter(({ over }) => !over);
  const append = async (): Promise<void> => {
    const task = alive()[one(alive().length)];
    if (task !== undefined) await environment.run(task.append(line("x".repeat(one(60))), one(3) > 0));
  };
  const end = async (): Promise<void> => {
    const task = alive()[one(alive().length)];
    if (task !== undefined) await environment.run(task.append(completed));
  };
  const back = (): void => watcher.connect(instances[one(2)] as WatchedInstance);

  for (let at = 0; at < 3; at++) await create();
  await append();
  await end();
  const overBefore = new Set(tasks.filter(({ over }) => over).map(({ taskId }) => taskId));
  if (!named) for (const taskId of overBefore) unseen.add(taskId);
  await environment.advance(1_500);
  back();
  // What is there at the beginning is what is there when it has begun.
  for (let waited = 0; waited < TOO_LONG_MS && watcher.caughtUp === 0; waited += 100) {
    watcher.drain();
    await environment.advance(100);
  }
  let copy = store.copy();
  let rolledBack = 0;

  for (let step = 0; step < STEPS; step++) {
    switch (one(14)) {
      case 0:
        await create();
        break;
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        await append();
        break;
      case 6:
        if (one(2) === 0) await end();
        break;
      case 7:
        if (one(2) === 0) await environment.advance(one(30));
        else await begin();
        break;
      case 8:
        await environment.advance(one(2_000));
        break;
      case 9:
        watcher.drain();
        break;
      case 10:
        watcher.cut();
        if (one(2) === 0) await environment.advance(one(3_000));
        if (one(2) === 0) back();
        break;
      case 11:
        // Not every frame that was written arrives.
        if (watcher.patience === Number.POSITIVE_INFINITY) watcher.patience = one(12);
        break;
      case 12: {
        const instance = instances[one(2)] as WatchedInstance;
        instance.store.disconnect();
        await environment.advance(one(300));
        instance.store.reconnect();
        break;
      }
      case 13:
        if (rolledBack >= rollBacks) break;
        if (one(3) > 0) {
          copy = store.copy();
          break;
        }
        rolledBack += 1;
        intended.length = 0;
        // What was on its way into the index must not land in the store of another past: nothing but the sweeper would mend it.
        await environment.run(writing.close());
        for (const { store: client } of instances) client.disconnect();
        store.restore(copy);
        for (const { store: client } of instances) client.reconnect();
        writing = new WatchedInstance(store.client(), environment, limits);
        for (const task of tasks) {
          for (;;) {
            const done = await environment.run(task.writer.rejoin().then(() => true, () => false));
            if (done) break;
            await environment.advance(5);
          }
          task.over = storedLines(store.stored(task.taskId)).some((text) => text.includes("task.completed"));
        }
        tasks.splice(0, tasks.length, ...tasks.filter(({ writer }) => writer.seq > 0));
        break;
    }
    if (!watcher.connected && one(3) === 0) back();
  }

  Object.assign(store.faults, fairWeather());
  const before = watcher.caughtUp;
  back();
  if (rolledBack > 0) {
    // What was told to be over, and what ended while nobody watched, is not found again by an index that counts anew.
    for (const { taskId, over } of tasks) if (over || watcher.tasks.get(taskId)?.left === "ended") unseen.add(taskId);
    for (const task of alive()) await environment.run(task.append(line("after it all")));
    for (let waited = 0; waited < TOO_LONG_MS && watcher.caughtUp === before; waited += 100) {
      watcher.drain();
      await environment.advance(100);
    }
  }
  for (const task of alive()) await environment.run(task.append(completed));
  for (const task of tasks) task.tell();
  if (named) for (const { taskId } of tasks.slice(3)) unseen.add(taskId);
  const missing = (): OwnedTask[] => tasks.filter(({ taskId }) => !unseen.has(taskId) && watcher.tasks.get(taskId)?.left !== "ended");
  for (let waited = 0; waited < TOO_LONG_MS && missing().length > 0; waited += 500) {
    if (!watcher.connected) back();
    watcher.drain();
    await environment.advance(500);
  }

  const faults = [...watcher.faults];
  for (const { taskId } of missing()) faults.push(`${taskId} has not left (${JSON.stringify(watcher.tasks.get(taskId)?.left)}), of ${store.stored(taskId).length} batches ${watcher.linesOf(taskId).length}`);
  if (subscriptions === LIMITS.subscriptions) {
    for (const { taskId } of tasks) {
      const known = watcher.tasks.get(taskId);
      if (unseen.has(taskId) || known === undefined || (overBefore.has(taskId) && replay !== "full")) continue;
      const stored = storedLines(store.stored(taskId));
      const wanted = stored.slice(Math.max(0, known.from));
      const has = watcher.linesOf(taskId);
      if (JSON.stringify(has) !== JSON.stringify(wanted)) faults.push(`${taskId} has ${has.length} lines from ${known.from}, the log has ${stored.length}`);
    }
  }
  for (const taskId of unseen) if (watcher.tasks.has(taskId) && rolledBack === 0) faults.push(`${taskId} was over before, and has joined`);
  watcher.cut();
  for (const instance of [...instances, writing]) await environment.run(instance.close());
  return faults;
}

async function badSeeds(seeds: number, scene: Scene): Promise<string[]> {
  const bad: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const faults = await play(seed, scene);
    if (faults.length > 0) bad.push(`seed ${seed}: ${faults.slice(0, 4).join("; ")}`);
  }
  return bad;
}

describe("a watched set, cut off after any frame", () => {
  test("in fair weather is given every event of every task, in order", async () => {
    expect(await badSeeds(60, { weather: fairWeather() })).toEqual([]);
  }, 60_000);

  test("over a store that does everything wrong is given every event of every task", async () => {
    expect(await badSeeds(150, {})).toEqual([]);
    expect(await badSeeds(60, { replay: "full" })).toEqual([]);
  }, 120_000);

  test("also where half of what is live is lost, and reading takes long", async () => {
    expect(await badSeeds(150, { weather: { ...roughWeather(), liveLost: 0.5, readFails: 0.4, latencyMs: 60 } })).toEqual([]);
  }, 120_000);

  test("is the same for tasks that are named", async () => {
    expect(await badSeeds(60, { named: true })).toEqual([]);
    expect(await badSeeds(60, { named: true, replay: "full" })).toEqual([]);
  }, 60_000);

  test("is told when the store is rolled back, and then given what it has", async () => {
    expect(await badSeeds(120, { rollBacks: 2 })).toEqual([]);
  }, 60_000);

  test("has no holes in what it follows when there are more tasks than places", async () => {
    expect(await badSeeds(60, { subscriptions: 2 })).toEqual([]);
  }, 60_000);
});
