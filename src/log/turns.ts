/**
 * When appends begin: at the end of the turn of the event loop in which they were asked for, those of all tasks together, so that what they
 * send goes out in one write. A turn judges so many bytes; with more the small ones go first, and a large one has its turn next.
 */
import type { Clock } from "../domain/environment.ts";

/** About seventy small events, a fifth of a millisecond. One request that is larger has a turn of its own. */
const TURN_BYTES = 4 * 1024;

interface Beginning {
  readonly begin: () => void;
  readonly bytes: number;
}

/** Answers what has an append begin: `bytes` is about how much it has to judge. Whoever was put off once goes before all that came later. */
export function inTurns(clock: Clock): (begin: () => void, bytes: number) => void {
  let fresh: Beginning[] = [];
  let putOff: Beginning[] = [];
  let bytesWaiting = 0;
  let awaited = false;

  function ask(): void {
    if (awaited) return;
    awaited = true;
    clock.turn(run);
  }

  function run(): void {
    awaited = false;
    const crowded = bytesWaiting > TURN_BYTES;
    const waiting = [...putOff, ...(crowded ? fresh.toSorted((one, other) => one.bytes - other.bytes) : fresh)];
    [fresh, putOff] = [[], []];
    let bytes = 0;
    let at = 0;
    for (; at < waiting.length; at += 1) {
      const next = waiting[at] as Beginning;
      if (at > 0 && bytes + next.bytes > TURN_BYTES) break;
      bytes += next.bytes;
      next.begin();
    }
    bytesWaiting -= bytes;
    putOff = waiting.slice(at);
    if (putOff.length > 0) ask();
  }

  return (begin, bytes) => {
    fresh.push({ begin, bytes });
    bytesWaiting += bytes;
    ask();
  };
}
