/** What a user of data questions has asked and was answered: conversations, and their messages. */
import { z } from "@hono/zod-openapi";
import { NO_ANSWER } from "../dialects/answer.ts";
import { DATA_QUESTIONS, NAME, conversationOf, mayBeHashed } from "../dialects/data-questions.ts";
import { answerOf } from "../dialects/data-questions-projection.ts";
import type { Identity } from "../domain/access.ts";
import { type ConversationSummary, type SaidMessage, byCreation, messagesOf } from "../domain/conversation.ts";
import type { TaskSummary } from "../domain/summary.ts";
import { PAGE_LENGTH, type TaskMessage, conversationPageOf, eventsIn, lengthOf, newest, placeOf, placeText, tasksOf } from "./conversations.ts";
import type { AppDeps } from "./deps.ts";
import { noToken, ownUser, signedIn } from "./dialect-callers.ts";
import { type App, endpoint, NO_STORE, type RouteContext } from "./endpoint.ts";
import { createdWith } from "./found.ts";
import { text, whole } from "./query.ts";

/** Messages of one answer, where nothing is said, and at most. */
const MESSAGES = { usual: 50, most: 1_000 } as const;
const LEGAL_NAME = z.string().min(1).max(NAME);
const PAGE = z.looseObject({ user_id: z.string(), count: z.int(), next: z.string().nullable() });

/** Adds `/conversations/{user_id}` and the messages of one. */
export function addDataQuestions(app: App, deps: AppDeps): void {
  addList(app, deps);
  addMessages(app, deps);
}

/** Whose conversations they are: the token's user, else the dialect's own user of that name, where its form is open. Throws `token_missing`. */
async function readerOf(deps: AppDeps, c: RouteContext, userId: string): Promise<Identity> {
  const who = await signedIn(deps, c.req.raw);
  if (who === null && !deps.dialects.open.has(DATA_QUESTIONS)) throw noToken();
  return who ?? ownUser(DATA_QUESTIONS, userId);
}

function addList(app: App, deps: AppDeps): void {
  const { limits } = deps;
  endpoint(app, {
    method: "get",
    path: "/conversations/{user_id}",
    summary: "A user's conversations, newest change first",
    description: "For clients of data questions. With a token they are those of its user.",
    tags: ["data questions"],
    auth: null,
    params: z.object({ user_id: LEGAL_NAME }),
    query: z.object({ limit: whole(1, limits.pageTasks, "How many at most").optional(), before: text("`next` of the page before").optional(), token: z.string().optional() }),
    responses: { 200: { description: "A page", content: { "application/json": { schema: PAGE } } } },
  }, async (c, { params: { user_id: userId }, query }) => {
    const tasks = await tasksOf(deps, await readerOf(deps, c, userId));
    const { page, next } = conversationPageOf(tasks, query.before, query.limit ?? limits.pageTasks);
    const conversations = await Promise.all(page.map((each) => told(deps, each, tasks.filter(({ conversation }) => conversation === each.conversation))));
    return c.json({ user_id: userId, conversations, count: conversations.length, next }, 200, NO_STORE);
  });
}

async function told(deps: AppDeps, { conversation, createdAt, updatedAt, preview }: ConversationSummary, tasks: readonly TaskSummary[]): Promise<object> {
  return {
    conversation_id: mayBeHashed(conversation) ? await givenName(deps, conversation, tasks) : conversation,
    created_at: new Date(createdAt).toISOString(),
    last_updated: new Date(updatedAt).toISOString(),
    message_count: tasks.reduce((sum, task) => sum + messagesIn(task), 0),
    preview: preview ?? "",
  };
}

/** How many messages a task has. One that was completed without a word of its own has its response. */
function messagesIn({ messages, status }: TaskSummary): number {
  return messages + (status === "completed" && messages <= 1 ? 1 : 0);
}

/** The name under which a client knows a conversation. */
async function givenName(deps: AppDeps, conversation: string, tasks: readonly TaskSummary[]): Promise<string> {
  const [first] = [...tasks].sort(byCreation);
  const created = first === undefined ? null : await createdWith(deps, first.taskId);
  const given = (created?.input as { readonly conversation_id?: unknown } | undefined)?.conversation_id;
  return typeof given === "string" && conversationOf(given) === conversation ? given : conversation;
}

function addMessages(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "get",
    path: "/conversations/{user_id}/{conversation_id}/messages",
    summary: "What was asked and answered: the newest, shown oldest first",
    description: "For clients of data questions. `before` (the `next` of an answer) pages towards the beginning.",
    tags: ["data questions"],
    auth: null,
    params: z.object({ user_id: LEGAL_NAME, conversation_id: LEGAL_NAME }),
    query: z.object({ limit: whole(1, MESSAGES.most, "How many at most").optional(), before: text("`next` of the page before").optional(), token: z.string().optional() }),
    responses: { 200: { description: "A page", content: { "application/json": { schema: PAGE } } } },
  }, async (c, { params, query }) => {
    const { user_id: userId, conversation_id: given } = params;
    const reader = await readerOf(deps, c, userId);
    const tasks = [...(await tasksOf(deps, reader, conversationOf(given)))].sort(byCreation);
    const limit = query.limit ?? MESSAGES.usual;
    const messages: TaskMessage[] = [];
    let place = query.before === undefined ? null : placeOf(query.before);
    // Of a conversation that nobody has begun there is nothing to tell, which is no mistake.
    while (tasks.length > 0 && messages.length < limit && lengthOf(messages) < PAGE_LENGTH) {
      const page = await newest(deps, tasks, limit - messages.length, place, saidIn);
      messages.unshift(...page.messages);
      place = page.next;
      if (place === null) break;
    }
    const shown = messages.map(({ role, content, time }) => ({ role, content, timestamp: time }));
    return c.json({ user_id: userId, conversation_id: given, messages: shown, count: shown.length, next: place === null ? null : placeText(place) }, 200, NO_STORE);
  });
}

/** What people said and were answered in a task. */
async function saidIn(deps: AppDeps, taskId: string): Promise<readonly SaidMessage[]> {
  const events = await eventsIn(deps, taskId);
  const said = messagesOf(events).filter(({ role, content, open }) => !open && content !== "" && (role === "user" || role === "assistant"));
  const end = events.findLast(({ type }) => type === "task.completed");
  if (end === undefined || said.some(({ role }) => role === "assistant")) return said;
  return [...said, { id: "response", role: "assistant", content: answerOf(end.data, NO_ANSWER), time: end.time ?? "", open: false }];
}
