/**
 * A watcher cheap enough to be one of thousands: raw TCP, no JSON of stored events, of each only its seq, its stamp (the
 * number a log line's text begins with) and its cursor. It comes back after every cut as the clients' specification says.
 */
import { type RawWire, openRawWire } from "./raw-wire.ts";

export interface ReaderOptions {
  /** Asked for at every connection. */
  readonly url: () => string;
  readonly token: string;
  readonly taskId: string;
  readonly transport: "websocket" | "sse";
  readonly random: () => number;
  /** A stored event has come. */
  readonly onStamp?: (stamp: number, reader: Reader) => void;
  /** It connects again. */
  readonly onReconnect?: () => void;
}

const SEQ = Buffer.from('"seq":');
const TEXT = Buffer.from('"text":"');
const QUOTE = 34;
/** Back-off: full jitter, anything up to this, doubled with every attempt, at most the longest; anew after some health. Milliseconds. */
const BACK_OFF_MS = 500;
const LONGEST_MS = 20_000;
const HEALTH_MS = 10_000;
/** So many faults are kept in words. */
const KEPT_FAULTS = 5;

/** The whole number whose digits begin at `at`; -1 where none does. */
function digits(bytes: Buffer, at: number): number {
  let value = 0;
  let found = false;
  for (let byte = bytes[at] ?? 0; byte >= 48 && byte <= 57; byte = bytes[++at] ?? 0) [value, found] = [value * 10 + byte - 48, true];
  return found ? value : -1;
}

interface StreamFrame {
  readonly type: string;
  readonly code?: string;
  readonly retry_after_ms?: number;
}

export class Reader {
  readonly taskId: string;
  readonly transport: "websocket" | "sse";
  /** The last event it has. */
  last = 0;
  /** The stamp of the event `seq` at `seq`; -1 where an event has none. */
  readonly stamps: number[] = [];
  readonly faults: string[] = [];
  connections = 0;
  /** It was told to come back later, and obeyed. */
  sentAway = 0;
  /** How often a service told it that it can take no more. */
  turnedAway = 0;
  /** The longest time between two frames while it was reading. Milliseconds. */
  longestSilenceMs = 0;
  /** It has what there was when it connected first. */
  caughtUp = false;
  ended = false;
  readonly #options: ReaderOptions;
  #wire: RawWire | null = null;
  #cursor: string | null = null;
  #attempt = 0;
  #leastMs = 0;
  #openedAt = 0;
  #heardAt = performance.now();
  #stalled = false;
  #stopped = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.taskId = options.taskId;
    this.transport = options.transport;
    this.#open();
  }

  /** Stops reading until `read`. */
  stall(): void {
    this.#stalled = true;
    this.#wire?.pause();
  }

  read(): void {
    this.#stalled = false;
    this.#heardAt = performance.now();
    this.#wire?.resume();
  }

  stop(): void {
    this.#stopped = true;
    this.#wire?.cut();
  }

  #open(): void {
    const { url, token, taskId, transport } = this.#options;
    this.connections += 1;
    this.#openedAt = performance.now();
    const query = this.#cursor === null ? "" : `?after=${this.#cursor}`;
    this.#wire = openRawWire({
      url: url(), token, transport, path: `/v1/tasks/${taskId}/${transport === "websocket" ? "ws" : "events"}${query}`,
      onFrame: (kind, bytes, start, end) => (kind === "event" ? this.#take(bytes, start, end) : this.#told(JSON.parse(bytes.toString("utf8", start, end)) as StreamFrame)),
      onRefused: (status, text) => this.#refused(status, text),
      onClosed: () => this.#closed(),
    });
    if (this.#stalled) this.#wire.pause();
  }

  #heard(): void {
    const now = performance.now();
    if (!this.#stalled && now - this.#heardAt > this.longestSilenceMs) this.longestSilenceMs = now - this.#heardAt;
    this.#heardAt = now;
  }

  #take(bytes: Buffer, start: number, end: number): void {
    this.#heard();
    const at = bytes.indexOf(SEQ, start);
    const seq = at < 0 || at >= end ? -1 : digits(bytes, at + SEQ.length);
    if (seq !== this.last + 1) return this.#fault(`seq ${seq} came after ${this.last}`);
    this.last = seq;
    const text = bytes.indexOf(TEXT, at);
    const stamp = text < 0 || text >= end ? -1 : digits(bytes, text + TEXT.length);
    this.stamps[seq] = stamp;
    // `…,"cursor":"…"}`
    let from = end - 3;
    while (from > start && bytes[from] !== QUOTE) from -= 1;
    this.#cursor = bytes.toString("latin1", from + 1, end - 2);
    if (stamp >= 0) this.#options.onStamp?.(stamp, this);
  }

  #told(frame: StreamFrame): void {
    this.#heard();
    if (frame.type === "stream.caught_up") this.caughtUp = true;
    else if (frame.type === "stream.end") this.ended = true;
    else if (frame.type === "stream.gap") this.#fault(`a gap: ${JSON.stringify(frame)}`);
    else if (frame.type === "stream.closing" || frame.type === "stream.error") this.#sentAway(frame);
  }

  #sentAway({ type, code, retry_after_ms: leastMs = 0 }: StreamFrame): void {
    this.#leastMs = leastMs;
    if (type === "stream.closing") this.sentAway += 1;
    else if (code === "too_many_connections") this.turnedAway += 1;
    else this.#fault(`an error: ${code}`);
  }

  #refused(status: number, text: string): void {
    if (status === 204) this.ended = true;
    else if (status === 503) {
      this.turnedAway += 1;
      this.#leastMs = Number(/"retry_after_ms":(\d+)/.exec(text)?.[1] ?? 0);
    } else this.#fault(`it was answered ${status}`);
  }

  #closed(): void {
    if (this.#stopped || this.ended) return;
    if (performance.now() - this.#openedAt > HEALTH_MS) this.#attempt = 0;
    const jitter = this.#options.random() * Math.min(LONGEST_MS, BACK_OFF_MS * 2 ** this.#attempt++);
    const waitMs = Math.max(this.#leastMs, jitter);
    this.#leastMs = 0;
    setTimeout(() => {
      if (this.#stopped) return;
      this.#options.onReconnect?.();
      this.#open();
    }, waitMs);
  }

  #fault(text: string): void {
    if (this.faults.length < KEPT_FAULTS) this.faults.push(`${this.transport}: ${text}`);
    // Whatever came, it is not counted again.
    this.#stopped ||= this.faults.length === KEPT_FAULTS;
    if (this.#stopped) this.#wire?.cut();
  }
}
