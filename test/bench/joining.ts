/** Joining a task: alone with some history, and a crowd that comes back at once. */
import { type Service, Stretch, createTask, metric, startBaseline, startJetStream, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { raw } from "./raw-jetstream.ts";
import { EVENT_BYTES, FILLER, type Sample, type Work, bodies, body, quantile } from "./row.ts";
import { Watchers } from "./watchers.ts";

/** Events of one append where a history is made. */
const BATCH = 100;
/** What is done before anything counts: code is compiled. */
const WARM = 20;

const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Makes a task whose log has `task.created` and `history` events more. Answers its path. */
async function taskWith(service: Service, history: number): Promise<string> {
  const path = `/v1/tasks/${await createTask(service)}`;
  const producer = await Producer.connect(service);
  for (let left = history; left > 0; left -= BATCH) await producer.send(`${path}/events`, bodies(Math.min(BATCH, left)));
  producer.close();
  return path;
}

/** From connecting to `caught_up`. Milliseconds. */
async function connected({ port, token }: Service, path: string, events: number): Promise<number> {
  const watchers = new Watchers({ port, kind: "websocket", count: 1, token, path: () => `${path}/ws` });
  const began = performance.now();
  await watchers.open();
  const took = performance.now() - began;
  watchers.close();
  if (watchers.deliveries !== events) throw new Error(`a watcher had ${watchers.deliveries} events when it was caught up, not ${events}`);
  return took;
}

/** On an open connection, as the baseline's is: from `subscribe` to `caught_up`. Milliseconds. */
async function subscribed(watcher: Watchers, path: string, events: number): Promise<number> {
  const before = watcher.deliveries;
  const began = performance.now();
  await watcher.subscribe(path.slice(path.lastIndexOf("/") + 1));
  const took = performance.now() - began;
  if (watcher.deliveries - before !== events) throw new Error(`a watcher had ${watcher.deliveries - before} events when it was caught up, not ${events}`);
  return took;
}

/** The first watcher of a task makes the service find it in the log; the next one finds it in memory, but has to connect. */
async function attachOurs(history: number, rounds: number): Promise<Sample> {
  await using service = await startService();
  const watcher = new Watchers({ port: service.port, kind: "websocket", count: 1, token: service.token, path: () => "/v1/ws" });
  await watcher.connect();
  const [first, next]: [number[], number[]] = [[], []];
  for (let round = -WARM; round < rounds; round += 1) {
    // Long histories warm themselves up.
    const length = round < -3 ? Math.min(history, BATCH) : history;
    const path = await taskWith(service, length);
    const times = [await subscribed(watcher, path, length + 1), await connected(service, path, length + 1)];
    if (round < 0) continue;
    first.push(times[0] ?? NaN);
    next.push(times[1] ?? NaN);
  }
  watcher.close();
  return { values: [median(first)], facts: { again: median(next) } };
}

async function attachTheirs(history: number, rounds: number): Promise<Sample> {
  await using program = await startJetStream();
  const js = await raw(program.port);
  try {
    const text = new TextEncoder().encode(`${"x".repeat(EVENT_BYTES)}\n`.repeat(Math.min(BATCH, Math.max(1, history))));
    for (let left = Math.max(history, 1); left > 0; left -= BATCH) await js.publish("bench.one", text);
    const times: number[] = [];
    for (let round = -WARM; round < rounds; round += 1) {
      const began = performance.now();
      await js.read("bench.one");
      if (round >= 0) times.push(performance.now() - began);
    }
    return { values: [median(times)] };
  } finally {
    await js.close();
  }
}

/** Joining a task with some history. */
export function attachWorks(rounds: number): Work[] {
  return [0, 100, 10_000].map((history) => ({
    measures: [{ name: `attach with ${history} events of history`, unit: "ms", goal: { most: 1.3 } }],
    baseline: "raw JetStream read of the same",
    ours: () => attachOurs(history, rounds),
    theirs: () => attachTheirs(history, rounds),
  }));
}

/** Opens all and waits until they have everything up to `last`. */
async function allBack(watchers: Watchers, last: number): Promise<Pick<Sample, "values" | "wrong" | "facts">> {
  const stretch = new Stretch(null);
  await watchers.open();
  await watchers.reach(last);
  const values = [stretch.seconds * 1000];
  watchers.close();
  return { values, wrong: watchers.wrong(last), facts: stretch.facts(1) };
}

async function comebackOurs(count: number, restart: boolean): Promise<Sample> {
  let service: Service = await startService();
  const { home, port, token } = service;
  try {
    const path = `/v1/tasks/${await createTask(service)}`;
    const producer = await Producer.connect(service);
    const { cursor, last_seq: from } = JSON.parse(await producer.send(`${path}/events`, body(FILLER))) as { cursor: string; last_seq: number };
    const crowd = (): Watchers => new Watchers({ port, kind: "websocket", count, token, from, path: () => `${path}/ws?after=${cursor}` });
    const before = crowd();
    await before.open();
    before.close();
    await producer.send(`${path}/events`, bodies(100));
    producer.close();
    if (restart) {
      await service.kill();
      service = await startService({ home, port });
    }
    const reads = await metric(service, "segment_reads_total");
    const sample = await allBack(crowd(), from + 100);
    return { ...sample, facts: { ...sample.facts, historyReads: (await metric(service, "segment_reads_total")) - reads } };
  } finally {
    await service[Symbol.asyncDispose]();
  }
}

async function comebackTheirs(count: number): Promise<Sample> {
  await using program = await startBaseline("history");
  const crowd = (): Watchers => new Watchers({ port: program.port, kind: "websocket", count, token: "", path: () => "/" });
  const before = crowd();
  await before.open();
  before.close();
  return await allBack(crowd(), 100);
}

/** A crowd that was cut, missed 100 events and is back at once. */
export function comebackWorks(count: number): Work[] {
  return [false, true].map((restart) => ({
    measures: [{ name: `${count} watchers back at once, 100 events missed${restart ? ", after a restart" : ""}`, unit: "ms", goal: { most: 2 } }],
    baseline: "raw Bun: accept, send 100 events",
    ours: () => comebackOurs(count, restart),
    theirs: () => comebackTheirs(count),
  }));
}
