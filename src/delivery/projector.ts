/** A run in a dialect's words. What follows from the log alone is made once for all watchers at the same position. */
import type { Frame, Projection, TaskEvent } from "../dialects/port.ts";
import { linesOfSlice } from "../feed/lines.ts";
import type { Run } from "../feed/port.ts";

/** A run as text messages. */
export interface Telling {
  readonly texts: readonly string[];
  /** For each text the seq of the last event in it. */
  readonly seqs: readonly number[];
  /** After the run. */
  readonly state: unknown;
}

/** Of frames that later ones say again, the last so many of a write are whole: a write is not many times as large as its run. */
const WHOLE = 16;

/** Tells a run to who has come as far as `before`. Events up to `after` are passed over. */
export function project(projection: Projection, before: unknown, run: Run, after = 0): Telling {
  const frames: Frame[] = [];
  const seqs: number[] = [];
  let state = before;
  for (const slice of run.slices) {
    for (const line of linesOfSlice(slice)) {
      const event = JSON.parse(line) as TaskEvent;
      if (event.seq <= after) continue;
      const told = projection.step(state, event);
      state = told.state;
      for (const frame of told.frames) put(projection, frames, seqs, frame, event.seq);
    }
  }
  shorten(projection, frames);
  return { texts: frames.map(textOf), seqs, state };
}

function shorten(projection: Projection, frames: Frame[]): void {
  if (projection.shorten === undefined || frames.length <= WHOLE) return;
  let whole = 0;
  for (const [at, frame] of [...frames.entries()].reverse()) {
    const short = projection.shorten(frame);
    if (short !== null && ++whole > WHOLE) frames[at] = short;
  }
}

function put(projection: Projection, frames: Frame[], seqs: number[], frame: Frame, seq: number): void {
  const last = frames.at(-1);
  const joined = last === undefined ? null : (projection.join?.(last, frame) ?? null);
  if (joined === null) {
    frames.push(frame);
    seqs.push(seq);
  } else {
    frames[frames.length - 1] = joined;
    seqs[seqs.length - 1] = seq;
  }
}

/** A frame as it is sent. */
export function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : JSON.stringify(frame);
}

/**
 * One projection for all watchers of a process. A state follows from the events before it, so whoever comes to a run first tells it for all
 * others who have come as far; only who has leapt over events that are kept no more tells for themselves (`project`).
 */
export class Projector {
  readonly projection: Projection;
  #before: unknown = null;
  readonly #make = (run: Run): Telling => project(this.projection, this.#before, run);

  constructor(projection: Projection) {
    this.projection = projection;
  }

  tell(before: unknown, run: Run): Telling {
    this.#before = before;
    return run.once(this.#make);
  }
}
