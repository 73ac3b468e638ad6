/**
 * A task's state as people see it, folded from its events. Full history, compacted history and snapshots are read by this
 * one reducer. Clients use it too: it needs nothing but the catalogue's tables.
 */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import { phaseAfter, statusOf } from "./phase.ts";
import { mergeProgress, percentOf, set } from "./progress.ts";
import { checkKey, emptyView, viewOf } from "./view.ts";
import type { Fields, TaskView } from "./view.ts";

export { emptyView } from "./view.ts";
export type { CommandView, InputView, MessageView, ProgressView, ReasoningView, StepView, TaskView, ToolView } from "./view.ts";
export { snapshotOf } from "./snapshot.ts";

/** The least that folding needs of an event, stored or compacted. */
export interface FoldEvent {
  readonly type: string;
  readonly task_id?: string;
  readonly seq: number;
  readonly data: object;
  readonly time?: string;
  readonly message?: string;
}

type Reducer = (view: TaskView, data: Fields, event: FoldEvent) => void;

/**
 * Folds one event in. The view is the caller's to give away: it is altered and returned, so that a task of any length is
 * folded in linear time. Events up to `view.seq` change nothing; a `task.snapshot` starts anew from what it tells.
 */
export function fold(view: TaskView, event: FoldEvent): TaskView {
  const data = event.data as Fields;
  if (event.type === "task.snapshot") return viewOf(event.task_id ?? view.task_id, data);
  if (event.seq <= view.seq) return view;
  view.seq = event.seq;
  view.task_id ??= event.task_id ?? null;
  if (event.time !== undefined) view.facts.updated_at = event.time;
  if (event.message !== undefined) view.facts.message = event.message;
  const facts = EVENT_FACTS.get(event.type);
  if (facts === undefined) view.unknown += 1;
  view.phase = phaseAfter(view.phase, event.type);
  if (view.phase === "running") view.attempt = Math.max(view.attempt, 1);
  if (facts?.closesAll) closeAll(view);
  REDUCERS.get(event.type)?.(view, data, event);
  if (facts?.terminal) view.facts.ended_at = event.time;
  view.status = statusOf(view.phase, view.waiting_for.size > 0);
  return view;
}

/** Copies fields as facts; those that are absent stay as they were. */
function keep(view: TaskView, data: Fields, names: readonly string[]): void {
  for (const name of names) if (data[name] !== undefined) view.facts[name] = data[name];
}

function raiseAttempt(view: TaskView, attempt: unknown): void {
  if (typeof attempt !== "number" || attempt <= view.attempt) return;
  if (view.attempt > 0) view.progress = {};
  view.attempt = attempt;
}

function closeAll(view: TaskView): void {
  for (const list of [view.steps, view.messages, view.reasonings, view.tools, view.inputs] as List[]) {
    for (const [id, item] of list) if (OPEN.has(String(item.status))) list.set(id, { ...item, status: "closed" });
  }
  view.waiting_for.clear();
}

type Item = Fields & { readonly status: string };

const OPEN = new Set(["open", "running", "retrying"]);

/** An item with what an event says of it. Its own word for `status` is kept as `outcome`. */
function withFields(item: Fields | undefined, data: Fields, status: string): Item {
  const next: Record<string, unknown> = { ...item };
  for (const name of Object.keys(data)) set(next, name === "status" ? "outcome" : name, data[name]);
  return { ...next, status };
}

/** A step's or tool's item after progress. What its units add up to is kept apart from a step's `total`, the number of steps. */
function withProgress(item: Fields | undefined, data: Fields, idField: string): Item {
  const { output_delta: piece, message, [idField]: id, ...amount } = data;
  const units = mergeProgress((item?.units ?? {}) as Fields, amount);
  const percent = percentOf(units);
  const next: Record<string, unknown> = { ...item, [idField]: id, units };
  delete next.percent;
  delete next.current;
  if (percent !== null) next.percent = percent;
  if (units.current !== undefined) next.current = units.current;
  if (message !== undefined) next.message = message;
  if (typeof piece === "string") next.output_text = textOf(item?.output_text) + piece;
  return { ...next, status: "running" };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const REDUCERS: ReadonlyMap<string, Reducer> = new Map<string, Reducer>([
  ["task.created", (view, data, { time }) => {
    keep(view, data, ["kind", "title", "input", "conversation_id", "created_by", "retry_of"]);
    if (time !== undefined) view.facts.created_at = time;
  }],
  ["task.started", (view, data, { time }) => {
    raiseAttempt(view, data.attempt);
    keep(view, data, ["worker_id", "query", "total_steps"]);
    if (time !== undefined) view.facts.started_at ??= time;
  }],
  ["task.progress", (view, data) => {
    const progress = mergeProgress(view.progress, data);
    const percent = percentOf(progress);
    view.progress = percent === null ? progress : { ...progress, percent };
  }],
  ["task.recovering", (view, data) => keep(view, data, ["reason"])],
  ["task.retrying", (view, data) => raiseAttempt(view, data.attempt)],
  ["task.paused", (view, data) => keep(view, data, ["reason"])],
  ["task.completed", (view, data) => {
    keep(view, data, ["result", "response", "duration_ms", "usage", "metadata"]);
    view.progress = { ...view.progress, percent: 100 };
  }],
  ["task.failed", (view, data) => keep(view, data, ["error", "user_message"])],
  ["task.canceled", (view, data) => {
    keep(view, data, ["reason"]);
    if (data.by !== undefined) view.facts.canceled_by = data.by;
  }],
  ["task.deleted", (view) => void Object.assign(view, { ...emptyView(), seq: view.seq, task_id: view.task_id, phase: view.phase, attempt: view.attempt })],
  ["intent.parsed", (view, data) => keep(view, data, ["intent", "entities"])],
  ["entities.extracted", (view, data) => keep(view, data, ["entities"])],
  ["agents.found", (view, data) => keep(view, data, ["agents"])],
  ["plan.started", (view, data) => keep(view, data, ["plan_id"])],
  ["plan.created", planned],
  ["plan.updated", planned],
  ["step.started", (view, data) => put(view.steps, data.step_id, withFields(undefined, data, "running"))],
  ["step.progress", (view, data) => put(view.steps, data.step_id, withProgress(at(view.steps, data.step_id), data, "step_id"))],
  ["step.retrying", (view, data) => put(view.steps, data.step_id, withFields(at(view.steps, data.step_id), data, "retrying"))],
  ["step.completed", (view, data) => put(view.steps, data.step_id, withFields(at(view.steps, data.step_id), { ...data, percent: 100 }, "completed"))],
  ["step.failed", (view, data) => put(view.steps, data.step_id, withFields(at(view.steps, data.step_id), data, data.will_retry === true ? "retrying" : "failed"))],
  ["step.skipped", (view, data) => put(view.steps, data.step_id, withFields(at(view.steps, data.step_id), data, "skipped"))],
  ["message.started", (view, data) => put(view.messages, data.message_id, { ...withFields(undefined, data, "open"), content: "" })],
  ["message.delta", (view, data) => put(view.messages, data.message_id, withPiece(at(view.messages, data.message_id), data, "message_id"))],
  ["message.completed", (view, data) => put(view.messages, data.message_id, whole(at(view.messages, data.message_id), data))],
  ["reasoning.started", (view, data) => put(view.reasonings, data.reasoning_id, { ...withFields(undefined, data, "open"), content: "" })],
  ["reasoning.delta", (view, data) => put(view.reasonings, data.reasoning_id, withPiece(at(view.reasonings, data.reasoning_id), data, "reasoning_id"))],
  ["reasoning.completed", (view, data) => put(view.reasonings, data.reasoning_id, whole(at(view.reasonings, data.reasoning_id), data))],
  ["tool.started", (view, data, event) => put(view.tools, data.tool_call_id, { ...stepOf(event), ...withFields(undefined, data, "running") })],
  ["tool.progress", (view, data) => put(view.tools, data.tool_call_id, withProgress(at(view.tools, data.tool_call_id), data, "tool_call_id"))],
  ["tool.completed", (view, data) => put(view.tools, data.tool_call_id, withFields(at(view.tools, data.tool_call_id), { ...data, percent: 100 }, "completed"))],
  ["tool.failed", (view, data) => put(view.tools, data.tool_call_id, withFields(at(view.tools, data.tool_call_id), data, "failed"))],
  ["artifact.created", (view, data) => put(view.artifacts, data.artifact_id, data)],
  ["input.requested", (view, data) => {
    put(view.inputs, data.request_id, withFields(undefined, data, "open"));
    view.waiting_for.add(String(data.request_id));
  }],
  ["input.resolved", (view, data) => {
    put(view.inputs, data.request_id, withFields(at(view.inputs, data.request_id), data, "resolved"));
    view.waiting_for.delete(String(data.request_id));
  }],
  ["quality.checked", (view, data) => put(view.quality, checkKey(data), data)],
  ["metrics.updated", (view, data) => {
    for (const [name, value] of Object.entries((data.values ?? {}) as Record<string, number>)) view.metrics.set(name, value);
  }],
  ["health.updated", (view, data) => void (view.facts.health = data)],
  ["log.line", (view) => void (view.log_lines += 1)],
  ["command.accepted", (view, data) => command(view, data, "accepted")],
  ["command.rejected", (view, data) => command(view, data, "rejected")],
  ["command.applied", (view, data) => command(view, data, "applied")],
]);

function planned(view: TaskView, data: Fields): void {
  keep(view, data, ["plan_id"]);
  view.facts.plan = data.steps;
}

/** The items of a list, whatever they are. */
type List = Map<string, Fields>;

function at(list: List, id: unknown): Fields | undefined {
  return list.get(String(id));
}

function put(list: List, id: unknown, item: Fields): void {
  list.set(String(id), item);
}

function stepOf(event: FoldEvent): Fields {
  const id = (event as { readonly step_id?: unknown }).step_id;
  return id === undefined ? {} : { step_id: id };
}

function command(view: TaskView, data: Fields, status: string): void {
  put(view.commands, data.command_id, withFields(at(view.commands, data.command_id), data, status));
}

/** A text after its next piece. Only the content is new: the pieces of a long text must cost the same as those of a short one. */
function withPiece(item: Fields | undefined, data: Fields, idField: string): Fields {
  const before = item ?? { [idField]: data[idField], status: "open" };
  return { ...before, content: textOf(before.content) + textOf(data.delta) };
}

/** A text at its end: what the event says of it in place of the pieces, where it says it. */
function whole(item: Fields | undefined, data: Fields): Fields {
  const next = withFields(item, data, "completed");
  return { ...next, content: textOf(next.content) };
}
