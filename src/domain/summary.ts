/** What a list of tasks shows of one: derived from the judging state, kept in the index, never the truth. */
import type { JudgeState } from "./state.ts";

/** Plain JSON. Times are milliseconds since 1970. */
export interface TaskSummary {
  readonly taskId: string;
  readonly owner: string;
  readonly conversation: string | null;
  readonly kind: string;
  readonly title: string | null;
  readonly access: string;
  readonly status: string;
  readonly attempt: number;
  /** 0..100; null where none was told. */
  readonly percent: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The last event and where its batch stands in the log; both 0 for an intent that has no log yet. */
  readonly lastSeq: number;
  readonly position: number;
}

/** The summary of a task whose last batch stands at `position` (0: intended, not yet in the log). */
export function summaryOf(taskId: string, state: JudgeState, position: number): TaskSummary {
  const { owner, conversation, kind, title, access, status, attempt, percent, createdAt, updatedAt } = state;
  return { taskId, owner, conversation, kind, title, access, status, attempt, percent, createdAt, updatedAt, lastSeq: position === 0 ? 0 : state.seq, position };
}

/** What the index should hold after `incoming`: a later position is never replaced by an earlier one, nor anything by an intent. */
export function mergeSummary(stored: TaskSummary | null, incoming: TaskSummary): TaskSummary {
  if (stored === null || incoming.position > stored.position) return incoming;
  return stored;
}

/** Reads a stored summary; null where the text is not one. */
export function parseSummary(text: string): TaskSummary | null {
  try {
    const value: unknown = JSON.parse(text);
    return isSummary(value) ? value : null;
  } catch {
    return null;
  }
}

function isSummary(value: unknown): value is TaskSummary {
  const has = (field: string, type: string): boolean => typeof (value as Record<string, unknown>)[field] === type;
  return (
    typeof value === "object" && value !== null &&
    ["taskId", "owner", "kind", "access", "status"].every((field) => has(field, "string")) &&
    ["attempt", "createdAt", "updatedAt", "lastSeq", "position"].every((field) => has(field, "number"))
  );
}
