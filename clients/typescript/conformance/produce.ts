/** A producer that does what a case lists, call by call. */
import type { CreateTaskRequest } from "../../../generated/typescript/types.ts";
import type { Client, MessageProducer, StepProducer, TaskProducer, ToolProducer } from "../src/client.ts";
import type { Command } from "./command.ts";

export interface Call {
  readonly call: string;
  readonly as?: string;
  readonly of?: string;
  readonly name?: string;
  readonly text?: string;
  readonly level?: string;
  readonly percent?: number;
  readonly delta?: string;
  readonly type?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
  readonly will_retry?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly plan?: readonly PlannedStep[];
}
interface PlannedStep {
  readonly name: string;
  readonly progress?: readonly number[];
  readonly throws?: { readonly code: string; readonly message: string };
}

class Trouble extends Error {
  readonly code: string;
  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super(message);
    this.code = code;
  }
}

async function made(task: TaskProducer, { call, name = "", options = {} }: Call): Promise<StepProducer | ToolProducer | MessageProducer | null> {
  if (call === "step.start") return task.step(name, options);
  if (call === "tool.start") return task.tool(name, options);
  if (call === "message.start") return task.message(options);
  return call === "reasoning.start" ? task.reasoning(options) : null;
}

function ofTask(task: TaskProducer, one: Call): unknown {
  const { call, percent = 0, text = "", level, data = {}, type = "", options, error, reason, plan = [] } = one;
  switch (call) {
    case "progress":
      return task.progress(percent, options);
    case "log":
      return task.log(text, level);
    case "artifact":
      return task.artifact(data);
    case "metrics":
      return task.metrics(data as Record<string, number>);
    case "emit":
      return task.emit(type, data);
    case "completed":
      return task.completed(options);
    case "failed":
      return task.failed(error && new Trouble(error), options);
    case "canceled":
      return task.canceled(reason);
    case "flush":
      return task.flush();
    case "throw":
      throw new Trouble({ code: one.code ?? "", message: one.message ?? "" });
    case "run":
      return task.run(plan.map(({ name, progress, throws }) => ({ name, ...(progress || throws ? { run: (step: StepProducer) => planned(step, progress ?? [], throws) } : {}) })));
    default:
      throw new Error(`"${call}" is no call of a producer`);
  }
}

async function planned(step: StepProducer, progress: readonly number[], throws: PlannedStep["throws"]): Promise<void> {
  for (const percent of progress) await step.progress(percent);
  if (throws) throw new Trouble(throws);
}

function ofPart(part: StepProducer & ToolProducer & MessageProducer, { call, percent = 0, options, error, will_retry, delta = "", text = "" }: Call): unknown {
  switch (call.split(".")[1]) {
    case "progress":
      return part.progress(percent, options);
    case "completed":
      return part.completed(options);
    case "failed":
      return part.failed(error && new Trouble(error), will_retry);
    case "delta":
      return part.delta(delta);
    default:
      return part.output(text);
  }
}

/** Plays calls one after another; `other` knows those that are no calls of a producer, and answers whether it did one. */
export async function playCalls(task: TaskProducer, calls: readonly Call[], other: (one: Call) => Promise<boolean> = async () => false): Promise<void> {
  const parts = new Map<string, unknown>();
  for (const one of calls) {
    if (await other(one)) continue;
    const part = await made(task, one);
    if (part) parts.set(one.as ?? "", part);
    else if (one.of !== undefined) await ofPart(parts.get(one.of) as StepProducer & ToolProducer & MessageProducer, one);
    else await ofTask(task, one);
  }
}

/** Plays the calls inside a producer's context. */
export async function produce(client: Client, { task, calls }: Command, settings: Readonly<Record<string, number | undefined>>): Promise<unknown> {
  let taskId = "";
  const joinMs = settings.publish_delay_ms;
  await client.produce(task as CreateTaskRequest, async (producer) => {
    taskId = producer.taskId;
    await playCalls(producer, calls as Call[]);
  }, joinMs === undefined ? {} : { joinMs });
  return { task_id: taskId };
}
