/** Appending over HTTP. */
import { startNats } from "../support/nats.ts";
import { createTask, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { raw } from "./raw-jetstream.ts";
import { EVENT_BYTES, type Effort, FILLER, type Row, body } from "./row.ts";

/** Appending over HTTP beside publishing to JetStream. */
export function appendRows(effort: Effort): Row[] {
  const shapes = [{ name: "append over HTTP: 64 producers into one task", producers: 64, batch: 1 }, { name: "append over HTTP: one producer, batches of 32", producers: 1, batch: 32 }];
  return shapes.map(({ name, producers: count, batch }) => ({
    name,
    baseline: "raw JetStream publish of the same bytes",
    unit: "events/s",
    goal: { least: 0.6 },
    async ours() {
      await using service = await startService();
      const task = await createTask(service);
      const producers = await Promise.all(Array.from({ length: count }, () => Producer.connect(service.port, `/v1/tasks/${task}/events`, service.token)));
      const request = batch === 1 ? body(FILLER) : `[${Array.from({ length: batch }, () => body(FILLER)).join(",")}]`;
      const cpu = service.cpu();
      const { events, seconds } = await flood(producers.map((producer) => () => producer.send(request)), batch, effort);
      for (const producer of producers) producer.close();
      return { value: events / seconds, cpu: ((service.cpu() - cpu) / events) * 1e6 };
    },
    async theirs() {
      await using nats = await startNats();
      const js = await raw(nats);
      try {
        // What is stored for one event of ours: the request's fields, seq, time, actor.
        const bytes = new TextEncoder().encode(`${"x".repeat(EVENT_BYTES - 45)}\n`.repeat(batch));
        const { events, seconds } = await flood(Array.from({ length: count }, () => () => js.publish("bench.one", bytes)), batch, effort);
        return { value: events / seconds };
      } finally {
        await js.close();
      }
    },
  }));
}

async function flood(senders: readonly (() => Promise<unknown>)[], batch: number, { seconds }: Effort): Promise<{ events: number; seconds: number }> {
  let events = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  await Promise.all(senders.map(async (send) => {
    while (performance.now() < end) {
      await send();
      events += batch;
    }
  }));
  return { events, seconds: (performance.now() - began) / 1000 };
}
