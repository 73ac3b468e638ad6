/** Where a watcher stands in a task's log, and how the cursor it came back with is judged. */
import { BEGINNING, cursorAt, cursorMatchesEpoch, cursorMatchesNonce, cursorMatchesTask, type Cursor, parseCursor } from "../domain/cursor.ts";
import type { Batch, Position } from "../log/port.ts";
import { prefixOf } from "./lines.ts";
import type { Mark } from "./merge.ts";
import type { Segment } from "./segments.ts";

/** A place in a task's log: after the event `seq`. */
export interface Standing {
  readonly seq: number;
  /** All that follows stands in batches behind this position. */
  readonly after: Position;
  /** The cursor of this place. */
  readonly cursor: string;
}

/** Before the first event. */
export const START: Standing = { seq: 0, after: 0, cursor: BEGINNING };

/** The place after the event `seq` of the batch; `seq` may also be the one before its first. */
export function standingIn(batch: Batch, seq: number, epoch: string): Standing {
  const after = seq >= batch.header.lastSeq ? batch.position : batch.position - 1;
  return { seq, after, cursor: cursorAt(prefixOf(batch, epoch), seq) };
}

/** The place before the batch's first event. */
export function standingBefore(batch: Batch, epoch: string): Standing {
  return batch.header.firstSeq === 1 ? START : standingIn(batch, batch.header.firstSeq - 1, epoch);
}

export type Located =
  | { readonly kind: "standing"; readonly standing: Standing }
  /** The log does not have what follows the cursor, or is another. It is read from `from` on; null: it has nothing now. */
  | { readonly kind: "gap"; readonly reason: "retention" | "reset"; readonly from: Batch | null }
  | { readonly kind: "invalid"; readonly detail: string };

/** What judging a cursor needs to know of its task. */
export interface Place {
  readonly taskId: string;
  readonly epoch: string;
  readonly mark: Mark;
  /** The batch with this seq if it is in memory. */
  holding(seq: number): Batch | null;
  /** The first batch behind a position, if memory is sure of it. */
  firstBehind(position: Position): Batch | null;
  /** Compares with the leader's head. */
  verify(): Promise<void>;
  /** History right behind a position; waits while it cannot be read. Null: the log has changed, judge again. */
  load(after: Position): Promise<Segment | null>;
  /** The first batch that the log still has; waits while it cannot be asked. Null: it has none, or has changed. */
  earliest(): Promise<Batch | null>;
}

type Claim = Cursor | "beginning" | { readonly refused: string };

function claimOf(after: string | null, taskId: string): Claim {
  if (after === null || after === "" || after === BEGINNING) return "beginning";
  const cursor = parseCursor(after);
  if (cursor === null) return { refused: "The cursor is not one that this service has given out. Give back the `cursor` of the last event unchanged, or leave it out to begin with the first event." };
  if (!cursorMatchesTask(cursor, taskId)) return { refused: "The cursor belongs to another task. Give back a cursor of this task, or leave it out to begin with the first event." };
  return cursor;
}

const stands = (cursor: Cursor, { position, header }: Batch): boolean =>
  cursor.position === position && cursor.seq >= header.firstSeq - 1 && cursor.seq <= header.lastSeq && cursorMatchesNonce(cursor, header.nonce);

const standing = (place: Standing): Located => ({ kind: "standing", standing: place });

/** Judges a cursor by what is in memory. Null where the log has to be asked: see `locate`. */
export function locateAtOnce(place: Place, after: string | null): Located | null {
  const claim = claimOf(after, place.taskId);
  if (claim === "beginning") return standing(START);
  if ("refused" in claim) return { kind: "invalid", detail: claim.refused };
  const { mark } = place;
  if (!cursorMatchesEpoch(claim, place.epoch) || claim.seq > mark.seq || claim.position > mark.position) return null;
  if (claim.seq === mark.seq && claim.position === mark.position && cursorMatchesNonce(claim, mark.nonce)) {
    return standing({ seq: mark.seq, after: mark.position, cursor: after as string });
  }
  for (const seq of [claim.seq, claim.seq + 1]) {
    const batch = place.holding(seq);
    if (batch && stands(claim, batch)) return standing(standingIn(batch, claim.seq, place.epoch));
  }
  return null;
}

/** Judges a cursor, asking the log. Never throws; waits while the log cannot be asked. */
export async function locate(place: Place, after: string | null): Promise<Located> {
  const atOnce = locateAtOnce(place, after);
  if (atOnce !== null) return atOnce;
  const claim = claimOf(after, place.taskId) as Cursor;
  if (!cursorMatchesEpoch(claim, place.epoch)) return reset(place);
  if (claim.seq > place.mark.seq || claim.position > place.mark.position) {
    // Another instance may have delivered what has not reached this one yet.
    await place.verify();
    if (claim.seq > place.mark.seq || claim.position > place.mark.position) return reset(place);
  }
  const loaded = await place.load(claim.position - 1);
  if (loaded === null) return reset(place);
  const batch = loaded.firstBehind(claim.position - 1);
  if (stands(claim, batch)) return standing(standingIn(batch, claim.seq, place.epoch));
  if (batch.position === claim.position || batch.header.firstSeq <= claim.seq) return reset(place);
  const earliest = await place.earliest();
  return earliest !== null && earliest.position > claim.position ? { kind: "gap", reason: "retention", from: batch } : { kind: "gap", reason: "reset", from: earliest };
}

/** The place behind a position of the partition, by what is in memory. Null where the log has to be asked. The task goes on behind it. */
export function locateBehindAtOnce(place: Place, position: Position): Located | null {
  const batch = place.firstBehind(position);
  return batch === null ? null : standing(standingBefore(batch, place.epoch));
}

/** The same, asking the log: whether what stood before was removed is known only there. Never throws; waits while the log cannot be asked. */
export async function locateBehind(place: Place, position: Position): Promise<Located> {
  const loaded = await place.load(position);
  if (loaded === null) return reset(place);
  const batch = loaded.firstBehind(position);
  if (batch.header.firstSeq === 1) return standing(START);
  const earliest = await place.earliest();
  return earliest !== null && earliest.position > position ? { kind: "gap", reason: "retention", from: earliest } : standing(standingBefore(batch, place.epoch));
}

async function reset(place: Place): Promise<Located> {
  return { kind: "gap", reason: "reset", from: await place.earliest() };
}
