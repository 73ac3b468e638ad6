/** WebSocket frames as bytes, and back, so that a script can send half of one. */
import { createHash } from "node:crypto";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** The answer to a handshake's key. */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** A frame of the server: whole, unmasked. */
export function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? Buffer.from([0x80 | opcode, length]) : length < 65_536 ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]) : longHead(opcode, length);
  return Buffer.concat([head, payload]);
}

function longHead(opcode: number, length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason, "utf8")]);
}

/** Takes what a client sends, in pieces of any size, and tells of whole messages. */
export function createReader(told: (opcode: number, payload: Buffer) => void): (bytes: Buffer) => void {
  let waiting = Buffer.alloc(0);
  let message: Buffer[] = [];
  let kind = TEXT;
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    for (let frame = read(waiting); frame; frame = read(waiting)) {
      waiting = waiting.subarray(frame.size);
      if (frame.opcode >= CLOSE) {
        told(frame.opcode, frame.payload);
        continue;
      }
      if (frame.opcode !== 0) kind = frame.opcode;
      message.push(frame.payload);
      if (!frame.last) continue;
      told(kind, Buffer.concat(message));
      message = [];
    }
  };
}

function read(bytes: Buffer): { readonly opcode: number; readonly last: boolean; readonly payload: Buffer; readonly size: number } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  const short = second & 127;
  const lengthAt = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < lengthAt) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const masked = (second & 128) !== 0;
  const begin = lengthAt + (masked ? 4 : 0);
  if (bytes.length < begin + length) return null;
  const payload = Buffer.from(bytes.subarray(begin, begin + length));
  if (masked) for (let at = 0; at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (bytes[lengthAt + (at % 4)] ?? 0);
  return { opcode: first & 15, last: (first & 128) !== 0, payload, size: begin + length };
}
