/** Waiting between attempts: longer each time, never in step with others. */
import type { Environment } from "../domain/environment.ts";
import { LogUnavailable } from "../log/port.ts";

const FIRST_MS = 20;
const LONGEST_MS = 1_000;

/** How long to wait after so many failed attempts (from 0). Milliseconds. */
export function pauseMs(attempt: number, { random }: Pick<Environment, "random">): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random.fraction() / 2);
}

/** Waits `ms`. */
export function pause(ms: number, { clock }: Pick<Environment, "clock">): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Reports an error that an absent store does not explain. What was tried is tried again. */
export function reportUnexpected(error: unknown, { journal }: Pick<Environment, "journal">, taskId: string): void {
  if (error instanceof LogUnavailable) return;
  journal.error("feed_failed", "Reading a task's log met an unexpected error; it is tried again.", { task_id: taskId, error: String(error) });
}

/** What `work` answers, if it does in time and nobody calls it off; else throws what `late` makes. */
export function within<T>(work: Promise<T>, limitMs: number, { clock }: Pick<Environment, "clock">, late: () => Error, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(late());
    const cancel = clock.after(limitMs, giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => {
      cancel();
      signal?.removeEventListener("abort", giveUp);
    });
    if (signal?.aborted) giveUp();
  });
}
