/** Conversations: lists and messages, derived from the tasks that name them. */
import { z } from "@hono/zod-openapi";
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { conversation as conversationSchema, conversationPage, messagePage } from "../../generated/typescript/validators.ts";
import type { Identity } from "../domain/access.ts";
import { type ConversationSummary, type SaidMessage, type SpokenEvent, byChange, byCreation, conversationsOf, messagesOf } from "../domain/conversation.ts";
import { TaskwireError } from "../domain/error.ts";
import type { TaskSummary } from "../domain/summary.ts";
import { coversSet } from "../domain/watch-scope.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint } from "./endpoint.ts";
import { TASK_ID, text, whole } from "./query.ts";

const PARAMS = z.object({ conversation_id: TASK_ID });

/** Adds `/v1/conversations`, one of them, and its messages. */
export function addConversations(app: App, deps: AppDeps): void {
  addList(app, deps);
  addOne(app, deps);
  addMessages(app, deps);
}

/** The caller's tasks that have a conversation, as far as they may see them; of one, or of all. */
export async function tasksOf({ index }: AppDeps, who: Pick<Identity, "user" | "watch">, conversation?: string): Promise<readonly TaskSummary[]> {
  const seen = ({ conversation: of }: TaskSummary): boolean => of !== null && (!who.watch || coversSet(who.watch.words, { conversation_id: of }));
  const { tasks } = await index.list(who.user, { limit: Number.MAX_SAFE_INTEGER, conversation });
  return tasks.filter(seen);
}

/** The conversations of these tasks, newest change first: at most `limit` of those behind `before`, the `next` of another page. Throws `request_invalid` for what is none. */
export function conversationPageOf(tasks: readonly TaskSummary[], before: string | undefined, limit: number): { readonly page: readonly ConversationSummary[]; readonly next: string | null } {
  const from = before === undefined ? null : placeOf(before);
  const all = conversationsOf(tasks);
  const behind = from === null ? all : all.filter((each) => byChange(each, { updatedAt: from.number, conversation: from.id }) > 0);
  const page = behind.slice(0, limit);
  const last = page.at(-1);
  return { page, next: last === undefined || page.length === behind.length ? null : placeText({ number: last.updatedAt, id: last.conversation }) };
}

function wireConversation({ conversation, createdAt, updatedAt, tasks, messages, preview }: ConversationSummary): Record<string, unknown> {
  return { conversation_id: conversation, created_at: new Date(createdAt).toISOString(), updated_at: new Date(updatedAt).toISOString(), tasks, messages, preview };
}

function unknownConversation(id: string): TaskwireError {
  return new TaskwireError("conversation_unknown", `There is no conversation ${id} of yours.`);
}

function addList(app: App, deps: AppDeps): void {
  const { auth, limits } = deps;
  endpoint(app, {
    method: "get",
    path: "/v1/conversations",
    summary: "My conversations, newest change first",
    tags: ["conversations"],
    auth,
    watching: true,
    query: z.object({ limit: whole(1, limits.pageTasks, "How many at most").optional(), before: text("`next` of the page before").optional() }),
    responses: { 200: { description: "A page", content: { "application/json": { schema: conversationPage } } } },
  }, async (c, { query, who }) => {
    const { page, next } = conversationPageOf(await tasksOf(deps, who), query.before, query.limit ?? limits.pageTasksDefault);
    return c.json({ conversations: page.map(wireConversation), next });
  });
}

function addOne(app: App, deps: AppDeps): void {
  endpoint(app, {
    method: "get",
    path: "/v1/conversations/{conversation_id}",
    summary: "One of my conversations",
    tags: ["conversations"],
    auth: deps.auth,
    watching: true,
    params: PARAMS,
    responses: { 200: { description: "The conversation", content: { "application/json": { schema: conversationSchema } } } },
  }, async (c, { params, who }) => {
    const [found] = conversationsOf(await tasksOf(deps, who, params.conversation_id));
    if (found === undefined) throw unknownConversation(params.conversation_id);
    return c.json(wireConversation(found));
  });
}

/** Who works on a task of a conversation reads what was said in it, as its owner would; others' tasks are as if they were not. */
async function asWorker({ writer }: AppDeps, who: Identity, taskId: string, conversation: string): Promise<Pick<Identity, "user">> {
  const facts = await writer.facts(taskId);
  const theirs = facts !== null && !who.watch && (facts.owner === who.user || who.scopes.has("admin") || (facts.holder === who.user && !TERMINAL_STATUSES.has(facts.status)));
  if (!theirs || facts.conversation !== conversation) throw unknownConversation(conversation);
  return { user: facts.owner };
}

function addMessages(app: App, deps: AppDeps): void {
  const { auth, limits } = deps;
  endpoint(app, {
    method: "get",
    path: "/v1/conversations/{conversation_id}/messages",
    summary: "What was said: the newest that fit, oldest first",
    description: "`before` (the `next` of an answer) pages towards the beginning. A worker names with `task_id` the task that it holds, and reads the conversation of that.",
    tags: ["conversations"],
    auth,
    watching: true,
    params: PARAMS,
    query: z.object({ limit: whole(1, limits.pageTasks, "How many at most").optional(), before: text("`next` of the page before").optional(), task_id: TASK_ID.optional() }),
    responses: { 200: { description: "A page", content: { "application/json": { schema: messagePage } } } },
  }, async (c, { params, query, who }) => {
    const reader = query.task_id === undefined ? who : await asWorker(deps, who, query.task_id, params.conversation_id);
    const tasks = [...(await tasksOf(deps, reader, params.conversation_id))].sort(byCreation);
    if (tasks.length === 0) throw unknownConversation(params.conversation_id);
    const { messages, next } = await newest(deps, tasks, query.limit ?? limits.pageTasksDefault, query.before === undefined ? null : placeOf(query.before));
    return c.json({ conversation_id: params.conversation_id, messages: messages.map((message) => wireMessage(message, limits.messageLength)), next: next === null ? null : placeText(next) });
  });
}

/** A message of one of a conversation's tasks. */
export interface TaskMessage extends SaidMessage {
  readonly taskId: string;
}

/** A page of messages ends with the one that reaches this, though more were asked for. UTF-16 units. */
export const PAGE_LENGTH = 4 * 1024 * 1024;

/** How much these say. UTF-16 units. */
export function lengthOf(messages: readonly SaidMessage[]): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}

/** The last of a task's messages that fit beside what is there. */
function lastOf(said: readonly SaidMessage[], most: number, length: number): readonly SaidMessage[] {
  let from = said.length;
  for (let reached = length; from > 0 && said.length - from < most && reached < PAGE_LENGTH; from -= 1) reached += said[from - 1]?.content.length ?? 0;
  return said.slice(from);
}

/** What was said in a task. */
type Said = (deps: AppDeps, taskId: string) => Promise<readonly SaidMessage[]>;

/** The newest messages before a place, oldest first; reads at most `limits.conversationTasks` of the tasks, which are given in order of creation. Throws `request_invalid` for a place that is not among them. */
export async function newest(deps: AppDeps, tasks: readonly TaskSummary[], limit: number, from: Place | null, saidIn: Said = messagesIn): Promise<{ readonly messages: readonly TaskMessage[]; readonly next: Place | null }> {
  const start = from === null ? tasks.length - 1 : tasks.findIndex(({ taskId }) => taskId === from.id);
  if (start === -1) throw notAPlace();
  let messages: TaskMessage[] = [];
  let read = 0;
  for (let at = start; at >= 0; at -= 1) {
    const { taskId } = tasks[at] as TaskSummary;
    // A task without messages costs nothing: the index knows how many there are, but for those that are being written.
    const said = (await saidIn(deps, taskId)).slice(0, at === start && from !== null ? from.number : undefined);
    const taken = lastOf(said, limit - messages.length, lengthOf(messages));
    messages = [...taken.map((message) => ({ taskId, ...message })), ...messages];
    const rest = said.length - taken.length;
    if (rest > 0) return { messages, next: { number: rest, id: taskId } };
    read += 1;
    const older = tasks[at - 1];
    if (older !== undefined && (messages.length >= limit || lengthOf(messages) >= PAGE_LENGTH || read >= deps.limits.conversationTasks)) return { messages, next: { number: ALL, id: older.taskId } };
  }
  return { messages, next: null };
}

/** More than any task has. */
const ALL = 1_000_000_000;

async function messagesIn(deps: AppDeps, taskId: string): Promise<readonly SaidMessage[]> {
  return messagesOf(await eventsIn(deps, taskId));
}

/** Of a page of a task's log so many frames are read at once: history comes in large ones. */
const FRAMES = 32;
/** Of one message so much is read. UTF-16 units. */
const LONGEST = 256 * 1024;
/** How frames begin that may tell of what was said; others need not be taken apart. */
const MAY_SPEAK = /^\{"type":"(message|stream|task\.(recovering|retrying|completed))\b/;
const SPOKEN = /^(message\.|task\.(recovering|retrying|completed)$)/;

/** What a task's events tell of what was said in it, and of its end; pieces of texts are joined. Nothing else of a task that is large is kept. */
export async function eventsIn({ hub }: Pick<AppDeps, "hub">, taskId: string): Promise<readonly SpokenEvent[]> {
  const events: SpokenEvent[] = [];
  const lengths = new Map<unknown, number>();
  const isWanted = ({ type, data }: SpokenEvent): boolean => {
    if (type === "message.started") lengths.delete(data.message_id);
    if (type !== "message.delta") return SPOKEN.test(type);
    const length = lengths.get(data.message_id) ?? 0;
    lengths.set(data.message_id, length + String(data.delta).length);
    return length < LONGEST;
  };
  for (let after: string | null = null; ; ) {
    const page = await hub.page({ taskId, after, limit: FRAMES, replay: "compact", waitMs: 0 });
    for (const line of page.events) {
      if (!MAY_SPEAK.test(line)) continue;
      const event = JSON.parse(line) as SpokenEvent & { readonly events?: readonly SpokenEvent[] };
      events.push(...(event.events ?? [event]).filter(isWanted));
    }
    if (!page.more) return events;
    after = page.next;
  }
}

function wireMessage({ taskId, id, role, content, time, open }: TaskMessage, most: number): Record<string, unknown> {
  const cut = content.length > most;
  return { task_id: taskId, message_id: id, role, content: cut ? content.slice(0, most) : content, ...(cut ? { truncated: true } : {}), ...(open ? { open } : {}), time: time === "" ? new Date(0).toISOString() : time };
}

/** A place in a list: a number and a name. Opaque to clients. */
export interface Place {
  readonly number: number;
  readonly id: string;
}

/** A place as clients give it back. */
export function placeText({ number, id }: Place): string {
  return btoa(`${number.toString(36)}.${id}`).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The place that a client gives back. Throws `request_invalid`. */
export function placeOf(given: string): Place {
  let plain = "";
  try {
    plain = atob(given.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    throw notAPlace();
  }
  const [, number, id] = /^([0-9a-z]{1,10})\.([A-Za-z0-9_-]{1,64})$/.exec(plain) ?? [];
  if (number === undefined || id === undefined) throw notAPlace();
  return { number: Number.parseInt(number, 36), id };
}

function notAPlace(): TaskwireError {
  return new TaskwireError("request_invalid", "before is not a place in this list: give back the next of the page before it, or leave it out.", { path: "before" });
}
