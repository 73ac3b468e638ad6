/** An event stream as an outlet: events with `id:` and `data:`, everything else as `event: stream`. */
import type { Run, Taking } from "../feed/port.ts";
import type { Outlet } from "./connection.ts";
import { type Chunk, type Frame, chunkOf, chunkOfFrames, chunkOfSet } from "./frame.ts";
import type { Place, Pulse, Tally } from "./pulse.ts";
import type { ByteWire } from "./transport.ts";

/** The headers of an event stream: not cached, not changed, not held back by proxies. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** One for every stream. Its making opens the stream: proxies' buffers are filled, `retry:` is told. */
export class ByteOutlet implements Outlet {
  readonly #wire: ByteWire;
  readonly #pulse: Pulse;
  readonly #tally: Tally;

  constructor(wire: ByteWire, pulse: Pulse, tally: Tally, opening: Uint8Array) {
    this.#wire = wire;
    this.#pulse = pulse;
    this.#tally = tally;
    this.#write(opening);
  }

  get transport(): "sse" {
    return "sse";
  }

  get pings(): boolean {
    return false;
  }

  events(run: Run): Taking {
    const { data, events } = this.encoded(run);
    this.#tally.events += events;
    this.#tally.writes += 1;
    return this.#write(data);
  }

  protected encoded(run: Run): Chunk {
    return run.once(chunkOf);
  }

  frames(frames: readonly Frame[]): Taking {
    return this.#write(chunkOfFrames(frames));
  }

  together(work: () => void): void {
    this.#wire.together(work);
  }

  heartbeat(places: readonly Place[]): Taking {
    return this.#write(places.length === 0 ? this.#pulse.chunk() : chunkOfFrames(this.#pulse.placed(places)));
  }

  waiting(): number {
    return this.#wire.waiting();
  }

  ping(): void {}

  close(_code: number, reason: string): void {
    this.#wire.close(reason === "silent");
  }

  #write(chunk: Uint8Array): Taking {
    this.#tally.bytes += chunk.byteLength;
    return this.#wire.write(chunk);
  }
}

/** The stream of a watched set: only a position of the whole set is an `id:`. */
export class SetByteOutlet extends ByteOutlet {
  protected override encoded(run: Run): Chunk {
    return run.once(chunkOfSet);
  }
}
