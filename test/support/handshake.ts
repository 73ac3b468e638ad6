/** A WebSocket handshake alone, for those that are refused: which status, and which problem. */
import { connect } from "node:net";

export interface Handshake {
  /** 101 where it was accepted; the connection is closed then. */
  readonly status: number;
  /** The code of the problem; null where there is none. */
  readonly code: string | null;
}

/** Asks for an upgrade and reads the whole answer. */
export function handshake(url: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Handshake> {
  const { hostname, port, host } = new URL(url);
  const lines = Object.entries({ host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`));
    let answer = "";
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no whole answer to the handshake: ${answer}`)));
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      const status = Number(answer.slice(9, 12));
      const code = answer.match(/"code":"(\w+)"/)?.[1] ?? null;
      if (status !== 101 && code === null) return;
      socket.destroy();
      resolve({ status, code });
    });
    socket.on("error", reject);
  });
}
