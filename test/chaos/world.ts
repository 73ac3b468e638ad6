/** The system that faults are done to: brokers, several instances, producers that append to the same tasks, and watchers. */
import { brokerUrl } from "../support/broker-url.ts";
import { type NatsCluster, type NatsServer, startCluster, startNats } from "../support/nats.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { insist } from "../support/publisher.ts";
import { type Service, startService } from "../support/service.ts";
import { ISSUER_SETTINGS, makeToken } from "../support/token.ts";
import { type Frame, type Watcher, startWatcher } from "../support/watcher.ts";

export type Runtime = "bun" | "deno";

/** A watcher and what the system knows of it. */
export interface Follower {
  readonly taskId: string;
  readonly watcher: Watcher;
  /** It can stop reading. */
  readonly raw: boolean;
  /** It has left for good, before the end. */
  left: boolean;
  /** The instance that it connects to; while that is null, it finds nobody. */
  readonly place: { home: number | null };
}

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

export interface WorldOptions {
  readonly seed: number;
  readonly random: () => number;
  readonly cluster: boolean;
  /** One instance each. */
  readonly runtimes: readonly Runtime[];
  readonly tasks: number;
  /** Settings of the services besides those they need here. */
  readonly env?: Readonly<Record<string, string>>;
  /** In front of a single broker stands a proxy. Default true. */
  readonly proxied?: boolean;
  /** Watchers expect that the log can turn out to be another. */
  readonly resets?: boolean;
}

/** A line longer than this is kept as its length and hash. Characters. */
const LONG_LINE = 1_000;
const METRICS = ["repairs", "resets", "append_conflicts", "broker_losses", "slow_wires"];

/** What is kept of a line's text. */
export function shortened(text: string): string {
  return text.length > LONG_LINE ? `${text.length}:${Bun.hash(text)}` : text;
}

function kept({ type, seq, data }: Frame): Frame {
  const text = (data as { text?: unknown } | undefined)?.text;
  return { type, ...(seq === undefined ? {} : { seq }), ...(typeof text === "string" ? { data: { text: shortened(text) } } : {}) };
}

/** What a service has counted since its start; nothing where it does not answer. */
export async function metricsOf({ url }: Pick<Service, "url">, names: readonly string[] = METRICS): Promise<Record<string, number>> {
  const text = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(3_000) }).then((answer) => answer.text(), () => "");
  return Object.fromEntries(names.map((name) => [name, Number(new RegExp(`^taskwire_${name}_total (\\d+)`, "m").exec(text)?.[1] ?? 0)]));
}

export class World implements AsyncDisposable {
  readonly random: () => number;
  readonly services: Service[] = [];
  readonly followers: Follower[] = [];
  readonly tasks: string[] = [];
  /** A cluster, or null: one broker. */
  cluster: NatsCluster | null = null;
  /** One broker, or the nodes of a cluster. */
  brokers: readonly NatsServer[] = [];
  /** In front of a single broker; a cluster is reached without one. */
  proxy: Proxy | null = null;
  token = "";
  /** What must not be, in words. */
  readonly wrong: string[] = [];
  readonly #options: WorldOptions;
  readonly #stack = new AsyncDisposableStack();
  readonly #counted: Record<string, number> = {};
  #env: Record<string, string> = {};

  private constructor(options: WorldOptions) {
    this.#options = options;
    this.random = options.random;
  }

  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options);
    try {
      await world.#begin();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get urls(): string[] {
    return this.services.map(({ url }) => url);
  }

  get watchers(): Watcher[] {
    return this.followers.map(({ watcher }) => watcher);
  }

  /** A number below `count` by chance. */
  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** One more watcher; what is not said is left to chance. */
  join({ taskId = this.tasks[this.below(this.tasks.length)] ?? "", transport = this.random() < 0.5 ? ("websocket" as const) : ("sse" as const), raw = this.random() < 0.5, home = this.below(this.services.length) } = {}): Follower {
    const place = { home: home as number | null };
    const url = (): string => (place.home === null ? null : this.services[place.home]?.url) ?? NOWHERE;
    const watcher = startWatcher({ url, token: this.token, taskId, transport, raw, keep: kept, resets: this.#options.resets === true });
    const follower: Follower = { taskId, watcher, raw, left: false, place };
    this.followers.push(follower);
    return follower;
  }

  /** Ends the nth instance, having asked it what it has counted. */
  async halt(at: number, how: "kill" | "term"): Promise<void> {
    const service = this.services[at];
    if (!service) return;
    this.#count(await metricsOf(service));
    await (how === "kill" ? service.kill() : service.stop());
  }

  /** Starts the nth instance anew, on its old port and folder. */
  async restart(at: number): Promise<void> {
    const old = this.services[at];
    if (old) this.services[at] = await startService({ env: this.#env, port: old.port, home: old.home, runtime: this.#options.runtimes[at] ?? "bun" });
  }

  async createTask(key: string): Promise<string> {
    const made = await this.post("/v1/tasks", key, { kind: "chaos", title: key });
    return (made as { task_id: string }).task_id;
  }

  /** Sends a request with a key until it is acknowledged. */
  post(path: string, key: string, body: unknown): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json", "idempotency-key": key };
    return insist(() => this.urls, path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** What all instances have counted, those that have ended included. */
  async metrics(): Promise<Record<string, number>> {
    for (const service of this.services) this.#count(await metricsOf(service));
    return this.#counted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watcher of this.watchers) watcher.stop();
    await this.#stack.disposeAsync();
  }

  #count(metrics: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(metrics)) this.#counted[name] = (this.#counted[name] ?? 0) + value;
  }

  async #begin(): Promise<void> {
    const { cluster, runtimes, tasks, seed, env = {}, proxied = true } = this.#options;
    const stack = this.#stack;
    if (cluster) this.cluster = stack.use(await startCluster(3));
    this.brokers = this.cluster?.nodes ?? [stack.use(await startNats())];
    const [only] = this.brokers;
    if (!cluster && proxied && only) this.proxy = stack.use(await startProxy(only.port));
    const credentials = this.cluster?.credentials ?? only?.credentials;
    const addresses = this.proxy ? [this.proxy.url] : this.brokers.map(({ url }) => url);
    this.#env = { ...ISSUER_SETTINGS, NATS_URL: addresses.map((url) => brokerUrl({ url, credentials })).join(","), TASKWIRE_REPLICAS: cluster ? "3" : "1", ...env };
    stack.defer(async () => void (await Promise.all(this.services.map((service) => service[Symbol.asyncDispose]()))));
    for (const runtime of runtimes) this.services.push(await startService({ env: this.#env, runtime }));
    this.token = await makeToken({ subject: "chaos" });
    for (let number = 0; number < tasks; number += 1) this.tasks.push(await this.createTask(`task-${seed}-${number}`));
  }
}
