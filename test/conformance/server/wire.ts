/** How bytes leave: at once, in small pieces, gathered, or held back to the end. */
import type { Socket } from "node:net";

export interface Wire {
  write(bytes: Buffer): Promise<void>;
  /** Pieces of so many bytes, each by itself, from here on. */
  split(size: number): void;
  /** All that follows leaves together at the next `flush`. */
  coalesce(): void;
  /** Nothing leaves before the end. */
  hold(): void;
  flush(): Promise<void>;
  /** The good end: what is held leaves, then nothing more will come. */
  finish(): Promise<void>;
  /** The bad end. What was written may still arrive. */
  cut(): Promise<void>;
  readonly gone: boolean;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A wire over a socket. */
export function createWire(socket: Socket): Wire {
  let size = 0;
  let gathering: "no" | "flush" | "end" = "no";
  let gathered: Buffer[] = [];
  socket.setNoDelay(true);

  const send = async (bytes: Buffer): Promise<void> => {
    if (size === 0) return void (socket.destroyed || socket.write(bytes));
    for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
      socket.write(bytes.subarray(at, at + size));
      await turn();
    }
  };

  const release = async (): Promise<void> => {
    const bytes = Buffer.concat(gathered);
    gathered = [];
    if (bytes.length > 0) await send(bytes);
  };

  return {
    async write(bytes) {
      if (gathering === "no") await send(bytes);
      else gathered.push(bytes);
    },
    split: (given) => void (size = given),
    coalesce: () => void (gathering = "flush"),
    hold: () => void (gathering = "end"),
    async flush() {
      if (gathering !== "flush") return;
      gathering = "no";
      await release();
    },
    async finish() {
      gathering = "no";
      await release();
      if (!socket.destroyed) socket.end();
    },
    async cut() {
      if (gathering === "flush") await release();
      // What was written leaves first: a reset would take it along.
      if (socket.writableLength > 0) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
      await turn();
      socket.destroy();
    },
    get gone() {
      return socket.destroyed;
    },
  };
}
