/**
 * Queues, leases and commands in one process without a clock of its own: several instances on one store that misbehaves as a broker
 * does, workers that die, fall asleep beyond their lease and go on, users who order and repeat themselves, leaders that vanish.
 */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { rule } from "../../src/domain/command.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { type TaskSummary, parseSummary, summaryOf } from "../../src/domain/summary.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import { type MemoryStore, createMemoryStore } from "../../src/log/memory.ts";
import { fairWeather, roughWeather } from "../../src/log/memory-faults.ts";
import { loadEnd } from "../../src/log/task-end.ts";
import { type TaskIndex, createTaskIndex } from "../../src/log/task-index.ts";
import { type Writer, createWriter } from "../../src/log/writer.ts";
import type { Leased } from "../../src/work/leases.ts";
import { type Work, createWork } from "../../src/work/work.ts";
import { type VirtualEnvironment, virtualEnvironment } from "../support/environment.ts";
import { eventsIn } from "../suites/writer.ts";
import { Chance } from "./chance.ts";

/** A fault planted into the world, to show that it would be found. */
export interface PlantedWork {
  readonly limits?: Partial<LimitSet>;
  /** Nobody asks workers for their lease. */
  readonly unfenced?: boolean;
  /** Queues and signs of life forget whatever they are told. */
  readonly forgetful?: boolean;
}

export interface PlayedWork {
  readonly wrong: readonly string[];
  readonly happened: Readonly<Record<string, number>>;
}

const KIND = "sim";
const USER = "owner1";
const TASKS = 5;
const WORKERS = 3;
const LEASE_MS = 2_000;
/** Trouble goes on for so long; after it everything has to come to its end. Virtual milliseconds. */
const TROUBLE_MS = 90_000;
const CALM_MS = 120_000;
const TOO_LONG_MS = 15 * 60_000;
/** What may pass when it is asked for again. */
const PASSING = new Set(["unavailable", "append_unknown", "append_busy", "internal", "state_newer"]);

interface Member {
  readonly store: MemoryStore;
  readonly index: TaskIndex;
  readonly writer: Writer;
  readonly work: Work;
  dead: boolean;
}

interface WorkEvent {
  readonly type: string;
  readonly seq: number;
  readonly attempt?: number;
  readonly actor?: { readonly kind: string };
  readonly data: Readonly<Record<string, unknown>>;
}

/** Plays one seed until all tasks have ended, and looks at what is left. */
export function playWork(seed: number, planted: PlantedWork = {}): Promise<PlayedWork> {
  return new WorkWorld(virtualEnvironment(seed), planted).play();
}

class WorkWorld {
  readonly #environment: VirtualEnvironment;
  readonly #chance: Chance;
  readonly #planted: PlantedWork;
  readonly #store: MemoryStore;
  readonly #faults = roughWeather();
  readonly #limits: LimitSet;
  readonly #wrong: string[] = [];
  readonly #happened: Record<string, number> = {};
  #members: Member[];
  readonly #gone: Member[] = [];
  readonly #tasks: string[] = [];
  #troubled = true;

  constructor(environment: VirtualEnvironment, planted: PlantedWork) {
    this.#environment = environment;
    this.#planted = planted;
    this.#chance = new Chance(environment);
    this.#store = createMemoryStore({ environment, partitions: 2, faults: this.#faults });
    this.#limits = { ...LIMITS, leaseMs: LEASE_MS, sweepTickMs: 200, sweepMs: 3_000, leaderMs: 1_500, queuePositionMs: 1_000, intentMs: 5_000, cancelMs: 4_000, indexWriteMs: 200, indexQuietMs: 400, verifyMs: 2_000, ...planted.limits };
    this.#members = [this.#begin(), this.#begin()];
  }

  readonly #note = (what: string): void => void (this.#happened[what] = (this.#happened[what] ?? 0) + 1);
  readonly #say = (what: string): void => void this.#wrong.push(what);

  async play(): Promise<PlayedWork> {
    await this.#environment.run(() => Promise.race([this.#run(), this.#hang()]), 2 * TOO_LONG_MS).catch((error: unknown) => this.#say(String(error)));
    const failed = this.#environment.entries.filter(({ level }) => level === "error");
    if (failed.length > 0) this.#say(`the journal has ${failed.length} errors: ${failed[0]?.message} ${JSON.stringify(failed[0]?.fields)}`);
    return { wrong: this.#wrong, happened: this.#happened };
  }

  /** What is told of a world that does not end. */
  async #hang(): Promise<void> {
    await this.#chance.sleep(TOO_LONG_MS);
    const open = this.#tasks.filter((taskId) => !this.#ended(taskId)).map((taskId) => `${taskId} ${eventsIn(this.#store.stored(taskId)).map(({ type }) => type).join(" ")}`);
    throw new Error(`this hangs, with ${open.join("; ") || "all tasks ended"}; in the queue are ${JSON.stringify(await this.#store.queue.waiting(KIND, 10))}; leading: ${this.#members.map(({ work }) => work.leads)}`);
  }

  #begin(): Member {
    const [environment, limits, meter] = [this.#environment, this.#limits, silentMeter];
    const client = this.#store.client();
    const store = this.#planted.forgetful ? { ...client, queue: { ...client.queue, put: async () => {} } } : client;
    const index = createTaskIndex({ store, environment, limits });
    const writer = createWriter({ store, environment, limits, meter, index });
    const work = createWork({ store, writer, index, environment, limits, meter, kinds: null, inputs: async () => [] });
    return { store: client, index, writer, work, dead: false };
  }

  #kill(member: Member): void {
    member.dead = true;
    member.store.disconnect();
    this.#gone.push(member);
    this.#members = [...this.#members.filter((each) => each !== member), this.#begin()];
    this.#note("killed");
    void this.#close(member);
  }

  async #close({ work, writer, index }: Member): Promise<void> {
    await work.close();
    await writer.close();
    await index.close();
  }

  #any(): Member {
    return this.#chance.pick(...this.#members);
  }

  /** Asks instances until one has answered for good. Null where `givenUp`. */
  async #insist<T>(ask: (member: Member) => Promise<T>, givenUp = (): boolean => false): Promise<T | null> {
    for (;;) {
      if (givenUp()) return null;
      const member = this.#any();
      try {
        const answer = await ask(member);
        // A dead process has answered nobody.
        if (!member.dead) return answer;
      } catch (error) {
        if (!member.dead && (!(error instanceof TaskwireError) || !PASSING.has(error.code))) throw error;
      }
      await this.#chance.sleep(20 + this.#chance.one(200));
    }
  }

  async #run(): Promise<void> {
    for (let task = 0; task < TASKS; task += 1) this.#tasks.push(`task-${task}`);
    const everybody = [...Array.from({ length: WORKERS }, (_, worker) => this.#worker(worker)), ...this.#tasks.map((_, task) => this.#life(task)), this.#trouble()];
    await Promise.all(everybody);
    await this.#chance.sleep(CALM_MS);
    for (const taskId of this.#tasks) await this.#judge(taskId);
    await this.#judgeRest();
    for (const member of this.#members) await this.#close(member);
  }

  /** Some are created before anybody asks for work, some while workers wait for it. */
  async #life(task: number): Promise<void> {
    await this.#chance.sleep(this.#chance.one(2) === 1 ? 1 : this.#chance.one(15_000));
    const taskId = await this.#create(task);
    const [first] = this.#store.stored(taskId);
    if ((first?.header.lastSeq ?? 0) > 2) this.#note("handed over");
    await this.#user(taskId);
  }

  async #create(task: number): Promise<string> {
    const deadline = this.#chance.one(6) === 0 ? this.#environment.clock.now() + 20_000 : null;
    const work = { maxAttempts: 1 + this.#chance.one(4), leaseMs: LEASE_MS, priority: this.#chance.pick("high", "normal", "low") as "high", notBefore: 0, deadline };
    const made = await this.#insist(({ writer }) => writer.create({
      taskId: `task-${task}`, owner: USER, kind: KIND, access: "owner", actor: null, conversation: null, work, position: 0, identity: { kind: "key", key: `create-${task}`, digest: "" },
    }));
    return made?.taskId ?? "";
  }

  #over(): boolean {
    return !this.#troubled;
  }

  // -- workers ---------------------------------------------------------------------------------------------------------

  async #worker(worker: number): Promise<void> {
    for (;;) {
      const taken = await this.#insist(({ work }) => work.leases.take({
        kind: KIND, user: `worker-${worker}`, workerId: `w${worker}`, actor: { kind: "worker" }, max: 1, waitMs: 1_000, signal: new AbortController().signal,
      }), () => this.#over() && this.#finished());
      if (taken === null) return;
      for (const leased of taken) await this.#labour(leased, worker);
      if (taken.length === 0 && this.#over() && this.#finished()) return;
    }
  }

  #finished(): boolean {
    return this.#tasks.every((taskId) => this.#ended(taskId));
  }

  #ended(taskId: string): boolean {
    return TERMINAL_STATUSES.has(this.#store.stored(taskId).at(-1)?.header.status ?? "");
  }

  /** Works on a task as workers do, well or badly. */
  async #labour({ taskId, attempt }: Leased, worker: number): Promise<void> {
    const held = { taskId, attempt };
    const publish = (type: string, data: object): Promise<unknown> => {
      const identity = { kind: "key" as const, key: `${worker}-${attempt}-${this.#environment.random.fraction()}`, digest: "" };
      return this.#insist(async ({ writer, work }) => {
        const done = await writer.append(taskId, { drafts: [{ type, data }], bytes: 50, actor: { kind: "worker", id: `worker-${worker}` }, service: this.#planted.unfenced === true, attempt, identity });
        work.leases.published(held, LEASE_MS);
        return done;
      });
    };
    try {
      for (let step = 0; step < 2 + this.#chance.one(4); step += 1) {
        const fate = this.#troubled ? this.#chance.one(14) : 99;
        if (fate === 0) return this.#note("worker died");
        if (fate === 1) {
          this.#note("worker slept");
          await this.#chance.sleep(LEASE_MS * 2 + this.#chance.one(4_000));
        }
        if (fate === 2) {
          await this.#insist(({ work }) => work.leases.release(held));
          return this.#note("released");
        }
        if (fate === 3) {
          await this.#insist(({ work }) => work.leases.fail(held, { code: "x", message: "x", retryable: true }, this.#chance.one(2) * 1_000, null));
          return this.#note("failed");
        }
        if (fate === 4) await this.#insist(({ work }) => work.leases.keep(held));
        await publish("log.line", { level: "info", text: `made in attempt ${attempt}`, made_in: attempt });
        await this.#chance.sleep(this.#chance.one(900));
      }
      await publish("task.completed", { result: attempt });
      this.#note("completed");
    } catch (error) {
      if (!(error instanceof TaskwireError) || !["fenced", "task_ended"].includes(error.code)) throw error;
      this.#note(error.code);
    }
  }

  // -- users -----------------------------------------------------------------------------------------------------------

  async #user(taskId: string): Promise<void> {
    for (let at = 0; at < 3; at += 1) {
      await this.#chance.sleep(this.#chance.one(20_000));
      const command = this.#chance.pick("message", "message", "pause", "cancel") as "message";
      const order = { commandId: `${taskId}-c${at}`, command, data: command === "message" ? { text: "hello" } : {}, by: USER };
      const times = 1 + this.#chance.one(2);
      for (let time = 0; time < times && !this.#ended(taskId); time += 1) {
        try {
          await this.#insist(({ writer }) => writer.append(taskId, {
            drafts: (state) => {
              const ruling = rule(state, order);
              return ruling.kind === "repeat" ? [] : ruling.drafts;
            }, bytes: 10, actor: { kind: "user" }, service: true, identity: null,
          }));
          this.#note(command);
        } catch (error) {
          if (!(error instanceof TaskwireError) || error.code !== "task_ended") throw error;
        }
      }
    }
  }

  async #trouble(): Promise<void> {
    const end = this.#environment.clock.now() + TROUBLE_MS;
    while (this.#environment.clock.now() < end && !this.#finished()) {
      await this.#chance.sleep(this.#chance.one(6_000));
      const fate = this.#chance.one(5);
      if (fate === 0) this.#kill(this.#any());
      else if (fate === 1) {
        const leader = this.#members.find(({ work }) => work.leads);
        if (leader !== undefined) {
          this.#note("leader killed");
          this.#kill(leader);
        }
      } else if (fate === 2) {
        const { store } = this.#any();
        this.#note("disconnected");
        store.disconnect();
        await this.#chance.sleep(this.#chance.one(5_000));
        store.reconnect();
      }
    }
    this.#troubled = false;
    Object.assign(this.#faults, fairWeather());
    for (const { store } of this.#members) store.reconnect();
  }

  // -- what must be ----------------------------------------------------------------------------------------------------

  async #judge(taskId: string): Promise<void> {
    const events = eventsIn(this.#store.stored(taskId)) as unknown as readonly WorkEvent[];
    const ends = events.filter(({ type }) => /^task\.(completed|failed|canceled)$/.test(type));
    if (ends.length !== 1 || events.at(-1) !== ends[0]) this.#say(`${taskId} has ${ends.length} ends: ${events.map(({ type }) => type).join(" ")}`);
    this.#judgeAttempts(taskId, events);
    this.#judgeCommands(taskId, events);
    const { state } = await loadEnd(this.#store.log, taskId, await this.#store.log.head(taskId));
    if (state !== null) await this.#judgeIndex(taskId, state);
  }

  /** Nothing that was done in one attempt stands in another. */
  #judgeAttempts(taskId: string, events: readonly WorkEvent[]): void {
    let [last, current] = [0, 0];
    for (const { type, seq, data } of events) {
      if (type === "task.started") {
        current = Number(data.attempt);
        if (current <= last) this.#say(`${taskId} started attempt ${current} after ${last}, at ${seq}`);
        last = current;
      } else if (type === "task.recovering" || type === "task.retrying") {
        current = 0;
      } else if (data.made_in !== undefined && data.made_in !== current) {
        this.#say(`${taskId} has work of attempt ${String(data.made_in)} at ${seq}, in attempt ${current}`);
      }
    }
  }

  /** Every command was ruled on once. */
  #judgeCommands(taskId: string, events: readonly WorkEvent[]): void {
    const ruled = new Map<unknown, number>();
    for (const { type, data } of events) {
      if (type === "command.accepted" || type === "command.rejected") ruled.set(data.command_id, (ruled.get(data.command_id) ?? 0) + 1);
    }
    for (const [id, times] of ruled) if (times !== 1) this.#say(`${taskId}: command ${String(id)} was ruled on ${times} times`);
    const said = events.filter(({ type }) => type === "message.completed").map(({ data }) => data.message_id);
    if (new Set(said).size !== said.length) this.#say(`${taskId}: a message was said twice`);
  }

  async #judgeIndex(taskId: string, state: JudgeState): Promise<void> {
    const position = this.#store.stored(taskId).at(-1)?.position ?? 0;
    const wanted: TaskSummary = summaryOf(taskId, state, position);
    const record = await this.#store.index.read({ owner: USER, conversation: null, taskId });
    const { born: _born, purgedAt: _purged, ...found } = parseSummary(record?.value ?? "") ?? {};
    if (!Bun.deepEquals(found, wanted)) this.#say(`${taskId}: the index says ${JSON.stringify(found)}, the log ${JSON.stringify(wanted)}`);
  }

  async #judgeRest(): Promise<void> {
    const waiting = await this.#store.queue.waiting(KIND, 100);
    if (waiting.length > 0) this.#say(`${waiting.length} tasks that have ended are in the queue`);
    const leases = await this.#store.keys.list("leases");
    if (leases.length > 0) this.#say(`${leases.length} leases of tasks that have ended are kept`);
    const leaders = this.#members.filter(({ work }) => work.leads).length;
    if (leaders !== 1) this.#say(`${leaders} instances lead`);
  }
}
