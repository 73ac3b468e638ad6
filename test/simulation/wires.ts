/** Wires as networks are: slow, full for a while, cut with something still on the way. In virtual time, by the environment's chance. */
import type { Acceptor, ByteWire, MessageWire, SocketHandler, StreamHandler } from "../../src/delivery/transport.ts";
import type { Cancel, Environment } from "../../src/domain/environment.ts";
import type { Taking } from "../../src/feed/port.ts";

/** What arrives at the other end. */
export interface Receiver {
  receive(text: string): void;
  closed(): void;
}

export interface Weather {
  /** Longest time that something is on its way. Milliseconds. */
  readonly delayMs: number;
  /** Bytes on the way at which a wire is full. */
  readonly fullBytes: number;
  /** A planted fault: the chance that something is lost though the wire said that it took it. */
  readonly lost: number;
}

/** What both kinds of wire have in common: pieces on their way, in order. */
class Line {
  readonly #environment: Environment;
  readonly #weather: Weather;
  readonly #receiver: Receiver;
  readonly #drained: () => void;
  #pieces: string[] = [];
  #bytes = 0;
  #full = false;
  #over = false;
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

  send(pieces: readonly string[]): Taking {
    if (this.#over) return "full";
    if (this.#weather.lost > 0 && this.#environment.random.fraction() < this.#weather.lost) return "ready";
    this.#pieces.push(...pieces);
    for (const piece of pieces) this.#bytes += piece.length;
    this.#full ||= this.#bytes >= this.#weather.fullBytes;
    this.#cancel ??= this.#environment.clock.after(this.#environment.random.fraction() * this.#weather.delayMs, () => this.#arrive());
    return this.#full ? "full" : "ready";
  }

  /** Ends behind what is on the way. */
  finish(): void {
    this.#arrive();
    this.cut();
  }

  /** Ends at once; what is on the way is lost, but for the beginning of a byte stream's next piece. */
  cut(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel?.();
    this.#receiver.closed();
  }

  #arrive(): void {
    this.#cancel = null;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    for (const piece of pieces) if (!this.#over) this.#receiver.receive(piece);
    if (!this.#full || this.#over) return;
    this.#full = false;
    this.#drained();
  }
}

/** One connection of a client; `cut` is the network's doing. */
export class Link implements Acceptor {
  readonly address = "10.0.0.1";
  readonly #environment: Environment;
  readonly #weather: Weather;
  readonly #receiver: Receiver;
  #line: Line | null = null;
  #socket: SocketHandler | null = null;
  #stream: StreamHandler | null = null;

  constructor(environment: Environment, weather: Weather, receiver: Receiver) {
    this.#environment = environment;
    this.#weather = weather;
    this.#receiver = receiver;
  }

  /** The client says something. */
  say(text: string): void {
    this.#socket?.message(text);
  }

  socket(_protocol: string | null, open: (wire: MessageWire) => SocketHandler): Response {
    const line = new Line(this.#environment, this.#weather, this.#receiver, () => this.#socket?.drained());
    this.#line = line;
    const wire: MessageWire = {
      write: (frames) => line.send(frames),
      together: (work) => work(),
      waiting: () => line.waiting,
      ping: () => this.#socket?.alive(),
      close: (code, reason) => {
        line.finish();
        this.#closed(code, reason);
      },
    };
    this.#environment.clock.turn(() => (this.#socket = open(wire)));
    return new Response(null);
  }

  stream(_init: unknown, open: (wire: ByteWire) => StreamHandler): Response {
    const text = new TextDecoder();
    const line = new Line(this.#environment, this.#weather, this.#receiver, () => this.#stream?.drained());
    this.#line = line;
    const wire: ByteWire = {
      // Pieces of any length: events are cut in two wherever it happens.
      write: (bytes) => line.send(text.decode(bytes, { stream: true }).match(/[\s\S]{1,97}/g) ?? []),
      together: (work) => work(),
      waiting: () => line.waiting,
      close: () => line.finish(),
    };
    this.#environment.clock.turn(() => (this.#stream = open(wire)));
    return new Response(null);
  }

  cut(): void {
    this.#line?.cut();
    this.#closed(1006, "");
  }

  #closed(code: number, reason: string): void {
    const [socket, stream] = [this.#socket, this.#stream];
    this.#socket = this.#stream = null;
    socket?.closed(code, reason);
    stream?.closed();
  }
}
