/** Sets of tasks, and the worker's side: what runs on for long and tells as it goes. See test/conformance/README.md. */
import type { Client, ConnectionState, FollowSetOptions, SetItem, TaskSet, TaskwireError, WorkTask } from "../src/client.ts";
import type { Command } from "./command.ts";
import { type Call, playCalls } from "./produce.ts";

/** What has a name, outputs of its own, and may be cancelled. */
export interface Run {
  readonly signal: AbortSignal;
  say(output: Readonly<Record<string, unknown>>): void;
  /** Tells an error. */
  failed(thrown: unknown): void;
  onState(state: Pick<ConnectionState, "phase" | "transport" | "error">): void;
  /** One item was told; resolves when the consumer may take another. */
  taken(): Promise<void>;
}

function wordsOf({ scope, task, conversation }: { readonly scope?: "mine"; readonly task?: readonly string[]; readonly conversation?: readonly string[] }): TaskSet {
  return { ...(scope && { scope }), ...(task && { task_ids: task }), ...(conversation?.[0] !== undefined && { conversation_id: conversation[0] }) };
}

function toldItem(item: SetItem): Record<string, unknown> {
  const { kind: is, position } = item;
  switch (item.kind) {
    case "event":
      return { is, event: item.event, position };
    case "joined":
    case "left":
      return { is, task_id: item.taskId, reason: item.reason, summary: item.summary, position };
    case "gap":
      return { is, task_id: item.taskId, requested: item.gap.requested, earliest: item.gap.earliest, reason: item.gap.reason, position };
    case "refused":
      return { is, task_id: item.taskId, code: item.error.code, position };
    case "caught_up":
      return { is, position };
  }
}

/** Follows a set and tells its items. */
export async function followSet(client: Client, { set, after, replay }: Command, { signal, say, failed, onState, taken }: Run): Promise<void> {
  const how = { signal, onState, ...(after ? { after: after as string } : {}), ...(replay ? { replay: replay as "full" } : {}) } satisfies FollowSetOptions;
  try {
    for await (const item of client.followSet(wordsOf(set as object), how)) {
      say(toldItem(item));
      await taken();
    }
  } catch (thrown) {
    failed(thrown);
  }
  say({ is: "ended" });
}

interface WorkWords {
  readonly worker_id?: string;
  readonly concurrency?: number;
  readonly wait_seconds?: number;
  readonly grace_ms?: number;
  readonly retry_delay_seconds?: number;
}

/** The calls that only a task at work has. Answers whether it was one. */
async function ofWork(task: WorkTask, { call, options = {} }: Call, say: Run["say"]): Promise<boolean> {
  switch (call) {
    case "pause_point":
      await task.pausePoint();
      return true;
    case "until_canceled":
      if (!task.signal.aborted) await new Promise((resolve) => task.signal.addEventListener("abort", resolve, { once: true }));
      throw task.signal.reason;
    case "ask": {
      const { outcome, response } = await task.ask(options as { prompt: string });
      say({ is: "answered", outcome, response });
      return true;
    }
    default:
      return false;
  }
}

/** Works on tasks of a kind, playing the calls for each. */
export async function work(client: Client, { kind, options = {}, calls = [] }: Command, { signal, say, failed }: Run, { publish_delay_ms: joinMs }: Readonly<Record<string, number | undefined>>): Promise<void> {
  const { worker_id: workerId, concurrency, wait_seconds: waitSeconds, grace_ms: graceMs, retry_delay_seconds: retryDelaySeconds } = options as WorkWords;
  const how = Object.fromEntries(Object.entries({ workerId, concurrency, waitSeconds, graceMs, retryDelaySeconds, joinMs }).filter(([, value]) => value !== undefined));
  const handler = async (task: WorkTask): Promise<void> => {
    say({ is: "leased", task_id: task.taskId, attempt: task.lease.attempt });
    task.onCommand(({ command, commandId, data }) => say({ is: "command", command, command_id: commandId, data }));
    task.onMessage(({ text }) => say({ is: "message", text }));
    const worked = (reason: unknown): void => say({ is: "worked", task_id: task.taskId, code: codeOf(reason) });
    try {
      await playCalls(task, calls as Call[], (one) => ofWork(task, one, say));
      worked(task.signal.aborted ? task.signal.reason : null);
    } catch (thrown) {
      worked(thrown);
      throw thrown;
    }
  };
  try {
    await client.work(kind as string, handler, { ...how, signal });
  } catch (thrown) {
    failed(thrown);
  }
  say({ is: "ended" });
}

function codeOf(reason: unknown): string | null {
  return reason === null ? null : ((reason as Partial<TaskwireError>).code ?? "worker_error");
}
