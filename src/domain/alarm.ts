/** What the service does to a task by itself because time has passed, and when. Pure: the sweeper asks, the log decides. */
import { scopeKey } from "./scopes.ts";
import type { DraftEvent } from "./stamp.ts";
import type { JudgeState } from "./state.ts";

/** An open input request with its id as its asker wrote it; the state may know it by a fingerprint alone. */
export interface OpenInput {
  readonly request_id: string;
}

/** When something of this task is due: its deadline, the end of a cancel's grace, or of an input request. Null: nothing ever will be. Being idle is apart, see `idleAt`. */
export function alarmAt(state: JudgeState): number | null {
  if (state.terminal) return null;
  let at = Math.min(state.work?.deadline ?? Infinity, state.cancel?.at ?? Infinity);
  for (const { expiresAt } of state.open.values()) if (expiresAt !== null && expiresAt < at) at = expiresAt;
  return at === Infinity ? null : at;
}

/** When a task has failed for nothing being heard of it; null where a lease or the queue says what becomes of it. */
export function idleAt({ work, updatedAt, idleMs }: Pick<JudgeState, "work" | "updatedAt" | "idleMs">): number | null {
  return work === null ? updatedAt + idleMs : null;
}

/** The events that are due now, none where nothing is: expired inputs, or the task's end. */
export function due(state: JudgeState, inputs: readonly OpenInput[], now: number): readonly DraftEvent[] {
  if (state.terminal) return [];
  if (state.cancel !== null && state.cancel.at <= now) return [canceled(state.cancel.by, "Its worker did not answer the cancel in time")];
  if (state.work?.deadline != null && state.work.deadline <= now) return [failed("deadline_exceeded", `It was not done by ${new Date(state.work.deadline).toISOString()}`, false)];
  const idle = idleAt(state);
  if (idle !== null && idle <= now) return [failed("idle", `Nothing was heard of it for ${Math.round(state.idleMs / 1_000)} s`, true)];
  return inputs.flatMap(({ request_id }) => {
    const scope = state.open.get(scopeKey("input", request_id));
    return scope?.expiresAt != null && scope.expiresAt <= now ? [{ type: "input.resolved", data: { request_id, outcome: "expired" } }] : [];
  });
}

/** The end of a task that was canceled. */
export function canceled(by: string, reason: string | null): DraftEvent {
  return { type: "task.canceled", data: { ...(by === "" ? {} : { by }), ...(reason === null ? {} : { reason }) } };
}

/** The end of a task that the service gives up. */
export function failed(code: string, message: string, retryable: boolean): DraftEvent {
  return { type: "task.failed", data: { error: { code, message, retryable } } };
}
