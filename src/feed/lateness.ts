/** How late live events are with the wires, by the time that they tell. Looked at now and then: to read a time costs more than to deliver it. */
import type { Batch } from "../log/port.ts";

/** At most so often. Milliseconds. */
const LOOK_MS = 100;
const LINE_FEED = 10;
const utf8 = new TextDecoder();

export class Lateness {
  #lookedAt = -Infinity;
  /** What an event tells that goes to wires with the next flush; null: none is looked at. Milliseconds since 1970. */
  #time: number | null = null;

  /** A live batch has come, which somebody watches. Never throws. `now`: milliseconds since 1970. */
  came({ body }: Batch, now: number): void {
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    this.#time = timeIn(body);
  }

  /** A flush is over: by how many seconds it was late; null where no event was looked at. A clock that is ahead makes none early. */
  flushed(now: number): number | null {
    const time = this.#time;
    this.#time = null;
    return time === null ? null : Math.max(0, now - time) / 1_000;
  }
}

/** The time of a batch's last event; null where it has none, as pieces of texts. Milliseconds since 1970. */
function timeIn(body: Uint8Array): number | null {
  try {
    const { time } = JSON.parse(utf8.decode(body.subarray(body.lastIndexOf(LINE_FEED, -2) + 1))) as { readonly time?: unknown };
    const ms = typeof time === "string" ? Date.parse(time) : Number.NaN;
    return Number.isNaN(ms) ? null : ms;
  } catch {
    return null;
  }
}
