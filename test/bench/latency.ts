/** From publishing to watching, at a steady rate over many tasks. */
import { Stretch, createTask, startJetStream, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { raw } from "./raw-jetstream.ts";
import { EVENT_BYTES, type Effort, FILLER, type Sample, type Work, body, quantile } from "./row.ts";
import { Watchers } from "./watchers.ts";

const RATE = 2_000;
const WARM_SECONDS = 4;
/** Producers' connections; so many publishes can be in flight. */
const LANES = 256;
/** Tasks that are made at once. */
const MAKERS = 32;
/** How long the last events may take. Milliseconds. */
const LAST_MS = 5_000;

/** Publishes at a steady rate over all tasks in turn, each with the microsecond of its sending. Answers how many. */
async function paced(seconds: number, publish: (nth: number, stamp: string) => void): Promise<number> {
  const [began, all] = [performance.now(), RATE * seconds];
  for (let nth = 0; nth < all; ) {
    const due = Math.min(all, Math.floor(((performance.now() - began) / 1000) * RATE));
    while (nth < due) publish(nth++, String(Math.round(performance.now() * 1000)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return all;
}

/** Latencies of arrivals, in milliseconds; those of the warm-up are thrown away. */
class Arrivals {
  latencies: number[] = [];

  readonly take = (stamp: number): void => {
    this.latencies.push(performance.now() - stamp / 1000);
  };

  async all(count: number): Promise<void> {
    const deadline = performance.now() + LAST_MS;
    while (this.latencies.length < count && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const valuesOf = ({ latencies }: Arrivals): number[] => [quantile(latencies, 0.5), quantile(latencies, 0.99)];

async function ours(tasks: number, { seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const paths: string[] = [];
  await Promise.all(Array.from({ length: MAKERS }, async () => {
    while (paths.length < tasks) paths.push(`/v1/tasks/${await createTask(service)}`);
  }));
  const arrivals = new Arrivals();
  const watchers = new Watchers({ port: service.port, kind: "websocket", count: tasks, token: service.token, path: (index) => `${paths[index]}/ws`, onStamp: arrivals.take });
  await watchers.open();
  const producers = await Promise.all(Array.from({ length: LANES }, () => Producer.connect(service)));
  const idle = [...producers];
  let late = 0;
  const publish = (nth: number, stamp: string): void => {
    const producer = idle.pop();
    if (producer === undefined) return void (late += 1);
    void producer.send(`${paths[nth % tasks]}/events`, body(stamp.padEnd(FILLER.length, " "))).then(() => idle.push(producer));
  };
  arrivals.latencies = [];
  const warm = await paced(WARM_SECONDS, publish);
  await arrivals.all(warm - late);
  [arrivals.latencies, late] = [[], 0];
  const stretch = new Stretch(service);
  const sent = (await paced(seconds, publish)) - late;
  await arrivals.all(sent);
  const facts = { ...stretch.facts(sent), late };
  watchers.close();
  for (const producer of producers) producer.close();
  const { missing, ...wrong } = watchers.wrong();
  return { values: valuesOf(arrivals), wrong: { ...wrong, missing: Math.max(missing, sent - arrivals.latencies.length) }, facts };
}

async function theirs(tasks: number, { seconds }: Effort): Promise<Sample> {
  await using program = await startJetStream();
  const js = await raw(program.port);
  const arrivals = new Arrivals();
  const utf8 = new TextEncoder();
  try {
    for (let at = 0; at < tasks; at += 1) js.follow(`bench.${at}`, (text) => arrivals.take(Number.parseInt(text, 10)));
    await js.flush();
    const publish = (nth: number, stamp: string): void => void js.publish(`bench.${nth % tasks}`, utf8.encode(stamp.padEnd(EVENT_BYTES, " ")));
    await arrivals.all(await paced(WARM_SECONDS, publish));
    arrivals.latencies = [];
    const stretch = new Stretch(program);
    const sent = await paced(seconds, publish);
    await arrivals.all(sent);
    return { values: valuesOf(arrivals), facts: { load: stretch.facts(sent).load ?? 0 } };
  } finally {
    await js.close();
  }
}

const p99 = ({ values, ...rest }: Sample): Sample => ({ ...rest, values: values.slice(1) });

/** From publishing to watching, and how it grows with the number of tasks. */
export function latencyWorks(effort: Effort): Work[] {
  const name = "publish → watcher, 1000 tasks, 2000 events/s";
  return [
    {
      measures: [{ name: `${name}: p50`, unit: "ms", goal: { most: 1.5 } }, { name: `${name}: p99`, unit: "ms", goal: { most: 1.5 } }],
      baseline: "JetStream publish + core subscription",
      ours: () => ours(1_000, effort),
      theirs: () => theirs(1_000, effort),
    },
    {
      measures: [{ name: "5000 active tasks, each with a watcher: p99", unit: "ms", goal: { most: 2 } }],
      baseline: "itself at 1000",
      ours: async () => {
        const one = await ours(1, effort);
        const many = p99(await ours(5_000, effort));
        return { ...many, facts: { ...many.facts, single: one.values[1] ?? NaN } };
      },
      theirs: async () => p99(await ours(1_000, effort)),
    },
  ];
}
