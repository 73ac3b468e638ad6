// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/// What the contract lists.
public enum Catalog {
  /// The version of the contract that this was generated from.
  public static let contractVersion = "1.0.0"

  /// The WebSocket subprotocol.
  public static let protocolName = "taskwire.v1"

  /// Every core type.
  public static let eventTypes: Set<String> = [
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
  ]

  /// Core types that a producer may send.
  public static let producerTypes: Set<String> = [
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
  ]

  /// Core types that only the service writes (law 6).
  public static let serviceOnlyTypes: Set<String> = [
    "task.created",
    "task.queued",
    "task.recovering",
    "task.deleted",
    "task.snapshot",
    "command.accepted",
    "command.rejected",
  ]

  /// Types after which nothing follows (law 1).
  public static let terminalTypes: Set<String> = [
    "task.completed",
    "task.failed",
    "task.canceled",
    "task.deleted",
  ]

  /// Every status of a task.
  public static let statuses: [TaskStatus] = [
    "queued",
    "running",
    "paused",
    "waiting",
    "recovering",
    "completed",
    "failed",
    "canceled",
    "deleted",
  ]

  /// Statuses of a task that is over.
  public static let terminalStatuses: Set<TaskStatus> = [
    "completed",
    "failed",
    "canceled",
    "deleted",
  ]

  /// What a person may order.
  public static let commands: [TaskCommand] = [
    "pause",
    "resume",
    "cancel",
    "message",
    "respond",
  ]

  /// Types of the frames that the service sends besides events.
  public static let streamFrameTypes: Set<String> = [
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
  ]

  /// Types of the frames that a client sends.
  public static let clientFrameTypes: Set<String> = [
    "subscribe",
    "unsubscribe",
    "auth",
    "ping",
    "command",
    "append",
  ]

  /// What the laws and the fold must know of every core type.
  public static let eventFacts: [String: EventFacts] = [
    "task.created": EventFacts(service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: "queued", percent: nil, scope: nil),
    "task.queued": EventFacts(service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: "queued", percent: nil, scope: nil),
    "task.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "running", percent: nil, scope: nil),
    "task.progress": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: .task, scope: nil),
    "task.recovering": EventFacts(service: true, synthetic: false, terminal: false, closesAll: true, timed: true, status: "recovering", percent: nil, scope: nil),
    "task.retrying": EventFacts(service: false, synthetic: false, terminal: false, closesAll: true, timed: true, status: "running", percent: nil, scope: nil),
    "task.paused": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "paused", percent: nil, scope: nil),
    "task.resumed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: "running", percent: nil, scope: nil),
    "task.completed": EventFacts(service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "completed", percent: nil, scope: nil),
    "task.failed": EventFacts(service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "failed", percent: nil, scope: nil),
    "task.canceled": EventFacts(service: false, synthetic: false, terminal: true, closesAll: true, timed: true, status: "canceled", percent: nil, scope: nil),
    "task.deleted": EventFacts(service: true, synthetic: false, terminal: true, closesAll: true, timed: true, status: "deleted", percent: nil, scope: nil),
    "task.snapshot": EventFacts(service: true, synthetic: true, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "intent.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "intent.parsed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "entities.extracted": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "agents.search_started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "agents.found": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "plan.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "plan.created": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "plan.updated": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "step.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .step, role: .opens, id: "step_id", unless: nil)),
    "step.progress": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: .step, scope: .init(family: .step, role: .continues, id: "step_id", unless: nil)),
    "step.retrying": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .step, role: .continues, id: "step_id", unless: nil)),
    "step.completed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .step, role: .closes, id: "step_id", unless: nil)),
    "step.failed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .step, role: .closes, id: "step_id", unless: "will_retry")),
    "step.skipped": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .step, role: .closes, id: "step_id", unless: nil)),
    "message.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .message, role: .opens, id: "message_id", unless: nil)),
    "message.delta": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: false, status: nil, percent: nil, scope: .init(family: .message, role: .delta, id: "message_id", unless: nil)),
    "message.completed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .message, role: .closes, id: "message_id", unless: nil)),
    "reasoning.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .reasoning, role: .opens, id: "reasoning_id", unless: nil)),
    "reasoning.delta": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: false, status: nil, percent: nil, scope: .init(family: .reasoning, role: .delta, id: "reasoning_id", unless: nil)),
    "reasoning.completed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .reasoning, role: .closes, id: "reasoning_id", unless: nil)),
    "tool.started": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .tool, role: .opens, id: "tool_call_id", unless: nil)),
    "tool.progress": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: .tool, scope: .init(family: .tool, role: .continues, id: "tool_call_id", unless: nil)),
    "tool.completed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .tool, role: .closes, id: "tool_call_id", unless: nil)),
    "tool.failed": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .tool, role: .closes, id: "tool_call_id", unless: nil)),
    "artifact.created": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "input.requested": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .input, role: .opens, id: "request_id", unless: nil)),
    "input.resolved": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: .init(family: .input, role: .closes, id: "request_id", unless: nil)),
    "quality.checked": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "command.accepted": EventFacts(service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "command.rejected": EventFacts(service: true, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "command.applied": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "metrics.updated": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "health.updated": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
    "log.line": EventFacts(service: false, synthetic: false, terminal: false, closesAll: false, timed: true, status: nil, percent: nil, scope: nil),
  ]
}

/// What an event of a type means to its task.
public struct EventFacts: Sendable {
  /// What may be open in a task.
  public enum Family: String, Sendable { case step, message, reasoning, tool, input }

  /// What an event does to a scope: opens it, continues it, adds to it (`delta`, which alone needs it open), or closes it.
  public enum Role: String, Sendable { case opens, continues, delta, closes }

  /// The scope that an event belongs to.
  public struct Scope: Sendable {
    public let family: Family
    public let role: Role
    /// The field of `data` that names the scope.
    public let id: String
    /// The field of `data` which, when true, keeps the scope open that the event would close.
    public let unless: String?
  }

  /// What a `percent` is of (law 2).
  public enum Measure: String, Sendable { case task, step, tool }

  /// Only the service writes it.
  public let service: Bool
  /// Made when it is asked for, never stored.
  public let synthetic: Bool
  /// Nothing follows it.
  public let terminal: Bool
  /// It closes every open scope.
  public let closesAll: Bool
  /// The service gives it a `time` where the producer gave none.
  public let timed: Bool
  /// The status that it puts the task in.
  public let status: TaskStatus?
  public let percent: Measure?
  public let scope: Scope?
}
