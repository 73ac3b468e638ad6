/** What was said to the user in a task, for dialects that tell it whole at the end and not piece by piece. */
import type { TaskView } from "../domain/view.ts";
import { fieldsOf, wordsOf } from "./fields.ts";
import type { Fields, TaskEvent } from "./port.ts";

/** The longest answer that is told; many sockets take no message over 1 MiB. UTF-16 units. */
const LONGEST = 256 * 1024;

/** The last message that was completed, and those that are being written. */
export interface Answer {
  readonly said: string | null;
  readonly writing: readonly { readonly id: string; readonly text: string; readonly answers: boolean }[];
}

/** Before anything was said. */
export const NO_ANSWER: Answer = { said: null, writing: [] };

const answers = (role: unknown): boolean => role === undefined || role === "assistant";
/** Texts that need not be cut are not looked at: they are made of pieces. */
const cut = (text: string): string => (text.length > LONGEST ? text.slice(0, LONGEST) : text);

/** The answer after an event. */
export function hear(before: Answer, { type, data }: TaskEvent): Answer {
  if (type === "task.recovering" || type === "task.retrying") return NO_ANSWER;
  if (!type.startsWith("message.")) return before;
  const id = String(data.message_id);
  const open = before.writing.find((each) => each.id === id);
  const others = before.writing.filter((each) => each !== open);
  if (type === "message.started") return { ...before, writing: [...others, { id, text: "", answers: answers(data.role) }] };
  if (type === "message.delta") return open?.answers ? { ...before, writing: [...others, { ...open, text: cut(open.text + String(data.delta)) }] } : before;
  if (type !== "message.completed") return before;
  const whole = wordsOf(data.content) ?? wordsOf(open?.text);
  return { said: (open?.answers ?? answers(data.role)) && whole !== null ? cut(whole) : before.said, writing: others };
}

/** The answer as a view has it. */
export function answerIn(view: TaskView): Answer {
  const messages = [...view.messages.values()];
  const said = messages.findLast(({ role, status, content }) => answers(role) && status === "completed" && wordsOf(content) !== null);
  return { said: said === undefined ? null : cut(said.content), writing: messages.filter(({ status }) => status === "open").map(({ message_id: id, role, content }) => ({ id, text: cut(content), answers: answers(role) })) };
}

/** What a completed task answers: its `response`, else what was said last, else its `result` where that is a text or has one; null: nothing in words. */
export function responseOf({ response, result }: Fields, { said, writing }: Answer): string | null {
  const fields = fieldsOf(result);
  const found = wordsOf(response) ?? said ?? wordsOf(writing.findLast((each) => each.answers)?.text) ?? wordsOf(result) ?? wordsOf(fields.response) ?? wordsOf(fields.answer) ?? wordsOf(fields.text);
  return found === null ? null : cut(found);
}
