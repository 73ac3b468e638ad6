/** What becomes of a command in the state that a task is in. Pure; the answer is stored by compare-and-set, so that whatever races, each command has one outcome. */
import { canceled } from "./alarm.ts";
import { TaskwireError } from "./error.ts";
import { fingerprint } from "./hash.ts";
import { isWaiting } from "./lease.ts";
import { scopeKey } from "./scopes.ts";
import type { DraftEvent } from "./stamp.ts";
import type { CommandOutcome, JudgeState } from "./state.ts";

export type CommandName = "pause" | "resume" | "cancel" | "message" | "respond";

export interface Order {
  readonly commandId: string;
  readonly command: CommandName;
  readonly data: Readonly<Record<string, unknown>>;
  /** The key of the user who orders it. */
  readonly by: string;
}

/** Which rule forbids a command; told as `code` of `command.rejected`. */
export type Rejection = "not_running" | "already_paused" | "not_paused" | "input_not_open";

export type Ruling =
  /** It was ordered before, and this is how it stands. */
  | { readonly kind: "repeat"; readonly outcome: CommandOutcome; readonly seq: number }
  | { readonly kind: "accepted"; readonly drafts: readonly DraftEvent[] }
  /** Carried out at once. */
  | { readonly kind: "applied"; readonly drafts: readonly DraftEvent[] }
  | { readonly kind: "rejected"; readonly reason: Rejection; readonly drafts: readonly DraftEvent[] };

/** Rules on one order. Throws `task_ended`, and `idempotency_mismatch` where the id was used for another command. */
export function rule(state: JudgeState, order: Order): Ruling {
  const known = state.commands.find(({ id }) => id === fingerprint(order.commandId));
  if (known !== undefined) {
    if (known.command !== order.command) throw new TaskwireError("idempotency_mismatch", `This command_id was used for ${known.command}. Use a new one for ${order.command}.`);
    return { kind: "repeat", outcome: known.outcome, seq: known.seq };
  }
  if (state.terminal) throw new TaskwireError("task_ended", `The task is ${state.phase}, so ${order.command} was not taken. Nothing can be ordered of a task that has ended.`, { law: 1 });
  const reason = forbidden(state, order);
  if (reason !== null) return { kind: "rejected", reason, drafts: [told("command.rejected", order, { code: reason })] };
  const accepted = told("command.accepted", order, Object.keys(order.data).length === 0 ? {} : { data: order.data });
  const applied = told("command.applied", order, {});
  switch (order.command) {
    case "cancel":
      // Nobody is at work who could answer.
      if (isWaiting(state)) return { kind: "applied", drafts: [accepted, applied, canceled(order.by, textOf(order.data.reason))] };
      return { kind: "accepted", drafts: [accepted] };
    case "respond":
      return { kind: "applied", drafts: [accepted, resolved(order), applied] };
    case "message":
      return { kind: "accepted", drafts: [accepted, said(order)] };
    default:
      return { kind: "accepted", drafts: [accepted] };
  }
}

function forbidden(state: JudgeState, { command, data }: Order): Rejection | null {
  const atWork = state.phase === "running" || state.phase === "paused";
  if (command === "pause") return !atWork ? "not_running" : state.phase === "paused" ? "already_paused" : null;
  if (command === "resume") return state.phase === "paused" || pausing(state) ? null : "not_paused";
  if (command === "respond") return state.open.get(scopeKey("input", String(data.request_id)))?.implied === false ? null : "input_not_open";
  return null;
}

/** A pause was accepted and its worker has not come to it yet. */
function pausing({ commands }: JudgeState): boolean {
  const last = commands.findLast(({ command, outcome }) => outcome !== "rejected" && (command === "pause" || command === "resume"));
  return last?.command === "pause" && last.outcome === "accepted";
}

function told(type: string, { commandId, command, by }: Order, more: object): DraftEvent {
  return { type, data: { command_id: commandId, command, by, ...more } };
}

function resolved({ data, by }: Order): DraftEvent {
  const { request_id, outcome = "answered", response } = data;
  return { type: "input.resolved", data: { request_id, outcome, ...(response === undefined ? {} : { response }), by } };
}

function said({ commandId, data }: Order): DraftEvent {
  return { type: "message.completed", data: { message_id: data.message_id ?? commandId, role: "user", content: data.text } };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
