/** Every refusal as an RFC 9457 problem: what was wrong, what to do, whether it helps to try again. */
import { ERRORS } from "../../generated/typescript/errors.ts";
import { type ErrorCode, TaskwireError } from "../domain/error.ts";
import { LogUnavailable } from "../log/port.ts";

/** What a client is told to wait, by code; a second where nothing better is known. Milliseconds. */
const WAITS: Partial<Record<ErrorCode, number>> = { append_busy: 250, append_unknown: 500, too_many_connections: 5_000, log_full: 30_000 };
const WAIT_MS = 1_000;
/** Statuses that come with `Retry-After`. */
const WAITING = new Set([429, 503, 507]);

/** The error that a caller is told of: refusals as they are, an absent log as `unavailable`, anything else without a word of its inside. */
export function asTaskwireError(error: unknown): TaskwireError {
  if (error instanceof TaskwireError) return error;
  if (error instanceof LogUnavailable) return new TaskwireError("unavailable", "The log cannot be reached at the moment; nothing was changed by this request.");
  return new TaskwireError("internal", "The service failed at this request; the journal has the reason under its request id.");
}

/** The members of a problem's body. `request_id` names the request in the journal. */
function problemBody(error: TaskwireError, requestId: string): Record<string, unknown> {
  const { title, status, retryable, advice } = ERRORS[error.code];
  const wait = WAITING.has(status) ? { retry_after_ms: WAITS[error.code] ?? WAIT_MS } : {};
  return { type: `/problems/${error.code}`, title, status, detail: error.detail, code: error.code, retryable, advice, request_id: requestId, ...wait, ...error.extra };
}

/** Answers with a problem: status from the contract's table, `Retry-After` where waiting helps, `WWW-Authenticate` on 401. */
export function problem(error: TaskwireError, requestId: string, headers: Readonly<Record<string, string>> = {}): Response {
  const body = problemBody(error, requestId);
  const out: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store", ...headers };
  if (typeof body.retry_after_ms === "number") out["retry-after"] = String(Math.max(1, Math.ceil(body.retry_after_ms / 1000)));
  if (body.status === 401) out["www-authenticate"] = challenge(error.code, error.detail);
  return new Response(JSON.stringify(body), { status: Number(body.status), headers: out });
}

/** RFC 6750: no `error` where no token was sent. */
function challenge(code: ErrorCode, detail: string): string {
  if (code !== "token_invalid" && code !== "token_expired") return 'Bearer realm="taskwire"';
  return `Bearer realm="taskwire", error="invalid_token", error_description="${detail.replace(/[^\x20-\x7e]|["\\]/g, "'")}"`;
}
