/** What can break, by name. Each fault is healed before it resolves, so that the next one meets a whole system. */
import { leaderOf } from "../support/leader.ts";
import { pause, until } from "../support/until.ts";
import { Producer } from "./producer.ts";
import type { World } from "./world.ts";

export interface Fault {
  readonly name: string;
  readonly about: string;
  /** Where it can happen: behind a proxy there is one broker. */
  readonly where: "anywhere" | "one broker" | "cluster";
  readonly strike: (scene: Scene) => Promise<void>;
}

/** The world while producers are at work. */
export interface Scene {
  readonly world: World;
  readonly producers: Producer[];
  /** A further producer of a task, judged like all. */
  enlist(taskId: string): Producer;
}

/** A cluster has to find another leader, and a node that was away has to be heard of again. Milliseconds. */
const ELECTION_MS = 30_000;
/** What is published to a task while watchers do not read: more than kernels keep for a connection. */
const BURST = { requests: 30, lines: 3, characters: 60_000 };
/** Newcomers are in the middle of history so long after they came, and stay a little longer. Milliseconds. */
const NEWCOMERS = 4;
const READING_MS = 60;
const STAY_MS = 1_000;

async function stall({ world, enlist }: Scene): Promise<void> {
  const taskId = world.tasks[world.below(world.tasks.length)] ?? "";
  const stalled = world.followers.filter((follower) => follower.raw && !follower.left && follower.taskId === taskId);
  for (const { watcher } of stalled) watcher.stall();
  const until = Date.now() + 1_000 + world.random() * 3_000;
  const producer = enlist(taskId);
  for (let request = 0; request < BURST.requests; request += 1) {
    await producer.append(Array.from({ length: BURST.lines }, (_, line) => `${request}/${line}/${"~".repeat(BURST.characters)}`));
  }
  await pause(Math.max(0, until - Date.now()));
  for (const { watcher } of stalled) watcher.read();
}

async function reset({ world }: Scene): Promise<void> {
  const newcomers = Array.from({ length: NEWCOMERS }, () => world.join());
  await pause(world.random() * READING_MS);
  world.proxy?.reset();
  await pause(STAY_MS);
  for (const newcomer of newcomers) {
    newcomer.left = true;
    newcomer.watcher.stop();
  }
}

async function haltOne(world: World, how: "kill" | "term"): Promise<void> {
  const at = world.below(world.services.length);
  await world.halt(at, how);
  await world.restart(at);
}

async function killLeader({ world }: Scene): Promise<void> {
  const { cluster } = world;
  if (!cluster) return;
  const taskId = world.tasks[world.below(world.tasks.length)] ?? "";
  const name = await until("the stream has a leader", ELECTION_MS, () => leaderOf(cluster, taskId));
  const leader = cluster.named(name);
  await leader.kill();
  await until("another node leads the stream", ELECTION_MS, async () => {
    const now = await leaderOf(cluster, taskId);
    return now !== null && now !== name;
  });
  await pause(world.random() * 1_000);
  await leader.restart();
}

export const FAULTS: readonly Fault[] = [
  {
    name: "broker-black-hole",
    about: "the connection to the broker swallows everything for up to 1.2 s, then is reset",
    where: "one broker",
    async strike({ world: { proxy, random } }) {
      proxy?.blackHole();
      await pause(300 + random() * 900);
      proxy?.heal();
      proxy?.reset();
    },
  },
  {
    name: "broker-reset",
    about: "every connection to the broker is reset while newcomers read history; they do not stay long",
    where: "one broker",
    strike: reset,
  },
  {
    name: "broker-kill",
    about: "a nats-server (of a cluster any) is killed by SIGKILL and started again",
    where: "anywhere",
    async strike({ world }) {
      const broker = world.brokers[world.below(world.brokers.length)];
      await broker?.kill();
      // A cluster has to do without the node for a while.
      if (world.cluster) await pause(500 + world.random() * 2_500);
      await broker?.restart();
    },
  },
  {
    name: "leader-kill",
    about: "the node that leads the stream of a task in use is killed by SIGKILL; it comes back when another leads",
    where: "cluster",
    strike: killLeader,
  },
  {
    name: "service-kill",
    about: "an instance is killed by SIGKILL and started again",
    where: "anywhere",
    strike: ({ world }) => haltOne(world, "kill"),
  },
  {
    name: "service-term",
    about: "an instance is told to stop, sends its watchers away, and is started again",
    where: "anywhere",
    strike: ({ world }) => haltOne(world, "term"),
  },
  {
    name: "watcher-cut",
    about: "half of the watchers lose their connection in the middle, and come back",
    where: "anywhere",
    async strike({ world: { watchers, random } }) {
      for (const watcher of watchers) if (random() < 0.5) watcher.cut();
    },
  },
  {
    name: "watcher-stall",
    about: "raw sockets of both transports stop reading for up to 4 s while 5 MB come to their task, then read on",
    where: "anywhere",
    strike: stall,
  },
  { name: "watcher-join", about: "one more watcher comes, and reads from the beginning", where: "anywhere", strike: async ({ world }) => void world.join() },
  {
    name: "watcher-leave",
    about: "a watcher leaves for good; a while later another one joins",
    where: "anywhere",
    async strike({ world }) {
      const here = world.followers.filter(({ left }) => !left);
      const follower = here[world.below(here.length)];
      if (follower) {
        follower.left = true;
        follower.watcher.stop();
      }
      await pause(100 + world.random() * 900);
      world.join();
    },
  },
  {
    name: "append-repeat",
    about: "requests come again with the same identity, twice at once, on any instance; answered as duplicates with the first one's seqs",
    where: "anywhere",
    strike: async ({ producers }) => void (await Promise.all(producers.map((producer) => producer.repeat()))),
  },
];
