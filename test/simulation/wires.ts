/** Wires as networks are: slow, full for a while, stalled, cut with something still on the way, gone without a word. In virtual time, by the environment's chance. */
import type { Acceptor, ByteWire, MessageWire, SocketHandler, StreamHandler } from "../../src/delivery/transport.ts";
import type { Cancel, Environment } from "../../src/domain/environment.ts";
import type { Taking } from "../../src/feed/port.ts";

/** What arrives at the other end, and what the service did that it must not do. */
export interface Receiver {
  receive(text: string): void;
  closed(): void;
  wrong(what: string): void;
}

export interface Weather {
  /** Longest time that something is on its way. Milliseconds. */
  readonly delayMs: number;
  /** Bytes on the way at which a wire is full. */
  readonly fullBytes: number;
  /** A planted fault: the chance that something is lost though the wire said that it took it. */
  readonly lost: number;
}

/** The close code of a peer that was judged to be silent. */
const SILENT = 4402;
/** How long a runtime waits for a peer's answer to a close, at most. Milliseconds. */
const CLOSE_MS = 500;

/** What both kinds of wire have in common: pieces on their way, in order. */
class Line {
  /** When it was full last; how often nothing moved on it. */
  filledAt = 0;
  over = false;
  readonly #environment: Environment;
  readonly #weather: Weather;
  readonly #receiver: Receiver;
  readonly #drained: () => void;
  #pieces: string[] = [];
  #bytes = 0;
  #full = false;
  #stalled = false;
  #cancel: Cancel | null = null;

  constructor(environment: Environment, weather: Weather, receiver: Receiver, drained: () => void) {
    this.#environment = environment;
    this.#weather = weather;
    this.#receiver = receiver;
    this.#drained = drained;
  }

  get waiting(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#full;
  }

  /** `stored`: these are events of the log, which nobody may offer to a wire that is full. */
  send(pieces: readonly string[], stored: boolean): Taking {
    if (this.over) return "full";
    const { random, clock } = this.#environment;
    if (this.#weather.lost > 0 && random.fraction() < this.#weather.lost) return "ready";
    if (stored && this.#full) this.#receiver.wrong("stored events were written to a full wire");
    this.#pieces.push(...pieces);
    for (const piece of pieces) this.#bytes += piece.length;
    if (!this.#full && this.#bytes >= this.#weather.fullBytes) {
      this.#full = true;
      this.filledAt = clock.now();
    }
    if (!this.#stalled) this.#cancel ??= clock.after(random.fraction() * this.#weather.delayMs, () => this.#arrive());
    return this.#full ? "full" : "ready";
  }

  /** Nothing arrives until `move`. */
  stall(): void {
    this.#stalled = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  move(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    if (!this.over) this.#arrive();
  }

  /** Ends behind what is on the way. */
  finish(): void {
    if (!this.#stalled) this.#arrive();
    this.cut();
  }

  /** Ends at once; what is on the way is lost, but for the beginning of a byte stream's next piece. */
  cut(): void {
    if (this.over) return;
    this.over = true;
    this.#cancel?.();
    this.#pieces = [];
    this.#receiver.closed();
  }

  #arrive(): void {
    this.#cancel = null;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    for (const piece of pieces) if (!this.over) this.#receiver.receive(piece);
    if (!this.#full || this.over) return;
    this.#full = false;
    this.#drained();
  }
}

/** One connection of a client; `cut`, `stall` and `vanish` are the network's doing. */
export class Link implements Acceptor {
  readonly address = "10.0.0.1";
  readonly #environment: Environment;
  readonly #weather: Weather;
  readonly #receiver: Receiver;
  #line: Line | null = null;
  #socket: SocketHandler | null = null;
  #stream: StreamHandler | null = null;
  #up: string[] = [];
  /** The peer has gone without a word, since then. */
  #vanishedAt: number | null = null;
  /** It did not read for so long as a peer that is alive may not. */
  #excused = false;
  /** Since when everything that is written to it arrives soon. `Infinity`: it does not. */
  movesSince = 0;

  constructor(environment: Environment, weather: Weather, receiver: Receiver) {
    this.#environment = environment;
    this.#weather = weather;
    this.#receiver = receiver;
  }

  /** The service still holds it. */
  get held(): boolean {
    return this.#socket !== null || this.#stream !== null;
  }

  /** Nobody may say of its peer that it is silent. */
  get healthy(): boolean {
    return this.#vanishedAt === null && !this.#excused;
  }

  socket(_protocol: string | null, open: (wire: MessageWire) => SocketHandler): Response {
    const line = this.#begin(() => this.#socket?.drained());
    const wire: MessageWire = {
      write: (frames) => line.send(frames, frames.some((text) => text !== "pong" && !text.startsWith('{"type":"stream.'))),
      together: (work) => work(),
      waiting: () => line.waiting,
      ping: () => this.#answer(),
      close: (code, reason) => {
        if (code === SILENT && this.healthy) this.#receiver.wrong("a peer that was alive was judged to be silent");
        line.finish();
        // A peer that is gone does not answer; a runtime waits for it only so long.
        if (this.#vanishedAt === null) this.#closed(code, reason);
        else this.#environment.clock.after(this.#environment.random.fraction() * CLOSE_MS, () => this.#closed(code, reason));
      },
    };
    this.#environment.clock.turn(() => {
      if (line.over) return;
      this.#socket = open(wire);
      this.#climb();
    });
    return new Response(null);
  }

  stream(_init: unknown, open: (wire: ByteWire) => StreamHandler): Response {
    const text = new TextDecoder();
    const line = this.#begin(() => this.#stream?.drained());
    const wire: ByteWire = {
      // Pieces of any length: events are cut in two wherever it happens.
      write: (bytes) => {
        const written = text.decode(bytes, { stream: true });
        return line.send(written.match(/[\s\S]{1,97}/g) ?? [], written.startsWith("id: ") && !written.includes("\nevent: stream\n"));
      },
      together: (work) => work(),
      waiting: () => line.waiting,
      close: (abort) => {
        if (abort && this.healthy) this.#receiver.wrong("a peer that was alive was judged to be silent");
        this.#stream = null;
        line.finish();
      },
    };
    this.#environment.clock.turn(() => {
      if (!line.over) this.#stream = open(wire);
    });
    return new Response(null);
  }

  /** A frame of the client, on its way to the service. */
  send(text: string): void {
    this.#up.push(text);
    if (this.#up.length === 1) this.#environment.clock.after(this.#environment.random.fraction() * this.#weather.delayMs, () => this.#climb());
  }

  /** The client does not read for so long. Milliseconds. */
  stall(ms: number, longest: number): void {
    if (this.#vanishedAt !== null || this.#line === null) return;
    if (ms >= longest) this.#excused = true;
    this.#line.stall();
    this.movesSince = Number.POSITIVE_INFINITY;
    this.#environment.clock.after(ms, () => {
      if (this.#vanishedAt !== null) return;
      this.movesSince = this.#environment.clock.now();
      this.#line?.move();
    });
  }

  /** The client is gone, and nobody tells the service. */
  vanish(): void {
    this.#vanishedAt ??= this.#environment.clock.now();
    this.movesSince = Number.POSITIVE_INFINITY;
    this.#line?.stall();
  }

  /** Since when the service could have known that nobody is there; `Infinity` where nothing can tell it. */
  get deafSince(): number {
    if (this.#vanishedAt === null || this.#line === null) return Number.POSITIVE_INFINITY;
    if (this.#line.full) return Math.max(this.#line.filledAt, this.#vanishedAt);
    return this.#socket === null ? Number.POSITIVE_INFINITY : this.#vanishedAt;
  }

  cut(): void {
    this.#line?.cut();
    this.#closed(1006, "");
  }

  #begin(drained: () => void): Line {
    return (this.#line = new Line(this.#environment, this.#weather, this.#receiver, drained));
  }

  #answer(): void {
    this.#environment.clock.after(this.#environment.random.fraction() * this.#weather.delayMs, () => {
      if (this.#vanishedAt === null) this.#socket?.alive();
    });
  }

  #climb(): void {
    if (this.#socket === null || this.#vanishedAt !== null) return;
    const frames = this.#up;
    this.#up = [];
    for (const text of frames) this.#socket?.message(text);
  }

  #closed(code: number, reason: string): void {
    const [socket, stream] = [this.#socket, this.#stream];
    this.#socket = this.#stream = null;
    socket?.closed(code, reason);
    stream?.closed();
  }
}
