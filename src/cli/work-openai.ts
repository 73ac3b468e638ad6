/** Tasks answered by a language model: what was said before goes along, what it says is the task's message. */
import type { Client, MessageProducer, WorkTask } from "../../clients/typescript/src/client.ts";
import { messageOf } from "./exit.ts";
import { askModel, type Answered, type ChatMessage, type Model, ModelError } from "./openai.ts";

export interface Answering {
  readonly model: Model;
  /** What the model is told first. */
  readonly system: string | null;
  /** Messages of the conversation that go along. */
  readonly history: number;
  /** Told what people may want to know. */
  note(text: string): void;
}

/** What a person is told where the model fails. */
const SORRY: Readonly<Record<string, string>> = {
  model_forbidden: "The assistant is not set up correctly. Please tell whoever runs it.",
  model_unknown: "The assistant is not set up correctly. Please tell whoever runs it.",
  model_busy: "The assistant is too busy at the moment. Please try again in a minute.",
};
const SORRY_ELSE = "The assistant could not finish its answer. Please try again.";

/** The answer stands in the end, too, up to this. UTF-16 units. */
const RESPONSE = 10_000;

/** Who may speak in a task: the model is told what it is by who runs the worker, and by nobody else. */
const ROLES = new Set(["user", "assistant"]);

interface Said extends ChatMessage {
  readonly task_id?: string;
  readonly open?: boolean;
}

/** What the task asks: `{messages}`, `{message}`, `{query}`, a text, or any JSON. */
export function askedIn(input: unknown): readonly ChatMessage[] {
  if (typeof input !== "object" || input === null) return [{ role: "user", content: typeof input === "string" ? input : JSON.stringify(input ?? null) }];
  const { messages, message, query } = input as { messages?: unknown; message?: unknown; query?: unknown };
  const said = Array.isArray(messages) ? messages.filter((each): each is ChatMessage => ROLES.has((each as ChatMessage)?.role) && typeof (each as ChatMessage).content === "string") : [];
  if (said.length > 0) return said.map(({ role, content }) => ({ role, content }));
  const asked = typeof message === "string" ? message : typeof query === "string" ? query : JSON.stringify(input);
  return [{ role: "user", content: asked }];
}

/** What was said in the task's conversation before it, the newest that fit, oldest first. */
async function saidBefore({ taskId, lease, signal }: WorkTask, client: Pick<Client, "messages">, most: number, note: (text: string) => void): Promise<readonly ChatMessage[]> {
  const conversation = lease.conversation_id;
  if (conversation === undefined || most === 0) return [];
  try {
    const said: Said[] = [];
    for (let before: string | undefined; said.length < most; ) {
      // What this task itself has said is passed over: it asks now, and what an earlier attempt answered was not the answer.
      const page = await client.messages(conversation, { limit: Math.min(most + 4, 200), task: taskId, signal, ...(before === undefined ? {} : { before }) });
      said.unshift(...(page.messages as readonly Said[]).filter(({ role, task_id: of, open }) => of !== taskId && open !== true && ROLES.has(role)));
      if (page.next === null) break;
      before = page.next;
    }
    return said.slice(-most).map(({ role, content }) => ({ role, content }));
  } catch (error) {
    signal.throwIfAborted();
    note(`task ${taskId}: its conversation cannot be read, so the model does not hear it: ${messageOf(error)}`);
    return [];
  }
}

/** Answers one task; tells what it came to. Throws where another attempt may do better, and the signal's reason. */
export async function answer(task: WorkTask, client: Pick<Client, "messages">, { model, system, history, note }: Answering): Promise<"completed" | "failed"> {
  const before = await saidBefore(task, client, history, note);
  const messages = [...(system === null ? [] : [{ role: "system", content: system }]), ...before, ...askedIn(task.lease.input)];
  await task.progress(0, { stage: "generating" });
  try {
    const { text, answered } = await written(task, model, messages, note);
    const { usage, finish } = answered;
    await task.completed({
      // A longer one is what the pieces of its message make.
      ...(text.length <= RESPONSE ? { response: text } : {}),
      metadata: { agent: answered.model ?? model.model },
      ...(usage === null ? {} : { usage }),
      result: { finish_reason: finish },
    });
    return "completed";
  } catch (error) {
    if (!(error instanceof ModelError) || error.retryable) throw error;
    const { code, message } = error;
    note(`task ${task.taskId}: ${message}`);
    await task.failed({ code, message }, { user_message: SORRY[code] ?? SORRY_ELSE });
    return "failed";
  }
}

async function written(task: WorkTask, model: Model, messages: readonly ChatMessage[], note: (text: string) => void): Promise<{ readonly text: string; readonly answered: Answered }> {
  const pieces = askModel(model, messages, task.signal, (error, ms) => {
    note(`task ${task.taskId}: ${error.message} Trying again in ${(ms / 1000).toFixed(1)} s.`);
    void task.progress(0, { stage: "generating", message: "The assistant is busy; trying again..." });
  });
  let text = "";
  let message: MessageProducer | null = null;
  let thought: MessageProducer | null = null;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) {
      await thought?.completed();
      await message?.completed(value.usage === null ? {} : { usage: value.usage });
      if (message === null) throw new ModelError("model_mute", "The model has answered nothing.", { retryable: true });
      return { text, answered: value };
    }
    if (value.kind === "thought") {
      thought ??= task.reasoning({ agent: model.model });
      await thought.delta(value.text);
    } else {
      await thought?.completed();
      thought = null;
      message ??= task.message({ agent: model.model });
      text += value.text;
      await message.delta(value.text);
    }
    await task.pausePoint();
  }
}
