/** Makes the index say what the log says, whatever it says now: for an index that was lost, and as often as one likes. */
import type { Environment } from "../domain/environment.ts";
import { type TaskSummary, mergeSummary, parseSummary, summaryOf } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { keyOf } from "./index-entry.ts";
import type { Head, Store } from "./port.ts";
import { loadEnd } from "./task-end.ts";

export interface RebuildReport {
  /** Tasks of the log. */
  tasks: number;
  /** Entries that were missing or behind, and are written. */
  written: number;
  /** Entries without a log, and old enough not to be about to have one. */
  removed: number;
  /** Tasks whose log cannot be read, or whose entry changed again and again meanwhile. */
  failed: number;
}

/** How many tasks are looked at at once, and how often an entry that changes meanwhile is tried. */
const AT_ONCE = 32;
const TRIES = 5;

/** Walks through all tasks, then through all entries. `onProgress` is told now and then. Throws `LogUnavailable`. */
export async function rebuildIndex({ store, environment, limits }: { readonly store: Store; readonly environment: Environment; readonly limits: LimitSet }, onProgress: (report: Readonly<RebuildReport>) => void = () => {}): Promise<RebuildReport> {
  const report: RebuildReport = { tasks: 0, written: 0, removed: 0, failed: 0 };

  async function mend({ position, batch }: Head): Promise<void> {
    const { taskId } = batch;
    const { state } = await loadEnd(store.log, taskId, { position, batch });
    if (state === null) return;
    const wanted = summaryOf(taskId, state, position);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const record = await store.index.read(keyOf(wanted));
      const known: TaskSummary | null = record === null ? null : parseSummary(record.value);
      const next = mergeSummary(known, wanted);
      if (next === known) return;
      const { kind } = await store.index.write(keyOf(wanted), JSON.stringify(next), record?.revision ?? 0);
      if (kind === "stored") return void (report.written += 1);
    }
    report.failed += 1;
  }

  async function inBunches<T>(items: AsyncIterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    let underWay: Promise<void>[] = [];
    for await (const item of items) {
      underWay.push(work(item));
      if (underWay.length < AT_ONCE) continue;
      await Promise.all(underWay);
      underWay = [];
      onProgress(report);
    }
    await Promise.all(underWay);
  }

  await inBunches(store.log.ends(), async (head) => {
    report.tasks += 1;
    await mend(head).catch((error: unknown) => {
      report.failed += 1;
      environment.journal.warn("rebuild_failed", `A task's entry could not be made: ${String(error)}`, { task: head.batch.taskId });
    });
  });
  await inBunches(store.index.all(), async ({ key, value }) => {
    const summary = parseSummary(value);
    const young = summary !== null && environment.clock.now() - summary.createdAt < limits.intentMs;
    if (young || (await store.log.head(key.taskId)) !== null) return;
    await store.index.remove(key);
    report.removed += 1;
  });
  onProgress(report);
  return report;
}
