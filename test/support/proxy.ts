/** A TCP proxy on the loopback address that can swallow everything, reset its connections, or turn callers away. */
import { type Socket, connect, createServer } from "node:net";

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** From now on nothing passes in either direction and nobody is told; new connections are taken and left without an answer. */
  blackHole(): void;
  /** Passes everything again. Connections that lost bytes are reset, as they cannot be mended. */
  heal(): void;
  /** Resets every connection; new ones are served. */
  reset(): void;
  /** The same, as soon as so many more bytes have come from the target: in the middle of an answer. */
  resetAfter(bytes: number): void;
  stop(): Promise<void>;
}

/** Stands in front of `target`, a port of the loopback address. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallowing = false;
  let damaged = new Set<readonly [Socket, Socket]>();
  let bytesLeft = Number.POSITIVE_INFINITY;

  function end(pair: readonly [Socket, Socket]): void {
    pairs.delete(pair);
    damaged.delete(pair);
    for (const socket of pair) socket.resetAndDestroy();
  }
  function resetAll(): void {
    bytesLeft = Number.POSITIVE_INFINITY;
    for (const pair of [...pairs]) end(pair);
  }
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    const forward = (from: Socket, to: Socket): void => {
      from.on("data", (chunk) => {
        if (swallowing || damaged.has(pair)) damaged.add(pair);
        else to.write(chunk);
        if (from === far && (bytesLeft -= (chunk as Buffer).length) <= 0) resetAll();
      });
      from.on("error", () => end(pair));
      from.on("close", () => end(pair));
    };
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const stop = async (): Promise<void> => {
    for (const pair of [...pairs]) end(pair);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    blackHole: () => void (swallowing = true),
    heal() {
      swallowing = false;
      for (const pair of [...damaged]) end(pair);
      damaged = new Set();
    },
    reset: resetAll,
    resetAfter: (bytes) => void (bytesLeft = bytes),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
