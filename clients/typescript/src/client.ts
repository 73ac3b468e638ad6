/** The client: follow tasks and publish to them, from browsers, Bun, Deno and Node 20 or newer. */
import type { AppendAck, CreateTaskRequest, CreateTaskResponse, EventDraft, TaskPage, TaskSnapshotData, TaskSummary } from "../../../generated/typescript/types.ts";
import { createAppend } from "./append.ts";
import { type ClientOptions, createContext, type Follower, followerOf } from "./follower.ts";
import { type CallOptions, createCall } from "./http.ts";
import { randomIdentity } from "./identity.ts";
import { createModels, type TaskModel, type TasksModel } from "./model.ts";
import { produceTask, type ProduceOptions, type TaskProducer } from "./producer.ts";
import { createPublisher, type Publisher, type PublisherOptions } from "./publisher.ts";

export type { EventDraft, TaskSnapshotData, TaskSummary } from "../../../generated/typescript/types.ts";
export type { ClientOptions, ConnectionState, DeliveredEvent, Follower, FollowManyOptions, FollowOneOptions, FollowOptions, LogHook, Phase, StreamFrame, StreamGapFrame, TokenSource, TransportName } from "./follower.ts";
export { TaskwireError } from "./follower.ts";
export type { CallOptions } from "./http.ts";
export type { TaskModel, TaskNow, TasksModel, TasksNow, TaskState as TaskFold } from "./model.ts";
export type { PlanStep, ProduceOptions, TaskProducer } from "./producer.ts";
export type { MessageProducer, StepProducer, ToolProducer } from "./producer-parts.ts";
export type { Publisher, PublisherOptions } from "./publisher.ts";

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

/** The answer to a command: the service has taken it. What became of it comes as `command.*` events. */
export interface CommandAck {
  readonly command_id: string;
  readonly [field: string]: unknown;
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
  /** Asks a task to pause, resume or cancel, sends it a message, answers its question. */
  command(taskId: string, command: string, data?: Readonly<Record<string, unknown>>, options?: CommandOptions): Promise<CommandAck>;
  /** One's own tasks, the newest change first. */
  list(options?: ListOptions): Promise<TaskPage>;
  /** A task's state, as its events add up to. */
  get(taskId: string, options?: CallOptions): Promise<TaskState>;
  /** A task's state, kept up to date while somebody listens. The same model for the same id. */
  task(taskId: string): TaskModel;
  /** Several tasks' states, over one connection. The same model for the same ids. */
  tasks(taskIds: readonly string[]): TasksModel;
}

/** A client of the service at `url`. Holds nothing open by itself. Throws `address_invalid` and `no_transport`. */
export function createClient(options: ClientOptions): Client {
  const context = createContext(options);
  const { timing } = context;
  const call = createCall({ ...context, fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)) });
  const append = createAppend(call);
  const follower = followerOf(context, options.bounds);
  const models = createModels(follower, timing);
  const publisher: Client["publisher"] = (task, how) => createPublisher(append, timing, task, how);
  const create: Client["create"] = (task, { idempotencyKey = randomIdentity(), ...how } = {}) =>
    call({ method: "POST", path: "/v1/tasks", headers: { "content-type": "application/json", "idempotency-key": idempotencyKey }, body: JSON.stringify(task) }, how);

  return {
    ...follower,
    create,
    publish: (taskId, events, how) => append(taskId, (Array.isArray(events) ? (events as readonly EventDraft[]) : [events as EventDraft]).map((event) => JSON.stringify(event)), how),
    publisher,
    produce: (task, work, how = {}) => produceTask({ create: () => create(task, how.signal ? { signal: how.signal } : {}), publisher, timing, log: context.log }, work, how),
    command(taskId, command, data, { commandId = randomIdentity(), ...how } = {}) {
      const body = JSON.stringify({ command_id: commandId, command, ...(data === undefined ? {} : { data }) });
      return call({ method: "POST", path: `/v1/tasks/${encodeURIComponent(taskId)}/commands`, headers: { "content-type": "application/json" }, body }, how);
    },
    list: ({ status, conversation, before, limit, ...how } = {}) => call({ method: "GET", path: "/v1/tasks", query: { status, conversation_id: conversation, before, limit } }, how),
    get: (taskId, how) => call({ method: "GET", path: `/v1/tasks/${encodeURIComponent(taskId)}` }, how),
    task: models.task,
    tasks: models.tasks,
  };
}
