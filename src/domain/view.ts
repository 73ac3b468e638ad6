/** A task as people see it. Names are those of `task.snapshot`; what has an id stands in a map, in order of first appearance. */
import { statusOf } from "./phase.ts";
import type { Phase } from "./phase.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What is told of how far something is. `percent` is there wherever it can be known. */
export interface ProgressView extends Fields {
  readonly percent?: number;
  readonly current?: number;
  readonly total?: number;
  readonly stage?: string;
  readonly message?: string;
}

/** `status` of all items: `running` or `open` until they end; `closed` where their task or its attempt ended first. */
interface Item extends Fields {
  readonly status: string;
}
export interface StepView extends Item {
  readonly step_id: string;
  readonly percent?: number;
}
export interface MessageView extends Item {
  readonly message_id: string;
  readonly content: string;
}
export interface ReasoningView extends Item {
  readonly reasoning_id: string;
  readonly content: string;
}
export interface ToolView extends Item {
  readonly tool_call_id: string;
  readonly percent?: number;
  readonly output_text?: string;
}
export interface InputView extends Item {
  readonly request_id: string;
}
export interface CommandView extends Item {
  readonly command_id: string;
}

/** Items are replaced when they change, never altered, so that a screen can compare them by identity. */
export interface TaskView {
  /** The last event folded, which is also how many there are. */
  seq: number;
  task_id: string | null;
  /** The status without regard to open inputs. */
  phase: Phase;
  status: string;
  /** Which try of the task; 0 before the first. */
  attempt: number;
  /** Single facts under the names of `task.snapshot`: `kind`, `title`, `input`, `result`, `error`, `created_at` … */
  facts: Record<string, unknown>;
  progress: ProgressView;
  steps: Map<string, StepView>;
  messages: Map<string, MessageView>;
  reasonings: Map<string, ReasoningView>;
  tools: Map<string, ToolView>;
  inputs: Map<string, InputView>;
  artifacts: Map<string, Fields>;
  quality: Map<string, Fields>;
  commands: Map<string, CommandView>;
  metrics: Map<string, number>;
  /** Ids of input requests that are open. */
  waiting_for: Set<string>;
  /** Lines of log, and events of types that this reducer does not know: counted, not kept. */
  log_lines: number;
  unknown: number;
  /** True where a snapshot that this view was made from had been cut. */
  truncated: boolean;
}

/** The view before the first event. */
export function emptyView(): TaskView {
  return {
    seq: 0, task_id: null, phase: "queued", status: "queued", attempt: 0, facts: {}, progress: {},
    steps: new Map(), messages: new Map(), reasonings: new Map(), tools: new Map(), inputs: new Map(),
    artifacts: new Map(), quality: new Map(), commands: new Map(), metrics: new Map(), waiting_for: new Set(),
    log_lines: 0, unknown: 0, truncated: false,
  };
}

/** The name of a check among the quality checks: the last of each counts. */
export function checkKey(data: Fields): string {
  return `${String(data.step_id ?? "")}\n${String(data.check)}`;
}

/** The lists of a snapshot, and how the items of each are named. */
const LISTS = {
  steps: (item: Fields) => String(item.step_id),
  messages: (item: Fields) => String(item.message_id),
  reasonings: (item: Fields) => String(item.reasoning_id),
  tools: (item: Fields) => String(item.tool_call_id),
  inputs: (item: Fields) => String(item.request_id),
  artifacts: (item: Fields) => String(item.artifact_id),
  quality: checkKey,
  commands: (item: Fields) => String(item.command_id),
} as const;

export type ListName = keyof typeof LISTS;
export const LIST_NAMES = Object.keys(LISTS) as ListName[];

/** Fields of a snapshot that are not single facts. */
const APART = new Set<string>([...LIST_NAMES, "status", "phase", "as_of_seq", "attempt", "progress", "metrics", "log_lines", "unknown", "truncated"]);

/** The view that a `task.snapshot`'s data tells of. */
export function viewOf(taskId: string | null, data: Fields): TaskView {
  const view = emptyView();
  view.task_id = taskId;
  view.seq = count(data.as_of_seq);
  view.attempt = count(data.attempt);
  view.log_lines = count(data.log_lines);
  view.unknown = count(data.unknown);
  view.truncated = data.truncated === true;
  view.facts = Object.fromEntries(Object.entries(data).filter(([name]) => !APART.has(name)));
  view.progress = (data.progress ?? {}) as ProgressView;
  view.metrics = new Map(Object.entries((data.metrics ?? {}) as Record<string, number>));
  for (const name of LIST_NAMES) {
    const list = view[name] as Map<string, Fields>;
    for (const item of items(data[name])) list.set(LISTS[name](item), item);
  }
  for (const [id, input] of view.inputs) if (input.status === "open") view.waiting_for.add(id);
  view.phase = (data.status === "waiting" ? "running" : String(data.status)) as Phase;
  view.status = statusOf(view.phase, view.waiting_for.size > 0);
  return view;
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function items(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}
