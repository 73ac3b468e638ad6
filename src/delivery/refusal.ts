/** Errors on their way to a client: which frame tells of them, and which close code follows. Pure. */
import { CLOSE_CODES, ERRORS } from "../../generated/typescript/errors.ts";
import type { StreamErrorFrame } from "../../generated/typescript/types.ts";
import { TaskwireError } from "../domain/error.ts";

/** Closes for a reason that has no code of its own: the protocol's "policy violation". */
const NO_CODE = 1008;

/** Whom and what an error frame answers. */
export interface About {
  readonly requestId?: string | null;
  readonly taskId?: string;
}

/** The error that a client is told of: refusals as they are, an absent log as `unavailable`, anything else without a word of its inside. */
export function asRefusal(error: unknown): TaskwireError {
  if (error instanceof TaskwireError) return error;
  if (error instanceof Error && error.name === "LogUnavailable") return new TaskwireError("unavailable", "The log cannot be reached at the moment; try again as told.");
  return new TaskwireError("internal", "The service failed at this request; the journal has the reason under this connection's id.");
}

/** The `stream.error` frame of an error. `waitMs` is told where trying again helps and the error knows no better. */
export function errorFrame(error: TaskwireError, waitMs: number, { requestId, taskId }: About = {}): StreamErrorFrame {
  const { retryable } = ERRORS[error.code];
  const { retry_after_ms: wait, path, law, limit } = error.extra ?? {};
  return {
    type: "stream.error",
    code: error.code,
    message: error.detail,
    retryable,
    ...(retryable ? { retry_after_ms: typeof wait === "number" ? wait : waitMs } : {}),
    ...(taskId === undefined ? {} : { task_id: taskId }),
    ...(requestId ? { request_id: requestId } : {}),
    ...(typeof path === "string" ? { path } : {}),
    ...(typeof law === "number" ? { law } : {}),
    ...(typeof limit === "string" ? { limit } : {}),
  };
}

/** The close code of an error that ends a connection. */
export function closeCodeOf({ code }: TaskwireError): number {
  return ERRORS[code].close ?? NO_CODE;
}

/** Why a connection of ours ends without an error, as `stream.closing` says it. */
export type Parting = "drain" | "token_expired" | "silent" | "max_age" | "wire_refused";

/** The close code of a parting. */
export function closeCodeOfParting(parting: Parting): number {
  return CLOSE_CODES[parting];
}
