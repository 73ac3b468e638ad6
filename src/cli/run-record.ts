/** What `run` tells of its command, as events: lines, progress, the end. Keeps within bounds however long the service is away. */
import { type Client, type EventDraft, type Publisher, TaskwireError } from "../../clients/typescript/src/client.ts";
import type { Ended, StreamName } from "./run-child.ts";
import type { Line } from "./run-lines.ts";
import type { Canceled } from "./steer.ts";
import { type Progress, progressOf, sameProgress } from "./run-progress.ts";

/** A task holds no more than this, so nothing is gained by keeping more for it. Bytes. */
const MOST_WAITING = 256 * 1024 * 1024;
/** Progress is told at most so often. Milliseconds. */
const PROGRESS_MS = 200;
/** The last lines that a failure shows, and how much of each. */
const LAST_LINES = 20;
const LAST_LINE_LENGTH = 500;

export interface RecordOptions {
  readonly client: Pick<Client, "publisher">;
  readonly task: Promise<string>;
  readonly signal: AbortSignal;
  /** Something that its user should know, once each. */
  readonly note: (text: string) => void;
}

export interface TaskRecord {
  started(): void;
  line(stream: StreamName, line: Line): void;
  overwritten(text: string): void;
  /** The last event. `interrupted`: by which signal its user ended it, or by whom and why it was canceled. */
  ended(how: Ended, interrupted: NodeJS.Signals | Canceled | null, command: string, tookMs: number): void;
  /** Any other event. */
  tell(event: EventDraft): void;
  /** Tells the progress that waits to be told. */
  flushProgress(): void;
  /** The end of its output, for whoever has to say why it failed. */
  readonly lastLines: readonly string[];
  flush(): Promise<void>;
  readonly publisher: Publisher;
  /** Lines that could not be kept or were refused. */
  readonly lost: number;
}

/** The event that ends the task. */
export function endEvent(how: Ended, interrupted: NodeJS.Signals | Canceled | null, command: string, tookMs: number, lastLines: readonly string[]): EventDraft {
  const { exitCode, signal, startError } = how;
  if (interrupted !== null && typeof interrupted === "object") {
    const { by, reason } = interrupted;
    return { type: "task.canceled", data: { ...(by === null ? {} : { by }), ...(reason === null ? {} : { reason }) } };
  }
  if (interrupted) return { type: "task.canceled", data: { by: "user", reason: interrupted === "SIGINT" ? "interrupted (Ctrl-C)" : `stopped (${interrupted})` } };
  if (exitCode === 0) return { type: "task.completed", data: { result: { exit_code: 0 }, duration_ms: tookMs } };
  const code = startError ? "not_started" : signal ? "killed" : "exit_code";
  const why = startError ?? (signal ? `${command} was ended by ${signal}` : `${command} ended with exit code ${exitCode}`);
  return {
    type: "task.failed",
    message: why,
    data: { error: { code, message: lastLines.length > 0 ? `${why}\n${lastLines.join("\n")}` : why, retryable: false, details: { exit_code: exitCode, ...(signal ? { signal } : {}), last_lines: lastLines, duration_ms: tookMs } } },
  };
}

/** A record that publishes to a task which may still be on its way. */
export function createRecord({ client, task, signal, note }: RecordOptions): TaskRecord {
  const noted = new Set<string>();
  const noteOnce = (key: string, text: string): void => {
    if (noted.has(key)) return;
    noted.add(key);
    note(text);
  };
  let lost = 0;
  const publisher = client.publisher(task, {
    signal,
    maxWaiting: Number.POSITIVE_INFINITY,
    onRefused(_, error) {
      lost++;
      noteOnce(error.code, `some events were refused: ${error.message} (${error.code})`);
    },
    onRetry: (error) => noteOnce("away", `the service does not take events now (${error.message}); the command goes on, its output is kept and sent later`),
  });
  const push = (event: EventDraft): void => {
    if (publisher.waiting > MOST_WAITING && event.type === "log.line") {
      lost++;
      return noteOnce("full", "the service has been away for too long: further lines are not kept");
    }
    publisher.push(event).catch((error) => {
      if (!signal.aborted && error instanceof TaskwireError) noteOnce("over", `nothing more is published: ${error.message} (${error.code})`);
    });
  };

  const lastLines: string[] = [];
  let told: Progress | null = null;
  let next: Progress | null = null;
  let toldAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (next && !sameProgress(next, told)) push({ type: "task.progress", data: next });
    told = next;
    toldAt = Date.now();
  };
  const look = (text: string): void => {
    const found = progressOf(text);
    if (!found || sameProgress(found, next)) return;
    next = found;
    timer ??= setTimeout(tell, Math.max(0, toldAt + PROGRESS_MS - Date.now()));
  };

  return {
    started: () => push({ type: "task.started", data: { attempt: 1 } }),
    line(stream, { text, partial }) {
      push({ type: "log.line", data: { level: "info", text, stream, ...(partial ? { fields: { partial: true } } : {}) } });
      look(text);
      if (text.trim() === "") return;
      lastLines.push(text.slice(0, LAST_LINE_LENGTH));
      if (lastLines.length > LAST_LINES) lastLines.shift();
    },
    overwritten: look,
    ended(how, interrupted, command, tookMs) {
      tell();
      push(endEvent(how, interrupted, command, tookMs, lastLines));
    },
    tell: push,
    flushProgress: tell,
    lastLines,
    flush: () => publisher.flush(),
    publisher,
    get lost() {
      return lost;
    },
  };
}
