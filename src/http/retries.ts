/** Doing a finished task again: a new task on the same input, linked both ways, one at a time. */
import { z } from "@hono/zod-openapi";
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { createTaskResponse } from "../../generated/typescript/validators.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WorkTerms } from "../domain/state.ts";
import type { Priority } from "../log/port.ts";
import { type AppDeps, type Appended, actorOf } from "./deps.ts";
import { type App, endpoint } from "./endpoint.ts";
import { commandable, createdWith, mustHaveRoom } from "./found.ts";
import { TASK_ID } from "./query.ts";

/** Adds `POST /v1/tasks/{task_id}/retry`. */
export function addRetries(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/retry",
    summary: "Do a finished task again",
    description: "A new task of the same kind, title, input and conversation, with `retry_of`; the old one then tells `retried_by`. At most one at a time.",
    tags: ["commands"],
    auth: deps.auth,
    params: z.object({ task_id: TASK_ID }),
    responses: { 201: { description: "The new task", content: { "application/json": { schema: createTaskResponse } } } },
  }, async (c, { params, who }) => {
    const made = await retryTask(deps, who, params.task_id);
    return c.json({ task_id: made.taskId, first_seq: made.firstSeq, last_seq: made.lastSeq, cursor: made.cursor, duplicate: made.duplicate }, 201, { location: `/v1/tasks/${made.taskId}` });
  });
}

const BUCKET = "retries";

interface Retried {
  /** How often it was done again. */
  readonly count: number;
  readonly task_id: string;
}

/** Which task does this one again; null where none does. Throws `LogUnavailable`. */
export async function retriedBy(keys: AppDeps["keys"], taskId: string): Promise<string | null> {
  const found = await keys.get(BUCKET, taskId);
  return found === null ? null : (JSON.parse(found.value) as Retried).task_id;
}

/** Creates the task that does an old one again. Whoever asks at the same time gets the same task. Throws `task_running`, `retry_running`, `task_deleted`. */
async function retryTask(deps: AppDeps, who: Identity, taskId: string): Promise<Appended> {
  const { writer, keys, admission } = deps;
  deps.rates.command(who.user);
  const facts = await commandable(deps, who, taskId);
  mustHaveRoom(deps, facts.owner);
  if (!TERMINAL_STATUSES.has(facts.status)) throw new TaskwireError("task_running", `The task is ${facts.status}; only what has ended can be done again.`, { task_id: taskId });
  const created = await createdWith(deps, taskId);
  if (created === null) throw new TaskwireError("task_deleted", "What the task was to be done on is kept no more. Create a new task.", { task_id: taskId });
  const record = await keys.get(BUCKET, taskId);
  const before = record === null ? null : (JSON.parse(record.value) as Retried);
  const last = before === null ? null : await writer.facts(before.task_id);
  if (before !== null && last !== null && !TERMINAL_STATUSES.has(last.status)) {
    throw new TaskwireError("retry_running", `${before.task_id} does it again already and is ${last.status}.`, { retried_by: before.task_id });
  }
  const count = (before?.count ?? 0) + 1;
  const work = termsOf(created.work);
  const { kind, title, input } = created;
  const made = await writer.create({
    // The same for everybody who asks now, so that there is one.
    taskId: null, identity: { kind: "key", key: `retry ${taskId} ${count}`, digest: "" },
    owner: facts.owner, creator: facts.creator, kind: String(kind), ...(typeof title === "string" ? { title } : {}), ...(input === undefined ? {} : { input }),
    conversation: facts.conversation, access: facts.access, actor: actorOf(who), retryOf: taskId,
    work, position: work === null ? undefined : await admission.admit(String(kind)),
  });
  await keys.put(BUCKET, taskId, JSON.stringify({ count, task_id: made.taskId } satisfies Retried), record?.revision ?? 0);
  return made;
}

/** The old terms for the new task; what was a moment then is none now. */
function termsOf(told: unknown): WorkTerms | null {
  if (typeof told !== "object" || told === null) return null;
  const { max_attempts: maxAttempts = 1, lease_ms: leaseMs = 0, priority = "normal" } = told as { max_attempts?: number; lease_ms?: number; priority?: Priority };
  return { maxAttempts, leaseMs, priority, notBefore: 0, deadline: null };
}
