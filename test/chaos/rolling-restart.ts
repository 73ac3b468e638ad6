/**
 * Three instances of the service behind a balancer are restarted one after another while producers and watchers go on:
 * nothing may be lost or doubled, no instance may get more than its share, and those who are sent away must not come back
 * all at once.
 */
import { startBalancer } from "../support/balancer.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { Latencies } from "../support/latencies.ts";
import { startNats } from "../support/nats.ts";
import { insist } from "../support/publisher.ts";
import { randomFrom } from "../support/random.ts";
import { Reader } from "../support/reader.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { pause, until } from "../support/until.ts";
import type { Report } from "./report.ts";
import { StampPublisher, judgeReader } from "./stamps.ts";
import { metricsOf } from "./world.ts";

export interface RollingRestartOptions {
  readonly seed: number;
  readonly watchers?: number;
  readonly tasks?: number;
  readonly eventsPerSecond?: number;
  readonly eventBytes?: number;
  /** How long an instance takes to send its watchers away. */
  readonly drainMs?: number;
  /** What the instances run on. */
  readonly runtime?: "bun" | "deno";
  readonly progress?: (text: string) => void;
}

const INSTANCES = 3;
/** Events of one request. */
const BATCH = 4;
/** Between one restart and the next, and before the first. Milliseconds. */
const SETTLE_MS = 1_500;
const REACH_MS = 60_000;
/** An instance may have so much more than its share: connections that are ending, those of producers. */
const SHARE_SLACK = 1.05;
const PRODUCER_CONNECTIONS = 100;
/** Reconnects may come so many times faster than they would at an even pace. */
const PACE_SLACK = 2;
const SILENCE_LIMIT_MS = 5_000;

/** Runs the scenario. Throws where watchers do not come to what there is at all. */
export async function runRollingRestart({ seed, watchers = 3_000, tasks = 300, eventsPerSecond = 2_000, eventBytes = 300, drainMs = 5_000, runtime = "bun", progress = () => {} }: RollingRestartOptions): Promise<Report> {
  const random = randomFrom(seed);
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  // With one instance away the others share: that is the most that each may have, and more is refused by itself.
  const most = Math.ceil((watchers / (INSTANCES - 1)) * SHARE_SLACK);
  const env = { ...ISSUER_SETTINGS, NATS_URL: brokerUrl(nats), TASKWIRE_LOG_LEVEL: "warn", TASKWIRE_CONNECTIONS: String(Math.max(500, most)), TASKWIRE_DRAIN_MS: String(drainMs) };
  const services: Service[] = [];
  stack.defer(async () => void (await Promise.all(services.map((service) => service[Symbol.asyncDispose]()))));
  while (services.length < INSTANCES) services.push(await startService({ runtime, env }));
  const balancer = stack.use(await startBalancer(services.map(({ port }) => port)));
  const token = await makeToken();

  const publishers: StampPublisher[] = [];
  for (let number = 0; number < tasks; number += 1) {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": `t${seed}-${number}` };
    const { task_id: taskId } = (await insist(() => [balancer.url], "/v1/tasks", { method: "POST", headers, body: '{"kind":"chaos"}' })) as { task_id: string };
    publishers.push(new StampPublisher({ url: balancer.url, taskId, token, eventBytes }));
  }
  progress(`${tasks} tasks, ${watchers} watchers`);
  const latencies = new Latencies();
  const reconnects: number[] = [];
  let began = performance.now();
  const readers: Reader[] = [];
  stack.defer(() => readers.forEach((reader) => reader.stop()));
  const options = {
    url: () => balancer.url, token, random,
    onStamp: (stamp: number) => latencies.add(performance.now() - stamp / 1000),
    onReconnect: () => {
      const second = Math.floor((performance.now() - began) / 1000);
      reconnects[second] = (reconnects[second] ?? 0) + 1;
    },
  };
  for (let at = 0; at < watchers; at += 1) {
    readers.push(new Reader({ ...options, taskId: publishers[at % tasks]?.taskId ?? "", transport: Math.floor(at / tasks) % 2 === 0 ? "websocket" : "sse" }));
    if (at % 200 === 199 || at === watchers - 1) await until("these watchers are there", REACH_MS, () => readers.every(({ caughtUp }) => caughtUp));
  }

  const wrong: string[] = [];
  const first = balancer.instances.map(({ peak }) => peak);
  const share = Math.ceil((watchers / INSTANCES) * SHARE_SLACK) + PRODUCER_CONNECTIONS;
  if (first.some((peak) => peak > share)) wrong.push(`with all instances there one had ${Math.max(...first)} connections, its share was ${share}`);

  progress(`${eventsPerSecond} events a second`);
  let going = true;
  began = performance.now();
  const restMs = (1000 * BATCH * tasks) / eventsPerSecond;
  const load = process.cpuUsage();
  const producing = publishers.map(async (publisher) => {
    for (let due = began + random() * restMs; going; due += restMs) {
      await pause(Math.max(0, due - performance.now()));
      if (going) await publisher.publish(BATCH);
    }
  });
  await pause(SETTLE_MS);
  const metrics: Record<string, number> = {};
  const drained: string[] = [];
  for (const [at, service] of services.entries()) {
    const had = balancer.instances[at]?.open ?? 0;
    for (const [name, value] of Object.entries(await metricsOf(service))) metrics[name] = (metrics[name] ?? 0) + value;
    const told = performance.now();
    const code = await service.stop();
    if (code !== 0) wrong.push(`an instance that was told to stop ended with ${code}`);
    drained.push(`${had} in ${((performance.now() - told) / 1000).toFixed(1)} s`);
    services[at] = await startService({ runtime, env, port: service.port, home: service.home });
    await until("the instance is in again", REACH_MS, () => balancer.instances[at]?.ready);
    progress(`instance ${at + 1} is back`);
    await pause(SETTLE_MS);
  }
  going = false;
  await Promise.all(producing);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(load);
  const lastOf = new Map(publishers.map((publisher) => [publisher.taskId, publisher]));
  await until("all watchers have what was acknowledged", REACH_MS, () => readers.every(({ last, taskId, faults }) => faults.length > 0 || last >= (lastOf.get(taskId)?.last ?? 0)));

  const peaks = balancer.instances.map(({ peak }) => peak);
  const bound = most + PRODUCER_CONNECTIONS;
  if (peaks.some((peak) => peak > bound)) wrong.push(`an instance had ${Math.max(...peaks)} connections, at most ${bound} were its share`);
  const fastest = Math.max(0, ...reconnects.filter((count) => count !== undefined));
  const evenly = Math.ceil((most / drainMs) * 1000);
  if (fastest > PACE_SLACK * evenly) wrong.push(`${fastest} watchers came back within a second, at an even pace it were ${evenly}`);
  for (const reader of readers) wrong.push(...judgeReader(reader, lastOf.get(reader.taskId) as StampPublisher));
  const silence = Math.round(Math.max(...readers.map(({ longestSilenceMs }) => longestSilenceMs)));
  if (silence > SILENCE_LIMIT_MS) wrong.push(`a watcher was given nothing for ${silence} ms`);
  for (const service of services) for (const [name, value] of Object.entries(await metricsOf(service))) metrics[name] = (metrics[name] ?? 0) + value;
  const acknowledged = publishers.reduce((sum, { last }) => sum + last, 0);
  const times = (what: "sentAway" | "turnedAway"): number => readers.reduce((sum, reader) => sum + reader[what], 0);
  return {
    seed,
    command: `npm run chaos -- --scenario rolling-restart${runtime === "deno" ? " --deno" : ""} --seed ${seed}`,
    acknowledged,
    deliveries: readers.reduce((sum, { last }) => sum + last, 0),
    watchers,
    reconnects: readers.reduce((sum, { connections }) => sum + connections - 1, 0),
    faults: { "instances restarted": services.length },
    metrics,
    longestSilenceMs: silence,
    figures: {
      "events a second": `${Math.round((acknowledged - tasks) / seconds)} over ${tasks} tasks, for ${seconds.toFixed(1)} s`,
      "most connections of each instance": `${peaks.join(", ")}; with all there ${first.join(", ")}; at most ${bound} and ${share} were their share`,
      "connections sent away": `${drained.join(", ")}; ${times("sentAway")} were told when to come back, ${times("turnedAway")} were turned away`,
      "reconnects in each second": `${Array.from(reconnects, (count) => count ?? 0).join(" ")}; at most ${fastest}, evenly it were ${evenly}`,
      "latency of all deliveries": String(latencies),
      "load generator and balancer": `${((user + system) / 1e6 / seconds).toFixed(2)} of a core`,
    },
    wrong,
  };
}
