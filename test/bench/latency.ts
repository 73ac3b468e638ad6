/** From publishing to watching, at a steady rate over many tasks. */
import { startNats } from "../support/nats.ts";
import { createTask, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { raw } from "./raw-jetstream.ts";
import { EVENT_BYTES, type Effort, FILLER, type Row, body, quantile } from "./row.ts";
import { Watchers } from "./watchers.ts";

/** Publishes at a steady rate over all tasks in turn; answers the latencies, sorted, in milliseconds. */
async function paced(rate: number, seconds: number, publish: (nth: number, stamp: number) => void): Promise<void> {
  const began = performance.now();
  for (let nth = 0; nth < rate * seconds; ) {
    const due = Math.floor(((performance.now() - began) / 1000) * rate);
    while (nth < Math.min(due, rate * seconds)) publish(nth++, Math.round(performance.now() * 1000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const RATE = 2_000;

async function latencyOurs(tasks: number, { seconds }: Effort): Promise<{ sorted: number[]; wrong: number; cpu: number }> {
  await using service = await startService();
  const ids: string[] = [];
  await Promise.all(Array.from({ length: 32 }, async () => {
    while (ids.length < tasks) ids.push(await createTask(service));
  }));
  ids.length = tasks;
  const latencies: number[] = [];
  const watchers = new Watchers({
    port: service.port, kind: "websocket", count: tasks, token: service.token, path: (index) => `/v1/tasks/${ids[index]}/ws`,
    onStamp: (stamp) => latencies.push(performance.now() - stamp / 1000),
  });
  await watchers.open();
  // One connection per task in flight would hide queueing: 64 are shared by all.
  const producers = await Promise.all(ids.slice(0, Math.min(tasks, 500)).map((id) => Producer.connect(service.port, `/v1/tasks/${id}/events`, service.token)));
  const idle = [...producers];
  const cpu = service.cpu();
  let late = 0;
  await paced(RATE, seconds, (_nth, stamp) => {
    const producer = idle.shift();
    if (!producer) return void late++;
    void producer.send(body(String(stamp).padEnd(FILLER.length, " "))).then(() => idle.push(producer));
  });
  const sent = RATE * seconds - late;
  const deadline = performance.now() + 5_000;
  while (latencies.length < sent && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  const used = service.cpu() - cpu;
  watchers.close();
  for (const producer of producers) producer.close();
  return { sorted: latencies.sort((a, b) => a - b), wrong: watchers.wrong + Math.abs(sent - latencies.length), cpu: (used / sent) * 1e6 };
}

async function latencyRaw(tasks: number, { seconds }: Effort): Promise<number[]> {
  await using nats = await startNats();
  const js = await raw(nats);
  const latencies: number[] = [];
  try {
    for (let at = 0; at < tasks; at += 1) js.follow(`bench.${at}`, (text) => latencies.push(performance.now() - Number.parseInt(text, 10) / 1000));
    await js.flush();
    await paced(RATE, seconds, (nth, stamp) => void js.publish(`bench.${nth % Math.min(tasks, 500)}`, new TextEncoder().encode(String(stamp).padEnd(EVENT_BYTES, " "))));
    await js.flush();
    return latencies.sort((a, b) => a - b);
  } finally {
    await js.close();
  }
}

/** From publishing to watching, and with how many tasks it grows. */
export function latencyRows(effort: Effort): Row[] {
  const at = (share: number): Row => ({
    name: `publish → watcher, p${share * 100}; 1,000 tasks, 2,000 events/s`,
    baseline: "JetStream publish + core subscription",
    unit: "ms",
    goal: { most: 1.5 },
    async ours() {
      const { sorted, wrong, cpu } = await latencyOurs(1_000, effort);
      return { value: quantile(sorted, share), wrong, cpu };
    },
    theirs: async () => ({ value: quantile(await latencyRaw(1_000, effort), share) }),
  });
  return [at(0.5), at(0.99), {
    name: "5,000 active tasks, each with a watcher, p99",
    baseline: "itself at 1,000",
    unit: "ms",
    goal: { most: 2 },
    async ours() {
      const { sorted, wrong } = await latencyOurs(5_000, effort);
      return { value: quantile(sorted, 0.99), wrong };
    },
    async theirs() {
      const { sorted, wrong } = await latencyOurs(1_000, effort);
      return { value: quantile(sorted, 0.99), wrong };
    },
  }];
}
