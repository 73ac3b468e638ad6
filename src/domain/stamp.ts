/** What the service adds to a draft when it stores it, and how the result is written. */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import type { Actor } from "../../generated/typescript/types.ts";

/** An event as its producer wrote it, already valid against the contract (`parseDraft`). Further fields are kept. */
export interface DraftEvent {
  readonly type: string;
  readonly data: object;
  readonly time?: string;
}

/** An event as it is stored: without a cursor, `data` last, so that one can be put in before the closing brace. */
export interface Stamped {
  readonly type: string;
  readonly task_id: string;
  readonly seq: number;
  readonly time?: string;
  readonly actor?: Actor;
  readonly attempt?: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface Stamp {
  readonly taskId: string;
  readonly seq: number;
  readonly time: string;
  readonly actor: Actor | null;
  readonly attempt: number;
}

/**
 * The event as it will be stored. Pieces of a text carry neither time nor actor nor attempt: their `*.started` has told
 * them, and no scope outlives its attempt; a token of six bytes would otherwise weigh twice as much.
 */
export function stamped(draft: DraftEvent, data: Readonly<Record<string, unknown>>, stamp: Stamp): Stamped {
  const { type, task_id: _task, seq: _seq, first_seq: _first, cursor: _cursor, time, actor: _actor, attempt: _attempt, data: _data, ...rest } = draft as unknown as Record<string, unknown>;
  const head = { type: draft.type, task_id: stamp.taskId, seq: stamp.seq };
  if (EVENT_FACTS.get(draft.type)?.timed === false) return { ...head, ...rest, data };
  const timed = { ...head, time: typeof time === "string" ? time : stamp.time, ...rest };
  return stamp.actor === null ? { ...timed, attempt: stamp.attempt, data } : { ...timed, actor: stamp.actor, attempt: stamp.attempt, data };
}
