/** What a conversation is: the tasks that name it, and what was said in them. Pure; derived anew each time, never a second truth. */
import type { TaskSummary } from "./summary.ts";

export interface ConversationSummary {
  readonly conversation: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tasks: number;
  /** Messages that were completed. */
  readonly messages: number;
  /** The beginning of the first that a user said. */
  readonly preview: string | null;
}

/** The conversations of these tasks, newest change first; among equals the later name. */
export function conversationsOf(tasks: readonly TaskSummary[]): readonly ConversationSummary[] {
  const grouped = new Map<string, TaskSummary[]>();
  for (const task of tasks) {
    if (task.conversation === null || task.status === "deleted") continue;
    const group = grouped.get(task.conversation);
    if (group === undefined) grouped.set(task.conversation, [task]);
    else group.push(task);
  }
  return [...grouped].map(([conversation, group]) => summaryOf(conversation, group)).sort(byChange);
}

/** A place in the order of conversations. */
export type ConversationPlace = Pick<ConversationSummary, "updatedAt" | "conversation">;

/** Newest change first. */
export function byChange(a: ConversationPlace, b: ConversationPlace): number {
  return b.updatedAt - a.updatedAt || (a.conversation < b.conversation ? 1 : a.conversation > b.conversation ? -1 : 0);
}

function summaryOf(conversation: string, group: readonly TaskSummary[]): ConversationSummary {
  const inOrder = [...group].sort(byCreation);
  return {
    conversation,
    createdAt: inOrder[0]?.createdAt ?? 0,
    updatedAt: Math.max(...group.map(({ updatedAt }) => updatedAt)),
    tasks: group.length,
    messages: group.reduce((sum, { messages }) => sum + messages, 0),
    preview: inOrder.find(({ preview }) => preview !== null)?.preview ?? null,
  };
}

/** Oldest first; among equals the earlier id, which is the older one where the service chose it. */
export function byCreation(a: Pick<TaskSummary, "createdAt" | "taskId">, b: Pick<TaskSummary, "createdAt" | "taskId">): number {
  return a.createdAt - b.createdAt || (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0);
}

/** One message of a task. */
export interface SaidMessage {
  readonly id: string;
  readonly role: string;
  readonly content: string;
  /** RFC 3339. */
  readonly time: string;
  /** It is still being written. */
  readonly open: boolean;
}

/** An event, as far as messages need it. */
export interface SpokenEvent {
  readonly type: string;
  readonly time?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What was said in a task, in order of beginning; pieces may be joined. */
export function messagesOf(events: Iterable<SpokenEvent>): readonly SaidMessage[] {
  const messages = new Map<string, SaidMessage>();
  let last = "";
  for (const { type, time = last, data } of events) {
    last = time;
    if (type === "task.recovering" || type === "task.retrying") forgetOpen(messages);
    if (!type.startsWith("message.")) continue;
    const id = String(data.message_id);
    const known = messages.get(id);
    if (type === "message.started") messages.set(id, { id, role: String(data.role), content: "", time, open: true });
    else if (type === "message.delta" && known !== undefined) messages.set(id, { ...known, content: known.content + String(data.delta) });
    else if (type === "message.completed") {
      const content = typeof data.content === "string" ? data.content : (known?.content ?? "");
      messages.set(id, { id, role: typeof data.role === "string" ? data.role : (known?.role ?? "assistant"), content, time: known?.time ?? time, open: false });
    }
  }
  return [...messages.values()];
}

/** What an attempt had begun to say and did not finish was never said. */
function forgetOpen(messages: Map<string, SaidMessage>): void {
  for (const [id, { open }] of messages) if (open) messages.delete(id);
}
