/** Work as its workers see it: take a task, keep it, give it back, or fail it. The log says who has it; queue and signs of life follow. */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Actor } from "../domain/laws.ts";
import { type AttemptError, failAttempt, holds, lease, nextAttempt, release } from "../domain/lease.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState } from "../domain/state.ts";
import { LogUnavailable, type TakenEntry, type WorkQueue } from "../log/port.ts";
import type { Handover, Newborn } from "./handover.ts";
import type { Pulse } from "./pulse.ts";
import type { QueueKeeper } from "./queue-keeper.ts";
import type { Stored, Tasks } from "./tasks.ts";

/** A task in the hands of a worker. */
export interface Leased extends Stored {
  readonly taskId: string;
  readonly attempt: number;
  /** The task's state from which it was leased. */
  readonly state: JudgeState;
}

/** Which lease a worker speaks of. */
export interface HeldLease {
  readonly taskId: string;
  readonly attempt: number;
}

export interface ExpectedLease extends HeldLease {
  /** Milliseconds. */
  readonly leaseMs: number;
}

export interface TakeRequest {
  readonly kind: string;
  /** The key of the user whose worker it is. */
  readonly user: string;
  readonly workerId: string | null;
  /** How the worker appears in `task.started`. */
  readonly actor: Actor;
  readonly max: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Told of a lease as soon as it is likely to be given: what its answer needs can be made meanwhile. */
  readonly expected?: (lease: ExpectedLease) => void;
}

export interface Leases {
  /** Up to `max` tasks, each now begun by this worker. Empty where none came in time. Throws `unavailable`. */
  take(request: TakeRequest): Promise<readonly Leased[]>;
  /** The worker is alive. Answers the lease's time, in milliseconds. Throws `fenced`. */
  keep(held: HeldLease): Promise<number>;
  /** Something was published under a lease: a sign of life. */
  published(held: HeldLease, leaseMs: number): void;
  /** Gives the task back unfinished. Answers the state before it. Throws `fenced`. */
  release(held: HeldLease): Promise<AttemptEnd>;
  /** The attempt has failed. Throws `fenced`. */
  fail(held: HeldLease, error: AttemptError, delayMs: number, userMessage: string | null): Promise<AttemptEnd>;
}

/** What became of a task whose lease was given up. */
export interface AttemptEnd {
  readonly status: string;
  readonly attempt: number;
}

export interface LeasesDeps {
  readonly tasks: Tasks;
  readonly queue: WorkQueue;
  readonly keeper: Pick<QueueKeeper, "settled">;
  readonly pulse: Pulse;
  readonly handover: Handover;
  readonly environment: Environment;
  readonly meter: Meter;
}

/** `task.created` and `task.queued`: as far as a task is that has just begun to wait for the first time. */
const BORN_SEQ = 2;

interface Found {
  readonly entries: readonly TakenEntry[];
  readonly given: readonly Leased[];
}

/** The face of the queues to workers. */
export function createLeases({ tasks, queue, keeper, pulse, handover, environment, meter }: LeasesDeps): Leases {
  const { clock, journal } = environment;

  /** Begins a task if it waits and fits; null where it does not. */
  async function start(taskId: string, { user, workerId, actor }: TakeRequest, fits: (state: JudgeState) => boolean): Promise<Leased | null> {
    let found: JudgeState | null = null;
    const stored = await tasks.decide(taskId, (state) => {
      const events = fits(state) ? lease(state, workerId) : [];
      found = events.length > 0 ? state : null;
      return events;
    }, { holder: user, actor });
    const state = found as JudgeState | null;
    if (state === null) return null;
    meter.add("leases", 1, "leased");
    return { ...stored, taskId, attempt: nextAttempt(state), state };
  }

  /** A sign of life with the lease. Should it be lost the leader knows of the lease by the index. */
  const firstBeat = ({ taskId, attempt, state }: Leased): Promise<void> => pulse.beat(taskId, { attempt, leaseMs: state.work?.leaseMs ?? 0 }, true);

  /** Begins a task in the batch that creates it. Whoever has taken its id before may have given it another kind, or a time to wait for. */
  async function beginNewborn({ taskId, kind, leaseMs }: Newborn, request: TakeRequest): Promise<Leased | null> {
    const now = clock.now();
    try {
      const begun = start(taskId, request, (state) => state.seq === BORN_SEQ && state.kind === kind && (state.work?.notBefore ?? 0) <= now);
      // Once the batch is on its way, and then while it is.
      clock.turn(() => request.expected?.({ taskId, attempt: 1, leaseMs }));
      const started = await begun;
      if (started !== null) clock.turn(() => void firstBeat(started));
      return started;
    } catch (error) {
      // It was not created, or nobody knows: then it waits in its queue, or its lease lapses.
      if (!(error instanceof TaskwireError) || error.code === "internal") journal.error("handover_failed", `A new task could not be handed to a worker that waits: ${String(error)}`, { task: taskId });
      return null;
    }
  }

  /** Begins a task that was taken out of its queue; null where it does not wait any more. */
  async function begin(entry: TakenEntry, request: TakeRequest): Promise<Leased | null> {
    try {
      const started = await start(entry.taskId, request, () => true);
      if (started === null) {
        await entry.done();
        return null;
      }
      request.expected?.({ taskId: entry.taskId, attempt: started.attempt, leaseMs: started.state.work?.leaseMs ?? 0 });
      // Out of the queue before anybody works on it: what ends soon would else be taken for waiting still.
      await Promise.all([entry.done(), firstBeat(started)]);
      return started;
    } catch (error) {
      if (error instanceof TaskwireError && (error.code === "task_unknown" || error.code === "task_deleted")) {
        await entry.done();
        return null;
      }
      await entry.back(0);
      throw error;
    }
  }

  /** What began is the worker's, even where others could not be begun; what it has no room for goes back. */
  async function beginAll({ entries, given }: Found, request: TakeRequest): Promise<readonly Leased[]> {
    const room = request.max - given.length;
    await Promise.all(entries.slice(room).map((entry) => entry.back(0)));
    const outcomes = await Promise.allSettled(entries.slice(0, room).map((entry) => begin(entry, request)));
    const begun = [...given, ...outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value !== null ? [outcome.value] : []))];
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (begun.length === 0 && failed !== undefined) throw failed.reason;
    return begun;
  }

  /** Waits for the first: out of the queue, or from whoever creates it here. */
  async function find(request: TakeRequest, waitMs: number): Promise<Found> {
    const { kind, max, signal } = request;
    await keeper.settled(kind);
    if (waitMs <= 0) return { entries: await queue.take({ kind, max, waitMs, signal }), given: [] };
    const place = handover.stand(kind, (newborn) => beginNewborn(newborn, request));
    const taking = queue.take({ kind, max, waitMs, signal: AbortSignal.any([signal, place.served]), resting: place.rests });
    const queued = taking.then((entries) => ({ entries, fault: null }), (fault: unknown) => ({ entries: [], fault }));
    // What is taken after it was given something goes back by itself.
    const { entries, fault } = await Promise.race([queued, place.given.then(() => ({ entries: [], fault: null }))]);
    const given = await place.leave();
    if (given === null && fault !== null) throw fault;
    return { entries, given: given === null ? [] : [given] };
  }

  /** Stores what is chosen while the lease holds. */
  async function end({ taskId, attempt }: HeldLease, label: string, choose: Parameters<Tasks["decide"]>[1]): Promise<AttemptEnd> {
    let after: AttemptEnd = { status: "recovering", attempt };
    await tasks.decide(taskId, (state) => {
      mustHold(state, attempt);
      const events = choose(state);
      const last = events.at(-1)?.type ?? "";
      after = { status: STATUS_AFTER[last] ?? state.status, attempt: last === "task.queued" ? state.attempt + 1 : state.attempt };
      return events;
    });
    await pulse.stop(taskId);
    meter.add("leases", 1, label);
    return after;
  }

  function mustHold(state: JudgeState, attempt: number): void {
    if (holds(state, attempt)) return;
    meter.add("leases", 1, "fenced");
    throw new TaskwireError("fenced", `The lease of attempt ${attempt} has ended; the task is ${state.status}, at attempt ${Math.max(state.attempt, state.fence)}. Stop working on it.`, { law: 5 });
  }

  return {
    async take(request) {
      const until = clock.now() + request.waitMs;
      try {
        for (;;) {
          const found = await find(request, Math.max(0, until - clock.now()));
          const begun = await beginAll(found, request);
          // Those that were found may all have ended meanwhile: then the waiting goes on.
          if (begun.length > 0 || found.entries.length === 0 || request.signal.aborted) return begun;
        }
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        throw new TaskwireError("unavailable", "The queue cannot be reached. Try again in a moment.");
      }
    },
    async keep(held) {
      let leaseMs = 0;
      await tasks.decide(held.taskId, (state) => {
        mustHold(state, held.attempt);
        leaseMs = state.work?.leaseMs ?? 0;
        return [];
      });
      await pulse.beat(held.taskId, { attempt: held.attempt, leaseMs });
      meter.add("leases", 1, "kept");
      return leaseMs;
    },
    published({ taskId, attempt }, leaseMs) {
      void pulse.beat(taskId, { attempt, leaseMs });
    },
    release: (held) => end(held, "released", (state) => release(state, held.attempt)),
    fail: (held, error, delayMs, userMessage) => end(held, "failed", (state) => failAttempt(state, held.attempt, error, delayMs, userMessage)),
  };
}

const STATUS_AFTER: Readonly<Record<string, string>> = { "task.recovering": "recovering", "task.queued": "queued", "task.failed": "failed", "task.canceled": "canceled" };
