/**
 * A worker as a process of its own, over plain HTTP, with nothing of our client in it: leases, publishes under its lease, completes.
 * What fails for a while it tries again under the same identity; it may be killed at any moment. Told by its environment: TASKWIRE_URLS,
 * TASKWIRE_TOKEN, WORK_KIND. Each completion that was acknowledged is a line on stdout.
 */
import { pause } from "../support/until.ts";

const urls = (process.env.TASKWIRE_URLS ?? "").split(",");
const kind = process.env.WORK_KIND ?? "";
const headers = { authorization: `Bearer ${process.env.TASKWIRE_TOKEN}`, "content-type": "application/json" };
/** A request is given up after this; the service answers sooner. Milliseconds. */
const REQUEST_MS = 15_000;
const EVENTS = 3;
/** What is worked between two events at most. Milliseconds. */
const STEP_MS = 200;

interface Lease {
  readonly task_id: string;
  readonly attempt: number;
  readonly lease: string;
}

/** Asks instances until one has answered for good. */
async function insist(path: string, body: unknown, more: Record<string, string> = {}): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
  for (let tries = 0; ; tries += 1) {
    try {
      const url = urls[Math.floor(Math.random() * urls.length)] ?? "";
      const answer = await fetch(`${url}${path}`, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body), signal: AbortSignal.timeout(REQUEST_MS) });
      const json = (await answer.json()) as Record<string, unknown>;
      if (answer.status < 500 && answer.status !== 429) return { status: answer.status, json };
    } catch {
      // Nobody is there, or the answer was cut: it may have been done, so the same is sent again.
    }
    await pause(20 + Math.random() * 200);
  }
}

async function labour({ task_id, attempt, lease }: Lease): Promise<void> {
  const publish = (event: object): ReturnType<typeof insist> => insist(`/v1/tasks/${task_id}/events`, event, { "taskwire-lease": lease, "idempotency-key": crypto.randomUUID() });
  for (let at = 0; at < EVENTS; at += 1) {
    await pause(Math.random() * STEP_MS);
    const { status } = await publish({ type: "log.line", data: { level: "info", text: "at work", made_in: attempt } });
    if (status !== 200) return;
  }
  const { status } = await publish({ type: "task.completed", data: { result: { attempt, worker: process.pid } } });
  if (status === 200) process.stdout.write(`${task_id}\n`);
}

for (;;) {
  const { json } = await insist(`/v1/work/${kind}/lease?wait=5&max=4`, { worker_id: `pid-${process.pid}` });
  await Promise.all(((json.leases ?? []) as Lease[]).map(labour));
}
