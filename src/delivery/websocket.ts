/** A WebSocket as an outlet: one text message a frame. */
import type { Run, Taking } from "../feed/port.ts";
import type { Outlet } from "./connection.ts";
import { type Frame, messagesOf } from "./frame.ts";
import type { Place, Pulse, Tally } from "./pulse.ts";
import type { MessageWire } from "./transport.ts";

/** One for every socket: so it has no closures of its own. */
export class MessageOutlet implements Outlet {
  readonly #wire: MessageWire;
  readonly #pulse: Pulse;
  readonly #tally: Tally;

  constructor(wire: MessageWire, pulse: Pulse, tally: Tally) {
    this.#wire = wire;
    this.#pulse = pulse;
    this.#tally = tally;
  }

  get transport(): "websocket" {
    return "websocket";
  }

  get pings(): boolean {
    return this.#wire.ping !== null;
  }

  events(run: Run): Taking {
    const { texts, bytes } = run.once(messagesOf);
    const tally = this.#tally;
    tally.events += texts.length;
    tally.writes += 1;
    tally.bytes += bytes;
    return this.#wire.write(texts);
  }

  frames(frames: readonly Frame[]): Taking {
    const texts = frames.map(({ text }) => text);
    for (const text of texts) this.#tally.bytes += text.length;
    return this.#wire.write(texts);
  }

  together(work: () => void): void {
    this.#wire.together(work);
  }

  heartbeat(places: readonly Place[]): Taking {
    return places.length === 0 ? this.#wire.write(this.#pulse.messages()) : this.frames(this.#pulse.placed(places));
  }

  waiting(): number {
    return this.#wire.waiting();
  }

  ping(): void {
    this.#wire.ping?.();
  }

  close(code: number, reason: string): void {
    this.#wire.close(code, reason);
  }
}
