/** The three transports as a script sees them: frames go in, each becomes bytes in its own way. */
import { answerOf, chunkOf, type Head, headOf } from "./http.ts";
import type { Json } from "./made-up.ts";
import { acceptOf, BINARY, CLOSE, closePayload, frameOf, TEXT } from "./websocket.ts";
import type { Wire } from "./wire.ts";

export type Kind = "websocket" | "sse" | "long_poll" | "post" | "get";

export interface Channel {
  /** Whether anything was sent; before that an HTTP answer is still possible. */
  readonly opened: boolean;
  open(): Promise<void>;
  frame(frame: Json): Promise<void>;
  /** A frame's text as it is. `named`: a `stream.*` frame, which has a name of its own in SSE. */
  text(text: string, named: boolean): Promise<void>;
  binary(bytes: Buffer): Promise<void>;
  raw(bytes: Buffer): Promise<void>;
  /** Half of a frame; then nothing. */
  half(text: string): Promise<void>;
  close(code: number, reason: string): Promise<void>;
  /** The good end. */
  finish(): Promise<void>;
  /** What is to be sent before the connection is cut, where that is not already on its way. */
  beforeCut(): Promise<void>;
}

/** What a script may change about the bytes of Server-Sent Events and of pages. */
export interface Style {
  newline: string;
  bom: boolean;
  page: Json;
  /** Which set is watched; null: a task. */
  selector: Json | null;
}

const NOT_HERE = (what: string): Promise<never> => Promise.reject(new Error(`${what} does not exist on this transport`));

/** The channel of a WebSocket. */
export function webSocketChannel(wire: Wire, head: Head): Channel {
  let opened = false;
  const open = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    const offered = head.headers.get("sec-websocket-protocol") ?? "";
    const protocol: Record<string, string> = offered.includes("taskwire.v1") ? { "sec-websocket-protocol": "taskwire.v1" } : {};
    await wire.write(headOf(101, { upgrade: "websocket", connection: "Upgrade", "sec-websocket-accept": acceptOf(head.headers.get("sec-websocket-key") ?? ""), ...protocol }));
  };
  const message = async (opcode: number, payload: Buffer): Promise<void> => {
    await open();
    await wire.write(frameOf(opcode, payload));
  };
  return {
    get opened() {
      return opened;
    },
    open,
    frame: (frame) => message(TEXT, Buffer.from(JSON.stringify(frame))),
    text: (text) => message(TEXT, Buffer.from(text)),
    binary: (bytes) => message(BINARY, bytes),
    async raw(bytes) {
      await open();
      await wire.write(bytes);
    },
    async half(text) {
      await open();
      const bytes = frameOf(TEXT, Buffer.from(text));
      await wire.write(bytes.subarray(0, bytes.length >> 1));
    },
    async close(code, reason) {
      await message(CLOSE, closePayload(code, reason));
      await wire.finish();
    },
    async finish() {
      await message(CLOSE, closePayload(1000, "end"));
      await wire.finish();
    },
    beforeCut: () => Promise.resolve(),
  };
}

/** The channel of Server-Sent Events. */
export function sseChannel(wire: Wire, style: Style): Channel {
  let opened = false;
  const piece = (text: string): Promise<void> => wire.write(chunkOf(Buffer.from(text.replaceAll("\n", style.newline))));
  const open = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    await wire.write(headOf(200, { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "transfer-encoding": "chunked", connection: "close" }));
    await piece(`${style.bom ? "\u{feff}" : ""}: ${" ".repeat(64)}\n\nretry: 1000\n\n`);
  };
  const lines = (text: string, named: boolean): string => {
    // Of a set only what tells a position of the whole is a place to come back to.
    const placed = style.selector === null ? !named : named && text.includes('"selector"');
    const cursor = placed ? /"cursor":"([^"]*)"\}$/.exec(text)?.[1] : null;
    const data = text.split("\n").map((line) => `data: ${line}\n`).join("");
    return `${named ? "event: stream\n" : ""}${cursor ? `id: ${cursor}\n` : ""}${data}\n`;
  };
  const text: Channel["text"] = async (one, named) => {
    await open();
    await piece(lines(one, named));
  };
  const finish = async (): Promise<void> => {
    await open();
    await wire.write(chunkOf(Buffer.alloc(0)));
    await wire.finish();
  };
  return {
    get opened() {
      return opened;
    },
    open,
    frame: (frame) => text(JSON.stringify(frame), String(frame.type).startsWith("stream.")),
    text,
    binary: () => NOT_HERE("a binary message"),
    async raw(bytes) {
      await open();
      await wire.write(chunkOf(bytes));
    },
    async half(one) {
      await open();
      const all = lines(one, false);
      await piece(all.slice(0, all.length >> 1));
    },
    close: finish,
    finish,
    beforeCut: () => Promise.resolve(),
  };
}

/** The channel of a long-poll: frames gather into a page, which is the answer. */
export function pageChannel(wire: Wire, head: Head, taskId: string, style: Style): Channel {
  let opened = false;
  const events: Json[] = [];
  let gap: Json | null = null;
  let ended: Json | null = null;
  const take = (frame: Json): void => {
    const type = String(frame.type);
    if (type === "stream.gap") gap = { requested: frame.requested, earliest: frame.earliest, reason: frame.reason };
    else if (type === "stream.end") ended = frame;
    else if (type === "stream.replayed" || !type.startsWith("stream.")) events.push(frame);
  };
  const page = (): string => {
    const last = events.at(-1);
    const whole = { task_id: taskId, status: ended ? "completed" : "running", events, cursor: ended?.cursor ?? last?.cursor ?? head.query.get("after") ?? "0", more: false, ended: ended !== null, tail_seq: last?.seq ?? 0, ...(gap ? { gap } : {}), ...style.page };
    return JSON.stringify(whole);
  };
  const finish = async (): Promise<void> => {
    opened = true;
    await wire.write(answerOf(200, { "content-type": "application/json" }, page()));
    await wire.finish();
  };
  return {
    get opened() {
      return opened;
    },
    open: () => Promise.resolve(),
    async frame(frame) {
      take(frame);
    },
    async text(text) {
      take(JSON.parse(text) as Json);
    },
    binary: () => NOT_HERE("a binary message"),
    raw: (bytes) => wire.write(bytes),
    async half(text) {
      take(JSON.parse(text) as Json);
      const bytes = answerOf(200, { "content-type": "application/json" }, page());
      await wire.write(bytes.subarray(0, bytes.length - 20));
    },
    async close() {
      if (events.length > 0 || gap) await finish();
    },
    finish,
    async beforeCut() {
      if (events.length > 0 || gap) await finish();
    },
  };
}
