/** How a task passes from the queue to a worker and back. Pure: each answers the events that do it, none where the state has moved on. */
import { canceled, failed } from "./alarm.ts";
import type { DraftEvent } from "./stamp.ts";
import type { JudgeState } from "./state.ts";

/** What a worker says when its attempt has failed. */
export interface AttemptError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Whether the task waits for a worker. */
export function isWaiting({ work, phase, holder }: Pick<JudgeState, "work" | "phase" | "holder">): boolean {
  return work !== null && holder === null && (phase === "queued" || phase === "recovering");
}

/** Which attempt the next worker makes. */
export function nextAttempt({ attempt, fence }: Pick<JudgeState, "attempt" | "fence">): number {
  return Math.max(attempt, fence, 1);
}

/** Gives a waiting task to a worker. */
export function lease(state: JudgeState, workerId: string | null): readonly DraftEvent[] {
  if (!isWaiting(state)) return [];
  return [{ type: "task.started", data: { attempt: nextAttempt(state), ...(workerId === null ? {} : { worker_id: workerId }) } }];
}

/** Whether this lease still holds. */
export function holds(state: JudgeState, attempt: number): boolean {
  return !state.terminal && state.holder !== null && state.fence === attempt;
}

/** The worker of this attempt is not heard of any more. */
export function lapse(state: JudgeState, attempt: number): readonly DraftEvent[] {
  if (!holds(state, attempt)) return [];
  if (state.cancel !== null) return [canceled(state.cancel.by, "Its worker was lost before it answered the cancel")];
  if (!attemptsLeft(state)) return [failed("worker_lost", `Its worker stopped answering, and attempt ${state.attempt} was the last`, true)];
  return [{ type: "task.recovering", data: { reason: "worker_lost", attempt: state.attempt } }];
}

/** The worker gives the task back unfinished, which does not count. */
export function release(state: JudgeState, attempt: number): readonly DraftEvent[] {
  if (!holds(state, attempt)) return [];
  if (state.cancel !== null) return [canceled(state.cancel.by, null)];
  return [{ type: "task.recovering", data: { reason: "released", attempt: state.attempt } }];
}

/** The attempt has failed: another follows where the error may be gone then and one is left; else the task has failed. `delayMs`: how long until then. */
export function failAttempt(state: JudgeState, attempt: number, error: AttemptError, delayMs: number, userMessage: string | null): readonly DraftEvent[] {
  if (!holds(state, attempt)) return [];
  if (!error.retryable || !attemptsLeft(state) || state.cancel !== null) return [{ type: "task.failed", data: { error, ...(userMessage === null ? {} : { user_message: userMessage }) } }];
  const retrying = { attempt: state.attempt + 1, max_attempts: state.work?.maxAttempts ?? 1, delay_ms: delayMs, error };
  return [{ type: "task.retrying", data: retrying }, { type: "task.queued", data: {} }];
}

function attemptsLeft({ attempt, released, work }: JudgeState): boolean {
  return attempt - released < (work?.maxAttempts ?? 1);
}
