/** Keeps the queues as the log says: whatever begins to wait is put in, whatever ends while it waits is taken out. */
import type { Cancel, Environment } from "../domain/environment.ts";
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { TaskSummary } from "../domain/summary.ts";
import { LogUnavailable, type WorkQueue } from "../log/port.ts";
import { type Tasks, entryOf, waits } from "./tasks.ts";

/** Tasks known to be in their queue, so that a change of their place is not taken for a beginning. The oldest is forgotten. */
const REMEMBERED = 20_000;

export interface QueueKeeper {
  /** Resolves when all of a kind that this instance has stored so far stands in its queue, or cannot now: who asks for work then finds it, in its order. */
  settled(kind: string): Promise<unknown>;
  stop: Cancel;
}

/** Begins to keep them, for what this instance stores. What is lost when it dies is put right by the sweeper. */
export function keepQueues(tasks: Tasks, queue: WorkQueue, { journal }: Environment): QueueKeeper {
  const known = new Set<string>();
  const putting = new Map<string, Set<Promise<void>>>();

  function put(summary: TaskSummary): void {
    const { kind } = summary;
    const all = putting.get(kind) ?? new Set();
    const work = quietly(summary, () => queue.put(entryOf(summary))).finally(() => {
      all.delete(work);
      if (all.size === 0) putting.delete(kind);
    });
    putting.set(kind, all.add(work));
  }

  async function quietly(summary: TaskSummary, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      known.delete(summary.taskId);
      if (!(error instanceof LogUnavailable)) journal.error("queue_failed", `A task could not be put into its queue or taken out: ${String(error)}`, { task: summary.taskId });
    }
  }

  const stop = tasks.onAppended((summary) => {
    if (summary.work === null) return;
    const { taskId } = summary;
    if (waits(summary)) {
      if (known.has(taskId)) return;
      known.add(taskId);
      if (known.size > REMEMBERED) known.delete(known.values().next().value ?? "");
      put(summary);
    } else {
      const waited = known.delete(taskId);
      if (waited && TERMINAL_STATUSES.has(summary.status)) void quietly(summary, () => queue.remove(entryOf(summary)));
    }
  });
  return { stop, settled: (kind) => Promise.all(putting.get(kind) ?? []) };
}
