/**
 * The whole service in one process without a clock of its own: several instances on one memory log that misbehaves as a
 * broker does, watchers over wires that misbehave as networks do, producers that repeat, instances that die or are replaced,
 * a store that is rolled back, history that is removed. One seed decides everything.
 */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import type { HubDeps } from "../../src/feed/hub.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { roughWeather } from "../../src/log/memory-faults.ts";
import type { Log } from "../../src/log/port.ts";
import type { Writer } from "../../src/log/writer.ts";
import { type VirtualEnvironment, virtualEnvironment } from "../support/environment.ts";
import { creation, eventsIn, line, submission } from "../suites/writer.ts";
import { Chance } from "./chance.ts";
import { type Client, Follower, ManyTasksClient, OneTaskClient } from "./client.ts";
import { Instance, me, watchMemory } from "./instance.ts";
import { type Place, findOut, watchNothing } from "./strangers.ts";
import { type Happened, type Task, forget, judge, newTask } from "./task.ts";
import { Link, type Weather } from "./wires.ts";

/** A fault planted into the service, to show that it would be found. */
export interface Planted {
  readonly judge?: HubDeps["judge"];
  readonly log?: (log: Log) => Log;
  readonly lost?: number;
  /** Changes the service itself for the time of one run; answers what undoes it. */
  readonly install?: (environment: VirtualEnvironment) => () => void;
}

export interface Played {
  readonly wrong: readonly string[];
  readonly deliveries: number;
  readonly happened: Happened;
}

const TASKS = 2;
const INSTANCES = 2;
const REQUESTS = 12;
const CLIENTS_PER_TASK = 2;
/** Virtual time after which the run counts as hung. */
const TOO_LONG_MS = 5 * 60_000;
/** Trouble goes on for so long at most, that what hangs is seen to hang. */
const TROUBLE_MS = 2 * 60_000;
/** So long after a task's end everybody has it: longer than the log's own repairs take. */
const SOON_MS = 20_000;
/** The same while a task goes on: a watcher whose instance is connected has had time to look twice. */
const CALM_MS = 6_000;
/** How late an append may land whose outcome nobody knows. */
const UNDER_WAY_MS = 400;

/** Plays one seed to the end of all tasks. */
export async function play(seed: number, planted: Planted = {}): Promise<Played> {
  const environment = virtualEnvironment(seed);
  const undo = planted.install?.(environment) ?? (() => {});
  const memory = watchMemory();
  try {
    return await new World(environment, planted, memory.bytes).play();
  } finally {
    memory.stop();
    undo();
  }
}

class World {
  readonly #environment: VirtualEnvironment;
  readonly #chance: Chance;
  readonly #planted: Planted;
  readonly #memory: () => number;
  readonly #wrong: string[] = [];
  readonly #happened: Happened = {};
  readonly #faults = roughWeather();
  readonly #store;
  readonly #weather: Weather;
  readonly #limits;
  /** What this world is about, besides what happens in all of them. */
  readonly #about: { readonly rollback: boolean; readonly retention: boolean; readonly many: boolean; readonly silence: boolean; readonly calms: boolean };
  readonly #instances: Instance[];
  readonly #gone: Instance[] = [];
  readonly #tasks: Task[] = [];
  readonly #followers: Follower[] = [];
  /** The connections of one task each that are open now. */
  readonly #open = new Set<{ readonly follower: Follower; readonly link: Link; readonly instance: Instance; readonly since: number }>();
  /** Connections whose client has vanished: the service has to find out. */
  readonly #vanished = new Set<Promise<void>>();

  constructor(environment: VirtualEnvironment, planted: Planted, memory: () => number) {
    this.#environment = environment;
    this.#chance = new Chance(environment);
    this.#planted = planted;
    this.#memory = memory;
    this.#store = createMemoryStore({ environment, partitions: 2, faults: this.#faults });
    this.#weather = { delayMs: 30, fullBytes: this.#chance.pick(200, 2_000, 1_000_000), lost: planted.lost ?? 0 };
    this.#limits = {
      ...LIMITS, ringBytes: this.#chance.pick(1, 3_000, 1_000_000), segmentBytes: 1_500, readBytes: 4_000, segmentCacheBytes: this.#chance.pick(1, 4_000, 1_000_000), replayedBytes: 800,
      verifyMs: 2_000, feedIdleMs: 500, drainMs: 50, heartbeatMs: this.#chance.pick(300, 1_500, 15_000),
    };
    this.#about = { rollback: this.#chance.one(3) === 0, retention: this.#chance.one(4) === 0, many: this.#chance.one(2) === 0, silence: this.#chance.one(3) === 0, calms: this.#chance.one(3) === 0 };
    this.#instances = Array.from({ length: INSTANCES }, () => this.#begin());
  }

  async play(): Promise<Played> {
    await this.#environment.run(() => this.#inTime(), 2 * TOO_LONG_MS).catch((error: unknown) => this.#say(String(error)));
    if (this.#wrong.length === 0) {
      // Whatever was to end by itself has ended by now.
      await this.#environment.advance(120_000);
      if (this.#environment.timers() > 0) this.#say(`${this.#environment.timers()} timers were left behind`);
    }
    const failed = this.#environment.entries.filter(({ level }) => level === "error");
    if (failed.length > 0) this.#say(`the journal has ${failed.length} errors: ${failed[0]?.message} ${JSON.stringify(failed[0]?.fields)}`);
    return { wrong: this.#wrong, deliveries: this.#followers.reduce((sum, { seq }) => sum + seq, 0), happened: this.#happened };
  }

  readonly #say = (what: string): void => void this.#wrong.push(what);
  readonly #note = (what: string): void => void (this.#happened[what] = (this.#happened[what] ?? 0) + 1);

  // -- instances -------------------------------------------------------------------------------------------------------

  #begin(): Instance {
    const { judge, log } = this.#planted;
    return new Instance({ store: this.#store.client(), environment: this.#environment, limits: this.#limits, wrong: this.#say, ...(judge ? { judge } : {}), ...(log ? { log } : {}) });
  }

  #any(): Instance {
    return this.#chance.pick(...this.#instances);
  }

  /** Asks instances, one after another, until one has acknowledged. */
  async #insist<T>(ask: (writer: Writer) => Promise<T>): Promise<T> {
    for (;;) {
      const { writer, death } = this.#any();
      const asked = ask(writer);
      asked.catch(() => {});
      try {
        const answer = await Promise.race([asked, death]);
        if (answer !== "dead") return answer as T;
      } catch (error) {
        if (!(error instanceof TaskwireError) || !["unavailable", "append_unknown", "append_busy", "internal"].includes(error.code)) throw error;
      }
      await this.#chance.sleep(this.#chance.one(50));
    }
  }

  // -- what everybody does ---------------------------------------------------------------------------------------------

  /** All of it, or what is told of a world that hangs. */
  #inTime(): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#environment.clock.after(TOO_LONG_MS, () => reject(new Error(`this hangs, with watchers at ${this.#followers.map(({ seq }) => seq)}`)));
      this.#all().then(resolve, reject).finally(cancel);
    });
  }

  async #all(): Promise<void> {
    let going = true;
    const troubles = this.#trouble(() => going);
    await Promise.all(Array.from({ length: TASKS }, async (_, number) => {
      // An id of our own: one made of the key would be made by WebCrypto, which takes real time and not always the same.
      const taskId = `task-${number}`;
      await this.#insist((writer) => writer.create(creation({ taskId, identity: { kind: "key", key: taskId, digest: "d" } })));
      this.#tasks.push(newTask(taskId));
    }));
    await Promise.all([...this.#tasks.map((task) => this.#life(task)), ...(this.#about.many ? [this.#watchMany(), this.#watchMany()] : []), watchNothing(this.#place(this.#any()), SOON_MS)]);
    going = false;
    await troubles;
    await Promise.all(this.#vanished);
    for (const task of this.#tasks) for (const what of judge(task, this.#followers, this.#happened)) this.#say(what);
    for (const { gaps } of this.#followers) for (const reason of gaps) this.#note(`gap: ${reason}`);
    await this.#leaveNothing();
  }

  /** A task from its first request to the last of its watchers. */
  async #life(task: Task): Promise<void> {
    const clients = Array.from({ length: CLIENTS_PER_TASK }, () => this.#client(task));
    const watching = Promise.all(clients.map(async (client) => (await this.#chance.sleep(this.#chance.one(2_000)), this.#watch(client))));
    await this.#produce(task);
    task.stored = eventsIn(this.#store.stored(task.taskId));
    task.endedAt = this.#environment.clock.now();
    if (this.#about.retention) {
      await this.#purge(task);
      const late = this.#client(task);
      clients.push(late);
      await this.#watch(late);
    }
    await watching;
  }

  async #produce(task: Task): Promise<void> {
    const { taskId, acknowledged } = task;
    for (let number = 1; number <= REQUESTS; number += 1) {
      const texts = Array.from({ length: 1 + this.#chance.one(4) }, (_, at) => `${number}/${at} ${"x".repeat(this.#chance.one(120))}`);
      const drafts = [...texts.map(line), ...(number === REQUESTS ? [{ type: "task.completed", data: {} }] : [])];
      const request = submission(drafts, { kind: "producer", id: "p", seq: number, digest: `${number}` });
      for (let times = this.#chance.happens(0.2) ? 2 : 1; times > 0; times -= 1) {
        const { firstSeq } = await this.#insist((writer) => writer.append(taskId, request));
        texts.forEach((text, at) => acknowledged.set(firstSeq + at, text));
      }
      if (number === REQUESTS) task.producing = false;
      else if (this.#about.calms && this.#chance.happens(0.3)) await this.#calm(task);
      await this.#chance.sleep(this.#chance.one(120));
    }
  }

  /** Nothing is written for a while: whoever watches all the while has everything at its end. */
  async #calm({ taskId }: Task): Promise<void> {
    this.#note("calm");
    const began = this.#environment.clock.now();
    const last = this.#store.stored(taskId).at(-1)?.header.lastSeq ?? 0;
    const rollbacks = this.#happened.rollback;
    await this.#chance.sleep(CALM_MS);
    if (rollbacks !== this.#happened.rollback) return;
    for (const { follower, link, instance, since } of this.#open) {
      if (follower.taskId !== taskId || instance.dead || Math.max(link.movesSince, since) > began) continue;
      if (follower.seq < last) this.#say(`a watcher stood still at ${follower.seq} of ${last}`);
    }
  }

  // -- watchers --------------------------------------------------------------------------------------------------------

  #follower({ taskId }: Task): Follower {
    const follower = new Follower(taskId, this.#chance.one(3) === 0 ? "compact" : "full");
    this.#followers.push(follower);
    return follower;
  }

  #client(task: Task): Client {
    const client = new OneTaskClient(task.taskId, this.#chance.pick("websocket", "sse"), this.#chance.one(3) === 0 ? "compact" : "full");
    this.#followers.push(client.only);
    return client;
  }

  async #watchMany(): Promise<void> {
    await this.#watch(new ManyTasksClient(this.#tasks.map((task) => this.#follower(task)), this.#environment));
  }

  /** Connects until all is over. */
  async #watch(client: Client): Promise<void> {
    while (!client.over) {
      const instance = this.#any();
      const link = this.#connect(client, instance);
      if (link !== null) await link;
      await this.#chance.sleep(this.#chance.one(80));
    }
  }

  /** One connection from its beginning to its end. Null: it was refused. */
  #connect(client: Client, instance: Instance): Promise<void> | null {
    const { clock } = this.#environment;
    const { heartbeatMs } = this.#limits;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    const began = clock.now();
    let heardAt = began;
    let disturbed = false;
    const receive = (text: string): void => {
      if (!disturbed && clock.now() - heardAt > heartbeatMs * 1.1 + 100) this.#say(`nothing came for ${clock.now() - heardAt} ms, not even a heartbeat`);
      heardAt = clock.now();
      client.receive(text);
      if (client.over && client.only === null) clock.turn(() => link.cut());
    };
    const link = new Link(this.#environment, this.#weather, { receive: (text) => (connected ? receive(text) : undefined), closed: resolve, wrong: this.#say });
    let connected = true;
    client.begin((text) => link.send(text));
    const { transport, only } = client;
    try {
      if (only === null) instance.connections.socket(link, { identity: null, protocol: "taskwire.v1", task: null, after: null, replay: "full" });
      else {
        const request = { task: only.taskId, after: only.cursor, replay: only.replay };
        if (transport === "sse") instance.connections.stream(link, { identity: me, ...request });
        else instance.connections.socket(link, { identity: me, protocol: "taskwire.v1", ...request });
      }
    } catch (error) {
      if (error instanceof TaskwireError && error.code === "too_many_connections") return null;
      throw error;
    }
    instance.links.add(link);
    const open = only === null ? null : { follower: only, link, instance, since: began };
    if (open !== null) this.#open.add(open);
    void gone.then(() => open !== null && this.#open.delete(open));
    if (this.#chance.happens(0.5)) clock.after(this.#chance.one(400), () => link.cut());
    if (this.#about.silence && this.#chance.happens(0.5)) {
      clock.after(this.#chance.one(600), () => {
        if (!link.held || !connected) return;
        disturbed = true;
        if (this.#chance.happens(0.5)) {
          link.stall(this.#chance.one(heartbeatMs * 4), heartbeatMs * 2.4);
          return this.#note("stalled");
        }
        // The client finds out by itself and comes back; the service has to find out, too.
        link.vanish();
        this.#note("vanished");
        connected = false;
        this.#vanished.add(findOut(this.#place(instance), link));
        resolve();
      });
    }
    return this.#wait(client, link, instance, gone, () => connected);
  }

  async #wait(client: Client, link: Link, instance: Instance, gone: Promise<void>, connected: () => boolean): Promise<void> {
    for (let over = false; !over; ) {
      over = await Promise.race([gone.then(() => true), this.#chance.sleep(SOON_MS).then(() => false)]);
      const since = Math.max(link.movesSince, ...client.followers.map(({ taskId }) => this.#endOf(taskId)));
      if (over || this.#environment.clock.now() < since + SOON_MS) continue;
      // Since the end of the log there was time enough for everybody whose wire moves.
      if (!instance.dead) this.#say(`a watcher was left waiting at ${client.followers.map(({ seq }) => seq)}`);
      over = true;
    }
    if (!connected()) return;
    link.cut();
    instance.links.delete(link);
  }

  #endOf(taskId: string): number {
    return this.#tasks.find((task) => task.taskId === taskId)?.endedAt ?? Number.POSITIVE_INFINITY;
  }

  #place(instance: Instance): Place {
    return { environment: this.#environment, limits: this.#limits, weather: this.#weather, instance, wrong: this.#say };
  }

  // -- trouble ---------------------------------------------------------------------------------------------------------

  async #trouble(going: () => boolean): Promise<void> {
    let rollbacks = this.#about.rollback ? 1 + this.#chance.one(2) : 0;
    const end = this.#environment.clock.now() + TROUBLE_MS;
    while (going() && this.#environment.clock.now() < end) {
      await this.#chance.sleep(100 + this.#chance.one(600));
      const at = this.#chance.one(INSTANCES);
      const old = this.#instances[at] as Instance;
      const dice = this.#environment.random.fraction();
      if (rollbacks > 0 && dice < 0.5) rollbacks -= (await this.#rollBack()) ? 1 : 0;
      else if (dice < 0.2) {
        this.#note("killed");
        old.kill();
        this.#replace(at);
      } else if (dice < 0.35) {
        this.#note("replaced");
        await old.leave();
        this.#replace(at);
      } else if (dice < 0.7) {
        this.#note("disconnected");
        old.store.disconnect();
        await this.#chance.sleep(this.#chance.one(500));
        old.store.reconnect();
      }
    }
  }

  #replace(at: number): void {
    this.#gone.push(this.#instances[at] as Instance);
    this.#instances[at] = this.#begin();
  }

  /** Power is cut, and the broker comes back with what its disk had. Answers whether it happened. */
  async #rollBack(): Promise<boolean> {
    if (this.#tasks.length < TASKS) return false;
    const copy = this.#store.copy();
    await this.#chance.sleep(this.#chance.one(500));
    for (const { store } of this.#instances) store.disconnect();
    await this.#chance.sleep(UNDER_WAY_MS);
    // A task that has ended is nobody's to write again: what were lost of it would stay lost, and its watchers have gone.
    const ended = this.#tasks.some(({ taskId, producing }) => !producing || TERMINAL_STATUSES.has(this.#store.stored(taskId).at(-1)?.header.status ?? ""));
    if (!ended) {
      this.#note("rollback");
      for (const task of this.#tasks) forget(task, this.#store.stored(task.taskId), copy.tasks.get(task.taskId)?.at(-1)?.header.lastSeq ?? 0);
      this.#store.restore(copy);
      if (this.#chance.happens(0.5)) this.#store.changeEpoch();
    }
    for (const { store } of this.#instances) store.reconnect();
    return !ended;
  }

  /** What is over is removed but for its last batch. */
  async #purge({ taskId }: Task): Promise<void> {
    this.#note("purge");
    for (;;) {
      try {
        return await this.#any().store.log.purge(taskId, 1);
      } catch {
        await this.#chance.sleep(20);
      }
    }
  }

  // -- the end ---------------------------------------------------------------------------------------------------------

  /** When everybody has gone, nothing of them is left. */
  async #leaveNothing(): Promise<void> {
    await this.#chance.sleep(this.#limits.feedIdleMs + this.#limits.verifyMs + 5_000);
    for (const instance of this.#instances) instance.idle();
    if (this.#memory() !== 0) this.#say(`${this.#memory()} bytes of rings and history were left behind`);
    await Promise.all([...this.#instances, ...this.#gone].map((instance) => instance.close()));
  }
}
