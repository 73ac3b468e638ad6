/** Asking a nats-server whether it lives and knows our name and password, without a client and its retries. */
import { connect, createServer } from "node:net";

/** Below the range from which systems take the ports of outgoing connections, so that a restarted server finds its port free. */
const PORTS = { from: 15_000, to: 31_000 };
const PORT_ATTEMPTS = 100;

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Answers the server's version, or null where none answers in time or it refuses us. */
export function probe(port: number, { user, password }: Login, limitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let heard = "";
    let version: string | null = null;
    const socket = connect(port, "127.0.0.1");
    const finish = (answer: string | null): void => {
      clearTimeout(late);
      socket.removeAllListeners();
      socket.on("error", () => {});
      socket.destroy();
      resolve(answer);
    };
    const late = setTimeout(() => finish(null), limitMs);
    socket.on("error", () => finish(null));
    socket.on("close", () => finish(null));
    socket.on("data", (chunk) => {
      heard += chunk.toString();
      if (version === null) {
        version = heard.match(/^INFO .*?"version":"([^"]+)".*\r\n/)?.[1] ?? null;
        if (version !== null) socket.write(`CONNECT ${JSON.stringify({ user, pass: password, verbose: false, lang: "taskwire", version: "1", protocol: 1 })}\r\nPING\r\n`);
      }
      if (/\r\n-ERR|^-ERR/.test(heard)) finish(null);
      else if (/\r\nPONG\r\n/.test(heard)) finish(version);
    });
  });
}

/** A port of the loopback address on which nobody listens now. `fraction` is chance, 0 to 1. */
export async function choosePort(fraction: () => number): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = PORTS.from + Math.floor(fraction() * (PORTS.to - PORTS.from));
    const free = await new Promise<boolean>((resolve) => {
      const trial = createServer();
      trial.once("error", () => resolve(false));
      trial.listen(port, "127.0.0.1", () => trial.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error(`no free port was found on 127.0.0.1 between ${PORTS.from} and ${PORTS.to}`);
}
