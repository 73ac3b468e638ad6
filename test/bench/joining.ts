/** Joining a task: alone with some history, and a crowd that comes back at once. */
import { startNats } from "../support/nats.ts";
import { type Service, createTask, startBaseline, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { raw } from "./raw-jetstream.ts";
import { EVENT_BYTES, FILLER, type Row, type Sample, body, quantile } from "./row.ts";
import { Watchers } from "./watchers.ts";

/** Joining a task with some history: from connecting to caught up. */
export function attachRows(): Row[] {
  return [0, 100, 10_000].map((history) => ({
    name: `attach with ${history} events of history`,
    baseline: "raw JetStream read of the same",
    unit: "ms",
    goal: { most: 1.3 },
    async ours() {
      await using service = await startService();
      const task = await createTask(service);
      const producer = await Producer.connect(service.port, `/v1/tasks/${task}/events`, service.token);
      for (let left = history; left > 0; left -= 100) await producer.send(`[${Array.from({ length: Math.min(100, left) }, () => body(FILLER)).join(",")}]`);
      producer.close();
      const times: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const watchers = new Watchers({ port: service.port, kind: "websocket", count: 1, token: service.token, path: () => `/v1/tasks/${task}/ws` });
        const began = performance.now();
        await watchers.open();
        times.push(performance.now() - began);
        watchers.close();
        if (watchers.deliveries !== history + 1) return { value: NaN, wrong: 1 };
      }
      return { value: quantile(times.sort((a, b) => a - b), 0.5) };
    },
    async theirs() {
      await using nats = await startNats();
      const js = await raw(nats);
      try {
        const bytes = new TextEncoder().encode(`${"x".repeat(EVENT_BYTES)}\n`.repeat(Math.min(100, Math.max(1, history))));
        for (let left = Math.max(history, 1); left > 0; left -= 100) await js.publish("bench.one", bytes);
        const times: number[] = [];
        for (let round = 0; round < 9; round += 1) {
          const began = performance.now();
          await js.read("bench.one");
          times.push(performance.now() - began);
        }
        return { value: quantile(times.sort((a, b) => a - b), 0.5) };
      } finally {
        await js.close();
      }
    },
  }));
}

/** A crowd that was cut, missed 100 events and is back at once. */
export function comebackRows(count: number): Row[] {
  const ours = async (restart: boolean): Promise<Sample> => {
    let service: Service = await startService();
    const { home, port } = service;
    try {
      const task = await createTask(service);
      const path = (): string => `/v1/tasks/${task}/ws?after=${cursor}`;
      const producer = await Producer.connect(port, `/v1/tasks/${task}/events`, service.token);
      const { cursor, last_seq: from } = JSON.parse(await producer.send(body(FILLER))) as { cursor: string; last_seq: number };
      const before = new Watchers({ port, kind: "websocket", count, token: service.token, from, path });
      await before.open();
      before.close();
      await producer.send(`[${Array.from({ length: 100 }, () => body(FILLER)).join(",")}]`);
      producer.close();
      if (restart) {
        await service.kill();
        service = await startService({ home, port });
      }
      const reads = await segmentReads(service);
      const again = new Watchers({ port, kind: "websocket", count, token: service.token, from, path });
      const began = performance.now();
      await again.open();
      await again.reach(from + 100);
      const value = performance.now() - began;
      again.close();
      const read = (await segmentReads(service)) - reads;
      return { value, wrong: again.wrong + Math.abs(again.deliveries - count * 100), note: `history read ${read} times` };
    } finally {
      await service[Symbol.asyncDispose]();
    }
  };
  const theirs = async (): Promise<Sample> => {
    await using program = await startBaseline("history");
    const watchers = new Watchers({ port: program.port, kind: "websocket", count, token: "", path: () => "/" });
    const began = performance.now();
    await watchers.open();
    await watchers.reach(100);
    const value = performance.now() - began;
    watchers.close();
    return { value };
  };
  return [false, true].map((restart) => ({
    name: `${count} watchers back at once, 100 events missed${restart ? ", after a restart" : ""}`,
    baseline: "raw Bun: accept, send 100 events",
    unit: "ms",
    goal: { most: 2 },
    ours: () => ours(restart),
    theirs,
  }));
}

async function segmentReads({ port }: Service): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^taskwire_segment_reads_total (\d+)/m.exec(text)?.[1] ?? 0);
}
