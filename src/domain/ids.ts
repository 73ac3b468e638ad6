/** Which ids may stand in a subject of the log, and which partition a task belongs to. The one place that says so. */
import { fnv1a } from "./hash.ts";

const LEGAL_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether a text may be the id of a task, a conversation, a user's key or a kind: `[A-Za-z0-9_-]{1,64}`. `*`, `>` and `.` would mean other subjects. */
export function isLegalId(text: string): boolean {
  return LEGAL_ID.test(text);
}

/** The partition (0 .. count-1) of a task: FNV-1a 32 of its id. Written into every log, so it never changes. */
export function partitionOf(id: string, count: number): number {
  return fnv1a(id) % count;
}
