/** What can break, by name. Each fault is healed before it resolves, so that the next one meets a whole system. */
import type { NatsServer } from "../support/nats.ts";
import type { Proxy } from "../support/proxy.ts";
import type { Service } from "../support/service.ts";
import type { Watcher } from "../support/watcher.ts";

/** The system that faults are done to. */
export interface World {
  readonly random: () => number;
  readonly services: Service[];
  readonly watchers: Watcher[];
  /** One server, or the nodes of a cluster. */
  readonly brokers: readonly NatsServer[];
  /** In front of a single server; a cluster is reached without one. */
  readonly proxy: Proxy | null;
  /** Starts the nth service anew, on its old port and folder. */
  restart(at: number): Promise<void>;
  /** One more watcher of any task. */
  join(): void;
}

export interface Fault {
  readonly name: string;
  readonly about: string;
  /** False where this world has nothing that could break so. */
  readonly fits: (world: World) => boolean;
  readonly strike: (world: World) => Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const anyOf = (world: World, count: number): number => Math.floor(world.random() * count);
const always = (): boolean => true;

export const FAULTS: readonly Fault[] = [
  {
    name: "broker-black-hole",
    about: "the connection to the broker swallows everything for up to 1.2 s, then is reset",
    fits: ({ proxy }) => proxy !== null,
    async strike({ proxy, random }) {
      proxy?.blackHole();
      await pause(300 + random() * 900);
      proxy?.heal();
      proxy?.reset();
    },
  },
  {
    name: "broker-reset",
    about: "every connection to the broker is reset",
    fits: ({ proxy }) => proxy !== null,
    strike: async ({ proxy }) => proxy?.reset(),
  },
  {
    name: "broker-kill",
    about: "a nats-server (in a cluster any, so by and by the leaders) is killed by SIGKILL and started again",
    fits: always,
    async strike(world) {
      const broker = world.brokers[anyOf(world, world.brokers.length)];
      await broker?.kill();
      // A cluster has to find another leader, and must do so while the node is away.
      if (world.brokers.length > 1) await pause(500 + world.random() * 2_500);
      await broker?.restart();
    },
  },
  {
    name: "service-kill",
    about: "an instance is killed by SIGKILL and started again",
    fits: always,
    async strike(world) {
      const at = anyOf(world, world.services.length);
      await world.services[at]?.kill();
      await world.restart(at);
    },
  },
  {
    name: "service-term",
    about: "an instance is told to stop, sends its watchers away, and is started again",
    fits: always,
    async strike(world) {
      const at = anyOf(world, world.services.length);
      await world.services[at]?.stop();
      await world.restart(at);
    },
  },
  {
    name: "watcher-cut",
    about: "half of the watchers lose their connection in the middle",
    fits: always,
    async strike({ watchers, random }) {
      for (const watcher of watchers) if (random() < 0.5) watcher.cut();
    },
  },
  { name: "watcher-join", about: "one more watcher comes, and reads from the beginning", fits: always, strike: async (world) => world.join() },
];
