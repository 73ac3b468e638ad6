/**
 * What can go wrong, as one error class. `code` is stable: it comes from the contract's error table, or from the few
 * below that a client finds out by itself.
 */
import { ADVICE, ERROR_OF_CLOSE, RETRYABLE } from "../../../generated/typescript/advice.ts";

const ADVICES: Readonly<Record<string, string | undefined>> = ADVICE;

interface OwnError {
  readonly retryable: boolean;
  readonly title: string;
  readonly advice: string;
}

/** What no service says, but a client notices. */
const OWN: Readonly<Record<string, OwnError | undefined>> = {
  network: { retryable: true, title: "The service cannot be reached", advice: "Check the address and that the service runs; the client tries again by itself." },
  silent: { retryable: true, title: "The connection went silent", advice: "Nothing to do: the client connects again by itself." },
  not_taskwire: { retryable: false, title: "What answered is not Taskwire", advice: "Check the address; a proxy or another program may be answering in its place." },
  protocol_unsupported: { retryable: false, title: "The service speaks another version", advice: "Update the client, or follow with one of the service's version." },
  address_invalid: { retryable: false, title: "The address is not usable", advice: "Pass the service's address, such as http://127.0.0.1:8080." },
  no_transport: { retryable: false, title: "No transport can be used here", advice: "Pass `WebSocket` or `fetch` to createClient, or ask for the transport that exists." },
  token_callback: { retryable: false, title: "The token callback failed", advice: "See `cause`; the callback must answer a token." },
  closed: { retryable: false, title: "The publisher is closed", advice: "Make a new publisher." },
};

/** Advice for codes of the future. */
const UNKNOWN = "This code is newer than the client: look it up in the service's /asyncapi.json, or update the client.";

/** What is known of an error beside its code. */
export interface ErrorFacts {
  readonly detail?: string;
  readonly retryable?: boolean;
  readonly advice?: string;
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
  readonly taskId?: string | null;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error with a stable `code`, whether trying again can help, and what to do about it. */
export class TaskwireError extends Error {
  override readonly name = "TaskwireError";
  readonly code: string;
  /** Whether the same again, later, can succeed. */
  readonly retryable: boolean;
  /** What to do, in one sentence for a person. */
  readonly advice: string;
  /** The HTTP status, where there was one. */
  readonly status: number | null;
  /** How long the service asks to wait. Milliseconds. */
  readonly retryAfterMs: number | null;
  /** The task that it is about, where it is about one. */
  readonly taskId: string | null;
  /** What else the answer carried: `path`, `line`, `law`, … */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(code: string, facts: ErrorFacts = {}) {
    const own = OWN[code];
    const advice = ADVICES[code] ?? own?.advice;
    super(facts.detail || own?.title || `${code.replaceAll("_", " ")}.`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable = facts.retryable ?? own?.retryable ?? RETRYABLE.has(code);
    this.advice = facts.advice || advice || UNKNOWN;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.taskId = facts.taskId ?? null;
    this.extra = facts.extra ?? {};
  }
}

const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const asNumber = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** The error that a `stream.error` frame tells of. */
export function errorOfFrame(frame: Readonly<Record<string, unknown>>): TaskwireError {
  const retryable = typeof frame.retryable === "boolean" ? frame.retryable : undefined;
  return new TaskwireError(asText(frame.code) ?? "internal", {
    detail: asText(frame.message),
    retryAfterMs: asNumber(frame.retry_after_ms),
    taskId: asText(frame.task_id),
    ...(retryable === undefined ? {} : { retryable }),
  });
}

/**
 * The error that a close code of the service stands for (4400-4499: try again, 4500-4999: do not), or null for a plain cut.
 */
export function errorOfClose(code: number, reason: string): TaskwireError | null {
  if (code < 4000 || code > 4999) return null;
  const retryable = code < 4500;
  const found = ERROR_OF_CLOSE.get(code);
  return new TaskwireError(found ?? `close_${code}`, { retryable, ...(reason && !found ? { detail: reason } : {}) });
}

/** Milliseconds that a `Retry-After` header asks for, as seconds or as a date; null where it says nothing usable. */
function retryAfter(headers: Headers): number | null {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** The error that an HTTP answer other than 2xx stands for. Reads the body. */
export async function errorOfResponse(response: Response): Promise<TaskwireError> {
  const { status } = response;
  const text = await response.text().catch(() => "");
  const problem = parseProblem(text);
  const later = status === 408 || status === 425 || status === 429 || status >= 500;
  if (!problem) {
    const detail = `The answer was HTTP ${status} without a problem body.`;
    return new TaskwireError(later ? "network" : status === 401 ? "token_invalid" : "not_taskwire", { detail, status, retryAfterMs: retryAfter(response.headers) });
  }
  const { code, detail, title, retryable, advice, retry_after_ms: wait, status: _status, type: _type, ...extra } = problem;
  return new TaskwireError(String(code), {
    detail: asText(detail) ?? asText(title),
    retryable: typeof retryable === "boolean" ? retryable : later,
    status,
    retryAfterMs: asNumber(wait) ?? retryAfter(response.headers),
    taskId: asText(extra.task_id),
    extra,
    ...(typeof advice === "string" ? { advice } : {}),
  });
}

function parseProblem(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && typeof (value as { code?: unknown }).code === "string" ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether an error means that the token was not accepted, so that another one may be. */
export function isTokenError(error: TaskwireError | null): boolean {
  return error !== null && (error.code === "token_expired" || error.code === "token_invalid");
}
