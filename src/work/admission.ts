/** Whether another task may wait in the queue of its kind, and how many would wait before it. */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { LimitSet } from "../limits.ts";
import { LogUnavailable, type WorkQueue } from "../log/port.ts";

export interface Admission {
  /** Refuses a kind that this service has no work of. Throws `kind_unknown`. */
  mustBeKnown(kind: string): void;
  /** How many wait, about; the caller's is counted from now on. Throws `queue_full` and `kind_unknown`. */
  admit(kind: string): Promise<number>;
}

export interface AdmissionDeps {
  readonly queue: WorkQueue;
  readonly environment: Environment;
  readonly limits: LimitSet;
  /** Null: any. */
  readonly kinds: ReadonlySet<string> | null;
}

interface Counted {
  length: number;
  readonly at: number;
}

/** A count is asked for anew after so long. Milliseconds. */
const FRESH_MS = 500;

/** The door of the queues. The bound is held about, not exactly: instances count for themselves between two looks. */
export function createAdmission({ queue, environment: { clock }, limits, kinds }: AdmissionDeps): Admission {
  const counts = new Map<string, Counted>();

  async function count(kind: string): Promise<Counted> {
    const known = counts.get(kind);
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return known;
    const counted = { length: await queue.length(kind), at: clock.now() };
    if (counts.size >= limits.indexUsers) counts.clear();
    counts.set(kind, counted);
    return counted;
  }

  function mustBeKnown(kind: string): void {
    if (kinds !== null && !kinds.has(kind)) throw new TaskwireError("kind_unknown", `No workers lease tasks of the kind ${kind} here; expected one of ${[...kinds].join(", ")}.`, { path: "kind" });
  }

  return {
    mustBeKnown,
    async admit(kind) {
      mustBeKnown(kind);
      const counted = await count(kind).catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) throw error;
        throw new TaskwireError("unavailable", "The queue cannot be reached. Try again in a moment.");
      });
      if (counted.length >= limits.queueLength) throw new TaskwireError("queue_full", `${counted.length} tasks of the kind ${kind} wait already; at most ${limits.queueLength} may.`, { limit: "queue_length" });
      counted.length += 1;
      return counted.length - 1;
    },
  };
}
