/**
 * Arbitrary legal histories of tasks, for property tests. A small model of its own keeps them legal: it knows what is open,
 * not how the laws are written. `stored` gives what the log would hold of one.
 */
import fc from "fast-check";
import { judge } from "../../src/domain/laws.ts";
import type { JudgeRequest, RetryIdentity } from "../../src/domain/laws.ts";
import type { DraftEvent, Stamped } from "../../src/domain/stamp.ts";
import type { JudgeState } from "../../src/domain/state.ts";
import { LIMITS } from "../../src/limits.ts";

export interface HistoryRequest {
  readonly drafts: readonly DraftEvent[];
  readonly service: boolean;
  readonly identity: RetryIdentity | null;
}

export interface History {
  readonly taskId: string;
  readonly requests: readonly HistoryRequest[];
}

export interface StoredBatch {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly events: readonly Stamped[];
  readonly lines: readonly string[];
  /** The state after the batch. */
  readonly state: JudgeState;
}

/** The request that a part of a history makes of the judge. */
export function requestOf(history: History, at: number, changes: Partial<JudgeRequest> = {}): JudgeRequest {
  const { drafts, service, identity } = history.requests[at] as HistoryRequest;
  return {
    taskId: history.taskId, drafts, service, identity, attempt: null, now: 1_700_000_000_000 + at * 1_000, limits: LIMITS,
    actor: service ? { kind: "system" } : { kind: "worker", id: "worker-1" },
    founding: at === 0 ? { owner: "owner-key", conversation: null, access: "owner" } : null,
    ...changes,
  };
}

/** What the log holds after all requests of a history. Throws where one is not accepted. */
export function stored(history: History): StoredBatch[] {
  let state: JudgeState | null = null;
  return history.requests.map((_, at) => {
    const verdict = judge(state, requestOf(history, at));
    if (verdict.kind !== "accepted") throw new Error(`request ${at} was not accepted: ${verdict.kind === "refused" ? verdict.error.message : verdict.kind}`);
    state = verdict.state;
    return { firstSeq: verdict.firstSeq, lastSeq: verdict.lastSeq, events: verdict.events, lines: verdict.lines, state: verdict.state };
  });
}

/** All events of a history as they are stored. */
export function storedEvents(history: History): Stamped[] {
  return stored(history).flatMap((batch) => batch.events);
}

interface Move {
  readonly action: Action;
  readonly pick: number;
  readonly text: string;
  readonly amount: number;
  readonly flag: boolean;
  /** Whether a new request begins after this. */
  readonly cut: boolean;
}

/** What the model knows: nothing but what is open, by family and id. */
interface Model {
  readonly open: Map<string, Set<string>>;
  attempt: number;
  recovering: boolean;
}

/** Some often, so that the same one is closed and opened again; some strange. */
const IDS = ["a", "a", "a", "a", "a", "a", "b", "b", "c", "ид-1", "with space", "x".repeat(64), "~tilde", "__proto__"];
const FAMILIES = { step: "step_id", message: "message_id", reasoning: "reasoning_id", tool: "tool_call_id", input: "request_id" } as const;
type Family = keyof typeof FAMILIES;

const failure = (text: string) => ({ code: "broken", message: text, retryable: true });
const draft = (type: string, data: object, more: object = {}): DraftEvent => ({ type, ...more, data }) as DraftEvent;
const choose = <T>(from: readonly T[], pick: number): T => from[pick % from.length] as T;

function opened(model: Model, family: Family): Set<string> {
  const ids = model.open.get(family) ?? new Set<string>();
  model.open.set(family, ids);
  return ids;
}

/** Opens something that is not open, or nothing. */
function open(family: Family, data: (move: Move) => object) {
  return (model: Model, move: Move): DraftEvent[] => {
    const ids = opened(model, family);
    const free = IDS.filter((id) => !ids.has(id));
    if (free.length === 0) return [];
    const id = choose(free, move.pick);
    ids.add(id);
    return [draft(family === "input" ? "input.requested" : `${family}.started`, { [FAMILIES[family]]: id, ...data(move) })];
  };
}

/** Says something of an open thing, or of any where `anyway`; closes it where `closes`. */
function say(family: Family, type: string, data: (move: Move) => object, { closes = false, anyway = false } = {}) {
  return (model: Model, move: Move): DraftEvent[] => {
    const ids = opened(model, family);
    const from = anyway ? IDS : [...ids];
    if (from.length === 0) return [];
    const id = choose(from, move.pick);
    if (closes) ids.delete(id);
    return [draft(type, { [FAMILIES[family]]: id, ...data(move) }, move.flag && move.pick % 7 === 0 ? { message: move.text } : {})];
  };
}

const amount = (move: Move): object => (move.flag ? { percent: move.amount } : { current: Math.round(move.amount), total: move.pick % 5 === 0 ? 0 : 100 + (move.pick % 50) });
const plan = (move: Move): object => ({ steps: [{ step_id: "a", title: `Step ${move.pick}` }], ...(move.flag ? { plan_id: "plan-1" } : {}) });

function startAgain(type: "task.started" | "task.retrying") {
  return (model: Model, move: Move): DraftEvent[] => {
    if (model.recovering || move.flag) model.attempt += 1;
    model.recovering = false;
    if (type === "task.retrying") model.open.clear();
    return [draft(type, type === "task.started" ? { attempt: model.attempt } : { attempt: model.attempt, max_attempts: model.attempt + 1, delay_ms: 10, error: failure(move.text) })];
  };
}

const ACTIONS = {
  start: startAgain("task.started"),
  retry: startAgain("task.retrying"),
  recover: (model: Model) => {
    model.open.clear();
    model.recovering = true;
    return [draft("task.recovering", { reason: "worker_lost", attempt: model.attempt }), draft("task.queued", {})];
  },
  progress: (_: Model, move: Move) => [draft("task.progress", { ...amount(move), ...(move.pick % 3 === 0 ? { stage: move.text.slice(0, 20) || "stage" } : {}) }, move.pick % 11 === 0 ? { message: move.text } : {})],
  pause: (_: Model, move: Move) => [draft("task.paused", { reason: move.text })],
  resume: () => [draft("task.resumed", {})],
  understand: (_: Model, move: Move) => [draft("intent.parsed", { intent: `intent ${move.pick}`, entities: [{ type: "word", value: move.text }] }), draft("agents.found", { agents: [{ name: "planner" }] })],
  plan: (_: Model, move: Move) => [draft(move.flag ? "plan.created" : "plan.updated", plan(move))],
  stepStart: open("step", (move) => ({ name: "fetch_data", index: 1 + (move.pick % 9), total: 9 })),
  stepProgress: say("step", "step.progress", amount, { anyway: true }),
  stepRetry: say("step", "step.retrying", () => ({ attempt: 2, max_attempts: 3 }), { anyway: true }),
  stepEnd: say("step", "step.completed", (move) => ({ output: { text: move.text }, status: "fine" }), { closes: true, anyway: true }),
  stepFail: say("step", "step.failed", (move) => ({ error: failure(move.text), will_retry: false }), { closes: true }),
  stepFailSoftly: say("step", "step.failed", (move) => ({ error: failure(move.text), will_retry: true })),
  stepSkip: say("step", "step.skipped", (move) => ({ reason: move.text }), { closes: true, anyway: true }),
  messageStart: open("message", () => ({ role: "assistant" })),
  messageDelta: say("message", "message.delta", (move) => ({ delta: move.text })),
  messageEnd: say("message", "message.completed", (move) => (move.flag ? { content: move.text } : { length: 3, sha256: "0".repeat(64) }), { closes: true, anyway: true }),
  reasoningStart: open("reasoning", () => ({ agent: "thinker" })),
  reasoningDelta: say("reasoning", "reasoning.delta", (move) => ({ delta: move.text })),
  reasoningEnd: say("reasoning", "reasoning.completed", (move) => ({ summary: move.text }), { closes: true }),
  toolStart: open("tool", (move) => ({ name: "search", input: { query: move.text } })),
  toolProgress: say("tool", "tool.progress", (move) => ({ ...(move.flag ? { percent: move.amount } : { output_delta: move.text }), ...(move.pick % 4 === 0 ? { message: "working" } : {}) }), { anyway: true }),
  toolEnd: say("tool", "tool.completed", (move) => ({ output: move.text, duration_ms: move.pick }), { closes: true }),
  toolFail: say("tool", "tool.failed", (move) => ({ error: failure(move.text) }), { closes: true, anyway: true }),
  ask: open("input", (move) => ({ kind: "question", prompt: move.text })),
  answer: say("input", "input.resolved", (move) => ({ outcome: "answered", response: move.text }), { closes: true }),
  artifact: (_: Model, move: Move) => [draft("artifact.created", { artifact_id: choose(IDS, move.pick), name: "report", media_type: "text/plain", inline: move.text })],
  quality: (_: Model, move: Move) => [draft("quality.checked", { check: choose(["length", "tone"], move.pick), passed: move.flag })],
  command: (_: Model, move: Move) => [draft("command.accepted", { command_id: choose(IDS, move.pick), command: "message", data: { text: move.text } })],
  applied: (_: Model, move: Move) => [draft("command.applied", { command_id: choose(IDS, move.pick), command: "message" })],
  metrics: (_: Model, move: Move) => [draft("metrics.updated", { values: { [choose(["tokens", "__proto__", "cost"], move.pick)]: move.amount } })],
  health: (_: Model, move: Move) => [draft("health.updated", { status: move.flag ? "ok" : "degraded" })],
  log: (_: Model, move: Move) => [draft("log.line", { level: "info", text: move.text })],
  vendor: (_: Model, move: Move) => [draft("x.acme.delta", { anything: move.text, step_id: "a" })],
} satisfies Record<string, (model: Model, move: Move) => DraftEvent[]>;
type Action = keyof typeof ACTIONS;

const OFTEN: readonly Action[] = ["messageStart", "messageDelta", "messageDelta", "messageDelta", "reasoningDelta", "toolProgress", "progress", "progress", "stepProgress"];
const RARELY: ReadonlySet<Action> = new Set(["recover", "retry", "pause"]);
const WEIGHED = [...(Object.keys(ACTIONS) as Action[]).flatMap((action) => (RARELY.has(action) ? [action] : [action, action])), ...OFTEN, ...OFTEN];

const ENDS = [
  draft("task.completed", { result: { answer: 42 }, response: "Done" }),
  draft("task.failed", { error: failure("it broke"), user_message: "It did not work" }),
  draft("task.canceled", { by: "somebody", reason: "not needed any more" }),
];

const SERVICE = new Set(["task.created", "task.queued", "task.recovering", "command.accepted"]);

/** Moves made legal by the model, in requests that are cut where a move says so and where the writer changes. */
function historyOf(taskId: string, title: string, moves: readonly Move[], end: number): History {
  const model: Model = { open: new Map(), attempt: 1, recovering: false };
  const requests: { drafts: DraftEvent[]; service: boolean; identity: RetryIdentity | null }[] = [];
  let fresh = true;
  const write = (event: DraftEvent): void => {
    const service = SERVICE.has(event.type);
    const last = requests.at(-1);
    if (last === undefined || fresh || last.service !== service) requests.push({ drafts: [event], service, identity: null });
    else last.drafts.push(event);
    fresh = false;
  };
  write(draft("task.created", { kind: "test", title, input: { question: title } }));
  for (const move of moves) {
    for (const event of ACTIONS[move.action](model, move)) write(event);
    fresh ||= move.cut;
  }
  const last = ENDS[end];
  if (last !== undefined) write(last);
  return { taskId, requests };
}

const texts = fc.oneof({ weight: 5, arbitrary: fc.string({ maxLength: 12 }) }, { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) }, { weight: 1, arbitrary: fc.constantFrom("\ud83d", "\ude00", '"\\\n', "\u2028", "é🙂") });

/** A legal history of up to `moves` moves; a third of them ends. */
export function legalHistory({ moves = 60, ended }: { moves?: number; ended?: boolean } = {}): fc.Arbitrary<History> {
  const move: fc.Arbitrary<Move> = fc.record({
    action: fc.constantFrom(...WEIGHED), pick: fc.nat(1_000), text: texts, flag: fc.boolean(), cut: fc.boolean(),
    amount: fc.double({ min: 0, max: 100, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  });
  const end = ended === undefined ? fc.integer({ min: 0, max: 8 }) : fc.integer(ended ? { min: 0, max: 2 } : { min: 3, max: 3 });
  return fc.tuple(fc.constantFrom("task-1", "T".repeat(64), "_"), texts, fc.array(move, { maxLength: moves, size: "max" }), end).map((parts) => historyOf(...parts));
}
