/** A task's end as one process knows it: what the next append stands on. Learnt from the log, never from anywhere else. */
import { TaskwireError } from "../domain/error.ts";
import { type DecodedState, type JudgeState, decodeState } from "../domain/state.ts";
import { type Batch, type Head, type Log, LogUnavailable, type Position } from "./port.ts";
import { applyDelta } from "./state-delta.ts";

/** Bytes of bodies asked for at once when the batches after the last whole state are read. */
const PAGE_BYTES = 1024 * 1024;

export interface TaskEnd {
  /** What the next append must expect. */
  readonly position: Position;
  /** The last batch's; another one at the same position means that the store was rolled back. */
  readonly nonce: string;
  /** Null for a task that does not exist. */
  readonly state: JudgeState | null;
  /** Where the last batch that carries the whole state stands, and how many came after it. */
  readonly stateAt: Position;
  readonly sinceState: number;
}

/** The end of a task that has no log. */
export const NO_TASK: TaskEnd = { position: 0, nonce: "", state: null, stateAt: 0, sinceState: 0 };

/** What the log has gained since an end was known. */
export interface CaughtUp {
  readonly end: TaskEnd;
  /** The batch that took the place after the known end; null where nothing did, or where that was not asked for. */
  readonly next: Batch | null;
  readonly moved: boolean;
}

/**
 * Learns a task's end from the log's last batch and those since the last whole state, at most `limits.stateEveryBatches`.
 * Throws `LogUnavailable`, and `state_newer` where a newer service has written.
 */
export async function loadEnd(log: Log, taskId: string, head: Head | null): Promise<TaskEnd> {
  if (head === null) return NO_TASK;
  const { batch, position } = head;
  if (batch.header.state !== null) return { ...advanceEnd(NO_TASK, batch), position };
  const base = await log.at(taskId, batch.header.stateAt);
  if (base === null || base.header.state === null) throw unreadable(taskId, `the batch at ${batch.header.stateAt} carries no state`);
  let end = advanceEnd(NO_TASK, base);
  while (end.position < batch.position) {
    const page = await log.read({ taskId, after: end.position, upTo: batch.position, maxBytes: PAGE_BYTES });
    if (page.batches.length === 0) throw new LogUnavailable("the copy of the log that answered is behind");
    for (const next of page.batches) end = advanceEnd(end, next);
  }
  return { ...end, position };
}

export interface CatchUpOptions {
  /** Find the batch that stands right behind the known end too: if one's own was stored, it is that one. */
  readonly wantNext: boolean;
  /** False where the store may have been rolled back: then nothing is built on what was known. */
  readonly trusted: boolean;
}

/** Brings a known end up to date by asking the log's leader. Throws as `loadEnd` does. */
export async function catchUp(log: Log, taskId: string, known: TaskEnd, { wantNext, trusted }: CatchUpOptions): Promise<CaughtUp> {
  const head = await log.head(taskId);
  const position = head?.position ?? 0;
  if (position === known.position && (head?.batch.header.nonce ?? "") === known.nonce) return { end: known, next: null, moved: false };
  const isNext = head !== null && head.position > known.position && head.batch.header.firstSeq === (known.state?.seq ?? 0) + 1;
  if (isNext && trusted) return { end: { ...advanceEnd(known, head.batch), position }, next: head.batch, moved: true };
  const next = wantNext && position > known.position ? await batchBehind(log, taskId, known.position, position) : null;
  return { end: await loadEnd(log, taskId, head), next, moved: true };
}

async function batchBehind(log: Log, taskId: string, after: Position, upTo: Position): Promise<Batch> {
  const { batches } = await log.read({ taskId, after, upTo, maxBytes: 1 });
  if (batches[0] === undefined) throw new LogUnavailable("the copy of the log that answered is behind");
  return batches[0];
}

/** The end after one more batch. Throws `state_newer`, and `internal` where the log's state cannot be read. */
function advanceEnd(end: TaskEnd, batch: Batch): TaskEnd {
  const { position, header, taskId } = batch;
  const whole = header.state !== null;
  const decoded: DecodedState = whole ? decodeState(header.state) : end.state === null ? { kind: "damaged", detail: "it has no state before it" } : applyDelta(end.state, batch);
  if (decoded.kind === "newer") {
    throw new TaskwireError("state_newer", "A newer version of the service has written to this task, which this instance cannot judge. Try again: another instance may answer.");
  }
  if (decoded.kind === "damaged") throw unreadable(taskId, decoded.detail);
  return { position, nonce: header.nonce, state: decoded.state, stateAt: whole ? position : end.stateAt, sinceState: whole ? 0 : end.sinceState + 1 };
}

function unreadable(taskId: string, detail: string): TaskwireError {
  return new TaskwireError("internal", `The log of task ${taskId} cannot be continued: ${detail}. Restore it from a backup, or create a new task.`);
}

/** Finds the batch that holds an event, by halving the positions up to the task's end; null where it is kept no more. */
export async function findSeq(log: Log, taskId: string, seq: number, upTo: Position): Promise<Batch | null> {
  let [low, high] = [0, upTo];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const batch = (await log.read({ taskId, after: middle, upTo: high, maxBytes: 1 })).batches[0];
    if (batch === undefined || batch.header.firstSeq > seq) high = middle;
    else if (batch.header.lastSeq < seq) low = batch.position;
    else return batch;
  }
  return null;
}
