/**
 * Some of a task's many watchers stop reading while events pass: the service's memory must stay bounded, the others must
 * notice nothing, and those that stopped must get everything when they read on.
 */
import { brokerUrl } from "../support/broker-url.ts";
import { Latencies } from "../support/latencies.ts";
import { residentBytes } from "../support/memory.ts";
import { startNats } from "../support/nats.ts";
import { randomFrom } from "../support/random.ts";
import { Reader } from "../support/reader.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { pause, until } from "../support/until.ts";
import type { Report } from "./report.ts";
import { StampPublisher, judgeReader } from "./stamps.ts";
import { metricsOf } from "./world.ts";

export interface SlowReadersOptions {
  readonly seed: number;
  /** How long they do not read. */
  readonly seconds: number;
  readonly watchers?: number;
  readonly slow?: number;
  readonly events?: number;
  /** Of one event as it is stored, about. */
  readonly eventBytes?: number;
  readonly runtime?: "bun" | "deno";
  /** Settings of the service, to try what a test would find. */
  readonly env?: Readonly<Record<string, string>>;
  readonly progress?: (text: string) => void;
}

/** The share of the time in which the events pass; in the rest they only stay away. */
const PASSING = 0.9;
/** Warm-up: what a service keeps in memory for its ordinary work is there before it is measured. Events. */
const WARM_UP = { events: 2_000, seconds: 2 };
const REACH_MS = 60_000;
const SAMPLE_MS = 100;
/** Memory is looked at again so long after everything was delivered. */
const AFTER_MS = 2_000;

/** What a reader that takes nothing may cost the service: what a wire holds before it counts as full, and one write more. Bytes. */
const SLOW_READER_BYTES = 2 * 256 * 1024;
/** What the process may take besides: rings, history and their encodings, and the garbage of a collector that is not in a hurry. Bytes. */
const REST_BYTES = 96 * 1024 * 1024;
/** What it may take for a while when all of them read on at once: each is sent its own stretches of history, and garbage is collected later. Bytes. */
const CATCHING_UP_BYTES = 1024 * 1024 * 1024;
/** A watcher that reads is never without something for so long. Milliseconds. */
const SILENCE_LIMIT_MS = 3_000;

const MIB = 1024 * 1024;
const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
const longest = (readers: readonly Reader[]): number => Math.round(readers.reduce((most, { longestSilenceMs }) => Math.max(most, longestSilenceMs), 0));

class Memory {
  readonly #pid: number;
  readonly #timer: ReturnType<typeof setInterval>;
  peak = 0;

  constructor({ child }: Service) {
    this.#pid = child.pid ?? 0;
    this.#timer = setInterval(() => (this.peak = Math.max(this.peak, this.now)), SAMPLE_MS);
  }

  get now(): number {
    return residentBytes(this.#pid);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Runs the scenario. Throws where watchers do not come to what there is at all. */
export async function runSlowReaders({ seed, seconds, watchers = 1_000, slow = 100, events = 10_000, eventBytes = 300, runtime = "bun", env = {}, progress = () => {} }: SlowReadersOptions): Promise<Report> {
  const random = randomFrom(seed);
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  const service = stack.use(await startService({ runtime, env: { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_LOG_LEVEL: "warn", ...env } }));
  const token = await makeToken();
  const made = await fetch(`${service.url}/v1/tasks`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: '{"kind":"chaos"}' });
  const { task_id: taskId } = (await made.json()) as { task_id: string };
  const publisher = new StampPublisher({ url: service.url, taskId, token, eventBytes });

  progress(`${watchers} watchers`);
  const latencies = new Latencies();
  let stalled: ReadonlySet<Reader> = new Set();
  const onStamp = (stamp: number, reader: Reader): void => {
    if (stalled.size > 0 && !stalled.has(reader)) latencies.add(performance.now() - stamp / 1000);
  };
  const readers: Reader[] = [];
  stack.defer(() => readers.forEach((reader) => reader.stop()));
  for (let at = 0; at < watchers; at += 1) {
    readers.push(new Reader({ url: () => service.url, token, taskId, transport: at % 2 === 0 ? "websocket" : "sse", random, onStamp }));
    if (at % 100 === 99) await until("these watchers are there", REACH_MS, () => readers.every(({ caughtUp }) => caughtUp));
  }
  const reached = (all: readonly Reader[]): Promise<true> => until("all watchers have what was acknowledged", REACH_MS, () => all.every(({ last, faults }) => last >= publisher.last || faults.length > 0));
  await publisher.spread(WARM_UP.events, WARM_UP.seconds);
  await reached(readers);

  const memory = new Memory(service);
  stack.defer(() => memory.stop());
  const before = memory.now;
  memory.peak = before;
  const chosen = [...readers].map((reader, at) => ({ reader, kind: at % 2, rank: random() })).sort((a, b) => a.rank - b.rank);
  stalled = new Set([0, 1].flatMap((kind) => chosen.filter((each) => each.kind === kind).slice(0, slow / 2).map(({ reader }) => reader)));
  const others = readers.filter((reader) => !stalled.has(reader));
  for (const reader of others) reader.longestSilenceMs = 0;
  progress(`${slow} of them stop reading for ${seconds} s while ${events} events pass`);
  for (const reader of stalled) reader.stall();
  const began = performance.now();
  await publisher.spread(events, seconds * PASSING);
  await reached(others);
  const silence = longest(others);
  await pause(Math.max(0, began + seconds * 1000 - performance.now()));
  const unread = [...stalled].reduce((sum, { last }) => sum + publisher.last - last, 0);
  const { peak } = memory;

  progress("they read on");
  for (const reader of stalled) reader.read();
  const resumed = performance.now();
  await reached(readers);
  const catchingUp = performance.now() - resumed;
  await pause(AFTER_MS);
  const after = memory.now;
  const most = memory.peak;
  const metrics = await metricsOf(service);
  const bound = before + slow * SLOW_READER_BYTES + REST_BYTES;
  const wrong = readers.flatMap((reader) => judgeReader(reader, publisher));
  if (peak > bound) wrong.push(`the service took ${inMib(peak)}, at most ${inMib(bound)} were to be`);
  if (most > before + CATCHING_UP_BYTES) wrong.push(`the service took ${inMib(most)} while they caught up, at most ${inMib(before + CATCHING_UP_BYTES)} were to be`);
  if (silence > SILENCE_LIMIT_MS) wrong.push(`a watcher that reads was given nothing for ${silence} ms`);
  return {
    seed,
    command: `npm run chaos -- --scenario slow-readers --seconds ${seconds} --bytes ${eventBytes}${runtime === "deno" ? " --deno" : ""} --seed ${seed}`,
    acknowledged: publisher.last,
    deliveries: readers.reduce((sum, { last }) => sum + last, 0),
    watchers,
    reconnects: readers.reduce((sum, { connections }) => sum + connections - 1, 0),
    faults: {},
    metrics,
    longestSilenceMs: silence,
    figures: {
      "the service's memory": `${inMib(before)} before, at most ${inMib(peak)} while they did not read (${inMib(bound)} were allowed) and ${inMib(most)} while they caught up, ${inMib(after)} after`,
      "per slow reader": `${((peak - before) / slow / 1024).toFixed(0)} KiB more than before, of ${((unread / slow) * (eventBytes / 1024)).toFixed(0)} KiB unread`,
      "wires that were full": `${metrics.slow_wires} (of the rest the kernel took everything)`,
      "latency of the others": String(latencies),
      "the slow ones caught up within": `${Math.round(catchingUp)} ms; ${[...stalled].filter(({ connections }) => connections > 1).length} of ${slow} by a new connection`,
    },
    wrong,
  };
}
