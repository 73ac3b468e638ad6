/**
 * What producers of agent progress write, as canonical events: the other way of `agent-progress.ts`. A message names the step and
 * the tool that go on now, so these are what is open after it; a step or tool that it names no more is done.
 */
import type { DraftEvent } from "../domain/laws.ts";
import { fingerprint } from "../domain/hash.ts";
import { cutHead } from "../domain/size.ts";
import type { JudgeState } from "../domain/state.ts";
import { isFields, textOf } from "./fields.ts";
import type { Fields } from "./port.ts";

/** Steps and tool calls that were opened here bear ids that begin so; what they tell is told by their message. */
const OWN = "ap:";
/** Longer ones, or those with other characters, are named by their fingerprint: then the state of the log holds them as they are. */
const PLAIN_NAME = /^[A-Za-z0-9_.-]{1,20}$/;
/** As the contract bounds a stage, a name and a sentence. UTF-16 units. */
const STEP_LENGTH = 128;
const TOOL_LENGTH = 256;
const MESSAGE_LENGTH = 4_096;

/** A message of a producer, read. */
export type Received =
  /** Its events, on the state that the log has. */
  | { readonly kind: "message"; drafts(state: Pick<JudgeState, "open">): readonly DraftEvent[] }
  /** A sign of life: the service makes its own. */
  | { readonly kind: "nothing" }
  | { readonly kind: "bad"; readonly reason: string };

interface Message {
  readonly step: string;
  readonly tool: string | null;
  readonly message: string;
  readonly percent: number | null;
  readonly time: string | null;
  readonly error: boolean;
}

/** Whether this dialect gave a step or a tool call its id. */
export function isOwnId(id: string): boolean {
  return id.startsWith(OWN);
}

const ownId = (name: string): string => OWN + (PLAIN_NAME.test(name) ? name : fingerprint(name));

const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)([.,]\d{1,9})?\d*\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/** A time as RFC 3339 in UTC, its fraction as it is; one without a zone is UTC. Null for what is no time. */
export function utcOf(text: string): string | null {
  const [, day, clock = "", fraction = "", zone = "Z"] = TIME.exec(text) ?? [];
  if (day === undefined) return null;
  const [sign = "", hours = "0", minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)?.slice(1) ?? [];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * 60_000;
  // A leap second is a time, and none that a clock here knows.
  const leap = clock.endsWith(":60");
  const here = Date.parse(`${day}T${leap ? clock.replace(/:60$/, ":59") : clock.length === 5 ? `${clock}:00` : clock}Z`);
  if (Number.isNaN(here) || Number(hours) > 23 || Number(minutes) > 59) return null;
  // The 31st of February would be in March.
  if (!new Date(here).toISOString().startsWith(day)) return null;
  const utc = new Date(here - offset).toISOString();
  return /^\d{4}-/.test(utc) ? `${utc.slice(0, "2026-01-31T12:00:".length)}${leap ? "60" : utc.slice(17, 19)}${fraction.replace(",", ".")}Z` : null;
}

const bad = (reason: string): Received => ({ kind: "bad", reason });
/** Python's `None` is `null`. */
const absent = (value: unknown): boolean => value === undefined || value === null;

/** Reads one message. What it says wrong is answered, never thrown. */
export function receivedAgentProgress(text: string): Received {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("it is no JSON");
  }
  if (!isFields(value)) return bad("it is no JSON object");
  if (value.heartbeat === true && absent(value.step)) return { kind: "nothing" };
  const fault = faultOf(value);
  if (fault !== null) return bad(fault);
  const { step, tool, message, percent, timestamp, error } = value;
  const read: Message = {
    step: step as string, tool: textOf(tool), message: cutHead(message as string, MESSAGE_LENGTH), percent: typeof percent === "number" ? percent : null,
    time: typeof timestamp === "string" ? utcOf(timestamp) : null, error: error === true,
  };
  return { kind: "message", drafts: ({ open }) => draftsOf(read, [...open.keys()]) };
}

const isEnd = (step: unknown): boolean => step === "completed" || step === "failed";

/** What is wrong with a message; null where nothing is. */
function faultOf({ step, tool, message, percent, timestamp, error, heartbeat }: Fields): string | null {
  if (textOf(step) === null) return "step is no text, or empty";
  if ((step as string).length > STEP_LENGTH) return `step has more than ${STEP_LENGTH} characters`;
  if (textOf(message) === null) return "message is no text, or empty";
  if (!absent(tool) && typeof tool !== "string") return "tool is no text";
  if ((textOf(tool) ?? "").length > TOOL_LENGTH) return `tool has more than ${TOOL_LENGTH} characters`;
  const counted = typeof percent === "number" && percent >= 0 && percent <= 100;
  if (!counted && !(absent(percent) && isEnd(step))) return "percent is no number from 0 to 100";
  if (!absent(error) && typeof error !== "boolean") return "error is neither true nor false";
  if (!absent(heartbeat) && typeof heartbeat !== "boolean") return "heartbeat is neither true nor false";
  if (!absent(timestamp) && (typeof timestamp !== "string" || utcOf(timestamp) === null)) return "timestamp is no ISO 8601 time";
  return null;
}

/** Families by the first letter of their key in the state, as `domain/scopes.ts` writes it. */
const ownOf = (open: readonly string[], family: "step" | "tool"): string[] => open.filter((key) => key.startsWith(family.charAt(0) + OWN)).map((key) => key.slice(1));

/** The message's events on a log in which these scopes are open. */
function draftsOf(message: Message, open: readonly string[]): readonly DraftEvent[] {
  const { step, tool, percent, error } = message;
  const said = message.message;
  const stamp = message.time === null ? {} : { time: message.time };
  const draft = (type: string, data: object, more: object = {}): DraftEvent => ({ type, ...stamp, ...more, data });
  const steps = ownOf(open, "step");
  const tools = ownOf(open, "tool");
  const end = isEnd(step);
  const stepId = end ? (steps.at(-1) ?? null) : ownId(step);
  const toolId = tool === null ? null : ownId(tool);
  const stays = stepId !== null && steps.includes(stepId);
  const goesOn = toolId !== null && stays && tools.includes(toolId);
  const drafts = [
    ...tools.filter((id) => !(goesOn && id === toolId)).map((id) => draft("tool.completed", { tool_call_id: id })),
    ...(end ? [] : steps.filter((id) => id !== stepId).map((id) => draft("step.completed", { step_id: id }))),
    ...(end || stays ? [] : [draft("step.started", { step_id: stepId, name: step })]),
    ...(toolId === null || goesOn ? [] : [draft("tool.started", { tool_call_id: toolId, name: tool }, stepId === null ? {} : { step_id: stepId })]),
  ];
  if (step === "failed") return [...drafts, draft("task.failed", { error: { code: "agent_failed", message: said, retryable: false }, user_message: said }, { message: said })];
  if (step === "completed") {
    return [...drafts, ...(toolId === null ? steps.map((id) => draft("step.completed", { step_id: id })) : []), draft("task.completed", {}, { message: said })];
  }
  drafts.push(draft("task.progress", { percent, stage: step, message: said, ...(error ? { error } : {}) }));
  if (error && toolId !== null) drafts.push(draft("tool.failed", { tool_call_id: toolId, error: { code: "tool_failed", message: said, retryable: false } }));
  return drafts;
}

/** The inbox that such producers write to, and whose tasks they begin: no token's user is called so. */
export const agentProgressInbox = { name: "agent_progress", kind: "agent-progress", owner: "agent-progress", translate: receivedAgentProgress } as const;
