/** Waiting between attempts: longer each time, never in step with others. */
import type { Environment } from "../domain/environment.ts";

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
