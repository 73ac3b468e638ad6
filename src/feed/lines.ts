/** From stored bytes to events as text: a batch's lines, and the cursor spliced into them. Nothing is parsed on the way. */
import { cursorAt, cursorPrefix } from "../domain/cursor.ts";
import type { Batch } from "../log/port.ts";
import type { Run, Slice } from "./port.ts";

const text = new TextDecoder();

/** The batch's events as stored, one JSON text each, without LF. Not kept: ask through `Run.once` where many need them. */
export function linesOf({ body }: Batch): readonly string[] {
  const lines = text.decode(body).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The lines of a slice: those of its batch from `fromSeq` on. */
export function linesOfSlice({ batch, fromSeq }: Slice): readonly string[] {
  const lines = linesOf(batch);
  return fromSeq === batch.header.firstSeq ? lines : lines.slice(fromSeq - batch.header.firstSeq);
}

/** The event with its cursor, put in before the closing brace. `line` is a JSON object with at least one member. */
export function spliceCursor(line: string, cursor: string): string {
  return `${line.slice(0, -1)},"cursor":"${cursor}"}`;
}

/** What all cursors of the batch begin with. */
export function prefixOf({ taskId, position, header }: Batch, epoch: string): string {
  return cursorPrefix({ taskId, epoch, position, nonce: header.nonce });
}

/** The run's events, each with its cursor. An encoder for `Run.once`: `run.once(framesOf)` is made once for all watchers. */
export function framesOf(run: Run): readonly string[] {
  const frames: string[] = [];
  for (const slice of run.slices) {
    const prefix = prefixOf(slice.batch, run.epoch);
    let seq = slice.fromSeq;
    for (const line of linesOfSlice(slice)) frames.push(spliceCursor(line, cursorAt(prefix, seq++)));
  }
  return frames;
}
