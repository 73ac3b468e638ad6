/**
 * One watched stream on a raw TCP socket, both transports alike: it can stop reading, which no client library lets one do,
 * and it hands out frames as bytes, so that thousands of them are cheap.
 */
import { connect } from "node:net";

export interface RawWireOptions {
  /** `http://host:port`. */
  readonly url: string;
  readonly path: string;
  readonly token: string;
  readonly transport: "websocket" | "sse";
  /** One frame: `stream` for those of the service itself, `event` for stored ones. The bytes hold for the call only. */
  readonly onFrame: (kind: "event" | "stream", bytes: Buffer, start: number, end: number) => void;
  /** The answer to the request was another than a stream: its status and what came with it. */
  readonly onRefused: (status: number, text: string) => void;
  /** The connection is gone, for whatever reason; comes once, and last. */
  readonly onClosed: () => void;
}

export interface RawWire {
  /** Reads no more: the kernel's buffers fill, then the service's. */
  pause(): void;
  resume(): void;
  /** Gone without a word. */
  cut(): void;
}

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: taskwire.v1\r\n";
const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const BLOCK_END = Buffer.from("\n\n");
const DATA = Buffer.from("data: ");
const SSE_STREAM = Buffer.from("event: stream");
const JSON_STREAM = Buffer.from('{"type":"stream.');
const PONG = 0x8a;
const CLOSE = 0x88;

const beginsWith = (bytes: Buffer, at: number, text: Buffer): boolean => bytes.compare(text, 0, text.length, at, Math.min(bytes.length, at + text.length)) === 0;
const joined = (rest: Buffer, more: Buffer): Buffer => (rest.length === 0 ? more : Buffer.concat([rest, more]));

/** Connects and asks. Everything that goes wrong ends in `onClosed`. */
export function openRawWire({ url, path, token, transport, onFrame, onRefused, onClosed }: RawWireOptions): RawWire {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let body = false;
  let refused = false;
  /** Bytes of the head, or of a frame that is not whole. */
  let rest: Buffer = EMPTY;
  /** Of an event stream: bytes of the chunked coding that are not whole, and what is left of the chunk. */
  let coded: Buffer = EMPTY;
  let chunk = 0;

  function takeHead(bytes: Buffer): void {
    rest = joined(rest, bytes);
    const end = rest.indexOf(HEAD_END);
    if (end < 0) return;
    const status = Number(rest.toString("latin1", 9, 12));
    if (status !== (transport === "websocket" ? 101 : 200)) {
      refused = true;
      onRefused(status, rest.toString("utf8"));
      socket.destroy();
      return;
    }
    body = true;
    const first = rest.subarray(end + HEAD_END.length);
    rest = EMPTY;
    if (first.length > 0) takeBody(first);
  }

  function takeBody(bytes: Buffer): void {
    if (transport === "websocket") return takeMessages(bytes);
    coded = joined(coded, bytes);
    while (coded.length > 0) {
      if (chunk === 0) {
        const line = coded.indexOf(LINE_END);
        if (line < 0) return;
        const size = Number.parseInt(coded.toString("latin1", 0, line), 16);
        if (size === 0) return void socket.end();
        // With the line's end that follows every chunk.
        chunk = size + LINE_END.length;
        coded = coded.subarray(line + LINE_END.length);
      }
      const piece = coded.subarray(0, chunk);
      const payload = piece.subarray(0, Math.max(0, Math.min(piece.length, chunk - LINE_END.length)));
      coded = coded.subarray(piece.length);
      chunk -= piece.length;
      if (payload.length > 0) takeBlocks(payload);
    }
  }

  function takeBlocks(bytes: Buffer): void {
    const all = joined(rest, bytes);
    let at = 0;
    for (let end = all.indexOf(BLOCK_END, at); end >= 0; end = all.indexOf(BLOCK_END, at)) {
      const data = all.indexOf(DATA, at);
      if (data >= 0 && data < end) {
        const named = all.lastIndexOf(SSE_STREAM, data);
        onFrame(named >= at ? "stream" : "event", all, data + DATA.length, end);
      }
      at = end + BLOCK_END.length;
    }
    rest = at < all.length ? Buffer.from(all.subarray(at)) : EMPTY;
  }

  function takeMessages(bytes: Buffer): void {
    const all = joined(rest, bytes);
    let at = 0;
    while (at + 2 <= all.length) {
      const small = (all[at + 1] ?? 0) & 127;
      const head = small < 126 ? 2 : small === 126 ? 4 : 10;
      if (at + head > all.length) break;
      const length = small < 126 ? small : small === 126 ? all.readUInt16BE(at + 2) : Number(all.readBigUInt64BE(at + 2));
      const start = at + head;
      if (start + length > all.length) break;
      const opcode = (all[at] ?? 0) & 15;
      if (opcode === 1) onFrame(beginsWith(all, start, JSON_STREAM) ? "stream" : "event", all, start, start + length);
      else if (opcode === 9) answer(PONG, all.subarray(start, start + length));
      else if (opcode === 8) {
        answer(CLOSE, all.subarray(start, start + length));
        socket.end();
      }
      at = start + length;
    }
    rest = at < all.length ? Buffer.from(all.subarray(at)) : EMPTY;
  }

  /** A control frame is short; a mask of zeros leaves it as it is. */
  function answer(kind: number, payload: Buffer): void {
    socket.write(Buffer.concat([Buffer.from([kind, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  }

  socket.on("data", (data) => {
    if (refused) return;
    if (body) takeBody(data as Buffer);
    else takeHead(data as Buffer);
  });
  socket.on("error", () => {});
  socket.on("close", onClosed);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${transport === "websocket" ? UPGRADE : "Accept: text/event-stream\r\n"}\r\n`);
  return {
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    cut: () => void socket.destroy(),
  };
}
