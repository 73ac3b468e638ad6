/** Work as its workers see it: take a task, keep it, give it back, or fail it. The log says who has it; queue and signs of life follow. */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Actor } from "../domain/laws.ts";
import { type AttemptError, failAttempt, holds, lease, release } from "../domain/lease.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState } from "../domain/state.ts";
import { LogUnavailable, type TakenEntry, type WorkQueue } from "../log/port.ts";
import type { Pulse } from "./pulse.ts";
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
  readonly pulse: Pulse;
  readonly environment: Environment;
  readonly meter: Meter;
}

/** The face of the queues to workers. */
export function createLeases({ tasks, queue, pulse, environment, meter }: LeasesDeps): Leases {
  const { clock } = environment;

  /** Begins a task that was taken out of its queue; null where it does not wait any more. */
  async function begin(entry: TakenEntry, { user, workerId, actor }: TakeRequest): Promise<Leased | null> {
    let found: JudgeState | null = null;
    let begun = false;
    try {
      const stored = await tasks.decide(entry.taskId, (state) => {
        found = state;
        const events = lease(state, workerId);
        begun = events.length > 0;
        return events;
      }, { holder: user, actor });
      const state = found as JudgeState | null;
      if (!begun || state === null) {
        await entry.done();
        return null;
      }
      const attempt = Math.max(state.attempt, state.fence, 1);
      // Out of the queue before anybody works on it: what ends soon would else be taken for waiting still.
      await Promise.all([entry.done(), pulse.beat(entry.taskId, { attempt, leaseMs: state.work?.leaseMs ?? 0 }, true)]);
      meter.add("leases", 1, "leased");
      return { ...stored, taskId: entry.taskId, attempt, state };
    } catch (error) {
      if (error instanceof TaskwireError && (error.code === "task_unknown" || error.code === "task_deleted")) {
        await entry.done();
        return null;
      }
      await entry.back(0);
      throw error;
    }
  }

  /** What began is the worker's, even where others could not be begun. */
  async function beginAll(entries: readonly TakenEntry[], request: TakeRequest): Promise<readonly Leased[]> {
    const outcomes = await Promise.allSettled(entries.map((entry) => begin(entry, request)));
    const begun = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && outcome.value !== null ? [outcome.value] : []));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (begun.length === 0 && failed !== undefined) throw failed.reason;
    return begun;
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
          const entries = await queue.take({ kind: request.kind, max: request.max, waitMs: Math.max(0, until - clock.now()), signal: request.signal });
          const begun = await beginAll(entries, request);
          if (begun.length > 0 || (entries.length === 0 && clock.now() >= until) || request.signal.aborted) return begun;
          if (entries.length === 0) return [];
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
