/** One task, many watchers: serial (the next event only when all have the last) and flat out. */
import { type Program, createTask, startBaseline, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { EVENT_BYTES, type Effort, FILLER, type Row, type Sample, body } from "./row.ts";
import { type Kind, Watchers } from "./watchers.ts";

const seqOf = (answer: string): number => (JSON.parse(answer) as { last_seq: number }).last_seq;

interface Fan {
  readonly kind: Kind;
  readonly count: number;
  readonly inFlight: number;
}

/** Sends events to `count` watchers of one task for about `seconds`, and answers deliveries per second. */
async function fan(program: Program, watchers: Watchers, publish: (lane: number) => Promise<number>, { inFlight }: Fan, { seconds }: Effort): Promise<Sample> {
  await watchers.reach(await publish(0));
  const [cpu, deliveries, began] = [program.cpu(), watchers.deliveries, performance.now()];
  const end = began + seconds * 1000;
  if (inFlight === 1) while (performance.now() < end) await watchers.reach(await publish(0));
  else {
    const last = await Promise.all(Array.from({ length: inFlight }, async (_, lane) => {
      let seq = 0;
      while (performance.now() < end) seq = Math.max(seq, await publish(lane));
      return seq;
    }));
    await watchers.reach(Math.max(...last));
  }
  const count = watchers.deliveries - deliveries;
  return { value: count / ((performance.now() - began) / 1000), cpu: ((program.cpu() - cpu) / count) * 1e6, wrong: watchers.wrong };
}

async function fanOurs(options: Fan, effort: Effort): Promise<Sample> {
  await using service = await startService();
  const task = await createTask(service);
  const watchers = new Watchers({ port: service.port, kind: options.kind, count: options.count, token: service.token, path: () => (options.kind === "sse" ? `/v1/tasks/${task}/events` : `/v1/tasks/${task}/ws`) });
  await watchers.open();
  const producers = await Promise.all(Array.from({ length: options.inFlight }, () => Producer.connect(service.port, `/v1/tasks/${task}/events`, service.token)));
  try {
    return await fan(service, watchers, async (lane) => seqOf(await (producers[lane] as Producer).send(body(FILLER))), options, effort);
  } finally {
    watchers.close();
    for (const producer of producers) producer.close();
  }
}

async function fanBaseline(kind: "loop" | "cork" | "sse", options: Fan, effort: Effort): Promise<Sample> {
  await using program = await startBaseline(kind);
  const watchers = new Watchers({ port: program.port, kind: options.kind, count: options.count, token: "", path: () => "/" });
  await watchers.open();
  const producers = await Promise.all(Array.from({ length: options.inFlight }, () => Producer.connect(program.port, "/", "")));
  // With what the baseline puts before it, about as long as a frame of ours.
  const text = `{"data":{"text":"${"x".repeat(EVENT_BYTES - 95)}"}}`;
  try {
    return await fan(program, watchers, async (lane) => seqOf(await (producers[lane] as Producer).send(text)), options, effort);
  } finally {
    watchers.close();
    for (const producer of producers) producer.close();
  }
}

/** Fan-out of one task to many watchers. */
export function fanRows(effort: Effort, counts: readonly number[]): Row[] {
  const serial = counts.flatMap((count) => (["websocket", "sse"] as const).map((kind): Row => ({
    name: `one task → ${count} ${kind === "sse" ? "SSE" : "WebSocket"} watchers, serial`,
    baseline: kind === "sse" ? "raw Bun stream, one shared buffer" : "raw Bun send loop",
    unit: "deliveries/s",
    goal: { least: 0.8 },
    ours: () => fanOurs({ kind, count, inFlight: 1 }, effort),
    theirs: () => fanBaseline(kind === "sse" ? "sse" : "loop", { kind, count, inFlight: 1 }, effort),
  })));
  const flat = counts.map((count): Row => ({
    name: `one task → ${count} WebSocket watchers, flat out`,
    baseline: "raw Bun cork over what comes in a turn",
    unit: "deliveries/s",
    goal: { least: 0.7 },
    ours: () => fanOurs({ kind: "websocket", count, inFlight: 16 }, effort),
    theirs: () => fanBaseline("cork", { kind: "websocket", count, inFlight: 16 }, effort),
  }));
  return [...serial, ...flat];
}
