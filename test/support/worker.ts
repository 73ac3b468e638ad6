/** A worker over plain HTTP, for tests that look at the bare answers: leases, publishes under its lease, gives back. */
import { expect } from "bun:test";
import { type Answer, ask } from "./api.ts";

export interface Lease {
  readonly task_id: string;
  readonly attempt: number;
  readonly lease: string;
  readonly lease_ms: number;
  readonly input?: unknown;
  readonly [field: string]: unknown;
}

/** Creates a task that waits for a worker. */
export async function queueTask(url: string, token: string, body: Record<string, unknown> = {}): Promise<string> {
  const made = await ask(url, "/v1/tasks", { token, body: { kind: "test", queue: true, ...body } });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  return String(made.json.task_id);
}

/** Leases up to `max` tasks of a kind. */
export async function leaseAll(url: string, token: string, kind: string, { wait = 0, max = 1 }: { readonly wait?: number; readonly max?: number } = {}): Promise<readonly Lease[]> {
  const answer = await ask(url, `/v1/work/${kind}/lease?wait=${wait}&max=${max}`, { token, body: { worker_id: "w" } });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json.leases as Lease[];
}

/** Leases one task that must be there within `wait` seconds. */
export async function leaseOne(url: string, token: string, kind: string, wait = 10): Promise<Lease> {
  const [lease] = await leaseAll(url, token, kind, { wait });
  if (lease === undefined) throw new Error(`no task of the kind ${kind} came within ${wait} s`);
  return lease;
}

/** Something done under a lease: `events`, `lease/heartbeat`, `lease/release`, `lease/fail`. */
export function under(url: string, token: string, lease: Lease, path: string, body?: unknown): Promise<Answer> {
  return ask(url, `/v1/tasks/${lease.task_id}/${path}`, { token, method: "POST", headers: { "taskwire-lease": lease.lease }, ...(body === undefined ? {} : { body }) });
}

/** A command to a task. */
export function order(url: string, token: string, taskId: string, command: string, data?: Record<string, unknown>, commandId: string = crypto.randomUUID()): Promise<Answer> {
  return ask(url, `/v1/tasks/${taskId}/commands`, { token, body: { command_id: commandId, command, ...(data === undefined ? {} : { data }) } });
}

/** A task's events, first to last. */
export async function eventsOf(url: string, token: string, taskId: string): Promise<readonly { readonly type: string; readonly seq: number; readonly attempt?: number; readonly data: Record<string, unknown> }[]> {
  return (await ask(url, `/v1/tasks/${taskId}/events?limit=1000`, { token })).json.events as never;
}

/** The types of a task's events, places in the queue apart. */
export async function typesOf(url: string, token: string, taskId: string): Promise<readonly string[]> {
  const events = await eventsOf(url, token, taskId);
  return events.filter(({ type, seq }) => type !== "task.queued" || seq === 2).map(({ type }) => type);
}
