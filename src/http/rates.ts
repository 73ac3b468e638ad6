/** How often a user may append and order, and a task be appended to. What was refused was not read, stored or counted. */
import type { Clock } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { Buckets } from "../domain/rate.ts";
import type { LimitSet } from "../limits.ts";

/** Each throws `rate_limited` for what comes too soon. */
export interface Rates {
  /** One append of this user. */
  append(user: string): void;
  /** One append to this task, by somebody who may. */
  appendTo(taskId: string): void;
  /** One command of this user. */
  command(user: string): void;
}

/** The rates of a process; several count for themselves. */
export function createRates({ clock, limits }: { readonly clock: Pick<Clock, "now">; readonly limits: LimitSet }): Rates {
  const rate = (limit: string, perSecond: number, what: string): ((key: string) => void) => {
    const buckets = new Buckets({ perSecond, burst: perSecond }, limits.ratedKeys);
    return (key) => {
      const wait = buckets.take(key, clock.now());
      if (wait > 0) throw new TaskwireError("rate_limited", `More than ${perSecond} ${what} a second came; this one was not taken. Wait as told and send it again.`, { limit, retry_after_ms: wait });
    };
  };
  return {
    append: rate("user_appends_per_second", limits.userAppendsPerSecond, "appends of one user"),
    appendTo: rate("task_appends_per_second", limits.taskAppendsPerSecond, "appends to one task"),
    command: rate("user_commands_per_second", limits.userCommandsPerSecond, "commands of one user"),
  };
}
