/** The one error that crosses rooms. What each code means on HTTP and WebSocket stands in the contract's table. */
import type { ErrorCode } from "../../generated/typescript/errors.ts";

export type { ErrorCode };

/** A refusal that its receiver can act on. `detail` is a sentence: what was wrong, what was expected, what to do. */
export class TaskwireError extends Error {
  override readonly name = "TaskwireError";
  readonly code: ErrorCode;
  readonly detail: string;
  /** Further members of the problem body, such as `path`, `line` or `law`. */
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, detail: string, extra?: Readonly<Record<string, unknown>>) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.extra = extra;
  }
}
