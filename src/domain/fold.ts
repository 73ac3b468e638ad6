/**
 * A task's state as people see it, folded from its events. Browsers use this file too: no dependency, no cleverness.
 * The same reducer reads full history, compacted history and snapshots.
 */

/** The least that folding needs of an event, stored or compacted. */
export interface FoldEvent {
  readonly type: string;
  readonly seq: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly time?: string;
  readonly [field: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
export type ItemStatus = "running" | "completed" | "failed" | "skipped" | "retrying" | "interrupted" | "open" | "resolved";

/** What is told of how far something is. `percent` counts where it is given; else `current` of `total`. */
export interface ProgressView extends Fields {
  readonly percent?: number;
  readonly current?: number;
  readonly total?: number;
}

export interface StepView extends Fields { readonly step_id: string; readonly status: ItemStatus; readonly percent?: number }
export interface MessageView extends Fields { readonly message_id: string; readonly status: ItemStatus; readonly text: string }
export interface ReasoningView extends Fields { readonly reasoning_id: string; readonly status: ItemStatus; readonly text: string }
export interface ToolView extends Fields { readonly tool_call_id: string; readonly status: ItemStatus; readonly output_text: string }
export interface InputView extends Fields { readonly request_id: string; readonly status: ItemStatus }
export interface ArtifactView extends Fields { readonly artifact_id: string }

/** Items stand in order of their first appearance, by id. They are replaced when they change, never altered. */
export interface TaskView {
  taskId: string | null;
  /** The seq of the last event folded: how many there are. */
  seq: number;
  status: string;
  attempt: number;
  kind: string | null;
  title: string | null;
  conversation: string | null;
  progress: ProgressView | null;
  steps: Map<string, StepView>;
  messages: Map<string, MessageView>;
  reasonings: Map<string, ReasoningView>;
  tools: Map<string, ToolView>;
  inputs: Map<string, InputView>;
  artifacts: Map<string, ArtifactView>;
  plan: Fields | null;
  metrics: Record<string, number>;
  result: Fields | null;
  error: Fields | null;
  createdAt: string | null;
  updatedAt: string | null;
  endedAt: string | null;
  /** Lines of log, and events of types that this reducer does not know. */
  logLines: number;
  unknown: number;
}

/** The view before the first event. */
export function emptyView(): TaskView {
  throw new Error("under construction");
}

/** Folds one event in. The view is the caller's to give away: it is altered and returned. Events up to `view.seq` change nothing. */
export function fold(_view: TaskView, _event: FoldEvent): TaskView {
  throw new Error("under construction");
}

/** The data of a `task.snapshot`: the view as plain JSON of at most `maxBytes`; texts that were cut say `truncated`. */
export function snapshotOf(_view: TaskView, _maxBytes: number): Record<string, unknown> {
  throw new Error("under construction");
}
