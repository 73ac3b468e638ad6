/** What producers have sent, stored once however often it is repeated. */
import type { Head } from "./http.ts";
import type { Json } from "./made-up.ts";

export interface Store {
  /** All events that were stored, oldest first, each with its task. */
  readonly posted: readonly Json[];
  store(head: Head, taskId: string, body: string): Json;
}

/** A body's events: one, an array, or a line each. */
function eventsIn(body: string): Json[] {
  const parts = body.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as Json | Json[]);
  return parts.flat();
}

/** An empty store. A task's first event is its creation, which is not posted. */
export function createStore(): Store {
  const posted: Json[] = [];
  const heads = new Map<string, number>();
  const known = new Map<string, Json>();
  return {
    posted,
    store({ headers, path }, taskId, body) {
      const ofCommand = path.endsWith("/commands") ? (JSON.parse(body) as { command_id?: string }).command_id : undefined;
      const identity = headers.get("taskwire-producer") ?? headers.get("idempotency-key") ?? ofCommand;
      const key = identity === undefined ? null : `${taskId} ${identity}`;
      const before = key === null ? undefined : known.get(key);
      if (before) return { ...before, duplicate: true };
      const events = eventsIn(body);
      const from = heads.get(taskId) ?? 1;
      const to = from + events.length;
      heads.set(taskId, to);
      posted.push(...events.map((event) => ({ task_id: taskId, ...event })));
      const ack = { task_id: taskId, first_seq: from + 1, last_seq: to, cursor: `c${to}`, duplicate: false };
      if (key !== null) known.set(key, ack);
      return ack;
    },
  };
}
