// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

import { z } from "zod";

import type {
  Actor,
  AgentRef,
  AgentsFoundData,
  AgentsSearchStartedData,
  AnyEvent,
  AppendAck,
  ArtifactCreatedData,
  AttemptEnd,
  AttemptFailure,
  ClientFrame,
  Command,
  CommandAcceptedData,
  CommandAppliedData,
  CommandData,
  CommandRejectedData,
  CommandRequest,
  CommandResponse,
  CompletionMetadata,
  ConnectionLimits,
  Conversation,
  ConversationMessage,
  ConversationPage,
  CreateTaskRequest,
  CreateTaskResponse,
  DraftOf,
  EntitiesExtractedData,
  Entity,
  EventDraft,
  EventPage,
  ExtensionData,
  ExtensionDraft,
  Failure,
  Grant,
  GrantList,
  GrantRequest,
  GrantResponse,
  HealthUpdatedData,
  InputOption,
  InputRequestedData,
  InputResolvedData,
  IntentParsedData,
  IntentStartedData,
  Lease,
  LeaseRequest,
  LeaseResponse,
  LeaseStanding,
  LogLineData,
  MessageCompletedData,
  MessageDeltaData,
  MessagePage,
  MessageStartedData,
  MetricsUpdatedData,
  PageGap,
  PlanCreatedData,
  PlanStartedData,
  PlanStep,
  PlanUpdatedData,
  ProblemBody,
  Producer,
  ProducerType,
  QualityCheckedData,
  ReasoningCompletedData,
  ReasoningDeltaData,
  ReasoningStartedData,
  Replay,
  Selector,
  SnapshotCommand,
  SnapshotInput,
  SnapshotMessage,
  SnapshotProgress,
  SnapshotReasoning,
  SnapshotStep,
  SnapshotTool,
  Source,
  StepCompletedData,
  StepFailedData,
  StepProgressData,
  StepRetryingData,
  StepSkippedData,
  StepStartedData,
  StreamFrame,
  TaskCanceledData,
  TaskCompletedData,
  TaskCreatedData,
  TaskDeletedData,
  TaskFailedData,
  TaskPage,
  TaskPausedData,
  TaskProgressData,
  TaskQueuedData,
  TaskRecoveringData,
  TaskResponse,
  TaskResumedData,
  TaskRetryingData,
  TaskSnapshotData,
  TaskStartedData,
  TaskStatus,
  TaskSummary,
  Ticket,
  ToolCompletedData,
  ToolFailedData,
  ToolProgressData,
  ToolStartedData,
  Usage,
  Watchable,
  WorkTerms,
} from "./types.ts";

/** RFC 3339 with a zone. */
const time = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/, "Expected an RFC 3339 time such as 2026-01-31T12:00:00.000Z");

/** Refuses an object that has none of the given sets of fields. */
function oneOf(...sets: readonly (readonly string[])[]) {
  return (context: { value: unknown; issues: unknown[] }): void => {
    const has = context.value as Readonly<Record<string, unknown>>;
    if (sets.some((names) => names.every((name) => has[name] !== undefined))) return;
    const wanted = sets.map((names) => names.join(" and ")).join(", or ");
    context.issues.push({ code: "custom", message: `Expected ${wanted}`, input: context.value, path: [] });
  };
}

const envelope = {
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  seq: z.int().min(1),
  first_seq: z.int().min(1).optional(),
  cursor: z.string().min(1).max(256).optional(),
  time: time.optional(),
  message: z.string().max(4096).optional(),
  id: z.string().min(1).max(128).optional(),
  step_id: z.string().min(1).max(64).optional(),
  traceparent: z.string().max(128).optional(),
  attempt: z.int().min(1).optional(),
};

const draftEnvelope = {
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  time: time.optional(),
  message: z.string().max(4096).optional(),
  id: z.string().min(1).max(128).optional(),
  step_id: z.string().min(1).max(64).optional(),
  traceparent: z.string().max(128).optional(),
};

/** An event as it is stored and delivered, whatever its type; its data is only known to be an object. */
export const anyEvent: z.ZodType<AnyEvent> = z.looseObject({ type: z.string().min(1).max(128), ...envelope, data: z.record(z.string(), z.unknown()) });

/** Who acted. Set by the service from the token. */
export const actor: z.ZodType<Actor> = z.looseObject({
  kind: z.string(),
  id: z.string().max(128).optional(),
  name: z.string().max(256).optional(),
});

/** On what terms a task waits for a worker and is worked on. Only a task that was created with `queue` has them. */
export const workTerms: z.ZodType<WorkTerms> = z.looseObject({
  max_attempts: z.int().min(1).max(100).optional(),
  lease_ms: z.int().min(1).optional(),
  priority: z.string().optional(),
  not_before: time.optional(),
  deadline: time.optional(),
});

export const taskCreatedData: z.ZodType<TaskCreatedData> = z.looseObject({
  kind: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  title: z.string().max(512).optional(),
  input: z.unknown().optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  created_by: actor.optional(),
  retry_of: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  work: workTerms.optional(),
});

export const taskQueuedData: z.ZodType<TaskQueuedData> = z.looseObject({
  position: z.int().min(0).optional(),
  eta_ms: z.int().min(0).optional(),
});

export const taskStartedData: z.ZodType<TaskStartedData> = z.looseObject({
  attempt: z.int().min(1),
  worker_id: z.string().min(1).max(128).optional(),
  query: z.string().max(16384).optional(),
  total_steps: z.int().min(0).optional(),
});

/** How far the task is: `percent`, or `current` and `total`, or both. */
export const taskProgressData: z.ZodType<TaskProgressData> = z.looseObject({
  percent: z.number().min(0).max(100).optional(),
  current: z.number().min(0).optional(),
  total: z.number().min(0).optional(),
  unit: z.string().max(64).optional(),
  stage: z.string().min(1).max(128).optional(),
  message: z.string().max(4096).optional(),
  eta_ms: z.int().min(0).optional(),
  reported: z.number().optional(),
}).check(oneOf(["percent"], ["current","total"]));

export const taskRecoveringData: z.ZodType<TaskRecoveringData> = z.looseObject({
  reason: z.string(),
  attempt: z.int().min(1),
});

/** What went wrong, for programs (`code`, `retryable`) and for developers (`message`). */
export const failure: z.ZodType<Failure> = z.looseObject({
  code: z.string().min(1).max(128),
  message: z.string().max(16384),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const taskRetryingData: z.ZodType<TaskRetryingData> = z.looseObject({
  attempt: z.int().min(1),
  max_attempts: z.int().min(1),
  delay_ms: z.int().min(0),
  error: failure,
});

export const taskPausedData: z.ZodType<TaskPausedData> = z.looseObject({
  by: z.string().max(128).optional(),
  reason: z.string().max(4096).optional(),
});

export const taskResumedData: z.ZodType<TaskResumedData> = z.looseObject({
  by: z.string().max(128).optional(),
  reason: z.string().max(4096).optional(),
});

/** What the work consumed. */
export const usage: z.ZodType<Usage> = z.looseObject({
  input_tokens: z.int().min(0).optional(),
  output_tokens: z.int().min(0).optional(),
  total_tokens: z.int().min(0).optional(),
  cost: z.number().min(0).optional(),
  currency: z.string().max(8).optional(),
});

/** What an answer rests on. */
export const source: z.ZodType<Source> = z.looseObject({
  id: z.string().max(256).optional(),
  title: z.string().max(1024).optional(),
  url: z.string().max(4096).optional(),
  snippet: z.string().max(8192).optional(),
  score: z.number().optional(),
});

/** Where the answer comes from. */
export const completionMetadata: z.ZodType<CompletionMetadata> = z.looseObject({
  agent: z.string().max(256).optional(),
  confidence: z.number().min(0).max(1).optional(),
  sources: z.array(source).optional(),
});

export const taskCompletedData: z.ZodType<TaskCompletedData> = z.looseObject({
  result: z.unknown().optional(),
  response: z.string().optional(),
  duration_ms: z.int().min(0).optional(),
  usage: usage.optional(),
  metadata: completionMetadata.optional(),
});

export const taskFailedData: z.ZodType<TaskFailedData> = z.looseObject({
  error: failure,
  user_message: z.string().max(4096).optional(),
  step_id: z.string().min(1).max(64).optional(),
});

export const taskCanceledData: z.ZodType<TaskCanceledData> = z.looseObject({
  by: z.string().max(128).optional(),
  reason: z.string().max(4096).optional(),
});

export const taskDeletedData: z.ZodType<TaskDeletedData> = z.looseObject({
  by: z.string().max(128).optional(),
});

/** Where a task stands. `waiting` means that an input is open; `completed`, `failed`, `canceled` and `deleted` are ends. */
export const taskStatus: z.ZodType<TaskStatus> = z.string();

/** How far the task is; empty before the first report. */
export const snapshotProgress: z.ZodType<SnapshotProgress> = z.looseObject({
  percent: z.number().min(0).max(100).optional(),
  current: z.number().min(0).optional(),
  total: z.number().min(0).optional(),
  unit: z.string().max(64).optional(),
  stage: z.string().max(128).optional(),
  message: z.string().max(4096).optional(),
  eta_ms: z.int().min(0).optional(),
});

/** A step as planned. */
export const planStep: z.ZodType<PlanStep> = z.looseObject({
  step_id: z.string().min(1).max(64),
  title: z.string().min(1).max(512),
  depends_on: z.array(z.string().min(1).max(64)).optional(),
  agent: z.string().max(256).optional(),
});

/** Something that was recognised in the input. */
export const entity: z.ZodType<Entity> = z.looseObject({
  type: z.string().min(1).max(128),
  value: z.unknown(),
  confidence: z.number().min(0).max(1).optional(),
});

/** An agent that can take part. */
export const agentRef: z.ZodType<AgentRef> = z.looseObject({
  id: z.string().max(128).optional(),
  name: z.string().min(1).max(256),
  description: z.string().max(4096).optional(),
});

export const snapshotStep: z.ZodType<SnapshotStep> = z.looseObject({
  step_id: z.string().min(1).max(64),
  status: z.string(),
  name: z.string().max(256).optional(),
  title: z.string().max(512).optional(),
  index: z.int().min(1).optional(),
  total: z.int().min(0).optional(),
  agent: z.string().max(256).optional(),
  description: z.string().max(4096).optional(),
  percent: z.number().min(0).max(100).optional(),
  current: z.number().min(0).optional(),
  units: snapshotProgress.optional(),
  attempt: z.int().min(1).optional(),
  max_attempts: z.int().min(1).optional(),
  message: z.string().max(4096).optional(),
  output: z.unknown().optional(),
  outcome: z.string().max(128).optional(),
  quality_score: z.number().optional(),
  duration_ms: z.int().min(0).optional(),
  error: failure.optional(),
  reason: z.string().max(4096).optional(),
  truncated: z.boolean().optional(),
});

export const snapshotMessage: z.ZodType<SnapshotMessage> = z.looseObject({
  message_id: z.string().min(1).max(64),
  status: z.string(),
  role: z.string().optional(),
  agent: z.string().max(256).optional(),
  content: z.string(),
  length: z.int().min(0).optional(),
  sha256: z.string().max(64).optional(),
  sources: z.array(source).optional(),
  confidence: z.number().min(0).max(1).optional(),
  usage: usage.optional(),
  truncated: z.boolean().optional(),
});

export const snapshotReasoning: z.ZodType<SnapshotReasoning> = z.looseObject({
  reasoning_id: z.string().min(1).max(64),
  status: z.string(),
  agent: z.string().max(256).optional(),
  content: z.string(),
  summary: z.string().max(16384).optional(),
  truncated: z.boolean().optional(),
});

export const snapshotTool: z.ZodType<SnapshotTool> = z.looseObject({
  tool_call_id: z.string().min(1).max(64),
  status: z.string(),
  name: z.string().max(256).optional(),
  title: z.string().max(512).optional(),
  step_id: z.string().max(64).optional(),
  input: z.unknown().optional(),
  percent: z.number().min(0).max(100).optional(),
  units: snapshotProgress.optional(),
  message: z.string().max(4096).optional(),
  output_text: z.string().optional(),
  output: z.unknown().optional(),
  error: failure.optional(),
  duration_ms: z.int().min(0).optional(),
  truncated: z.boolean().optional(),
});

/** One answer to choose. */
export const inputOption: z.ZodType<InputOption> = z.looseObject({
  value: z.unknown(),
  label: z.string().max(512).optional(),
});

export const snapshotInput: z.ZodType<SnapshotInput> = z.looseObject({
  request_id: z.string().min(1).max(64),
  status: z.string(),
  kind: z.string().optional(),
  prompt: z.string().max(16384).optional(),
  schema: z.record(z.string(), z.unknown()).optional(),
  options: z.array(inputOption).optional(),
  expires_at: time.optional(),
  outcome: z.string().optional(),
  response: z.unknown().optional(),
  by: z.string().max(128).optional(),
});

export const artifactCreatedData: z.ZodType<ArtifactCreatedData> = z.looseObject({
  artifact_id: z.string().min(1).max(64),
  name: z.string().min(1).max(512),
  media_type: z.string().min(1).max(256),
  size: z.int().min(0).optional(),
  ref: z.string().max(4096).optional(),
  inline: z.unknown().optional(),
});

export const qualityCheckedData: z.ZodType<QualityCheckedData> = z.looseObject({
  check: z.string().min(1).max(256),
  passed: z.boolean(),
  score: z.number().optional(),
  threshold: z.number().optional(),
  issues: z.array(z.string().max(4096)).optional(),
  step_id: z.string().min(1).max(64).optional(),
});

export const healthUpdatedData: z.ZodType<HealthUpdatedData> = z.looseObject({
  status: z.string(),
  checks: z.record(z.string(), z.unknown()).optional(),
});

export const snapshotCommand: z.ZodType<SnapshotCommand> = z.looseObject({
  command_id: z.string().min(1).max(64),
  command: z.string(),
  status: z.string(),
  by: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/**
 * The state that the events `1..as_of_seq` add up to. At most 256 KiB: longer texts are cut, and what was cut says `truncated`. A reducer that
 * takes it in place of those events ends up in the same state, cut texts aside.
 */
export const taskSnapshotData: z.ZodType<TaskSnapshotData> = z.looseObject({
  status: taskStatus,
  as_of_seq: z.int().min(0),
  kind: z.string().max(64).optional(),
  title: z.string().max(512).optional(),
  input: z.unknown().optional(),
  conversation_id: z.string().max(64).optional(),
  created_by: actor.optional(),
  retry_of: z.string().max(64).optional(),
  attempt: z.int().min(0).optional(),
  worker_id: z.string().max(128).optional(),
  total_steps: z.int().min(0).optional(),
  message: z.string().max(4096).optional(),
  progress: snapshotProgress,
  plan_id: z.string().max(64).optional(),
  plan: z.array(planStep).optional(),
  intent: z.string().max(4096).optional(),
  entities: z.array(entity).optional(),
  agents: z.array(agentRef).optional(),
  steps: z.array(snapshotStep),
  messages: z.array(snapshotMessage),
  reasonings: z.array(snapshotReasoning).optional(),
  tools: z.array(snapshotTool),
  inputs: z.array(snapshotInput),
  artifacts: z.array(artifactCreatedData).optional(),
  quality: z.array(qualityCheckedData).optional(),
  metrics: z.record(z.string(), z.number()).optional(),
  health: healthUpdatedData.optional(),
  commands: z.array(snapshotCommand).optional(),
  result: z.unknown().optional(),
  response: z.string().optional(),
  duration_ms: z.int().min(0).optional(),
  usage: usage.optional(),
  metadata: completionMetadata.optional(),
  error: failure.optional(),
  user_message: z.string().max(4096).optional(),
  canceled_by: z.string().max(128).optional(),
  reason: z.string().max(4096).optional(),
  created_at: time.optional(),
  started_at: time.optional(),
  ended_at: time.optional(),
  updated_at: time.optional(),
  log_lines: z.int().min(0).optional(),
  unknown: z.int().min(0).optional(),
  truncated: z.boolean().optional(),
});

export const intentStartedData: z.ZodType<IntentStartedData> = z.looseObject({
  query: z.string().max(16384).optional(),
});

export const intentParsedData: z.ZodType<IntentParsedData> = z.looseObject({
  intent: z.string().min(1).max(4096),
  confidence: z.number().min(0).max(1).optional(),
  entities: z.array(entity).optional(),
});

export const entitiesExtractedData: z.ZodType<EntitiesExtractedData> = z.looseObject({
  entities: z.array(entity),
});

export const agentsSearchStartedData: z.ZodType<AgentsSearchStartedData> = z.looseObject({
  query: z.string().max(16384).optional(),
});

export const agentsFoundData: z.ZodType<AgentsFoundData> = z.looseObject({
  agents: z.array(agentRef),
});

export const planStartedData: z.ZodType<PlanStartedData> = z.looseObject({
  plan_id: z.string().min(1).max(64).optional(),
});

export const planCreatedData: z.ZodType<PlanCreatedData> = z.looseObject({
  steps: z.array(planStep),
  plan_id: z.string().min(1).max(64).optional(),
});

/** The whole plan anew: steps added, removed or put in another order while it runs. */
export const planUpdatedData: z.ZodType<PlanUpdatedData> = z.looseObject({
  steps: z.array(planStep),
  plan_id: z.string().min(1).max(64).optional(),
});

export const stepStartedData: z.ZodType<StepStartedData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  name: z.string().min(1).max(256),
  title: z.string().max(512).optional(),
  index: z.int().min(1).optional(),
  total: z.int().min(1).optional(),
  agent: z.string().max(256).optional(),
  description: z.string().max(4096).optional(),
});

/** How far the step is: `percent`, or `current` and `total`, or both. */
export const stepProgressData: z.ZodType<StepProgressData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  percent: z.number().min(0).max(100).optional(),
  current: z.number().min(0).optional(),
  total: z.number().min(0).optional(),
  unit: z.string().max(64).optional(),
  message: z.string().max(4096).optional(),
  reported: z.number().optional(),
}).check(oneOf(["percent"], ["current","total"]));

export const stepRetryingData: z.ZodType<StepRetryingData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  attempt: z.int().min(1),
  max_attempts: z.int().min(1),
  delay_ms: z.int().min(0).optional(),
  error: failure.optional(),
});

export const stepCompletedData: z.ZodType<StepCompletedData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  output: z.unknown().optional(),
  status: z.string().max(128).optional(),
  quality_score: z.number().min(0).max(1).optional(),
  duration_ms: z.int().min(0).optional(),
});

export const stepFailedData: z.ZodType<StepFailedData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  error: failure,
  will_retry: z.boolean(),
});

export const stepSkippedData: z.ZodType<StepSkippedData> = z.looseObject({
  step_id: z.string().min(1).max(64),
  reason: z.string().max(4096),
});

export const messageStartedData: z.ZodType<MessageStartedData> = z.looseObject({
  message_id: z.string().min(1).max(64),
  role: z.string(),
  agent: z.string().max(256).optional(),
});

export const messageDeltaData: z.ZodType<MessageDeltaData> = z.looseObject({
  message_id: z.string().min(1).max(64),
  delta: z.string(),
});

/**
 * The message is whole: its `content` up to 32 KiB, above that `length` and `sha256` of the text that the deltas make, so that a screen that
 * lost something notices. May stand alone, without `message.started` and deltas.
 */
export const messageCompletedData: z.ZodType<MessageCompletedData> = z.looseObject({
  message_id: z.string().min(1).max(64),
  content: z.string().max(32768).optional(),
  length: z.int().min(0).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  role: z.string().optional(),
  agent: z.string().max(256).optional(),
  sources: z.array(source).optional(),
  confidence: z.number().min(0).max(1).optional(),
  usage: usage.optional(),
}).check(oneOf(["content"], ["length","sha256"]));

export const reasoningStartedData: z.ZodType<ReasoningStartedData> = z.looseObject({
  reasoning_id: z.string().min(1).max(64),
  agent: z.string().max(256).optional(),
});

export const reasoningDeltaData: z.ZodType<ReasoningDeltaData> = z.looseObject({
  reasoning_id: z.string().min(1).max(64),
  delta: z.string(),
  agent: z.string().max(256).optional(),
});

/** The reasoning is over. May stand alone, without `reasoning.started` and deltas. */
export const reasoningCompletedData: z.ZodType<ReasoningCompletedData> = z.looseObject({
  reasoning_id: z.string().min(1).max(64),
  summary: z.string().max(16384).optional(),
  agent: z.string().max(256).optional(),
});

export const toolStartedData: z.ZodType<ToolStartedData> = z.looseObject({
  tool_call_id: z.string().min(1).max(64),
  name: z.string().min(1).max(256),
  title: z.string().max(512).optional(),
  input: z.unknown().optional(),
});

export const toolProgressData: z.ZodType<ToolProgressData> = z.looseObject({
  tool_call_id: z.string().min(1).max(64),
  percent: z.number().min(0).max(100).optional(),
  message: z.string().max(4096).optional(),
  output_delta: z.string().optional(),
  reported: z.number().optional(),
});

export const toolCompletedData: z.ZodType<ToolCompletedData> = z.looseObject({
  tool_call_id: z.string().min(1).max(64),
  output: z.unknown().optional(),
  duration_ms: z.int().min(0).optional(),
});

export const toolFailedData: z.ZodType<ToolFailedData> = z.looseObject({
  tool_call_id: z.string().min(1).max(64),
  error: failure,
  duration_ms: z.int().min(0).optional(),
});

export const inputRequestedData: z.ZodType<InputRequestedData> = z.looseObject({
  request_id: z.string().min(1).max(64),
  kind: z.string(),
  prompt: z.string().max(16384),
  schema: z.record(z.string(), z.unknown()).optional(),
  options: z.array(inputOption).optional(),
  expires_at: time.optional(),
});

export const inputResolvedData: z.ZodType<InputResolvedData> = z.looseObject({
  request_id: z.string().min(1).max(64),
  outcome: z.string(),
  response: z.unknown().optional(),
  by: z.string().max(128).optional(),
});

/** What a person may order. Closing a connection is never a cancel. */
export const command: z.ZodType<Command> = z.string();

/** A command was stored in the task's log, where its worker sees it. */
export const commandAcceptedData: z.ZodType<CommandAcceptedData> = z.looseObject({
  command_id: z.string().min(1).max(64),
  command: command,
  by: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** A command that the state of the task forbids; `code` says which rule. */
export const commandRejectedData: z.ZodType<CommandRejectedData> = z.looseObject({
  command_id: z.string().min(1).max(64),
  command: command,
  by: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** The worker has done what was ordered. */
export const commandAppliedData: z.ZodType<CommandAppliedData> = z.looseObject({
  command_id: z.string().min(1).max(64),
  command: command,
  by: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

export const metricsUpdatedData: z.ZodType<MetricsUpdatedData> = z.looseObject({
  values: z.record(z.string(), z.number()),
});

export const logLineData: z.ZodType<LogLineData> = z.looseObject({
  level: z.string(),
  text: z.string(),
  stream: z.string().optional(),
  fields: z.record(z.string(), z.unknown()).optional(),
});

/** Any object. */
export const extensionData: z.ZodType<ExtensionData> = z.looseObject({
});

/** What the connection may do. */
export const connectionLimits: z.ZodType<ConnectionLimits> = z.looseObject({
  subscriptions: z.int().min(0).optional(),
  frame_bytes: z.int().min(0).optional(),
  event_bytes: z.int().min(0).optional(),
  request_bytes: z.int().min(0).optional(),
  request_events: z.int().min(0).optional(),
});

/** The first frame of every connection: what it is and what it may do. */
export const streamReadyFrame = z.looseObject({
  type: z.literal("stream.ready"),
  protocol: z.string().max(64),
  connection_id: z.string().min(1).max(128),
  heartbeat_ms: z.int().min(1),
  limits: connectionLimits.optional(),
  token_expires_at: time.optional(),
  request_id: z.string().min(1).max(128).optional(),
});

/** A set of tasks that changes by itself. */
export const selector: z.ZodType<Selector> = z.looseObject({
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  scope: z.string().optional(),
  task_ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).optional(),
});

/**
 * How the part of the log that already exists is delivered: `full` every event, `compact` as `stream.replayed` ranges, `none` only what comes
 * from now on.
 */
export const replay: z.ZodType<Replay> = z.string();

/** A subscription has begun; replay follows, then `stream.caught_up`. */
export const streamSubscribedFrame = z.looseObject({
  type: z.literal("stream.subscribed"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  selector: selector.optional(),
  cursor: z.string().max(256),
  replay: replay,
  tail_seq: z.int().min(0),
  request_id: z.string().min(1).max(128).optional(),
}).check(oneOf(["task_id"], ["selector"]));

/** A subscription has ended as asked. Nothing of it follows. */
export const streamUnsubscribedFrame = z.looseObject({
  type: z.literal("stream.unsubscribed"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  selector: selector.optional(),
  request_id: z.string().min(1).max(128).optional(),
}).check(oneOf(["task_id"], ["selector"]));

/** A task in a list. */
export const taskSummary: z.ZodType<TaskSummary> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  kind: z.string().max(64),
  title: z.string().max(512).optional(),
  status: taskStatus,
  percent: z.number().min(0).max(100).optional(),
  stage: z.string().max(128).optional(),
  message: z.string().max(4096).optional(),
  conversation_id: z.string().max(64).optional(),
  access: z.string().optional(),
  attempt: z.int().min(0).optional(),
  created_at: time,
  updated_at: time,
  ended_at: time.optional(),
  last_seq: z.int().min(0),
  queued: z.boolean().optional(),
  retry_of: z.string().max(64).optional(),
  retried_by: z.string().max(64).optional(),
});

/** A task has joined a watched set. */
export const streamJoinedFrame = z.looseObject({
  type: z.literal("stream.joined"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  selector: selector,
  reason: z.string(),
  summary: taskSummary,
});

/** A task has left a watched set. */
export const streamLeftFrame = z.looseObject({
  type: z.literal("stream.left"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  selector: selector,
  reason: z.string(),
  summary: taskSummary,
});

/** One contiguous range of history, compacted. Only where `replay=compact` was asked for. */
export const streamReplayedFrame = z.looseObject({
  type: z.literal("stream.replayed"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  first_seq: z.int().min(1),
  seq: z.int().min(1),
  cursor: z.string().min(1).max(256),
  events: z.array(anyEvent),
});

/** The answer to `append`, `command` and `auth`. */
export const streamAckFrame = z.looseObject({
  type: z.literal("stream.ack"),
  request_id: z.string().min(1).max(128),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  first_seq: z.int().min(1).optional(),
  last_seq: z.int().min(1).optional(),
  cursor: z.string().min(1).max(256).optional(),
  duplicate: z.boolean().optional(),
  command_id: z.string().min(1).max(64).optional(),
  outcome: z.string().optional(),
  token_expires_at: time.optional(),
});

/** History is delivered; what follows is live. */
export const streamCaughtUpFrame = z.looseObject({
  type: z.literal("stream.caught_up"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  selector: selector.optional(),
  cursor: z.string().max(256),
}).check(oneOf(["task_id"], ["selector"]));

/** What was asked for is not there any more. A `task.snapshot` follows, then what the log still has. */
export const streamGapFrame = z.looseObject({
  type: z.literal("stream.gap"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  requested: z.string().max(256),
  earliest: z.string().max(256),
  reason: z.string(),
});

/** The connection is alive. */
export const streamHeartbeatFrame = z.looseObject({
  type: z.literal("stream.heartbeat"),
  time: time,
  selector: selector.optional(),
  cursor: z.string().min(1).max(256).optional(),
  log: z.string().optional(),
});

/** The answer to `ping`. */
export const streamPongFrame = z.looseObject({
  type: z.literal("stream.pong"),
  nonce: z.string().max(128).optional(),
  request_id: z.string().min(1).max(128).optional(),
});

/** The token ends soon; send `auth` with a new one. */
export const streamTokenExpiringFrame = z.looseObject({
  type: z.literal("stream.token_expiring"),
  expires_at: time,
});

/** Something was refused or has failed. Whether the connection is closed after it says the error table. */
export const streamErrorFrame = z.looseObject({
  type: z.literal("stream.error"),
  code: z.string().min(1).max(128),
  message: z.string().max(16384),
  retryable: z.boolean(),
  retry_after_ms: z.int().min(0).optional(),
  task_id: z.string().max(128).optional(),
  request_id: z.string().max(128).optional(),
  path: z.string().max(1024).optional(),
  law: z.int().min(1).max(99).optional(),
  limit: z.string().max(64).optional(),
});

/** The service closes the connection; why, and when to come back. */
export const streamClosingFrame = z.looseObject({
  type: z.literal("stream.closing"),
  reason: z.string(),
  retry_after_ms: z.int().min(0),
});

/** The task is over and was delivered to its end. Do not reconnect for it. */
export const streamEndFrame = z.looseObject({
  type: z.literal("stream.end"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  status: taskStatus,
  cursor: z.string().min(1).max(256),
});

/** Watch a task, a conversation or all tasks of the token's user. */
export const subscribeFrame = z.looseObject({
  type: z.literal("subscribe"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  task_ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).min(1).optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  scope: z.enum(["mine"]).optional(),
  after: z.string().max(1024).optional(),
  replay: z.enum(["full","compact","none"]).optional(),
  request_id: z.string().min(1).max(128).optional(),
}).check(oneOf(["task_id"], ["task_ids"], ["conversation_id"], ["scope"]));

/** Stop watching what was subscribed in the same words. */
export const unsubscribeFrame = z.looseObject({
  type: z.literal("unsubscribe"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  task_ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).min(1).optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  scope: z.enum(["mine"]).optional(),
  request_id: z.string().min(1).max(128).optional(),
}).check(oneOf(["task_id"], ["task_ids"], ["conversation_id"], ["scope"]));

/** A token, within 10 s of connecting where the handshake carried none, and again before it ends. */
export const authFrame = z.looseObject({
  type: z.literal("auth"),
  token: z.string().min(1).max(16384),
  request_id: z.string().min(1).max(128).optional(),
});

/** Answered by `stream.pong`. The bare text `ping` is answered by the bare text `pong`. */
export const pingFrame = z.looseObject({
  type: z.literal("ping"),
  nonce: z.string().max(128).optional(),
  request_id: z.string().min(1).max(128).optional(),
});

/** Order something of a task. */
export const commandFrame = z.looseObject({
  type: z.literal("command"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  command_id: z.string().min(1).max(64),
  command: command,
  data: z.record(z.string(), z.unknown()).optional(),
  request_id: z.string().min(1).max(128).optional(),
});

/** A retry identity that holds for ever. A request whose `seq` is not above the producer's last one is answered as the duplicate it is. */
export const producer: z.ZodType<Producer> = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  seq: z.int().min(1),
});

/** Append events to a task, all or none. Answered by `stream.ack` when the log has acknowledged them. */
export const appendFrame = z.looseObject({
  type: z.literal("append"),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  events: z.array(z.custom<EventDraft>(() => true)).min(1),
  producer: producer.optional(),
  idempotency_key: z.string().min(1).max(255).optional(),
  lease: z.string().min(1).max(2048).optional(),
  request_id: z.string().min(1).max(128).optional(),
});

/** The body of `POST /v1/tasks`. */
export const createTaskRequest: z.ZodType<CreateTaskRequest> = z.looseObject({
  kind: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  title: z.string().max(512).optional(),
  input: z.unknown().optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  access: z.enum(["owner","link"]).optional(),
  retry_of: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  owner: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  idle_seconds: z.int().min(1).max(31536000).optional(),
  queue: z.boolean().optional(),
  max_attempts: z.int().min(1).max(100).optional(),
  lease_seconds: z.int().min(1).max(86400).optional(),
  delay_seconds: z.int().min(0).max(2592000).optional(),
  deadline: time.optional(),
  priority: z.enum(["high","normal","low"]).optional(),
});

/** The task was created, or had been by an earlier try of the same request (`duplicate`). */
export const createTaskResponse: z.ZodType<CreateTaskResponse> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  first_seq: z.int().min(1),
  last_seq: z.int().min(1),
  cursor: z.string().min(1).max(256),
  duplicate: z.boolean(),
});

/** The events are in the log. */
export const appendAck: z.ZodType<AppendAck> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  first_seq: z.int().min(1),
  last_seq: z.int().min(1),
  cursor: z.string().min(1).max(256),
  duplicate: z.boolean(),
});

/** What was asked for is no longer there; the first event of the page is a `task.snapshot`. */
export const pageGap: z.ZodType<PageGap> = z.looseObject({
  requested: z.string().max(256),
  earliest: z.string().max(256),
  reason: z.string(),
});

/** The answer of `GET /v1/tasks/{task_id}/events` as JSON. */
export const eventPage: z.ZodType<EventPage> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  status: taskStatus,
  events: z.array(z.union([streamReplayedFrame, anyEvent])),
  cursor: z.string().max(256),
  more: z.boolean(),
  ended: z.boolean(),
  tail_seq: z.int().min(0),
  gap: pageGap.optional(),
});

/** The answer of `GET /v1/tasks`: newest change first. */
export const taskPage: z.ZodType<TaskPage> = z.looseObject({
  tasks: z.array(taskSummary),
  next: z.string().nullable(),
});

/** The answer of `GET /v1/tasks/{task_id}`: watch from `cursor` on, and nothing is missing. */
export const taskResponse: z.ZodType<TaskResponse> = z.looseObject({
  task: taskSummary,
  cursor: z.string().min(1).max(256),
  snapshot: taskSnapshotData,
});

/** With `message` `{text}`, with `respond` `{request_id, outcome, response}`, with the others at most `{reason}`. */
export const commandData: z.ZodType<CommandData> = z.looseObject({
  text: z.string().min(1).max(32768).optional(),
  message_id: z.string().min(1).max(64).optional(),
  request_id: z.string().min(1).max(64).optional(),
  outcome: z.enum(["answered","approved","denied"]).optional(),
  response: z.unknown().optional(),
  reason: z.string().max(4096).optional(),
});

/** The body of `POST /v1/tasks/{task_id}/commands`. */
export const commandRequest: z.ZodType<CommandRequest> = z.looseObject({
  command_id: z.string().min(1).max(64),
  command: z.enum(["pause","resume","cancel","message","respond"]),
  data: commandData.optional(),
});

/** The command is in the log. */
export const commandResponse: z.ZodType<CommandResponse> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  command_id: z.string().min(1).max(64),
  command: command,
  outcome: z.string(),
  first_seq: z.int().min(1),
  last_seq: z.int().min(1),
  cursor: z.string().min(1).max(256),
  duplicate: z.boolean(),
});

/** The body of `POST /v1/work/{kind}/lease`. */
export const leaseRequest: z.ZodType<LeaseRequest> = z.looseObject({
  worker_id: z.string().min(1).max(128).optional(),
});

/** A task in the hands of a worker, for `lease_ms` from now and from every sign of life. */
export const lease: z.ZodType<Lease> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  kind: z.string().max(64),
  attempt: z.int().min(1),
  max_attempts: z.int().min(1),
  lease: z.string().min(1).max(2048),
  lease_ms: z.int().min(1),
  title: z.string().max(512).optional(),
  input: z.unknown().optional(),
  conversation_id: z.string().max(64).optional(),
  owner: z.string().max(64).optional(),
  deadline: time.optional(),
  cursor: z.string().min(1).max(256),
  last_seq: z.int().min(1),
});

/** What was given out; empty where nothing came in time. */
export const leaseResponse: z.ZodType<LeaseResponse> = z.looseObject({
  leases: z.array(lease),
});

/** A lease that holds. */
export const leaseStanding: z.ZodType<LeaseStanding> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  attempt: z.int().min(1),
  lease_ms: z.int().min(1),
});

/** The body of `POST /v1/tasks/{task_id}/lease/fail`. */
export const attemptFailure: z.ZodType<AttemptFailure> = z.looseObject({
  error: failure,
  delay_seconds: z.int().min(0).max(86400).optional(),
  user_message: z.string().max(4096).optional(),
});

/** What became of a task whose lease was given up. */
export const attemptEnd: z.ZodType<AttemptEnd> = z.looseObject({
  task_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  status: taskStatus,
  attempt: z.int().min(1),
});

/** One task or several, a conversation, or all of mine: exactly one of them. */
export const watchable: z.ZodType<Watchable> = z.looseObject({
  task_ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).min(1).optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  scope: z.enum(["mine"]).optional(),
}).check(oneOf(["task_ids"], ["conversation_id"], ["scope"]));

/** A ticket for `?ticket=`. */
export const ticket: z.ZodType<Ticket> = z.looseObject({
  ticket: z.string().min(1).max(256),
  use_by: time,
  url: z.string().max(4096),
});

/** The body of `POST /v1/grants`: what may be watched, and until when. */
export const grantRequest: z.ZodType<GrantRequest> = z.looseObject({
  task_ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)).min(1).optional(),
  conversation_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional(),
  scope: z.enum(["mine"]).optional(),
  label: z.string().max(256).optional(),
  expires_at: time.optional(),
}).check(oneOf(["task_ids"], ["conversation_id"], ["scope"]));

/** An access for watching only. */
export const grant: z.ZodType<Grant> = z.looseObject({
  grant_id: z.string().min(1).max(64),
  task_ids: z.array(z.string().max(64)).optional(),
  conversation_id: z.string().max(64).optional(),
  scope: z.string().optional(),
  label: z.string().max(256).optional(),
  created_at: time,
  expires_at: time.optional(),
});

/** A new grant and its token, which is told this once. */
export const grantResponse: z.ZodType<GrantResponse> = z.looseObject({
  grant: grant,
  token: z.string().min(1).max(4096),
});

/** My grants that hold. */
export const grantList: z.ZodType<GrantList> = z.looseObject({
  grants: z.array(grant),
});

/** Tasks that belong together. It exists by being named in one. */
export const conversation: z.ZodType<Conversation> = z.looseObject({
  conversation_id: z.string().max(64),
  created_at: time,
  updated_at: time,
  tasks: z.int().min(0),
  messages: z.int().min(0),
  preview: z.string().nullable(),
});

/** The answer of `GET /v1/conversations`: newest change first. */
export const conversationPage: z.ZodType<ConversationPage> = z.looseObject({
  conversations: z.array(conversation),
  next: z.string().nullable(),
});

/** One message of a conversation. */
export const conversationMessage: z.ZodType<ConversationMessage> = z.looseObject({
  task_id: z.string().max(64),
  message_id: z.string().max(64),
  role: z.string(),
  content: z.string(),
  truncated: z.boolean().optional(),
  open: z.boolean().optional(),
  time: time,
});

/** The answer of `GET /v1/conversations/{conversation_id}/messages`: the newest that fit, oldest first. */
export const messagePage: z.ZodType<MessagePage> = z.looseObject({
  conversation_id: z.string().max(64),
  messages: z.array(conversationMessage),
  next: z.string().nullable(),
});

/** An error over HTTP (RFC 9457, `application/problem+json`). */
export const problemBody: z.ZodType<ProblemBody> = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  code: z.string(),
  retryable: z.boolean(),
  advice: z.string(),
  request_id: z.string().optional(),
  retry_after_ms: z.int().min(0).optional(),
  path: z.string().optional(),
  line: z.int().min(1).optional(),
  law: z.int().min(1).max(99).optional(),
  reason: z.string().optional(),
  limit: z.string().optional(),
  retried_by: z.string().optional(),
});

/** What a producer may send, by type. */
export const eventDraft: { readonly [T in ProducerType]: z.ZodType<DraftOf<T>> } = {
  "task.started": z.looseObject({ type: z.literal("task.started"), ...draftEnvelope, data: taskStartedData }),
  "task.progress": z.looseObject({ type: z.literal("task.progress"), ...draftEnvelope, data: taskProgressData }),
  "task.retrying": z.looseObject({ type: z.literal("task.retrying"), ...draftEnvelope, data: taskRetryingData }),
  "task.paused": z.looseObject({ type: z.literal("task.paused"), ...draftEnvelope, data: taskPausedData }),
  "task.resumed": z.looseObject({ type: z.literal("task.resumed"), ...draftEnvelope, data: taskResumedData }),
  "task.completed": z.looseObject({ type: z.literal("task.completed"), ...draftEnvelope, data: taskCompletedData }),
  "task.failed": z.looseObject({ type: z.literal("task.failed"), ...draftEnvelope, data: taskFailedData }),
  "task.canceled": z.looseObject({ type: z.literal("task.canceled"), ...draftEnvelope, data: taskCanceledData }),
  "intent.started": z.looseObject({ type: z.literal("intent.started"), ...draftEnvelope, data: intentStartedData }),
  "intent.parsed": z.looseObject({ type: z.literal("intent.parsed"), ...draftEnvelope, data: intentParsedData }),
  "entities.extracted": z.looseObject({ type: z.literal("entities.extracted"), ...draftEnvelope, data: entitiesExtractedData }),
  "agents.search_started": z.looseObject({ type: z.literal("agents.search_started"), ...draftEnvelope, data: agentsSearchStartedData }),
  "agents.found": z.looseObject({ type: z.literal("agents.found"), ...draftEnvelope, data: agentsFoundData }),
  "plan.started": z.looseObject({ type: z.literal("plan.started"), ...draftEnvelope, data: planStartedData }),
  "plan.created": z.looseObject({ type: z.literal("plan.created"), ...draftEnvelope, data: planCreatedData }),
  "plan.updated": z.looseObject({ type: z.literal("plan.updated"), ...draftEnvelope, data: planUpdatedData }),
  "step.started": z.looseObject({ type: z.literal("step.started"), ...draftEnvelope, data: stepStartedData }),
  "step.progress": z.looseObject({ type: z.literal("step.progress"), ...draftEnvelope, data: stepProgressData }),
  "step.retrying": z.looseObject({ type: z.literal("step.retrying"), ...draftEnvelope, data: stepRetryingData }),
  "step.completed": z.looseObject({ type: z.literal("step.completed"), ...draftEnvelope, data: stepCompletedData }),
  "step.failed": z.looseObject({ type: z.literal("step.failed"), ...draftEnvelope, data: stepFailedData }),
  "step.skipped": z.looseObject({ type: z.literal("step.skipped"), ...draftEnvelope, data: stepSkippedData }),
  "message.started": z.looseObject({ type: z.literal("message.started"), ...draftEnvelope, data: messageStartedData }),
  "message.delta": z.looseObject({ type: z.literal("message.delta"), ...draftEnvelope, data: messageDeltaData }),
  "message.completed": z.looseObject({ type: z.literal("message.completed"), ...draftEnvelope, data: messageCompletedData }),
  "reasoning.started": z.looseObject({ type: z.literal("reasoning.started"), ...draftEnvelope, data: reasoningStartedData }),
  "reasoning.delta": z.looseObject({ type: z.literal("reasoning.delta"), ...draftEnvelope, data: reasoningDeltaData }),
  "reasoning.completed": z.looseObject({ type: z.literal("reasoning.completed"), ...draftEnvelope, data: reasoningCompletedData }),
  "tool.started": z.looseObject({ type: z.literal("tool.started"), ...draftEnvelope, data: toolStartedData }),
  "tool.progress": z.looseObject({ type: z.literal("tool.progress"), ...draftEnvelope, data: toolProgressData }),
  "tool.completed": z.looseObject({ type: z.literal("tool.completed"), ...draftEnvelope, data: toolCompletedData }),
  "tool.failed": z.looseObject({ type: z.literal("tool.failed"), ...draftEnvelope, data: toolFailedData }),
  "artifact.created": z.looseObject({ type: z.literal("artifact.created"), ...draftEnvelope, data: artifactCreatedData }),
  "input.requested": z.looseObject({ type: z.literal("input.requested"), ...draftEnvelope, data: inputRequestedData }),
  "input.resolved": z.looseObject({ type: z.literal("input.resolved"), ...draftEnvelope, data: inputResolvedData }),
  "quality.checked": z.looseObject({ type: z.literal("quality.checked"), ...draftEnvelope, data: qualityCheckedData }),
  "command.applied": z.looseObject({ type: z.literal("command.applied"), ...draftEnvelope, data: commandAppliedData }),
  "metrics.updated": z.looseObject({ type: z.literal("metrics.updated"), ...draftEnvelope, data: metricsUpdatedData }),
  "health.updated": z.looseObject({ type: z.literal("health.updated"), ...draftEnvelope, data: healthUpdatedData }),
  "log.line": z.looseObject({ type: z.literal("log.line"), ...draftEnvelope, data: logLineData }),
};

/** What a producer may send of a vendor's type. */
export const extensionDraft: z.ZodType<ExtensionDraft> = z.looseObject({ type: z.templateLiteral(["x.", z.string()]).check(z.regex(/^x\.[a-z0-9_-]+\.[a-z0-9_.-]+$/)), ...draftEnvelope, data: extensionData });

/** A frame of the service besides events. */
export const streamFrame: z.ZodType<StreamFrame> = z.discriminatedUnion("type", [
  streamReadyFrame,
  streamSubscribedFrame,
  streamUnsubscribedFrame,
  streamJoinedFrame,
  streamLeftFrame,
  streamReplayedFrame,
  streamAckFrame,
  streamCaughtUpFrame,
  streamGapFrame,
  streamHeartbeatFrame,
  streamPongFrame,
  streamTokenExpiringFrame,
  streamErrorFrame,
  streamClosingFrame,
  streamEndFrame,
]);

/** A frame of a client. The events of an `append` are judged one by one, by `eventDraft`. */
export const clientFrame: z.ZodType<ClientFrame> = z.discriminatedUnion("type", [
  subscribeFrame,
  unsubscribeFrame,
  authFrame,
  pingFrame,
  commandFrame,
  appendFrame,
]);
