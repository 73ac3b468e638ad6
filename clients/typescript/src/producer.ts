/** A task's producer: helpers for what a worker tells, and a lifecycle that tells itself. */
import type { CreateTaskResponse, EventDraft } from "../../../generated/typescript/types.ts";
import type { LogHook } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import { createDeltas } from "./deltas.ts";
import { isTerminal } from "./frames.ts";
import { createMessage, createStep, createTool, type Emit, type Fields, type Kept, type MessageProducer, type StepProducer, type ToolProducer, troubleOf, within } from "./producer-parts.ts";
import type { Publisher, PublisherOptions } from "./publisher.ts";
import type { Timing } from "./timing.ts";

export interface ProduceOptions extends PublisherOptions {
  /** How long pieces of text wait to be joined. Milliseconds; 30 by default. */
  readonly joinMs?: number;
}

/** One step of a plan. */
export interface PlanStep extends Fields {
  readonly name: string;
  readonly run?: (step: StepProducer) => unknown;
}

/**
 * What a worker has of its task. Every call may be awaited: it then waits where too much is on its way, and throws where
 * nothing more can be published; who does not await learns of that when the producer is left.
 */
export interface TaskProducer {
  readonly taskId: string;
  /** Any event of the catalogue, or `x.<vendor>.<name>`. */
  emit(type: string, data?: Fields, envelope?: Fields): Promise<void>;
  progress(percent: number, fields?: Fields): Promise<void>;
  log(text: string, level?: string, fields?: Fields): Promise<void>;
  artifact(fields: Fields): Promise<void>;
  metrics(values: Readonly<Record<string, number>>): Promise<void>;
  /** A step that is completed or failed by hand; with `work` by itself, when that has ended. */
  step(name: string, fields?: Fields): StepProducer;
  step<Result>(name: string, fields: Fields, work: (step: StepProducer) => Result | Promise<Result>): Promise<Result>;
  tool(name: string, fields?: Fields): ToolProducer;
  tool<Result>(name: string, fields: Fields, work: (tool: ToolProducer) => Result | Promise<Result>): Promise<Result>;
  message(fields?: Fields): MessageProducer;
  message<Result>(fields: Fields, work: (message: MessageProducer) => Result | Promise<Result>): Promise<Result>;
  reasoning(fields?: Fields): MessageProducer;
  reasoning<Result>(fields: Fields, work: (reasoning: MessageProducer) => Result | Promise<Result>): Promise<Result>;
  /** Runs steps one after another and tells of each its start, what it reports, and its end. */
  run(plan: readonly PlanStep[]): Promise<void>;
  completed(fields?: Fields): Promise<void>;
  failed(error: unknown, fields?: Fields): Promise<void>;
  canceled(reason?: string): Promise<void>;
  /** Resolves when everything so far is in the log. */
  flush(): Promise<void>;
}

interface Surroundings {
  readonly create: () => Promise<CreateTaskResponse>;
  readonly publisher: (taskId: string, options?: PublisherOptions) => Publisher;
  readonly timing: Timing;
  readonly log: LogHook;
}

/** Creates a task, runs `work` as its producer, tells the end, and waits until all is in the log. Passes on what `work` answers or throws. */
export async function produceTask<Result>({ create, publisher, timing, log }: Surroundings, work: (task: TaskProducer) => Result | Promise<Result>, options: ProduceOptions): Promise<Result> {
  const { task_id: taskId } = await create();
  const refused = (event: string, error: TaskwireError): void => {
    log({ event: "event_refused", code: error.code });
    options.onRefused?.(event, error);
  };
  const { joinMs = 30 } = options;
  const events = publisher(taskId, { delayMs: joinMs, ...options, onRefused: refused });
  const producer = createProducer(taskId, events, timing, joinMs);
  void producer.task.emit("task.started", { attempt: 1 });
  try {
    const result = await work(producer.task);
    await producer.settled();
    if (!producer.over) void producer.task.completed();
    await producer.task.flush();
    return result;
  } catch (thrown) {
    await producer.settled();
    if (!producer.over) void producer.task.failed(thrown);
    // What was thrown counts; that its telling failed too does not hide it.
    await producer.task.flush().catch((error: unknown) => log({ event: "end_untold", code: error instanceof TaskwireError ? error.code : "internal" }));
    throw thrown;
  }
}

export interface Produced {
  readonly task: TaskProducer;
  /** The task's end was told. */
  readonly over: boolean;
  /** Every call has put its event in. */
  settled(): Promise<unknown>;
}

/** The helpers for one task, over its publisher. */
export function createProducer(taskId: string, publisher: Publisher, timing: Timing, joinMs: number): Produced {
  const counts = new Map<string, number>();
  let over = false;
  /** Calls that have not yet put their event in: leaving waits for them. */
  const pending = new Set<Promise<unknown>>();

  const kept: Kept = (promise) => {
    pending.add(promise);
    promise.then(() => pending.delete(promise), () => pending.delete(promise));
    return promise;
  };
  const push = async (event: EventDraft): Promise<void> => {
    if (over) throw new TaskwireError("closed", { detail: `"${event.type}" came after the task's end.` });
    over = isTerminal(event.type);
    await publisher.push(event);
  };
  const deltas = createDeltas(timing, joinMs, (type, data) => kept(push({ type, data } as EventDraft)));
  const emit: Emit = (type, data = {}, envelope = {}) => {
    deltas.flush();
    return kept(push({ type, ...envelope, data } as EventDraft));
  };
  const id = (family: string, given: unknown): string => {
    if (typeof given === "string") return given;
    counts.set(family, (counts.get(family) ?? 0) + 1);
    return `${family}-${counts.get(family)}`;
  };

  const task = {
    taskId,
    emit,
    progress: (percent, fields) => emit("task.progress", { percent, ...fields }),
    log: (text, level = "info", fields) => emit("log.line", { level, text, ...fields }),
    artifact: (fields) => emit("artifact.created", { artifact_id: id("artifact", fields.artifact_id), ...fields }),
    metrics: (values) => emit("metrics.updated", { values }),
    step: (name: string, fields: Fields = {}, work?: (step: StepProducer) => unknown) => within(createStep(emit, id("step", fields.step_id), name, fields), work),
    tool: (name: string, fields: Fields = {}, work?: (tool: ToolProducer) => unknown) => within(createTool(emit, id("tool", fields.tool_call_id), name, fields), work),
    message: (fields: Fields = {}, work?: (message: MessageProducer) => unknown) => within(createMessage("message", emit, deltas, kept, id("message", fields.message_id), { role: "assistant", ...fields }), work),
    reasoning: (fields: Fields = {}, work?: (reasoning: MessageProducer) => unknown) => within(createMessage("reasoning", emit, deltas, kept, id("reasoning", fields.reasoning_id), fields), work),
    async run(plan) {
      for (const [at, { name, run, ...fields }] of plan.entries()) await task.step(name, { index: at + 1, total: plan.length, ...fields }, async (step) => await run?.(step));
    },
    completed: (fields) => emit("task.completed", fields),
    failed: (error, fields) => emit("task.failed", { error: troubleOf(error), ...fields }),
    canceled: (reason) => emit("task.canceled", reason === undefined ? {} : { reason }),
    async flush() {
      deltas.flush();
      const results = await Promise.allSettled([...pending]);
      await publisher.flush();
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    },
  } as TaskProducer;
  return {
    task,
    settled: () => Promise.allSettled([...pending]),
    get over() {
      return over;
    },
  };
}
