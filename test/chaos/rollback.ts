/**
 * The power cut of an R1 broker that had acknowledged more than its disk kept: its store is replaced by an older copy while
 * services and watchers live. Whoever was ahead of the copy must be told (`stream.gap` with reason `reset`, then a snapshot),
 * and nobody may be misled: in the end every watcher has exactly what the log has.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrokerAddress, openStore } from "../support/broker.ts";
import { startNats } from "../support/nats.ts";
import { randomFrom } from "../support/random.ts";
import { until } from "../support/until.ts";
import { Producer } from "./producer.ts";
import type { Report } from "./report.ts";
import { type Follower, type Runtime, World } from "./world.ts";

export interface RollbackOptions {
  readonly seed: number;
  /** Stops after so many rollbacks, or … */
  readonly rounds: number;
  /** … when none begins any more. Seconds. */
  readonly seconds?: number;
  readonly runtimes?: readonly Runtime[];
  readonly progress?: (text: string) => void;
}

/** The fault's name, on the command line and in reports. */
export const STORE_ROLLBACK = "store-rollback";

/** What becomes of a task: how many requests are acknowledged and lost, how many come afterwards. Equal numbers put other events at the same seqs and positions. */
interface Fate {
  readonly name: string;
  readonly lost: number;
  readonly after: number;
  /** It is created after the copy was made. */
  readonly young?: boolean;
  /** A producer is in the middle of requests to it all the time. */
  readonly busy?: boolean;
  /** It ended, and that was lost: those who were told so do not come back. */
  readonly ended?: boolean;
}

const FATES: readonly Fate[] = [
  { name: "fewer come", lost: 6, after: 2 },
  { name: "as many come", lost: 4, after: 4 },
  { name: "more come", lost: 3, after: 30 },
  { name: "nothing comes", lost: 5, after: 0 },
  { name: "nothing was lost", lost: 0, after: 5 },
  { name: "a producer goes on", lost: 2, after: 2, busy: true },
  { name: "its end was lost", lost: 2, after: 3, ended: true },
  { name: "all was lost", lost: 4, after: 0, young: true },
];

/** How long watchers may take to have what the log has. Milliseconds. */
const REACH_MS = 30_000;
/** So many requests are repeated on every instance. */
const REPEATED = 4;
/** How long a list may take to be right. Milliseconds. */
const LIST_MS = 10_000;
const PAGE_BYTES = 1024 * 1024;

interface Line {
  readonly seq: number;
  readonly type: string;
  readonly text: string | null;
}

interface Course {
  readonly fate: Fate;
  readonly taskId: string;
  /** One at each instance and over each transport, there all the time. */
  readonly present: readonly Follower[];
  /** It left before anything was lost. */
  readonly before: Follower | null;
  /** It has what was lost and was away when that happened. */
  readonly ahead: Follower;
  readonly producer: Producer;
}

const lineOf = ({ seq, type, data }: { seq?: number; type: string; data?: unknown }): Line => ({ seq: seq ?? -1, type, text: (data as { text?: string } | undefined)?.text ?? null });
const linesOf = ({ watcher }: Follower): Line[] => watcher.events.map(({ frame }) => lineOf(frame));
const lastOf = ({ watcher }: Follower): number => watcher.events.at(-1)?.seq ?? 0;

class Rollback {
  readonly #world: World;
  readonly #prefix: string;
  readonly #restart: boolean;
  readonly wrong: string[] = [];
  told = 0;
  lost = 0;

  constructor(world: World, prefix: string, restart: boolean) {
    this.#world = world;
    this.#prefix = prefix;
    this.#restart = restart;
  }

  /** One power cut, from first events to judgement. */
  async run(): Promise<Course[]> {
    const world = this.#world;
    const courses: Course[] = [];
    for (const fate of FATES) if (!fate.young) courses.push(await this.#begin(fate));
    await this.#reached(courses);
    for (const { before } of courses) this.#leave(before);
    const busyTask = courses.find(({ fate }) => fate.busy)?.taskId ?? "";
    const busy = this.#keepBusy(busyTask);

    await this.#copy();
    const kept = await this.#readCopy(courses);
    for (const fate of FATES) if (fate.young) courses.push(await this.#begin(fate));
    for (const { producer, fate, taskId } of courses) {
      if (!fate.young) await this.#append(producer, fate.lost, "lost");
      if (fate.ended) await world.post(`/v1/tasks/${taskId}/events`, "the-end", { type: "task.completed", data: {} });
    }
    await this.#reached(courses);
    for (const { ahead } of courses) this.#leave(ahead);
    const heights = new Map(courses.flatMap(({ present, ahead, before }) => [...present, ahead, ...(before ? [before] : [])].map((follower) => [follower, lastOf(follower)] as const)));

    if (this.#restart) await Promise.all(world.services.map((_, at) => world.halt(at, "kill")));
    await this.#restore();
    if (this.#restart) for (const at of world.services.keys()) await world.restart(at);
    await busy.stop();
    await Promise.all(courses.map((course) => this.#go(course)));
    for (const course of courses) for (const follower of [course.before, course.ahead]) if (follower) follower.place.home = world.below(world.services.length);
    await this.#judge(courses, heights, kept, busy.producer);
    return courses;
  }

  async #begin(fate: Fate): Promise<Course> {
    const world = this.#world;
    const name = `${this.#prefix}-${fate.name.replaceAll(" ", "-")}`;
    const taskId = await world.createTask(name);
    const present = world.services.flatMap((_, home) => (["websocket", "sse"] as const).map((transport) => world.join({ taskId, transport, home })));
    const producer = new Producer({ urls: () => world.urls, token: world.token, taskId, name, identity: "key", random: world.random, wrong: (finding) => void this.wrong.push(finding) });
    await this.#append(producer, 1 + world.below(5), "kept");
    return { fate, taskId, present, before: fate.young ? null : world.join({ taskId }), ahead: world.join({ taskId }), producer };
  }

  async #append(producer: Producer, requests: number, word: string): Promise<void> {
    for (let request = 0; request < requests; request += 1) await producer.append(Array.from({ length: 1 + this.#world.below(3) }, (_, line) => `${word}/${request}/${line}/${this.#world.below(1e9)}`));
  }

  /** After the rollback the producers of before send other requests, and one of those lost again: it must be stored, or it would be missing. */
  async #go({ producer, fate }: Course): Promise<void> {
    await this.#append(producer, fate.after, "after");
    if (fate.name === "more come") await this.#resend(producer);
    await this.#repeatEverywhere(producer);
  }

  /** Every instance must answer a repeat with the place that the log has, not with one that it remembers from before. */
  async #repeatEverywhere(producer: Producer): Promise<void> {
    for (const sent of producer.acknowledged.filter(({ texts }) => texts[0]?.startsWith("after/")).slice(-REPEATED)) {
      for (const instance of this.#world.services.keys()) {
        const again = await producer.resend(sent, instance);
        if (!again.duplicate || again.first_seq !== sent.firstSeq || again.cursor !== sent.cursor) this.wrong.push(`a request was answered with ${sent.firstSeq} and ${sent.cursor}, its repeat ${JSON.stringify(again)}`);
      }
    }
  }

  async #resend(producer: Producer): Promise<void> {
    const lost = producer.acknowledged.find(({ texts }) => texts[0]?.startsWith("lost/"));
    if (lost === undefined) return;
    const again = await producer.resend(lost);
    if (again.duplicate) this.wrong.push(`a lost request that came again was taken for a duplicate: ${JSON.stringify(again)}`);
  }

  /** A producer that is in the middle of requests all the time. */
  #keepBusy(taskId: string): { producer: Producer; stop(): Promise<void> } {
    const world = this.#world;
    const producer = new Producer({ urls: () => world.urls, token: world.token, taskId, name: `${this.#prefix}-busy`, identity: "producer", random: world.random, wrong: (finding) => void this.wrong.push(finding) });
    let going = true;
    const work = (async () => {
      for (let number = 0; going; number += 1) await producer.append([`busy/${this.#prefix}/${number}`]);
    })();
    return {
      producer,
      async stop() {
        going = false;
        await work;
      },
    };
  }

  #leave(follower: Follower | null): void {
    if (!follower) return;
    follower.place.home = null;
    follower.watcher.cut();
  }

  /** All that are there have what was acknowledged. */
  async #reached(courses: readonly Course[]): Promise<void> {
    for (const { taskId, present, before, ahead, producer } of courses) {
      const last = Math.max(...producer.acknowledged.map(({ firstSeq, texts }) => firstSeq + texts.length - 1), 1);
      const here = [...present, before, ahead].filter((follower) => follower !== null && follower.place.home !== null) as Follower[];
      await until(`the watchers of ${taskId} have ${last}`, REACH_MS, () => here.every((follower) => lastOf(follower) >= last));
    }
  }

  get #store(): { now: string; old: string } {
    const folder = this.#world.brokers[0]?.folder ?? "";
    return { now: join(folder, "store"), old: join(folder, "old") };
  }

  async #copy(): Promise<void> {
    const [broker] = this.#world.brokers;
    const { now, old } = this.#store;
    await broker?.kill();
    rmSync(old, { recursive: true, force: true });
    cpSync(now, old, { recursive: true });
    await broker?.restart();
  }

  async #restore(): Promise<void> {
    const [broker] = this.#world.brokers;
    const { now, old } = this.#store;
    await broker?.kill();
    rmSync(now, { recursive: true, force: true });
    cpSync(old, now, { recursive: true });
    await broker?.restart();
  }

  /** What the copy has: asked of a broker of its own, as nobody may add to it. */
  async #readCopy(courses: readonly Course[]): Promise<Map<string, Line[]>> {
    const folder = mkdtempSync(join(tmpdir(), "taskwire-copy-"));
    try {
      cpSync(this.#store.old, join(folder, "store"), { recursive: true });
      await using broker = await startNats({ folder });
      return await this.#read(courses, broker);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** What a broker itself has of each task, by no way through a service. */
  async #read(courses: readonly Course[], broker: BrokerAddress | undefined = this.#world.brokers[0]): Promise<Map<string, Line[]>> {
    if (!broker) return new Map();
    await using opened = await openStore(broker);
    const logs = new Map<string, Line[]>();
    for (const { taskId } of courses) {
      const lines: Line[] = [];
      for (let after = 0; ; ) {
        const page = await opened.log.read({ taskId, after, maxBytes: PAGE_BYTES });
        for (const { body } of page.batches) for (const line of new TextDecoder().decode(body).split("\n")) if (line !== "") lines.push(lineOf(JSON.parse(line) as { type: string }));
        after = page.batches.at(-1)?.position ?? after;
        if (page.end) break;
      }
      logs.set(taskId, lines);
    }
    return logs;
  }

  async #judge(courses: readonly Course[], heights: ReadonlyMap<Follower, number>, kept: ReadonlyMap<string, Line[]>, busy: Producer): Promise<void> {
    const logs = await this.#read(courses);
    for (const course of courses) {
      const log = logs.get(course.taskId) ?? [];
      const wanted = JSON.stringify(log);
      const keptSeq = kept.get(course.taskId)?.at(-1)?.seq ?? 0;
      this.#judgeLog(course, log, keptSeq);
      for (const follower of course.fate.ended ? [course.before] : [...course.present, course.ahead, course.before]) {
        if (!follower) continue;
        const height = heights.get(follower) ?? 0;
        const who = `${follower === course.before ? "a watcher that left before" : follower === course.ahead ? "a watcher that was away" : "a watcher"} of the task where ${course.fate.name}${this.#restart ? " (services restarted)" : ""}`;
        const have = (): boolean => this.#refused(course, follower) || (JSON.stringify(linesOf(follower)) === wanted && (height <= keptSeq || follower.watcher.resets.length > 0));
        await until("", REACH_MS, have).catch(() => this.wrong.push(`${who} has ${tailOf(linesOf(follower))}, the log has ${tailOf(log)}; it was told ${follower.watcher.resets.length} resets`));
        this.wrong.push(...follower.watcher.faults.map((fault) => `${who}: ${fault}`));
        this.#judgeResets(follower, height, keptSeq, log, who);
        this.told += follower.watcher.resets.length;
      }
    }
    await this.#judgeLists(courses);
    for (const { fate, taskId } of courses) if (fate.busy) this.#judgeBusy(busy, logs.get(taskId) ?? []);
    this.lost += courses.reduce((sum, { producer }) => sum + producer.acknowledged.filter(({ texts }) => texts[0]?.startsWith("lost/")).length, 0);
  }

  /** Where a task is lost whole, who comes back is told that there is none. */
  #refused({ fate }: Course, { watcher }: Follower): boolean {
    return fate.young === true && watcher.refused;
  }

  #judgeLog({ fate, producer }: Course, log: readonly Line[], keptSeq: number): void {
    const texts = new Map(log.map(({ seq, text }) => [seq, text]));
    for (const { texts: lines, firstSeq } of producer.acknowledged) {
      // What was acknowledged before the cut may be lost; nothing that was acknowledged after it.
      if (!lines[0]?.startsWith("after/")) continue;
      for (const [at, text] of lines.entries()) if (texts.get(firstSeq + at) !== text) this.wrong.push(`where ${fate.name}, ${text} was acknowledged as ${firstSeq + at}, the log has ${texts.get(firstSeq + at) ?? "nothing"}`);
    }
    if (fate.lost > 0 && !fate.young && log.some(({ text, seq }) => text?.startsWith("lost/") && seq <= keptSeq)) this.wrong.push(`where ${fate.name}, the copy has what came after it: the test is wrong`);
  }

  #judgeResets({ watcher }: Follower, height: number, keptSeq: number, log: readonly Line[], who: string): void {
    const ahead = height > keptSeq;
    if (!ahead && watcher.resets.length > 0) this.wrong.push(`${who} had no more than the log and was told a reset`);
    for (const { snapshot } of watcher.resets) {
      if (snapshot === null && log.length > 0) this.wrong.push(`${who} was told a reset without a snapshot`);
      if (snapshot !== null && (snapshot.seq ?? 0) > (log.at(-1)?.seq ?? 0)) this.wrong.push(`${who} was given a snapshot of ${snapshot.seq}, the log has ${log.at(-1)?.seq ?? 0}`);
    }
  }

  /** No instance lists a task that was lost whole, and all list the others. */
  async #judgeLists(courses: readonly Course[]): Promise<void> {
    for (const url of this.#world.urls) {
      const listed = async (): Promise<Set<string>> => {
        const answer = await fetch(`${url}/v1/tasks?limit=200`, { headers: { authorization: `Bearer ${this.#world.token}` } });
        return new Set(((await answer.json()) as { tasks?: { task_id: string }[] }).tasks?.map(({ task_id: taskId }) => taskId));
      };
      const right = async (): Promise<boolean> => {
        const found = await listed();
        return courses.every(({ taskId, fate }) => found.has(taskId) !== (fate.young === true));
      };
      await until("", LIST_MS, right).catch(async () => {
        const found = await listed();
        this.wrong.push(...courses.filter(({ taskId, fate }) => found.has(taskId) === (fate.young === true)).map(({ fate }) => `the task where ${fate.name} is ${fate.young ? "still" : "not"} listed${this.#restart ? " (services restarted)" : ""}`));
      });
    }
  }

  /** Its requests go one after another, so what the log has of them is a beginning and an end, each request once. */
  #judgeBusy(busy: Producer, log: readonly Line[]): void {
    const found = log.filter(({ text }) => text?.startsWith("busy/")).map(({ text }) => text);
    if (new Set(found).size !== found.length) this.wrong.push("the log has a request twice");
    const last = busy.acknowledged.at(-1);
    if (last && found.at(-1) !== last.texts[0]) this.wrong.push(`the last request acknowledged was ${last.texts[0]}, the log ends with ${found.at(-1) ?? "none"}`);
  }
}

const tailOf = (lines: readonly Line[]): string => `${lines.length} events ending ${JSON.stringify(lines.slice(-2).map(({ seq, text }) => `${seq} ${text}`))}`;

/** Power cuts one after another, every other one with the services killed too. Throws where the system does not come back at all. */
export async function runRollback({ seed, rounds, seconds = Infinity, runtimes = ["bun", "bun"], progress = () => {} }: RollbackOptions): Promise<Report> {
  const random = randomFrom(seed);
  await using world = await World.start({ seed, random, cluster: false, proxied: false, runtimes, tasks: 0, resets: true });
  const end = Date.now() + seconds * 1000;
  const wrong: string[] = [];
  const totals = { done: 0, told: 0, lost: 0, acknowledged: 0 };
  for (; totals.done < rounds && Date.now() < end; totals.done += 1) {
    const restart = totals.done % 2 === 1;
    progress(restart ? `${STORE_ROLLBACK}+restart` : STORE_ROLLBACK);
    const rollback = new Rollback(world, `r${totals.done}-${seed}`, restart);
    const courses = await rollback.run();
    for (const { present, before, ahead, producer } of courses) {
      totals.acknowledged += producer.acknowledged.reduce((sum, { texts }) => sum + texts.length, 0);
      for (const follower of [...present, before, ahead]) follower?.watcher.stop();
    }
    wrong.push(...rollback.wrong.map((finding) => `round ${totals.done + 1}: ${finding}`));
    totals.told += rollback.told;
    totals.lost += rollback.lost;
  }
  const { watchers } = world;
  return {
    seed,
    command: `npm run chaos -- --fault ${STORE_ROLLBACK} --seed ${seed}${seconds === Infinity ? "" : ` --minutes ${Number((seconds / 60).toFixed(2))}`}`,
    acknowledged: totals.acknowledged,
    deliveries: watchers.reduce((sum, { events }) => sum + events.length, 0),
    watchers: watchers.length,
    reconnects: watchers.reduce((sum, { connections }) => sum + connections - 1, 0),
    faults: { [STORE_ROLLBACK]: totals.done },
    metrics: await world.metrics(),
    longestSilenceMs: Math.max(...watchers.map(({ longestSilenceMs }) => longestSilenceMs)),
    figures: { "requests acknowledged and lost": totals.lost, "watchers told": totals.told },
    wrong,
  };
}
