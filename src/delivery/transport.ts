/**
 * The transport port: what `runtime/bun.ts` and `runtime/deno.ts` give for each connection, and what they call on it.
 * A wire takes or it closes: `write` answers `ready` or `full`, and both mean taken. `full` is decided below the
 * runtime's own limit (`limits.wireFullBytes`). A frame that a runtime did not take closes the connection with 4411.
 */
import type { Taking } from "../feed/port.ts";

/** A WebSocket. One string is one text message. */
export interface MessageWire {
  /** Hands all frames over in one go (one system call where the runtime can). */
  write(frames: readonly string[]): Taking;
  /** What is written while `work` runs goes out in one go, where the runtime can. */
  together(work: () => void): void;
  /** What has not yet gone out, for seeing that a full wire moves at all. Bytes. */
  waiting(): number;
  /** A ping of the protocol's own, whose pong comes as `alive`. Null where the runtime finds dead peers by itself. */
  readonly ping: (() => void) | null;
  /** Closes behind what was written. `closed` is called, at once or when the peer has answered, also where it never does. */
  close(code: number, reason: string): void;
}

/** The body of a streaming response. */
export interface ByteWire {
  write(bytes: Uint8Array): Taking;
  /** As in `MessageWire`. */
  together(work: () => void): void;
  /** As in `MessageWire`. */
  waiting(): number;
  /** Ends the response behind what was written; with `abort` without waiting for a peer that takes nothing. `closed` is not called then. */
  close(abort: boolean): void;
}

/** What the runtime calls. After `closed` it calls nothing more. */
export interface SocketHandler {
  /** A text frame, or null for a binary one. */
  message(text: string | null): void;
  /** A sign of life that is no frame: a pong. */
  alive(): void;
  drained(): void;
  closed(code: number, reason: string): void;
}

export interface StreamHandler {
  drained(): void;
  closed(): void;
}

/** Given to the routes with every request, so that they can turn it into a connection without knowing the runtime. */
export interface Acceptor {
  /** The peer's address, for limits and the journal. */
  readonly address: string;
  /** Upgrades to a WebSocket. `open` is called once, when frames can be written. */
  socket(protocol: string | null, open: (wire: MessageWire) => SocketHandler): Response;
  /** Answers with a stream that stays open however quiet it is. `open` is called once, before the response is returned or soon after. */
  stream(init: { readonly status: number; readonly headers: Record<string, string> }, open: (wire: ByteWire) => StreamHandler): Response;
}
