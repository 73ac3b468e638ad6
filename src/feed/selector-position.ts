/**
 * The position of a watched set, as clients hold it: opaque text of one size, however many tasks are in the set.
 *
 *     "s1" | words 24 bits | epoch 24 | admitted 24 | known 48 | ended 48 | floor 48
 *          | for each partition: position 48, check of the nonce there 24 | check of all before 24
 *
 * in letters of 6 bits. With 16 partitions these are 234 characters. The hashes are checks against mistakes and rolled-back stores,
 * not secrets.
 */
import { bitsAt, letters } from "../domain/cursor.ts";
import { hash24 } from "../domain/hash.ts";
import type { WatchWords } from "../domain/watch-scope.ts";

/** A batch in a partition, by its position and what tells it from another one there. */
export interface Anchor {
  readonly position: number;
  /** `hash24` of the batch's nonce. */
  readonly check: number;
}

/** Before everything. */
export const NO_ANCHOR: Anchor = { position: 0, check: 0 };

export interface SelectorPosition {
  readonly words: number;
  readonly epoch: number;
  /** Which of the tasks that were named the caller might see. */
  readonly admitted: number;
  /** Entries of the index that were made behind this revision are new to this watcher. */
  readonly known: number;
  /** That a task is over was told where the index says so up to this revision. */
  readonly ended: number;
  /** Tasks whose entry was made before this revision were not followed, as there were too many. */
  readonly floor: number;
  /** By partition: up to here everything was delivered of every task that is followed and neither new nor below the floor. */
  readonly anchors: readonly Anchor[];
}

const VERSION = "s1";
const HEAD_LETTERS = 36;
const ANCHOR_LETTERS = 12;
const UPPER = 2 ** 24;

/** The same words in the same order and form, however they were written. */
export function canonicalWords({ scope, conversation_id, task_ids }: WatchWords): WatchWords {
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(conversation_id === undefined ? {} : { conversation_id }),
    ...(task_ids === undefined || task_ids.length === 0 ? {} : { task_ids: [...new Set(task_ids)].sort() }),
  };
}

/** What binds a position to its words and to who said them. `words` are canonical. */
export function hashOfWords(words: WatchWords, user: string): number {
  return hash24(`${user} ${JSON.stringify(words)}`);
}

function wide(value: number): string {
  return letters(Math.floor(value / UPPER) % UPPER) + letters(value % UPPER);
}

function wideAt(text: string, at: number): number {
  return bitsAt(text, at) * UPPER + bitsAt(text, at + 4);
}

/** The position as text. */
export function encodePosition({ words, epoch, admitted, known, ended, floor, anchors }: SelectorPosition): string {
  const head = VERSION + letters(words) + letters(epoch) + letters(admitted) + wide(known) + wide(ended) + wide(floor);
  const text = head + anchors.map(({ position, check }) => wide(position) + letters(check)).join("");
  return text + letters(hash24(text));
}

/** Reads a position of a store with so many partitions; null for anything that `encodePosition` cannot have made. */
export function parsePosition(text: string, partitions: number): SelectorPosition | null {
  const start = VERSION.length + HEAD_LETTERS;
  const end = start + partitions * ANCHOR_LETTERS;
  if (text.length !== end + 4 || !text.startsWith(VERSION) || !/^[A-Za-z0-9_-]+$/.test(text) || bitsAt(text, end) !== hash24(text.slice(0, end))) return null;
  const at = VERSION.length;
  const anchors = Array.from({ length: partitions }, (_, partition) => ({
    position: wideAt(text, start + partition * ANCHOR_LETTERS),
    check: bitsAt(text, start + partition * ANCHOR_LETTERS + 8),
  }));
  return { words: bitsAt(text, at), epoch: bitsAt(text, at + 4), admitted: bitsAt(text, at + 8), known: wideAt(text, at + 12), ended: wideAt(text, at + 20), floor: wideAt(text, at + 28), anchors };
}
