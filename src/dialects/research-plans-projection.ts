/**
 * A task as a research plan: begun, its steps, what was found of their quality, its one end. A plan begins with `plan_started` whoever
 * published it; where its attempt is given up it pauses, and resumes with the next.
 */
import { phaseAfter } from "../domain/phase.ts";
import { percentOf } from "../domain/progress.ts";
import { uuidOf } from "../domain/uuid.ts";
import type { TaskView } from "../domain/view.ts";
import { fieldsOf, isFields, textOf } from "./fields.ts";
import type { Fields, Frame, Projection, TaskEvent, Told } from "./port.ts";

/** A step that is open. */
interface OpenStep {
  readonly id: string;
  readonly name: string;
  /** The highest told, 0 to 1. */
  readonly progress: number;
}

/** What telling the next event needs to know. */
export interface PlanState {
  /** Whether `plan_started` was told. */
  readonly begun: boolean;
  /** Paused by itself, because an attempt was given up. */
  readonly between: boolean;
  readonly over: boolean;
  readonly query: string;
  readonly researchType: string;
  /** 0 where it is not known. */
  readonly totalSteps: number;
  /** Of the plan, 0 to 1. */
  readonly progress: number;
  readonly steps: readonly OpenStep[];
  /** Of the last event that had one. */
  readonly time: string;
}

type Words = { readonly event_type: string; readonly step_id?: string | null; readonly data: Fields };

const NOTHING: PlanState = { begun: false, between: false, over: false, query: "", researchType: "", totalSteps: 0, progress: 0, steps: [], time: "1970-01-01T00:00:00Z" };

const numberOf = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** All fields but these. */
function without(data: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}

/** A percent as these clients count. */
const share = (percent: number): number => Math.round(percent * 100) / 10_000;

/** A score from 0 to 1. One above that was given in hundredths. */
function scoreOf(value: unknown): number | null {
  const score = numberOf(value);
  return score === null ? null : Math.min(1, Math.max(0, score > 1 ? score / 100 : score));
}

/** One message of a plan. `event_id` names the event that it comes from; `part` tells apart what else one event came to. */
function frameOf(taskId: string, seq: number, part: string, time: string, { event_type, step_id, data }: Words): Frame {
  return { event_type, plan_id: taskId, ...(step_id ? { step_id } : {}), data, timestamp: time, event_id: uuidOf(`${taskId}\n${seq}${part}`) };
}

const silent = (state: PlanState): Told<PlanState> => ({ state, frames: [] });

function about(before: PlanState, { title, kind, input, query, total_steps: total }: Fields): PlanState {
  const given = fieldsOf(input);
  const steps = numberOf(total);
  return {
    ...before,
    query: textOf(query) ?? textOf(given.query) ?? (before.query || (textOf(input) ?? textOf(title) ?? "")),
    researchType: textOf(given.research_type) ?? (before.researchType || (textOf(kind) ?? "")),
    totalSteps: steps === null ? before.totalSteps : Math.trunc(steps),
  };
}

const started = ({ query, totalSteps, researchType }: PlanState): Words => ({ event_type: "plan_started", data: { query, total_steps: totalSteps, research_type: researchType } });

/** An error as these clients read it: its message, and what else is known of it. */
function failure(error: unknown, fallback: string): Fields {
  const { message, details, ...rest } = fieldsOf(error) as Fields & { readonly message?: unknown; readonly details?: unknown };
  return { ...fieldsOf(details), ...rest, error: textOf(message) ?? textOf(error) ?? fallback };
}

/** What is told of an event, beside what goes before it; null: nothing. */
type Teller = (state: PlanState, event: TaskEvent) => { readonly state?: PlanState; readonly words: Words | null };

function planned(state: PlanState, { data }: Pick<TaskEvent, "data">): ReturnType<Teller> {
  const count = Array.isArray(data.steps) ? data.steps.length : state.totalSteps;
  // Before it has begun the number stands in `plan_started`.
  if (count === state.totalSteps || !state.begun) return { state: { ...state, totalSteps: count }, words: null };
  return { state: { ...state, totalSteps: count }, words: { event_type: "metrics_update", data: { total_steps: count } } };
}

function progressed(before: PlanState, { data, message }: TaskEvent): ReturnType<Teller> {
  const state = { ...before, progress: Math.max(before.progress, share(percentOf(data) ?? 0)) };
  const said = textOf(data.message) ?? textOf(message);
  return { state, words: { event_type: "metrics_update", data: { progress: state.progress, ...(said === null ? {} : { message: said }), ...(textOf(data.stage) === null ? {} : { stage: data.stage }) } } };
}

const idOf = ({ data }: TaskEvent): string => String(data.step_id);
const stepOf = (state: PlanState, id: string): OpenStep => state.steps.find((step) => step.id === id) ?? { id, name: id, progress: 0 };
/** Progress may be told of steps that nobody opened: the oldest of so many are forgotten. */
const STEPS = 256;
const otherSteps = (state: PlanState, id: string): readonly OpenStep[] => state.steps.filter((step) => step.id !== id).slice(1 - STEPS);

function stepStarted(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const id = idOf(event);
  const name = textOf(event.data.title) ?? textOf(event.data.name) ?? id;
  return { state: { ...state, steps: [...otherSteps(state, id), { id, name, progress: 0 }] }, words: { event_type: "step_started", step_id: id, data: without(event.data, "step_id") } };
}

/** For these clients a step that is tried again starts again. What was told of its progress stands. */
function stepRetried(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const step = stepOf(state, idOf(event));
  const { error, ...data } = without(event.data, "step_id");
  return { state: { ...state, steps: [...otherSteps(state, step.id), step] }, words: { event_type: "step_started", step_id: step.id, data: { name: step.name, ...data, ...(error === undefined ? {} : failure(error, "")) } } };
}

function stepProgressed(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const known = stepOf(state, idOf(event));
  const step = { ...known, progress: Math.max(known.progress, share(percentOf(event.data) ?? 0)) };
  const message = textOf(event.data.message) ?? textOf(event.message) ?? step.name;
  return { state: { ...state, steps: [...otherSteps(state, step.id), step] }, words: { event_type: "step_progress", step_id: step.id, data: { ...without(event.data, "step_id", "percent", "reported"), progress: step.progress, message } } };
}

function stepCompleted(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const { output = {}, status, quality_score: score, ...rest } = without(event.data, "step_id");
  const data = { ...rest, status: textOf(status) ?? "completed", quality_score: scoreOf(score), data: output };
  return { state: { ...state, steps: otherSteps(state, idOf(event)) }, words: { event_type: "step_completed", step_id: idOf(event), data } };
}

function stepFailed(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const { error, ...rest } = without(event.data, "step_id");
  const steps = rest.will_retry === true ? state.steps : otherSteps(state, idOf(event));
  return { state: { ...state, steps }, words: { event_type: "step_failed", step_id: idOf(event), data: { ...rest, ...failure(error, "The step has failed.") } } };
}

function stepSkipped(state: PlanState, event: TaskEvent): ReturnType<Teller> {
  const data = { ...without(event.data, "step_id"), status: "skipped", quality_score: null, data: {} };
  return { state: { ...state, steps: otherSteps(state, idOf(event)) }, words: { event_type: "step_completed", step_id: idOf(event), data } };
}

/** As the event, under another name. */
function told(event_type: string, data: (given: Fields) => Fields = (given) => given): Teller {
  return (_, { data: given, step_id: stepId }) => ({ words: { event_type, step_id: textOf(given.step_id) ?? textOf(stepId), data: without(data(given), "step_id") } });
}

/** The attempt was given up; the next begins with its first event. */
const givenUp: Teller = (state, { type, data }) => {
  const { error, ...rest } = data;
  const reason = textOf(rest.reason) ?? type.slice("task.".length);
  return { state: { ...state, between: true, steps: [], progress: 0 }, words: { event_type: "plan_paused", data: { ...rest, reason, ...(error === undefined ? {} : failure(error, "")) } } };
};

const failed: Teller = (state, { type, data }) => {
  const { error, ...rest } = data;
  const over = { ...state, over: true, steps: [] };
  if (type === "task.failed") return { state: over, words: { event_type: "plan_failed", step_id: textOf(rest.step_id), data: { ...without(rest, "step_id"), ...failure(error, "The plan has failed.") } } };
  const code = type.slice("task.".length);
  return { state: over, words: { event_type: "plan_failed", data: { ...rest, error: textOf(rest.reason) ?? `The plan was ${code}.`, code, retryable: false } } };
};

const TELLERS: ReadonlyMap<string, Teller> = new Map<string, Teller>([
  ["task.created", (state, { data }) => ({ state: about(state, data), words: null })],
  ["task.progress", progressed],
  ["task.recovering", givenUp],
  ["task.retrying", givenUp],
  ["task.paused", told("plan_paused")],
  ["task.resumed", (state, event) => ({ ...told("plan_resumed")(state, event), state: { ...state, between: false } })],
  ["task.completed", (state, { data }) => {
    const { result, ...rest } = data;
    return { state: { ...state, over: true, steps: [] }, words: { event_type: "plan_completed", data: { ...(isFields(result) ? result : result === undefined ? {} : { result }), ...rest } } };
  }],
  ["task.failed", failed],
  ["task.canceled", failed],
  ["task.deleted", failed],
  ["plan.created", planned],
  ["plan.updated", planned],
  ["step.started", stepStarted],
  ["step.retrying", stepRetried],
  ["step.progress", stepProgressed],
  ["step.completed", stepCompleted],
  ["step.failed", stepFailed],
  ["step.skipped", stepSkipped],
  ["input.requested", told("review_required")],
  ["quality.checked", told("quality_check", (data) => ({ ...data, quality_score: scoreOf(data.score) ?? (data.passed === true ? 1 : 0) }))],
  ["metrics.updated", told("metrics_update", ({ values, ...rest }) => ({ ...rest, ...fieldsOf(values) }))],
  ["health.updated", told("health_update")],
  ["log.line", (state, event) => (event.data.level === "error" ? told("error", ({ text, fields }) => ({ ...fieldsOf(fields), message: text }))(state, event) : { words: null })],
]);

/** Phases in which a plan has not begun, or does not begin any more. */
const IDLE: ReadonlySet<string> = new Set(["queued", "failed", "canceled", "deleted"]);
/** What does not take up a plan again whose attempt was given up, or says so itself. */
const RESTING: ReadonlySet<string> = new Set(["task.recovering", "task.retrying", "task.resumed"]);

/** What an event of the task's work leads in: the plan's beginning, or its going on after an attempt that was given up. */
function leadIn(before: PlanState, { type, data }: TaskEvent): { readonly state: PlanState; readonly words: Words | null } {
  if (IDLE.has(phaseAfter("queued", type))) return { state: before, words: null };
  if (!before.begun) {
    const state = type === "task.started" ? about(before, data) : type.startsWith("plan.") ? (planned(before, { data }).state ?? before) : before;
    return { state: { ...state, begun: true }, words: started(state) };
  }
  if (!before.between || RESTING.has(type)) return { state: before, words: null };
  return { state: { ...before, between: false }, words: { event_type: "plan_resumed", data: type === "task.started" ? data : {} } };
}

function step(before: PlanState, event: TaskEvent): Told<PlanState> {
  const teller = TELLERS.get(event.type);
  if (before.over || (teller === undefined && phaseAfter("queued", event.type) === "queued")) return silent(before);
  const lead = leadIn({ ...before, time: event.time ?? before.time }, event);
  const { state = lead.state, words } = teller?.(lead.state, event) ?? { words: null };
  const { task_id: taskId, seq } = event;
  // The event's own message has the id of the event; where it has none, what it led in has.
  const frames = lead.words === null ? [] : [frameOf(taskId, seq, words === null ? "" : "\nbefore", state.time, lead.words)];
  if (words !== null) frames.push(frameOf(taskId, seq, "", state.time, words));
  return { state, frames };
}

/** What is known of steps that ended or go on, in the words for it. */
function stepsIn(view: TaskView): Words[] {
  return [...view.steps.values()].flatMap(({ status, outcome, output, percent, error, ...item }) => {
    const { step_id: id, quality_score: score, message, ...rest } = item;
    const begun: Words = { event_type: "step_started", step_id: id, data: without(rest, "units", "current") };
    if (status === "completed") return [begun, { event_type: "step_completed", step_id: id, data: { status: textOf(outcome) ?? status, quality_score: scoreOf(score), data: output ?? {} } }];
    if (status === "skipped") return [begun, { event_type: "step_completed", step_id: id, data: { status, quality_score: null, data: {}, ...(rest.reason === undefined ? {} : { reason: rest.reason }) } }];
    if (status === "failed") return [begun, { event_type: "step_failed", step_id: id, data: { will_retry: false, ...failure(error, "The step has failed.") } }];
    if (typeof percent !== "number") return [begun];
    return [begun, { event_type: "step_progress", step_id: id, data: { progress: share(percent), message: textOf(message) ?? textOf(rest.name) ?? id } }];
  });
}

/** A plan whose first events are kept no more: what they came to. */
function leap(taskId: string, view: TaskView): Told<PlanState> {
  const { facts, phase, seq } = view;
  const time = textOf(facts.updated_at) ?? NOTHING.time;
  const planSize = Array.isArray(facts.plan) ? facts.plan.length : 0;
  const open = [...view.steps.values()].filter(({ status }) => status === "running" || status === "retrying");
  const state: PlanState = {
    ...about(NOTHING, planSize > 0 ? { ...facts, total_steps: planSize } : facts), time, begun: phase !== "deleted" && (view.attempt > 0 || !IDLE.has(phase)), between: phase === "recovering", over: false, progress: share(percentOf(view.progress) ?? 0),
    steps: open.map(({ step_id: id, title, name, percent }) => ({ id, name: textOf(title) ?? textOf(name) ?? id, progress: share(percent ?? 0) })),
  };
  const words: Words[] = state.begun ? [started(state), ...stepsIn(view)] : [];
  if (view.metrics.size > 0) words.push({ event_type: "metrics_update", data: Object.fromEntries(view.metrics) });
  if (phase === "paused" || phase === "recovering") words.push({ event_type: "plan_paused", data: { reason: textOf(facts.reason) ?? phase } });
  const frames = words.map((each, at) => frameOf(taskId, seq, `\nsum ${at}`, time, each));
  const end = TELLERS.get(`task.${phase}`);
  if (end === undefined || !ENDS.has(phase)) return { state, frames };
  const last = end(state, { type: `task.${phase}`, task_id: taskId, seq, data: endOf(facts) });
  // The one event that is kept: its message has the id that it always had.
  if (last.words !== null) frames.push(frameOf(taskId, seq, "", time, last.words));
  return { state: last.state ?? state, frames };
}

const ENDS: ReadonlySet<string> = new Set(["completed", "failed", "canceled", "deleted"]);
const END_FACTS = ["result", "response", "duration_ms", "usage", "metadata", "error", "user_message", "reason"] as const;

/** The data of a task's end, as a view has it. */
function endOf(facts: Fields): Fields {
  return Object.fromEntries(END_FACTS.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]])));
}

/** A task in the words of research plans. */
export const researchPlansProjection: Projection<PlanState> = { start: () => NOTHING, step, leap };
