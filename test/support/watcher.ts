/**
 * A watcher written against the contract alone, with nothing of our client in it: it follows one task over raw WebSocket
 * or SSE, comes back after every cut with the last cursor it saw, and keeps what it was given, in order.
 */
import { createParser } from "eventsource-parser";
import { type RawWire, openRawWire } from "./raw-wire.ts";

export interface WatcherOptions {
  /** Asked for at every connection, so that a watcher can change from one instance to another. */
  readonly url: () => string;
  readonly token: string;
  readonly taskId: string;
  readonly transport: "websocket" | "sse";
  readonly replay?: "full" | "compact";
  /** Waits so long before it comes back. Milliseconds. */
  readonly pauseMs?: number;
  /** On a raw socket, which can stop reading. Default: the runtime's own WebSocket or fetch. */
  readonly raw?: boolean;
  /** What of a stored event is kept; default all of it. */
  readonly keep?: (frame: Frame) => Frame;
  /** `stream.gap` with reason `reset` is expected: events are counted anew after it. */
  readonly resets?: boolean;
}

export interface Frame {
  readonly type: string;
  readonly seq?: number;
  readonly first_seq?: number;
  readonly cursor?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly data?: unknown;
}

/** A log that was not the one followed so far, as the watcher was told. */
export interface Reset {
  /** The last event before it was told; 0 where there was none. */
  readonly lastSeq: number;
  /** The `task.snapshot` that followed at once; null where something else did. */
  snapshot: Frame | null;
}

export interface Watcher {
  /** Every stored event as it came: its seq and its raw data. */
  readonly events: { readonly seq: number; readonly frame: Frame }[];
  readonly frames: Frame[];
  /** What must never happen, in words. */
  readonly faults: string[];
  /** The resets it was told, where it expects them. */
  readonly resets: Reset[];
  connections: number;
  /** The service has said something terminal: `ended` rejects. */
  refused: boolean;
  /** The longest time between two frames, heartbeats among them and its own stalls left out. Milliseconds. */
  longestSilenceMs: number;
  /** Resolves when the task has ended, or rejects when the service says something terminal. */
  readonly ended: Promise<void>;
  /** Breaks the connection as a network would; the watcher comes back by itself. */
  cut(): void;
  /** Stops reading until `read`; only where it is `raw`. */
  stall(): void;
  read(): void;
  stop(): void;
}

/** Follows a task until it ends or `stop()`. */
export function startWatcher(options: WatcherOptions): Watcher {
  let cursor: string | null = null;
  let stopped = false;
  let cutNow: () => void = () => {};
  let wire: RawWire | null = null;
  let stalled = false;
  let settle: { resolve: () => void; reject: (error: Error) => void } = { resolve() {}, reject() {} };
  const ended = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  ended.catch(() => void (watcher.refused = true));

  const watcher: Watcher = {
    events: [],
    frames: [],
    faults: [],
    resets: [],
    connections: 0,
    refused: false,
    longestSilenceMs: 0,
    ended,
    cut: () => cutNow(),
    stall() {
      stalled = true;
      wire?.pause();
    },
    read() {
      stalled = false;
      heardAt = performance.now();
      wire?.resume();
    },
    stop() {
      stopped = true;
      cutNow();
    },
  };

  let heardAt = performance.now();
  let expecting: Reset | null = null;

  function take(text: string): void {
    if (!stalled) watcher.longestSilenceMs = Math.max(watcher.longestSilenceMs, Math.round(performance.now() - heardAt));
    heardAt = performance.now();
    const frame = JSON.parse(text) as Frame;
    if (frame.cursor !== undefined && frame.type !== "stream.subscribed") cursor = frame.cursor;
    if (!frame.type.startsWith("stream.")) {
      const last = watcher.events.at(-1)?.seq ?? 0;
      const seq = frame.seq ?? -1;
      const reset = expecting;
      expecting = null;
      if (reset !== null && frame.type === "task.snapshot") return void (reset.snapshot = frame);
      if (seq !== last + 1 && frame.type !== "task.snapshot") watcher.faults.push(`seq ${seq} came after ${last}`);
      watcher.events.push({ seq, frame: options.keep ? options.keep(frame) : frame });
      return;
    }
    watcher.frames.push(frame);
    if (frame.type === "stream.end") {
      stopped = true;
      settle.resolve();
    }
    if (frame.type === "stream.gap" && options.resets && frame.reason === "reset") {
      expecting = { lastSeq: watcher.events.at(-1)?.seq ?? 0, snapshot: null };
      watcher.resets.push(expecting);
      watcher.events.length = 0;
    } else if (frame.type === "stream.gap") watcher.faults.push(`a gap: ${text}`);
    if (frame.type === "stream.error" && !["unavailable", "internal", "too_many_connections"].includes(frame.code ?? "")) {
      stopped = true;
      settle.reject(new Error(text));
    }
  }

  function query(): string {
    const params = new URLSearchParams();
    if (cursor !== null) params.set("after", cursor);
    if (options.replay) params.set("replay", options.replay);
    return params.size > 0 ? `?${params}` : "";
  }

  function overWebSocket(): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${options.url().replace(/^http/, "ws")}/v1/tasks/${options.taskId}/ws${query()}`, ["taskwire.v1", `bearer.${options.token}`]);
      cutNow = () => (socket as WebSocket & { terminate(): void }).terminate(); // Bun's own: no closing handshake
      socket.onmessage = ({ data }) => !stopped && take(String(data));
      socket.onerror = () => {};
      socket.onclose = () => resolve();
    });
  }

  async function overSse(): Promise<void> {
    const abort = new AbortController();
    cutNow = () => abort.abort();
    try {
      const answer = await fetch(`${options.url()}/v1/tasks/${options.taskId}/events${query()}`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${options.token}` },
        signal: abort.signal,
      });
      if (answer.status === 204 || (answer.status >= 400 && answer.status < 500)) refused(answer.status, await answer.text());
      else if (answer.ok && answer.body) {
        const parser = createParser({ onEvent: ({ data }) => !stopped && take(data) });
        const decoder = new TextDecoder();
        for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, { stream: true }));
      }
    } catch {
      // A cut, by us or by a fault: come back.
    }
  }

  function overRaw(): Promise<void> {
    return new Promise((resolve) => {
      const socket = options.transport === "websocket";
      wire = openRawWire({
        url: options.url(), token: options.token, transport: options.transport, path: `/v1/tasks/${options.taskId}/${socket ? "ws" : "events"}${query()}`,
        onFrame: (_kind, bytes, start, end) => void (stopped || take(bytes.toString("utf8", start, end))),
        onRefused: (status, text) => refused(status, text),
        onClosed: resolve,
      });
      cutNow = () => wire?.cut();
      if (stalled) wire.pause();
    });
  }

  function refused(status: number, text: string): void {
    if (status < 200 || status >= 500 || (status > 204 && status < 400)) return;
    stopped = true;
    if (status === 204) settle.resolve();
    else settle.reject(new Error(`${status} ${text}`));
  }

  void (async () => {
    while (!stopped) {
      watcher.connections += 1;
      await (options.raw ? overRaw() : options.transport === "websocket" ? overWebSocket() : overSse());
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, options.pauseMs ?? 50));
    }
    settle.resolve();
  })();
  return watcher;
}
