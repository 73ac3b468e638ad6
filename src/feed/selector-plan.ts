/** How a task that the index has joins a set: by where the watcher stood, and by what the index says since. Pure. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { cursorAt, cursorPrefix, parseCursor } from "../domain/cursor.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { Notice, Replay, WatchRequest } from "./port.ts";
import type { Anchor, SelectorPosition } from "./selector-position.ts";
import type { Entry, Following, JoinReason } from "./selector-port.ts";

/** Where a task is begun: with its first event, behind the anchor of its partition, or anew because the log is another. */
export interface Start {
  readonly reason: JoinReason;
  readonly from: "first" | "anchor" | "reset";
}

/** A position that was come back with. */
export interface Resumed {
  readonly position: SelectorPosition;
  /** By partition: whether the store still has what the position stands on. */
  readonly sound: readonly boolean[];
  /** Whether the index is an older one than the position has seen: what it counts since is not what was told. */
  readonly indexBack: boolean;
}

/** Whether the task is over, as the index has it. */
export function isOver({ summary }: Entry): boolean {
  return TERMINAL_STATUSES.has(summary.status);
}

/** The index's revision when the entry was made; what is not known yet is new. */
export function bornOf({ summary }: Entry): number {
  return summary.born ?? Number.POSITIVE_INFINITY;
}

/** The summary of a task whose log has ended, which the index may not say yet. */
export function endedSummary(summary: TaskSummary, { status, cursor }: Extract<Notice, { type: "end" }>, now: number): TaskSummary {
  return { ...summary, status, updatedAt: summary.status === status ? summary.updatedAt : now, lastSeq: parseCursor(cursor)?.seq ?? summary.lastSeq };
}

/** Whether the set has the task by the index: those that were named are in it anyway. */
export function wants({ scope, conversation_id, task_ids }: WatchWords, { summary: { taskId, conversation } }: Entry): boolean {
  if (scope === undefined && conversation !== conversation_id) return false;
  return task_ids === undefined || !task_ids.includes(taskId);
}

/** Whether an index that reaches to `listed` is an older one than the position has seen. */
export function isIndexBack({ known, ended }: SelectorPosition, listed: number): boolean {
  return listed < Math.max(known, ended);
}

/** The partitions of the tasks that may join when a set begins. */
export function partitionsOf(words: WatchWords, following: Pick<Following, "tasks" | "listed"> | null, position: SelectorPosition | null, partitionOf: (taskId: string) => number): Set<number> {
  const partitions = new Set((words.task_ids ?? []).map(partitionOf));
  const back = position !== null && isIndexBack(position, following?.listed ?? 0);
  for (const entry of following?.tasks() ?? []) {
    const told = isOver(entry) && (position === null || (entry.revision > 0 && entry.revision <= position.ended && !back));
    if (!told && wants(words, entry)) partitions.add(partitionOf(entry.summary.taskId));
  }
  return partitions;
}

/** How a task joins when a set begins; null: it is over, and that is known. */
export function startOf(entry: Entry, partition: number, resumed: Resumed | null): Start | null {
  const over = isOver(entry);
  if (resumed === null) return over ? null : { reason: "present", from: "anchor" };
  const { position: { known, ended, floor, anchors }, sound, indexBack } = resumed;
  const { summary: { born, position }, revision } = entry;
  const beyond = position > (anchors[partition]?.position ?? 0);
  if (over && revision > 0 && revision <= ended && !(indexBack && beyond)) return null;
  // Even of a task that is new by its entry the watcher may have had something since the position, of another past.
  if (!sound[partition]) return { reason: "changed", from: "reset" };
  if (born === undefined || born > known) return { reason: "created", from: "first" };
  if (born < floor) return { reason: "changed", from: "first" };
  return { reason: over || beyond ? "changed" : "present", from: "anchor" };
}

/** What is asked of the feed for it. */
export function requestOf(taskId: string, from: Start["from"], anchor: Anchor, replay: Replay): WatchRequest {
  // Where to begin is said already; `none` would begin at the end.
  const how = replay === "compact" ? "compact" : "full";
  if (from === "first") return { taskId, after: null, replay: how };
  if (from === "anchor") return { taskId, after: null, replay: how, behind: anchor.position };
  // A cursor of no epoch is answered with the gap that a log of another past is told by.
  return { taskId, after: cursorAt(cursorPrefix({ taskId, epoch: "", position: anchor.position, nonce: "" }), 0), replay: how };
}
