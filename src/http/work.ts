/** Work for workers: lease a task, keep the lease, give it back, or say that the attempt has failed. */
import { z } from "@hono/zod-openapi";
import { attemptEnd, attemptFailure, leaseRequest, leaseResponse, leaseStanding } from "../../generated/typescript/validators.ts";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { ExpectedLease, Leased } from "../work/leases.ts";
import { bodyKind, judged, parseJson, readBody, readJson } from "./body.ts";
import { type AppDeps, actorOf } from "./deps.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { createdWith } from "./found.ts";
import { LEASE_HEADER, LEASE_HEADER_REQUIRED, type LeaseClaims, type LeaseTokens } from "./lease-token.ts";
import { TASK_ID, whole } from "./query.ts";

const PARAMS = z.object({ task_id: TASK_ID });

/** Adds `/v1/work/{kind}/lease` and `/v1/tasks/{task_id}/lease/…`. */
export function addWork(app: App, deps: AppDeps): void {
  addTake(app, deps);
  addKeep(app, deps);
  addRelease(app, deps);
  addFail(app, deps);
}

/** Who may lease tasks of a kind. Throws `scope_missing`. */
function mayWork(who: Identity, kind: string): void {
  if (who.scopes.has("admin") || (who.scopes.has("work") && (who.kinds === null || who.kinds.has(kind)))) return;
  throw new TaskwireError("scope_missing", who.scopes.has("work") ? `The token may not lease tasks of the kind ${kind}.` : "Leasing tasks needs a token with the scope work.", { scope: "work", path: "kind" });
}

function addTake(app: App, deps: AppDeps): void {
  const { limits, auth, leases, admission } = deps;
  endpoint(app, {
    method: "post",
    path: "/v1/work/{kind}/lease",
    summary: "Take tasks of a kind to work on",
    description: "Waits up to `wait` seconds for the first, and answers up to `max`; an empty list where none came. Each has begun (`task.started`) when it is answered. Publishing or a heartbeat keeps the lease.",
    tags: ["work"],
    auth,
    params: z.object({ kind: TASK_ID }),
    query: z.object({
      wait: whole(0, limits.longPollSeconds, "Seconds to wait for the first").optional(),
      max: whole(1, limits.leasesAtOnce, "How many at most").optional(),
    }),
    body: { "application/json": leaseRequest },
    bodyOptional: true,
    responses: { 200: { description: "What was given out", content: { "application/json": { schema: leaseResponse } } } },
  }, async (c, { params, query, who }) => {
    mayWork(who, params.kind);
    admission.mustBeKnown(params.kind);
    const { worker_id: workerId = null } = judged(leaseRequest, await optionalBody(c, limits.requestBytes));
    const signed = signatures(deps.leaseTokens, who);
    const taken = await leases.take({
      kind: params.kind, user: who.user, workerId, actor: actorOf(who), max: query.max ?? 1, waitMs: (query.wait ?? 0) * 1_000, signal: c.req.raw.signal, expected: (lease) => void signed(lease),
    });
    // Nobody is there any more to work: others need not wait until the lease lapses.
    if (c.req.raw.signal.aborted) await Promise.all(taken.map(({ taskId, attempt }) => leases.release({ taskId, attempt }).catch(() => null)));
    return c.json({ leases: await Promise.all(taken.map((leased) => wireLease(deps, leased, signed))) }, 200, NO_STORE);
  });
}

type Signed = (lease: ExpectedLease) => Promise<string>;

/** Leases as they are shown, each signed once: what is expected is signed while the log is waited for. */
function signatures(leaseTokens: LeaseTokens, { user }: Identity): Signed {
  const made = new Map<string, Promise<string>>();
  return ({ taskId, attempt, leaseMs }) => {
    const name = `${taskId}/${attempt}/${leaseMs}`;
    const known = made.get(name) ?? leaseTokens.issue({ taskId, attempt, user, leaseMs });
    made.set(name, known);
    // Whether it failed is told to who asks for it when the lease is given.
    known.catch(() => made.delete(name));
    return known;
  };
}

/** A lease as it travels, with what the task was created with. */
async function wireLease({ writer }: AppDeps, { taskId, attempt, state, cursor, lastSeq }: Leased, signed: Signed): Promise<Record<string, unknown>> {
  const leaseMs = state.work?.leaseMs ?? 0;
  const [created, token] = await Promise.all([createdWith({ writer }, taskId), signed({ taskId, attempt, leaseMs })]);
  const input = created?.input;
  return {
    task_id: taskId,
    kind: state.kind,
    attempt,
    max_attempts: state.work?.maxAttempts ?? 1,
    lease: token,
    lease_ms: leaseMs,
    ...(state.title === null ? {} : { title: state.title }),
    ...(input === undefined ? {} : { input }),
    ...(state.conversation === null ? {} : { conversation_id: state.conversation }),
    owner: state.owner,
    ...(state.work?.deadline == null ? {} : { deadline: new Date(state.work.deadline).toISOString() }),
    cursor,
    last_seq: lastSeq,
  };
}

/** The lease that the request shows. Throws `lease_invalid`. */
function shownLease({ leaseTokens }: AppDeps, c: RouteContext, taskId: string, who: Identity): Promise<LeaseClaims> {
  const token = c.req.raw.headers.get(LEASE_HEADER);
  if (token === null) throw new TaskwireError("lease_invalid", "The request shows no lease; expected it in the header Taskwire-Lease.", { path: "Taskwire-Lease" });
  return leaseTokens.read(token, taskId, who);
}

function addKeep(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/lease/heartbeat",
    summary: "Say that the work goes on",
    description: "Needed only where nothing is published for long: every append is a sign of life.",
    tags: ["work"],
    auth: deps.auth,
    params: PARAMS,
    headers: LEASE_HEADER_REQUIRED,
    responses: { 200: { description: "The lease holds", content: { "application/json": { schema: leaseStanding } } } },
  }, async (c, { params, who }) => {
    const held = await shownLease(deps, c, params.task_id, who);
    const leaseMs = await deps.leases.keep(held);
    return c.json({ task_id: held.taskId, attempt: held.attempt, lease_ms: leaseMs }, 200, NO_STORE);
  });
}

function addRelease(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/lease/release",
    summary: "Give the task back unfinished",
    description: "Another worker gets it at once; the attempt does not count.",
    tags: ["work"],
    auth: deps.auth,
    params: PARAMS,
    headers: LEASE_HEADER_REQUIRED,
    responses: { 200: { description: "The lease is over", content: { "application/json": { schema: attemptEnd } } } },
  }, async (c, { params, who }) => {
    const held = await shownLease(deps, c, params.task_id, who);
    return c.json({ task_id: held.taskId, ...(await deps.leases.release(held)) }, 200, NO_STORE);
  });
}

function addFail(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "post",
    path: "/v1/tasks/{task_id}/lease/fail",
    summary: "Say that this attempt has failed",
    description: "Where `error.retryable` and an attempt is left the task waits for the next one (`task.retrying`), else it has failed.",
    tags: ["work"],
    auth: deps.auth,
    params: PARAMS,
    headers: LEASE_HEADER_REQUIRED,
    body: { "application/json": attemptFailure },
    responses: { 200: { description: "The lease is over", content: { "application/json": { schema: attemptEnd } } } },
  }, async (c, { params, who }) => {
    const held = await shownLease(deps, c, params.task_id, who);
    const { error, delay_seconds: delay = 0, user_message: message = null } = judged(attemptFailure, await readJson(c.req.raw, deps.limits.requestBytes));
    return c.json({ task_id: held.taskId, ...(await deps.leases.fail(held, { ...error, retryable: error.retryable === true }, delay * 1_000, message)) }, 200, NO_STORE);
  });
}

/** A body that may be left out. */
async function optionalBody(c: RouteContext, limit: number): Promise<unknown> {
  const bytes = await readBody(c.req.raw, limit);
  if (bytes.byteLength === 0) return {};
  bodyKind(c.req.raw, ["json"]);
  return parseJson(bytes);
}
