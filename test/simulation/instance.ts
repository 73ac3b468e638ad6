/** One instance of the service in the simulation: its own connection to the broker, and a count of everything that it holds on to. */
import type { Identity } from "../../src/domain/access.ts";
import type { Environment } from "../../src/domain/environment.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import type { Meter } from "../../src/domain/meter.ts";
import { type Connections, createConnections } from "../../src/delivery/connections.ts";
import { type HubDeps, createHub } from "../../src/feed/hub.ts";
import type { Hub } from "../../src/feed/port.ts";
import { RingBudget } from "../../src/feed/ring.ts";
import { Segments } from "../../src/feed/segments.ts";
import type { LimitSet } from "../../src/limits.ts";
import type { MemoryStore } from "../../src/log/memory.ts";
import type { Log } from "../../src/log/port.ts";
import type { Writer } from "../../src/log/writer.ts";
import { type WritingSide, writingSide } from "../suites/writer.ts";
import type { Link } from "./wires.ts";

export interface InstanceDeps {
  /** Its own client of the broker. */
  readonly store: MemoryStore;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly judge?: HubDeps["judge"];
  /** Puts a planted fault before the log. */
  readonly log?: (log: Log) => Log;
  /** Told of what must not be. */
  readonly wrong: (what: string) => void;
}

export const me: Identity = { user: "owner1", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };

export class Instance {
  readonly writer: Writer;
  readonly hub: Hub;
  readonly connections: Connections;
  readonly store: MemoryStore;
  readonly links = new Set<Link>();
  /** Resolves when it dies: whoever waits for its answer waits no more. */
  readonly death: Promise<"dead">;
  /** Its process is gone. */
  dead = false;
  readonly #deps: InstanceDeps;
  readonly #writing: WritingSide;
  readonly #die: (value: "dead") => void;
  readonly #gauges = new Map<string, number>();
  /** Live subscriptions to the log, and listeners to its connection, that were not ended. */
  #follows = 0;
  #listeners = 0;

  constructor(deps: InstanceDeps) {
    const { store, environment, limits, judge } = deps;
    this.#deps = deps;
    this.store = store;
    const log = this.#counting(deps.log?.(store.log) ?? store.log);
    const meter = this.#meter();
    this.#writing = writingSide({ ...store, log }, limits, environment);
    this.writer = this.#writing.writer;
    this.hub = createHub({ log, environment, limits, meter, ...(judge ? { judge } : {}) });
    this.connections = createConnections({
      hub: this.hub, environment, limits, meter, facts: this.writer.facts, logConnected: () => log.connected,
      authenticate: async () => me,
      command: async () => Promise.reject(new TaskwireError("unsupported", "Watchers do not command here.")),
      append: async () => Promise.reject(new TaskwireError("unsupported", "Watchers do not append here.")),
    });
    const { promise, resolve } = Promise.withResolvers<"dead">();
    this.death = promise;
    this.#die = resolve;
  }

  /** SIGKILL: everything breaks off. What is on its way to the log may still land. */
  kill(): void {
    this.dead = true;
    this.#die("dead");
    for (const link of [...this.links]) link.cut();
    this.store.disconnect();
    this.hub.close();
  }

  /** SIGTERM: its watchers are sent away, then it ends. */
  async leave(): Promise<void> {
    await this.connections.drain();
    this.kill();
  }

  /** Ends what a process' end would end. Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    this.hub.close();
    await this.#writing.close();
    if (this.#follows !== 0) this.#deps.wrong(`${this.#follows} subscriptions to the log were left behind`);
    if (this.#listeners !== 0) this.#deps.wrong(`${this.#listeners} listeners to the connection were left behind`);
  }

  /** Says what an instance holds that nobody watches any more. */
  idle(): void {
    const { websocket, sse } = this.connections.stats();
    if (websocket + sse > 0) this.#deps.wrong(`${websocket} sockets and ${sse} streams were left behind`);
    for (const name of ["watchers", "watched_tasks"]) if ((this.#gauges.get(name) ?? 0) !== 0) this.#deps.wrong(`${this.#gauges.get(name)} ${name} were left behind`);
    if (this.#follows !== 0) this.#deps.wrong(`${this.#follows} subscriptions to the log were kept without watchers`);
  }

  #meter(): Meter {
    const bounds: Readonly<Record<string, number>> = { ring_bytes: this.#deps.limits.ringBytes, segment_bytes: this.#deps.limits.segmentCacheBytes };
    return {
      add() {},
      observe() {},
      set: (gauge, value) => {
        this.#gauges.set(gauge, value);
        if (value < 0 || value > (bounds[gauge] ?? Number.POSITIVE_INFINITY)) this.#deps.wrong(`${gauge} is ${value}`);
      },
    };
  }

  #counting(log: Log): Log {
    return {
      ...log,
      get epoch() {
        return log.epoch;
      },
      get connected() {
        return log.connected;
      },
      follow: async (taskId, onBatch) => {
        this.#follows += 1;
        const cancel = await log.follow(taskId, onBatch);
        let ended = false;
        return () => {
          if (!ended) this.#follows -= 1;
          ended = true;
          cancel();
        };
      },
      onConnection: (listener) => {
        this.#listeners += 1;
        const cancel = log.onConnection(listener);
        return () => {
          this.#listeners -= 1;
          cancel();
        };
      },
    };
  }
}

/** Every ring budget and every cache of history that is made meanwhile: what is in them can be asked when nobody watches. */
export function watchMemory(): { readonly bytes: () => number; readonly stop: () => void } {
  const held = new Set<{ readonly bytes: number }>();
  const { join } = RingBudget.prototype;
  const { open } = Segments.prototype;
  RingBudget.prototype.join = function (ring) {
    held.add(this);
    join.call(this, ring);
  };
  Segments.prototype.open = function (taskId) {
    held.add(this);
    return open.call(this, taskId);
  };
  return {
    bytes: () => [...held].reduce((sum, { bytes }) => sum + bytes, 0),
    stop() {
      RingBudget.prototype.join = join;
      Segments.prototype.open = open;
    },
  };
}
