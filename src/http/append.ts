/** Appending, the same over HTTP and WebSocket: each event judged against the catalogue, access checked, then the writer's turn. */
import { type Identity, mayAppend } from "../domain/access.ts";
import type { EventDraft } from "../../generated/typescript/types.ts";
import { parseDraft } from "../domain/draft.ts";
import { TaskwireError } from "../domain/error.ts";
import type { DraftEvent, RetryIdentity } from "../domain/laws.ts";
import type { AppendAck, AppendOptions } from "../delivery/connections.ts";
import { type AppDeps, type Appended, actorOf } from "./deps.ts";
import { sha256Text } from "./digest.ts";

type Deps = Pick<AppDeps, "writer" | "limits" | "leases" | "leaseTokens" | "rates">;

export interface Events {
  readonly values: readonly unknown[];
  /** The line each value stood on, where the body was NDJSON. */
  readonly lines: readonly number[] | null;
  /** Where the values stand in what carried them, for paths: "" is an array by itself, null one event by itself. */
  readonly within: string | null;
  /** Size of what carried them. */
  readonly bytes: number;
}

/** So many events are judged before others have their turn: about a quarter of a millisecond. */
const SLICE_EVENTS = 32;

/**
 * Appends a request's events, all or none, and answers once the log has acknowledged. Throws a `TaskwireError`: the first event
 * that is wrong, with its `path` (and `line`), the task's laws, or the log's absence. With `rest` others have their turn within a large
 * request; not for requests whose order counts, which might then overtake it.
 */
export async function appendEvents({ writer, limits, leases, leaseTokens, rates }: Deps, who: Identity, taskId: string, events: Events, identity: RetryIdentity | null, lease: string | null = null, rest: (() => Promise<void>) | null = null): Promise<Appended> {
  rates.append(who.user);
  const count = events.values.length;
  if (count === 0) throw new TaskwireError("request_invalid", "The request has no event; expected at least one.", { path: "" });
  if (count > limits.requestEvents) throw new TaskwireError("too_many_events", `The request has ${count} events; at most ${limits.requestEvents} are taken.`, { limit_events: limits.requestEvents });
  const drafts: DraftEvent[] = [];
  for (const [at, value] of events.values.entries()) {
    if (at > 0 && at % SLICE_EVENTS === 0) await rest?.();
    drafts.push(draftOf(value, at, taskId, events));
  }
  const facts = await writer.facts(taskId);
  if (facts === null || !mayAppend(who, facts)) throw new TaskwireError("task_unknown", `There is no task ${taskId} that you may write to.`, { task_id: taskId });
  rates.appendTo(taskId);
  const held = lease === null ? null : await leaseTokens.read(lease, taskId, who);
  const appended = await writer.append(taskId, { drafts, bytes: events.bytes, actor: actorOf(who), service: false, attempt: held?.attempt ?? null, identity });
  if (held !== null) leases.published(held, held.leaseMs);
  return appended;
}

function draftOf(value: unknown, at: number, taskId: string, events: Events): DraftEvent {
  const parsed = parseDraft(value);
  if (!parsed.ok) throw new TaskwireError(parsed.code, `${parsed.message}.`, place(at, parsed.path, events));
  const draft = parsed.draft as EventDraft & DraftEvent;
  if (draft.task_id !== undefined && draft.task_id !== taskId) {
    throw new TaskwireError("event_invalid", `The event names another task than the request; expected ${taskId}, or nothing.`, place(at, "task_id", events));
  }
  return draft;
}

function place(at: number, path: string, { within, lines }: Events): Record<string, unknown> {
  const line = lines?.[at];
  if (line !== undefined) return { path, line };
  return { path: within === null ? path : [within, at, path].filter((part) => part !== "").join(".") };
}

/** The `append` of a WebSocket connection. */
export function appendFrame(deps: Deps): (who: Identity, taskId: string, events: readonly unknown[], options: AppendOptions) => Promise<AppendAck> {
  return async (who, taskId, values, { producer, idempotencyKey, bytes, lease }) => {
    const digest = producer === null && idempotencyKey === null ? "" : await sha256Text(JSON.stringify(values));
    const identity: RetryIdentity | null = producer !== null ? { kind: "producer", ...producer, digest } : idempotencyKey !== null ? { kind: "key", key: idempotencyKey, digest } : null;
    const done = await appendEvents(deps, who, taskId, { values, lines: null, within: "events", bytes }, identity, lease ?? null);
    return { first_seq: done.firstSeq, last_seq: done.lastSeq, cursor: done.cursor, duplicate: done.duplicate };
  };
}
