/** A WebSocket as an outlet: one text message a frame. */
import type { Run, Taking } from "../feed/port.ts";
import type { Outlet } from "./connection.ts";
import type { Frame } from "./frame.ts";
import { messagesOf } from "./frame.ts";
import type { Pulse, Tally } from "./pulse.ts";
import type { MessageWire } from "./transport.ts";

/** Makes the outlet of a WebSocket. */
export function messageOutlet(wire: MessageWire, pulse: Pulse, tally: Tally): Outlet {
  return {
    transport: "websocket",
    events(run: Run): Taking {
      const { texts, bytes } = run.once(messagesOf);
      tally.events += texts.length;
      tally.writes += 1;
      tally.bytes += bytes;
      return wire.write(texts);
    },
    frames(frames: readonly Frame[]): Taking {
      const texts = frames.map(({ text }) => text);
      for (const text of texts) tally.bytes += text.length;
      return wire.write(texts);
    },
    heartbeat: () => wire.write(pulse.messages()),
    waiting: () => wire.waiting(),
    ping: wire.ping,
    close: (code, reason) => wire.close(code, reason),
  };
}
