/** A task in the words of orchestration: understood, planned, executed step by step, ended once. */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import { percentOf } from "../domain/progress.ts";
import type { TaskView } from "../domain/view.ts";
import { type Answer, NO_ANSWER, answerIn, hear, responseOf } from "./answer.ts";
import { fieldsOf, spoken, wordsOf } from "./fields.ts";
import type { Fields, Projection, TaskEvent, Told } from "./port.ts";

/** A step that is open. */
interface Step {
  readonly id: string;
  readonly number: number;
  readonly agent: string;
  readonly description: string;
}

/** A step as the plan names it. */
interface Planned {
  readonly id: string;
  readonly title: string | null;
  readonly agent: string | null;
}

export interface OrchestrationState {
  readonly taskId: string;
  /** Of the last event that had one. */
  readonly time: string;
  readonly over: boolean;
  /** It waits for a worker: its start is the worker's arrival, and its execution begins behind the plan. */
  readonly queued: boolean;
  /** The attempt whose execution was told of; 0: none. */
  readonly begun: number;
  /** What a start said whose execution is not told of yet. */
  readonly pending: Fields | null;
  readonly plan: readonly Planned[];
  /** How many steps there will be; null: nobody said. */
  readonly total: number | null;
  /** The highest number of a step. */
  readonly count: number;
  readonly steps: readonly Step[];
  /** Whether the task has steps of its own; else its stages are told as steps. */
  readonly stepped: boolean;
  readonly stage: Step | null;
  /** Reasonings that are open. */
  readonly thinking: readonly string[];
  /** The highest so far, in any attempt. */
  readonly percent: number;
  readonly answer: Answer;
}

/** An answer of so many characters is told as the result, too, where there is no other. UTF-16 units. */
const TWICE = 64 * 1024;

type State = OrchestrationState;
type Change = Told<State>;

const wholeOf = (value: unknown): number | null => (typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null);
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

const silent = (state: State): Change => ({ state, frames: [] });

function telling(state: State, type: string, message: string, data: Fields): Change {
  return { state, frames: [{ type, task_id: state.taskId, message, data, timestamp: state.time }] };
}

/** One change behind the other. */
function then(before: Change, next: (state: State) => Change): Change {
  const { state, frames } = next(before.state);
  return { state, frames: frames.length === 0 ? before.frames : [...before.frames, ...frames] };
}

// -- execution ---------------------------------------------------------------------------------------------------------

function execute(state: State, data: Fields, said: string | null): Change {
  const attempt = wholeOf(data.attempt) ?? 1;
  if (attempt <= state.begun) return silent({ ...state, pending: null });
  const words = said ?? (attempt > 1 ? `Execution started again (attempt ${attempt})` : "Execution started");
  return telling({ ...state, begun: attempt, pending: null }, "execution_started", words, { ...data, attempt, ...(state.total === null ? {} : { total_steps: state.total }) });
}

/** Work is being done: whoever was not told that execution has begun is told now. */
function working(state: State): Change {
  return state.pending !== null ? execute(state, state.pending, null) : state.begun === 0 ? execute(state, {}, null) : silent(state);
}

function started(before: State, data: Fields, said: string | null): Change {
  const state = { ...before, total: wholeOf(data.total_steps) ?? before.total };
  const first = (wholeOf(data.attempt) ?? 1) === 1;
  return state.queued && first && state.plan.length === 0 && !state.stepped ? silent({ ...state, pending: data }) : execute(state, data, said);
}

// -- steps -------------------------------------------------------------------------------------------------------------

/** Which step it is and of how many. Its number is what its producer says, else its place in the plan, else the next. */
function numbered(state: State, id: string, data: Fields): { readonly step: Step; readonly total: number | null } {
  const open = state.steps.find((each) => each.id === id);
  const place = state.plan.findIndex((each) => each.id === id);
  const planned = state.plan[place];
  const name = wordsOf(data.name) ?? id;
  const number = wholeOf(data.index) ?? open?.number ?? (place === -1 ? state.count + 1 : place + 1);
  const agent = wordsOf(data.agent) ?? open?.agent ?? planned?.agent ?? name;
  const description = wordsOf(data.description) ?? wordsOf(data.title) ?? open?.description ?? planned?.title ?? spoken(name);
  return { step: { id, number, agent, description }, total: wholeOf(data.total) ?? (state.plan.length > 0 ? state.plan.length : state.total) };
}

function stepData({ percent, total: known }: State, { number, agent, description }: Step, total: number | null): Fields {
  const most = Math.max(number, total ?? known ?? number);
  return { step_number: number, agent_name: agent, task_description: description, total_steps: most, progress: number / most, percent };
}

function begin(before: State, step: Step, total: number | null, more: Fields, said: string | null): Change {
  const state: State = { ...before, steps: [...before.steps.filter(({ id }) => id !== step.id), step], count: Math.max(before.count, step.number), total: total ?? before.total };
  const data = stepData(state, step, total);
  return telling(state, "step_started", said ?? `Step ${step.number} of ${String(data.total_steps)}: ${step.description}`, { ...more, ...data });
}

function leave(before: State, type: "step_completed" | "step_failed", step: Step, total: number | null, more: Fields, said: string): Change {
  const state: State = { ...before, steps: before.steps.filter(({ id }) => id !== step.id), count: Math.max(before.count, step.number) };
  return telling(state, type, said, { ...more, ...stepData(state, step, total) });
}

function stepped(before: State, { type, data, message }: TaskEvent): Change {
  const { step, total } = numbered(before, String(data.step_id), data);
  const said = wordsOf(message);
  const more = { ...data, description: undefined, total: undefined, index: undefined, name: data.name };
  switch (type) {
    case "step.started":
      return begin(before, step, total, plain(more), said);
    case "step.retrying":
      return begin(before, step, total, plain({ ...more, error: errorText(data), retry_count: (wholeOf(data.attempt) ?? 2) - 1 }), said ?? `Step ${step.number} is tried again`);
    case "step.completed":
      return leave(before, "step_completed", step, total, plain({ status: "completed", ...more, result: data.output }), said ?? `Step ${step.number} completed`);
    case "step.skipped":
      return leave(before, "step_completed", step, total, plain({ ...more, status: "skipped" }), said ?? `Step ${step.number} was left out`);
    case "step.failed": {
      const { code, retryable } = fieldsOf(data.error);
      const failed = leave(before, "step_failed", step, total, plain({ ...more, error: errorText(data) ?? "failed", error_code: code, retryable }), said ?? `Step ${step.number} failed`);
      return data.will_retry === true ? { ...failed, state: { ...failed.state, steps: before.steps } } : failed;
    }
    default:
      return silent(before);
  }
}

/** Without the fields that have no value. */
function plain(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function errorText({ error }: Fields): string | undefined {
  return wordsOf(fieldsOf(error).message) ?? undefined;
}

// -- a task without steps ----------------------------------------------------------------------------------------------

/** Of how many a stage is one: if these came to so many percent, there will be about so many. */
function estimate(number: number, percent: number): number {
  return Math.min(100, Math.max(number + 1, percent > 0 ? Math.round((number * 100) / percent) : 0));
}

/** Progress of a task that has no steps: each stage is told as one. */
function staged(before: State, { data, message }: TaskEvent): Change {
  if (before.stepped || before.plan.length > 0 || before.total !== null) return silent(before);
  const stage = wordsOf(data.stage) ?? before.stage?.agent ?? "work";
  if (before.stage?.agent === stage) return silent(before);
  return then(endStage(before), (state) => {
    const number = state.count + 1;
    const step: Step = { id: "", number, agent: stage, description: wordsOf(data.message) ?? wordsOf(message) ?? spoken(stage) };
    const told = begin(state, step, estimate(number, state.percent), {}, wordsOf(message) ?? wordsOf(data.message));
    return { ...told, state: { ...told.state, total: null, stage: step, steps: state.steps } };
  });
}

function endStage(before: State): Change {
  const { stage } = before;
  if (stage === null) return silent(before);
  const state = { ...before, stage: null };
  return leave(state, "step_completed", stage, estimate(stage.number, state.percent), { status: "completed" }, `Step ${stage.number} completed`);
}

// -- everything else ---------------------------------------------------------------------------------------------------

function planned(before: State, { type, data, message }: TaskEvent): Change {
  const plan = listOf(data.steps).map((step) => ({ id: String(step.step_id), title: wordsOf(step.title), agent: wordsOf(step.agent) }));
  const words = type === "plan.updated" ? "Plan changed" : "Plan created";
  const made = telling({ ...before, plan }, "plan_created", wordsOf(message) ?? `${words}: ${plan.length} ${plan.length === 1 ? "step" : "steps"}`, { ...data, total_steps: plan.length, ...(type === "plan.updated" ? { updated: true } : {}) });
  return then(made, (state) => (state.pending === null ? silent(state) : execute(state, state.pending, null)));
}

function thought(before: State, { type, data, message }: TaskEvent): Change {
  const id = String(data.reasoning_id);
  const open = before.thinking.includes(id);
  const thinking = before.thinking.filter((each) => each !== id);
  if (type === "reasoning.delta") return silent(before);
  // One that stands alone was not told of yet.
  const state: State = { ...before, thinking: type === "reasoning.started" ? [...thinking, id] : thinking };
  if (type === "reasoning.completed" && open) return silent(state);
  const agent = wordsOf(data.agent) ?? state.steps.at(-1)?.agent ?? null;
  return telling(state, "agent_thinking", wordsOf(message) ?? wordsOf(data.summary) ?? `${agent === null ? "The agent" : agent} is thinking`, { ...data, agent_name: agent ?? "agent", thought: wordsOf(data.summary) ?? "" });
}

/** The worker was lost, or tries anew: what was open is begun again. */
function cutOff(before: State): Change {
  const state: State = { ...before, thinking: [], stage: null };
  const told = before.steps.reduce((change, step) => then(change, (now) => leave(now, "step_failed", step, null, { error: "interrupted", will_retry: true }, `Step ${step.number} was interrupted and is tried again`)), silent(state));
  return { ...told, state: { ...told.state, count: 0 } };
}

function ended(before: State, type: string, data: Fields, said: string | null): Change {
  const state: State = { ...before, steps: [], thinking: [], over: true };
  const { answer } = state;
  if (type === "task.completed") {
    const response = responseOf(data, answer);
    return telling({ ...state, percent: 100, answer: NO_ANSWER }, "task_completed", said ?? "Task completed", { ...data, result: data.result ?? (response !== null && response.length <= TWICE ? response : null), response: response ?? "", percent: 100 });
  }
  const { code, retryable, message } = fieldsOf(data.error);
  const became = type.slice("task.".length);
  const why = wordsOf(data.user_message) ?? said ?? wordsOf(data.reason);
  const words = type === "task.failed" ? (why ?? wordsOf(message) ?? "Task failed") : `The task was ${became}${wordsOf(data.reason) === null ? "" : `: ${String(data.reason)}`}`;
  return telling({ ...state, answer: NO_ANSWER }, "task_failed", words, plain({ ...data, error: type === "task.failed" ? (wordsOf(message) ?? words) : became, error_code: type === "task.failed" ? code : became, retryable }));
}

const ENDS: ReadonlySet<string> = new Set(["task.completed", "task.failed", "task.canceled", "task.deleted"]);
/** What only who executes says. */
const WORKING = /^(step\.|tool\.|artifact\.|quality\.|task\.progress$|message\.(started|delta)$)/;

function created(before: State, { data, message }: TaskEvent): Change {
  const { work, created_by: _, ...told } = data;
  const query = wordsOf(fieldsOf(data.input).query);
  return telling({ ...before, queued: work !== undefined }, "task_created", wordsOf(message) ?? wordsOf(data.title) ?? "Task created", { ...told, ...(query === null ? {} : { query }) });
}

function tell(state: State, event: TaskEvent): Change {
  const { type, data } = event;
  const said = wordsOf(event.message);
  switch (type) {
    case "task.created":
      return created(state, event);
    case "task.started":
      return started(state, data, said);
    case "intent.started":
      return telling(state, "intent_parsing_started", said ?? "Understanding the request", data);
    case "intent.parsed":
      return telling(state, "intent_parsed", said ?? `Understood: ${wordsOf(data.intent) ?? "the request"}`, data);
    case "agents.search_started":
      return telling(state, "agent_search_started", said ?? "Looking for agents", data);
    case "agents.found": {
      const count = listOf(data.agents).length;
      return telling(state, "agents_found", said ?? `Found ${count} ${count === 1 ? "agent" : "agents"}`, { ...data, count });
    }
    case "plan.started":
      return telling(state, "planning_started", said ?? "Planning", data);
    case "plan.created":
    case "plan.updated":
      return planned(state, event);
    case "task.progress":
      return staged(state, event);
  }
  if (type.startsWith("step.") && type !== "step.progress") return then(endStage({ ...state, stepped: true }), (now) => stepped(now, event));
  return type.startsWith("reasoning.") ? thought(state, event) : silent(state);
}

function step(before: State, event: TaskEvent): Change {
  if (before.over) return silent(before);
  const { type, data } = event;
  const facts = EVENT_FACTS.get(type);
  const percent = type === "task.progress" ? Math.max(before.percent, Math.floor(percentOf(data) ?? 0)) : before.percent;
  const state: State = { ...before, time: event.time ?? before.time, percent, answer: hear(before.answer, event) };
  if (ENDS.has(type)) {
    const last = then(state.pending === null ? silent(state) : execute(state, state.pending, null), type === "task.completed" ? endStage : silent);
    return then(last, (now) => ended(now, type, data, wordsOf(event.message)));
  }
  if (facts?.closesAll) return cutOff(state);
  return then(WORKING.test(type) ? working(state) : silent(state), (now) => tell(now, event));
}

function start(taskId: string): State {
  return { taskId, time: "1970-01-01T00:00:00.000Z", over: false, queued: false, begun: 0, pending: null, plan: [], total: null, count: 0, steps: [], stepped: false, stage: null, thinking: [], percent: 0, answer: NO_ANSWER };
}

/** Where a view stands, told as if it had come to it straight. */
function leap(taskId: string, view: TaskView): Change {
  const { facts } = view;
  if (view.seq === 0) return silent(start(taskId));
  let change = silent({ ...start(taskId), time: wordsOf(facts.created_at) ?? wordsOf(facts.updated_at) ?? start(taskId).time, percent: Math.floor(percentOf(view.progress) ?? 0) });
  const add = (type: string, data: Fields, time: unknown = undefined): void => {
    change = then(change, (state) => tell({ ...state, time: wordsOf(time) ?? state.time }, { type, task_id: taskId, seq: view.seq, data }));
  };
  add("task.created", plain({ kind: facts.kind, title: facts.title, input: facts.input, conversation_id: facts.conversation_id }));
  if (facts.intent !== undefined) add("intent.parsed", plain({ intent: facts.intent, entities: facts.entities }));
  if (facts.agents !== undefined) add("agents.found", { agents: facts.agents });
  if (facts.plan !== undefined) add("plan.created", { steps: facts.plan });
  if (view.attempt > 0) add("task.started", plain({ attempt: view.attempt, worker_id: facts.worker_id, total_steps: facts.total_steps }), facts.started_at);
  for (const item of view.steps.values()) {
    const { status, outcome, units: _, ...data } = item;
    if (status === "pending") continue;
    add("step.started", data, facts.updated_at);
    if (status === "completed" || status === "failed" || status === "skipped") add(`step.${status}`, { ...data, ...(outcome === undefined ? {} : { status: outcome }) });
  }
  if (view.steps.size === 0 && percentOf(view.progress) !== null) add("task.progress", view.progress, facts.updated_at);
  const end = `task.${view.phase}`;
  const stands: State = { ...change.state, time: wordsOf(facts.ended_at) ?? wordsOf(facts.updated_at) ?? change.state.time, answer: answerIn(view) };
  change = { ...change, state: stands };
  if (!ENDS.has(end)) return change;
  const data = plain({ result: facts.result, response: facts.response, duration_ms: facts.duration_ms, usage: facts.usage, metadata: facts.metadata, error: facts.error, user_message: facts.user_message, reason: facts.reason });
  return then(end === "task.completed" ? then(change, endStage) : change, (state) => ended(state, end, data, null));
}

/** A task in the words of orchestration. */
export const orchestrationProjection: Projection<OrchestrationState> = { start, step, leap };
