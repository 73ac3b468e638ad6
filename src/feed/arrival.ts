/** Waiting for tasks that do not exist yet: bounded in number, and told of the moment they begin. */
import type { TaskFacts } from "../domain/access.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { LimitSet } from "../limits.ts";
import type { Log } from "../log/port.ts";

export interface ArrivalDeps {
  readonly log: Pick<Log, "follow">;
  readonly environment: Environment;
  readonly limits: Pick<LimitSet, "dialectWaits" | "verifyMs">;
  facts(taskId: string): Promise<TaskFacts | null>;
}

export interface Arrivals {
  /**
   * Calls `done` once: with the facts of the task when there is one that `fits`, or with null after `waitMs` (null: it waits on).
   * Throws `too_many_subscriptions` where as many wait as may.
   */
  wait(taskId: string, waitMs: number | null, fits: (facts: TaskFacts) => boolean, done: (facts: TaskFacts | null) => void): Cancel;
  /** How many wait. */
  readonly waiting: number;
}

interface Waiter {
  readonly fits: (facts: TaskFacts) => boolean;
  readonly done: (facts: TaskFacts | null) => void;
  readonly cancel: Cancel;
}

/** One task that is waited for: followed live, and looked at now and then, for what is live may be lost. */
class Awaited {
  readonly waiters = new Set<Waiter>();
  readonly #taskId: string;
  readonly #deps: ArrivalDeps;
  #unfollow: Cancel = () => {};
  #later: Cancel = () => {};
  #looking = false;
  #again = false;
  #over = false;

  constructor(taskId: string, deps: ArrivalDeps) {
    this.#taskId = taskId;
    this.#deps = deps;
    deps.log.follow(taskId, () => void this.#look()).then((unfollow) => {
      if (this.#over) return unfollow();
      this.#unfollow = unfollow;
      // What was stored before the following began.
      void this.#look();
    }, () => void this.#look());
  }

  end(): void {
    this.#over = true;
    this.#unfollow();
    this.#later();
  }

  async #look(): Promise<void> {
    if (this.#over) return;
    if (this.#looking) return void (this.#again = true);
    this.#looking = true;
    this.#again = false;
    const facts = await this.#deps.facts(this.#taskId).catch(() => null);
    this.#looking = false;
    if (this.#over) return;
    if (facts !== null) {
      for (const waiter of [...this.waiters]) {
        if (!waiter.fits(facts)) continue;
        waiter.cancel();
        waiter.done(facts);
      }
    }
    this.#later();
    if (this.#over) return;
    this.#later = this.#deps.environment.clock.after(this.#again ? 0 : this.#deps.limits.verifyMs, () => void this.#look());
  }
}

/** The waiting of a process. */
export function createArrivals(deps: ArrivalDeps): Arrivals {
  const tasks = new Map<string, Awaited>();
  let waiting = 0;
  /** Of these, who waits as long as their connection lasts. */
  let endless = 0;
  return {
    get waiting() {
      return waiting;
    },
    wait(taskId, waitMs, fits, done) {
      const { dialectWaits } = deps.limits;
      // Whoever waits without an end leaves half of the places to those who do not.
      if (waiting >= dialectWaits || (waitMs === null && endless >= dialectWaits / 2)) throw new TaskwireError("too_many_subscriptions", `${waiting} connections wait for tasks that do not exist yet, as many as may. Create the task first, or connect later.`, { limit: "dialect_waits" });
      const awaited = tasks.get(taskId) ?? new Awaited(taskId, deps);
      tasks.set(taskId, awaited);
      let late: Cancel = () => {};
      const cancel = (): void => {
        if (!awaited.waiters.delete(waiter)) return;
        waiting -= 1;
        if (waitMs === null) endless -= 1;
        late();
        if (awaited.waiters.size > 0) return;
        awaited.end();
        if (tasks.get(taskId) === awaited) tasks.delete(taskId);
      };
      const waiter: Waiter = { fits, done, cancel };
      awaited.waiters.add(waiter);
      waiting += 1;
      if (waitMs === null) endless += 1;
      if (waitMs !== null) {
        late = deps.environment.clock.after(waitMs, () => {
          cancel();
          done(null);
        });
      }
      return cancel;
    },
  };
}
