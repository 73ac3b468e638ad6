/** The client: follow tasks and publish to them, from browsers, Bun, Deno and Node 20 or newer. */
import type { AppendAck, CommandResponse, ConversationPage, CreateTaskRequest, CreateTaskResponse, EventDraft, Grant, GrantRequest, GrantResponse, Lease, MessagePage, TaskPage, TaskSnapshotData, TaskSummary, Ticket, Watchable } from "../../../generated/typescript/types.ts";
import { createAppend } from "./append.ts";
import { type ClientOptions, createContext, type Follower, followerOf } from "./follower.ts";
import { type Call, type CallOptions, createCall } from "./http.ts";
import { randomIdentity } from "./identity.ts";
import { createModels, type TaskModel, type TasksModel } from "./model.ts";
import { produceTask, type ProduceOptions, type TaskProducer } from "./producer.ts";
import { createPublisher, type Publisher, type PublisherOptions } from "./publisher.ts";
import { createFollowSet, type FollowSet, type TaskSet } from "./set.ts";
import { createSetModels, type SetModel } from "./set-model.ts";
import type { WebSocketClass } from "./websocket.ts";
import { take, work, type WorkHandler, type WorkOptions } from "./worker.ts";

export type { CommandResponse, CreateTaskRequest, EventDraft, Grant, GrantRequest, Lease, TaskSnapshotData, TaskSummary, Ticket, Watchable } from "../../../generated/typescript/types.ts";
export type { ClientOptions, ConnectionState, DeliveredEvent, Follower, FollowManyOptions, FollowOneOptions, FollowOptions, LogHook, Phase, StreamFrame, StreamGapFrame, TokenSource, TransportName } from "./follower.ts";
export { TaskwireError } from "./follower.ts";
export type { Call, CallOptions, CallRequest } from "./http.ts";
export type { TaskModel, TaskNow, TasksModel, TasksNow, TaskState as TaskFold } from "./model.ts";
export type { PlanStep, ProduceOptions, TaskProducer } from "./producer.ts";
export type { MessageProducer, StepProducer, ToolProducer } from "./producer-parts.ts";
export type { Publisher, PublisherOptions } from "./publisher.ts";
export type { FollowSet, FollowSetOptions, SetItem, TaskSet } from "./set.ts";
export type { SetMember, SetModel, SetNow } from "./set-model.ts";
export type { Answer, TaskCommand, TaskMessage } from "./commands.ts";
export type { Question, WorkHandler, WorkOptions, WorkTask } from "./worker.ts";

export interface ListOptions extends CallOptions {
  readonly status?: string;
  readonly conversation?: string;
  /** `next` of the page before. */
  readonly before?: string;
  readonly limit?: number;
}

export interface CreateOptions extends CallOptions {
  /** Makes a repetition of the same creation harmless, also from another process. A random one by default. */
  readonly idempotencyKey?: string;
}

export interface CommandOptions extends CallOptions {
  /** Makes a repetition of the same command harmless. A random one by default. */
  readonly commandId?: string;
}

/** Which page of a list: `before` is the `next` of the page before. */
export interface PageOptions extends CallOptions {
  readonly before?: string;
  readonly limit?: number;
}

export interface MessagesOptions extends PageOptions {
  /** As who works on this task of the conversation, or owns it; else as who owns the conversation. */
  readonly task?: string;
}

/** A task as its events add up to. */
export interface TaskState {
  readonly task: TaskSummary;
  readonly snapshot: TaskSnapshotData;
  /** The position after it: pass it as `after` to follow from here. */
  readonly cursor: string;
}

export interface Client extends Follower {
  create(task: CreateTaskRequest, options?: CreateOptions): Promise<CreateTaskResponse>;
  /** Appends events, all or none; resolves when they are in the log. Repeated under one identity until that is certain. */
  publish(taskId: string, events: EventDraft | readonly EventDraft[], options?: CallOptions): Promise<AppendAck>;
  /** A publisher that gathers, keeps and repeats. The task may still be on its way. */
  publisher(task: string | Promise<string>, options?: PublisherOptions): Publisher;
  /** Creates a task and runs `work` as its producer: the lifecycle tells itself, and all is in the log when it resolves. */
  produce<Result>(task: CreateTaskRequest, work: (task: TaskProducer) => Result | Promise<Result>, options?: ProduceOptions): Promise<Result>;
  /** A set of tasks that changes by itself, all of mine, a conversation, a list: who joins, what happens, who leaves. Never ends by itself. */
  followSet: FollowSet;
  /** Works on queued tasks of a kind until `signal` is aborted; `handler` has each task once. */
  work(kind: string, handler: WorkHandler, options?: WorkOptions): Promise<void>;
  /** Takes up to `max` tasks by hand; each must be published to with its lease, and kept. */
  lease(kind: string, options?: CallOptions & { readonly wait?: number; readonly max?: number; readonly workerId?: string }): Promise<readonly Lease[]>;
  /** Asks a task to pause, resume or cancel, sends it a message, answers its question. `applied`: it was done at once; else it comes as `command.applied`, or with the task's end. */
  command(taskId: string, command: string, data?: Readonly<Record<string, unknown>>, options?: CommandOptions): Promise<CommandResponse>;
  /** Does a finished task again: a new task, of which there is one at a time. */
  retry(taskId: string, options?: CallOptions): Promise<CreateTaskResponse>;
  /** Deletes a task and all its events for good. */
  remove(taskId: string, options?: CallOptions): Promise<void>;
  /** A ticket for an address that a browser opens by itself: `EventSource`, a link. */
  ticket(what: Watchable, options?: CallOptions): Promise<Ticket>;
  /** Lets somebody else's backend watch; the token is told this once. */
  grant(what: GrantRequest, options?: CallOptions): Promise<GrantResponse>;
  /** One's own grants that hold. */
  grants(options?: CallOptions): Promise<readonly Grant[]>;
  /** Ends a grant, and its connections within seconds. */
  revoke(grantId: string, options?: CallOptions): Promise<void>;
  /** One's own conversations, the newest change first. */
  conversations(options?: PageOptions): Promise<ConversationPage>;
  /** What was said in a conversation, oldest first; `before` pages towards its beginning. */
  messages(conversationId: string, options?: MessagesOptions): Promise<MessagePage>;
  /** One's own tasks, the newest change first. */
  list(options?: ListOptions): Promise<TaskPage>;
  /** Any other request below the service's address, with the token, repeated where that can help: only what may be repeated. */
  call: Call;
  /** A task's state, as its events add up to. */
  get(taskId: string, options?: CallOptions): Promise<TaskState>;
  /** A task's state, kept up to date while somebody listens. The same model for the same id. */
  task(taskId: string): TaskModel;
  /** Several tasks' states, over one connection. The same model for the same ids. */
  tasks(taskIds: readonly string[]): TasksModel;
  /** A set's tasks, those to come too, kept up to date over one connection while somebody listens. The same model for the same words. */
  set(words: TaskSet): SetModel;
}

/** A client of the service at `url`. Holds nothing open by itself. Throws `address_invalid` and `no_transport`. */
export function createClient(options: ClientOptions): Client {
  const context = createContext(options);
  const { timing } = context;
  const call = createCall({ ...context, fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)) });
  const append = createAppend(call);
  const follower = followerOf(context, options.bounds);
  const models = createModels(follower, timing);
  const followSet = createFollowSet(context, { Socket: options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketClass | undefined), fetch: options.fetch ?? globalThis.fetch?.bind(globalThis) }, options.bounds);
  const publisher: Client["publisher"] = (task, how) => createPublisher(append, timing, task, how);
  const create: Client["create"] = (task, { idempotencyKey = randomIdentity(), ...how } = {}) =>
    call({ method: "POST", path: "/v1/tasks", headers: { "content-type": "application/json", "idempotency-key": idempotencyKey }, body: JSON.stringify(task) }, how);

  const post = <Body>(path: string, body: object | null, how?: CallOptions): Promise<Body> =>
    call({ method: "POST", path, ...(body === null ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) }, how);
  const task = (taskId: string): string => `/v1/tasks/${encodeURIComponent(taskId)}`;

  return {
    ...follower,
    call,
    followSet,
    work: (kind, handler, how) => work({ call, append: (lease) => createAppend(call, lease), publisher: (own, taskId, options) => createPublisher(own, timing, taskId, options), follower, timing, log: context.log }, kind, handler, how),
    lease: (kind, { wait = 0, max = 1, workerId, ...how } = {}) => take(call, kind, { wait, max }, workerId, how),
    retry: (taskId, how) => post(`${task(taskId)}/retry`, null, how),
    remove: (taskId, how) => call({ method: "DELETE", path: task(taskId) }, how),
    ticket: (what, how) => post("/v1/tickets", what, how),
    grant: (what, how) => post("/v1/grants", what, how),
    grants: async (how) => (await call<{ grants: readonly Grant[] }>({ method: "GET", path: "/v1/grants" }, how)).grants,
    revoke: (grantId, how) => call({ method: "DELETE", path: `/v1/grants/${encodeURIComponent(grantId)}` }, how),
    conversations: ({ before, limit, ...how } = {}) => call({ method: "GET", path: "/v1/conversations", query: { before, limit } }, how),
    messages: (conversationId, { before, limit, task: taskId, ...how } = {}) => call({ method: "GET", path: `/v1/conversations/${encodeURIComponent(conversationId)}/messages`, query: { before, limit, task_id: taskId } }, how),
    create,
    publish: (taskId, events, how) => append(taskId, (Array.isArray(events) ? (events as readonly EventDraft[]) : [events as EventDraft]).map((event) => JSON.stringify(event)), how),
    publisher,
    produce: (task, work, how = {}) => produceTask({ create: () => create(task, how.signal ? { signal: how.signal } : {}), publisher, timing, log: context.log }, work, how),
    command(taskId, command, data, { commandId = randomIdentity(), ...how } = {}) {
      return post(`${task(taskId)}/commands`, { command_id: commandId, command, ...(data === undefined ? {} : { data }) }, how);
    },
    list: ({ status, conversation, before, limit, ...how } = {}) => call({ method: "GET", path: "/v1/tasks", query: { status, conversation_id: conversation, before, limit } }, how),
    get: (taskId, how) => call({ method: "GET", path: `/v1/tasks/${encodeURIComponent(taskId)}` }, how),
    task: models.task,
    tasks: models.tasks,
    set: createSetModels(followSet, timing),
  };
}
