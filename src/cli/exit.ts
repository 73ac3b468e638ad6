/** Exit codes, the same for every command (after sysexits.h where it has one). `run` ends with its command's own. */
export const EXIT = {
  ok: 0,
  /** The task failed; a check of `doctor` failed. */
  failed: 1,
  /** The task was canceled. */
  canceled: 2,
  /** The command line makes no sense. */
  usage: 64,
  /** What was given to publish makes no sense, or was refused. */
  data: 65,
  /** The task is unknown. */
  unknown: 66,
  /** The service cannot be reached. */
  unavailable: 69,
  /** A fault of our own. */
  internal: 70,
  /** There is nothing now; try again later. */
  nothing: 75,
  /** The token is missing, refused or not enough. */
  noPermission: 77,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** Says what stands in the way and which exit code tells it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const TOKEN_CODES = new Set(["token_missing", "token_invalid", "token_expired", "scope_missing", "origin_forbidden", "auth_required", "auth_timeout"]);

/** The exit code that an error of the client stands for. */
export function exitCodeOf({ code, retryable }: { readonly code: string; readonly retryable: boolean }): number {
  if (TOKEN_CODES.has(code)) return EXIT.noPermission;
  if (code === "task_unknown") return EXIT.unknown;
  if (retryable || code === "not_taskwire") return EXIT.unavailable;
  return EXIT.data;
}
