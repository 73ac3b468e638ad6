/**
 * Thousands of watchers on raw TCP sockets, cheap enough to be fed from one core: no parsing beyond a frame's bounds, its
 * `"seq":` and, where asked for, its stamp. Every socket proves that nothing is missing, repeated or out of order.
 */
import type { Socket } from "bun";
import type { Wrong } from "./row.ts";

export type Kind = "websocket" | "sse";

export interface WatchersOptions {
  readonly port: number;
  readonly kind: Kind;
  readonly count: number;
  /** Path of the nth watcher. */
  readonly path: (index: number) => string;
  readonly token: string;
  /** The last event that a watcher already has. */
  readonly from?: number;
  /** Told of every event's arrival with the text of its stamp (`"text":"…"`), where latencies are measured. */
  readonly onStamp?: (stamp: number) => void;
  /** How many connections may be under way at once: more than a listening socket's backlog (512) would measure TCP's retries. */
  readonly opening?: number;
}

interface Watcher {
  last: number;
  /** Events that were passed over; they may still come, in the wrong place. */
  passed: Set<number> | null;
  rest: Buffer;
  upgraded: boolean;
  /** Called when the connection is accepted. */
  accepted: () => void;
  caughtUp: boolean;
}

const SEQ = Buffer.from('"seq":');
const TEXT = Buffer.from('"text":"');
const HEAD_END = Buffer.from("\r\n\r\n");
const EVENT_END = Buffer.from("\n\n");
const CAUGHT_UP = Buffer.from('"type":"stream.caught_up"');
const EMPTY = Buffer.alloc(0);
const OPENING = 200;

/** The whole number whose digits begin at `at`. */
function digits(bytes: Buffer, at: number): number {
  let value = 0;
  for (let byte = bytes[at] ?? 0; byte >= 48 && byte <= 57; byte = bytes[++at] ?? 0) value = value * 10 + byte - 48;
  return value;
}

export class Watchers {
  readonly #options: WatchersOptions;
  readonly #sockets: Socket<Watcher>[] = [];
  deliveries = 0;
  bytes = 0;
  #missing = 0;
  #repeated = 0;
  #reordered = 0;
  /** Where in a frame `"seq":` stood in the last one: nearly always it stands there again. */
  #seqAt = 0;
  #target = Infinity;
  #behind = 0;
  #reached: () => void = () => {};
  #caughtUp = 0;
  #allCaughtUp: () => void = () => {};
  #closed = false;

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#options.count;
  }

  /** Deliveries that were not what they had to be; with `last`, also what some do not have of what all should. */
  wrong(last?: number): Wrong {
    const behind = last === undefined ? 0 : this.#sockets.reduce((sum, { data }) => sum + Math.max(0, last - data.last), 0);
    return { missing: this.#missing + behind, repeated: this.#repeated, reordered: this.#reordered };
  }

  /** Connects all and resolves when each has what was there (`stream.caught_up`; a baseline sends the same words). */
  async open(): Promise<void> {
    const all = new Promise<void>((resolve) => (this.#allCaughtUp = resolve));
    await this.connect();
    if (this.#caughtUp < this.count) await all;
  }

  /** Has the one watcher, connected for many tasks, subscribe to one more; resolves when it is caught up. */
  async subscribe(taskId: string): Promise<void> {
    const socket = this.#sockets[0] as Socket<Watcher>;
    const all = new Promise<void>((resolve) => (this.#allCaughtUp = resolve));
    Object.assign(socket.data, { last: 0, caughtUp: false });
    this.#caughtUp = 0;
    const frame = Buffer.from(`{"type":"subscribe","task_id":"${taskId}"}`);
    // A text frame of less than 126 bytes, masked with nothing.
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | frame.length, 0, 0, 0, 0]), frame]));
    await all;
  }

  /** Connects all, and no more. */
  async connect(): Promise<void> {
    const { count, opening = OPENING } = this.#options;
    let next = 0;
    await Promise.all(Array.from({ length: Math.min(opening, count) }, async () => {
      while (next < count) await this.#connect(next++);
    }));
  }

  /** Resolves when every watcher has the event `seq`. */
  reach(seq: number): Promise<void> {
    this.#behind = this.#sockets.filter(({ data }) => data.last < seq).length;
    if (this.#behind === 0) return Promise.resolve();
    this.#target = seq;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  async #connect(index: number): Promise<void> {
    const { port, kind, path, token, from = 0 } = this.#options;
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: taskwire.v1\r\n";
    const headers = kind === "websocket" ? upgrade : "Accept: text/event-stream\r\n";
    const request = `GET ${path(index)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n`;
    const accepted = Promise.withResolvers<void>();
    const take = kind === "websocket" ? this.#takeMessages : this.#takeEvents;
    const socket = await Bun.connect<Watcher>({
      hostname: "127.0.0.1",
      port,
      data: { last: from, passed: null, rest: EMPTY, upgraded: false, accepted: accepted.resolve, caughtUp: false },
      socket: {
        data: (own, chunk) => {
          this.bytes += chunk.length;
          const bytes = own.data.rest.length === 0 ? chunk : Buffer.concat([own.data.rest, chunk]);
          own.data.rest = EMPTY;
          take.call(this, own.data, bytes);
        },
        error: (_own, error) => {
          if (!this.#closed) throw error;
        },
      },
    });
    this.#sockets.push(socket);
    socket.write(request);
    await accepted.promise;
  }

  /** Answers where the body begins; -1 while the answer's head is not whole. */
  #body(watcher: Watcher, bytes: Buffer): number {
    if (watcher.upgraded) return 0;
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return -1;
    const status = bytes.toString("latin1", 9, 12);
    if (status !== "101" && status !== "200") throw new Error(`a watcher was answered ${bytes.toString("latin1", 0, 400)}`);
    watcher.upgraded = true;
    watcher.accepted();
    return end + 4;
  }

  #takeMessages(watcher: Watcher, bytes: Buffer): void {
    let at = this.#body(watcher, bytes);
    if (at < 0) return void (watcher.rest = Buffer.from(bytes));
    while (at + 2 <= bytes.length) {
      const small = (bytes[at + 1] ?? 0) & 127;
      const head = small < 126 ? 2 : small === 126 ? 4 : 10;
      if (at + head > bytes.length) break;
      const length = small < 126 ? small : small === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      if (at + head + length > bytes.length) break;
      if (((bytes[at] ?? 0) & 15) === 1) this.#frame(watcher, bytes, at + head, at + head + length);
      at += head + length;
    }
    if (at < bytes.length) watcher.rest = Buffer.from(bytes.subarray(at));
  }

  #takeEvents(watcher: Watcher, bytes: Buffer): void {
    let at = this.#body(watcher, bytes);
    if (at < 0) return void (watcher.rest = Buffer.from(bytes));
    for (let end = bytes.indexOf(EVENT_END, at); end >= 0; end = bytes.indexOf(EVENT_END, at)) {
      this.#frame(watcher, bytes, at, end);
      at = end + 2;
    }
    if (at < bytes.length) watcher.rest = Buffer.from(bytes.subarray(at));
  }

  #frame(watcher: Watcher, bytes: Buffer, start: number, end: number): void {
    const at = this.#seqIn(bytes, start, end);
    if (at < 0) return this.#other(watcher, bytes, start, end);
    const seq = digits(bytes, at + SEQ.length);
    this.deliveries += 1;
    const before = watcher.last;
    if (seq === before + 1) watcher.last = seq;
    else this.#outOfPlace(watcher, seq);
    if (this.#options.onStamp) {
      const stamp = bytes.indexOf(TEXT, at);
      if (stamp >= 0 && stamp < end) this.#options.onStamp(digits(bytes, stamp + TEXT.length));
    }
    if (before < this.#target && seq >= this.#target && --this.#behind === 0) {
      this.#target = Infinity;
      this.#reached();
    }
  }

  /** Where a frame has its `"seq":`; -1 where it has none. */
  #seqIn(bytes: Buffer, start: number, end: number): number {
    const guess = start + this.#seqAt;
    // "s?q":
    if (guess + SEQ.length < end && bytes[guess] === 34 && bytes[guess + 1] === 115 && bytes[guess + 3] === 113 && bytes[guess + 5] === 58) return guess;
    const at = bytes.indexOf(SEQ, start);
    if (at < 0 || at >= end) return -1;
    this.#seqAt = at - start;
    return at;
  }

  /** A frame that is no event. */
  #other(watcher: Watcher, bytes: Buffer, start: number, end: number): void {
    if (watcher.caughtUp) return;
    const told = bytes.indexOf(CAUGHT_UP, start);
    if (told < 0 || told >= end) return;
    watcher.caughtUp = true;
    if (++this.#caughtUp === this.#options.count) this.#allCaughtUp();
  }

  #outOfPlace(watcher: Watcher, seq: number): void {
    if (seq > watcher.last) {
      watcher.passed ??= new Set();
      for (let passed = watcher.last + 1; passed < seq; passed += 1) watcher.passed.add(passed);
      this.#missing += seq - watcher.last - 1;
      watcher.last = seq;
    } else if (watcher.passed?.delete(seq)) {
      this.#missing -= 1;
      this.#reordered += 1;
    } else this.#repeated += 1;
  }
}
