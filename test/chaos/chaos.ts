/**
 * The promise under faults: two instances on real nats-servers, producers that repeat until they are acknowledged, watchers that
 * come and go on both transports, and faults by a seed. Every acknowledged event must reach every watcher exactly once, in order.
 */
import { brokerUrl } from "../support/broker-url.ts";
import { startCluster, startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { type Acknowledged, appendLines, insist } from "../support/publisher.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { type Watcher, startWatcher } from "../support/watcher.ts";
import { FAULTS, type Fault, type World } from "./faults.ts";

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Names of the faults to be done; none: all that fit. */
  readonly faults?: readonly string[];
  /** An R3 cluster of three instead of one server. */
  readonly cluster?: boolean;
  /** What the two instances run on. */
  readonly runtimes?: readonly ("bun" | "deno")[];
  readonly progress?: (text: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly watchers: number;
  readonly reconnects: number;
  readonly faults: Readonly<Record<string, number>>;
  /** From the instances that still run: their own counts since they were started. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The longest time for which a watcher was given nothing. Milliseconds. */
  readonly longestSilenceMs: number;
  /** What must not be, in words; none is what is promised. */
  readonly wrong: readonly string[];
}

const TASKS = 4;
const PRODUCERS_PER_TASK = 2;
const WATCHERS_PER_TASK = 4;
const REPEATED_SHARE = 0.1;
/** How long the watchers have, after the last fault, to reach the end. Milliseconds. */
const END_LIMIT_MS = 60_000;
const METRICS = ["repairs", "resets", "append_conflicts", "broker_losses", "slow_wires"];

/** Numbers from 0 to 1 by a seed (mulberry32), so that a seed gives the same faults. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a watcher was given, held against what was acknowledged for its task. */
function judge(watcher: Watcher, acknowledged: readonly Acknowledged[]): string[] {
  const texts = new Map<number, string>();
  for (const { seq, frame } of watcher.events) if (frame.type === "log.line") texts.set(seq, (frame.data as { text: string }).text);
  const expected = acknowledged.flatMap(({ texts: lines, firstSeq }) => lines.map((text, offset) => [firstSeq + offset, text] as const));
  const wrong = [...watcher.faults, ...expected.filter(([seq, text]) => texts.get(seq) !== text).map(([seq, text]) => `seq ${seq} is ${texts.get(seq) ?? "missing"}, acknowledged was ${text}`)];
  // What was never acknowledged may not be there either: every producer insisted until it was.
  if (texts.size !== expected.length) wrong.push(`${texts.size} lines were delivered, ${expected.length} were acknowledged`);
  if (watcher.events.at(-1)?.frame.type !== "task.completed") wrong.push("the last event is not the task's end");
  return wrong;
}

async function metricsOf(services: readonly Service[]): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { url } of services) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const name of METRICS) sums[name] = (sums[name] ?? 0) + Number(new RegExp(`^taskwire_${name}_total (\\d+)`, "m").exec(text)?.[1] ?? 0);
  }
  return sums;
}

/** Runs for about `seconds` and then to the end of all tasks. Throws where the system does not come back at all. */
export async function runChaos({ seconds, seed, faults: named = [], cluster = false, runtimes = ["bun", "bun"], progress = () => {} }: ChaosOptions): Promise<ChaosReport> {
  const random = randomFrom(seed);
  await using stack = new AsyncDisposableStack();
  const nats = cluster ? stack.use(await startCluster(3)) : stack.use(await startNats());
  const proxy = "nodes" in nats ? null : stack.use(await startProxy(nats.port));
  const address = "nodes" in nats ? nats.nodes.map(({ url }) => brokerUrl({ url, credentials: nats.credentials })).join(",") : brokerUrl({ url: proxy?.url ?? "", credentials: nats.credentials });
  const env = { ...ISSUER_SETTINGS, NATS_URL: address, TASKWIRE_REPLICAS: cluster ? "3" : "1" };
  const services: Service[] = [];
  stack.defer(async () => void (await Promise.all(services.map((service) => service[Symbol.asyncDispose]()))));
  for (const runtime of runtimes) services.push(await startService({ env, runtime }));
  const urls = (): string[] => services.map(({ url }) => url);
  const token = await makeToken({ subject: "chaos" });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const watchers: Watcher[] = [];
  stack.defer(() => watchers.forEach((watcher) => watcher.stop()));

  const tasks: string[] = [];
  for (let number = 0; number < TASKS; number += 1) {
    const made = await insist(urls, "/v1/tasks", { method: "POST", headers: { ...headers, "idempotency-key": `task-${seed}-${number}` }, body: JSON.stringify({ kind: "chaos", title: `Task ${number}` }) });
    tasks.push((made as { task_id: string }).task_id);
  }
  const watched: string[] = [];
  const watch = (taskId: string): void => {
    const home = Math.floor(random() * services.length);
    watchers.push(startWatcher({ url: () => urls()[home] ?? "", token, taskId, transport: random() < 0.5 ? "websocket" : "sse" }));
    watched.push(taskId);
  };
  for (const taskId of tasks) for (let number = 0; number < WATCHERS_PER_TASK; number += 1) watch(taskId);

  const end = Date.now() + seconds * 1000;
  const producing = tasks.map(async (taskId) => {
    const acknowledged: Acknowledged[] = [];
    await Promise.all(Array.from({ length: PRODUCERS_PER_TASK }, async (_, at) => {
      const name = `p${at}-${taskId}`;
      for (let number = 0; Date.now() < end; number += 1) {
        const texts = Array.from({ length: 1 + Math.floor(random() * 4) }, (__, line) => `${name}/${number}/${line}`);
        acknowledged.push(await appendLines({ urls, token, taskId, name }, number, texts, random() < REPEATED_SHARE));
      }
    }));
    return acknowledged;
  });

  const world: World = {
    random, services, watchers, proxy,
    brokers: "nodes" in nats ? nats.nodes : [nats],
    async restart(at) {
      const old = services[at];
      if (old) services[at] = await startService({ env, port: old.port, home: old.home, runtime: runtimes[at] ?? "bun" });
    },
    join: () => watch(tasks[Math.floor(random() * tasks.length)] ?? ""),
  };
  const fitting = FAULTS.filter((fault) => (named.length === 0 || named.includes(fault.name)) && fault.fits(world));
  const counts: Record<string, number> = {};
  // Each once, then by chance until the time is over.
  for (let number = 0; Date.now() < end && fitting.length > 0; number += 1) {
    const { name, strike } = fitting[number < fitting.length ? number : Math.floor(random() * fitting.length)] as Fault;
    counts[name] = (counts[name] ?? 0) + 1;
    progress(name);
    await strike(world);
    await pause(200 + random() * 600);
  }

  const acknowledged = await Promise.all(producing);
  for (const taskId of tasks) await insist(urls, `/v1/tasks/${taskId}/events`, { method: "POST", headers: { ...headers, "idempotency-key": "the-end" }, body: '{"type":"task.completed","data":{}}' });
  const late = pause(END_LIMIT_MS).then(() => Promise.reject(new Error(`a watcher did not reach the end; seed ${seed}`)));
  await Promise.race([Promise.all(watchers.map(({ ended }) => ended)), late]);
  return {
    seed,
    acknowledged: acknowledged.flat().reduce((sum, { texts }) => sum + texts.length, 0),
    deliveries: watchers.reduce((sum, { events }) => sum + events.length, 0),
    watchers: watchers.length,
    reconnects: watchers.reduce((sum, { connections }) => sum + connections - 1, 0),
    faults: counts,
    metrics: await metricsOf(services),
    longestSilenceMs: Math.max(...watchers.map(({ longestSilenceMs }) => longestSilenceMs)),
    wrong: watchers.flatMap((watcher, at) => judge(watcher, acknowledged[tasks.indexOf(watched[at] ?? "")] ?? [])),
  };
}
