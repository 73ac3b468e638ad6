// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

import type { EventType, ProducerType, TaskStatus } from "./types.ts";

/** The version of the contract that this was generated from. */
export const CONTRACT_VERSION = "1.0.0";

/** The WebSocket subprotocol. */
export const PROTOCOL = "taskwire.v1";

/** Every core type. */
export const EVENT_TYPES: readonly EventType[] = [
  "task.created",
  "task.queued",
  "task.started",
  "task.progress",
  "task.recovering",
  "task.retrying",
  "task.paused",
  "task.resumed",
  "task.completed",
  "task.failed",
  "task.canceled",
  "task.deleted",
  "task.snapshot",
  "intent.started",
  "intent.parsed",
  "entities.extracted",
  "agents.search_started",
  "agents.found",
  "plan.started",
  "plan.created",
  "plan.updated",
  "step.started",
  "step.progress",
  "step.retrying",
  "step.completed",
  "step.failed",
  "step.skipped",
  "message.started",
  "message.delta",
  "message.completed",
  "reasoning.started",
  "reasoning.delta",
  "reasoning.completed",
  "tool.started",
  "tool.progress",
  "tool.completed",
  "tool.failed",
  "artifact.created",
  "input.requested",
  "input.resolved",
  "quality.checked",
  "command.accepted",
  "command.rejected",
  "command.applied",
  "metrics.updated",
  "health.updated",
  "log.line",
];

/** Core types that a producer may send. */
export const PRODUCER_TYPES: readonly ProducerType[] = [
  "task.started",
  "task.progress",
  "task.retrying",
  "task.paused",
  "task.resumed",
  "task.completed",
  "task.failed",
  "task.canceled",
  "intent.started",
  "intent.parsed",
  "entities.extracted",
  "agents.search_started",
  "agents.found",
  "plan.started",
  "plan.created",
  "plan.updated",
  "step.started",
  "step.progress",
  "step.retrying",
  "step.completed",
  "step.failed",
  "step.skipped",
  "message.started",
  "message.delta",
  "message.completed",
  "reasoning.started",
  "reasoning.delta",
  "reasoning.completed",
  "tool.started",
  "tool.progress",
  "tool.completed",
  "tool.failed",
  "artifact.created",
  "input.requested",
  "input.resolved",
  "quality.checked",
  "command.applied",
  "metrics.updated",
  "health.updated",
  "log.line",
];

/** Core types that only the service writes (law 6). */
export const SERVICE_ONLY_TYPES: ReadonlySet<string> = new Set([
  "task.created",
  "task.queued",
  "task.recovering",
  "task.deleted",
  "task.snapshot",
  "command.accepted",
  "command.rejected",
]);

/** Types after which nothing follows (law 1). */
export const TERMINAL_TYPES: ReadonlySet<string> = new Set([
  "task.completed",
  "task.failed",
  "task.canceled",
  "task.deleted",
]);

/** Every status of a task. */
export const STATUSES: readonly TaskStatus[] = [
  "queued",
  "running",
  "paused",
  "waiting",
  "recovering",
  "completed",
  "failed",
  "canceled",
  "deleted",
];

/** Statuses of a task that is over. */
export const TERMINAL_STATUSES: ReadonlySet<string> = new Set([
  "completed",
  "failed",
  "canceled",
  "deleted",
]);

/** What a person may order. */
export const COMMANDS = [
  "pause",
  "resume",
  "cancel",
  "message",
  "respond",
] as const;

/** Types of the frames that the service sends besides events. */
export const STREAM_FRAME_TYPES = [
  "stream.ready",
  "stream.subscribed",
  "stream.unsubscribed",
  "stream.joined",
  "stream.left",
  "stream.replayed",
  "stream.ack",
  "stream.caught_up",
  "stream.gap",
  "stream.heartbeat",
  "stream.pong",
  "stream.token_expiring",
  "stream.error",
  "stream.closing",
  "stream.end",
] as const;

/** Types of the frames that a client sends. */
export const CLIENT_FRAME_TYPES = [
  "subscribe",
  "unsubscribe",
  "auth",
  "ping",
  "command",
  "append",
] as const;

/** What may be open in a task. */
export type ScopeFamily = "step" | "message" | "reasoning" | "tool" | "input";

/** What an event does to a scope: `opens` it, `continues` it, adds to it (`delta`, which alone needs it open), or `closes` it. */
export type ScopeRole = "opens" | "continues" | "delta" | "closes";

export interface ScopeFacts {
  readonly family: ScopeFamily;
  readonly role: ScopeRole;
  /** The field of `data` that names the scope. */
  readonly id: string;
  /** The field of `data` which, when true, keeps the scope open that the event would close. */
  readonly unless: string | null;
}

export interface EventFacts {
  /** Only the service writes it. */
  readonly service: boolean;
  /** Made when it is asked for, never stored. */
  readonly synthetic: boolean;
  /** Nothing follows it. */
  readonly terminal: boolean;
  /** It closes every open scope. */
  readonly closesAll: boolean;
  /** The service gives it a `time` where the producer gave none. */
  readonly timed: boolean;
  /** The status that it puts the task in. */
  readonly status: TaskStatus | null;
  /** What its `percent` is of (law 2). */
  readonly percent: "task" | "step" | "tool" | null;
  readonly scope: ScopeFacts | null;
}

/** What the laws and the fold must know of every core type. */
export const EVENT_FACTS: ReadonlyMap<string, EventFacts> = new Map<EventType, EventFacts>([
  ["task.created", { service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: "queued", percent: null, scope: null }],
  ["task.queued", { service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: "queued", percent: null, scope: null }],
  ["task.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "running", percent: null, scope: null }],
  ["task.progress", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: "task", scope: null }],
  ["task.recovering", { service: true, synthetic: false, terminal: false, closesAll: true, timed: true, status: "recovering", percent: null, scope: null }],
  ["task.retrying", { service: false, synthetic: false, terminal: false, closesAll: true, timed: true, status: "running", percent: null, scope: null }],
  ["task.paused", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "paused", percent: null, scope: null }],
  ["task.resumed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "running", percent: null, scope: null }],
  ["task.completed", { service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "completed", percent: null, scope: null }],
  ["task.failed", { service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "failed", percent: null, scope: null }],
  ["task.canceled", { service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "canceled", percent: null, scope: null }],
  ["task.deleted", { service: true, synthetic: false, terminal: true, closesAll: true, timed: true, status: "deleted", percent: null, scope: null }],
  ["task.snapshot", { service: true, synthetic: true, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["intent.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["intent.parsed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["entities.extracted", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["agents.search_started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["agents.found", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["plan.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["plan.created", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["plan.updated", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["step.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "step", role: "opens", id: "step_id", unless: null } }],
  ["step.progress", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: "step", scope: { family: "step", role: "continues", id: "step_id", unless: null } }],
  ["step.retrying", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "step", role: "continues", id: "step_id", unless: null } }],
  ["step.completed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "step", role: "closes", id: "step_id", unless: null } }],
  ["step.failed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "step", role: "closes", id: "step_id", unless: "will_retry" } }],
  ["step.skipped", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "step", role: "closes", id: "step_id", unless: null } }],
  ["message.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "message", role: "opens", id: "message_id", unless: null } }],
  ["message.delta", { service: false, synthetic: false, terminal: false, closesAll: false, timed: false, status: null, percent: null, scope: { family: "message", role: "delta", id: "message_id", unless: null } }],
  ["message.completed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "message", role: "closes", id: "message_id", unless: null } }],
  ["reasoning.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "reasoning", role: "opens", id: "reasoning_id", unless: null } }],
  ["reasoning.delta", { service: false, synthetic: false, terminal: false, closesAll: false, timed: false, status: null, percent: null, scope: { family: "reasoning", role: "delta", id: "reasoning_id", unless: null } }],
  ["reasoning.completed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "reasoning", role: "closes", id: "reasoning_id", unless: null } }],
  ["tool.started", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "tool", role: "opens", id: "tool_call_id", unless: null } }],
  ["tool.progress", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: "tool", scope: { family: "tool", role: "continues", id: "tool_call_id", unless: null } }],
  ["tool.completed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "tool", role: "closes", id: "tool_call_id", unless: null } }],
  ["tool.failed", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "tool", role: "closes", id: "tool_call_id", unless: null } }],
  ["artifact.created", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["input.requested", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "input", role: "opens", id: "request_id", unless: null } }],
  ["input.resolved", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: { family: "input", role: "closes", id: "request_id", unless: null } }],
  ["quality.checked", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["command.accepted", { service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["command.rejected", { service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["command.applied", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["metrics.updated", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["health.updated", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
  ["log.line", { service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: null, percent: null, scope: null }],
]);
