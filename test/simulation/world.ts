/**
 * The whole service in one process without a clock of its own: several instances on one memory log that misbehaves as a
 * broker does, watchers over wires that misbehave as networks do, producers that repeat, instances that die. One seed
 * decides everything.
 */
import { TaskwireError } from "../../src/domain/error.ts";
import type { Identity } from "../../src/domain/access.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { type Connections, createConnections } from "../../src/delivery/connections.ts";
import { type HubDeps, createHub } from "../../src/feed/hub.ts";
import type { Hub } from "../../src/feed/port.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { roughWeather } from "../../src/log/memory-faults.ts";
import type { Log, Store } from "../../src/log/port.ts";
import type { Writer } from "../../src/log/writer.ts";
import { virtualEnvironment } from "../support/environment.ts";
import { creation, eventsIn, line, submission, writingSide } from "../suites/writer.ts";
import { Client } from "./client.ts";
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
/** Virtual time after which the run counts as hung. */
const TOO_LONG_MS = 20 * 60_000;

interface Instance {
  readonly writer: Writer;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly links: Set<Link>;
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
  const weather: Weather = { delayMs: 30, fullBytes: [200, 2_000, 1_000_000][one(3)] as number, lost: planted.lost ?? 0 };
  const limits = { ...LIMITS, ringBytes: [1, 3_000, 1_000_000][one(3)] as number, segmentBytes: 1_500, replayedBytes: 800, verifyMs: 2_000, feedIdleMs: 500, drainMs: 50 };
  const wrong: string[] = [];

  function begin(): Instance {
    const own = store.client();
    const used: Store = { ...own, log: planted.log ? planted.log(own.log) : own.log };
    const { writer } = writingSide(used, limits, environment);
    const hub = createHub({ log: used.log, environment, limits, meter: silentMeter, ...(planted.judge ? { judge: planted.judge } : {}) });
    const connections = createConnections({
      hub, environment, limits, meter: silentMeter, facts: writer.facts, logConnected: () => used.log.connected,
      authenticate: async () => me,
      append: async () => Promise.reject(new TaskwireError("unsupported", "Watchers do not append here.")),
    });
    const { promise: death, resolve } = Promise.withResolvers<"dead">();
    return { writer, hub, connections, links: new Set(), death, die: () => resolve("dead") };
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

  async function produce(taskId: string): Promise<Map<number, string>> {
    const acknowledged = new Map<number, string>();
    for (let number = 1; number <= REQUESTS; number += 1) {
      const texts = Array.from({ length: 1 + one(4) }, (_, at) => `${number}/${at} ${"x".repeat(one(120))}`);
      const drafts = [...texts.map(line), ...(number === REQUESTS ? [{ type: "task.completed", data: {} }] : [])];
      const request = submission(drafts, { kind: "producer", id: "p", seq: number, digest: `${number}` });
      for (let times = random.fraction() < 0.2 ? 2 : 1; times > 0; times -= 1) {
        const { firstSeq } = await insist((writer) => writer.append(taskId, request));
        texts.forEach((text, at) => acknowledged.set(firstSeq + at, text));
      }
      await sleep(one(120));
    }
    return acknowledged;
  }

  async function watch(client: Client): Promise<void> {
    while (!client.ended) {
      const instance = instances[one(INSTANCES)] as Instance;
      const gone = Promise.withResolvers<void>();
      const link = new Link(environment, weather, { receive: (text) => client.receive(text), closed: gone.resolve });
      instance.links.add(link);
      client.begin();
      const request = { task: client.taskId, after: client.cursor, replay: client.replay };
      if (client.transport === "sse") instance.connections.stream(link, { identity: me, ...request });
      else instance.connections.socket(link, { identity: me, protocol: "taskwire.v1", ...request });
      if (random.fraction() < 0.6) clock.after(one(400), () => link.cut());
      // A one-task stream that has ended is closed by the service; one that was given up is cut.
      await Promise.race([gone.promise, sleep(60_000)]);
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
        for (const link of [...old.links]) link.cut();
        old.hub.close();
        instances[at] = begin();
      } else if (random.fraction() < 0.5) {
        store.disconnect();
        await sleep(one(500));
        store.reconnect();
      }
    }
  }

  const clients: Client[] = [];
  await environment.run(async () => {
    let going = true;
    const troubles = trouble(() => going);
    await Promise.all(Array.from({ length: TASKS }, async (_, number) => {
      const made = await insist((writer) => writer.create(creation({ identity: { kind: "key", key: `task-${number}`, digest: "d" } })));
      const own = Array.from({ length: CLIENTS_PER_TASK }, () => new Client(made.taskId, one(2) === 0 ? "websocket" : "sse", one(3) === 0 ? "compact" : "full"));
      clients.push(...own);
      const [acknowledged] = await Promise.all([produce(made.taskId), ...own.map(async (client) => (await sleep(one(2_000)), watch(client)))]);
      const stored = eventsIn(store.stored(made.taskId));
      const texts = new Map(stored.filter(({ type }) => type === "log.line").map(({ seq, data }) => [seq, (data as { text: string }).text]));
      if (texts.size !== acknowledged.size) wrong.push(`${texts.size} lines are stored, ${acknowledged.size} were acknowledged`);
      for (const [seq, text] of acknowledged) if (texts.get(seq) !== text) wrong.push(`seq ${seq} was acknowledged as another than is stored`);
      if (stored.some(({ seq }, at) => seq !== at + 1)) wrong.push("the log is not dense");
      for (const client of own) {
        wrong.push(...client.faults);
        if (client.seq !== stored.length) wrong.push(`a watcher ended at ${client.seq} of ${stored.length}`);
        for (const [seq, text] of client.lines) if ((JSON.parse(text) as { data: { text?: string } }).data.text !== texts.get(seq)) wrong.push(`seq ${seq} was delivered as another than is stored`);
      }
    }));
    going = false;
    await troubles;
  }, TOO_LONG_MS).catch((error: unknown) => void wrong.push(String(error)));
  for (const { hub } of instances) hub.close();
  return { wrong, deliveries: clients.reduce((sum, { seq }) => sum + seq, 0) };
}
