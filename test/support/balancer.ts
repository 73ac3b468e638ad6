/**
 * A small TCP balancer in front of several instances of the service: the one with the fewest connections that says that it
 * is ready gets the next. It knows nothing of HTTP but `/readyz`.
 */
import { type Socket, connect, createServer } from "node:net";

export interface Instance {
  readonly port: number;
  /** Connections now, and at most. */
  open: number;
  peak: number;
  /** It gets new connections. */
  ready: boolean;
}

export interface Balancer extends AsyncDisposable {
  readonly url: string;
  readonly instances: readonly Instance[];
  /** Callers that no instance took. */
  readonly turnedAway: number;
}

/** How often every instance is asked whether it is ready, and how long it may take to say so. Milliseconds. */
const ASK_MS = 100;
const ANSWER_MS = 1_000;

/** Stands in front of these ports of the loopback address. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const instances: Instance[] = ports.map((port) => ({ port, open: 0, peak: 0, ready: false }));
  const sockets = new Set<Socket>();
  let turnedAway = 0;
  let stopped = false;

  function next(without: ReadonlySet<Instance>): Instance | null {
    let best: Instance | null = null;
    for (const instance of instances) if (instance.ready && !without.has(instance) && (best === null || instance.open < best.open)) best = instance;
    return best;
  }

  /** Connects a caller to an instance; to another where nobody listens any more. */
  function forward(near: Socket, tried: Set<Instance>): void {
    const instance = next(tried);
    if (instance === null || near.destroyed) {
      turnedAway += 1;
      near.destroy();
      return;
    }
    tried.add(instance);
    instance.open += 1;
    instance.peak = Math.max(instance.peak, instance.open);
    const far = connect(instance.port, "127.0.0.1");
    let joined = false;
    sockets.add(far);
    far.once("connect", () => {
      joined = true;
      near.pipe(far);
      far.pipe(near);
    });
    far.on("error", () => {});
    far.once("close", () => {
      sockets.delete(far);
      instance.open -= 1;
      if (joined) near.destroy();
      else {
        instance.ready = false;
        forward(near, tried);
      }
    });
    near.once("close", () => far.destroy());
  }

  const server = createServer({ pauseOnConnect: true }, (near) => {
    sockets.add(near);
    near.on("error", () => {});
    near.once("close", () => sockets.delete(near));
    forward(near, new Set());
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 }, resolve));
  const address = server.address();

  async function ask(instance: Instance): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${instance.port}/readyz`, { keepalive: false, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
    await answer?.text().catch(() => "");
    instance.ready = answer?.status === 200;
  }
  const asking = instances.map(async (instance) => {
    while (!stopped) {
      await ask(instance);
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
  });
  await Promise.all(instances.map(ask));
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    instances,
    get turnedAway() {
      return turnedAway;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await Promise.all(asking);
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
