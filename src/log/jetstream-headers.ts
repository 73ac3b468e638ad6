/** A batch's header as the headers of a NATS message, and back. Values are percent-encoded: a line break in one makes publish throw. */
import { type MsgHdrs, MsgHdrsImpl } from "@nats-io/nats-core/internal";
import type { Batch, BatchHeader } from "./port.ts";

const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

/** Encodes what is not visible ASCII, and `%`. JSON of ASCII stays as short as it is. */
function encodeValue(value: string): string {
  return value.replace(/[^\x21-\x24\x26-\x7e]+/g, (run) => encodeURIComponent(run.replace(/\p{Surrogate}/gu, "\ufffd")));
}

/** A message that must be the first after `expected` on its subject: compare-and-set. */
export function expecting(expected: number): MsgHdrs {
  return MsgHdrsImpl.fromRecord({ [EXPECTED]: [String(expected)] });
}

/** The headers of a batch that must be the first after `expected` of its task. */
export function encodeHeader(header: BatchHeader, expected: number): MsgHdrs {
  const fields: Record<string, string[]> = {
    [EXPECTED]: [String(expected)],
    "Tw-Seq": [`${header.firstSeq}-${header.lastSeq}`],
    "Tw-Batch": [encodeValue(header.nonce)],
    "Tw-Owner": [encodeValue(header.owner)],
    "Tw-Kind": [encodeValue(header.kind)],
    "Tw-Access": [encodeValue(header.access)],
    "Tw-Status": [encodeValue(header.status)],
    "Tw-Attempt": [String(header.attempt)],
    "Tw-State-At": [String(header.stateAt)],
  };
  if (header.creator) fields["Tw-Creator"] = [encodeValue(header.creator)];
  if (header.conversation !== null) fields["Tw-Conversation"] = [encodeValue(header.conversation)];
  if (header.state !== null) fields["Tw-State"] = [encodeValue(header.state)];
  if (header.delta !== null) fields["Tw-Delta"] = [encodeValue(header.delta)];
  // Made from a record, as setting one by one searches all names anew for each: this is the hot path of appending.
  return MsgHdrsImpl.fromRecord(fields);
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
    return { firstSeq, lastSeq, nonce, owner, creator: text("Tw-Creator"), conversation: text("Tw-Conversation"), kind, access, status, attempt, state: text("Tw-State"), stateAt, delta: text("Tw-Delta") };
  } catch {
    return null;
  }
}

/** The last value of every header, by name. */
export function fieldsOf(headers: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [name, values] of headers ?? []) fields.set(name, values.at(-1) ?? "");
  return fields;
}

/** A stored message as a batch; null for one that is not ours. The body is a copy, as the client hands out views of what it read from the socket. */
export function batchOf(taskId: string, position: number, fields: ReadonlyMap<string, string>, data: Uint8Array): Batch | null {
  const header = decodeHeader(fields);
  return header ? { taskId, position, header, body: new Uint8Array(data) } : null;
}
