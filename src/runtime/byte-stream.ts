/** A streaming body as a wire, the same on all runtimes: a `ReadableStream` that counts its bytes and tells when it has drained. */
import type { ByteWire, StreamHandler } from "../delivery/transport.ts";
import type { Taking } from "../feed/port.ts";

/** Larger writes are passed on in pieces of this, so that it shows when a slow peer takes some of one. Bytes. */
const PIECE = 64 * 1024;

/**
 * Makes a body that is full at `fullBytes`. `open` is called before this returns, so that the first bytes go out with the
 * headers. `ending` is told when the service ends it, before it does: from then on the runtime's own limits may hold again.
 */
export function byteStream(fullBytes: number, open: (wire: ByteWire) => StreamHandler, ending: () => void = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(new StreamWire(fullBytes, open, ending), { highWaterMark: fullBytes, size: lengthOf } as QueuingStrategy<Uint8Array>);
}

/** The bytes of a chunk. */
const lengthOf = ({ byteLength }: Uint8Array): number => byteLength;

/** The wire, and the stream's source too: thousands are idle, so each is as few objects as may be. */
class StreamWire implements ByteWire, UnderlyingDefaultSource<Uint8Array> {
  readonly #fullBytes: number;
  readonly #ending: () => void;
  #open: ((wire: ByteWire) => StreamHandler) | null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #handler: StreamHandler | null = null;
  /** What is written together, while it is. */
  #gathered: Uint8Array[] | null = null;
  #full = false;
  #over = false;

  constructor(fullBytes: number, open: (wire: ByteWire) => StreamHandler, ending: () => void) {
    this.#fullBytes = fullBytes;
    this.#open = open;
    this.#ending = ending;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#handler = this.#open?.(this) ?? null;
    this.#open = null;
  }

  /** The consumer takes again. */
  pull(): void {
    if (!this.#full || this.#over) return;
    this.#full = false;
    this.#handler?.drained();
  }

  /** The consumer is gone. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler?.closed();
  }

  write(bytes: Uint8Array): Taking {
    if (this.#over) return "full";
    if (this.#gathered === null) return this.#enqueue(bytes);
    this.#gathered.push(bytes);
    // Whether this fills it shows when it goes out; nothing more is offered then.
    return this.#full ? "full" : "ready";
  }

  together(work: () => void): void {
    if (this.#gathered !== null) return work();
    const gathered: Uint8Array[] = [];
    this.#gathered = gathered;
    try {
      work();
    } finally {
      this.#send(gathered);
    }
  }

  waiting(): number {
    return this.#over ? 0 : this.#fullBytes - (this.#controller?.desiredSize ?? this.#fullBytes);
  }

  close(abort: boolean): void {
    if (this.#over) return;
    // What was said last goes out first.
    if (this.#gathered !== null) this.#send(this.#gathered);
    this.#over = true;
    this.#ending();
    try {
      if (abort) this.#controller?.error(new Error("the peer takes nothing"));
      else this.#controller?.close();
    } catch {
      // It was closed by its consumer a moment ago.
    }
  }

  #send(gathered: readonly Uint8Array[]): void {
    this.#gathered = null;
    if (this.#over || gathered.length === 0) return;
    this.#enqueue(gathered.length === 1 ? (gathered[0] as Uint8Array) : joined(gathered));
  }

  #enqueue(bytes: Uint8Array): Taking {
    const controller = this.#controller;
    try {
      if (bytes.byteLength <= PIECE) controller?.enqueue(bytes);
      else for (let at = 0; at < bytes.byteLength; at += PIECE) controller?.enqueue(bytes.subarray(at, at + PIECE));
    } catch {
      // The consumer is gone and could not tell us otherwise. Not within a call of the feed.
      queueMicrotask(() => this.cancel());
      return "full";
    }
    this.#full = (controller?.desiredSize ?? 0) <= 0;
    return this.#full ? "full" : "ready";
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
