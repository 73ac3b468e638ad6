/** What operators have done by hand: a walk of the sweeper, a new index, a look at the queues. */
import type { Environment } from "../domain/environment.ts";
import type { LimitSet } from "../limits.ts";
import { type RebuildReport, rebuildIndex } from "./index-rebuild.ts";
import type { Store } from "./port.ts";

export interface HousekeepingDeps<Report> {
  readonly store: Store;
  readonly work: { sweep(dryRun: boolean): Promise<Report> };
  readonly environment: Environment;
  readonly limits: LimitSet;
}

export interface Housekeeping<Report> {
  /** Throws `LogUnavailable`. */
  sweep(dryRun: boolean): Promise<Report>;
  /** Throws `LogUnavailable`. */
  rebuild(): Promise<RebuildReport>;
  /** How many tasks wait, by kind. Throws `LogUnavailable`. */
  queues(): Promise<Readonly<Record<string, number>>>;
}

/** Puts it together. */
export function createHousekeeping<Report>({ store, work, environment, limits }: HousekeepingDeps<Report>): Housekeeping<Report> {
  return {
    sweep: (dryRun) => work.sweep(dryRun),
    rebuild: () => rebuildIndex({ store, environment, limits }, ({ tasks, written }) => environment.journal.info("rebuilding", `${tasks} tasks looked at, ${written} entries written`)),
    async queues() {
      const counts = (await store.queue.kinds()).map(async (kind) => [kind, await store.queue.length(kind)] as const);
      return Object.fromEntries((await Promise.all(counts)).filter(([, length]) => length > 0));
    },
  };
}
