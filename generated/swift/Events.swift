// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/// An event as it is delivered. It keeps all that came with it, also what this version does not know.
public struct TaskEvent: ContractObject {
  /// All of it, as it came.
  public var json: JSONObject { didSet { read() } }
  /// What kind of event it is: `task.progress`, `x.acme.map_tile` …
  public private(set) var type = ""
  /// The task that the event belongs to.
  public private(set) var taskID = ""
  /// Dense per task: 1, 2, 3 … A gap in it is a lost event, a repetition a doubled one.
  public private(set) var seq = 0

  public init(json: JSONObject) {
    self.json = json
    read()
  }

  private mutating func read() {
    type = json.get("type", or: "")
    taskID = json.get("task_id", or: "")
    seq = json.get("seq", or: 0)
  }

  /// What it says, by its type.
  public var payload: TaskPayload { TaskPayload(type: type, data: data, raw: json) }

  /// What it says, as JSON.
  public var data: JSONObject { json.get("data", or: JSONObject()) }

  /// Only where the event stands for several (a snapshot, a compacted replay): it stands for `first_seq..seq`.
  public var firstSeq: Int? {
    get { json.get("first_seq") }
    set { json.set("first_seq", newValue) }
  }

  /// The position after this event; opaque. On every stream and page, never stored.
  public var cursor: String? {
    get { json.get("cursor") }
    set { json.set("cursor", newValue) }
  }

  /// RFC 3339, UTC. Left out of `*.delta` only.
  public var time: String? {
    get { json.get("time") }
    set { json.set("time", newValue) }
  }

  /// One sentence for a person, without jargon.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// The producer's own id of the event, passed along.
  public var id: String? {
    get { json.get("id") }
    set { json.set("id", newValue) }
  }

  /// The step that the event belongs to.
  public var stepID: String? {
    get { json.get("step_id") }
    set { json.set("step_id", newValue) }
  }

  /// W3C trace context.
  public var traceparent: String? {
    get { json.get("traceparent") }
    set { json.set("traceparent", newValue) }
  }

  /// `actor` of the contract.
  public var actor: TaskActor? {
    get { json.get("actor") }
    set { json.set("actor", newValue) }
  }

  /// Which try of the task, 1 first. Set by the service.
  public var attempt: Int? {
    get { json.get("attempt") }
    set { json.set("attempt", newValue) }
  }

  public static let schema = Schema([
    .init("type", .string(min: 1, max: 128), required: true),
    .init("task_id", .id, required: true),
    .init("seq", .integer(min: 1), required: true),
    .init("first_seq", .integer(min: 1)),
    .init("cursor", .string(min: 1, max: 256)),
    .init("time", .time),
    .init("message", .string(max: 4096)),
    .init("id", .string(min: 1, max: 128)),
    .init("step_id", .string(min: 1, max: 64)),
    .init("traceparent", .string(max: 128)),
    .init("actor", .type(TaskActor.self)),
    .init("attempt", .integer(min: 1)),
    .init("data", .object, required: true),
  ])
}

/// An event's data by its type. Later versions add cases: always have a `default`.
public enum TaskPayload: Sendable, Hashable {
  /// The first event of every task.
  case taskCreated(TaskCreatedData)
  /// The task waits for a worker.
  case taskQueued(TaskQueuedData)
  /// A worker has begun.
  case taskStarted(TaskStartedData)
  /// How far the task is.
  case taskProgress(TaskProgressData)
  /// Its worker stopped answering; another takes over. Closes everything that is open.
  case taskRecovering(TaskRecoveringData)
  /// The worker begins again. Closes everything that is open.
  case taskRetrying(TaskRetryingData)
  /// The task rests.
  case taskPaused(TaskPausedData)
  /// The task goes on.
  case taskResumed(TaskResumedData)
  /// The task has succeeded. Nothing follows.
  case taskCompleted(TaskCompletedData)
  /// The task has failed. Nothing follows.
  case taskFailed(TaskFailedData)
  /// The task was ended before it was done. Nothing follows.
  case taskCanceled(TaskCanceledData)
  /// The task was deleted, and everything before this with it. May follow its end.
  case taskDeleted(TaskDeletedData)
  /// The fold of all events so far; made when asked for, never stored. `first_seq` is 1, `seq` is `as_of_seq`.
  case taskSnapshot(TaskSnapshotData)
  /// It is being understood what is asked.
  case intentStarted(IntentStartedData)
  /// What is asked was understood.
  case intentParsed(IntentParsedData)
  /// Things were recognised in the input.
  case entitiesExtracted(EntitiesExtractedData)
  /// Agents that can take part are being looked for.
  case agentsSearchStarted(AgentsSearchStartedData)
  /// Agents that can take part.
  case agentsFound(AgentsFoundData)
  /// A plan is being made.
  case planStarted(PlanStartedData)
  /// The plan.
  case planCreated(PlanCreatedData)
  /// The plan has changed while it runs.
  case planUpdated(PlanUpdatedData)
  /// A step has begun.
  case stepStarted(StepStartedData)
  /// How far a step is.
  case stepProgress(StepProgressData)
  /// A step is tried again.
  case stepRetrying(StepRetryingData)
  /// A step is done.
  case stepCompleted(StepCompletedData)
  /// A step has failed. It stays open where it will be tried again.
  case stepFailed(StepFailedData)
  /// A step is left out. It need not have begun.
  case stepSkipped(StepSkippedData)
  /// A message begins.
  case messageStarted(MessageStartedData)
  /// The next piece of a message.
  case messageDelta(MessageDeltaData)
  /// A message is whole.
  case messageCompleted(MessageCompletedData)
  /// A line of reasoning begins.
  case reasoningStarted(ReasoningStartedData)
  /// The next piece of a line of reasoning.
  case reasoningDelta(ReasoningDeltaData)
  /// A line of reasoning is over.
  case reasoningCompleted(ReasoningCompletedData)
  /// A tool is called.
  case toolStarted(ToolStartedData)
  /// How far a call is, and what it has put out since.
  case toolProgress(ToolProgressData)
  /// A tool has answered.
  case toolCompleted(ToolCompletedData)
  /// A call has failed.
  case toolFailed(ToolFailedData)
  /// The work has produced something to keep.
  case artifactCreated(ArtifactCreatedData)
  /// A person is asked; the task waits while it is open.
  case inputRequested(InputRequestedData)
  /// A person has answered, or the time was over.
  case inputResolved(InputResolvedData)
  /// Something was held to a standard.
  case qualityChecked(QualityCheckedData)
  /// A command is in the log; the worker will see it.
  case commandAccepted(CommandAcceptedData)
  /// A command that the state of the task forbids.
  case commandRejected(CommandRejectedData)
  /// A command was carried out.
  case commandApplied(CommandAppliedData)
  /// Numbers of the work.
  case metricsUpdated(MetricsUpdatedData)
  /// How the worker is.
  case healthUpdated(HealthUpdatedData)
  /// A line of output.
  case logLine(LogLineData)
  /// An event of a vendor: `x.<vendor>.<name>`, with any object.
  case vendor(type: String, ExtensionData)
  /// A type that this version does not know; `raw` is the whole event.
  case unknown(type: String, raw: JSONObject)

  /// The data of an event of a type. `raw` is kept where the type is not known.
  public init(type: String, data: JSONObject, raw: JSONObject) {
    switch type {
    case "task.created": self = .taskCreated(TaskCreatedData(json: data))
    case "task.queued": self = .taskQueued(TaskQueuedData(json: data))
    case "task.started": self = .taskStarted(TaskStartedData(json: data))
    case "task.progress": self = .taskProgress(TaskProgressData(json: data))
    case "task.recovering": self = .taskRecovering(TaskRecoveringData(json: data))
    case "task.retrying": self = .taskRetrying(TaskRetryingData(json: data))
    case "task.paused": self = .taskPaused(TaskPausedData(json: data))
    case "task.resumed": self = .taskResumed(TaskResumedData(json: data))
    case "task.completed": self = .taskCompleted(TaskCompletedData(json: data))
    case "task.failed": self = .taskFailed(TaskFailedData(json: data))
    case "task.canceled": self = .taskCanceled(TaskCanceledData(json: data))
    case "task.deleted": self = .taskDeleted(TaskDeletedData(json: data))
    case "task.snapshot": self = .taskSnapshot(TaskSnapshotData(json: data))
    case "intent.started": self = .intentStarted(IntentStartedData(json: data))
    case "intent.parsed": self = .intentParsed(IntentParsedData(json: data))
    case "entities.extracted": self = .entitiesExtracted(EntitiesExtractedData(json: data))
    case "agents.search_started": self = .agentsSearchStarted(AgentsSearchStartedData(json: data))
    case "agents.found": self = .agentsFound(AgentsFoundData(json: data))
    case "plan.started": self = .planStarted(PlanStartedData(json: data))
    case "plan.created": self = .planCreated(PlanCreatedData(json: data))
    case "plan.updated": self = .planUpdated(PlanUpdatedData(json: data))
    case "step.started": self = .stepStarted(StepStartedData(json: data))
    case "step.progress": self = .stepProgress(StepProgressData(json: data))
    case "step.retrying": self = .stepRetrying(StepRetryingData(json: data))
    case "step.completed": self = .stepCompleted(StepCompletedData(json: data))
    case "step.failed": self = .stepFailed(StepFailedData(json: data))
    case "step.skipped": self = .stepSkipped(StepSkippedData(json: data))
    case "message.started": self = .messageStarted(MessageStartedData(json: data))
    case "message.delta": self = .messageDelta(MessageDeltaData(json: data))
    case "message.completed": self = .messageCompleted(MessageCompletedData(json: data))
    case "reasoning.started": self = .reasoningStarted(ReasoningStartedData(json: data))
    case "reasoning.delta": self = .reasoningDelta(ReasoningDeltaData(json: data))
    case "reasoning.completed": self = .reasoningCompleted(ReasoningCompletedData(json: data))
    case "tool.started": self = .toolStarted(ToolStartedData(json: data))
    case "tool.progress": self = .toolProgress(ToolProgressData(json: data))
    case "tool.completed": self = .toolCompleted(ToolCompletedData(json: data))
    case "tool.failed": self = .toolFailed(ToolFailedData(json: data))
    case "artifact.created": self = .artifactCreated(ArtifactCreatedData(json: data))
    case "input.requested": self = .inputRequested(InputRequestedData(json: data))
    case "input.resolved": self = .inputResolved(InputResolvedData(json: data))
    case "quality.checked": self = .qualityChecked(QualityCheckedData(json: data))
    case "command.accepted": self = .commandAccepted(CommandAcceptedData(json: data))
    case "command.rejected": self = .commandRejected(CommandRejectedData(json: data))
    case "command.applied": self = .commandApplied(CommandAppliedData(json: data))
    case "metrics.updated": self = .metricsUpdated(MetricsUpdatedData(json: data))
    case "health.updated": self = .healthUpdated(HealthUpdatedData(json: data))
    case "log.line": self = .logLine(LogLineData(json: data))
    default: self = type.hasPrefix("x.") ? .vendor(type: type, ExtensionData(json: data)) : .unknown(type: type, raw: raw)
    }
  }

  /// The event's type.
  public var type: String {
    switch self {
    case .taskCreated: "task.created"
    case .taskQueued: "task.queued"
    case .taskStarted: "task.started"
    case .taskProgress: "task.progress"
    case .taskRecovering: "task.recovering"
    case .taskRetrying: "task.retrying"
    case .taskPaused: "task.paused"
    case .taskResumed: "task.resumed"
    case .taskCompleted: "task.completed"
    case .taskFailed: "task.failed"
    case .taskCanceled: "task.canceled"
    case .taskDeleted: "task.deleted"
    case .taskSnapshot: "task.snapshot"
    case .intentStarted: "intent.started"
    case .intentParsed: "intent.parsed"
    case .entitiesExtracted: "entities.extracted"
    case .agentsSearchStarted: "agents.search_started"
    case .agentsFound: "agents.found"
    case .planStarted: "plan.started"
    case .planCreated: "plan.created"
    case .planUpdated: "plan.updated"
    case .stepStarted: "step.started"
    case .stepProgress: "step.progress"
    case .stepRetrying: "step.retrying"
    case .stepCompleted: "step.completed"
    case .stepFailed: "step.failed"
    case .stepSkipped: "step.skipped"
    case .messageStarted: "message.started"
    case .messageDelta: "message.delta"
    case .messageCompleted: "message.completed"
    case .reasoningStarted: "reasoning.started"
    case .reasoningDelta: "reasoning.delta"
    case .reasoningCompleted: "reasoning.completed"
    case .toolStarted: "tool.started"
    case .toolProgress: "tool.progress"
    case .toolCompleted: "tool.completed"
    case .toolFailed: "tool.failed"
    case .artifactCreated: "artifact.created"
    case .inputRequested: "input.requested"
    case .inputResolved: "input.resolved"
    case .qualityChecked: "quality.checked"
    case .commandAccepted: "command.accepted"
    case .commandRejected: "command.rejected"
    case .commandApplied: "command.applied"
    case .metricsUpdated: "metrics.updated"
    case .healthUpdated: "health.updated"
    case .logLine: "log.line"
    case .vendor(let type, _): type
    case .unknown(let type, _): type
    }
  }

  /// The data as JSON.
  public var data: JSONObject {
    switch self {
    case .taskCreated(let data): data.json
    case .taskQueued(let data): data.json
    case .taskStarted(let data): data.json
    case .taskProgress(let data): data.json
    case .taskRecovering(let data): data.json
    case .taskRetrying(let data): data.json
    case .taskPaused(let data): data.json
    case .taskResumed(let data): data.json
    case .taskCompleted(let data): data.json
    case .taskFailed(let data): data.json
    case .taskCanceled(let data): data.json
    case .taskDeleted(let data): data.json
    case .taskSnapshot(let data): data.json
    case .intentStarted(let data): data.json
    case .intentParsed(let data): data.json
    case .entitiesExtracted(let data): data.json
    case .agentsSearchStarted(let data): data.json
    case .agentsFound(let data): data.json
    case .planStarted(let data): data.json
    case .planCreated(let data): data.json
    case .planUpdated(let data): data.json
    case .stepStarted(let data): data.json
    case .stepProgress(let data): data.json
    case .stepRetrying(let data): data.json
    case .stepCompleted(let data): data.json
    case .stepFailed(let data): data.json
    case .stepSkipped(let data): data.json
    case .messageStarted(let data): data.json
    case .messageDelta(let data): data.json
    case .messageCompleted(let data): data.json
    case .reasoningStarted(let data): data.json
    case .reasoningDelta(let data): data.json
    case .reasoningCompleted(let data): data.json
    case .toolStarted(let data): data.json
    case .toolProgress(let data): data.json
    case .toolCompleted(let data): data.json
    case .toolFailed(let data): data.json
    case .artifactCreated(let data): data.json
    case .inputRequested(let data): data.json
    case .inputResolved(let data): data.json
    case .qualityChecked(let data): data.json
    case .commandAccepted(let data): data.json
    case .commandRejected(let data): data.json
    case .commandApplied(let data): data.json
    case .metricsUpdated(let data): data.json
    case .healthUpdated(let data): data.json
    case .logLine(let data): data.json
    case .vendor(_, let data): data.json
    case .unknown(_, let raw): raw.get("data", or: JSONObject())
    }
  }
}

/// An event as a producer sends it. What a producer may put around an event's `type` and `data`. The rest (`seq`, `first_seq`, `cursor`,
/// `actor`, `attempt`) is set by the service; a draft that carries any of it is refused with `event_reserved`.
public struct EventDraft: ContractObject {
  /// All of it.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// An event that says `payload`.
  public init(_ payload: TaskPayload, taskID: String? = nil, time: String? = nil, message: String? = nil, id: String? = nil, stepID: String? = nil, traceparent: String? = nil) {
    json = JSONObject()
    json.set("type", payload.type)
    json.set("task_id", taskID)
    json.set("time", time)
    json.set("message", message)
    json.set("id", id)
    json.set("step_id", stepID)
    json.set("traceparent", traceparent)
    json.set("data", payload.data)
  }

  /// What kind of event it is.
  public var type: String { json.get("type", or: "") }

  /// May be left out where the URL or the frame names the task; must name the same one otherwise.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// RFC 3339, UTC. The service sets it where it is absent, `*.delta` excepted.
  public var time: String? {
    get { json.get("time") }
    set { json.set("time", newValue) }
  }

  /// One sentence for a person, without jargon.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// The producer's own id of the event, passed along.
  public var id: String? {
    get { json.get("id") }
    set { json.set("id", newValue) }
  }

  /// The step that the event belongs to.
  public var stepID: String? {
    get { json.get("step_id") }
    set { json.set("step_id", newValue) }
  }

  /// W3C trace context.
  public var traceparent: String? {
    get { json.get("traceparent") }
    set { json.set("traceparent", newValue) }
  }

  public static let schema = Schema([
    .init("type", .string(min: 1, max: 128), required: true),
    .init("task_id", .id),
    .init("time", .time),
    .init("message", .string(max: 4096)),
    .init("id", .string(min: 1, max: 128)),
    .init("step_id", .string(min: 1, max: 64)),
    .init("traceparent", .string(max: 128)),
    .init("data", .object, required: true),
  ])
}
