/** Reading what a stream holds: its leader's word on one message, and stretches from any of its copies by batched direct get. */
import { type Msg, createInbox } from "@nats-io/nats-core/internal";
import type { Environment } from "../domain/environment.ts";
import { type Broker, REQUEST_LIMIT_MS } from "./jetstream-connection.ts";
import { type HeaderBlock, headersOf, parseHeaders } from "./jetstream-headers.ts";
import { LogUnavailable } from "./port.ts";

/** The server sends at most so many messages for one request. */
const BATCH_MESSAGES = 1_000;

const NO_MESSAGE_FOUND = 10_037;
const NOT_FOUND = 404;

export interface Stored {
  readonly subject: string;
  readonly position: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly data: Uint8Array;
}

export interface Stretch {
  readonly messages: readonly Stored[];
  /** True where this copy had nothing more on the subject. */
  readonly end: boolean;
}

export interface StretchRequest {
  readonly stream: string;
  /** May have wildcards. */
  readonly subject: string;
  /** The first position that may be answered. */
  readonly from: number;
  /** The server stops behind the message that reaches this. */
  readonly maxBytes?: number;
}

export interface Reader {
  /** The last message of a subject, from the stream's leader; null where there is none. Throws `LogUnavailable`. */
  last(stream: string, subject: string): Promise<Stored | null>;
  /** The message at a position, from the stream's leader; null where there is none. Throws `LogUnavailable`. */
  at(stream: string, position: number): Promise<Stored | null>;
  /** Messages in order, none left out. Throws `LogUnavailable`. */
  stretch(request: StretchRequest): Promise<Stretch>;
}

interface StoredAnswer {
  readonly error?: { readonly code: number; readonly err_code: number; readonly description: string };
  readonly message?: { readonly subject: string; readonly seq: number; readonly hdrs?: string; readonly data?: string };
}

const text = new TextDecoder();

function bytesOf(base64: string | undefined): Uint8Array {
  return base64 ? Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) : new Uint8Array();
}

/** A message as a direct get answers it. */
function directMessage(message: Msg, { fields }: HeaderBlock): Stored & { readonly previous: number; readonly pending: number } {
  return {
    subject: fields.get("Nats-Subject") ?? "",
    position: Number(fields.get("Nats-Sequence") ?? 0),
    previous: Number(fields.get("Nats-Last-Sequence") ?? 0),
    pending: Number(fields.get("Nats-Num-Pending") ?? 0),
    fields,
    data: message.data,
  };
}

/** Reads over this connection. */
export function createReader(broker: Broker, { clock }: Environment): Reader {
  async function get(stream: string, query: object): Promise<Stored | null> {
    const answer = await broker.ask(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(query));
    if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
    const { error, message } = JSON.parse(text.decode(answer.message.data)) as StoredAnswer;
    if (error?.err_code === NO_MESSAGE_FOUND) return null;
    if (!message) throw new LogUnavailable(`the broker cannot read: ${error?.description ?? "no message in its answer"}`);
    return { subject: message.subject, position: message.seq, fields: message.hdrs ? parseHeaders(text.decode(bytesOf(message.hdrs))).fields : new Map(), data: bytesOf(message.data) };
  }

  function stretch({ stream, subject, from, maxBytes }: StretchRequest): Promise<Stretch> {
    if (!broker.connected) return Promise.reject(new LogUnavailable("there is no connection to the broker"));
    return new Promise((resolve, reject) => {
      const messages: Stored[] = [];
      let last = 0;
      let pending = 0;
      const inbox = createInbox();
      const subscription = broker.nats.subscribe(inbox, { callback: (error, message) => (error ? finish(error.message) : take(message)) });
      let stall = clock.after(REQUEST_LIMIT_MS, () => finish("the broker does not answer"));

      function finish(fault: string | null, end = false): void {
        stall();
        subscription.unsubscribe();
        // What has come without a hole is good; the rest is asked for again.
        if (fault !== null && messages.length === 0) reject(new LogUnavailable(fault));
        else resolve({ messages, end: fault === null && end });
      }
      function take(message: Msg): void {
        const headers = headersOf(message);
        const { code, description } = headers;
        if (code === NOT_FOUND) return finish(null, true);
        if (code !== 0 && code !== 204) return finish(`the broker cannot read: ${code} ${description}`);
        const found = directMessage(message, headers);
        // Also before the first and behind the last: after a reconnect an answer can reach us without its beginning, or only its end.
        if (found.previous !== last) return finish("an answer was lost");
        if (code === 204) return finish(null, pending === 0);
        messages.push(found);
        last = found.position;
        pending = found.pending;
        stall();
        stall = clock.after(REQUEST_LIMIT_MS, () => finish("the broker stopped in the middle of its answer"));
      }
      const query = { seq: Math.max(1, from), next_by_subj: subject, batch: BATCH_MESSAGES, ...(maxBytes ? { max_bytes: maxBytes } : {}) };
      broker.nats.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), { reply: inbox });
    });
  }

  return {
    last: (stream, subject) => get(stream, { last_by_subj: subject }),
    at: (stream, position) => get(stream, { seq: position }),
    stretch,
  };
}
