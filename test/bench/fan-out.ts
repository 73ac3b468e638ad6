/** One task, many watchers: serial (the next event only when all have the last) and flat out. */
import { type Program, Stretch, createTask, metric, startBaseline, startService } from "./processes.ts";
import { Producer } from "./producers.ts";
import { EVENT_BYTES, type Effort, FILLER, type Sample, type Work, body } from "./row.ts";
import { type Kind, Watchers } from "./watchers.ts";

interface Fan {
  readonly kind: Kind;
  readonly count: number;
}

/** Answers the last seq that was published when this was sent. */
type Publish = (lane: number) => Promise<number>;
/** Publishes to all watchers until `end`; resolves when all have everything. */
type Load = (watchers: Watchers, publish: Publish, end: number) => Promise<void>;

const WARM_MS = 1_500;
/** Publishes in flight where nobody waits for the watchers. */
const IN_FLIGHT = 16;
/** Groups of the corking baseline that are under way: one at the wires, one to follow. */
const GROUPS = 2;

const seqOf = (answer: string): number => Number(/"last_seq":(\d+)/.exec(answer)?.[1]);
const now = (): number => performance.now();

/** The next only when all have the last. */
const serial: Load = async (watchers, publish, end) => {
  while (now() < end) await watchers.reach(await publish(0));
};

/** As fast as publishes are acknowledged. */
const flatOut: Load = async (watchers, publish, end) => {
  const last = await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, lane) => {
    let seq = 0;
    while (now() < end) seq = await publish(lane);
    return seq;
  }));
  await watchers.reach(Math.max(...last));
};

/** As fast as all watchers get the groups: the baseline has nothing else to wait for. */
const grouped: Load = async (watchers, publish, end) => {
  const sent: number[] = [];
  for (let at = 0; now() < end; at += 1) {
    sent.push(await publish(0));
    if (at >= GROUPS) await watchers.reach(sent[at - GROUPS] ?? 0);
  }
  await watchers.reach(sent.at(-1) ?? 0);
};

async function measure(program: Program, watchers: Watchers, publish: Publish, load: Load, { seconds }: Effort, writes = async () => 0): Promise<Sample> {
  await load(watchers, publish, now() + WARM_MS);
  const [deliveries, bytes, before, stretch] = [watchers.deliveries, watchers.bytes, await writes(), new Stretch(program)];
  await load(watchers, publish, now() + seconds * 1000);
  const [took, count] = [stretch.seconds, watchers.deliveries - deliveries];
  const facts = stretch.facts(count);
  const written = (await writes()) - before;
  return {
    values: [count / took],
    wrong: watchers.wrong(),
    facts: { ...facts, bytesPerSecond: (watchers.bytes - bytes) / took, eventsPerSecond: count / watchers.count / took, ...(written > 0 ? { eventsPerWrite: count / written } : {}) },
  };
}

async function ours({ kind, count }: Fan, load: Load, effort: Effort): Promise<Sample> {
  await using service = await startService();
  const task = await createTask(service);
  const path = `/v1/tasks/${task}/events`;
  const watchers = new Watchers({ port: service.port, kind, count, token: service.token, path: () => (kind === "sse" ? path : `/v1/tasks/${task}/ws`) });
  await watchers.open();
  const producers = await Promise.all(Array.from({ length: IN_FLIGHT }, () => Producer.connect(service)));
  const event = body(FILLER);
  try {
    return await measure(service, watchers, async (lane) => seqOf(await (producers[lane] as Producer).send(path, event)), load, effort, () => metric(service, "writes_out_total"));
  } finally {
    watchers.close();
    for (const producer of producers) producer.close();
  }
}

async function theirs(baseline: "loop" | "cork" | "sse", { kind, count }: Fan, load: Load, effort: Effort, group = 1): Promise<Sample> {
  await using program = await startBaseline(baseline);
  const watchers = new Watchers({ port: program.port, kind, count, token: "", path: () => "/" });
  await watchers.open();
  const producer = await Producer.connect(program);
  // With what the baseline puts before it, about as long as a frame of ours; a stream's has its cursor a second time.
  const text = `{"data":{"text":"${"x".repeat(EVENT_BYTES - (kind === "sse" ? 60 : 90))}"}}`;
  try {
    return await measure(program, watchers, async () => seqOf(await producer.send(`/${group}`, text)), load, effort);
  } finally {
    watchers.close();
    producer.close();
  }
}

const nameOf = ({ kind, count }: Fan): string => `one task → ${count} ${kind === "sse" ? "SSE" : "WebSocket"} watchers`;

function serialWork(fan: Fan, effort: Effort): Work {
  const sse = fan.kind === "sse";
  return {
    measures: [{ name: `${nameOf(fan)}, serial`, unit: "deliveries/s", goal: { least: 0.8 } }],
    baseline: sse ? "raw Bun stream, one shared buffer" : "raw Bun send loop",
    ours: () => ours(fan, serial, effort),
    theirs: () => theirs(sse ? "sse" : "loop", fan, serial, effort),
  };
}

function flatOutWork(fan: Fan, effort: Effort): Work {
  const group = ({ facts }: Sample): number => Math.max(1, Math.round(facts?.eventsPerWrite ?? 1));
  return {
    measures: [{ name: `${nameOf(fan)}, flat out`, unit: "deliveries/s", goal: { least: 0.7 } }],
    baseline: "raw Bun cork over the same groups",
    ours: () => ours(fan, flatOut, effort),
    theirs: (sample) => theirs("cork", fan, grouped, effort, group(sample)),
  };
}

/** Fan-out of one task to many watchers. */
export function fanWorks(effort: Effort, counts: readonly number[]): Work[] {
  return [
    ...counts.flatMap((count) => (["websocket", "sse"] as const).map((kind) => serialWork({ kind, count }, effort))),
    ...counts.map((count) => flatOutWork({ kind: "websocket", count }, effort)),
  ];
}
