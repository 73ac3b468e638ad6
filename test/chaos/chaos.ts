/**
 * The promise under faults: several instances on real nats-servers append to the same tasks, producers repeat until they are
 * acknowledged, watchers come and go on both transports, and faults strike by a seed. Every acknowledged event must reach
 * every watcher exactly once, in order.
 */
import { randomFrom } from "../support/random.ts";
import { pause } from "../support/until.ts";
import { FAULTS, type Fault, type Scene } from "./faults.ts";
import { type Acknowledged, Producer } from "./producer.ts";
import type { Report } from "./report.ts";
import { type Follower, type Runtime, World, shortened } from "./world.ts";

export interface ChaosOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Names of the faults to be done; none: all that fit. */
  readonly faults?: readonly string[];
  /** An R3 cluster of three instead of one server. */
  readonly cluster?: boolean;
  /** What the instances run on. */
  readonly runtimes?: readonly Runtime[];
  readonly progress?: (text: string) => void;
}

const TASKS = 4;
const PRODUCERS = ["key", "producer"] as const;
/** A producer rests so long between two requests, by chance: the faults are the load. Milliseconds. */
const REST_MS = 40;
const REPEATED_SHARE = 0.05;
/** How long the watchers have, after the last fault, to reach the end. Milliseconds. */
const END_LIMIT_MS = 60_000;
/** Heartbeats come every 15 s, whatever is broken behind the service. Milliseconds. */
const SILENCE_LIMIT_MS = 30_000;
/** Bursts to watchers that do not read may go on for long runs; little is kept in memory, so that history is read from the log. Bytes. */
const SETTINGS = { TASKWIRE_TASK_BYTES: 8 * 1024 ** 3, TASKWIRE_RING_BYTES: 1024 ** 2, TASKWIRE_SEGMENT_CACHE_BYTES: 1024 ** 2 };

function shuffle(list: unknown[], random: () => number): void {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other], list[at]];
  }
}

/** What was acknowledged for a task, by seq. */
function expectedOf(acknowledged: readonly Acknowledged[]): Map<number, string> {
  return new Map(acknowledged.flatMap(({ texts, firstSeq }) => texts.map((text, offset) => [firstSeq + offset, shortened(text)] as const)));
}

/** What a watcher was given, held against what was acknowledged for its task; one that left has a beginning of it. */
function judge({ watcher, left }: Follower, expected: ReadonlyMap<number, string>): string[] {
  const wrong = [...watcher.faults];
  let lines = 0;
  for (const { seq, frame } of watcher.events) {
    if (frame.type !== "log.line") continue;
    lines += 1;
    const text = (frame.data as { text: string }).text;
    // What was never acknowledged may not be there either: every producer insisted until it was.
    if (expected.get(seq) !== text) wrong.push(`seq ${seq} is ${text}, acknowledged was ${expected.get(seq) ?? "nothing"}`);
  }
  if (watcher.longestSilenceMs > SILENCE_LIMIT_MS) wrong.push(`a watcher was given nothing for ${watcher.longestSilenceMs} ms`);
  if (left) return wrong;
  if (lines !== expected.size) wrong.push(`${lines} lines were delivered, ${expected.size} were acknowledged`);
  if (watcher.events.at(-1)?.frame.type !== "task.completed") wrong.push("the last event is not the task's end");
  return wrong;
}

/** Runs for about `seconds` and then to the end of all tasks. Throws where the system does not come back at all. */
export async function runChaos({ seconds, seed, faults: named = [], cluster = false, runtimes = ["bun", "bun", "bun"], progress = () => {} }: ChaosOptions): Promise<Report> {
  const random = randomFrom(seed);
  await using world = await World.start({ seed, random, cluster, runtimes, tasks: TASKS, env: Object.fromEntries(Object.entries(SETTINGS).map(([name, value]) => [name, String(value)])) });
  const { tasks, wrong } = world;
  const producers: Producer[] = [];
  const producersOf = new Map<string, Producer[]>(tasks.map((taskId) => [taskId, []]));
  const enlist = (taskId: string, identity: "key" | "producer" = "producer"): Producer => {
    const made = new Producer({ urls: () => world.urls, token: world.token, taskId, name: `p${producers.length}-${seed}`, identity, random, wrong: (finding) => void wrong.push(finding) });
    producers.push(made);
    producersOf.get(taskId)?.push(made);
    return made;
  };
  for (const taskId of tasks) for (const transport of ["websocket", "sse"] as const) for (const raw of [true, false]) world.join({ taskId, transport, raw });

  const end = Date.now() + seconds * 1000;
  const producing = tasks.flatMap((taskId) => PRODUCERS.map(async (identity) => {
    const producer = enlist(taskId, identity);
    for (let number = 0; Date.now() < end; number += 1) {
      await producer.append(Array.from({ length: 1 + Math.floor(random() * 4) }, (_, line) => `${identity}/${number}/${line}`));
      if (random() < REPEATED_SHARE) await producer.repeat();
      await pause(random() * REST_MS);
    }
  }));

  // Bursts have producers of their own; the tasks' two are asked to repeat, one request at a time.
  const scene: Scene = { world, producers: producers.slice(), enlist };
  const fitting = FAULTS.filter(({ name, where }) => (named.length === 0 || named.includes(name)) && (where === "anywhere" || where === (cluster ? "cluster" : "one broker")));
  if (fitting.length === 0) throw new RangeError(`${named.join(", ")} cannot happen ${cluster ? "on a cluster" : "on one broker"}`);
  const counts: Record<string, number> = {};
  // Each once, in an order by chance, then by chance until the time is over.
  shuffle(fitting, random);
  for (let number = 0; Date.now() < end; number += 1) {
    const { name, strike } = fitting[number < fitting.length ? number : world.below(fitting.length)] as Fault;
    counts[name] = (counts[name] ?? 0) + 1;
    progress(name);
    await strike(scene);
    await pause(200 + random() * 600);
  }

  await Promise.all(producing);
  for (const taskId of tasks) await world.post(`/v1/tasks/${taskId}/events`, "the-end", { type: "task.completed", data: {} });
  const staying = world.followers.filter(({ left }) => !left);
  const late = pause(END_LIMIT_MS).then(() => Promise.reject(new Error(`a watcher did not reach the end; seed ${seed}`)));
  await Promise.race([Promise.all(staying.map(({ watcher }) => watcher.ended)), late]);
  const expected = new Map(tasks.map((taskId) => [taskId, expectedOf((producersOf.get(taskId) ?? []).flatMap(({ acknowledged }) => acknowledged))]));
  const { watchers } = world;
  return {
    seed,
    command: `npm run chaos -- --seed ${seed}${cluster ? " --cluster" : ""}${runtimes.includes("deno") ? " --deno" : ""}${named.map((name) => ` --fault ${name}`).join("")} --minutes ${Number((seconds / 60).toFixed(2))}`,
    acknowledged: [...expected.values()].reduce((sum, lines) => sum + lines.size, 0),
    deliveries: watchers.reduce((sum, { events }) => sum + events.length, 0),
    watchers: watchers.length,
    reconnects: watchers.reduce((sum, { connections }) => sum + connections - 1, 0),
    faults: counts,
    metrics: await world.metrics(),
    longestSilenceMs: Math.max(...watchers.map(({ longestSilenceMs }) => longestSilenceMs)),
    figures: { "requests repeated": producers.reduce((sum, { repeats }) => sum + repeats, 0) },
    wrong: [...wrong, ...world.followers.flatMap((follower) => judge(follower, expected.get(follower.taskId) ?? new Map<number, string>()))],
  };
}
