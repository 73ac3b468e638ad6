/**
 * The same measurements on JetStream alone, so that the service's own share can be seen. Possible only where the broker's
 * credentials can be read: on the machine of a service that runs its own, as the same user, or with NATS_URL.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { silentMeter } from "../domain/meter.ts";
import { LIMITS } from "../limits.ts";
import { type Latency, latencyOf } from "./doctor-measure.ts";
import { type Settings, stateFolder } from "./sign-in.ts";

export interface Raw {
  readonly append: Latency;
  readonly live: Latency;
  readonly version: string | null;
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

/** What the log needs of its surroundings. */
const environment = {
  clock: {
    now: () => Date.now(),
    after(ms: number, run: () => void) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    turn: (run: () => void) => void setImmediate(run),
  },
  random: { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), fraction: () => Math.random() },
  journal: QUIET,
};

interface Broker {
  readonly servers: string;
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly version: string | null;
}

/** The broker of the service on this machine; a sentence where it cannot be known. */
export async function findBroker(settings: Settings): Promise<Broker | string> {
  if (settings.NATS_URL) return { servers: settings.NATS_URL, version: null };
  const home = stateFolder(settings);
  if (!existsSync(join(home, "nats", "server.json"))) return `no broker of its own is known in ${home}, and NATS_URL is not set`;
  // Loaded here alone: no other command needs the broker's client.
  const { openFolder, readState } = await import("../log/server-state.ts");
  const { probe } = await import("../log/server-probe.ts");
  const state = readState(openFolder(home));
  if (!state) return `${join(home, "nats", "server.json")} cannot be understood`;
  const version = await probe(state.port, state, 1_000);
  if (version === null) return `the broker that ${home} names does not answer on port ${state.port}`;
  return { servers: `nats://127.0.0.1:${state.port}`, credentials: { user: state.user, password: state.password }, version };
}

/** Appends to a task that nobody lists, hears it live, and removes it again. */
export async function measureRaw(broker: Broker, count: number): Promise<Raw> {
  const { openJetStream } = await import("../log/jetstream.ts");
  const store = await openJetStream({ servers: broker.servers, credentials: broker.credentials, replicas: 1, environment, limits: LIMITS, meter: silentMeter });
  const taskId = `doctor-${crypto.randomUUID()}`;
  const body = new TextEncoder().encode(`{"type":"log.line","data":{"level":"debug","text":"raw"},"task_id":"${taskId}","seq":1,"time":"${new Date().toISOString()}"}\n`);
  try {
    let arrived: () => void = () => {};
    const forget = await store.log.follow(taskId, () => arrived());
    const appends: number[] = [];
    const lives: number[] = [];
    let expected = 0;
    for (let seq = 1; seq <= count; seq++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      arrived = resolve;
      const header = { firstSeq: seq, lastSeq: seq, nonce: crypto.randomUUID().slice(0, 8), owner: "doctor", creator: null, conversation: null, kind: "doctor", access: "owner", status: "running", attempt: 1, state: null, delta: null, stateAt: 0 };
      const began = performance.now();
      const live = promise.then(() => performance.now() - began);
      const outcome = await store.log.append({ taskId, expected, header, body });
      appends.push(performance.now() - began);
      if (outcome.kind !== "stored") throw new Error(`JetStream answered "${outcome.kind}"`);
      expected = outcome.position;
      lives.push(await Promise.race([live, new Promise<number>((_, reject) => setTimeout(() => reject(new Error("nothing came live within 5 s")), 5_000).unref())]));
    }
    forget();
    const warm = Math.min(10, count - 1);
    return { append: latencyOf(appends.slice(warm)), live: latencyOf(lives.slice(warm)), version: broker.version };
  } finally {
    await store.log.purge(taskId, 0).catch(() => {});
    await store.close();
  }
}
