/**
 * The whole service in one process without a clock of its own: several instances on one memory log that misbehaves as a
 * broker does, watchers over wires that misbehave as networks do, producers that repeat, instances that die. One seed
 * decides everything.
 */
import { TaskwireError } from "../../src/domain/error.ts";
import type { Identity } from "../../src/domain/access.ts";
import { type Meter, silentMeter } from "../../src/domain/meter.ts";
import { type Connections, createConnections } from "../../src/delivery/connections.ts";
import { type HubDeps, createHub } from "../../src/feed/hub.ts";
import type { Hub } from "../../src/feed/port.ts";
import { LIMITS } from "../../src/limits.ts";
import { type MemoryStore, createMemoryStore } from "../../src/log/memory.ts";
import { roughWeather } from "../../src/log/memory-faults.ts";
import type { Log, Store } from "../../src/log/port.ts";
import type { Writer } from "../../src/log/writer.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { type WritingSide, creation, eventsIn, line, submission, writingSide } from "../suites/writer.ts";
import { Client } from "./client.ts";
import { Many } from "./many.ts";
import { Link, type Weather } from "./wires.ts";

/** A fault planted into the service, to show that it would be found. */
export interface Planted {
  readonly judge?: HubDeps["judge"];
  readonly log?: (log: Log) => Log;
  readonly lost?: number;
}

const TASKS = 2;
const INSTANCES = 2;
const REQUESTS = 12;
const CLIENTS_PER_TASK = 3;
/** One world in so many has its store rolled back to an older copy, as a power cut does. */
const ROLLBACK_IN = 4;
/** Virtual time after which the run counts as hung. */
const TOO_LONG_MS = 20 * 60_000;
/** A connection on which nothing is missing may be quiet so long; heartbeats come all the while. */
const PATIENCE_MS = 60_000;
/** Longest silence on an open connection: two and a half heartbeats, as clients have it, and what is on its way. */
const SILENCE_MS = LIMITS.heartbeatMs * 2.5 + 1_000;

interface Instance {
  readonly store: MemoryStore;
  readonly side: WritingSide;
  readonly writer: Writer;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly links: Set<Link>;
  /** What it tells of itself: gauges by name. */
  readonly gauges: Map<string, number>;
  /** Resolves when it dies: whoever waits for its answer waits no more. */
  readonly death: Promise<"dead">;
  readonly die: () => void;
}

const me: Identity = { user: "owner1", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };

/** Plays one seed to the end of all tasks. Answers what went wrong, in words, and how much was delivered. */
export async function play(seed: number, planted: Planted = {}): Promise<{ wrong: string[]; deliveries: number }> {
  const environment = virtualEnvironment(seed);
  const { clock, random } = environment;
  const one = (count: number): number => Math.floor(random.fraction() * count);
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const store = createMemoryStore({ environment, partitions: 2, faults: roughWeather() });
  const rollback = one(ROLLBACK_IN) === 0;
  const weather: Weather = { delayMs: 30, fullBytes: [200, 2_000, 1_000_000][one(3)] as number, lost: planted.lost ?? 0 };
  const limits = {
    ...LIMITS,
    ringBytes: [1, 3_000, 1_000_000][one(3)] as number, segmentBytes: 1_500, readBytes: 4_000, segmentCacheBytes: [1, 4_000, 1_000_000][one(3)] as number,
    replayedBytes: 800, verifyMs: 2_000, feedIdleMs: 500, drainMs: 50,
  };
  const wrong: string[] = [];
  const all: Instance[] = [];

  /** Holds the budgets of memory to their limits whenever they change. */
  function meterInto(gauges: Map<string, number>): Meter {
    const most: Readonly<Record<string, number>> = { ring_bytes: limits.ringBytes, segment_bytes: limits.segmentCacheBytes };
    return {
      ...silentMeter,
      set(gauge, value, label = "") {
        gauges.set(gauge + label, value);
        if (value > (most[gauge] ?? Number.POSITIVE_INFINITY)) wrong.push(`${gauge} is ${value}, at most ${most[gauge]} may be`);
      },
    };
  }

  function begin(): Instance {
    const own = store.client();
    const used: Store = { ...own, log: planted.log ? planted.log(own.log) : own.log };
    const gauges = new Map<string, number>();
    const meter = meterInto(gauges);
    const side = writingSide(used, limits, environment);
    const { writer } = side;
    const hub = createHub({ log: used.log, environment, limits, meter, ...(planted.judge ? { judge: planted.judge } : {}) });
    const connections = createConnections({
      hub, environment, limits, meter, facts: writer.facts, logConnected: () => used.log.connected,
      authenticate: async () => me,
      append: async () => Promise.reject(new TaskwireError("unsupported", "Watchers do not append here.")),
    });
    const { promise: death, resolve } = Promise.withResolvers<"dead">();
    const made = { store: own, side, writer, hub, connections, links: new Set<Link>(), gauges, death, die: () => resolve("dead") };
    all.push(made);
    return made;
  }
  const instances = Array.from({ length: INSTANCES }, begin);

  /** Asks instances, one after another, until one has acknowledged. */
  async function insist<T>(ask: (writer: Writer) => Promise<T>): Promise<T> {
    for (;;) {
      const { writer, death } = instances[one(INSTANCES)] as Instance;
      const asked = ask(writer);
      asked.catch(() => {});
      try {
        const answer = await Promise.race([asked, death]);
        if (answer !== "dead") return answer as T;
      } catch (error) {
        if (!(error instanceof TaskwireError) || !["unavailable", "append_unknown", "append_busy", "internal"].includes(error.code)) throw error;
      }
      await sleep(one(50));
    }
  }

  /** Appends until the end, which waits for `mayEnd`. Answers what was acknowledged, by seq, and all texts that were ever sent. */
  async function produce(taskId: string, mayEnd: Promise<void>): Promise<{ acknowledged: Map<number, string>; sent: Set<string> }> {
    const acknowledged = new Map<number, string>();
    const sent = new Set<string>();
    for (let number = 1; number <= REQUESTS; number += 1) {
      if (number === REQUESTS) await mayEnd;
      const texts = Array.from({ length: 1 + one(4) }, (_, at) => `${number}/${at} ${"x".repeat(one(120))}`);
      for (const text of texts) sent.add(text);
      const drafts = [...texts.map(line), ...(number === REQUESTS ? [{ type: "task.completed", data: {} }] : [])];
      const request = submission(drafts, { kind: "producer", id: "p", seq: number, digest: `${number}` });
      for (let times = random.fraction() < 0.2 ? 2 : 1; times > 0; times -= 1) {
        const { firstSeq } = await insist((writer) => writer.append(taskId, request));
        texts.forEach((text, at) => acknowledged.set(firstSeq + at, text));
      }
      // Now and then long enough for heartbeats.
      await sleep(random.fraction() < 0.005 ? 50_000 : one(120));
    }
    return { acknowledged, sent };
  }

  /** Follows with one client on a connection of one task, or with several on one connection, until all have their end. */
  async function watch(follower: Client | Many): Promise<void> {
    while (!follower.ended) {
      const instance = instances[one(INSTANCES)] as Instance;
      const gone = Promise.withResolvers<void>();
      let heardAt = clock.now();
      const link = new Link(environment, weather, {
        receive(text) {
          if (clock.now() - heardAt > SILENCE_MS) wrong.push(`nothing came for ${clock.now() - heardAt} ms on an open connection`);
          heardAt = clock.now();
          follower.receive(text);
        },
        closed: gone.resolve,
      });
      instance.links.add(link);
      follower.begin(link);
      if (follower instanceof Many) instance.connections.socket(link, { identity: me, protocol: "taskwire.v1", task: null, after: null, replay: "full" });
      else {
        const request = { task: follower.taskId, after: follower.cursor, replay: follower.replay };
        if (follower.transport === "sse") instance.connections.stream(link, { identity: me, ...request });
        else instance.connections.socket(link, { identity: me, protocol: "taskwire.v1", ...request });
      }
      if (random.fraction() < 0.6) clock.after(one(400), () => link.cut());
      // A one-task stream that has ended is closed by the service; one that was given up is cut.
      const patience = await Promise.race([gone.promise, sleep(PATIENCE_MS).then(() => "over" as const)]);
      const left = follower instanceof Many ? follower.clients : [follower];
      if (patience === "over") for (const { taskId, seq } of left) if (seq !== store.stored(taskId).at(-1)?.header.lastSeq) wrong.push(`a connection was open for ${PATIENCE_MS} ms and quiet at ${seq}, though there was more`);
      link.cut();
      instance.links.delete(link);
      await sleep(one(80));
    }
  }

  async function trouble(stillGoing: () => boolean): Promise<void> {
    while (stillGoing()) {
      await sleep(100 + one(600));
      const at = one(INSTANCES);
      const old = instances[at] as Instance;
      if (random.fraction() < 0.3) {
        old.die();
        old.store.disconnect();
        for (const link of [...old.links]) link.cut();
        old.hub.close();
        instances[at] = begin();
      } else if (random.fraction() < 0.5) {
        old.store.disconnect();
        await sleep(one(500));
        old.store.reconnect();
      }
    }
  }

  /** The broker's power fails: everybody loses it, and it comes back as it was a while ago. */
  async function rollBack(): Promise<void> {
    await sleep(200 + one(500));
    const copy = store.copy();
    await sleep(50 + one(700));
    for (const { store: own } of instances) own.disconnect();
    store.restore(copy);
    await sleep(one(200));
    for (const { store: own } of instances) own.reconnect();
  }

  const clients: Client[] = [];
  await environment.run(async () => {
    let going = true;
    const troubles = trouble(() => going);
    // Chosen ids: making one of a key is computed off the loop, in real time, which a seed cannot repeat.
    const tasks = await Promise.all(Array.from({ length: TASKS }, (_, number) => insist((writer) => writer.create(creation({ taskId: `task-${seed}-${number}`, identity: { kind: "key", key: `task-${number}`, digest: "d" } })))));
    const mayEnd = rollback ? rollBack() : Promise.resolve();
    const newClient = (taskId: string, transport: Client["transport"], replay: Client["replay"] = "full"): Client => new Client(taskId, transport, replay, rollback);
    const many = new Many(tasks.map(({ taskId }) => newClient(taskId, "websocket")), () => random.fraction() < 0.05);
    const watching = [many, ...tasks.flatMap(({ taskId }) => Array.from({ length: CLIENTS_PER_TASK }, () => newClient(taskId, one(2) === 0 ? "websocket" : "sse", one(3) === 0 ? "compact" : "full")))];
    clients.push(...watching.flatMap((each) => (each instanceof Many ? each.clients : [each])));
    const watched = Promise.all(watching.map(async (each) => (await sleep(one(2_000)), watch(each))));
    const produced = await Promise.all(tasks.map(({ taskId }) => produce(taskId, mayEnd)));
    await watched;
    tasks.forEach(({ taskId }, at) => compare(taskId, produced[at] as Awaited<ReturnType<typeof produce>>));
    going = false;
    await troubles;
    await leaveNothing();
  }, TOO_LONG_MS).catch((error: unknown) => void wrong.push(String(error)));
  for (const { hub } of all) hub.close();
  return { wrong, deliveries: clients.reduce((sum, { seq }) => sum + seq, 0) };

  /** What is stored, what was acknowledged and what was delivered must be the same. */
  function compare(taskId: string, { acknowledged, sent }: Awaited<ReturnType<typeof produce>>): void {
    const stored = eventsIn(store.stored(taskId));
    const texts = new Map(stored.filter(({ type }) => type === "log.line").map(({ seq, data }) => [seq, (data as { text: string }).text]));
    if (stored.some(({ seq }, at) => seq !== at + 1)) wrong.push("the log is not dense");
    for (const text of texts.values()) if (!sent.has(text)) wrong.push("something is stored that nobody sent");
    // What was acknowledged can only be lost with the store.
    if (!rollback) {
      if (texts.size !== acknowledged.size) wrong.push(`${texts.size} lines are stored, ${acknowledged.size} were acknowledged`);
      for (const [seq, text] of acknowledged) if (texts.get(seq) !== text) wrong.push(`seq ${seq} was acknowledged as another than is stored`);
    }
    for (const client of clients) {
      if (client.taskId !== taskId) continue;
      wrong.push(...client.faults);
      if (client.seq !== stored.length) wrong.push(`a watcher ended at ${client.seq} of ${stored.length}`);
      for (const [seq, text] of client.lines) if ((JSON.parse(text) as { data: { text?: string } }).data.text !== texts.get(seq)) wrong.push(`seq ${seq} was delivered as another than is stored`);
    }
  }

  /** When everybody has gone, nothing of them is left: no connection, no watcher, no feed, no memory; and, closed, no timer. */
  async function leaveNothing(): Promise<void> {
    await sleep(10 * limits.feedIdleMs);
    for (const { gauges } of instances) {
      for (const [gauge, value] of gauges) if (value !== 0 && gauge !== "segment_bytes") wrong.push(`${gauge} is ${value} after everybody has gone`);
    }
    for (const { hub } of all) hub.close();
    await Promise.all(all.map(({ side }) => side.close()));
    await sleep(PATIENCE_MS);
    if (environment.timers() > 0) wrong.push(`${environment.timers()} timers are left after everything was closed`);
  }
}
