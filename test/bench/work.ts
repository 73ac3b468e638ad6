/** Queued work: from creating to leased, a full queue worked off; and one watcher of all tasks beside many of one. */
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { pause, until } from "../support/until.ts";
import { type Service, createTask, startJetStream, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { type Effort, type Sample, type Work, bodies, body, quantile } from "./row.ts";

const WARM = 30;
const WORKERS = 8;
/** Tasks that a worker takes at once. */
const TAKEN = 16;
const MAKERS = 32;
const KIND = "bench";
const TASKS = 200;
/** Events a second over all quiet tasks. */
const QUIET_RATE = 400;
const FLOOD_BATCH = 100;
const DONE = '{"type":"task.completed","data":{}}';
const KIB = 1024;

interface Lease {
  readonly task_id: string;
  readonly lease: string;
}

async function post({ port, token }: Service, path: string, text: string, lease?: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...(lease === undefined ? {} : { "taskwire-lease": lease }) };
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body: text });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
const take = async (service: Service, wait: number, max: number): Promise<readonly Lease[]> => ((await post(service, `/v1/work/${KIND}/lease?wait=${wait}&max=${max}`, "{}")) as { leases: Lease[] }).leases;
const enqueue = (service: Service): Promise<unknown> => post(service, "/v1/tasks", `{"kind":"${KIND}","queue":true}`);

/** From before the request that creates it until a worker that waits has it. Milliseconds. */
async function leasedOurs(count: number): Promise<Sample> {
  await using service = await startService();
  const times: number[] = [];
  for (let at = -WARM; at < count; at += 1) {
    const waiting = take(service, 10, 1);
    await pause(5);
    const began = performance.now();
    await enqueue(service);
    const [lease] = await waiting;
    if (at >= 0) times.push(performance.now() - began);
    await post(service, `/v1/tasks/${lease?.task_id}/events`, DONE, lease?.lease);
  }
  return { values: [quantile(times, 0.5)] };
}

/** A work queue with nothing of ours: a stream, a pull consumer. */
async function rawQueue(port: number) {
  const nats = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: "QUEUE", subjects: ["queue.>"], retention: RetentionPolicy.Workqueue });
  await manager.streams.add({ name: "DONE", subjects: ["done.>"] });
  await manager.consumers.add("QUEUE", { durable_name: "all", ack_policy: AckPolicy.Explicit });
  const js = jetstream(nats);
  return { js, consumer: await js.consumers.get("QUEUE", "all"), close: () => nats.close() };
}

async function leasedTheirs(count: number): Promise<Sample> {
  await using program = await startJetStream();
  const { js, consumer, close } = await rawQueue(program.port);
  const times: number[] = [];
  for (let at = -WARM; at < count; at += 1) {
    const waiting = consumer.next({ expires: 10_000 });
    await pause(5);
    const began = performance.now();
    await js.publish(`queue.${KIND}`, `${at}`);
    const message = await waiting;
    if (at >= 0) times.push(performance.now() - began);
    message?.ack();
  }
  await close();
  return { values: [quantile(times, 0.5)] };
}

async function drainOurs(count: number): Promise<Sample> {
  await using service = await startService();
  let made = 0;
  await Promise.all(Array.from({ length: MAKERS }, async () => {
    while (made < count) {
      made += 1;
      await enqueue(service);
    }
  }));
  const done = new Set<string>();
  const began = performance.now();
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    for (let leases = await take(service, 0, TAKEN); leases.length > 0; leases = await take(service, 0, TAKEN)) {
      await Promise.all(leases.map(async ({ task_id, lease }) => {
        await post(service, `/v1/tasks/${task_id}/events`, DONE, lease);
        done.add(task_id);
      }));
    }
  }));
  return { values: [count / ((performance.now() - began) / 1_000)], wrong: { missing: count - done.size, repeated: 0, reordered: 0 } };
}

async function drainTheirs(count: number): Promise<Sample> {
  await using program = await startJetStream();
  const { js, consumer, close } = await rawQueue(program.port);
  for (let at = 0; at < count; at += 500) await Promise.all(Array.from({ length: Math.min(500, count - at) }, (_, more) => js.publish(`queue.${KIND}`, `${at + more}`)));
  let done = 0;
  let ended = 0;
  const began = performance.now();
  await Promise.all(Array.from({ length: WORKERS }, async () => {
    while (done < count) {
      const jobs: Promise<void>[] = [];
      for await (const message of await consumer.fetch({ max_messages: TAKEN, expires: 1_000 })) {
        jobs.push((async () => {
          await js.publish(`done.${message.seq}`, DONE);
          await message.ackAck();
          done += 1;
          ended = performance.now();
        })());
      }
      await Promise.all(jobs);
    }
  }));
  await close();
  return { values: [count / ((ended - began) / 1_000)] };
}

/** Watches by sockets; each event's text is the microsecond of its sending. */
class Sockets {
  latencies: number[] = [];
  readonly #all: WebSocket[] = [];
  #ready = 0;

  open(service: Service, path: string, hello: string | null): void {
    const socket = new WebSocket(`ws://127.0.0.1:${service.port}${path}`, ["taskwire.v1", `bearer.${service.token}`]);
    socket.onopen = () => hello !== null && socket.send(hello);
    socket.onmessage = ({ data }) => {
      const text = String(data);
      if (text.includes('"stream.caught_up"')) this.#ready += 1;
      const at = text.indexOf('"text":"t');
      if (at !== -1) this.latencies.push(performance.now() - Number.parseInt(text.slice(at + 9), 10) / 1_000);
    };
    this.#all.push(socket);
  }

  async ready(): Promise<void> {
    await until("all watch", 30_000, () => this.#ready >= this.#all.length);
  }

  close(): void {
    for (const socket of this.#all) socket.close();
  }
}

interface Watching {
  /** One watcher of all tasks, or one of each. */
  readonly one: boolean;
  readonly flood: boolean;
}

/** p99 of quiet tasks, and what the watchers cost the service's memory. */
async function watchAll({ one, flood }: Watching, { seconds }: Effort): Promise<Sample> {
  await using service = await startService();
  const ids = await Promise.all(Array.from({ length: TASKS }, () => createTask(service)));
  const sockets = new Sockets();
  await pause(2_000);
  const before = service.memory();
  if (one) sockets.open(service, "/v1/ws", '{"type":"subscribe","scope":"mine","replay":"none"}');
  else for (const id of ids) sockets.open(service, `/v1/tasks/${id}/ws?replay=none`, null);
  await sockets.ready();
  const producers = await Promise.all(Array.from({ length: 32 }, () => Producer.connect(service)));
  const [flooded = "", ...quiet] = ids;
  let over = false;
  const flooding = flood ? (async () => {
    const producer = await Producer.connect(service);
    while (!over) await producer.send(`/v1/tasks/${flooded}/events`, bodies(FLOOD_BATCH));
    producer.close();
  })() : Promise.resolve();
  const run = async (forSeconds: number): Promise<number> => {
    const began = performance.now();
    let sent = 0;
    const idle = [...producers];
    while (performance.now() - began < forSeconds * 1_000) {
      const due = ((performance.now() - began) / 1_000) * QUIET_RATE;
      while (sent < due) {
        const producer = idle.pop();
        if (producer === undefined) break;
        void producer.send(`/v1/tasks/${quiet[sent % quiet.length]}/events`, body(`t${Math.round(performance.now() * 1_000)}`)).then(() => idle.push(producer));
        sent += 1;
      }
      await pause(1);
    }
    return sent;
  };
  await run(2);
  await pause(200);
  sockets.latencies = [];
  const sent = await run(seconds);
  await until("the last has come", 10_000, () => sockets.latencies.length >= sent).catch(() => {});
  over = true;
  await flooding;
  const memory = Math.max(0, service.memory() - before) / KIB;
  sockets.close();
  for (const producer of producers) producer.close();
  return { values: [quantile(sockets.latencies, 0.99), memory], wrong: { missing: Math.max(0, sent - sockets.latencies.length), repeated: 0, reordered: 0 } };
}

/** The works of queues and sets. */
export function workWorks(effort: Effort, quick: boolean): Work[] {
  const [leases, queued] = quick ? [60, 1_000] : [300, 5_000];
  return [
    { measures: [{ name: "work: created → leased by a waiting worker, p50", unit: "ms", goal: { most: 1.5 } }], baseline: "raw JetStream publish → pull", ours: () => leasedOurs(leases), theirs: () => leasedTheirs(leases) },
    { measures: [{ name: `work: ${queued} queued tasks done by ${WORKERS} workers`, unit: "tasks/s", goal: { value: 0 } }], baseline: "raw JetStream pull, publish, acknowledge", ours: () => drainOurs(queued), theirs: () => drainTheirs(queued) },
    {
      measures: [{ name: `work: one watcher of ${TASKS} active tasks, p99`, unit: "ms", goal: { most: 1 } }, { name: "… and what the watching costs the service", unit: "KB", goal: { most: 1 } }],
      baseline: `${TASKS} watchers of one task each`, ours: () => watchAll({ one: true, flood: false }, effort), theirs: () => watchAll({ one: false, flood: false }, effort),
    },
    { measures: [{ name: `work: ${TASKS - 1} quiet tasks beside one that floods, one watcher, p99`, unit: "ms", goal: { most: 2 } }], baseline: "the same without the flood", ours: () => watchAll({ one: true, flood: true }, effort), theirs: () => watchAll({ one: true, flood: false }, effort) },
  ];
}
