/** What an orchestration client relies on in the frames of one task, written from its protocol alone. */
import type { Fields, Frame } from "../../src/dialects/port.ts";

export const TYPES: ReadonlySet<unknown> = new Set([
  "connected", "task_created", "intent_parsing_started", "intent_parsed", "agent_search_started", "agents_found", "planning_started", "plan_created",
  "execution_started", "step_started", "agent_thinking", "step_completed", "step_failed", "task_completed", "task_failed",
]);

const ENDS: ReadonlySet<unknown> = new Set(["task_completed", "task_failed"]);

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const isFilled = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

function stepOf(data: Fields): string | null {
  const { step_number: number, total_steps: total, progress, agent_name: agent, task_description: description } = data;
  if (!Number.isInteger(number) || !Number.isInteger(total) || Number(number) < 1 || Number(total) < Number(number)) return `step ${String(number)} of ${String(total)}`;
  if (progress !== Number(number) / Number(total)) return `a progress of ${String(progress)} at step ${String(number)} of ${String(total)}`;
  return isFilled(agent) && isFilled(description) ? null : "a step without agent or description";
}

/** What is wrong with a frame by itself. */
export function shapeOf(frame: Frame): string | null {
  if (typeof frame === "string") return "a bare text";
  const { type, task_id: taskId, message, data, timestamp } = frame;
  if (Object.keys(frame).sort().join() !== "data,message,task_id,timestamp,type") return `the fields ${Object.keys(frame).join()}`;
  if (!TYPES.has(type)) return `the unknown type ${String(type)}`;
  if (typeof taskId !== "string") return "no task_id";
  if (!isFilled(message)) return `${String(type)} without a message`;
  if (!isFields(data)) return `${String(type)} without data`;
  if (typeof timestamp !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(timestamp)) return `the timestamp ${String(timestamp)}`;
  return String(type).startsWith("step_") ? stepOf(data) : null;
}

/** Why the frames of one task are not what a client can read; null: they are. */
export function legal(frames: readonly unknown[]): string | null {
  let percent = 0;
  for (const [at, frame] of frames.entries()) {
    const wrong = shapeOf(frame as Frame);
    if (wrong !== null) return `${wrong}, at ${at}`;
    const { type, data } = frame as { readonly type: string; readonly data: Fields };
    if (ENDS.has(type) && at < frames.length - 1) return `something behind the end, at ${at + 1}`;
    if ((type === "task_created") !== (at === 0)) return `${type} at ${at}`;
    const told = typeof data.percent === "number" ? data.percent : percent;
    if (told < percent || told > 100) return `${told} % behind ${percent} %, at ${at}`;
    percent = told;
  }
  return null;
}

/** How many frames say that the task is over. */
export function ends(frames: readonly unknown[]): number {
  return frames.filter((frame) => ENDS.has((frame as { readonly type?: unknown }).type)).length;
}
