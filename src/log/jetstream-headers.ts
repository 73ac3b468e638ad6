/** A batch's header as the headers of a NATS message, and back. Values are percent-encoded: a line break in one makes publish throw. */
import type { Msg, MsgHdrs, MsgImpl } from "@nats-io/nats-core/internal";
import type { Batch, BatchHeader } from "./port.ts";

/** Headers as they travel: a status line, then `Name: value` lines. */
export interface HeaderBlock {
  /** What the server says of a message of its own, as in HTTP; 0 on everyone else's. */
  readonly code: number;
  readonly description: string;
  /** The last value of every header, by name. */
  readonly fields: ReadonlyMap<string, string>;
}

const VERSION = "NATS/1.0";
const LINE_END = "\r\n";
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

/** Encodes what is not visible ASCII, and `%`. JSON of ASCII stays as short as it is. */
function encodeValue(value: string): string {
  return value.replace(/[^\x21-\x24\x26-\x7e]+/g, (run) => encodeURIComponent(run.replace(/\p{Surrogate}/gu, "\ufffd")));
}

const utf8 = new TextEncoder();

/** All that the client asks of headers when it publishes is their bytes; its own class takes every name apart, several times. */
function block(lines: string): MsgHdrs {
  const bytes = utf8.encode(`${VERSION}\r\n${lines}\r\n`);
  return { encode: () => bytes } as unknown as MsgHdrs;
}

/** A message that must be the first after `expected` on its subject: compare-and-set. */
export function expecting(expected: number): MsgHdrs {
  return block(`${EXPECTED}: ${expected}\r\n`);
}

/** No condition. */
export const UNCONDITIONAL: MsgHdrs = block("");

/** A mark that a named value was removed, which goes by itself after a while; NATS' own tools read it. */
export function removing(): MsgHdrs {
  return block("KV-Operation: DEL\r\nNats-TTL: 1h\r\n");
}

/** Fields of our own; stored once for an id, however often it is sent within the broker's window for repeats. */
export function labelled(id: string, fields: Readonly<Record<string, string>>): MsgHdrs {
  return block(Object.entries({ "Nats-Msg-Id": id, ...fields }).map(([name, value]) => `${name}: ${encodeValue(value)}\r\n`).join(""));
}

/** The headers of a batch that must be the first after `expected` of its task. */
export function encodeHeader(header: BatchHeader, expected: number): MsgHdrs {
  const { firstSeq, lastSeq, nonce, owner, creator, conversation, kind, access, status, attempt, state, stateAt, delta, holder = null } = header;
  let lines = `${EXPECTED}: ${expected}\r\nTw-Seq: ${firstSeq}-${lastSeq}\r\nTw-Attempt: ${attempt}\r\nTw-State-At: ${stateAt}\r\n`;
  const add = (name: string, value: string | null): void => {
    if (value !== null) lines += `${name}: ${encodeValue(value)}\r\n`;
  };
  add("Tw-Batch", nonce);
  add("Tw-Owner", owner);
  add("Tw-Kind", kind);
  add("Tw-Access", access);
  add("Tw-Status", status);
  add("Tw-Creator", creator || null);
  add("Tw-Conversation", conversation);
  add("Tw-Holder", holder || null);
  add("Tw-State", state);
  add("Tw-Delta", delta);
  return block(lines);
}

function whole(text: string | undefined, least: number): number | null {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : null;
}

/** Answers the header that `encodeHeader` made, or null for a message that is not ours. */
export function decodeHeader(fields: ReadonlyMap<string, string>): BatchHeader | null {
  const [first, last, ...more] = (fields.get("Tw-Seq") ?? "").split("-");
  const firstSeq = whole(first, 1);
  const lastSeq = whole(last, 1);
  const attempt = whole(fields.get("Tw-Attempt"), 0);
  const stateAt = whole(fields.get("Tw-State-At"), 0);
  if (firstSeq === null || lastSeq === null || lastSeq < firstSeq || more.length > 0 || attempt === null || stateAt === null) return null;
  try {
    const text = (name: string): string | null => {
      const value = fields.get(name);
      return value === undefined ? null : value.includes("%") ? decodeURIComponent(value) : value;
    };
    const [nonce, owner, kind, access, status] = [text("Tw-Batch"), text("Tw-Owner"), text("Tw-Kind"), text("Tw-Access"), text("Tw-Status")];
    if (!nonce || !owner || kind === null || access === null || status === null) return null;
    return { firstSeq, lastSeq, nonce, owner, creator: text("Tw-Creator"), conversation: text("Tw-Conversation"), ...holderOf(text("Tw-Holder")), kind, access, status, attempt, state: text("Tw-State"), stateAt, delta: text("Tw-Delta") };
  } catch {
    return null;
  }
}

/** Absent where nobody holds a lease, which is the rule. */
function holderOf(holder: string | null): { readonly holder?: string } {
  return holder === null ? {} : { holder };
}

/** Takes headers apart: with every message, so it walks the text once. */
export function parseHeaders(text: string): HeaderBlock {
  const fields = new Map<string, string>();
  const status = text.indexOf(LINE_END);
  for (let start = status + 2; start < text.length; ) {
    const found = text.indexOf(LINE_END, start);
    const end = found === -1 ? text.length : found;
    const colon = text.indexOf(":", start);
    if (colon > start && colon < end) fields.set(text.slice(start, colon), text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1, end));
    start = end + 2;
  }
  if (status <= VERSION.length) return { code: 0, description: "", fields };
  return { code: Number.parseInt(text.slice(VERSION.length, status), 10) || 0, description: text.slice(VERSION.length + 5, status), fields };
}

const decoder = new TextDecoder();
const NO_HEADERS: HeaderBlock = { code: 0, description: "", fields: new Map() };

/** A message's headers, from its bytes. */
export function headersOf(message: Msg): HeaderBlock {
  const { _msg: { hdr }, _rdata: bytes } = message as MsgImpl;
  return hdr > 0 ? parseHeaders(decoder.decode(bytes.subarray(0, hdr))) : NO_HEADERS;
}

/** A stored message as a batch; null for one that is not ours. The body is a copy, as the client hands out views of what it read from the socket. */
export function batchOf(taskId: string, position: number, fields: ReadonlyMap<string, string>, data: Uint8Array): Batch | null {
  const header = decodeHeader(fields);
  return header ? { taskId, position, header, body: new Uint8Array(data) } : null;
}
