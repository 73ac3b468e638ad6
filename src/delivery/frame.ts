/** The only place where bytes become frames. What many wires take is encoded once, by `Run.once`. */
import type { StreamFrame } from "../../generated/typescript/types.ts";
import { cursorAt } from "../domain/cursor.ts";
import { framesOf, linesOfSlice, prefixOf, spliceCursor } from "../feed/lines.ts";
import type { Run } from "../feed/port.ts";

const encoder = new TextEncoder();

/** Proxies that wait for a first buffer before they pass anything on get it filled. Bytes. */
const OPENING_BYTES = 2_048;

/** One frame on its way to a wire. */
export interface Frame {
  /** Complete JSON; with `bare`, a text that is none. */
  readonly text: string;
  /** `event`: a stored event (or a snapshot in its shape); `stream`: everything else. */
  readonly kind: "event" | "stream" | "bare";
  /** The position after it, for `Last-Event-ID`; null where the frame has none. */
  readonly cursor: string | null;
}

/** A run as WebSocket messages. */
export interface Messages {
  readonly texts: readonly string[];
  readonly bytes: number;
}

/** A run as one stretch of an event stream. */
export interface Chunk {
  readonly data: Uint8Array;
  readonly events: number;
}

/** Encodes a run for WebSocket: a message an event, its cursor spliced in. For `Run.once`. */
export function messagesOf(run: Run): Messages {
  const texts = framesOf(run);
  let bytes = 0;
  for (const text of texts) bytes += text.length;
  return { texts, bytes };
}

/** Encodes a run for SSE: `id:` and `data:` an event, no `event:`, so that `onmessage` sees every type. For `Run.once`. */
export function chunkOf(run: Run): Chunk {
  let text = "";
  let events = 0;
  for (const slice of run.slices) {
    const prefix = prefixOf(slice.batch, run.epoch);
    let seq = slice.fromSeq;
    for (const line of linesOfSlice(slice)) {
      const cursor = cursorAt(prefix, seq++);
      text += `id: ${cursor}\ndata: ${spliceCursor(line, cursor)}\n\n`;
      events += 1;
    }
  }
  return { data: encoder.encode(text), events };
}

/** The same for a stream of many tasks, without `id:`: the position of one is none of all. For `Run.once`. */
export function chunkOfSet(run: Run): Chunk {
  const { texts } = run.once(messagesOf);
  return { data: encoder.encode(texts.map((text) => `data: ${text}\n\n`).join("")), events: texts.length };
}

/** A frame of ours as JSON, with the position it stands for where it names one. */
export function streamFrame(frame: StreamFrame): Frame {
  const cursor = "cursor" in frame && typeof frame.cursor === "string" ? frame.cursor : null;
  return { text: JSON.stringify(frame), kind: "stream", cursor };
}

/** A `stream.replayed` frame that the feed has encoded once for all. */
export function replayedFrame(text: string, cursor: string | null): Frame {
  return { text, kind: "stream", cursor };
}

/** An event that the feed has encoded with its cursor, at the end as `spliceCursor` puts it: a `task.snapshot`. */
export function eventFrame(text: string): Frame {
  return { text, kind: "event", cursor: text.match(/"cursor":"([^"\\]+)"\}$/)?.[1] ?? null };
}

/** A text that is not JSON: the bare `pong`. */
export function bareFrame(text: string): Frame {
  return { text, kind: "bare", cursor: null };
}

/** Frames as a stretch of an event stream. LF only. */
export function chunkOfFrames(frames: readonly Frame[]): Uint8Array {
  let text = "";
  for (const { kind, cursor, text: json } of frames) {
    if (cursor !== null) text += `id: ${cursor}\n`;
    text += kind === "event" ? `data: ${json}\n\n` : `event: stream\ndata: ${json}\n\n`;
  }
  return encoder.encode(text);
}

/** What an event stream begins with: a comment that fills proxies' buffers, and how long to wait before coming back. */
export function openingChunk(reconnectMs: number): Uint8Array {
  return encoder.encode(`:${" ".repeat(OPENING_BYTES)}\nretry: ${reconnectMs}\n\n`);
}

/** The length of a text in UTF-8, counted exactly only where `limit` could be passed. Bytes. */
export function bytesOf(text: string, limit: number): number {
  if (text.length > limit || text.length * 3 <= limit) return text.length;
  return encoder.encode(text).byteLength;
}
