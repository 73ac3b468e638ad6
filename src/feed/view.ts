/** A task's state as people see it, folded from its log, and the snapshot made of it. */
import { BEGINNING, cursorAt } from "../domain/cursor.ts";
import { type FoldEvent, type TaskView, emptyView, fold, snapshotOf } from "../domain/fold.ts";
import type { Position } from "../log/port.ts";
import { linesOfSlice, prefixOf } from "./lines.ts";
import type { SharedRun } from "./run.ts";

/** Views kept for folding on, and how much of a log one may stand for. */
const KEPT_VIEWS = 256;
const KEPT_BYTES = 256 * 1024;

/** A view, the cursor behind its last event, and the position behind which folding goes on. */
export interface Folded {
  view: TaskView;
  cursor: string;
  after: Position;
  /** How much was folded. */
  bytes: number;
}

/** What folding needs of a task's log. */
export interface FoldSource {
  /** The last seq known now. */
  readonly seq: number;
  /** The next stretch; waits while it cannot be read. Null: the log has changed under it. */
  stretch(seq: number, after: Position): Promise<SharedRun | null>;
  /** Lets others have a turn. */
  turn(): Promise<void>;
}

/** Before the first event. */
export function unfolded(): Folded {
  return { view: emptyView(), cursor: BEGINNING, after: 0, bytes: 0 };
}

/** Folds on from `folded`, which is altered, up to the last event. False where the log has changed under it: begin anew. */
export async function foldOn(folded: Folded, source: FoldSource): Promise<boolean> {
  while (folded.view.seq < source.seq) {
    const run = await source.stretch(folded.view.seq, folded.after);
    if (run === null) return false;
    for (const slice of run.slices) {
      for (const line of linesOfSlice(slice)) folded.view = fold(folded.view, JSON.parse(line) as FoldEvent);
      folded.bytes += slice.batch.body.byteLength;
    }
    // Whatever the reducer made of them, these are not asked for again.
    folded.view.seq = Math.max(folded.view.seq, run.lastSeq);
    folded.after = run.last.position;
    folded.cursor = cursorAt(prefixOf(run.last, run.epoch), run.lastSeq);
    await source.turn();
  }
  return true;
}

/** The view as the caller's own. Items are replaced when they change, never altered: only what holds them is copied. */
export function copyOf(view: TaskView): TaskView {
  const copy: TaskView = { ...view, facts: { ...view.facts }, waiting_for: new Set(view.waiting_for) };
  for (const [name, value] of Object.entries(view)) if (value instanceof Map) Object.assign(copy, { [name]: new Map(value) });
  return copy;
}

/** A `task.snapshot` without its cursor, as JSON: it stands for all events up to the view's last. */
export function snapshotLine(taskId: string, view: TaskView, now: number, maxBytes: number): string {
  const time = typeof view.facts.updated_at === "string" ? view.facts.updated_at : new Date(now).toISOString();
  return JSON.stringify({ type: "task.snapshot", task_id: taskId, first_seq: 1, seq: view.seq, time, data: snapshotOf(view, maxBytes) });
}

/** The views that were asked for last, of tasks that are watched, so that asking again folds only what is new. */
export class ViewCache {
  readonly #views = new Map<object, Folded>();

  /** Takes a view out, to be folded on. */
  take(owner: object): Folded | null {
    const folded = this.#views.get(owner) ?? null;
    this.#views.delete(owner);
    return folded;
  }

  /** Keeps a view if it is small. */
  keep(owner: object, folded: Folded): void {
    if (folded.bytes > KEPT_BYTES) return;
    this.#views.set(owner, folded);
    for (const [oldest] of this.#views) {
      if (this.#views.size <= KEPT_VIEWS) return;
      this.#views.delete(oldest);
    }
  }

  forget(owner: object): void {
    this.#views.delete(owner);
  }
}
