/** What a task's events make of its status. The laws and the fold share it, so that they cannot disagree. */
import { EVENT_FACTS, TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";

/** The task's status without regard to open input requests. */
export type Phase = "queued" | "running" | "paused" | "recovering" | "completed" | "failed" | "canceled" | "deleted";

/** What only somebody at work tells: a whole message may be a person's. A producer that never said `task.started` is running all the same. */
const WORK = /^(task\.progress$|message\.(started|delta)$|(step|reasoning|tool|intent|entities|agents|plan|artifact|input)\.)/;

/** The phase after an event of this type. */
export function phaseAfter(phase: Phase, type: string): Phase {
  const told = EVENT_FACTS.get(type)?.status;
  if (told) return told as Phase;
  return phase === "queued" && WORK.test(type) ? "running" : phase;
}

/** The status as told to people: a running task with an open input request is `waiting`. */
export function statusOf(phase: Phase, inputOpen: boolean): string {
  return phase === "running" && inputOpen ? "waiting" : phase;
}

/** Whether nothing may follow. */
export function isTerminal(phase: Phase): boolean {
  return TERMINAL_STATUSES.has(phase);
}
