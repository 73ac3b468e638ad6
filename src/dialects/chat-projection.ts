/** A task in the words of a chat: steps, the pieces of the answer with all of it so far, and one end. */
import { percentOf } from "../domain/progress.ts";
import type { TaskView } from "../domain/view.ts";
import { fieldsOf, spoken, textOf } from "./fields.ts";
import type { Fields, Frame, Projection, Told } from "./port.ts";

/** All text so far goes with each piece up to this; beyond, it comes whole with `complete` only. UTF-16 units. */
const PARTIAL = 64 * 1024;
/** One piece of joined pieces. UTF-16 units. */
const PIECE = 64 * 1024;
/** The longest answer that is told; many sockets take no larger message. UTF-16 units. */
const ANSWER = 1024 * 1024;
/** At most 20 frames a second: the eye sees no more, and each carries all text so far. */
const PACE_MS = 50;

/** What to say of a step that says nothing itself. */
const WORDS: Readonly<Record<string, string>> = {
  starting: "Processing your message...",
  agent_routing: "Choosing who answers...",
  rag_retrieval: "Searching for what is known...",
  generating: "Writing the answer...",
};

/** A message that is being written. */
interface Part {
  readonly id: string;
  readonly text: string;
  readonly done: boolean;
}

export interface ChatState {
  readonly taskId: string;
  /** As given with the message; else the conversation, else the task. */
  readonly session: string | number;
  /** The answer: what is settled, then what is being written. */
  readonly settled: string;
  readonly parts: readonly Part[];
  /** Messages under way that are not the answer. */
  readonly others: readonly string[];
  /** Steps under way, the newest last: id and name. */
  readonly steps: readonly (readonly [string, string])[];
  /** The last progress told. */
  readonly step: string | null;
  readonly words: string | null;
  readonly agent: string | null;
  readonly confidence: number | null;
  readonly sources: readonly unknown[];
  readonly over: boolean;
}

type Change = Told<ChatState>;

const same = (state: ChatState): Change => ({ state, frames: [] });
/** Texts that need not be cut are not looked at: they are made of pieces, and joining those each time would cost more than all else. */
const cut = (text: string): string => (text.length > ANSWER ? text.slice(0, ANSWER) : text);
const joined = (before: string, after: string): string => (before === "" ? after : after === "" ? before : cut(`${before}\n\n${after}`));
const lengthOf = ({ settled, parts }: ChatState): number => parts.reduce((sum, { text }) => sum + text.length, settled.length);
const wholeOf = ({ settled, parts }: ChatState): string => parts.reduce((before, { text }) => joined(before, text), settled);

/** A session as given, where it can be one; null: none was given. */
export function sessionOf(given: unknown): string | number | null {
  return textOf(given) ?? (typeof given === "number" && Number.isFinite(given) ? given : null);
}

function progress(state: ChatState, step: string, message: string | null): Change {
  const words = message ?? (Object.hasOwn(WORDS, step) ? (WORDS[step] as string) : spoken(step));
  if (step === state.step && words === state.words) return same(state);
  return { state: { ...state, step, words }, frames: [{ type: "progress", step, message: words }] };
}

/** The step that something belongs to which names none. */
const current = ({ steps, step }: ChatState): string => steps.at(-1)?.[1] ?? step ?? "starting";

function amount(data: Fields): string | null {
  const percent = percentOf(data);
  return percent === null ? null : `${Math.round(percent)} %`;
}

function token(state: ChatState, piece: string): readonly Frame[] {
  if (piece === "") return [];
  return [lengthOf(state) > PARTIAL ? { type: "token", token: piece } : { type: "token", token: piece, partial_response: wholeOf(state) }];
}

/** Gives a message under way another text, and tells the piece that was added to it. */
function write(state: ChatState, part: Part, text: string, piece: string): Change {
  const apart = part.text === "" && lengthOf(state) > 0;
  const next = { ...state, parts: state.parts.map((each) => (each === part ? { ...part, text: cut(text) } : each)) };
  return { state: next, frames: token(next, piece !== "" && apart ? `\n\n${piece}` : piece) };
}

/** What is done and has nothing unfinished before it need not be looked at again. */
function settle(state: ChatState): ChatState {
  const open = state.parts.findIndex(({ done }) => !done);
  const done = open === -1 ? state.parts : state.parts.slice(0, open);
  return done.length === 0 ? state : { ...state, settled: done.reduce((before, { text }) => joined(before, text), state.settled), parts: state.parts.slice(done.length) };
}

function isAnswer(role: unknown): boolean {
  return role === undefined || role === "assistant";
}

function begin(state: ChatState, data: Fields): Change {
  const id = String(data.message_id);
  if (!isAnswer(data.role)) return same({ ...state, others: [...state.others, id] });
  const opened = { ...state, parts: [...state.parts, { id, text: "", done: false }], agent: textOf(data.agent) ?? state.agent };
  return progress(opened, "generating", opened.step === "generating" ? opened.words : null);
}

function add(state: ChatState, data: Fields): Change {
  const part = underWay(state, data.message_id);
  if (part === undefined || part.text.length >= ANSWER) return same(state);
  const piece = String(data.delta);
  return write(state, part, part.text + piece, piece);
}

function underWay({ parts }: ChatState, id: unknown): Part | undefined {
  return parts.findLast((part) => part.id === id && !part.done);
}

/** The message is whole: what it says of itself counts, also where pieces were lost. */
function complete(state: ChatState, data: Fields): Change {
  const id = String(data.message_id);
  if (state.others.includes(id)) return same({ ...state, others: state.others.filter((each) => each !== id) });
  const known = underWay(state, id);
  if (known === undefined && !isAnswer(data.role)) return same(state);
  const part = known ?? { id, text: "", done: false };
  const text = typeof data.content === "string" ? data.content : part.text;
  const opened: ChatState = {
    ...state,
    parts: known === undefined ? [...state.parts, part] : state.parts,
    agent: textOf(data.agent) ?? state.agent,
    confidence: typeof data.confidence === "number" ? data.confidence : state.confidence,
    sources: Array.isArray(data.sources) ? data.sources : state.sources,
  };
  const told = write(opened, part, text, text.startsWith(part.text) ? text.slice(part.text.length) : "");
  return { ...told, state: settle({ ...told.state, parts: told.state.parts.map((each) => (each.id === id && !each.done ? { ...each, done: true } : each)) }) };
}

/** Another attempt begins: what the last one had said is not the answer. */
function again(state: ChatState, message: string | null): Change {
  const empty: ChatState = { ...state, settled: "", parts: [], others: [], steps: [], step: null, words: null, agent: null, confidence: null, sources: [] };
  return progress(empty, "starting", message ?? "Trying again...");
}

/** What a task came to that has no answer in words. */
function resultText(result: unknown): string | null {
  return result === undefined || result === null ? null : (textOf(result) ?? JSON.stringify(result));
}

function completed(state: ChatState, { response, result, metadata }: Fields, message: string | null): Change {
  const about = fieldsOf(metadata);
  const said = textOf(response) ?? textOf(wholeOf(state)) ?? resultText(result) ?? message ?? "";
  return end(state, {
    type: "complete",
    response: said,
    session_id: state.session,
    metadata: {
      agent: textOf(about.agent) ?? state.agent,
      confidence: typeof about.confidence === "number" ? about.confidence : state.confidence,
      context: { sources: Array.isArray(about.sources) ? about.sources : state.sources },
    },
  });
}

function failed(state: ChatState, error: string): Change {
  return end(state, { type: "error", error, code: "PROCESSING_ERROR" });
}

function end(state: ChatState, frame: Frame): Change {
  return { state: { ...state, settled: "", parts: [], over: true }, frames: [frame] };
}

const FAILED = "Your message could not be processed.";
const CANCELED = "The answer was canceled.";
const DELETED = "The answer was deleted.";

type Teller = (state: ChatState, data: Fields, message: string | null) => Change;

const TELLERS: ReadonlyMap<string, Teller> = new Map<string, Teller>([
  ["task.created", (state, data) => progress({ ...state, session: sessionOf(fieldsOf(data.input).session_id) ?? textOf(data.conversation_id) ?? state.taskId }, "starting", null)],
  ["task.queued", (state, { position }, message) => (typeof position === "number" && position > 0 ? progress(state, "starting", message ?? `Waiting: ${position} before you...`) : same(state))],
  ["task.started", (state, _, message) => progress(state, "starting", message)],
  ["task.progress", (state, data, message) => {
    const words = textOf(data.message) ?? message;
    const stage = textOf(data.stage) ?? state.steps.at(-1)?.[1] ?? null;
    return stage === null ? (words ?? amount(data)) === null ? same(state) : progress(state, current(state), words ?? amount(data)) : progress(state, stage, words);
  }],
  ["task.recovering", (state, _, message) => again(state, message)],
  ["task.retrying", (state, _, message) => again(state, message)],
  ["task.paused", (state, _, message) => progress(state, current(state), message ?? "Paused")],
  ["task.resumed", (state, _, message) => progress(state, current(state), message ?? "Going on...")],
  ["task.completed", completed],
  ["task.failed", (state, data, message) => failed(state, textOf(data.user_message) ?? message ?? FAILED)],
  ["task.canceled", (state, _, message) => failed(state, message ?? CANCELED)],
  ["task.deleted", (state, _, message) => failed(state, message ?? DELETED)],
  ["step.started", (state, data, message) => {
    const name = textOf(data.name) ?? "step";
    return progress({ ...state, steps: [...state.steps, [String(data.step_id), name]] }, name, message ?? textOf(data.title) ?? textOf(data.description));
  }],
  ["step.progress", (state, data, message) => {
    const name = state.steps.findLast(([id]) => id === data.step_id)?.[1];
    const words = textOf(data.message) ?? message;
    return name === undefined || words === null ? same(state) : progress(state, name, words);
  }],
  ["step.retrying", (state, data, message) => {
    const name = state.steps.findLast(([id]) => id === data.step_id)?.[1];
    return name === undefined ? same(state) : progress(state, name, message ?? "Trying again...");
  }],
  ["step.completed", leave],
  ["step.skipped", leave],
  ["step.failed", (state, data) => (data.will_retry === true ? same(state) : leave(state, data))],
  ["tool.started", (state, data, message) => progress(state, current(state), message ?? textOf(data.title) ?? `Using ${textOf(data.name) ?? "a tool"}...`)],
  ["input.requested", (state, data, message) => progress(state, "input_required", message ?? textOf(data.prompt))],
  ["message.started", begin],
  ["message.delta", add],
  ["message.completed", complete],
]);

function leave(state: ChatState, data: Fields): Change {
  return same({ ...state, steps: state.steps.filter(([id]) => id !== data.step_id) });
}

function start(taskId: string): ChatState {
  return { taskId, session: taskId, settled: "", parts: [], others: [], steps: [], step: null, words: null, agent: null, confidence: null, sources: [], over: false };
}

/** Where a view stands, told at once: the last progress, all text so far, or the end. */
function leap(taskId: string, view: TaskView): Change {
  const { input, conversation_id: conversation, message } = view.facts;
  const answers = [...view.messages.values()].filter(({ role, status }) => isAnswer(role) && status !== "closed");
  const last = answers.at(-1);
  const state = settle({
    ...start(taskId),
    session: sessionOf(fieldsOf(input).session_id) ?? textOf(conversation) ?? taskId,
    parts: answers.map(({ message_id: id, content: text, status }) => ({ id, text, done: status !== "open" })),
    others: [...view.messages.values()].filter(({ role, status }) => !isAnswer(role) && status === "open").map(({ message_id: id }) => id),
    steps: [...view.steps.values()].filter(({ status }) => status === "running" || status === "retrying").map((step) => [step.step_id, textOf(step.name) ?? "step"] as const),
    agent: textOf(last?.agent),
    confidence: typeof last?.confidence === "number" ? last.confidence : null,
    sources: Array.isArray(last?.sources) ? last.sources : [],
  });
  switch (view.phase) {
    case "completed": return completed(state, view.facts, textOf(message));
    case "failed": return failed(state, textOf(view.facts.user_message) ?? textOf(message) ?? FAILED);
    case "canceled": return failed(state, CANCELED);
    case "deleted": return failed(state, DELETED);
  }
  const stands = progress(state, textOf(view.progress.stage) ?? (last?.status === "open" ? "generating" : current(state)), textOf(view.progress.message));
  return { state: stands.state, frames: [...stands.frames, ...token(stands.state, wholeOf(stands.state))] };
}

function join(earlier: Frame, later: Frame): Frame | null {
  if (typeof earlier === "string" || typeof later === "string" || earlier.type !== later.type) return null;
  if (later.type === "progress") return earlier.step === later.step ? later : null;
  if (later.type !== "token") return null;
  const piece = `${String(earlier.token)}${String(later.token)}`;
  return piece.length > PIECE ? null : { ...later, token: piece };
}

/** A piece without the text so far. */
function shorten(frame: Frame): Frame | null {
  if (typeof frame === "string" || frame.type !== "token" || frame.partial_response === undefined) return null;
  return { type: "token", token: frame.token };
}

/** The projection of a task into a chat. */
export const chatProjection: Projection<ChatState> = {
  start,
  step(state, event) {
    const tell = state.over ? undefined : TELLERS.get(event.type);
    return tell === undefined ? same(state) : tell(state, event.data, textOf(event.message));
  },
  leap,
  join,
  shorten,
  paceMs: PACE_MS,
};
