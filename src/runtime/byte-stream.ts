/** A streaming body as a wire, the same on all runtimes: a `ReadableStream` that counts its bytes and tells when it has drained. */
import type { ByteWire, StreamHandler } from "../delivery/transport.ts";
import type { Taking } from "../feed/port.ts";

/** Makes a body that is full at `fullBytes`. `open` is called before this returns, so that the first bytes go out with the headers. */
export function byteStream(fullBytes: number, open: (wire: ByteWire) => StreamHandler): ReadableStream<Uint8Array> {
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
              controller.enqueue(bytes);
            } catch {
              // The consumer is gone and could not tell us otherwise. Not within a call of the feed.
              queueMicrotask(lost);
              return "full";
            }
            full = (controller.desiredSize ?? 0) <= 0;
            return full ? "full" : "ready";
          },
          close() {
            if (over) return;
            over = true;
            try {
              controller.close();
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
