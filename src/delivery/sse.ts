/** An event stream as an outlet: events with `id:` and `data:`, everything else as `event: stream`. */
import type { Run, Taking } from "../feed/port.ts";
import type { Outlet } from "./connection.ts";
import { type Frame, chunkOf, chunkOfFrames, openingChunk } from "./frame.ts";
import type { Pulse, Tally } from "./pulse.ts";
import type { ByteWire } from "./transport.ts";

/** The headers of an event stream: not cached, not changed, not held back by proxies. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** Makes the outlet of an event stream, and opens it: proxies' buffers are filled, `retry:` is told. */
export function byteOutlet(wire: ByteWire, pulse: Pulse, tally: Tally, reconnectMs: number): Outlet {
  const write = (chunk: Uint8Array): Taking => {
    tally.bytes += chunk.byteLength;
    return wire.write(chunk);
  };
  write(openingChunk(reconnectMs));
  return {
    transport: "sse",
    events(run: Run): Taking {
      const { data, events } = run.once(chunkOf);
      tally.events += events;
      tally.writes += 1;
      return write(data);
    },
    frames: (frames: readonly Frame[]) => write(chunkOfFrames(frames)),
    heartbeat: () => write(pulse.chunk()),
    waiting: () => wire.waiting(),
    ping: null,
    close: (_code, reason) => wire.close(reason === "silent"),
  };
}
