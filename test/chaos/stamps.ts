/** Log lines whose texts begin with a stamp: when they were sent, and which ones they are. */
import { insist } from "../support/publisher.ts";
import type { Reader } from "../support/reader.ts";
import { pause } from "../support/until.ts";

/** What a stored log line has besides its text: envelope, stamp and cursor. Bytes, about. */
const ENVELOPE_BYTES = 260;
/** A request has no more than this. Bytes. */
const REQUEST_BYTES = 200 * 1024;
/** Requests a second. */
const REQUESTS = 20;

export interface StampPublisherOptions {
  readonly url: string;
  readonly taskId: string;
  readonly token: string;
  /** Of one event as it is stored, about. */
  readonly eventBytes: number;
}

/** Stamps are microseconds of this process's clock, each used once in a task. */
export class StampPublisher {
  /** The stamp of the event `seq` at `seq`. */
  readonly stamps: number[] = [];
  last = 1;
  readonly #url: string;
  readonly taskId: string;
  readonly #token: string;
  readonly #filling: string;
  #requests = 0;

  constructor({ url, taskId, token, eventBytes }: StampPublisherOptions) {
    [this.#url, this.taskId, this.#token] = [url, taskId, token];
    this.#filling = "~".repeat(Math.max(0, eventBytes - ENVELOPE_BYTES));
  }

  /** One request of `count` events; resolves when it is acknowledged. */
  async publish(count: number): Promise<void> {
    const began = Math.floor(performance.now() * 1000);
    const events = Array.from({ length: count }, (_, at) => ({ type: "log.line", data: { level: "info", text: `${began + at} ${this.#filling}` } }));
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json", "idempotency-key": `r${(this.#requests += 1)}` };
    const { first_seq: first, last_seq: last } = (await insist(() => [this.#url], `/v1/tasks/${this.taskId}/events`, { method: "POST", headers, body: JSON.stringify(events) })) as { first_seq: number; last_seq: number };
    for (let at = 0; at < count; at += 1) this.stamps[first + at] = began + at;
    this.last = last;
  }

  /** `count` events, evenly over `seconds`. */
  async spread(count: number, seconds: number): Promise<void> {
    const began = performance.now();
    const requests = Math.max(1, Math.round(seconds * REQUESTS));
    for (let request = 0, sent = 0; request < requests; request += 1) {
      const due = Math.round((count * (request + 1)) / requests);
      for (const most = Math.floor(REQUEST_BYTES / (ENVELOPE_BYTES + this.#filling.length)); sent < due; sent += Math.min(most, due - sent)) await this.publish(Math.min(most, due - sent));
      await pause(Math.max(0, began + ((request + 1) * seconds * 1000) / requests - performance.now()));
    }
  }
}

/** What a reader was given, held against what was acknowledged. */
export function judgeReader(reader: Reader, { stamps, last }: StampPublisher): string[] {
  const wrong = [...reader.faults];
  if (reader.last !== last) wrong.push(`${reader.transport}: it has ${reader.last} of ${last} events`);
  const other = stamps.findIndex((stamp, seq) => stamp !== undefined && seq <= reader.last && reader.stamps[seq] !== stamp);
  if (other >= 0) wrong.push(`${reader.transport}: seq ${other} is ${reader.stamps[other]}, acknowledged was ${stamps[other]}`);
  return wrong;
}
