/** How tasks for workers began, as this process has just stored it: whoever leases one soon is told what it was created with, without asking the log. */
import type { TaskSummary } from "../domain/summary.ts";
import type { AppendRequest } from "./port.ts";

/** All that is remembered, in bytes; the oldest goes first. */
const REMEMBERED_BYTES = 8 * 1024 * 1024;

const text = new TextDecoder();
const LINE_FEED = 10;

export interface Firsts {
  /** Takes note of a stored batch: remembers it if its task begins with it and waits for a worker, forgets it where the task is deleted. */
  learn(summary: TaskSummary, batch: AppendRequest): void;
  /** The JSON of the task's first event; null where it is not remembered. */
  line(taskId: string): string | null;
  clear(): void;
}

/** Remembers nothing yet. */
export function createFirsts(): Firsts {
  const known = new Map<string, Uint8Array>();
  let bytes = 0;

  function forget(taskId: string): void {
    bytes -= known.get(taskId)?.byteLength ?? 0;
    known.delete(taskId);
  }

  return {
    learn({ work, status }, { taskId, header, body }) {
      if (work === null) return;
      if (header.firstSeq === 1) {
        forget(taskId);
        known.set(taskId, body);
        bytes += body.byteLength;
        for (const oldest of known.keys()) {
          if (bytes <= REMEMBERED_BYTES) break;
          forget(oldest);
        }
      } else if (status === "deleted") forget(taskId);
    },
    line(taskId) {
      const body = known.get(taskId);
      return body === undefined ? null : text.decode(body.subarray(0, body.indexOf(LINE_FEED)));
    },
    clear() {
      known.clear();
      bytes = 0;
    },
  };
}
