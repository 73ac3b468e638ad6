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
  let handler: StreamHandler | null = null;
  let full = false;
  let over = false;

  const lost = (): void => {
    if (over) return;
    over = true;
    handler?.closed();
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const wire: ByteWire = {
          write(bytes): Taking {
            if (over) return "full";
            try {
              if (bytes.byteLength <= PIECE) controller.enqueue(bytes);
              else for (let at = 0; at < bytes.byteLength; at += PIECE) controller.enqueue(bytes.subarray(at, at + PIECE));
            } catch {
              // The consumer is gone and could not tell us otherwise. Not within a call of the feed.
              queueMicrotask(lost);
              return "full";
            }
            full = (controller.desiredSize ?? 0) <= 0;
            return full ? "full" : "ready";
          },
          waiting: () => (over ? 0 : fullBytes - (controller.desiredSize ?? fullBytes)),
          close(abort) {
            if (over) return;
            over = true;
            ending();
            try {
              if (abort) controller.error(new Error("the peer takes nothing"));
              else controller.close();
            } catch {
              // It was closed by its consumer a moment ago.
            }
          },
        };
        handler = open(wire);
      },
      pull() {
        if (!full || over) return;
        full = false;
        handler?.drained();
      },
      cancel: lost,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: fullBytes }),
  );
}
