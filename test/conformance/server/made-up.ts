/** Events and frames of tasks that never were. The cursor of `seq` is `c<seq>`. */
import { ERRORS, type ErrorFacts } from "../../../generated/typescript/errors.ts";

export type Json = Readonly<Record<string, unknown>>;

const TIME = "2026-01-01T00:00:00Z";

/** One event; what `extra` says stands in place of what is made up, and null leaves a field out. */
export function eventOf(taskId: string, seq: number, extra: Json = {}): Json {
  const event = { type: "log.line", task_id: taskId, seq, time: TIME, data: { level: "info", text: `line ${seq}` }, cursor: `c${seq}`, ...extra };
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null));
}

/** The event that ends a task. */
export function completedOf(taskId: string, seq: number): Json {
  return eventOf(taskId, seq, { type: "task.completed", data: {} });
}

/** The frame that opens every connection. */
export function readyOf(extra: Json = {}): Json {
  return { type: "stream.ready", protocol: "taskwire.v1", connection_id: "scripted", heartbeat_ms: 15_000, ...extra };
}

/** The frame that says that a task is over. */
export function endOf(taskId: string, seq: number): Json {
  return { type: "stream.end", task_id: taskId, status: "completed", cursor: `c${seq}` };
}

/** A snapshot as it follows a gap. */
export function snapshotOf(taskId: string, seq: number): Json {
  return eventOf(taskId, seq, { type: "task.snapshot", first_seq: 1, data: { status: "running", as_of_seq: seq, attempt: 1, progress: {}, steps: [], messages: [], tools: [], inputs: [], log_lines: seq } });
}

/** A range of history in one frame: its first and its last event stand for all. */
export function replayedOf(taskId: string, from: number, to: number): Json {
  const whole = from === to ? [eventOf(taskId, from, { cursor: null })] : [eventOf(taskId, from, { cursor: null }), eventOf(taskId, to, { first_seq: from + 1, cursor: null })];
  return { type: "stream.replayed", task_id: taskId, first_seq: from, seq: to, cursor: `c${to}`, events: whole };
}

/** What the error table says of a code; a code of the future is a refusal that lasts. */
export function factsOf(code: string): ErrorFacts {
  const known = (ERRORS as Readonly<Record<string, ErrorFacts | undefined>>)[code];
  return known ?? { code: code as ErrorFacts["code"], status: 409, close: null, retryable: false, title: "Something new", advice: "See a newer contract." };
}

/** A problem body. */
export function problemOf(code: string, extra: Json = {}): Json {
  const { status, title, retryable, advice } = factsOf(code);
  return { type: `/problems/${code}`, title, status, detail: `It was ${code}.`, code, retryable, advice, request_id: "scripted", ...extra };
}

/** An error frame. */
export function errorFrameOf(code: string, extra: Json = {}): Json {
  return { type: "stream.error", code, message: `It was ${code}.`, retryable: factsOf(code).retryable, ...extra };
}
