/** Pieces of text on their way: joined for some milliseconds, in order with everything else. */
import type { Timing } from "./timing.ts";

/** One piece of text that was joined. Characters, so that four bytes each stay below an event's 64 KiB. */
const LONGEST = 16 * 1024;

export interface Deltas {
  add(family: "message" | "reasoning", id: string, text: string): Promise<void>;
  /** What waits goes now. */
  flush(): void;
}

/** Joins pieces of one message after another and hands them on. */
export function createDeltas(timing: Timing, joinMs: number, push: (type: string, data: Readonly<Record<string, unknown>>) => Promise<void>): Deltas {
  let waiting: { readonly family: "message" | "reasoning"; readonly id: string; text: string } | null = null;
  let cancel: (() => void) | null = null;
  let last: Promise<void> = Promise.resolve();

  const flush = (): void => {
    cancel?.();
    cancel = null;
    if (!waiting) return;
    const { family, id, text } = waiting;
    waiting = null;
    for (const delta of piecesOf(text)) last = push(`${family}.delta`, { [`${family}_id`]: id, delta });
  };

  return {
    add(family, id, text) {
      if (waiting && (waiting.family !== family || waiting.id !== id)) flush();
      if (text === "") return last;
      waiting ??= { family, id, text: "" };
      waiting.text += text;
      if (waiting.text.length >= LONGEST) flush();
      else cancel ??= timing.after(joinMs, flush);
      return last;
    },
    flush,
  };
}

/** A text in pieces that can be sent, no letter cut in two. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + LONGEST);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] ?? "")) end--;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
