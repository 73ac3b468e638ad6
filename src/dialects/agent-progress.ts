/**
 * Agent progress: one task on one socket, told as steps, tools and a percent that never falls. Whoever connects is told all from
 * the first step on; `agent-progress-received.ts` is the other way, for producers who write these messages themselves.
 */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import { ERRORS } from "../../generated/typescript/errors.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import { percentOf } from "../domain/progress.ts";
import { isOwnId, utcOf } from "./agent-progress-received.ts";
import { fieldsOf, spoken, textOf } from "./fields.ts";
import type { Dialect, Fields, Frame, Opening, Projection, Talk, TaskEvent, Told } from "./port.ts";

/** A step or a tool call that is open. */
interface Open {
  readonly id: string;
  readonly name: string;
  /** Of a tool call: the step that it belongs to. */
  readonly stepId: string | null;
}

/** What telling the next event needs to know. */
export interface AgentProgressState {
  /** The highest told so far, in any attempt. */
  readonly percent: number;
  /** The last stage that was told. */
  readonly stage: string | null;
  readonly steps: readonly Open[];
  readonly tools: readonly Open[];
  /** Of the last event that had one. */
  readonly time: string;
  readonly over: boolean;
}

/** What a message says beside its percent and its time. */
interface Words {
  readonly step: string;
  readonly tool?: string | null;
  readonly message: string;
  readonly error?: boolean;
}

const NOTHING: AgentProgressState = { percent: 0, stage: null, steps: [], tools: [], time: "1970-01-01T00:00:00Z", over: false };

/** Events in the life of a task for which these clients have no step of their own. */
const LIFE: Readonly<Record<string, { readonly step: string; words(data: Fields): string }>> = {
  "task.queued": { step: "queued", words: ({ position }) => (typeof position === "number" && position > 0 ? `Waiting to begin, ${position} before it` : "Waiting to begin") },
  "task.started": { step: "started", words: ({ attempt }) => (typeof attempt === "number" && attempt > 1 ? `Started again (attempt ${attempt})` : "Started") },
  "task.recovering": { step: "recovering", words: () => "Interrupted, another worker takes over" },
  "task.retrying": { step: "retrying", words: ({ attempt, max_attempts: most }) => `Trying again (${told(attempt)} of ${told(most)})` },
  "task.paused": { step: "paused", words: ({ reason }) => textOf(reason) ?? "Paused" },
  "task.resumed": { step: "resumed", words: () => "Going on" },
  "input.requested": { step: "waiting", words: ({ prompt }) => textOf(prompt) ?? "An answer is needed" },
  "entities.extracted": { step: "entity_extraction", words: ({ entities }) => `Found ${Array.isArray(entities) ? entities.length : 0} entities` },
  "reasoning.started": { step: "reasoning", words: () => "Reasoning" },
  "reasoning.completed": { step: "reasoning", words: ({ summary }) => textOf(summary) ?? "Reasoned" },
};

/** What became of a step or a tool call, said behind its name. */
const BECAME: Readonly<Record<string, string>> = { started: "", progress: "", completed: " is done", failed: " has failed", retrying: " is tried again", skipped: " is left out" };

const told = (value: unknown): string => (typeof value === "number" ? String(value) : "?");

function frameOf({ percent, time }: AgentProgressState, { step, tool = null, message, error = false }: Words): Frame {
  return { step, ...(tool === null ? {} : { tool }), message, percent: Math.round(percent), timestamp: time, ...(error ? { error } : {}) };
}

const silent = (state: AgentProgressState): Told<AgentProgressState> => ({ state, frames: [] });
const telling = (state: AgentProgressState, words: Words): Told<AgentProgressState> => ({ state, frames: [frameOf(state, words)] });

/** The step that goes on: the one of this name, else the newest. */
function stepNow({ steps }: AgentProgressState, name: string | null = null): Open | undefined {
  return steps.findLast((step) => step.name === name) ?? steps.at(-1);
}

/** The name of the tool call that is open in the step: the newest. */
function toolIn({ tools }: AgentProgressState, step: Open | undefined): string | null {
  return tools.findLast(({ stepId }) => step === undefined || stepId === null || stepId === step.id)?.name ?? null;
}

/** What goes on, for an event that does not say it. */
function whereNow(state: AgentProgressState): Pick<Words, "step" | "tool"> {
  const open = stepNow(state);
  return { step: open?.name ?? state.stage ?? "working", tool: toolIn(state, open) };
}

function progress(before: AgentProgressState, { data, message }: TaskEvent): Told<AgentProgressState> {
  const stage = textOf(data.stage);
  const state = { ...before, percent: Math.max(before.percent, percentOf(data) ?? 0), stage: stage ?? before.stage };
  const open = stepNow(state, stage);
  const step = stage ?? open?.name ?? state.stage ?? "working";
  return telling(state, { step, tool: toolIn(state, open), message: textOf(message) ?? textOf(data.message) ?? spoken(step), error: data.error === true });
}

/** A step: opened, told of, closed. */
function stepped(before: AgentProgressState, { type, data, message }: TaskEvent): Told<AgentProgressState> {
  const id = String(data.step_id);
  const known = before.steps.find((step) => step.id === id);
  const open: Open = { id, name: textOf(data.name) ?? known?.name ?? id, stepId: null };
  const others = before.steps.filter((step) => step.id !== id);
  const became = type.slice("step.".length);
  const ends = became === "completed" || became === "skipped" || (became === "failed" && data.will_retry !== true);
  const state = { ...before, steps: became === "started" ? [...others, open] : ends ? others : before.steps };
  // What the translation opened and closes by itself is told by the message that it belongs to.
  if (isOwnId(id)) return silent(state);
  const words = textOf(data.title) ?? textOf(data.description) ?? spoken(open.name);
  return telling(state, { step: open.name, tool: toolIn(state, open), message: textOf(message) ?? textOf(data.message) ?? `${words}${BECAME[became] ?? ""}` });
}

/** A tool call: opened, told of, closed. */
function tooled(before: AgentProgressState, { type, data, message, step_id: stepId }: TaskEvent): Told<AgentProgressState> {
  const id = String(data.tool_call_id);
  const known = before.tools.find((tool) => tool.id === id);
  const open: Open = { id, name: textOf(data.name) ?? known?.name ?? id, stepId: textOf(stepId) ?? known?.stepId ?? null };
  const others = before.tools.filter((tool) => tool.id !== id);
  const became = type.slice("tool.".length);
  const state = { ...before, tools: became === "started" ? [...others, open] : became === "progress" ? before.tools : others };
  if (isOwnId(id)) return silent(state);
  const said = textOf(message) ?? textOf(data.message);
  // Pieces of output alone are no news of the task.
  if (became === "progress" && said === null && percentOf(data) === null) return silent(state);
  const step = state.steps.find((each) => each.id === open.stepId) ?? state.steps.at(-1);
  const words = textOf(data.title) ?? spoken(open.name);
  return telling(state, { step: step?.name ?? "tool_execution", tool: open.name, message: said ?? `${words}${BECAME[became] ?? ""}` });
}

/** The one end. What was canceled or deleted has failed for these clients: else they would wait for ever. */
function ended(before: AgentProgressState, { type, data, message }: TaskEvent): Told<AgentProgressState> {
  const tool = toolIn(before, before.steps.at(-1));
  const state = { ...before, steps: [], tools: [], over: true };
  const said = textOf(message);
  if (type === "task.completed") return telling({ ...state, percent: 100 }, { step: "completed", tool, message: said ?? "Completed" });
  const why = textOf(data.user_message) ?? said ?? textOf(data.reason) ?? textOf(fieldsOf(data.error).message);
  return telling({ ...state, percent: 0 }, { step: "failed", tool, message: why ?? (type === "task.failed" ? "Failed" : `The task was ${type.slice("task.".length)}`), error: true });
}

const ENDS: ReadonlySet<string> = new Set(["task.completed", "task.failed", "task.canceled", "task.deleted"]);

function step(before: AgentProgressState, event: TaskEvent): Told<AgentProgressState> {
  if (before.over) return silent(before);
  const { type, data, message } = event;
  const facts = EVENT_FACTS.get(type);
  const timed = event.time === undefined ? before : { ...before, time: utcOf(event.time) ?? before.time };
  if (ENDS.has(type)) return ended(timed, event);
  const state = facts?.closesAll ? { ...timed, steps: [], tools: [] } : timed;
  if (type === "task.progress") return progress(state, event);
  if (type.startsWith("step.")) return stepped(state, event);
  if (type.startsWith("tool.")) return tooled(state, event);
  const life = LIFE[type];
  if (life !== undefined) return telling(state, { step: life.step, message: textOf(message) ?? life.words(data) });
  // Whatever else says a sentence for people, says how it goes.
  const said = facts === undefined || facts.timed === false ? null : textOf(message);
  return said === null ? silent(state) : telling(state, { ...whereNow(state), message: said });
}

/** A task in the words of agent progress. */
export const agentProgressProjection: Projection<AgentProgressState> = {
  start: () => NOTHING,
  step,
  leap(_taskId, view) {
    const open = (items: Iterable<Fields>, id: string): Open[] =>
      [...items].filter(({ status }) => status === "running" || status === "retrying").map((item) => ({ id: String(item[id]), name: textOf(item.name) ?? String(item[id]), stepId: textOf(item.step_id) }));
    const time = utcOf(String(view.facts.updated_at ?? "")) ?? NOTHING.time;
    const state: AgentProgressState = {
      percent: percentOf(view.progress) ?? 0, stage: textOf(view.progress.stage), time, over: false,
      steps: open(view.steps.values(), "step_id").map((each) => ({ ...each, stepId: null })), tools: open(view.tools.values(), "tool_call_id"),
    };
    const end = `task.${view.phase}`;
    const message = textOf(view.facts.message);
    if (ENDS.has(end)) return ended(state, { type: end, task_id: "", seq: view.seq, data: view.facts, ...(message === null ? {} : { message }) });
    if (view.seq === 0) return silent(state);
    const now = whereNow(state);
    return telling(state, { ...now, step: state.stage ?? now.step, message: textOf(view.progress.message) ?? message ?? spoken(state.stage ?? now.step) });
  },
};

/** Told to come again later: as many wait as may. */
const BUSY = 4429;
/** The policy of the service is against it, and there is no code of its own. */
const POLICY = 1008;

function closing(error: TaskwireError): { readonly do: "close"; readonly code: number; readonly reason: string } {
  return { do: "close", code: error.code === "too_many_subscriptions" || error.code === "rate_limited" ? BUSY : (ERRORS[error.code].close ?? POLICY), reason: error.code };
}

/** One client that watches one task. It says nothing; what it sends nevertheless is not looked at. */
function talkOf({ params: { task_id: taskId = "" } }: Opening): Talk {
  return {
    take(input, now) {
      const timestamp = new Date(now).toISOString();
      switch (input.kind) {
        case "opened":
          return [
            { do: "send", frame: { step: "connected", message: "Connected to agent progress stream", percent: 0, timestamp } },
            { do: "watch", taskId, waits: "agentProgressWaitMs" },
          ];
        case "unread":
          return [closing(input.error)];
        case "unwatched":
          if (input.error.code !== "task_deleted") return [closing(input.error)];
          return [{ do: "send", frame: { step: "failed", message: "The task was deleted", percent: 0, timestamp, error: true } }];
        default:
          // The client closes when its task is over, and one that does not is idle then. Why the service parts, its close code says.
          return [];
      }
    },
    about: () => ({ task_id: taskId }),
  };
}

/** Its one address, open to anybody where the open form is on. */
export const agentProgress: Dialect = {
  name: "agent-progress",
  projection: agentProgressProjection as Projection,
  sockets: [{
    path: "/ws/agent-progress/:task_id",
    entrance: "link",
    refuses: ({ params: { task_id: taskId = "" } }) => (isLegalId(taskId) ? null : new TaskwireError("id_invalid", "A task's id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.")),
    open: talkOf,
    keepalive: { every: "agentProgressHeartbeatMs", frame: (now) => ({ heartbeat: true, timestamp: new Date(now).toISOString() }), afterEnd: false },
    idle: { after: "agentProgressIdleMs", code: 4403, reason: "idle" },
  }],
};
