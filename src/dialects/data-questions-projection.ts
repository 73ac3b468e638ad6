/** A task as people see it who asked a question of their data: stages with a percent, and one answer. No word of a worker's inside is shown. */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import { percentOf } from "../domain/progress.ts";
import type { TaskView } from "../domain/view.ts";
import { type Answer, NO_ANSWER, answerIn, hear, responseOf } from "./answer.ts";
import { STAGES, type StageName, type StageTable, stageAt, stageKey } from "./data-questions-stages.ts";
import { wordsOf } from "./fields.ts";
import type { Fields, Frame, Projection, TaskEvent, Told } from "./port.ts";

/** A step that is open. */
interface Step {
  readonly id: string;
  readonly name: string;
  /** How often it was tried again. */
  readonly retries: number;
}

export interface DataQuestionsState {
  readonly begun: boolean;
  readonly over: boolean;
  /** The highest so far, in any attempt: whole, below 100 until the end. */
  readonly percent: number;
  /** Whether the worker told a percent of the task; else it follows from the stages. */
  readonly told: boolean;
  readonly steps: readonly Step[];
  /** All that the last frame said. */
  readonly shown: string;
  readonly answer: Answer;
}

type State = DataQuestionsState;
type Change = Told<State>;

/** Where a task has an end, but no answer in words. */
export const NO_WORDS = "Your question was answered, without an answer in words.";
const FAILED = "Sorry, your question could not be answered. Please try again.";
const CANCELED = "Your question was canceled.";
const DELETED = "Your question was deleted.";
/** Until the end. */
const MOST = 99;

const silent = (state: State): Change => ({ state, frames: [] });

function send(state: State, type: string, data: Fields): Change {
  const frame: Frame = { type, data };
  return { state, frames: [frame] };
}

/** What a completed task answers its asker. */
export function answerOf(data: Fields, answer: Answer): string {
  return responseOf(data, answer) ?? NO_WORDS;
}

class Teller {
  readonly #table: StageTable;

  constructor(table: StageTable) {
    this.#table = table;
  }

  start(): State {
    return { begun: false, over: false, percent: 0, told: false, steps: [], shown: "", answer: NO_ANSWER };
  }

  step(before: State, event: TaskEvent): Change {
    if (before.over || !EVENT_FACTS.has(event.type)) return silent(before);
    const heard: State = { ...before, answer: hear(before.answer, event) };
    const begun = heard.begun ? silent(heard) : this.#begin(heard);
    const { state, frames } = this.#tell(begun.state, event);
    return { state, frames: [...begun.frames, ...frames] };
  }

  leap(view: TaskView): Change {
    if (view.seq === 0) return silent(this.start());
    const begun = this.#begin({ ...this.start(), answer: answerIn(view) });
    const open = [...view.steps.values()].filter(({ status }) => status === "running" || status === "retrying");
    const steps = open.map((step) => ({ id: step.step_id, name: wordsOf(step.name) ?? "", retries: typeof step.attempt === "number" ? Math.max(0, step.attempt - 1) : 0 }));
    const type = `task.${view.phase}`;
    const { state, frames } = ENDS.has(type) ? this.#tell(begun.state, { type, task_id: "", seq: view.seq, data: view.facts }) : this.#progress({ ...begun.state, steps }, { name: wordsOf(view.progress.stage), percent: percentOf(view.progress) });
    return { state, frames: [...begun.frames, ...frames] };
  }

  #begin(state: State): Change {
    const data = { message: STAGES.planning.message, percent: 0 };
    return send({ ...state, begun: true, shown: shownOf(data) }, "started", data);
  }

  #tell(state: State, event: TaskEvent): Change {
    const { type, data } = event;
    switch (type) {
      case "task.started":
      case "task.retrying":
        return typeof data.attempt === "number" && data.attempt > 1 ? this.#again({ ...state, steps: [] }, data.attempt - 1) : silent(state);
      case "task.recovering":
        return silent({ ...state, steps: [] });
      case "task.progress":
        return this.#progress(state, { name: wordsOf(data.stage), percent: percentOf(data) });
      case "message.started":
        return data.role === "assistant" && !state.told && state.steps.length === 0 ? this.#show(state, "finalizing", STAGES.finalizing.from, 0) : silent(state);
      case "task.completed":
        return send(over({ ...state, percent: 100 }), "completed", { message: "Complete!", percent: 100, response: answerOf(data, state.answer) });
      case "task.failed":
        return send(over(state), "error", { message: wordsOf(data.user_message) ?? FAILED });
      case "task.canceled":
        return send(over(state), "error", { message: CANCELED });
      case "task.deleted":
        return send(over(state), "error", { message: DELETED });
    }
    return type.startsWith("step.") ? this.#stepped(state, event) : silent(state);
  }

  #stepped(before: State, { type, data }: TaskEvent): Change {
    const id = String(data.step_id);
    const known = before.steps.find((step) => step.id === id);
    const others = before.steps.filter((step) => step !== known);
    const step: Step = { id, name: wordsOf(data.name) ?? known?.name ?? id, retries: known?.retries ?? 0 };
    switch (type) {
      case "step.started":
        return this.#at({ ...before, steps: [...others, step] }, step, data, 0);
      case "step.retrying": {
        const again = { ...step, retries: typeof data.attempt === "number" && data.attempt > 1 ? data.attempt - 1 : step.retries + 1 };
        return this.#at({ ...before, steps: [...others, again] }, again, data, 0);
      }
      case "step.progress":
        return this.#at(before, step, {}, (percentOf(data) ?? 0) / 100);
      case "step.completed":
        // Its end is news only where the percent follows from it.
        return before.told ? silent({ ...before, steps: others }) : this.#at({ ...before, steps: others }, step, data, 1);
      case "step.failed":
        return silent(data.will_retry === true ? before : { ...before, steps: others });
      default:
        return silent({ ...before, steps: others });
    }
  }

  /** A step is so far (0..1). */
  #at(state: State, step: Step, { index, total }: Fields, share: number): Change {
    const stage = this.#table.get(stageKey(step.name));
    let percent = state.percent;
    if (!state.told && stage !== undefined) percent = STAGES[stage].from + (STAGES[stage].to - STAGES[stage].from) * share;
    else if (!state.told && typeof index === "number" && typeof total === "number" && total > 0) percent = ((index - 1 + share) / total) * STAGES.finalizing.from;
    return this.#show(state, stage, percent, step.retries);
  }

  #progress(state: State, { name, percent }: { readonly name: string | null; readonly percent: number | null }): Change {
    const step = state.steps.findLast((each) => each.name === name) ?? (name === null ? state.steps.at(-1) : undefined);
    const stage = this.#table.get(stageKey(name ?? step?.name ?? ""));
    const next = percent === null ? state : { ...state, told: true };
    return this.#show(next, stage, percent ?? (next.told || stage === undefined ? next.percent : STAGES[stage].from), step?.retries ?? 0);
  }

  /** All begins anew, as far as is known. */
  #again(state: State, retries: number): Change {
    return this.#show(state, "planning", state.percent, retries);
  }

  #show(before: State, known: StageName | undefined, told: number, retries: number): Change {
    const percent = Math.max(before.percent, Math.min(MOST, Math.round(told)));
    const stage = known ?? stageAt(percent);
    const data = { message: STAGES[stage].message, percent, ...(retries > 0 ? { retry_count: retries } : {}) };
    const state = { ...before, percent, shown: shownOf(data) };
    return state.shown === before.shown ? silent(state) : send(state, "progress", data);
  }
}

const ENDS: ReadonlySet<string> = new Set(["task.completed", "task.failed", "task.canceled", "task.deleted"]);

function over(state: State): State {
  return { ...state, over: true, steps: [], answer: NO_ANSWER };
}

function shownOf(data: Fields): string {
  return JSON.stringify(data);
}

/** The projection with a table of stages. */
export function dataQuestionsProjection(table: StageTable): Projection<DataQuestionsState> {
  const teller = new Teller(table);
  return { start: () => teller.start(), step: (state, event) => teller.step(state, event), leap: (_, view) => teller.leap(view) };
}
