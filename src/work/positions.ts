/** Tells those who wait how many wait before them, while that changes. */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { isWaiting } from "../domain/lease.ts";
import type { Meter } from "../domain/meter.ts";
import type { LimitSet } from "../limits.ts";
import type { Store } from "../log/port.ts";
import type { Tasks } from "./tasks.ts";

export interface Positions {
  /** Looks at every queue once. Throws `LogUnavailable`. */
  tell(): Promise<void>;
  /** Another instance counts from now on. */
  end(): void;
}

export interface PositionsDeps {
  readonly store: Pick<Store, "queue">;
  readonly tasks: Tasks;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
}

/** One for a time of leading: it remembers what it has told. */
export function createPositions({ store: { queue }, tasks, environment, limits, meter }: PositionsDeps): Positions {
  let told = new Map<string, number>();
  /** Kinds that had somebody waiting the last time: their number may have become 0. */
  let counted = new Set<string>();

  /** What was taken meanwhile is told nothing. */
  async function inform(taskId: string, position: number): Promise<void> {
    try {
      await tasks.decide(taskId, (state) => (isWaiting(state) ? [{ type: "task.queued", data: { position } }] : []));
    } catch (error) {
      if (!(error instanceof TaskwireError)) throw error;
      environment.journal.debug("position_untold", `A waiting task was not told its place: ${error.code}`, { task: taskId });
    }
  }

  return {
    async tell() {
      const now = new Map<string, number>();
      const kinds = new Set(await queue.kinds());
      for (const kind of new Set([...kinds, ...counted])) {
        meter.set("queued", kinds.has(kind) ? await queue.length(kind) : 0, kind);
        const waiting = kinds.has(kind) ? await queue.waiting(kind, limits.queuePositions) : [];
        for (const [position, { taskId }] of waiting.entries()) {
          // A new leader does not know what was told; it begins to tell with the first change that it sees.
          const before = told.get(taskId);
          now.set(taskId, position);
          if (before !== undefined && before !== position) await inform(taskId, position);
        }
      }
      told = now;
      counted = kinds;
    },
    end() {
      for (const kind of counted) meter.set("queued", 0, kind);
    },
  };
}
