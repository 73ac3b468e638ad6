/**
 * A publisher gathers events for some milliseconds and appends them together, one request after another. While the service
 * is away it keeps what it was given and goes on trying; who pushes is told by the promise when to wait.
 */
import type { EventDraft } from "../../../generated/typescript/types.ts";
import type { Append } from "./append.ts";
import { TaskwireError } from "./errors.ts";
import { isTerminal } from "./frames.ts";
import type { Timing } from "./timing.ts";

export interface PublisherOptions {
  /** How long the first event of a batch waits for others. Milliseconds; 30 by default. */
  readonly delayMs?: number;
  /** Bytes that may wait before `push` asks to wait; 4 MiB by default. */
  readonly maxWaiting?: number;
  /** Gives up what is waiting. */
  readonly signal?: AbortSignal;
  /** Told before every wait for another try. */
  readonly onRetry?: (error: TaskwireError, inMs: number) => void;
  /** Told of an event that the service refused for itself; the others go on. */
  readonly onRefused?: (event: string, error: TaskwireError) => void;
  /** Told once, when nothing more can be published, and why. */
  readonly onFailed?: (error: unknown) => void;
}

export interface Publisher {
  /** Takes an event. Resolves when there is room for more; rejects when nothing more can be published. */
  push(event: EventDraft): Promise<void>;
  /** Resolves when everything pushed so far is in the log (or was refused for itself); rejects when that cannot be. */
  flush(): Promise<void>;
  /** Bytes that are not yet acknowledged. */
  readonly waiting: number;
  /** The last `seq` that was acknowledged; 0 before the first. */
  readonly lastSeq: number;
}

/** One request's bounds: those of the service, a little below. */
const BATCH_EVENTS = 1_000;
const BATCH_BYTES = 240 * 1024;

/** Refusals that concern single events, so that the rest of a batch can go without them. */
const OF_ONE_EVENT = new Set(["event_invalid", "event_type_unknown", "event_reserved", "event_too_large", "scope_not_open", "scope_already_open", "too_many_open", "request_too_large", "malformed_ndjson", "task_full"]);

interface Waiting {
  readonly text: string;
  readonly bytes: number;
  readonly terminal: boolean;
}

/** The event as it is sent: its time is when it happened, however late it gets through. */
function written(event: EventDraft): string {
  const { type, ...rest } = event;
  return JSON.stringify(rest.time !== undefined || type.endsWith(".delta") ? { type, ...rest } : { type, time: new Date().toISOString(), ...rest });
}

/** A publisher for one task, whose id may still be on its way. */
export function createPublisher(append: Append, timing: Timing, task: string | Promise<string>, options: PublisherOptions = {}): Publisher {
  const { delayMs = 30, maxWaiting = 4 * 1024 * 1024, signal, onRetry, onRefused, onFailed } = options;
  const encoder = new TextEncoder();
  let queue: Waiting[] = [];
  let waiting = 0;
  let lastSeq = 0;
  let sending = false;
  let scheduled = false;
  /** So many of the next events go alone, since one of them was refused. */
  let alone = 0;
  let full = false;
  let failure: unknown = null;
  let pushed = 0;
  let settled = 0;
  let listeners: (() => void)[] = [];

  // A task that does not come is reported by push and flush, not as an unhandled rejection.
  Promise.resolve(task).catch(() => {});

  const tell = (): void => {
    const told = listeners;
    listeners = [];
    for (const listener of told) listener();
  };

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      if (failure !== null) throw failure;
      await new Promise<void>((resolve) => listeners.push(resolve));
    }
  };

  const settle = (done: readonly Waiting[]): void => {
    settled += done.length;
    for (const { bytes } of done) waiting -= bytes;
    tell();
  };

  const next = (): Waiting[] => {
    const limit = alone > 0 ? 1 : BATCH_EVENTS;
    let bytes = 0;
    let count = 0;
    for (const event of queue) {
      if (count === limit || (count > 0 && bytes + event.bytes > BATCH_BYTES)) break;
      bytes += event.bytes;
      count++;
    }
    const batch = queue.slice(0, count);
    queue = queue.slice(count);
    return batch;
  };

  const refused = (batch: Waiting[], error: TaskwireError): void => {
    if (error.code === "task_full") full = true;
    if (batch.length > 1) {
      queue = [...batch, ...queue];
      alone = batch.length;
      return;
    }
    for (const { text } of batch) onRefused?.(text, error);
    settle(batch);
  };

  const withoutRoom = (batch: readonly Waiting[]): readonly Waiting[] => (full ? batch.filter(({ terminal }) => !terminal) : []);

  const send = async (taskId: string): Promise<void> => {
    while (queue.length > 0) {
      signal?.throwIfAborted();
      const batch = next();
      const left = withoutRoom(batch);
      for (const { text } of left) onRefused?.(text, new TaskwireError("task_full"));
      settle(left);
      const rest = left.length === 0 ? batch : batch.filter((event) => !left.includes(event));
      if (rest.length === 0) continue;
      try {
        const { last_seq } = await append(taskId, rest.map(({ text }) => text), { giveUpMs: Number.POSITIVE_INFINITY, ...(signal ? { signal } : {}), ...(onRetry ? { onRetry } : {}) });
        lastSeq = Math.max(lastSeq, last_seq);
        settle(rest);
      } catch (error) {
        if (!(error instanceof TaskwireError) || !OF_ONE_EVENT.has(error.code)) throw error;
        refused(rest, error);
        continue;
      }
      if (alone > 0) alone -= rest.length;
    }
  };

  const drain = async (): Promise<void> => {
    sending = true;
    try {
      await send(await task);
    } catch (error) {
      failure = error ?? new TaskwireError("internal");
      queue = [];
      tell();
      onFailed?.(failure);
    }
    sending = false;
  };

  const schedule = (): void => {
    if (sending || scheduled || failure !== null) return;
    scheduled = true;
    timing.after(queue.length >= BATCH_EVENTS ? 0 : delayMs, () => {
      scheduled = false;
      if (!sending && failure === null) void drain().then(() => queue.length > 0 && schedule());
    });
  };

  signal?.addEventListener("abort", () => {
    failure ??= signal.reason;
    tell();
  });

  return {
    async push(event) {
      if (failure !== null) throw failure;
      const text = written(event);
      const bytes = encoder.encode(text).byteLength + 1;
      queue.push({ text, bytes, terminal: isTerminal(event.type) });
      waiting += bytes;
      pushed++;
      schedule();
      if (waiting > maxWaiting) await until(() => waiting <= maxWaiting);
    },
    async flush() {
      const goal = pushed;
      await until(() => settled >= goal);
    },
    get waiting() {
      return waiting;
    },
    get lastSeq() {
      return lastSeq;
    },
  };
}
