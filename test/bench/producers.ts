/** Producers on raw keep-alive connections: each sends a request, waits for its answer, sends the next. Cheaper than `fetch`, so that the load is not the limit. */
import type { Socket } from "bun";

interface Connection {
  rest: Buffer | null;
  answer: { resolve: (body: string) => void; reject: (error: Error) => void } | null;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export class Producer {
  readonly #socket: Socket<Connection>;
  readonly #head: string;

  private constructor(socket: Socket<Connection>, head: string) {
    this.#socket = socket;
    this.#head = head;
  }

  /** Connects; a baseline wants no token. */
  static async connect({ port, token = "" }: { readonly port: number; readonly token?: string }): Promise<Producer> {
    const socket = await Bun.connect<Connection>({
      hostname: "127.0.0.1",
      port,
      data: { rest: null, answer: null },
      socket: {
        data({ data }, chunk) {
          const bytes = data.rest === null ? chunk : Buffer.concat([data.rest, chunk]);
          const body = answerIn(bytes);
          if (body === null) return void (data.rest = Buffer.from(bytes));
          data.rest = null;
          const { answer } = data;
          data.answer = null;
          // HTTP/1.1 2xx
          if (bytes[9] === 50) answer?.resolve(body);
          else answer?.reject(new Error(bytes.toString()));
        },
        close({ data }) {
          data.answer?.reject(new Error("the connection was closed"));
        },
      },
    });
    return new Producer(socket, ` HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: `);
  }

  /** Posts one body and resolves with the answer's. */
  send(path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#socket.data.answer = { resolve, reject };
      this.#socket.write(`POST ${path}${this.#head}${body.length}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}

/** The body of a whole answer; null where more is to come. */
function answerIn(bytes: Buffer): string | null {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const length = Number(/content-length: (\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1] ?? 0);
  return bytes.length < end + 4 + length ? null : bytes.toString("utf8", end + 4, end + 4 + length);
}
