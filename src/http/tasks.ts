/** Create a task, list mine, read one. */
import { z } from "@hono/zod-openapi";
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { createTaskRequest, createTaskResponse, taskPage, taskSummary } from "../../generated/typescript/validators.ts";
import { deletedTask, type Identity, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { snapshotOf } from "../domain/fold.ts";
import { percentOf } from "../domain/progress.ts";
import type { WorkTerms } from "../domain/state.ts";
import { type TaskSummary, wireSummary } from "../domain/summary.ts";
import { coversTask } from "../domain/watch-scope.ts";
import type { LimitSet } from "../limits.ts";
import { bodyKind, judged, parseJson, readBody } from "./body.ts";
import { type AppDeps, actorOf } from "./deps.ts";
import { sha256 } from "./digest.ts";
import { type App, endpoint } from "./endpoint.ts";
import { mustHaveRoom, watchable } from "./found.ts";
import { IDENTITY_HEADERS, idempotencyKey } from "./identity.ts";
import { TASK_ID, text, whole } from "./query.ts";
import { retriedBy } from "./retries.ts";

const ID_FIELDS = new Set(["task_id", "owner", "conversation_id", "retry_of"]);

function needScope(who: Identity, field: string): void {
  if (who.scopes.has("tasks:publish") || who.scopes.has("admin")) return;
  throw new TaskwireError("scope_missing", `Only a token with the scope tasks:publish may set ${field}; leave it out.`, { scope: "tasks:publish", path: field });
}

/** Fields that only a task for the queue has. */
const QUEUE_FIELDS = ["max_attempts", "lease_seconds", "delay_seconds", "deadline", "priority"] as const;

/** On what terms the task waits for a worker; null where it does not. Throws `request_invalid`. */
function termsOf(wanted: z.infer<typeof createTaskRequest>, limits: LimitSet, now: number): WorkTerms | null {
  if (wanted.queue !== true) {
    const field = QUEUE_FIELDS.find((name) => wanted[name] !== undefined);
    if (field === undefined) return null;
    throw new TaskwireError("request_invalid", `${field} is for tasks that wait for a worker; send queue: true with it, or leave it out.`, { path: field });
  }
  const deadline = wanted.deadline === undefined ? null : Date.parse(wanted.deadline);
  // A leap second is a time for the schema, and none for a clock.
  if (deadline !== null && !(deadline > now)) throw new TaskwireError("request_invalid", "The deadline is over already; expected a time to come.", { path: "deadline" });
  return {
    maxAttempts: wanted.max_attempts ?? limits.workAttempts,
    leaseMs: wanted.lease_seconds === undefined ? limits.leaseMs : wanted.lease_seconds * 1_000,
    priority: wanted.priority === "high" || wanted.priority === "low" ? wanted.priority : "normal",
    notBefore: wanted.delay_seconds ? now + wanted.delay_seconds * 1_000 : 0,
    deadline,
  };
}

/** Adds `POST /v1/tasks`, `GET /v1/tasks` and `GET /v1/tasks/{id}`. */
export function addTasks(app: App, deps: AppDeps): void {
  addCreate(app, deps);
  addList(app, deps);
  addRead(app, deps);
}

function addCreate(app: App, deps: AppDeps): void {
  const { limits, writer, auth, admission, environment } = deps;
  endpoint(app, {
    method: "post",
    path: "/v1/tasks",
    summary: "Create a task",
    description: "With `Idempotency-Key` a repeat is answered with the first one's task (200), the same key with another body is refused.",
    tags: ["tasks"],
    auth,
    headers: IDENTITY_HEADERS.pick({ "idempotency-key": true }),
    body: { "application/json": createTaskRequest },
    responses: {
      201: { description: "Created", content: { "application/json": { schema: createTaskResponse } } },
      200: { description: "Created before, by an earlier try of the same request", content: { "application/json": { schema: createTaskResponse } } },
    },
  }, async (c, { who }) => {
    const request = c.req.raw;
    bodyKind(request, ["json"]);
    const key = idempotencyKey(request.headers);
    const bytes = await readBody(request, limits.requestBytes);
    const wanted = judged(createTaskRequest, parseJson(bytes), ID_FIELDS);
    if (wanted.task_id !== undefined) needScope(who, "task_id");
    if (wanted.owner !== undefined && wanted.owner !== who.user) needScope(who, "owner");
    const work = termsOf(wanted, limits, environment.clock.now());
    mustHaveRoom(deps, wanted.owner ?? who.user);
    const made = await writer.create({
      taskId: wanted.task_id ?? null,
      owner: wanted.owner ?? who.user,
      creator: wanted.owner === undefined || wanted.owner === who.user ? null : who.user,
      kind: wanted.kind,
      title: wanted.title,
      input: wanted.input,
      conversation: wanted.conversation_id,
      access: wanted.access ?? "owner",
      actor: actorOf(who),
      retryOf: wanted.retry_of,
      identity: key === null ? null : { kind: "key", key, digest: await sha256(bytes) },
      work,
      position: work === null ? undefined : await admission.admit(wanted.kind),
      idleMs: wanted.idle_seconds === undefined ? undefined : wanted.idle_seconds * 1_000,
    });
    const body = { task_id: made.taskId, first_seq: made.firstSeq, last_seq: made.lastSeq, cursor: made.cursor, duplicate: made.duplicate };
    return c.json(body, made.duplicate ? 200 : 201, { location: `/v1/tasks/${made.taskId}` });
  });
}

function addList(app: App, { index, limits, auth }: AppDeps): void {
  endpoint(app, {
    method: "get",
    watching: true,
    path: "/v1/tasks",
    summary: "List my tasks, newest change first",
    tags: ["tasks"],
    auth,
    query: z.object({
      status: text("Only tasks of this status").optional(),
      conversation_id: TASK_ID.describe("Only tasks of this conversation").optional(),
      limit: whole(1, limits.pageTasks, "How many at most").optional(),
      before: text("`next` of the page before").optional(),
    }),
    responses: { 200: { description: "A page", content: { "application/json": { schema: taskPage } } } },
  }, async (c, { query, who }) => {
    const { watch } = who;
    const where = watch ? (task: TaskSummary): boolean => coversTask(watch.words, who.user, task) : undefined;
    const { tasks, next } = await index.list(who.user, { status: query.status, conversation: query.conversation_id, where, before: query.before, limit: query.limit ?? limits.pageTasksDefault });
    return c.json({ tasks: tasks.map(wireSummary), next });
  });
}

function addRead(app: App, deps: AppDeps): void {
  const { hub, limits, auth } = deps;
  const schema = z.looseObject({ task: taskSummary, cursor: z.string(), snapshot: z.looseObject({ status: z.string(), as_of_seq: z.int() }) });
  endpoint(app, {
    method: "get",
    path: "/v1/tasks/{task_id}",
    watching: true,
    summary: "One task: its state folded from all its events",
    description: "`snapshot` is the data of a `task.snapshot`; `cursor` is the position after it: watch from there.",
    tags: ["tasks"],
    auth,
    params: z.object({ task_id: TASK_ID }),
    responses: { 200: { description: "The task", content: { "application/json": { schema } } } },
  }, async (c, { params, who }) => {
    const facts = await watchable(deps, who, params.task_id);
    const found = await hub.view(params.task_id);
    if (found === null) throw unknownTask(params.task_id);
    const { view, cursor } = found;
    if (view.status === "deleted") throw deletedTask(params.task_id);
    const { title, message, created_at, updated_at, ended_at, retry_of } = view.facts;
    const retried = TERMINAL_STATUSES.has(view.status) ? await retriedBy(deps.keys, params.task_id) : null;
    const percent = percentOf(view.progress);
    const task = {
      task_id: facts.taskId,
      kind: facts.kind,
      title,
      status: view.status,
      ...(percent === null ? {} : { percent }),
      stage: view.progress.stage,
      message,
      ...(facts.conversation === null ? {} : { conversation_id: facts.conversation }),
      access: facts.access,
      attempt: facts.attempt,
      created_at,
      updated_at,
      ended_at,
      retry_of,
      ...(retried === null ? {} : { retried_by: retried }),
      last_seq: view.seq,
    };
    return c.json({ task, cursor, snapshot: snapshotOf(view, limits.snapshotBytes) } as object);
  });
}
