// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/** Who acted. Set by the service from the token. */
export interface Actor {
  readonly kind: "worker" | "agent" | "user" | "system" | (string & {});
  /** The user's key, never the token's raw subject. */
  readonly id?: string;
  /** For display. */
  readonly name?: string;
}

export interface TaskCreatedData {
  /** What sort of work it is: `fraud-check`, `build` … */
  readonly kind: string;
  /** For people. */
  readonly title?: string;
  /** What the work is to be done on; any JSON. */
  readonly input?: unknown;
  /** The conversation that the task belongs to. */
  readonly conversation_id?: string;
  readonly created_by?: Actor;
  /** The finished task that this one does again. */
  readonly retry_of?: string;
  readonly work?: WorkTerms;
}

/** On what terms a task waits for a worker and is worked on. Only a task that was created with `queue` has them. */
export interface WorkTerms {
  /** How often it is given to a worker before it fails. */
  readonly max_attempts?: number;
  /** A worker that is not heard of for so long has lost it, in milliseconds. */
  readonly lease_ms?: number;
  readonly priority?: "high" | "normal" | "low" | (string & {});
  /** It is not given to a worker before. */
  readonly not_before?: string;
  /** It has failed if it has not ended by then. */
  readonly deadline?: string;
}

export interface TaskQueuedData {
  /** How many tasks wait before it. */
  readonly position?: number;
  /** Estimated wait, in milliseconds. */
  readonly eta_ms?: number;
}

export interface TaskStartedData {
  /** Which try of the task, 1 first. */
  readonly attempt: number;
  readonly worker_id?: string;
  /** What was asked. */
  readonly query?: string;
  /** How many steps there will be, where known. */
  readonly total_steps?: number;
}

/** How far the task is: `percent`, or `current` and `total`, or both. Needs `percent`, or `current` and `total`. */
export interface TaskProgressData {
  /** Never falls within one attempt. */
  readonly percent?: number;
  /** How many units are done. */
  readonly current?: number;
  /** How many units there are; 0 where that is not known yet. */
  readonly total?: number;
  /** What is counted: `files`, `rows` … */
  readonly unit?: string;
  /** Which part of the work. */
  readonly stage?: string;
  /** One sentence for a person. */
  readonly message?: string;
  /** Estimated time left, in milliseconds. */
  readonly eta_ms?: number;
  /** The producer's own percent, where it was lower than the highest so far. Set by the service. */
  readonly reported?: number;
}

export interface TaskRecoveringData {
  readonly reason: "worker_lost" | "lease_expired" | "released" | (string & {});
  /** The try that was given up. */
  readonly attempt: number;
}

export interface TaskRetryingData {
  /** The try that will be made. */
  readonly attempt: number;
  readonly max_attempts: number;
  /** How long until then, in milliseconds. */
  readonly delay_ms: number;
  readonly error: Failure;
}

/** What went wrong, for programs (`code`, `retryable`) and for developers (`message`). */
export interface Failure {
  /** Stable, snake_case. The service itself uses `worker_lost` and `idle_timeout`. */
  readonly code: string;
  /** For developers; `user_message` is the sentence for the user. */
  readonly message: string;
  /** Whether the same input may succeed another time. */
  readonly retryable: boolean;
  /** Anything more. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface TaskPausedData {
  /** Who paused it. */
  readonly by?: string;
  readonly reason?: string;
}

export interface TaskResumedData {
  /** Who resumed it. */
  readonly by?: string;
  readonly reason?: string;
}

export interface TaskCompletedData {
  /** What the work came to; any JSON. */
  readonly result?: unknown;
  /** The answer for a person. */
  readonly response?: string;
  readonly duration_ms?: number;
  readonly usage?: Usage;
  readonly metadata?: CompletionMetadata;
}

/** What the work consumed. */
export interface Usage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly total_tokens?: number;
  /** In `currency`. */
  readonly cost?: number;
  /** ISO 4217. */
  readonly currency?: string;
}

/** Where the answer comes from. */
export interface CompletionMetadata {
  readonly agent?: string;
  readonly confidence?: number;
  readonly sources?: readonly Source[];
}

/** What an answer rests on. */
export interface Source {
  readonly id?: string;
  readonly title?: string;
  readonly url?: string;
  readonly snippet?: string;
  readonly score?: number;
}

export interface TaskFailedData {
  readonly error: Failure;
  /** The failure in the user's words. */
  readonly user_message?: string;
  /** The step that failed. */
  readonly step_id?: string;
}

export interface TaskCanceledData {
  /** Who canceled it. */
  readonly by?: string;
  readonly reason?: string;
}

export interface TaskDeletedData {
  /** Who deleted it. */
  readonly by?: string;
}

/**
 * The state that the events `1..as_of_seq` add up to. At most 256 KiB: longer texts are cut, and what was cut says `truncated`. A reducer that
 * takes it in place of those events ends up in the same state, cut texts aside.
 */
export interface TaskSnapshotData {
  readonly status: TaskStatus;
  /** The last event that is in it. */
  readonly as_of_seq: number;
  readonly kind?: string;
  readonly title?: string;
  /** What the work is done on. */
  readonly input?: unknown;
  readonly conversation_id?: string;
  readonly created_by?: Actor;
  readonly retry_of?: string;
  /** Which try of the task; 0 before the first. */
  readonly attempt?: number;
  readonly worker_id?: string;
  readonly total_steps?: number;
  /** The last sentence for a person. */
  readonly message?: string;
  readonly progress: SnapshotProgress;
  readonly plan_id?: string;
  readonly plan?: readonly PlanStep[];
  readonly intent?: string;
  readonly entities?: readonly Entity[];
  readonly agents?: readonly AgentRef[];
  readonly steps: readonly SnapshotStep[];
  readonly messages: readonly SnapshotMessage[];
  readonly reasonings?: readonly SnapshotReasoning[];
  readonly tools: readonly SnapshotTool[];
  readonly inputs: readonly SnapshotInput[];
  readonly artifacts?: readonly ArtifactCreatedData[];
  readonly quality?: readonly QualityCheckedData[];
  /** The last value of every name. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly health?: HealthUpdatedData;
  readonly commands?: readonly SnapshotCommand[];
  /** What the work came to. */
  readonly result?: unknown;
  readonly response?: string;
  readonly duration_ms?: number;
  readonly usage?: Usage;
  readonly metadata?: CompletionMetadata;
  readonly error?: Failure;
  readonly user_message?: string;
  readonly canceled_by?: string;
  /** Why it is paused, recovering or canceled. */
  readonly reason?: string;
  readonly created_at?: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly updated_at?: string;
  /** How many `log.line` there were; they are counted, not kept. */
  readonly log_lines?: number;
  /** How many events were of types that the service does not know. */
  readonly unknown?: number;
  /** Whether anything in it was cut or left out. */
  readonly truncated?: boolean;
}

/** Where a task stands. `waiting` means that an input is open; `completed`, `failed`, `canceled` and `deleted` are ends. */
export type TaskStatus = "queued" | "running" | "paused" | "waiting" | "recovering" | "completed" | "failed" | "canceled" | "deleted" | (string & {});

/** How far the task is; empty before the first report. */
export interface SnapshotProgress {
  readonly percent?: number;
  readonly current?: number;
  readonly total?: number;
  readonly unit?: string;
  readonly stage?: string;
  readonly message?: string;
  readonly eta_ms?: number;
}

/** A step as planned. */
export interface PlanStep {
  readonly step_id: string;
  readonly title: string;
  /** Steps that must be done before. */
  readonly depends_on?: readonly string[];
  readonly agent?: string;
}

/** Something that was recognised in the input. */
export interface Entity {
  /** `phone`, `url`, `person` … */
  readonly type: string;
  /** What was found; any JSON. */
  readonly value: unknown;
  readonly confidence?: number;
}

/** An agent that can take part. */
export interface AgentRef {
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
}

export interface SnapshotStep {
  readonly step_id: string;
  /** `closed`: the task or the attempt ended while it was open. */
  readonly status: "pending" | "running" | "retrying" | "completed" | "failed" | "skipped" | "closed" | (string & {});
  readonly name?: string;
  readonly title?: string;
  readonly index?: number;
  readonly total?: number;
  readonly agent?: string;
  readonly description?: string;
  readonly percent?: number;
  readonly current?: number;
  readonly units?: SnapshotProgress;
  readonly attempt?: number;
  readonly max_attempts?: number;
  readonly message?: string;
  /** What the step came to. */
  readonly output?: unknown;
  /** The step's own word for how it ended: `status` of `step.completed`. */
  readonly outcome?: string;
  readonly quality_score?: number;
  readonly duration_ms?: number;
  readonly error?: Failure;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly truncated?: boolean;
}

export interface SnapshotMessage {
  readonly message_id: string;
  readonly status: "open" | "completed" | "closed" | (string & {});
  readonly role?: "assistant" | "user" | "system" | "tool" | (string & {});
  readonly agent?: string;
  /** The text so far. */
  readonly content: string;
  /** Length of the whole text in UTF-8 bytes. */
  readonly length?: number;
  readonly sha256?: string;
  readonly sources?: readonly Source[];
  readonly confidence?: number;
  readonly usage?: Usage;
  /** Whether `content` was cut. */
  readonly truncated?: boolean;
}

export interface SnapshotReasoning {
  readonly reasoning_id: string;
  readonly status: "open" | "completed" | "closed" | (string & {});
  readonly agent?: string;
  /** The text so far. */
  readonly content: string;
  readonly summary?: string;
  /** Whether `content` was cut. */
  readonly truncated?: boolean;
}

export interface SnapshotTool {
  readonly tool_call_id: string;
  readonly status: "running" | "completed" | "failed" | "closed" | (string & {});
  readonly name?: string;
  readonly title?: string;
  readonly step_id?: string;
  /** What it was called with. */
  readonly input?: unknown;
  readonly percent?: number;
  readonly units?: SnapshotProgress;
  readonly message?: string;
  /** The joined `output_delta` so far. */
  readonly output_text?: string;
  /** What it answered. */
  readonly output?: unknown;
  readonly error?: Failure;
  readonly duration_ms?: number;
  readonly truncated?: boolean;
}

export interface SnapshotInput {
  readonly request_id: string;
  readonly status: "open" | "resolved" | "closed" | (string & {});
  readonly kind?: "question" | "approval" | "review" | (string & {});
  readonly prompt?: string;
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly options?: readonly InputOption[];
  readonly expires_at?: string;
  readonly outcome?: "answered" | "approved" | "denied" | "expired" | (string & {});
  /** The answer. */
  readonly response?: unknown;
  readonly by?: string;
}

/** One answer to choose. */
export interface InputOption {
  /** What is answered; any JSON. */
  readonly value: unknown;
  /** For people. */
  readonly label?: string;
}

export interface ArtifactCreatedData {
  readonly artifact_id: string;
  /** For people: a file name. */
  readonly name: string;
  /** As in `Content-Type`. */
  readonly media_type: string;
  /** In bytes. */
  readonly size?: number;
  /** Where it is; a URL. */
  readonly ref?: string;
  /** The thing itself, where it is small: any JSON, bytes as base64. */
  readonly inline?: unknown;
}

export interface QualityCheckedData {
  /** What was checked. */
  readonly check: string;
  readonly passed: boolean;
  readonly score?: number;
  readonly threshold?: number;
  readonly issues?: readonly string[];
  readonly step_id?: string;
}

export interface HealthUpdatedData {
  readonly status: "ok" | "degraded" | "failing" | (string & {});
  /** Name to what was found. */
  readonly checks?: Readonly<Record<string, unknown>>;
}

export interface SnapshotCommand {
  readonly command_id: string;
  readonly command: "pause" | "resume" | "cancel" | "message" | "respond" | (string & {});
  readonly status: "accepted" | "rejected" | "applied" | (string & {});
  readonly by?: string;
  readonly code?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface IntentStartedData {
  /** What is being understood. */
  readonly query?: string;
}

export interface IntentParsedData {
  readonly intent: string;
  readonly confidence?: number;
  readonly entities?: readonly Entity[];
}

export interface EntitiesExtractedData {
  readonly entities: readonly Entity[];
}

export interface AgentsSearchStartedData {
  readonly query?: string;
}

export interface AgentsFoundData {
  readonly agents: readonly AgentRef[];
}

export interface PlanStartedData {
  readonly plan_id?: string;
}

export interface PlanCreatedData {
  readonly steps: readonly PlanStep[];
  readonly plan_id?: string;
}

/** The whole plan anew: steps added, removed or put in another order while it runs. */
export interface PlanUpdatedData {
  readonly steps: readonly PlanStep[];
  readonly plan_id?: string;
}

export interface StepStartedData {
  readonly step_id: string;
  /** A stable name for programs: `fetch_data`. */
  readonly name: string;
  /** For people. */
  readonly title?: string;
  /** Its number, from 1. */
  readonly index?: number;
  /** How many steps there are. */
  readonly total?: number;
  readonly agent?: string;
  readonly description?: string;
}

/** How far the step is: `percent`, or `current` and `total`, or both. Needs `percent`, or `current` and `total`. */
export interface StepProgressData {
  readonly step_id: string;
  /** Never falls within one attempt. */
  readonly percent?: number;
  /** How many units are done. */
  readonly current?: number;
  /** How many units there are; 0 where that is not known yet. */
  readonly total?: number;
  /** What is counted. */
  readonly unit?: string;
  /** One sentence for a person. */
  readonly message?: string;
  /** The producer's own percent, where it was lower than the highest so far. Set by the service. */
  readonly reported?: number;
}

export interface StepRetryingData {
  readonly step_id: string;
  /** The try of the step that begins; 2 is the first repetition. */
  readonly attempt: number;
  readonly max_attempts: number;
  /** How long until then, in milliseconds. */
  readonly delay_ms?: number;
  readonly error?: Failure;
}

export interface StepCompletedData {
  readonly step_id: string;
  /** What the step came to; any JSON. */
  readonly output?: unknown;
  /** The step's own word for how it ended. */
  readonly status?: string;
  readonly quality_score?: number;
  readonly duration_ms?: number;
}

export interface StepFailedData {
  readonly step_id: string;
  readonly error: Failure;
  /** Whether it will be tried again: the step then stays open, and `step.retrying` follows. */
  readonly will_retry: boolean;
}

export interface StepSkippedData {
  readonly step_id: string;
  readonly reason: string;
}

export interface MessageStartedData {
  readonly message_id: string;
  readonly role: "assistant" | "user" | "system" | "tool" | (string & {});
  readonly agent?: string;
}

export interface MessageDeltaData {
  readonly message_id: string;
  /** The next piece of the text; the pieces joined are the text. */
  readonly delta: string;
}

/**
 * The message is whole: its `content` up to 32 KiB, above that `length` and `sha256` of the text that the deltas make, so that a screen that
 * lost something notices. May stand alone, without `message.started` and deltas. Needs `content`, or `length` and `sha256`.
 */
export interface MessageCompletedData {
  readonly message_id: string;
  /** The whole text. */
  readonly content?: string;
  /** Length of the whole text in UTF-8 bytes. */
  readonly length?: number;
  /** SHA-256 of the whole text in UTF-8, in hexadecimal. */
  readonly sha256?: string;
  readonly role?: "assistant" | "user" | "system" | "tool" | (string & {});
  readonly agent?: string;
  readonly sources?: readonly Source[];
  readonly confidence?: number;
  readonly usage?: Usage;
}

export interface ReasoningStartedData {
  readonly reasoning_id: string;
  readonly agent?: string;
}

export interface ReasoningDeltaData {
  readonly reasoning_id: string;
  /** The next piece of the text. */
  readonly delta: string;
  readonly agent?: string;
}

/** The reasoning is over. May stand alone, without `reasoning.started` and deltas. */
export interface ReasoningCompletedData {
  readonly reasoning_id: string;
  /** What it came to. */
  readonly summary?: string;
  readonly agent?: string;
}

export interface ToolStartedData {
  readonly tool_call_id: string;
  /** The tool's own name. */
  readonly name: string;
  /** For people. */
  readonly title?: string;
  /** What it is called with; any JSON. */
  readonly input?: unknown;
}

export interface ToolProgressData {
  readonly tool_call_id: string;
  /** Never falls within one attempt. */
  readonly percent?: number;
  /** One sentence for a person. */
  readonly message?: string;
  /** The next piece of its output. */
  readonly output_delta?: string;
  /** The producer's own percent, where it was lower than the highest so far. Set by the service. */
  readonly reported?: number;
}

export interface ToolCompletedData {
  readonly tool_call_id: string;
  /** What it answered; any JSON. */
  readonly output?: unknown;
  readonly duration_ms?: number;
}

export interface ToolFailedData {
  readonly tool_call_id: string;
  readonly error: Failure;
  readonly duration_ms?: number;
}

export interface InputRequestedData {
  readonly request_id: string;
  readonly kind: "question" | "approval" | "review" | (string & {});
  /** What is asked. */
  readonly prompt: string;
  /** A JSON Schema of the answer. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** What can be chosen. */
  readonly options?: readonly InputOption[];
  readonly expires_at?: string;
}

export interface InputResolvedData {
  readonly request_id: string;
  readonly outcome: "answered" | "approved" | "denied" | "expired" | (string & {});
  /** The answer; any JSON. */
  readonly response?: unknown;
  /** Who answered. */
  readonly by?: string;
}

/** A command was stored in the task's log, where its worker sees it. */
export interface CommandAcceptedData {
  /** Sending the same twice does it once. */
  readonly command_id: string;
  readonly command: Command;
  /** Who ordered it. */
  readonly by?: string;
  readonly code?: string;
  /** With `message`: `{text}`; with `respond`: `{request_id, outcome, response}`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What a person may order. Closing a connection is never a cancel. */
export type Command = "pause" | "resume" | "cancel" | "message" | "respond" | (string & {});

/** A command that the state of the task forbids; `code` says which rule. */
export interface CommandRejectedData {
  readonly command_id: string;
  readonly command: Command;
  readonly by?: string;
  /** Why. */
  readonly code?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The worker has done what was ordered. */
export interface CommandAppliedData {
  readonly command_id: string;
  readonly command: Command;
  readonly by?: string;
  readonly code?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface MetricsUpdatedData {
  /** Name to number; names that are not in it keep their value. */
  readonly values: Readonly<Record<string, number>>;
}

export interface LogLineData {
  readonly level: "debug" | "info" | "warn" | "error" | (string & {});
  readonly text: string;
  readonly stream?: "stdout" | "stderr" | (string & {});
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Any object. */
export type ExtensionData = Readonly<Record<string, unknown>>;

/** The first frame of every connection: what it is and what it may do. */
export interface StreamReadyFrame {
  readonly type: "stream.ready";
  /** `taskwire.v1`. */
  readonly protocol: string;
  /** Names the connection in the journal; quote it in a report. */
  readonly connection_id: string;
  /** A heartbeat comes so often, in milliseconds. Nothing for two and a half of them: the connection is dead. */
  readonly heartbeat_ms: number;
  readonly limits?: ConnectionLimits;
  /** When the token of this connection ends. */
  readonly token_expires_at?: string;
  readonly request_id?: string;
}

/** What the connection may do. */
export interface ConnectionLimits {
  /** Tasks watched at once. */
  readonly subscriptions?: number;
  /** One frame from the client. */
  readonly frame_bytes?: number;
  /** One event. */
  readonly event_bytes?: number;
  /** One append. */
  readonly request_bytes?: number;
  /** Events of one append. */
  readonly request_events?: number;
}

/** A subscription has begun; replay follows, then `stream.caught_up`. Needs `task_id`, or `selector`. */
export interface StreamSubscribedFrame {
  readonly type: "stream.subscribed";
  readonly task_id?: string;
  readonly selector?: Selector;
  /** The position that delivery starts from; opaque. */
  readonly cursor: string;
  readonly replay: Replay;
  /** The last `seq` of the task at this moment: how much will be replayed. 0 for a set. */
  readonly tail_seq: number;
  readonly request_id?: string;
}

/** A set of tasks that changes by itself. */
export interface Selector {
  readonly conversation_id?: string;
  readonly scope?: "mine" | (string & {});
  readonly task_ids?: readonly string[];
}

/**
 * How the part of the log that already exists is delivered: `full` every event, `compact` as `stream.replayed` ranges, `none` only what comes
 * from now on.
 */
export type Replay = "full" | "compact" | "none" | (string & {});

/** A subscription has ended as asked. Nothing of it follows. Needs `task_id`, or `selector`. */
export interface StreamUnsubscribedFrame {
  readonly type: "stream.unsubscribed";
  readonly task_id?: string;
  readonly selector?: Selector;
  readonly request_id?: string;
}

/** A task has joined a watched set. */
export interface StreamJoinedFrame {
  readonly type: "stream.joined";
  readonly task_id: string;
  readonly selector: Selector;
  readonly reason: "present" | "created" | "changed" | (string & {});
  readonly summary: TaskSummary;
}

/** A task in a list. */
export interface TaskSummary {
  readonly task_id: string;
  readonly kind: string;
  readonly title?: string;
  readonly status: TaskStatus;
  readonly percent?: number;
  readonly stage?: string;
  /** The last sentence for a person. */
  readonly message?: string;
  readonly conversation_id?: string;
  readonly access?: "owner" | "link" | (string & {});
  readonly attempt?: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly ended_at?: string;
  readonly last_seq: number;
  /** True where it was created to be leased by a worker. */
  readonly queued?: boolean;
  /** The task that this one does again. */
  readonly retry_of?: string;
  /** The task that does this one again; told with the task alone, not in lists. */
  readonly retried_by?: string;
}

/** A task has left a watched set. */
export interface StreamLeftFrame {
  readonly type: "stream.left";
  readonly task_id: string;
  readonly selector: Selector;
  readonly reason: "ended" | "deleted" | "changed" | "limit" | (string & {});
  readonly summary: TaskSummary;
}

/** One contiguous range of history, compacted. Only where `replay=compact` was asked for. */
export interface StreamReplayedFrame {
  readonly type: "stream.replayed";
  readonly task_id: string;
  /** The first event that the frame stands for: always the last `seq` delivered, plus one. */
  readonly first_seq: number;
  /** The last event that the frame stands for. */
  readonly seq: number;
  /** The position after it. */
  readonly cursor: string;
  /** The events of the range, in order: deltas of one message joined, superseded progress left out. */
  readonly events: readonly AnyEvent[];
}

/** The answer to `append`, `command` and `auth`. */
export interface StreamAckFrame {
  readonly type: "stream.ack";
  /** That of the frame which is answered. */
  readonly request_id: string;
  readonly task_id?: string;
  /** With `append`: the first event stored. */
  readonly first_seq?: number;
  /** With `append`: the last event stored. */
  readonly last_seq?: number;
  /** With `append`: the position after it. */
  readonly cursor?: string;
  /** With `append`: true where these events were stored before, by an earlier try of the same request. */
  readonly duplicate?: boolean;
  /** With `command`. */
  readonly command_id?: string;
  /** With `command`: whether it was carried out at once, or waits for the worker. */
  readonly outcome?: "accepted" | "applied" | (string & {});
  /** With `auth`: when the new token ends. */
  readonly token_expires_at?: string;
}

/** History is delivered; what follows is live. Needs `task_id`, or `selector`. */
export interface StreamCaughtUpFrame {
  readonly type: "stream.caught_up";
  readonly task_id?: string;
  readonly selector?: Selector;
  /** The position from which everything is live. */
  readonly cursor: string;
}

/** What was asked for is not there any more. A `task.snapshot` follows, then what the log still has. */
export interface StreamGapFrame {
  readonly type: "stream.gap";
  readonly task_id: string;
  /** The cursor that was asked for. */
  readonly requested: string;
  /** The first position that the log still has. */
  readonly earliest: string;
  /** `retention`: what was asked for is no longer kept. `reset`: the log was restored or recreated, and the cursor is of another past. */
  readonly reason: "retention" | "reset" | (string & {});
}

/** The connection is alive. */
export interface StreamHeartbeatFrame {
  readonly type: "stream.heartbeat";
  readonly time: string;
  readonly selector?: Selector;
  /** The position of the set that `selector` names, or of the one task that is watched. */
  readonly cursor?: string;
  /** `away` while the service cannot reach its log: the connection is good, but nothing new can arrive. */
  readonly log?: "ok" | "away" | (string & {});
}

/** The answer to `ping`. */
export interface StreamPongFrame {
  readonly type: "stream.pong";
  /** That of the `ping`. */
  readonly nonce?: string;
  readonly request_id?: string;
}

/** The token ends soon; send `auth` with a new one. */
export interface StreamTokenExpiringFrame {
  readonly type: "stream.token_expiring";
  readonly expires_at: string;
}

/** Something was refused or has failed. Whether the connection is closed after it says the error table. */
export interface StreamErrorFrame {
  readonly type: "stream.error";
  /** From the error table. */
  readonly code: string;
  /** What was wrong, what was expected, what to do. */
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  readonly task_id?: string;
  readonly request_id?: string;
  /** Where in the frame: `events.3.data.percent`. */
  readonly path?: string;
  /** Which law was broken. */
  readonly law?: number;
  /** Which bound was reached: `frames_per_second`. */
  readonly limit?: string;
}

/** The service closes the connection; why, and when to come back. */
export interface StreamClosingFrame {
  readonly type: "stream.closing";
  readonly reason: "drain" | "token_expired" | "silent" | "idle" | "max_age" | (string & {});
  /** Wait so long before connecting again, in milliseconds. */
  readonly retry_after_ms: number;
}

/** The task is over and was delivered to its end. Do not reconnect for it. */
export interface StreamEndFrame {
  readonly type: "stream.end";
  readonly task_id: string;
  readonly status: TaskStatus;
  /** The position after the last event. */
  readonly cursor: string;
}

/** Watch a task, a conversation or all tasks of the token's user. Needs `task_id`, or `task_ids`, or `conversation_id`, or `scope`. */
export interface SubscribeFrame {
  readonly type: "subscribe";
  readonly task_id?: string;
  readonly task_ids?: readonly string[];
  readonly conversation_id?: string;
  readonly scope?: "mine";
  /** The cursor of the last frame that was taken in; left out or `0`: from the first event. */
  readonly after?: string;
  readonly replay?: "full" | "compact" | "none";
  readonly request_id?: string;
}

/** Stop watching what was subscribed in the same words. Needs `task_id`, or `task_ids`, or `conversation_id`, or `scope`. */
export interface UnsubscribeFrame {
  readonly type: "unsubscribe";
  readonly task_id?: string;
  readonly task_ids?: readonly string[];
  readonly conversation_id?: string;
  readonly scope?: "mine";
  readonly request_id?: string;
}

/** A token, within 10 s of connecting where the handshake carried none, and again before it ends. */
export interface AuthFrame {
  readonly type: "auth";
  readonly token: string;
  readonly request_id?: string;
}

/** Answered by `stream.pong`. The bare text `ping` is answered by the bare text `pong`. */
export interface PingFrame {
  readonly type: "ping";
  readonly nonce?: string;
  readonly request_id?: string;
}

/** Order something of a task. */
export interface CommandFrame {
  readonly type: "command";
  readonly task_id: string;
  /** Chosen by the client; sending the same twice does it once. */
  readonly command_id: string;
  readonly command: Command;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly request_id?: string;
}

/** Append events to a task, all or none. Answered by `stream.ack` when the log has acknowledged them. */
export interface AppendFrame {
  readonly type: "append";
  readonly task_id: string;
  readonly events: readonly EventDraft[];
  readonly producer?: Producer;
  /** As the header `Idempotency-Key` of an HTTP append. */
  readonly idempotency_key?: string;
  /** As the header `Taskwire-Lease` of an HTTP append: needed for a task that was leased. */
  readonly lease?: string;
  readonly request_id?: string;
}

/** A retry identity that holds for ever. A request whose `seq` is not above the producer's last one is answered as the duplicate it is. */
export interface Producer {
  readonly id: string;
  /** Rises with every request of this producer to this task. */
  readonly seq: number;
}

/** The body of `POST /v1/tasks`. */
export interface CreateTaskRequest {
  /** What sort of work it is: `fraud-check`, `build` … */
  readonly kind: string;
  /** For people. */
  readonly title?: string;
  /** What the work is to be done on; any JSON. */
  readonly input?: unknown;
  readonly conversation_id?: string;
  /** `link`: any signed-in user who knows the id may watch, never command. */
  readonly access?: "owner" | "link";
  /** The finished task that this one does again. */
  readonly retry_of?: string;
  /** An id of your own choice. Needs the scope `tasks:publish`. */
  readonly task_id?: string;
  /** The key of the user whose task it shall be. Needs the scope `tasks:publish`. */
  readonly owner?: string;
  /** A task that nothing is heard of for so long has failed; 24 hours where it is left out. */
  readonly idle_seconds?: number;
  /** True: it waits in the queue of its kind until a worker leases it. The members below are for such a task. */
  readonly queue?: boolean;
  /** How often it is given to a worker before it fails. */
  readonly max_attempts?: number;
  /** A worker that is not heard of for so long has lost it. */
  readonly lease_seconds?: number;
  /** It is not given to a worker before so long. */
  readonly delay_seconds?: number;
  /** It has failed if it has not ended by then. */
  readonly deadline?: string;
  readonly priority?: "high" | "normal" | "low";
}

/** The task was created, or had been by an earlier try of the same request (`duplicate`). */
export interface CreateTaskResponse {
  readonly task_id: string;
  readonly first_seq: number;
  readonly last_seq: number;
  /** The position after its first events. */
  readonly cursor: string;
  readonly duplicate: boolean;
}

/** The events are in the log. */
export interface AppendAck {
  readonly task_id: string;
  readonly first_seq: number;
  readonly last_seq: number;
  /** The position after them. */
  readonly cursor: string;
  /** True where these events were stored before, by an earlier try of the same request. */
  readonly duplicate: boolean;
}

/** The answer of `GET /v1/tasks/{task_id}/events` as JSON. */
export interface EventPage {
  readonly task_id: string;
  readonly status: TaskStatus;
  /** In order, each with its cursor. */
  readonly events: readonly PageItem[];
  /** The position after the page: pass it as `after`. */
  readonly cursor: string;
  /** True where the log had more than fits; false at its end, where `wait` makes a long-poll. */
  readonly more: boolean;
  /** True where the task is over and the page reaches its end: do not come back. */
  readonly ended: boolean;
  /** The last `seq` of the task. */
  readonly tail_seq: number;
  readonly gap?: PageGap;
}

/** What was asked for is no longer there; the first event of the page is a `task.snapshot`. */
export interface PageGap {
  readonly requested: string;
  readonly earliest: string;
  readonly reason: "retention" | "reset" | (string & {});
}

/** The answer of `GET /v1/tasks`: newest change first. */
export interface TaskPage {
  readonly tasks: readonly TaskSummary[];
  /** Pass it as `before` to get the next page; null on the last one. */
  readonly next: string | null;
}

/** The answer of `GET /v1/tasks/{task_id}`: watch from `cursor` on, and nothing is missing. */
export interface TaskResponse {
  readonly task: TaskSummary;
  /** The position after the snapshot. */
  readonly cursor: string;
  readonly snapshot: TaskSnapshotData;
}

/** The body of `POST /v1/tasks/{task_id}/commands`. */
export interface CommandRequest {
  /** Chosen by the client; sending the same twice does it once. */
  readonly command_id: string;
  /** What is ordered. */
  readonly command: "pause" | "resume" | "cancel" | "message" | "respond";
  readonly data?: CommandData;
}

/** With `message` `{text}`, with `respond` `{request_id, outcome, response}`, with the others at most `{reason}`. */
export interface CommandData {
  /** With `message`: what is said. */
  readonly text?: string;
  /** With `message`: its id; the command's where it is left out. */
  readonly message_id?: string;
  /** With `respond`: the input request that is answered. */
  readonly request_id?: string;
  /** With `respond`; `answered` where it is left out. */
  readonly outcome?: "answered" | "approved" | "denied";
  /** With `respond`: the answer, held to the `schema` of the request. */
  readonly response?: unknown;
  /** With `pause`, `resume` and `cancel`: why, for people. */
  readonly reason?: string;
}

/** The command is in the log. */
export interface CommandResponse {
  readonly task_id: string;
  readonly command_id: string;
  readonly command: Command;
  /** `applied`: it was carried out at once. `accepted`: its worker sees it and says so, or the task ends. */
  readonly outcome: "accepted" | "applied" | (string & {});
  readonly first_seq: number;
  readonly last_seq: number;
  /** The position after it. */
  readonly cursor: string;
  /** True where the command had been ordered before. */
  readonly duplicate: boolean;
}

/** The body of `POST /v1/work/{kind}/lease`. */
export interface LeaseRequest {
  /** Names the worker to people; told in `task.started`. */
  readonly worker_id?: string;
}

/** What was given out; empty where nothing came in time. */
export interface LeaseResponse {
  readonly leases: readonly Lease[];
}

/** A task in the hands of a worker, for `lease_ms` from now and from every sign of life. */
export interface Lease {
  readonly task_id: string;
  readonly kind: string;
  readonly attempt: number;
  readonly max_attempts: number;
  /** Shown with everything that is published: header `Taskwire-Lease`. */
  readonly lease: string;
  readonly lease_ms: number;
  readonly title?: string;
  /** What the work is to be done on; any JSON. */
  readonly input?: unknown;
  readonly conversation_id?: string;
  /** The key of the user whose task it is. */
  readonly owner?: string;
  readonly deadline?: string;
  /** The position after its `task.started`: follow from here to see commands. */
  readonly cursor: string;
  readonly last_seq: number;
}

/** A lease that holds. */
export interface LeaseStanding {
  readonly task_id: string;
  readonly attempt: number;
  readonly lease_ms: number;
}

/** The body of `POST /v1/tasks/{task_id}/lease/fail`. */
export interface AttemptFailure {
  readonly error: Failure;
  /** It is not given to a worker again before so long. */
  readonly delay_seconds?: number;
  /** The failure in the user's words. */
  readonly user_message?: string;
}

/** What became of a task whose lease was given up. */
export interface AttemptEnd {
  readonly task_id: string;
  readonly status: TaskStatus;
  readonly attempt: number;
}

/** One task or several, a conversation, or all of mine: exactly one of them. Needs `task_ids`, or `conversation_id`, or `scope`. */
export interface Watchable {
  readonly task_ids?: readonly string[];
  readonly conversation_id?: string;
  readonly scope?: "mine";
}

/** A ticket for `?ticket=`. */
export interface Ticket {
  readonly ticket: string;
  /** It must be used for the first time before; then it is good for the reconnects of that very stream. */
  readonly use_by: string;
  /** The address of the stream as Server-Sent Events. */
  readonly url: string;
}

/** The body of `POST /v1/grants`: what may be watched, and until when. Needs `task_ids`, or `conversation_id`, or `scope`. */
export interface GrantRequest {
  readonly task_ids?: readonly string[];
  readonly conversation_id?: string;
  readonly scope?: "mine";
  /** For whom, as its owner wants to read it in the list. */
  readonly label?: string;
  /** At most a year from now; 30 days where it is left out. */
  readonly expires_at?: string;
}

/** A new grant and its token, which is told this once. */
export interface GrantResponse {
  readonly grant: Grant;
  readonly token: string;
}

/** An access for watching only. */
export interface Grant {
  readonly grant_id: string;
  readonly task_ids?: readonly string[];
  readonly conversation_id?: string;
  readonly scope?: "mine" | (string & {});
  readonly label?: string;
  readonly created_at: string;
  readonly expires_at?: string;
}

/** My grants that hold. */
export interface GrantList {
  readonly grants: readonly Grant[];
}

/** The answer of `GET /v1/conversations`: newest change first. */
export interface ConversationPage {
  readonly conversations: readonly Conversation[];
  /** Pass it as `before` to get the next page; null on the last one. */
  readonly next: string | null;
}

/** Tasks that belong together. It exists by being named in one. */
export interface Conversation {
  readonly conversation_id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly tasks: number;
  /** How many messages were completed. */
  readonly messages: number;
  /** The first that the user said, cut to 100 characters; null where they said nothing. */
  readonly preview: string | null;
}

/** The answer of `GET /v1/conversations/{conversation_id}/messages`: the newest that fit, oldest first. */
export interface MessagePage {
  readonly conversation_id: string;
  readonly messages: readonly ConversationMessage[];
  /** Pass it as `before` to get what was said earlier; null where nothing was. */
  readonly next: string | null;
}

/** One message of a conversation. */
export interface ConversationMessage {
  readonly task_id: string;
  readonly message_id: string;
  readonly role: "user" | "assistant" | "system" | "tool" | (string & {});
  readonly content: string;
  /** True where the text is longer; the task has all of it. */
  readonly truncated?: boolean;
  /** True where it is still being written. */
  readonly open?: boolean;
  readonly time: string;
}

/** An error over HTTP (RFC 9457, `application/problem+json`). */
export interface ProblemBody {
  /** `/problems/CODE`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What was wrong with this request. */
  readonly detail: string;
  /** Stable; from the error table. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** What to do. */
  readonly advice: string;
  /** Names the request in the journal; quote it in a report. */
  readonly request_id?: string;
  readonly retry_after_ms?: number;
  /** Where in the body or query: `3.data.percent`. */
  readonly path?: string;
  /** Which line of an NDJSON body. */
  readonly line?: number;
  /** Which law was broken. */
  readonly law?: number;
  /** With `command_rejected`: which rule. */
  readonly reason?: string;
  /** With `rate_limited`: the name of the bound. */
  readonly limit?: string;
  /** With `retry_running`: the task that does it again. */
  readonly retried_by?: string;
}

/** What every stored event carries around its `type` and `data`. */
export interface Envelope {
  /** The task that the event belongs to. */
  readonly task_id: string;
  /** Dense per task: 1, 2, 3 … A gap in it is a lost event, a repetition a doubled one. */
  readonly seq: number;
  /** Only where the event stands for several (a snapshot, a compacted replay): it stands for `first_seq..seq`. */
  readonly first_seq?: number;
  /** The position after this event; opaque. On every stream and page, never stored. */
  readonly cursor?: string;
  /** RFC 3339, UTC. Left out of `*.delta` only. */
  readonly time?: string;
  /** One sentence for a person, without jargon. */
  readonly message?: string;
  /** The producer's own id of the event, passed along. */
  readonly id?: string;
  /** The step that the event belongs to. */
  readonly step_id?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  readonly actor?: Actor;
  /** Which try of the task, 1 first. Set by the service. */
  readonly attempt?: number;
}

/**
 * What a producer may put around an event's `type` and `data`. The rest (`seq`, `first_seq`, `cursor`, `actor`, `attempt`) is set by the
 * service; a draft that carries any of it is refused with `event_reserved`.
 */
export interface DraftEnvelope {
  /** May be left out where the URL or the frame names the task; must name the same one otherwise. */
  readonly task_id?: string;
  /** RFC 3339, UTC. The service sets it where it is absent, `*.delta` excepted. */
  readonly time?: string;
  /** One sentence for a person, without jargon. */
  readonly message?: string;
  /** The producer's own id of the event, passed along. */
  readonly id?: string;
  /** The step that the event belongs to. */
  readonly step_id?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** The first event of every task. */
export interface TaskCreatedEvent extends Envelope {
  readonly type: "task.created";
  readonly time: string;
  readonly data: TaskCreatedData;
}

/** The task waits for a worker. */
export interface TaskQueuedEvent extends Envelope {
  readonly type: "task.queued";
  readonly time: string;
  readonly data: TaskQueuedData;
}

/** A worker has begun. */
export interface TaskStartedEvent extends Envelope {
  readonly type: "task.started";
  readonly time: string;
  readonly data: TaskStartedData;
}

/** How far the task is. */
export interface TaskProgressEvent extends Envelope {
  readonly type: "task.progress";
  readonly time: string;
  readonly data: TaskProgressData;
}

/** Its worker stopped answering; another takes over. Closes everything that is open. */
export interface TaskRecoveringEvent extends Envelope {
  readonly type: "task.recovering";
  readonly time: string;
  readonly data: TaskRecoveringData;
}

/** The worker begins again. Closes everything that is open. */
export interface TaskRetryingEvent extends Envelope {
  readonly type: "task.retrying";
  readonly time: string;
  readonly data: TaskRetryingData;
}

/** The task rests. */
export interface TaskPausedEvent extends Envelope {
  readonly type: "task.paused";
  readonly time: string;
  readonly data: TaskPausedData;
}

/** The task goes on. */
export interface TaskResumedEvent extends Envelope {
  readonly type: "task.resumed";
  readonly time: string;
  readonly data: TaskResumedData;
}

/** The task has succeeded. Nothing follows. */
export interface TaskCompletedEvent extends Envelope {
  readonly type: "task.completed";
  readonly time: string;
  readonly data: TaskCompletedData;
}

/** The task has failed. Nothing follows. */
export interface TaskFailedEvent extends Envelope {
  readonly type: "task.failed";
  readonly time: string;
  readonly data: TaskFailedData;
}

/** The task was ended before it was done. Nothing follows. */
export interface TaskCanceledEvent extends Envelope {
  readonly type: "task.canceled";
  readonly time: string;
  readonly data: TaskCanceledData;
}

/** The task was deleted, and everything before this with it. May follow its end. */
export interface TaskDeletedEvent extends Envelope {
  readonly type: "task.deleted";
  readonly time: string;
  readonly data: TaskDeletedData;
}

/** The fold of all events so far; made when asked for, never stored. `first_seq` is 1, `seq` is `as_of_seq`. */
export interface TaskSnapshotEvent extends Envelope {
  readonly type: "task.snapshot";
  readonly time: string;
  readonly data: TaskSnapshotData;
}

/** It is being understood what is asked. */
export interface IntentStartedEvent extends Envelope {
  readonly type: "intent.started";
  readonly time: string;
  readonly data: IntentStartedData;
}

/** What is asked was understood. */
export interface IntentParsedEvent extends Envelope {
  readonly type: "intent.parsed";
  readonly time: string;
  readonly data: IntentParsedData;
}

/** Things were recognised in the input. */
export interface EntitiesExtractedEvent extends Envelope {
  readonly type: "entities.extracted";
  readonly time: string;
  readonly data: EntitiesExtractedData;
}

/** Agents that can take part are being looked for. */
export interface AgentsSearchStartedEvent extends Envelope {
  readonly type: "agents.search_started";
  readonly time: string;
  readonly data: AgentsSearchStartedData;
}

/** Agents that can take part. */
export interface AgentsFoundEvent extends Envelope {
  readonly type: "agents.found";
  readonly time: string;
  readonly data: AgentsFoundData;
}

/** A plan is being made. */
export interface PlanStartedEvent extends Envelope {
  readonly type: "plan.started";
  readonly time: string;
  readonly data: PlanStartedData;
}

/** The plan. */
export interface PlanCreatedEvent extends Envelope {
  readonly type: "plan.created";
  readonly time: string;
  readonly data: PlanCreatedData;
}

/** The plan has changed while it runs. */
export interface PlanUpdatedEvent extends Envelope {
  readonly type: "plan.updated";
  readonly time: string;
  readonly data: PlanUpdatedData;
}

/** A step has begun. */
export interface StepStartedEvent extends Envelope {
  readonly type: "step.started";
  readonly time: string;
  readonly data: StepStartedData;
}

/** How far a step is. */
export interface StepProgressEvent extends Envelope {
  readonly type: "step.progress";
  readonly time: string;
  readonly data: StepProgressData;
}

/** A step is tried again. */
export interface StepRetryingEvent extends Envelope {
  readonly type: "step.retrying";
  readonly time: string;
  readonly data: StepRetryingData;
}

/** A step is done. */
export interface StepCompletedEvent extends Envelope {
  readonly type: "step.completed";
  readonly time: string;
  readonly data: StepCompletedData;
}

/** A step has failed. It stays open where it will be tried again. */
export interface StepFailedEvent extends Envelope {
  readonly type: "step.failed";
  readonly time: string;
  readonly data: StepFailedData;
}

/** A step is left out. It need not have begun. */
export interface StepSkippedEvent extends Envelope {
  readonly type: "step.skipped";
  readonly time: string;
  readonly data: StepSkippedData;
}

/** A message begins. */
export interface MessageStartedEvent extends Envelope {
  readonly type: "message.started";
  readonly time: string;
  readonly data: MessageStartedData;
}

/** The next piece of a message. */
export interface MessageDeltaEvent extends Envelope {
  readonly type: "message.delta";
  readonly data: MessageDeltaData;
}

/** A message is whole. */
export interface MessageCompletedEvent extends Envelope {
  readonly type: "message.completed";
  readonly time: string;
  readonly data: MessageCompletedData;
}

/** A line of reasoning begins. */
export interface ReasoningStartedEvent extends Envelope {
  readonly type: "reasoning.started";
  readonly time: string;
  readonly data: ReasoningStartedData;
}

/** The next piece of a line of reasoning. */
export interface ReasoningDeltaEvent extends Envelope {
  readonly type: "reasoning.delta";
  readonly data: ReasoningDeltaData;
}

/** A line of reasoning is over. */
export interface ReasoningCompletedEvent extends Envelope {
  readonly type: "reasoning.completed";
  readonly time: string;
  readonly data: ReasoningCompletedData;
}

/** A tool is called. */
export interface ToolStartedEvent extends Envelope {
  readonly type: "tool.started";
  readonly time: string;
  readonly data: ToolStartedData;
}

/** How far a call is, and what it has put out since. */
export interface ToolProgressEvent extends Envelope {
  readonly type: "tool.progress";
  readonly time: string;
  readonly data: ToolProgressData;
}

/** A tool has answered. */
export interface ToolCompletedEvent extends Envelope {
  readonly type: "tool.completed";
  readonly time: string;
  readonly data: ToolCompletedData;
}

/** A call has failed. */
export interface ToolFailedEvent extends Envelope {
  readonly type: "tool.failed";
  readonly time: string;
  readonly data: ToolFailedData;
}

/** The work has produced something to keep. */
export interface ArtifactCreatedEvent extends Envelope {
  readonly type: "artifact.created";
  readonly time: string;
  readonly data: ArtifactCreatedData;
}

/** A person is asked; the task waits while it is open. */
export interface InputRequestedEvent extends Envelope {
  readonly type: "input.requested";
  readonly time: string;
  readonly data: InputRequestedData;
}

/** A person has answered, or the time was over. */
export interface InputResolvedEvent extends Envelope {
  readonly type: "input.resolved";
  readonly time: string;
  readonly data: InputResolvedData;
}

/** Something was held to a standard. */
export interface QualityCheckedEvent extends Envelope {
  readonly type: "quality.checked";
  readonly time: string;
  readonly data: QualityCheckedData;
}

/** A command is in the log; the worker will see it. */
export interface CommandAcceptedEvent extends Envelope {
  readonly type: "command.accepted";
  readonly time: string;
  readonly data: CommandAcceptedData;
}

/** A command that the state of the task forbids. */
export interface CommandRejectedEvent extends Envelope {
  readonly type: "command.rejected";
  readonly time: string;
  readonly data: CommandRejectedData;
}

/** A command was carried out. */
export interface CommandAppliedEvent extends Envelope {
  readonly type: "command.applied";
  readonly time: string;
  readonly data: CommandAppliedData;
}

/** Numbers of the work. */
export interface MetricsUpdatedEvent extends Envelope {
  readonly type: "metrics.updated";
  readonly time: string;
  readonly data: MetricsUpdatedData;
}

/** How the worker is. */
export interface HealthUpdatedEvent extends Envelope {
  readonly type: "health.updated";
  readonly time: string;
  readonly data: HealthUpdatedData;
}

/** A line of output. */
export interface LogLineEvent extends Envelope {
  readonly type: "log.line";
  readonly time: string;
  readonly data: LogLineData;
}

/** An event of a vendor: `x.<vendor>.<name>`, with any object. */
export interface ExtensionEvent extends Envelope {
  readonly type: `x.${string}`;
  readonly time: string;
  readonly data: ExtensionData;
}

/** The data of every core type. */
export interface EventDataMap {
  readonly "task.created": TaskCreatedData;
  readonly "task.queued": TaskQueuedData;
  readonly "task.started": TaskStartedData;
  readonly "task.progress": TaskProgressData;
  readonly "task.recovering": TaskRecoveringData;
  readonly "task.retrying": TaskRetryingData;
  readonly "task.paused": TaskPausedData;
  readonly "task.resumed": TaskResumedData;
  readonly "task.completed": TaskCompletedData;
  readonly "task.failed": TaskFailedData;
  readonly "task.canceled": TaskCanceledData;
  readonly "task.deleted": TaskDeletedData;
  readonly "task.snapshot": TaskSnapshotData;
  readonly "intent.started": IntentStartedData;
  readonly "intent.parsed": IntentParsedData;
  readonly "entities.extracted": EntitiesExtractedData;
  readonly "agents.search_started": AgentsSearchStartedData;
  readonly "agents.found": AgentsFoundData;
  readonly "plan.started": PlanStartedData;
  readonly "plan.created": PlanCreatedData;
  readonly "plan.updated": PlanUpdatedData;
  readonly "step.started": StepStartedData;
  readonly "step.progress": StepProgressData;
  readonly "step.retrying": StepRetryingData;
  readonly "step.completed": StepCompletedData;
  readonly "step.failed": StepFailedData;
  readonly "step.skipped": StepSkippedData;
  readonly "message.started": MessageStartedData;
  readonly "message.delta": MessageDeltaData;
  readonly "message.completed": MessageCompletedData;
  readonly "reasoning.started": ReasoningStartedData;
  readonly "reasoning.delta": ReasoningDeltaData;
  readonly "reasoning.completed": ReasoningCompletedData;
  readonly "tool.started": ToolStartedData;
  readonly "tool.progress": ToolProgressData;
  readonly "tool.completed": ToolCompletedData;
  readonly "tool.failed": ToolFailedData;
  readonly "artifact.created": ArtifactCreatedData;
  readonly "input.requested": InputRequestedData;
  readonly "input.resolved": InputResolvedData;
  readonly "quality.checked": QualityCheckedData;
  readonly "command.accepted": CommandAcceptedData;
  readonly "command.rejected": CommandRejectedData;
  readonly "command.applied": CommandAppliedData;
  readonly "metrics.updated": MetricsUpdatedData;
  readonly "health.updated": HealthUpdatedData;
  readonly "log.line": LogLineData;
}

/** A core type of the catalogue. */
export type EventType = keyof EventDataMap;

/** A core type that a producer may send. */
export type ProducerType =
  | "task.started"
  | "task.progress"
  | "task.retrying"
  | "task.paused"
  | "task.resumed"
  | "task.completed"
  | "task.failed"
  | "task.canceled"
  | "intent.started"
  | "intent.parsed"
  | "entities.extracted"
  | "agents.search_started"
  | "agents.found"
  | "plan.started"
  | "plan.created"
  | "plan.updated"
  | "step.started"
  | "step.progress"
  | "step.retrying"
  | "step.completed"
  | "step.failed"
  | "step.skipped"
  | "message.started"
  | "message.delta"
  | "message.completed"
  | "reasoning.started"
  | "reasoning.delta"
  | "reasoning.completed"
  | "tool.started"
  | "tool.progress"
  | "tool.completed"
  | "tool.failed"
  | "artifact.created"
  | "input.requested"
  | "input.resolved"
  | "quality.checked"
  | "command.applied"
  | "metrics.updated"
  | "health.updated"
  | "log.line";

/** An event of a type that this version does not know. Clients keep it and carry on. */
export interface UnknownEvent extends Envelope {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event of the catalogue or of a vendor, told apart by `type`. */
export type StoredEvent =
  | TaskCreatedEvent
  | TaskQueuedEvent
  | TaskStartedEvent
  | TaskProgressEvent
  | TaskRecoveringEvent
  | TaskRetryingEvent
  | TaskPausedEvent
  | TaskResumedEvent
  | TaskCompletedEvent
  | TaskFailedEvent
  | TaskCanceledEvent
  | TaskDeletedEvent
  | TaskSnapshotEvent
  | IntentStartedEvent
  | IntentParsedEvent
  | EntitiesExtractedEvent
  | AgentsSearchStartedEvent
  | AgentsFoundEvent
  | PlanStartedEvent
  | PlanCreatedEvent
  | PlanUpdatedEvent
  | StepStartedEvent
  | StepProgressEvent
  | StepRetryingEvent
  | StepCompletedEvent
  | StepFailedEvent
  | StepSkippedEvent
  | MessageStartedEvent
  | MessageDeltaEvent
  | MessageCompletedEvent
  | ReasoningStartedEvent
  | ReasoningDeltaEvent
  | ReasoningCompletedEvent
  | ToolStartedEvent
  | ToolProgressEvent
  | ToolCompletedEvent
  | ToolFailedEvent
  | ArtifactCreatedEvent
  | InputRequestedEvent
  | InputResolvedEvent
  | QualityCheckedEvent
  | CommandAcceptedEvent
  | CommandRejectedEvent
  | CommandAppliedEvent
  | MetricsUpdatedEvent
  | HealthUpdatedEvent
  | LogLineEvent
  | ExtensionEvent;

/** Whatever may come out of a log. */
export type AnyEvent = StoredEvent | UnknownEvent;

/** An event as it is delivered: with its cursor. */
export type DeliveredEvent = StoredEvent & { readonly cursor: string };

/** What a page consists of: events; with `replay=compact` also ranges of them. */
export type PageItem = AnyEvent | StreamReplayedFrame;

/** What a producer sends of one core type. */
export interface DraftOf<T extends ProducerType> extends DraftEnvelope {
  readonly type: T;
  readonly data: EventDataMap[T];
}

/** What a producer sends of a vendor's type. */
export interface ExtensionDraft extends DraftEnvelope {
  readonly type: `x.${string}`;
  readonly data: ExtensionData;
}

/** An event as a producer sends it. */
export type EventDraft = { [T in ProducerType]: DraftOf<T> }[ProducerType] | ExtensionDraft;

/** A frame that the service sends besides stored events. */
export type StreamFrame =
  | StreamReadyFrame
  | StreamSubscribedFrame
  | StreamUnsubscribedFrame
  | StreamJoinedFrame
  | StreamLeftFrame
  | StreamReplayedFrame
  | StreamAckFrame
  | StreamCaughtUpFrame
  | StreamGapFrame
  | StreamHeartbeatFrame
  | StreamPongFrame
  | StreamTokenExpiringFrame
  | StreamErrorFrame
  | StreamClosingFrame
  | StreamEndFrame;

/** A frame that a client sends. */
export type ClientFrame =
  | SubscribeFrame
  | UnsubscribeFrame
  | AuthFrame
  | PingFrame
  | CommandFrame
  | AppendFrame;
