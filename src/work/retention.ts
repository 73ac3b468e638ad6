/** What is over goes in time: first a task's events but the last, later that one too, with its entry in the list. */
import type { Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import type { Store } from "../log/port.ts";

export interface RetentionReport {
  /** Tasks whose events went but the last. */
  purged: number;
  /** Tasks of which nothing is left. */
  removed: number;
}

export interface Retention {
  /** Looks at a task that has ended, does what its age asks for unless this is a rehearsal, and counts it. Throws `LogUnavailable`. */
  consider(summary: TaskSummary, report: RetentionReport & { readonly dry_run: boolean }): Promise<void>;
}

export interface RetentionDeps {
  readonly store: Store;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
}

/** How long events of this task are kept after its end. Milliseconds. What was deleted goes at once. */
function keptFor({ status, conversation }: TaskSummary, limits: LimitSet): number {
  if (status === "deleted") return 0;
  return conversation === null ? limits.retentionMs : limits.conversationRetentionMs;
}

/** The rule of how long things are kept. */
export function createRetention({ store, environment, limits, meter }: RetentionDeps): Retention {
  const { clock } = environment;
  return {
    async consider(summary, report) {
      const { taskId, owner, conversation, updatedAt, purgedAt } = summary;
      const now = clock.now();
      if (purgedAt === undefined) {
        if (now - updatedAt < keptFor(summary, limits)) return;
        report.purged += 1;
        if (report.dry_run) return;
        await store.log.purge(taskId, 1);
        // A watcher of the list must see no change in it: the entry keeps its times.
        const record = await store.index.read({ owner, conversation, taskId });
        if (record !== null) await store.index.write(record.key, JSON.stringify({ ...summary, purgedAt: now }), record.revision);
        meter.add("sweeps", 1, "purged");
      } else if (now - purgedAt >= limits.tombstoneMs) {
        report.removed += 1;
        if (report.dry_run) return;
        await store.log.purge(taskId, 0);
        await store.index.remove({ owner, conversation, taskId });
        meter.add("sweeps", 1, "removed");
      }
    },
  };
}
