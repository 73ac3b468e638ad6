/** Appending over HTTP beside publishing to JetStream: in both cases one core for whoever publishes and for nats-server. */
import { Stretch, createTask, startJetStream, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { EVENT_BYTES, type Effort, FILLER, type Sample, type Work, bodies, body } from "./row.ts";

/** What is stored for one event: a frame without its cursor. Bytes. */
const STORED_BYTES = EVENT_BYTES - 45;
const WARM_SECONDS = 2;

interface Shape {
  readonly name: string;
  readonly producers: number;
  readonly batch: number;
}

const SHAPES: readonly Shape[] = [
  { name: "append over HTTP: 64 producers into one task", producers: 64, batch: 1 },
  { name: "append over HTTP: one producer, batches of 32", producers: 1, batch: 32 },
];

async function flood(senders: readonly (() => Promise<unknown>)[], seconds: number): Promise<number> {
  let requests = 0;
  const end = performance.now() + seconds * 1000;
  await Promise.all(senders.map(async (send) => {
    for (; performance.now() < end; requests += 1) await send();
  }));
  return requests;
}

async function ours({ producers: count, batch }: Shape, { seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const path = `/v1/tasks/${await createTask(service)}/events`;
  const producers = await Promise.all(Array.from({ length: count }, () => Producer.connect(service)));
  const request = batch === 1 ? body(FILLER) : bodies(batch);
  const senders = producers.map((producer) => () => producer.send(path, request));
  await flood(senders, WARM_SECONDS);
  const stretch = new Stretch(service);
  const events = (await flood(senders, seconds)) * batch;
  const sample = { values: [events / stretch.seconds], facts: stretch.facts(events) };
  for (const producer of producers) producer.close();
  return sample;
}

async function theirs({ producers, batch }: Shape, { seconds }: Effort): Promise<Sample> {
  await using program = await startJetStream(producers, STORED_BYTES * batch, seconds);
  return { values: [Number(/published (\S+)/.exec(program.output())?.[1]) * batch] };
}

/** Many producers with single events, and one with batches. */
export function appendWorks(effort: Effort): Work[] {
  return SHAPES.map((shape) => ({
    measures: [{ name: shape.name, unit: "events/s", goal: { least: 0.6 } }],
    baseline: "raw JetStream publish of the same bytes",
    ours: () => ours(shape, effort),
    theirs: () => theirs(shape, effort),
  }));
}
