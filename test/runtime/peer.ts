/** Peers made of raw TCP, so that they can do what no client library lets one do: stop reading, stay silent, cut in mid-frame. */
import { type Socket, connect } from "node:net";

export interface PeerOptions {
  readonly path: string;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers pings with pongs. Default true. */
  readonly pongs?: boolean;
}

function dial(url: string, { path, headers = {} }: Pick<PeerOptions, "path" | "headers">, more: Readonly<Record<string, string>>): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return socket;
}

/** A WebSocket of which every byte is in our hands. */
export class Peer {
  readonly texts: string[] = [];
  /** Every text frame that is JSON, read. */
  get frames(): Record<string, unknown>[] {
    return this.texts.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text) as Record<string, unknown>);
  }
  head = "";
  pings = 0;
  /** The close frame, if one came. */
  close: { readonly code: number; readonly reason: string } | null = null;
  /** The connection is gone. */
  ended = false;
  bytes = 0;
  readonly #socket: Socket;
  readonly #pongs: boolean;
  #buffers: Buffer[] = [];
  #size = 0;

  constructor(url: string, options: PeerOptions) {
    this.#pongs = options.pongs ?? true;
    this.#socket = dial(url, options, {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...(options.protocols === undefined ? {} : { "sec-websocket-protocol": options.protocols.join(", ") }),
    });
    this.#socket.on("data", (chunk) => this.#take(chunk as Buffer));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => (this.ended = true));
  }

  /** Stops reading: the kernel's buffers fill, then the service's. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  send(frame: object | string): void {
    this.#frame(1, Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#frame(2, Buffer.from(bytes));
  }

  /** Gone without a word. */
  cut(): void {
    this.#socket.destroy();
  }

  #frame(opcode: number, body: Buffer): void {
    const length = body.length;
    const head = length < 126 ? Buffer.from([0x80 | opcode, 0x80 | length]) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
    if (length >= 126) {
      head[0] = 0x80 | opcode;
      head[1] = 0x80 | (length < 65_536 ? 126 : 127);
      if (length < 65_536) head.writeUInt16BE(length, 2);
      else head.writeBigUInt64BE(BigInt(length), 2);
    }
    // A mask of zeros leaves the body as it is.
    this.#socket.write(Buffer.concat([head, Buffer.alloc(4), body]));
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#buffers.push(chunk);
    this.#size += chunk.length;
    if (this.head === "") {
      const all = this.#all();
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = all.subarray(0, end).toString();
      this.#keep(all.subarray(end + 4));
    }
    while (this.#next());
  }

  #all(): Buffer {
    const all = this.#buffers.length === 1 ? (this.#buffers[0] as Buffer) : Buffer.concat(this.#buffers);
    this.#buffers = [all];
    return all;
  }

  #keep(rest: Buffer): void {
    this.#buffers = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
  }

  #next(): boolean {
    if (this.#size < 2) return false;
    const all = this.#all();
    const short = (all[1] as number) & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (all.length < head) return false;
    const length = short < 126 ? short : short === 126 ? all.readUInt16BE(2) : Number(all.readBigUInt64BE(2));
    if (all.length < head + length) return false;
    const body = all.subarray(head, head + length);
    this.#keep(all.subarray(head + length));
    const opcode = (all[0] as number) & 15;
    if (opcode === 1) this.texts.push(body.toString());
    if (opcode === 9) {
      this.pings += 1;
      if (this.#pongs) this.#frame(10, Buffer.from(body));
    }
    if (opcode === 8) {
      this.close ??= { code: length >= 2 ? body.readUInt16BE(0) : 1005, reason: body.subarray(2).toString() };
      if (this.#pongs) {
        this.#frame(8, Buffer.from(body));
        this.#socket.end();
      }
    }
    return true;
  }
}

/** An event stream of which every byte is in our hands. */
export class StreamPeer {
  head = "";
  /** The body so far, chunks put together. */
  body = "";
  ended = false;
  /** The body has come to its end as the service wanted. */
  complete = false;
  readonly #socket: Socket;
  readonly #decoder = new TextDecoder();
  #rest: Buffer = Buffer.alloc(0);

  constructor(url: string, options: Pick<PeerOptions, "path" | "headers">) {
    this.#socket = dial(url, options, { accept: "text/event-stream" });
    this.#socket.on("data", (chunk) => this.#take(chunk as Buffer));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => (this.ended = true));
  }

  /** The JSON of every `data:` line, with the `event:` and `id:` of its message. */
  get messages(): { event: string | null; id: string | null; data: Record<string, unknown> }[] {
    const messages = [];
    for (const block of this.body.split("\n\n").slice(0, -1)) {
      const field = (name: string): string | null => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
      const data = field("data");
      if (data !== null) messages.push({ event: field("event"), id: field("id"), data: JSON.parse(data) as Record<string, unknown> });
    }
    return messages;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.head === "") {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = this.#rest.subarray(0, end).toString();
      this.#rest = this.#rest.subarray(end + 4);
    }
    for (;;) {
      const line = this.#rest.indexOf("\r\n");
      if (line < 0) return;
      const length = Number.parseInt(this.#rest.subarray(0, line).toString(), 16);
      if (this.#rest.length < line + 2 + length + 2) return;
      this.body += this.#decoder.decode(this.#rest.subarray(line + 2, line + 2 + length), { stream: true });
      this.#rest = this.#rest.subarray(line + 2 + length + 2);
      if (length === 0) this.complete = true;
    }
  }
}
