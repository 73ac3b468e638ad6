/** What a list of tasks shows of one, and what the sweeper must know of it: derived from the judging state, kept in the index, never the truth. */
import type { TaskSummary as WireSummary } from "../../generated/typescript/types.ts";
import { alarmAt } from "./alarm.ts";
import { type JudgeState, type WorkTerms, stateTitle } from "./state.ts";

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
  /** Null for a task that no worker leases. */
  readonly work: WorkTerms | null;
  /** The key of the user whose worker has the lease. */
  readonly holder: string | null;
  /** How long nothing may be heard of it. Milliseconds. */
  readonly idleMs: number;
  /** When the service must act by itself at the latest, being idle apart; null: never. */
  readonly alarmAt: number | null;
  /** Messages completed, and the beginning of the first that a user said. */
  readonly messages: number;
  readonly preview: string | null;
  /** The index's revision when the entry was made, which tells watchers of a set what is new to them; absent until that is known. */
  readonly born?: number;
  /** When its events went but the last; absent while they are kept. */
  readonly purgedAt?: number;
}

/** The summary of a task whose last batch stands at `position` (0: intended, not yet in the log). */
export function summaryOf(taskId: string, state: JudgeState, position: number): TaskSummary {
  const { owner, conversation, kind, title, access, status, attempt, percent, createdAt, updatedAt, work, holder, idleMs, messages, preview } = state;
  return {
    taskId, owner, conversation, kind, title, access, status, attempt, percent, createdAt, updatedAt, lastSeq: position === 0 ? 0 : state.seq, position,
    work, holder, idleMs, alarmAt: alarmAt(state), messages, preview,
  };
}

/** What is known of a task that is about to be created. */
export interface Intent {
  readonly owner: string;
  readonly conversation?: string | null;
  readonly kind: string;
  readonly title?: string;
  readonly access: string;
  readonly work?: WorkTerms | null;
  readonly idleMs: number;
}

/** The summary of a task that has no log yet. */
export function intentOf(taskId: string, { owner, conversation = null, kind, title, access, work = null, idleMs }: Intent, now: number): TaskSummary {
  return {
    taskId, owner, conversation, kind, title: stateTitle(title), access, status: "queued", attempt: 1, percent: null, createdAt: now, updatedAt: now, lastSeq: 0, position: 0,
    work, holder: null, idleMs, alarmAt: null, messages: 0, preview: null,
  };
}

/** A summary as it travels. */
export function wireSummary(task: TaskSummary): WireSummary {
  return {
    task_id: task.taskId,
    kind: task.kind,
    ...(task.title === null ? {} : { title: task.title }),
    status: task.status,
    ...(task.percent === null ? {} : { percent: task.percent }),
    ...(task.conversation === null ? {} : { conversation_id: task.conversation }),
    ...(task.work === null ? {} : { queued: true }),
    access: task.access,
    attempt: task.attempt,
    created_at: new Date(task.createdAt).toISOString(),
    updated_at: new Date(task.updatedAt).toISOString(),
    last_seq: task.lastSeq,
  };
}

/** What the index should hold after `incoming`: a later position is never replaced by an earlier one, nor anything by an intent. What an entry was born as stays. */
export function mergeSummary(stored: TaskSummary | null, incoming: TaskSummary): TaskSummary {
  if (stored === null) return incoming;
  if (incoming.position <= stored.position) return stored;
  return stored.born === undefined || incoming.born !== undefined ? incoming : { ...incoming, born: stored.born };
}

/** What an entry of an earlier version does not say. */
const UNSAID = { work: null, holder: null, idleMs: 24 * 3_600_000, alarmAt: null, messages: 0, preview: null } as const;

/** Reads a stored summary; null where the text is not one. */
export function parseSummary(text: string): TaskSummary | null {
  try {
    const value: unknown = JSON.parse(text);
    return isSummary(value) ? { ...UNSAID, ...value } : null;
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
