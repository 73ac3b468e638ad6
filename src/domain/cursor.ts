/**
 * The position after an event, as clients hold it: opaque text they give back to resume.
 *
 *     base64url( task 3 bytes | epoch 3 | position 6 | check of the batch's nonce 3 ) "." seq in base 36
 *
 * The first 20 characters are the same for all events of a batch: make them once (`cursorPrefix`), then `cursorAt` is
 * one concatenation. The hashes are checks against mistakes and rolled-back stores, not secrets.
 */
import { hash24 } from "./hash.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));
const SHAPE = /^[A-Za-z0-9_-]{20}\.(0|[1-9a-z][0-9a-z]{0,10})$/;
const UPPER = 2 ** 24;

/** Before a task's first event. Reading after it is the same as giving no cursor. */
export const BEGINNING = "0";

export interface CursorPlace {
  readonly taskId: string;
  /** The store's epoch; see `Log.epoch`. */
  readonly epoch: string;
  /** The batch's position, 0 .. 2^48-1. */
  readonly position: number;
  /** The batch's nonce. */
  readonly nonce: string;
}

export interface Cursor {
  readonly taskHash: number;
  readonly epochHash: number;
  readonly position: number;
  readonly check: number;
  readonly seq: number;
}

/** Four letters for 24 bits. */
export function letters(bits: number): string {
  return ALPHABET.charAt(bits >>> 18) + ALPHABET.charAt((bits >>> 12) & 63) + ALPHABET.charAt((bits >>> 6) & 63) + ALPHABET.charAt(bits & 63);
}

/** The 24 bits that the four letters at `start` stand for. */
export function bitsAt(text: string, start: number): number {
  let bits = 0;
  for (let at = start; at < start + 4; at++) bits = bits * 64 + (VALUES.get(text.charAt(at)) ?? 0);
  return bits;
}

/** The 20 characters that all cursors of one batch begin with. */
export function cursorPrefix({ taskId, epoch, position, nonce }: CursorPlace): string {
  const upper = Math.floor(position / UPPER) % UPPER;
  return letters(hash24(taskId)) + letters(hash24(epoch)) + letters(upper) + letters(position % UPPER) + letters(hash24(nonce));
}

/** The cursor after the event `seq` of the batch that `prefix` was made for. */
export function cursorAt(prefix: string, seq: number): string {
  return `${prefix}.${seq.toString(36)}`;
}

/** Reads a cursor. Null for anything that `cursorAt` cannot have made; `BEGINNING` and "" are for the caller to tell first. */
export function parseCursor(text: string): Cursor | null {
  if (!SHAPE.test(text)) return null;
  const seq = Number.parseInt(text.slice(21), 36);
  if (!Number.isSafeInteger(seq)) return null;
  return { taskHash: bitsAt(text, 0), epochHash: bitsAt(text, 4), position: bitsAt(text, 8) * UPPER + bitsAt(text, 12), check: bitsAt(text, 16), seq };
}

/** Whether the cursor can be this task's. Where not: `cursor_invalid`. */
export function cursorMatchesTask(cursor: Cursor, taskId: string): boolean {
  return cursor.taskHash === hash24(taskId);
}

/** Whether the cursor was given out in this epoch of the store. Where not: a gap, reason `reset`. */
export function cursorMatchesEpoch(cursor: Cursor, epoch: string): boolean {
  return cursor.epochHash === hash24(epoch);
}

/** Whether the batch at the cursor's position is the one that the cursor was made from. Where not: a gap, reason `reset`. */
export function cursorMatchesNonce(cursor: Cursor, nonce: string): boolean {
  return cursor.check === hash24(nonce);
}
