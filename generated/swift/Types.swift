// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/// Who acted. Set by the service from the token.
public struct TaskActor: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(kind: Kind, id: String? = nil, name: String? = nil) {
    json = JSONObject()
    json.set("kind", kind)
    json.set("id", id)
    json.set("name", name)
  }

  /// `kind` of the contract.
  public var kind: Kind {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// The user's key, never the token's raw subject.
  public var id: String? {
    get { json.get("id") }
    set { json.set("id", newValue) }
  }

  /// For display.
  public var name: String? {
    get { json.get("name") }
    set { json.set("name", newValue) }
  }

  /// A value of `kind`; others may come.
  public struct Kind: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let worker = Self(rawValue: "worker")
    public static let agent = Self(rawValue: "agent")
    public static let user = Self(rawValue: "user")
    public static let system = Self(rawValue: "system")
  }

  public static let schema = Schema([
    .init("kind", .string(), required: true),
    .init("id", .string(max: 128)),
    .init("name", .string(max: 256)),
  ])
}

/// What `task.created` says.
public struct TaskCreatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(kind: String, title: String? = nil, input: JSONValue? = nil, conversationID: String? = nil, createdBy: TaskActor? = nil, retryOf: String? = nil, work: WorkTerms? = nil) {
    json = JSONObject()
    json.set("kind", kind)
    json.set("title", title)
    json.set("input", input)
    json.set("conversation_id", conversationID)
    json.set("created_by", createdBy)
    json.set("retry_of", retryOf)
    json.set("work", work)
  }

  /// What sort of work it is: `fraud-check`, `build` …
  public var kind: String {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// For people.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// What the work is to be done on; any JSON.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  /// The conversation that the task belongs to.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `created_by` of the contract.
  public var createdBy: TaskActor? {
    get { json.get("created_by") }
    set { json.set("created_by", newValue) }
  }

  /// The finished task that this one does again.
  public var retryOf: String? {
    get { json.get("retry_of") }
    set { json.set("retry_of", newValue) }
  }

  /// `work` of the contract.
  public var work: WorkTerms? {
    get { json.get("work") }
    set { json.set("work", newValue) }
  }

  public static let schema = Schema([
    .init("kind", .id, required: true),
    .init("title", .string(max: 512)),
    .init("input", .any),
    .init("conversation_id", .id),
    .init("created_by", .type(TaskActor.self)),
    .init("retry_of", .id),
    .init("work", .type(WorkTerms.self)),
  ])
}

/// On what terms a task waits for a worker and is worked on. Only a task that was created with `queue` has them.
public struct WorkTerms: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(maxAttempts: Int? = nil, leaseMs: Int? = nil, priority: Priority? = nil, notBefore: String? = nil, deadline: String? = nil) {
    json = JSONObject()
    json.set("max_attempts", maxAttempts)
    json.set("lease_ms", leaseMs)
    json.set("priority", priority)
    json.set("not_before", notBefore)
    json.set("deadline", deadline)
  }

  /// How often it is given to a worker before it fails.
  public var maxAttempts: Int? {
    get { json.get("max_attempts") }
    set { json.set("max_attempts", newValue) }
  }

  /// A worker that is not heard of for so long has lost it, in milliseconds.
  public var leaseMs: Int? {
    get { json.get("lease_ms") }
    set { json.set("lease_ms", newValue) }
  }

  /// `priority` of the contract.
  public var priority: Priority? {
    get { json.get("priority") }
    set { json.set("priority", newValue) }
  }

  /// It is not given to a worker before.
  public var notBefore: String? {
    get { json.get("not_before") }
    set { json.set("not_before", newValue) }
  }

  /// It has failed if it has not ended by then.
  public var deadline: String? {
    get { json.get("deadline") }
    set { json.set("deadline", newValue) }
  }

  /// A value of `priority`; others may come.
  public struct Priority: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let high = Self(rawValue: "high")
    public static let normal = Self(rawValue: "normal")
    public static let low = Self(rawValue: "low")
  }

  public static let schema = Schema([
    .init("max_attempts", .integer(min: 1, max: 100)),
    .init("lease_ms", .integer(min: 1)),
    .init("priority", .string()),
    .init("not_before", .time),
    .init("deadline", .time),
  ])
}

/// What `task.queued` says.
public struct TaskQueuedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(position: Int? = nil, etaMs: Int? = nil) {
    json = JSONObject()
    json.set("position", position)
    json.set("eta_ms", etaMs)
  }

  /// How many tasks wait before it.
  public var position: Int? {
    get { json.get("position") }
    set { json.set("position", newValue) }
  }

  /// Estimated wait, in milliseconds.
  public var etaMs: Int? {
    get { json.get("eta_ms") }
    set { json.set("eta_ms", newValue) }
  }

  public static let schema = Schema([
    .init("position", .integer(min: 0)),
    .init("eta_ms", .integer(min: 0)),
  ])
}

/// What `task.started` says.
public struct TaskStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(attempt: Int, workerID: String? = nil, query: String? = nil, totalSteps: Int? = nil) {
    json = JSONObject()
    json.set("attempt", attempt)
    json.set("worker_id", workerID)
    json.set("query", query)
    json.set("total_steps", totalSteps)
  }

  /// Which try of the task, 1 first.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// `worker_id` of the contract.
  public var workerID: String? {
    get { json.get("worker_id") }
    set { json.set("worker_id", newValue) }
  }

  /// What was asked.
  public var query: String? {
    get { json.get("query") }
    set { json.set("query", newValue) }
  }

  /// How many steps there will be, where known.
  public var totalSteps: Int? {
    get { json.get("total_steps") }
    set { json.set("total_steps", newValue) }
  }

  public static let schema = Schema([
    .init("attempt", .integer(min: 1), required: true),
    .init("worker_id", .string(min: 1, max: 128)),
    .init("query", .string(max: 16384)),
    .init("total_steps", .integer(min: 0)),
  ])
}

/// How far the task is: `percent`, or `current` and `total`, or both. Needs `percent`, or `current` and `total`.
public struct TaskProgressData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(percent: Double? = nil, current: Double? = nil, total: Double? = nil, unit: String? = nil, stage: String? = nil, message: String? = nil, etaMs: Int? = nil, reported: Double? = nil) {
    json = JSONObject()
    json.set("percent", percent)
    json.set("current", current)
    json.set("total", total)
    json.set("unit", unit)
    json.set("stage", stage)
    json.set("message", message)
    json.set("eta_ms", etaMs)
    json.set("reported", reported)
  }

  /// Never falls within one attempt.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// How many units are done.
  public var current: Double? {
    get { json.get("current") }
    set { json.set("current", newValue) }
  }

  /// How many units there are; 0 where that is not known yet.
  public var total: Double? {
    get { json.get("total") }
    set { json.set("total", newValue) }
  }

  /// What is counted: `files`, `rows` …
  public var unit: String? {
    get { json.get("unit") }
    set { json.set("unit", newValue) }
  }

  /// Which part of the work.
  public var stage: String? {
    get { json.get("stage") }
    set { json.set("stage", newValue) }
  }

  /// One sentence for a person.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// Estimated time left, in milliseconds.
  public var etaMs: Int? {
    get { json.get("eta_ms") }
    set { json.set("eta_ms", newValue) }
  }

  /// The producer's own percent, where it was lower than the highest so far. Set by the service.
  public var reported: Double? {
    get { json.get("reported") }
    set { json.set("reported", newValue) }
  }

  public static let schema = Schema([
    .init("percent", .number(min: 0, max: 100)),
    .init("current", .number(min: 0)),
    .init("total", .number(min: 0)),
    .init("unit", .string(max: 64)),
    .init("stage", .string(min: 1, max: 128)),
    .init("message", .string(max: 4096)),
    .init("eta_ms", .integer(min: 0)),
    .init("reported", .number()),
  ], needs: [["percent"], ["current", "total"]])
}

/// What `task.recovering` says.
public struct TaskRecoveringData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reason: Reason, attempt: Int) {
    json = JSONObject()
    json.set("reason", reason)
    json.set("attempt", attempt)
  }

  /// `reason` of the contract.
  public var reason: Reason {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  /// The try that was given up.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// A value of `reason`; others may come.
  public struct Reason: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let workerLost = Self(rawValue: "worker_lost")
    public static let leaseExpired = Self(rawValue: "lease_expired")
    public static let released = Self(rawValue: "released")
  }

  public static let schema = Schema([
    .init("reason", .string(), required: true),
    .init("attempt", .integer(min: 1), required: true),
  ])
}

/// What `task.retrying` says.
public struct TaskRetryingData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(attempt: Int, maxAttempts: Int, delayMs: Int, error: TaskFailure) {
    json = JSONObject()
    json.set("attempt", attempt)
    json.set("max_attempts", maxAttempts)
    json.set("delay_ms", delayMs)
    json.set("error", error)
  }

  /// The try that will be made.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// `max_attempts` of the contract.
  public var maxAttempts: Int {
    get { json.get("max_attempts", or: 0) }
    set { json.set("max_attempts", newValue) }
  }

  /// How long until then, in milliseconds.
  public var delayMs: Int {
    get { json.get("delay_ms", or: 0) }
    set { json.set("delay_ms", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure {
    get { json.get("error", or: TaskFailure(json: JSONObject())) }
    set { json.set("error", newValue) }
  }

  public static let schema = Schema([
    .init("attempt", .integer(min: 1), required: true),
    .init("max_attempts", .integer(min: 1), required: true),
    .init("delay_ms", .integer(min: 0), required: true),
    .init("error", .type(TaskFailure.self), required: true),
  ])
}

/// What went wrong, for programs (`code`, `retryable`) and for developers (`message`).
public struct TaskFailure: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(code: String, message: String, retryable: Bool, details: JSONObject? = nil) {
    json = JSONObject()
    json.set("code", code)
    json.set("message", message)
    json.set("retryable", retryable)
    json.set("details", details)
  }

  /// Stable, snake_case. The service itself uses `worker_lost` and `idle_timeout`.
  public var code: String {
    get { json.get("code", or: "") }
    set { json.set("code", newValue) }
  }

  /// For developers; `user_message` is the sentence for the user.
  public var message: String {
    get { json.get("message", or: "") }
    set { json.set("message", newValue) }
  }

  /// Whether the same input may succeed another time.
  public var retryable: Bool {
    get { json.get("retryable", or: false) }
    set { json.set("retryable", newValue) }
  }

  /// Anything more.
  public var details: JSONObject? {
    get { json.get("details") }
    set { json.set("details", newValue) }
  }

  public static let schema = Schema([
    .init("code", .string(min: 1, max: 128), required: true),
    .init("message", .string(max: 16384), required: true),
    .init("retryable", .boolean, required: true),
    .init("details", .object),
  ])
}

/// What `task.paused` says.
public struct TaskPausedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(by: String? = nil, reason: String? = nil) {
    json = JSONObject()
    json.set("by", by)
    json.set("reason", reason)
  }

  /// Who paused it.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `reason` of the contract.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  public static let schema = Schema([
    .init("by", .string(max: 128)),
    .init("reason", .string(max: 4096)),
  ])
}

/// What `task.resumed` says.
public struct TaskResumedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(by: String? = nil, reason: String? = nil) {
    json = JSONObject()
    json.set("by", by)
    json.set("reason", reason)
  }

  /// Who resumed it.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `reason` of the contract.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  public static let schema = Schema([
    .init("by", .string(max: 128)),
    .init("reason", .string(max: 4096)),
  ])
}

/// What `task.completed` says.
public struct TaskCompletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(result: JSONValue? = nil, response: String? = nil, durationMs: Int? = nil, usage: TaskUsage? = nil, metadata: CompletionMetadata? = nil) {
    json = JSONObject()
    json.set("result", result)
    json.set("response", response)
    json.set("duration_ms", durationMs)
    json.set("usage", usage)
    json.set("metadata", metadata)
  }

  /// What the work came to; any JSON.
  public var result: JSONValue? {
    get { json.get("result") }
    set { json.set("result", newValue) }
  }

  /// The answer for a person.
  public var response: String? {
    get { json.get("response") }
    set { json.set("response", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  /// `usage` of the contract.
  public var usage: TaskUsage? {
    get { json.get("usage") }
    set { json.set("usage", newValue) }
  }

  /// `metadata` of the contract.
  public var metadata: CompletionMetadata? {
    get { json.get("metadata") }
    set { json.set("metadata", newValue) }
  }

  public static let schema = Schema([
    .init("result", .any),
    .init("response", .string()),
    .init("duration_ms", .integer(min: 0)),
    .init("usage", .type(TaskUsage.self)),
    .init("metadata", .type(CompletionMetadata.self)),
  ])
}

/// What the work consumed.
public struct TaskUsage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(inputTokens: Int? = nil, outputTokens: Int? = nil, totalTokens: Int? = nil, cost: Double? = nil, currency: String? = nil) {
    json = JSONObject()
    json.set("input_tokens", inputTokens)
    json.set("output_tokens", outputTokens)
    json.set("total_tokens", totalTokens)
    json.set("cost", cost)
    json.set("currency", currency)
  }

  /// `input_tokens` of the contract.
  public var inputTokens: Int? {
    get { json.get("input_tokens") }
    set { json.set("input_tokens", newValue) }
  }

  /// `output_tokens` of the contract.
  public var outputTokens: Int? {
    get { json.get("output_tokens") }
    set { json.set("output_tokens", newValue) }
  }

  /// `total_tokens` of the contract.
  public var totalTokens: Int? {
    get { json.get("total_tokens") }
    set { json.set("total_tokens", newValue) }
  }

  /// In `currency`.
  public var cost: Double? {
    get { json.get("cost") }
    set { json.set("cost", newValue) }
  }

  /// ISO 4217.
  public var currency: String? {
    get { json.get("currency") }
    set { json.set("currency", newValue) }
  }

  public static let schema = Schema([
    .init("input_tokens", .integer(min: 0)),
    .init("output_tokens", .integer(min: 0)),
    .init("total_tokens", .integer(min: 0)),
    .init("cost", .number(min: 0)),
    .init("currency", .string(max: 8)),
  ])
}

/// Where the answer comes from.
public struct CompletionMetadata: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(agent: String? = nil, confidence: Double? = nil, sources: [TaskSource]? = nil) {
    json = JSONObject()
    json.set("agent", agent)
    json.set("confidence", confidence)
    json.set("sources", sources)
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// `confidence` of the contract.
  public var confidence: Double? {
    get { json.get("confidence") }
    set { json.set("confidence", newValue) }
  }

  /// `sources` of the contract.
  public var sources: [TaskSource]? {
    get { json.get("sources") }
    set { json.set("sources", newValue) }
  }

  public static let schema = Schema([
    .init("agent", .string(max: 256)),
    .init("confidence", .number(min: 0, max: 1)),
    .init("sources", .array(.type(TaskSource.self))),
  ])
}

/// What an answer rests on.
public struct TaskSource: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(id: String? = nil, title: String? = nil, url: String? = nil, snippet: String? = nil, score: Double? = nil) {
    json = JSONObject()
    json.set("id", id)
    json.set("title", title)
    json.set("url", url)
    json.set("snippet", snippet)
    json.set("score", score)
  }

  /// `id` of the contract.
  public var id: String? {
    get { json.get("id") }
    set { json.set("id", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// `url` of the contract.
  public var url: String? {
    get { json.get("url") }
    set { json.set("url", newValue) }
  }

  /// `snippet` of the contract.
  public var snippet: String? {
    get { json.get("snippet") }
    set { json.set("snippet", newValue) }
  }

  /// `score` of the contract.
  public var score: Double? {
    get { json.get("score") }
    set { json.set("score", newValue) }
  }

  public static let schema = Schema([
    .init("id", .string(max: 256)),
    .init("title", .string(max: 1024)),
    .init("url", .string(max: 4096)),
    .init("snippet", .string(max: 8192)),
    .init("score", .number()),
  ])
}

/// What `task.failed` says.
public struct TaskFailedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(error: TaskFailure, userMessage: String? = nil, stepID: String? = nil) {
    json = JSONObject()
    json.set("error", error)
    json.set("user_message", userMessage)
    json.set("step_id", stepID)
  }

  /// `error` of the contract.
  public var error: TaskFailure {
    get { json.get("error", or: TaskFailure(json: JSONObject())) }
    set { json.set("error", newValue) }
  }

  /// The failure in the user's words.
  public var userMessage: String? {
    get { json.get("user_message") }
    set { json.set("user_message", newValue) }
  }

  /// The step that failed.
  public var stepID: String? {
    get { json.get("step_id") }
    set { json.set("step_id", newValue) }
  }

  public static let schema = Schema([
    .init("error", .type(TaskFailure.self), required: true),
    .init("user_message", .string(max: 4096)),
    .init("step_id", .string(min: 1, max: 64)),
  ])
}

/// What `task.canceled` says.
public struct TaskCanceledData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(by: String? = nil, reason: String? = nil) {
    json = JSONObject()
    json.set("by", by)
    json.set("reason", reason)
  }

  /// Who canceled it.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `reason` of the contract.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  public static let schema = Schema([
    .init("by", .string(max: 128)),
    .init("reason", .string(max: 4096)),
  ])
}

/// What `task.deleted` says.
public struct TaskDeletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(by: String? = nil) {
    json = JSONObject()
    json.set("by", by)
  }

  /// Who deleted it.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  public static let schema = Schema([
    .init("by", .string(max: 128)),
  ])
}

/// The state that the events `1..as_of_seq` add up to. At most 256 KiB: longer texts are cut, and what was cut says `truncated`. A reducer that
/// takes it in place of those events ends up in the same state, cut texts aside.
public struct TaskSnapshotData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(status: TaskStatus, asOfSeq: Int, progress: SnapshotProgress, steps: [SnapshotStep], messages: [SnapshotMessage], tools: [SnapshotTool], inputs: [SnapshotInput], kind: String? = nil, title: String? = nil, input: JSONValue? = nil, conversationID: String? = nil, createdBy: TaskActor? = nil, retryOf: String? = nil, attempt: Int? = nil, workerID: String? = nil, totalSteps: Int? = nil, message: String? = nil, planID: String? = nil, plan: [PlanStep]? = nil, intent: String? = nil, entities: [TaskEntity]? = nil, agents: [AgentRef]? = nil, reasonings: [SnapshotReasoning]? = nil, artifacts: [ArtifactCreatedData]? = nil, quality: [QualityCheckedData]? = nil, metrics: [String: Double]? = nil, health: HealthUpdatedData? = nil, commands: [SnapshotCommand]? = nil, result: JSONValue? = nil, response: String? = nil, durationMs: Int? = nil, usage: TaskUsage? = nil, metadata: CompletionMetadata? = nil, error: TaskFailure? = nil, userMessage: String? = nil, canceledBy: String? = nil, reason: String? = nil, createdAt: String? = nil, startedAt: String? = nil, endedAt: String? = nil, updatedAt: String? = nil, logLines: Int? = nil, unknown: Int? = nil, truncated: Bool? = nil) {
    json = JSONObject()
    json.set("status", status)
    json.set("as_of_seq", asOfSeq)
    json.set("kind", kind)
    json.set("title", title)
    json.set("input", input)
    json.set("conversation_id", conversationID)
    json.set("created_by", createdBy)
    json.set("retry_of", retryOf)
    json.set("attempt", attempt)
    json.set("worker_id", workerID)
    json.set("total_steps", totalSteps)
    json.set("message", message)
    json.set("progress", progress)
    json.set("plan_id", planID)
    json.set("plan", plan)
    json.set("intent", intent)
    json.set("entities", entities)
    json.set("agents", agents)
    json.set("steps", steps)
    json.set("messages", messages)
    json.set("reasonings", reasonings)
    json.set("tools", tools)
    json.set("inputs", inputs)
    json.set("artifacts", artifacts)
    json.set("quality", quality)
    json.set("metrics", metrics)
    json.set("health", health)
    json.set("commands", commands)
    json.set("result", result)
    json.set("response", response)
    json.set("duration_ms", durationMs)
    json.set("usage", usage)
    json.set("metadata", metadata)
    json.set("error", error)
    json.set("user_message", userMessage)
    json.set("canceled_by", canceledBy)
    json.set("reason", reason)
    json.set("created_at", createdAt)
    json.set("started_at", startedAt)
    json.set("ended_at", endedAt)
    json.set("updated_at", updatedAt)
    json.set("log_lines", logLines)
    json.set("unknown", unknown)
    json.set("truncated", truncated)
  }

  /// `status` of the contract.
  public var status: TaskStatus {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// The last event that is in it.
  public var asOfSeq: Int {
    get { json.get("as_of_seq", or: 0) }
    set { json.set("as_of_seq", newValue) }
  }

  /// `kind` of the contract.
  public var kind: String? {
    get { json.get("kind") }
    set { json.set("kind", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// What the work is done on.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `created_by` of the contract.
  public var createdBy: TaskActor? {
    get { json.get("created_by") }
    set { json.set("created_by", newValue) }
  }

  /// `retry_of` of the contract.
  public var retryOf: String? {
    get { json.get("retry_of") }
    set { json.set("retry_of", newValue) }
  }

  /// Which try of the task; 0 before the first.
  public var attempt: Int? {
    get { json.get("attempt") }
    set { json.set("attempt", newValue) }
  }

  /// `worker_id` of the contract.
  public var workerID: String? {
    get { json.get("worker_id") }
    set { json.set("worker_id", newValue) }
  }

  /// `total_steps` of the contract.
  public var totalSteps: Int? {
    get { json.get("total_steps") }
    set { json.set("total_steps", newValue) }
  }

  /// The last sentence for a person.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// `progress` of the contract.
  public var progress: SnapshotProgress {
    get { json.get("progress", or: SnapshotProgress(json: JSONObject())) }
    set { json.set("progress", newValue) }
  }

  /// `plan_id` of the contract.
  public var planID: String? {
    get { json.get("plan_id") }
    set { json.set("plan_id", newValue) }
  }

  /// `plan` of the contract.
  public var plan: [PlanStep]? {
    get { json.get("plan") }
    set { json.set("plan", newValue) }
  }

  /// `intent` of the contract.
  public var intent: String? {
    get { json.get("intent") }
    set { json.set("intent", newValue) }
  }

  /// `entities` of the contract.
  public var entities: [TaskEntity]? {
    get { json.get("entities") }
    set { json.set("entities", newValue) }
  }

  /// `agents` of the contract.
  public var agents: [AgentRef]? {
    get { json.get("agents") }
    set { json.set("agents", newValue) }
  }

  /// `steps` of the contract.
  public var steps: [SnapshotStep] {
    get { json.get("steps", or: []) }
    set { json.set("steps", newValue) }
  }

  /// `messages` of the contract.
  public var messages: [SnapshotMessage] {
    get { json.get("messages", or: []) }
    set { json.set("messages", newValue) }
  }

  /// `reasonings` of the contract.
  public var reasonings: [SnapshotReasoning]? {
    get { json.get("reasonings") }
    set { json.set("reasonings", newValue) }
  }

  /// `tools` of the contract.
  public var tools: [SnapshotTool] {
    get { json.get("tools", or: []) }
    set { json.set("tools", newValue) }
  }

  /// `inputs` of the contract.
  public var inputs: [SnapshotInput] {
    get { json.get("inputs", or: []) }
    set { json.set("inputs", newValue) }
  }

  /// `artifacts` of the contract.
  public var artifacts: [ArtifactCreatedData]? {
    get { json.get("artifacts") }
    set { json.set("artifacts", newValue) }
  }

  /// `quality` of the contract.
  public var quality: [QualityCheckedData]? {
    get { json.get("quality") }
    set { json.set("quality", newValue) }
  }

  /// The last value of every name.
  public var metrics: [String: Double]? {
    get { json.get("metrics") }
    set { json.set("metrics", newValue) }
  }

  /// `health` of the contract.
  public var health: HealthUpdatedData? {
    get { json.get("health") }
    set { json.set("health", newValue) }
  }

  /// `commands` of the contract.
  public var commands: [SnapshotCommand]? {
    get { json.get("commands") }
    set { json.set("commands", newValue) }
  }

  /// What the work came to.
  public var result: JSONValue? {
    get { json.get("result") }
    set { json.set("result", newValue) }
  }

  /// `response` of the contract.
  public var response: String? {
    get { json.get("response") }
    set { json.set("response", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  /// `usage` of the contract.
  public var usage: TaskUsage? {
    get { json.get("usage") }
    set { json.set("usage", newValue) }
  }

  /// `metadata` of the contract.
  public var metadata: CompletionMetadata? {
    get { json.get("metadata") }
    set { json.set("metadata", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure? {
    get { json.get("error") }
    set { json.set("error", newValue) }
  }

  /// `user_message` of the contract.
  public var userMessage: String? {
    get { json.get("user_message") }
    set { json.set("user_message", newValue) }
  }

  /// `canceled_by` of the contract.
  public var canceledBy: String? {
    get { json.get("canceled_by") }
    set { json.set("canceled_by", newValue) }
  }

  /// Why it is paused, recovering or canceled.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  /// `created_at` of the contract.
  public var createdAt: String? {
    get { json.get("created_at") }
    set { json.set("created_at", newValue) }
  }

  /// `started_at` of the contract.
  public var startedAt: String? {
    get { json.get("started_at") }
    set { json.set("started_at", newValue) }
  }

  /// `ended_at` of the contract.
  public var endedAt: String? {
    get { json.get("ended_at") }
    set { json.set("ended_at", newValue) }
  }

  /// `updated_at` of the contract.
  public var updatedAt: String? {
    get { json.get("updated_at") }
    set { json.set("updated_at", newValue) }
  }

  /// How many `log.line` there were; they are counted, not kept.
  public var logLines: Int? {
    get { json.get("log_lines") }
    set { json.set("log_lines", newValue) }
  }

  /// How many events were of types that the service does not know.
  public var unknown: Int? {
    get { json.get("unknown") }
    set { json.set("unknown", newValue) }
  }

  /// Whether anything in it was cut or left out.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  public static let schema = Schema([
    .init("status", .string(), required: true),
    .init("as_of_seq", .integer(min: 0), required: true),
    .init("kind", .string(max: 64)),
    .init("title", .string(max: 512)),
    .init("input", .any),
    .init("conversation_id", .string(max: 64)),
    .init("created_by", .type(TaskActor.self)),
    .init("retry_of", .string(max: 64)),
    .init("attempt", .integer(min: 0)),
    .init("worker_id", .string(max: 128)),
    .init("total_steps", .integer(min: 0)),
    .init("message", .string(max: 4096)),
    .init("progress", .type(SnapshotProgress.self), required: true),
    .init("plan_id", .string(max: 64)),
    .init("plan", .array(.type(PlanStep.self))),
    .init("intent", .string(max: 4096)),
    .init("entities", .array(.type(TaskEntity.self))),
    .init("agents", .array(.type(AgentRef.self))),
    .init("steps", .array(.type(SnapshotStep.self)), required: true),
    .init("messages", .array(.type(SnapshotMessage.self)), required: true),
    .init("reasonings", .array(.type(SnapshotReasoning.self))),
    .init("tools", .array(.type(SnapshotTool.self)), required: true),
    .init("inputs", .array(.type(SnapshotInput.self)), required: true),
    .init("artifacts", .array(.type(ArtifactCreatedData.self))),
    .init("quality", .array(.type(QualityCheckedData.self))),
    .init("metrics", .map(.number())),
    .init("health", .type(HealthUpdatedData.self)),
    .init("commands", .array(.type(SnapshotCommand.self))),
    .init("result", .any),
    .init("response", .string()),
    .init("duration_ms", .integer(min: 0)),
    .init("usage", .type(TaskUsage.self)),
    .init("metadata", .type(CompletionMetadata.self)),
    .init("error", .type(TaskFailure.self)),
    .init("user_message", .string(max: 4096)),
    .init("canceled_by", .string(max: 128)),
    .init("reason", .string(max: 4096)),
    .init("created_at", .time),
    .init("started_at", .time),
    .init("ended_at", .time),
    .init("updated_at", .time),
    .init("log_lines", .integer(min: 0)),
    .init("unknown", .integer(min: 0)),
    .init("truncated", .boolean),
  ])
}

/// Where a task stands. `waiting` means that an input is open; `completed`, `failed`, `canceled` and `deleted` are ends.
public struct TaskStatus: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let queued = Self(rawValue: "queued")
  public static let running = Self(rawValue: "running")
  public static let paused = Self(rawValue: "paused")
  public static let waiting = Self(rawValue: "waiting")
  public static let recovering = Self(rawValue: "recovering")
  public static let completed = Self(rawValue: "completed")
  public static let failed = Self(rawValue: "failed")
  public static let canceled = Self(rawValue: "canceled")
  public static let deleted = Self(rawValue: "deleted")
}

/// How far the task is; empty before the first report.
public struct SnapshotProgress: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(percent: Double? = nil, current: Double? = nil, total: Double? = nil, unit: String? = nil, stage: String? = nil, message: String? = nil, etaMs: Int? = nil) {
    json = JSONObject()
    json.set("percent", percent)
    json.set("current", current)
    json.set("total", total)
    json.set("unit", unit)
    json.set("stage", stage)
    json.set("message", message)
    json.set("eta_ms", etaMs)
  }

  /// `percent` of the contract.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// `current` of the contract.
  public var current: Double? {
    get { json.get("current") }
    set { json.set("current", newValue) }
  }

  /// `total` of the contract.
  public var total: Double? {
    get { json.get("total") }
    set { json.set("total", newValue) }
  }

  /// `unit` of the contract.
  public var unit: String? {
    get { json.get("unit") }
    set { json.set("unit", newValue) }
  }

  /// `stage` of the contract.
  public var stage: String? {
    get { json.get("stage") }
    set { json.set("stage", newValue) }
  }

  /// `message` of the contract.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// `eta_ms` of the contract.
  public var etaMs: Int? {
    get { json.get("eta_ms") }
    set { json.set("eta_ms", newValue) }
  }

  public static let schema = Schema([
    .init("percent", .number(min: 0, max: 100)),
    .init("current", .number(min: 0)),
    .init("total", .number(min: 0)),
    .init("unit", .string(max: 64)),
    .init("stage", .string(max: 128)),
    .init("message", .string(max: 4096)),
    .init("eta_ms", .integer(min: 0)),
  ])
}

/// A step as planned.
public struct PlanStep: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, title: String, dependsOn: [String]? = nil, agent: String? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("title", title)
    json.set("depends_on", dependsOn)
    json.set("agent", agent)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// `title` of the contract.
  public var title: String {
    get { json.get("title", or: "") }
    set { json.set("title", newValue) }
  }

  /// Steps that must be done before.
  public var dependsOn: [String]? {
    get { json.get("depends_on") }
    set { json.set("depends_on", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("title", .string(min: 1, max: 512), required: true),
    .init("depends_on", .array(.string(min: 1, max: 64))),
    .init("agent", .string(max: 256)),
  ])
}

/// Something that was recognised in the input.
public struct TaskEntity: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(type: String, value: JSONValue, confidence: Double? = nil) {
    json = JSONObject()
    json.set("type", type)
    json.set("value", value)
    json.set("confidence", confidence)
  }

  /// `phone`, `url`, `person` …
  public var type: String {
    get { json.get("type", or: "") }
    set { json.set("type", newValue) }
  }

  /// What was found; any JSON.
  public var value: JSONValue {
    get { json.get("value", or: .null) }
    set { json.set("value", newValue) }
  }

  /// `confidence` of the contract.
  public var confidence: Double? {
    get { json.get("confidence") }
    set { json.set("confidence", newValue) }
  }

  public static let schema = Schema([
    .init("type", .string(min: 1, max: 128), required: true),
    .init("value", .any, required: true),
    .init("confidence", .number(min: 0, max: 1)),
  ])
}

/// An agent that can take part.
public struct AgentRef: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(name: String, id: String? = nil, description: String? = nil) {
    json = JSONObject()
    json.set("id", id)
    json.set("name", name)
    json.set("description", description)
  }

  /// `id` of the contract.
  public var id: String? {
    get { json.get("id") }
    set { json.set("id", newValue) }
  }

  /// `name` of the contract.
  public var name: String {
    get { json.get("name", or: "") }
    set { json.set("name", newValue) }
  }

  /// `description` of the contract.
  public var description: String? {
    get { json.get("description") }
    set { json.set("description", newValue) }
  }

  public static let schema = Schema([
    .init("id", .string(max: 128)),
    .init("name", .string(min: 1, max: 256), required: true),
    .init("description", .string(max: 4096)),
  ])
}

public struct SnapshotStep: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, status: Status, name: String? = nil, title: String? = nil, index: Int? = nil, total: Int? = nil, agent: String? = nil, description: String? = nil, percent: Double? = nil, current: Double? = nil, units: SnapshotProgress? = nil, attempt: Int? = nil, maxAttempts: Int? = nil, message: String? = nil, output: JSONValue? = nil, outcome: String? = nil, qualityScore: Double? = nil, durationMs: Int? = nil, error: TaskFailure? = nil, reason: String? = nil, truncated: Bool? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("status", status)
    json.set("name", name)
    json.set("title", title)
    json.set("index", index)
    json.set("total", total)
    json.set("agent", agent)
    json.set("description", description)
    json.set("percent", percent)
    json.set("current", current)
    json.set("units", units)
    json.set("attempt", attempt)
    json.set("max_attempts", maxAttempts)
    json.set("message", message)
    json.set("output", output)
    json.set("outcome", outcome)
    json.set("quality_score", qualityScore)
    json.set("duration_ms", durationMs)
    json.set("error", error)
    json.set("reason", reason)
    json.set("truncated", truncated)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// `closed`: the task or the attempt ended while it was open.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `name` of the contract.
  public var name: String? {
    get { json.get("name") }
    set { json.set("name", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// `index` of the contract.
  public var index: Int? {
    get { json.get("index") }
    set { json.set("index", newValue) }
  }

  /// `total` of the contract.
  public var total: Int? {
    get { json.get("total") }
    set { json.set("total", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// `description` of the contract.
  public var description: String? {
    get { json.get("description") }
    set { json.set("description", newValue) }
  }

  /// `percent` of the contract.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// `current` of the contract.
  public var current: Double? {
    get { json.get("current") }
    set { json.set("current", newValue) }
  }

  /// `units` of the contract.
  public var units: SnapshotProgress? {
    get { json.get("units") }
    set { json.set("units", newValue) }
  }

  /// `attempt` of the contract.
  public var attempt: Int? {
    get { json.get("attempt") }
    set { json.set("attempt", newValue) }
  }

  /// `max_attempts` of the contract.
  public var maxAttempts: Int? {
    get { json.get("max_attempts") }
    set { json.set("max_attempts", newValue) }
  }

  /// `message` of the contract.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// What the step came to.
  public var output: JSONValue? {
    get { json.get("output") }
    set { json.set("output", newValue) }
  }

  /// The step's own word for how it ended: `status` of `step.completed`.
  public var outcome: String? {
    get { json.get("outcome") }
    set { json.set("outcome", newValue) }
  }

  /// `quality_score` of the contract.
  public var qualityScore: Double? {
    get { json.get("quality_score") }
    set { json.set("quality_score", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure? {
    get { json.get("error") }
    set { json.set("error", newValue) }
  }

  /// Why it was skipped.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  /// `truncated` of the contract.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pending = Self(rawValue: "pending")
    public static let running = Self(rawValue: "running")
    public static let retrying = Self(rawValue: "retrying")
    public static let completed = Self(rawValue: "completed")
    public static let failed = Self(rawValue: "failed")
    public static let skipped = Self(rawValue: "skipped")
    public static let closed = Self(rawValue: "closed")
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("status", .string(), required: true),
    .init("name", .string(max: 256)),
    .init("title", .string(max: 512)),
    .init("index", .integer(min: 1)),
    .init("total", .integer(min: 0)),
    .init("agent", .string(max: 256)),
    .init("description", .string(max: 4096)),
    .init("percent", .number(min: 0, max: 100)),
    .init("current", .number(min: 0)),
    .init("units", .type(SnapshotProgress.self)),
    .init("attempt", .integer(min: 1)),
    .init("max_attempts", .integer(min: 1)),
    .init("message", .string(max: 4096)),
    .init("output", .any),
    .init("outcome", .string(max: 128)),
    .init("quality_score", .number()),
    .init("duration_ms", .integer(min: 0)),
    .init("error", .type(TaskFailure.self)),
    .init("reason", .string(max: 4096)),
    .init("truncated", .boolean),
  ])
}

public struct SnapshotMessage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(messageID: String, status: Status, content: String, role: Role? = nil, agent: String? = nil, length: Int? = nil, sha256: String? = nil, sources: [TaskSource]? = nil, confidence: Double? = nil, usage: TaskUsage? = nil, truncated: Bool? = nil) {
    json = JSONObject()
    json.set("message_id", messageID)
    json.set("status", status)
    json.set("role", role)
    json.set("agent", agent)
    json.set("content", content)
    json.set("length", length)
    json.set("sha256", sha256)
    json.set("sources", sources)
    json.set("confidence", confidence)
    json.set("usage", usage)
    json.set("truncated", truncated)
  }

  /// `message_id` of the contract.
  public var messageID: String {
    get { json.get("message_id", or: "") }
    set { json.set("message_id", newValue) }
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `role` of the contract.
  public var role: Role? {
    get { json.get("role") }
    set { json.set("role", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// The text so far.
  public var content: String {
    get { json.get("content", or: "") }
    set { json.set("content", newValue) }
  }

  /// Length of the whole text in UTF-8 bytes.
  public var length: Int? {
    get { json.get("length") }
    set { json.set("length", newValue) }
  }

  /// `sha256` of the contract.
  public var sha256: String? {
    get { json.get("sha256") }
    set { json.set("sha256", newValue) }
  }

  /// `sources` of the contract.
  public var sources: [TaskSource]? {
    get { json.get("sources") }
    set { json.set("sources", newValue) }
  }

  /// `confidence` of the contract.
  public var confidence: Double? {
    get { json.get("confidence") }
    set { json.set("confidence", newValue) }
  }

  /// `usage` of the contract.
  public var usage: TaskUsage? {
    get { json.get("usage") }
    set { json.set("usage", newValue) }
  }

  /// Whether `content` was cut.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let open = Self(rawValue: "open")
    public static let completed = Self(rawValue: "completed")
    public static let closed = Self(rawValue: "closed")
  }

  /// A value of `role`; others may come.
  public struct Role: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let assistant = Self(rawValue: "assistant")
    public static let user = Self(rawValue: "user")
    public static let system = Self(rawValue: "system")
    public static let tool = Self(rawValue: "tool")
  }

  public static let schema = Schema([
    .init("message_id", .string(min: 1, max: 64), required: true),
    .init("status", .string(), required: true),
    .init("role", .string()),
    .init("agent", .string(max: 256)),
    .init("content", .string(), required: true),
    .init("length", .integer(min: 0)),
    .init("sha256", .string(max: 64)),
    .init("sources", .array(.type(TaskSource.self))),
    .init("confidence", .number(min: 0, max: 1)),
    .init("usage", .type(TaskUsage.self)),
    .init("truncated", .boolean),
  ])
}

public struct SnapshotReasoning: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reasoningID: String, status: Status, content: String, agent: String? = nil, summary: String? = nil, truncated: Bool? = nil) {
    json = JSONObject()
    json.set("reasoning_id", reasoningID)
    json.set("status", status)
    json.set("agent", agent)
    json.set("content", content)
    json.set("summary", summary)
    json.set("truncated", truncated)
  }

  /// `reasoning_id` of the contract.
  public var reasoningID: String {
    get { json.get("reasoning_id", or: "") }
    set { json.set("reasoning_id", newValue) }
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// The text so far.
  public var content: String {
    get { json.get("content", or: "") }
    set { json.set("content", newValue) }
  }

  /// `summary` of the contract.
  public var summary: String? {
    get { json.get("summary") }
    set { json.set("summary", newValue) }
  }

  /// Whether `content` was cut.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let open = Self(rawValue: "open")
    public static let completed = Self(rawValue: "completed")
    public static let closed = Self(rawValue: "closed")
  }

  public static let schema = Schema([
    .init("reasoning_id", .string(min: 1, max: 64), required: true),
    .init("status", .string(), required: true),
    .init("agent", .string(max: 256)),
    .init("content", .string(), required: true),
    .init("summary", .string(max: 16384)),
    .init("truncated", .boolean),
  ])
}

public struct SnapshotTool: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(toolCallID: String, status: Status, name: String? = nil, title: String? = nil, stepID: String? = nil, input: JSONValue? = nil, percent: Double? = nil, units: SnapshotProgress? = nil, message: String? = nil, outputText: String? = nil, output: JSONValue? = nil, error: TaskFailure? = nil, durationMs: Int? = nil, truncated: Bool? = nil) {
    json = JSONObject()
    json.set("tool_call_id", toolCallID)
    json.set("status", status)
    json.set("name", name)
    json.set("title", title)
    json.set("step_id", stepID)
    json.set("input", input)
    json.set("percent", percent)
    json.set("units", units)
    json.set("message", message)
    json.set("output_text", outputText)
    json.set("output", output)
    json.set("error", error)
    json.set("duration_ms", durationMs)
    json.set("truncated", truncated)
  }

  /// `tool_call_id` of the contract.
  public var toolCallID: String {
    get { json.get("tool_call_id", or: "") }
    set { json.set("tool_call_id", newValue) }
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `name` of the contract.
  public var name: String? {
    get { json.get("name") }
    set { json.set("name", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// `step_id` of the contract.
  public var stepID: String? {
    get { json.get("step_id") }
    set { json.set("step_id", newValue) }
  }

  /// What it was called with.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  /// `percent` of the contract.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// `units` of the contract.
  public var units: SnapshotProgress? {
    get { json.get("units") }
    set { json.set("units", newValue) }
  }

  /// `message` of the contract.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// The joined `output_delta` so far.
  public var outputText: String? {
    get { json.get("output_text") }
    set { json.set("output_text", newValue) }
  }

  /// What it answered.
  public var output: JSONValue? {
    get { json.get("output") }
    set { json.set("output", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure? {
    get { json.get("error") }
    set { json.set("error", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  /// `truncated` of the contract.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let running = Self(rawValue: "running")
    public static let completed = Self(rawValue: "completed")
    public static let failed = Self(rawValue: "failed")
    public static let closed = Self(rawValue: "closed")
  }

  public static let schema = Schema([
    .init("tool_call_id", .string(min: 1, max: 64), required: true),
    .init("status", .string(), required: true),
    .init("name", .string(max: 256)),
    .init("title", .string(max: 512)),
    .init("step_id", .string(max: 64)),
    .init("input", .any),
    .init("percent", .number(min: 0, max: 100)),
    .init("units", .type(SnapshotProgress.self)),
    .init("message", .string(max: 4096)),
    .init("output_text", .string()),
    .init("output", .any),
    .init("error", .type(TaskFailure.self)),
    .init("duration_ms", .integer(min: 0)),
    .init("truncated", .boolean),
  ])
}

public struct SnapshotInput: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(requestID: String, status: Status, kind: Kind? = nil, prompt: String? = nil, schema: JSONObject? = nil, options: [InputOption]? = nil, expiresAt: String? = nil, outcome: Outcome? = nil, response: JSONValue? = nil, by: String? = nil) {
    json = JSONObject()
    json.set("request_id", requestID)
    json.set("status", status)
    json.set("kind", kind)
    json.set("prompt", prompt)
    json.set("schema", schema)
    json.set("options", options)
    json.set("expires_at", expiresAt)
    json.set("outcome", outcome)
    json.set("response", response)
    json.set("by", by)
  }

  /// `request_id` of the contract.
  public var requestID: String {
    get { json.get("request_id", or: "") }
    set { json.set("request_id", newValue) }
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `kind` of the contract.
  public var kind: Kind? {
    get { json.get("kind") }
    set { json.set("kind", newValue) }
  }

  /// `prompt` of the contract.
  public var prompt: String? {
    get { json.get("prompt") }
    set { json.set("prompt", newValue) }
  }

  /// `schema` of the contract.
  public var schema: JSONObject? {
    get { json.get("schema") }
    set { json.set("schema", newValue) }
  }

  /// `options` of the contract.
  public var options: [InputOption]? {
    get { json.get("options") }
    set { json.set("options", newValue) }
  }

  /// `expires_at` of the contract.
  public var expiresAt: String? {
    get { json.get("expires_at") }
    set { json.set("expires_at", newValue) }
  }

  /// `outcome` of the contract.
  public var outcome: Outcome? {
    get { json.get("outcome") }
    set { json.set("outcome", newValue) }
  }

  /// The answer.
  public var response: JSONValue? {
    get { json.get("response") }
    set { json.set("response", newValue) }
  }

  /// `by` of the contract.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let open = Self(rawValue: "open")
    public static let resolved = Self(rawValue: "resolved")
    public static let closed = Self(rawValue: "closed")
  }

  /// A value of `kind`; others may come.
  public struct Kind: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let question = Self(rawValue: "question")
    public static let approval = Self(rawValue: "approval")
    public static let review = Self(rawValue: "review")
  }

  /// A value of `outcome`; others may come.
  public struct Outcome: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let answered = Self(rawValue: "answered")
    public static let approved = Self(rawValue: "approved")
    public static let denied = Self(rawValue: "denied")
    public static let expired = Self(rawValue: "expired")
  }

  public static let schema = Schema([
    .init("request_id", .string(min: 1, max: 64), required: true),
    .init("status", .string(), required: true),
    .init("kind", .string()),
    .init("prompt", .string(max: 16384)),
    .init("schema", .object),
    .init("options", .array(.type(InputOption.self))),
    .init("expires_at", .time),
    .init("outcome", .string()),
    .init("response", .any),
    .init("by", .string(max: 128)),
  ])
}

/// One answer to choose.
public struct InputOption: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(value: JSONValue, label: String? = nil) {
    json = JSONObject()
    json.set("value", value)
    json.set("label", label)
  }

  /// What is answered; any JSON.
  public var value: JSONValue {
    get { json.get("value", or: .null) }
    set { json.set("value", newValue) }
  }

  /// For people.
  public var label: String? {
    get { json.get("label") }
    set { json.set("label", newValue) }
  }

  public static let schema = Schema([
    .init("value", .any, required: true),
    .init("label", .string(max: 512)),
  ])
}

/// What `artifact.created` says.
public struct ArtifactCreatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(artifactID: String, name: String, mediaType: String, size: Int? = nil, ref: String? = nil, inline: JSONValue? = nil) {
    json = JSONObject()
    json.set("artifact_id", artifactID)
    json.set("name", name)
    json.set("media_type", mediaType)
    json.set("size", size)
    json.set("ref", ref)
    json.set("inline", inline)
  }

  /// `artifact_id` of the contract.
  public var artifactID: String {
    get { json.get("artifact_id", or: "") }
    set { json.set("artifact_id", newValue) }
  }

  /// For people: a file name.
  public var name: String {
    get { json.get("name", or: "") }
    set { json.set("name", newValue) }
  }

  /// As in `Content-Type`.
  public var mediaType: String {
    get { json.get("media_type", or: "") }
    set { json.set("media_type", newValue) }
  }

  /// In bytes.
  public var size: Int? {
    get { json.get("size") }
    set { json.set("size", newValue) }
  }

  /// Where it is; a URL.
  public var ref: String? {
    get { json.get("ref") }
    set { json.set("ref", newValue) }
  }

  /// The thing itself, where it is small: any JSON, bytes as base64.
  public var inline: JSONValue? {
    get { json.get("inline") }
    set { json.set("inline", newValue) }
  }

  public static let schema = Schema([
    .init("artifact_id", .string(min: 1, max: 64), required: true),
    .init("name", .string(min: 1, max: 512), required: true),
    .init("media_type", .string(min: 1, max: 256), required: true),
    .init("size", .integer(min: 0)),
    .init("ref", .string(max: 4096)),
    .init("inline", .any),
  ])
}

/// What `quality.checked` says.
public struct QualityCheckedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(check: String, passed: Bool, score: Double? = nil, threshold: Double? = nil, issues: [String]? = nil, stepID: String? = nil) {
    json = JSONObject()
    json.set("check", check)
    json.set("passed", passed)
    json.set("score", score)
    json.set("threshold", threshold)
    json.set("issues", issues)
    json.set("step_id", stepID)
  }

  /// What was checked.
  public var check: String {
    get { json.get("check", or: "") }
    set { json.set("check", newValue) }
  }

  /// `passed` of the contract.
  public var passed: Bool {
    get { json.get("passed", or: false) }
    set { json.set("passed", newValue) }
  }

  /// `score` of the contract.
  public var score: Double? {
    get { json.get("score") }
    set { json.set("score", newValue) }
  }

  /// `threshold` of the contract.
  public var threshold: Double? {
    get { json.get("threshold") }
    set { json.set("threshold", newValue) }
  }

  /// `issues` of the contract.
  public var issues: [String]? {
    get { json.get("issues") }
    set { json.set("issues", newValue) }
  }

  /// `step_id` of the contract.
  public var stepID: String? {
    get { json.get("step_id") }
    set { json.set("step_id", newValue) }
  }

  public static let schema = Schema([
    .init("check", .string(min: 1, max: 256), required: true),
    .init("passed", .boolean, required: true),
    .init("score", .number()),
    .init("threshold", .number()),
    .init("issues", .array(.string(max: 4096))),
    .init("step_id", .string(min: 1, max: 64)),
  ])
}

/// What `health.updated` says.
public struct HealthUpdatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(status: Status, checks: JSONObject? = nil) {
    json = JSONObject()
    json.set("status", status)
    json.set("checks", checks)
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// Name to what was found.
  public var checks: JSONObject? {
    get { json.get("checks") }
    set { json.set("checks", newValue) }
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let ok = Self(rawValue: "ok")
    public static let degraded = Self(rawValue: "degraded")
    public static let failing = Self(rawValue: "failing")
  }

  public static let schema = Schema([
    .init("status", .string(), required: true),
    .init("checks", .object),
  ])
}

public struct SnapshotCommand: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(commandID: String, command: Command, status: Status, by: String? = nil, code: String? = nil, data: JSONObject? = nil) {
    json = JSONObject()
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("status", status)
    json.set("by", by)
    json.set("code", code)
    json.set("data", data)
  }

  /// `command_id` of the contract.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: Command {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `status` of the contract.
  public var status: Status {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `by` of the contract.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `code` of the contract.
  public var code: String? {
    get { json.get("code") }
    set { json.set("code", newValue) }
  }

  /// `data` of the contract.
  public var data: JSONObject? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  /// A value of `command`; others may come.
  public struct Command: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pause = Self(rawValue: "pause")
    public static let resume = Self(rawValue: "resume")
    public static let cancel = Self(rawValue: "cancel")
    public static let message = Self(rawValue: "message")
    public static let respond = Self(rawValue: "respond")
  }

  /// A value of `status`; others may come.
  public struct Status: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let accepted = Self(rawValue: "accepted")
    public static let rejected = Self(rawValue: "rejected")
    public static let applied = Self(rawValue: "applied")
  }

  public static let schema = Schema([
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("status", .string(), required: true),
    .init("by", .string(max: 128)),
    .init("code", .string(max: 128)),
    .init("data", .object),
  ])
}

/// What `intent.started` says.
public struct IntentStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(query: String? = nil) {
    json = JSONObject()
    json.set("query", query)
  }

  /// What is being understood.
  public var query: String? {
    get { json.get("query") }
    set { json.set("query", newValue) }
  }

  public static let schema = Schema([
    .init("query", .string(max: 16384)),
  ])
}

/// What `intent.parsed` says.
public struct IntentParsedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(intent: String, confidence: Double? = nil, entities: [TaskEntity]? = nil) {
    json = JSONObject()
    json.set("intent", intent)
    json.set("confidence", confidence)
    json.set("entities", entities)
  }

  /// `intent` of the contract.
  public var intent: String {
    get { json.get("intent", or: "") }
    set { json.set("intent", newValue) }
  }

  /// `confidence` of the contract.
  public var confidence: Double? {
    get { json.get("confidence") }
    set { json.set("confidence", newValue) }
  }

  /// `entities` of the contract.
  public var entities: [TaskEntity]? {
    get { json.get("entities") }
    set { json.set("entities", newValue) }
  }

  public static let schema = Schema([
    .init("intent", .string(min: 1, max: 4096), required: true),
    .init("confidence", .number(min: 0, max: 1)),
    .init("entities", .array(.type(TaskEntity.self))),
  ])
}

/// What `entities.extracted` says.
public struct EntitiesExtractedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(entities: [TaskEntity]) {
    json = JSONObject()
    json.set("entities", entities)
  }

  /// `entities` of the contract.
  public var entities: [TaskEntity] {
    get { json.get("entities", or: []) }
    set { json.set("entities", newValue) }
  }

  public static let schema = Schema([
    .init("entities", .array(.type(TaskEntity.self)), required: true),
  ])
}

/// What `agents.search_started` says.
public struct AgentsSearchStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(query: String? = nil) {
    json = JSONObject()
    json.set("query", query)
  }

  /// `query` of the contract.
  public var query: String? {
    get { json.get("query") }
    set { json.set("query", newValue) }
  }

  public static let schema = Schema([
    .init("query", .string(max: 16384)),
  ])
}

/// What `agents.found` says.
public struct AgentsFoundData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(agents: [AgentRef]) {
    json = JSONObject()
    json.set("agents", agents)
  }

  /// `agents` of the contract.
  public var agents: [AgentRef] {
    get { json.get("agents", or: []) }
    set { json.set("agents", newValue) }
  }

  public static let schema = Schema([
    .init("agents", .array(.type(AgentRef.self)), required: true),
  ])
}

/// What `plan.started` says.
public struct PlanStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(planID: String? = nil) {
    json = JSONObject()
    json.set("plan_id", planID)
  }

  /// `plan_id` of the contract.
  public var planID: String? {
    get { json.get("plan_id") }
    set { json.set("plan_id", newValue) }
  }

  public static let schema = Schema([
    .init("plan_id", .string(min: 1, max: 64)),
  ])
}

/// What `plan.created` says.
public struct PlanCreatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(steps: [PlanStep], planID: String? = nil) {
    json = JSONObject()
    json.set("steps", steps)
    json.set("plan_id", planID)
  }

  /// `steps` of the contract.
  public var steps: [PlanStep] {
    get { json.get("steps", or: []) }
    set { json.set("steps", newValue) }
  }

  /// `plan_id` of the contract.
  public var planID: String? {
    get { json.get("plan_id") }
    set { json.set("plan_id", newValue) }
  }

  public static let schema = Schema([
    .init("steps", .array(.type(PlanStep.self)), required: true),
    .init("plan_id", .string(min: 1, max: 64)),
  ])
}

/// The whole plan anew: steps added, removed or put in another order while it runs.
public struct PlanUpdatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(steps: [PlanStep], planID: String? = nil) {
    json = JSONObject()
    json.set("steps", steps)
    json.set("plan_id", planID)
  }

  /// `steps` of the contract.
  public var steps: [PlanStep] {
    get { json.get("steps", or: []) }
    set { json.set("steps", newValue) }
  }

  /// `plan_id` of the contract.
  public var planID: String? {
    get { json.get("plan_id") }
    set { json.set("plan_id", newValue) }
  }

  public static let schema = Schema([
    .init("steps", .array(.type(PlanStep.self)), required: true),
    .init("plan_id", .string(min: 1, max: 64)),
  ])
}

/// What `step.started` says.
public struct StepStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, name: String, title: String? = nil, index: Int? = nil, total: Int? = nil, agent: String? = nil, description: String? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("name", name)
    json.set("title", title)
    json.set("index", index)
    json.set("total", total)
    json.set("agent", agent)
    json.set("description", description)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// A stable name for programs: `fetch_data`.
  public var name: String {
    get { json.get("name", or: "") }
    set { json.set("name", newValue) }
  }

  /// For people.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// Its number, from 1.
  public var index: Int? {
    get { json.get("index") }
    set { json.set("index", newValue) }
  }

  /// How many steps there are.
  public var total: Int? {
    get { json.get("total") }
    set { json.set("total", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// `description` of the contract.
  public var description: String? {
    get { json.get("description") }
    set { json.set("description", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("name", .string(min: 1, max: 256), required: true),
    .init("title", .string(max: 512)),
    .init("index", .integer(min: 1)),
    .init("total", .integer(min: 1)),
    .init("agent", .string(max: 256)),
    .init("description", .string(max: 4096)),
  ])
}

/// How far the step is: `percent`, or `current` and `total`, or both. Needs `percent`, or `current` and `total`.
public struct StepProgressData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, percent: Double? = nil, current: Double? = nil, total: Double? = nil, unit: String? = nil, message: String? = nil, reported: Double? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("percent", percent)
    json.set("current", current)
    json.set("total", total)
    json.set("unit", unit)
    json.set("message", message)
    json.set("reported", reported)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// Never falls within one attempt.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// How many units are done.
  public var current: Double? {
    get { json.get("current") }
    set { json.set("current", newValue) }
  }

  /// How many units there are; 0 where that is not known yet.
  public var total: Double? {
    get { json.get("total") }
    set { json.set("total", newValue) }
  }

  /// What is counted.
  public var unit: String? {
    get { json.get("unit") }
    set { json.set("unit", newValue) }
  }

  /// One sentence for a person.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// The producer's own percent, where it was lower than the highest so far. Set by the service.
  public var reported: Double? {
    get { json.get("reported") }
    set { json.set("reported", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("percent", .number(min: 0, max: 100)),
    .init("current", .number(min: 0)),
    .init("total", .number(min: 0)),
    .init("unit", .string(max: 64)),
    .init("message", .string(max: 4096)),
    .init("reported", .number()),
  ], needs: [["percent"], ["current", "total"]])
}

/// What `step.retrying` says.
public struct StepRetryingData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, attempt: Int, maxAttempts: Int, delayMs: Int? = nil, error: TaskFailure? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("attempt", attempt)
    json.set("max_attempts", maxAttempts)
    json.set("delay_ms", delayMs)
    json.set("error", error)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// The try of the step that begins; 2 is the first repetition.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// `max_attempts` of the contract.
  public var maxAttempts: Int {
    get { json.get("max_attempts", or: 0) }
    set { json.set("max_attempts", newValue) }
  }

  /// How long until then, in milliseconds.
  public var delayMs: Int? {
    get { json.get("delay_ms") }
    set { json.set("delay_ms", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure? {
    get { json.get("error") }
    set { json.set("error", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("attempt", .integer(min: 1), required: true),
    .init("max_attempts", .integer(min: 1), required: true),
    .init("delay_ms", .integer(min: 0)),
    .init("error", .type(TaskFailure.self)),
  ])
}

/// What `step.completed` says.
public struct StepCompletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, output: JSONValue? = nil, status: String? = nil, qualityScore: Double? = nil, durationMs: Int? = nil) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("output", output)
    json.set("status", status)
    json.set("quality_score", qualityScore)
    json.set("duration_ms", durationMs)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// What the step came to; any JSON.
  public var output: JSONValue? {
    get { json.get("output") }
    set { json.set("output", newValue) }
  }

  /// The step's own word for how it ended.
  public var status: String? {
    get { json.get("status") }
    set { json.set("status", newValue) }
  }

  /// `quality_score` of the contract.
  public var qualityScore: Double? {
    get { json.get("quality_score") }
    set { json.set("quality_score", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("output", .any),
    .init("status", .string(max: 128)),
    .init("quality_score", .number(min: 0, max: 1)),
    .init("duration_ms", .integer(min: 0)),
  ])
}

/// What `step.failed` says.
public struct StepFailedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, error: TaskFailure, willRetry: Bool) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("error", error)
    json.set("will_retry", willRetry)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure {
    get { json.get("error", or: TaskFailure(json: JSONObject())) }
    set { json.set("error", newValue) }
  }

  /// Whether it will be tried again: the step then stays open, and `step.retrying` follows.
  public var willRetry: Bool {
    get { json.get("will_retry", or: false) }
    set { json.set("will_retry", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("error", .type(TaskFailure.self), required: true),
    .init("will_retry", .boolean, required: true),
  ])
}

/// What `step.skipped` says.
public struct StepSkippedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(stepID: String, reason: String) {
    json = JSONObject()
    json.set("step_id", stepID)
    json.set("reason", reason)
  }

  /// `step_id` of the contract.
  public var stepID: String {
    get { json.get("step_id", or: "") }
    set { json.set("step_id", newValue) }
  }

  /// `reason` of the contract.
  public var reason: String {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  public static let schema = Schema([
    .init("step_id", .string(min: 1, max: 64), required: true),
    .init("reason", .string(max: 4096), required: true),
  ])
}

/// What `message.started` says.
public struct MessageStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(messageID: String, role: Role, agent: String? = nil) {
    json = JSONObject()
    json.set("message_id", messageID)
    json.set("role", role)
    json.set("agent", agent)
  }

  /// `message_id` of the contract.
  public var messageID: String {
    get { json.get("message_id", or: "") }
    set { json.set("message_id", newValue) }
  }

  /// `role` of the contract.
  public var role: Role {
    get { json.get("role", or: "") }
    set { json.set("role", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// A value of `role`; others may come.
  public struct Role: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let assistant = Self(rawValue: "assistant")
    public static let user = Self(rawValue: "user")
    public static let system = Self(rawValue: "system")
    public static let tool = Self(rawValue: "tool")
  }

  public static let schema = Schema([
    .init("message_id", .string(min: 1, max: 64), required: true),
    .init("role", .string(), required: true),
    .init("agent", .string(max: 256)),
  ])
}

/// What `message.delta` says.
public struct MessageDeltaData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(messageID: String, delta: String) {
    json = JSONObject()
    json.set("message_id", messageID)
    json.set("delta", delta)
  }

  /// `message_id` of the contract.
  public var messageID: String {
    get { json.get("message_id", or: "") }
    set { json.set("message_id", newValue) }
  }

  /// The next piece of the text; the pieces joined are the text.
  public var delta: String {
    get { json.get("delta", or: "") }
    set { json.set("delta", newValue) }
  }

  public static let schema = Schema([
    .init("message_id", .string(min: 1, max: 64), required: true),
    .init("delta", .string(), required: true),
  ])
}

/// The message is whole: its `content` up to 32 KiB, above that `length` and `sha256` of the text that the deltas make, so that a screen that
/// lost something notices. May stand alone, without `message.started` and deltas. Needs `content`, or `length` and `sha256`.
public struct MessageCompletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(messageID: String, content: String? = nil, length: Int? = nil, sha256: String? = nil, role: Role? = nil, agent: String? = nil, sources: [TaskSource]? = nil, confidence: Double? = nil, usage: TaskUsage? = nil) {
    json = JSONObject()
    json.set("message_id", messageID)
    json.set("content", content)
    json.set("length", length)
    json.set("sha256", sha256)
    json.set("role", role)
    json.set("agent", agent)
    json.set("sources", sources)
    json.set("confidence", confidence)
    json.set("usage", usage)
  }

  /// `message_id` of the contract.
  public var messageID: String {
    get { json.get("message_id", or: "") }
    set { json.set("message_id", newValue) }
  }

  /// The whole text.
  public var content: String? {
    get { json.get("content") }
    set { json.set("content", newValue) }
  }

  /// Length of the whole text in UTF-8 bytes.
  public var length: Int? {
    get { json.get("length") }
    set { json.set("length", newValue) }
  }

  /// SHA-256 of the whole text in UTF-8, in hexadecimal.
  public var sha256: String? {
    get { json.get("sha256") }
    set { json.set("sha256", newValue) }
  }

  /// `role` of the contract.
  public var role: Role? {
    get { json.get("role") }
    set { json.set("role", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  /// `sources` of the contract.
  public var sources: [TaskSource]? {
    get { json.get("sources") }
    set { json.set("sources", newValue) }
  }

  /// `confidence` of the contract.
  public var confidence: Double? {
    get { json.get("confidence") }
    set { json.set("confidence", newValue) }
  }

  /// `usage` of the contract.
  public var usage: TaskUsage? {
    get { json.get("usage") }
    set { json.set("usage", newValue) }
  }

  /// A value of `role`; others may come.
  public struct Role: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let assistant = Self(rawValue: "assistant")
    public static let user = Self(rawValue: "user")
    public static let system = Self(rawValue: "system")
    public static let tool = Self(rawValue: "tool")
  }

  public static let schema = Schema([
    .init("message_id", .string(min: 1, max: 64), required: true),
    .init("content", .string(max: 32768)),
    .init("length", .integer(min: 0)),
    .init("sha256", .string()),
    .init("role", .string()),
    .init("agent", .string(max: 256)),
    .init("sources", .array(.type(TaskSource.self))),
    .init("confidence", .number(min: 0, max: 1)),
    .init("usage", .type(TaskUsage.self)),
  ], needs: [["content"], ["length", "sha256"]])
}

/// What `reasoning.started` says.
public struct ReasoningStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reasoningID: String, agent: String? = nil) {
    json = JSONObject()
    json.set("reasoning_id", reasoningID)
    json.set("agent", agent)
  }

  /// `reasoning_id` of the contract.
  public var reasoningID: String {
    get { json.get("reasoning_id", or: "") }
    set { json.set("reasoning_id", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  public static let schema = Schema([
    .init("reasoning_id", .string(min: 1, max: 64), required: true),
    .init("agent", .string(max: 256)),
  ])
}

/// What `reasoning.delta` says.
public struct ReasoningDeltaData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reasoningID: String, delta: String, agent: String? = nil) {
    json = JSONObject()
    json.set("reasoning_id", reasoningID)
    json.set("delta", delta)
    json.set("agent", agent)
  }

  /// `reasoning_id` of the contract.
  public var reasoningID: String {
    get { json.get("reasoning_id", or: "") }
    set { json.set("reasoning_id", newValue) }
  }

  /// The next piece of the text.
  public var delta: String {
    get { json.get("delta", or: "") }
    set { json.set("delta", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  public static let schema = Schema([
    .init("reasoning_id", .string(min: 1, max: 64), required: true),
    .init("delta", .string(), required: true),
    .init("agent", .string(max: 256)),
  ])
}

/// The reasoning is over. May stand alone, without `reasoning.started` and deltas.
public struct ReasoningCompletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reasoningID: String, summary: String? = nil, agent: String? = nil) {
    json = JSONObject()
    json.set("reasoning_id", reasoningID)
    json.set("summary", summary)
    json.set("agent", agent)
  }

  /// `reasoning_id` of the contract.
  public var reasoningID: String {
    get { json.get("reasoning_id", or: "") }
    set { json.set("reasoning_id", newValue) }
  }

  /// What it came to.
  public var summary: String? {
    get { json.get("summary") }
    set { json.set("summary", newValue) }
  }

  /// `agent` of the contract.
  public var agent: String? {
    get { json.get("agent") }
    set { json.set("agent", newValue) }
  }

  public static let schema = Schema([
    .init("reasoning_id", .string(min: 1, max: 64), required: true),
    .init("summary", .string(max: 16384)),
    .init("agent", .string(max: 256)),
  ])
}

/// What `tool.started` says.
public struct ToolStartedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(toolCallID: String, name: String, title: String? = nil, input: JSONValue? = nil) {
    json = JSONObject()
    json.set("tool_call_id", toolCallID)
    json.set("name", name)
    json.set("title", title)
    json.set("input", input)
  }

  /// `tool_call_id` of the contract.
  public var toolCallID: String {
    get { json.get("tool_call_id", or: "") }
    set { json.set("tool_call_id", newValue) }
  }

  /// The tool's own name.
  public var name: String {
    get { json.get("name", or: "") }
    set { json.set("name", newValue) }
  }

  /// For people.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// What it is called with; any JSON.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  public static let schema = Schema([
    .init("tool_call_id", .string(min: 1, max: 64), required: true),
    .init("name", .string(min: 1, max: 256), required: true),
    .init("title", .string(max: 512)),
    .init("input", .any),
  ])
}

/// What `tool.progress` says.
public struct ToolProgressData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(toolCallID: String, percent: Double? = nil, message: String? = nil, outputDelta: String? = nil, reported: Double? = nil) {
    json = JSONObject()
    json.set("tool_call_id", toolCallID)
    json.set("percent", percent)
    json.set("message", message)
    json.set("output_delta", outputDelta)
    json.set("reported", reported)
  }

  /// `tool_call_id` of the contract.
  public var toolCallID: String {
    get { json.get("tool_call_id", or: "") }
    set { json.set("tool_call_id", newValue) }
  }

  /// Never falls within one attempt.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// One sentence for a person.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// The next piece of its output.
  public var outputDelta: String? {
    get { json.get("output_delta") }
    set { json.set("output_delta", newValue) }
  }

  /// The producer's own percent, where it was lower than the highest so far. Set by the service.
  public var reported: Double? {
    get { json.get("reported") }
    set { json.set("reported", newValue) }
  }

  public static let schema = Schema([
    .init("tool_call_id", .string(min: 1, max: 64), required: true),
    .init("percent", .number(min: 0, max: 100)),
    .init("message", .string(max: 4096)),
    .init("output_delta", .string()),
    .init("reported", .number()),
  ])
}

/// What `tool.completed` says.
public struct ToolCompletedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(toolCallID: String, output: JSONValue? = nil, durationMs: Int? = nil) {
    json = JSONObject()
    json.set("tool_call_id", toolCallID)
    json.set("output", output)
    json.set("duration_ms", durationMs)
  }

  /// `tool_call_id` of the contract.
  public var toolCallID: String {
    get { json.get("tool_call_id", or: "") }
    set { json.set("tool_call_id", newValue) }
  }

  /// What it answered; any JSON.
  public var output: JSONValue? {
    get { json.get("output") }
    set { json.set("output", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  public static let schema = Schema([
    .init("tool_call_id", .string(min: 1, max: 64), required: true),
    .init("output", .any),
    .init("duration_ms", .integer(min: 0)),
  ])
}

/// What `tool.failed` says.
public struct ToolFailedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(toolCallID: String, error: TaskFailure, durationMs: Int? = nil) {
    json = JSONObject()
    json.set("tool_call_id", toolCallID)
    json.set("error", error)
    json.set("duration_ms", durationMs)
  }

  /// `tool_call_id` of the contract.
  public var toolCallID: String {
    get { json.get("tool_call_id", or: "") }
    set { json.set("tool_call_id", newValue) }
  }

  /// `error` of the contract.
  public var error: TaskFailure {
    get { json.get("error", or: TaskFailure(json: JSONObject())) }
    set { json.set("error", newValue) }
  }

  /// `duration_ms` of the contract.
  public var durationMs: Int? {
    get { json.get("duration_ms") }
    set { json.set("duration_ms", newValue) }
  }

  public static let schema = Schema([
    .init("tool_call_id", .string(min: 1, max: 64), required: true),
    .init("error", .type(TaskFailure.self), required: true),
    .init("duration_ms", .integer(min: 0)),
  ])
}

/// What `input.requested` says.
public struct InputRequestedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(requestID: String, kind: Kind, prompt: String, schema: JSONObject? = nil, options: [InputOption]? = nil, expiresAt: String? = nil) {
    json = JSONObject()
    json.set("request_id", requestID)
    json.set("kind", kind)
    json.set("prompt", prompt)
    json.set("schema", schema)
    json.set("options", options)
    json.set("expires_at", expiresAt)
  }

  /// `request_id` of the contract.
  public var requestID: String {
    get { json.get("request_id", or: "") }
    set { json.set("request_id", newValue) }
  }

  /// `kind` of the contract.
  public var kind: Kind {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// What is asked.
  public var prompt: String {
    get { json.get("prompt", or: "") }
    set { json.set("prompt", newValue) }
  }

  /// A JSON Schema of the answer.
  public var schema: JSONObject? {
    get { json.get("schema") }
    set { json.set("schema", newValue) }
  }

  /// What can be chosen.
  public var options: [InputOption]? {
    get { json.get("options") }
    set { json.set("options", newValue) }
  }

  /// `expires_at` of the contract.
  public var expiresAt: String? {
    get { json.get("expires_at") }
    set { json.set("expires_at", newValue) }
  }

  /// A value of `kind`; others may come.
  public struct Kind: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let question = Self(rawValue: "question")
    public static let approval = Self(rawValue: "approval")
    public static let review = Self(rawValue: "review")
  }

  public static let schema = Schema([
    .init("request_id", .string(min: 1, max: 64), required: true),
    .init("kind", .string(), required: true),
    .init("prompt", .string(max: 16384), required: true),
    .init("schema", .object),
    .init("options", .array(.type(InputOption.self))),
    .init("expires_at", .time),
  ])
}

/// What `input.resolved` says.
public struct InputResolvedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(requestID: String, outcome: Outcome, response: JSONValue? = nil, by: String? = nil) {
    json = JSONObject()
    json.set("request_id", requestID)
    json.set("outcome", outcome)
    json.set("response", response)
    json.set("by", by)
  }

  /// `request_id` of the contract.
  public var requestID: String {
    get { json.get("request_id", or: "") }
    set { json.set("request_id", newValue) }
  }

  /// `outcome` of the contract.
  public var outcome: Outcome {
    get { json.get("outcome", or: "") }
    set { json.set("outcome", newValue) }
  }

  /// The answer; any JSON.
  public var response: JSONValue? {
    get { json.get("response") }
    set { json.set("response", newValue) }
  }

  /// Who answered.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// A value of `outcome`; others may come.
  public struct Outcome: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let answered = Self(rawValue: "answered")
    public static let approved = Self(rawValue: "approved")
    public static let denied = Self(rawValue: "denied")
    public static let expired = Self(rawValue: "expired")
  }

  public static let schema = Schema([
    .init("request_id", .string(min: 1, max: 64), required: true),
    .init("outcome", .string(), required: true),
    .init("response", .any),
    .init("by", .string(max: 128)),
  ])
}

/// A command was stored in the task's log, where its worker sees it.
public struct CommandAcceptedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(commandID: String, command: TaskCommand, by: String? = nil, code: String? = nil, data: JSONObject? = nil) {
    json = JSONObject()
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("by", by)
    json.set("code", code)
    json.set("data", data)
  }

  /// Sending the same twice does it once.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: TaskCommand {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// Who ordered it.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `code` of the contract.
  public var code: String? {
    get { json.get("code") }
    set { json.set("code", newValue) }
  }

  /// With `message`: `{text}`; with `respond`: `{request_id, outcome, response}`.
  public var data: JSONObject? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  public static let schema = Schema([
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("by", .string(max: 128)),
    .init("code", .string(max: 128)),
    .init("data", .object),
  ])
}

/// What a person may order. Closing a connection is never a cancel.
public struct TaskCommand: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let pause = Self(rawValue: "pause")
  public static let resume = Self(rawValue: "resume")
  public static let cancel = Self(rawValue: "cancel")
  public static let message = Self(rawValue: "message")
  public static let respond = Self(rawValue: "respond")
}

/// A command that the state of the task forbids; `code` says which rule.
public struct CommandRejectedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(commandID: String, command: TaskCommand, by: String? = nil, code: String? = nil, data: JSONObject? = nil) {
    json = JSONObject()
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("by", by)
    json.set("code", code)
    json.set("data", data)
  }

  /// `command_id` of the contract.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: TaskCommand {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `by` of the contract.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// Why.
  public var code: String? {
    get { json.get("code") }
    set { json.set("code", newValue) }
  }

  /// `data` of the contract.
  public var data: JSONObject? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  public static let schema = Schema([
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("by", .string(max: 128)),
    .init("code", .string(max: 128)),
    .init("data", .object),
  ])
}

/// The worker has done what was ordered.
public struct CommandAppliedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(commandID: String, command: TaskCommand, by: String? = nil, code: String? = nil, data: JSONObject? = nil) {
    json = JSONObject()
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("by", by)
    json.set("code", code)
    json.set("data", data)
  }

  /// `command_id` of the contract.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: TaskCommand {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `by` of the contract.
  public var by: String? {
    get { json.get("by") }
    set { json.set("by", newValue) }
  }

  /// `code` of the contract.
  public var code: String? {
    get { json.get("code") }
    set { json.set("code", newValue) }
  }

  /// `data` of the contract.
  public var data: JSONObject? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  public static let schema = Schema([
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("by", .string(max: 128)),
    .init("code", .string(max: 128)),
    .init("data", .object),
  ])
}

/// What `metrics.updated` says.
public struct MetricsUpdatedData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(values: [String: Double]) {
    json = JSONObject()
    json.set("values", values)
  }

  /// Name to number; names that are not in it keep their value.
  public var values: [String: Double] {
    get { json.get("values", or: [:]) }
    set { json.set("values", newValue) }
  }

  public static let schema = Schema([
    .init("values", .map(.number()), required: true),
  ])
}

/// What `log.line` says.
public struct LogLineData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(level: Level, text: String, stream: Stream? = nil, fields: JSONObject? = nil) {
    json = JSONObject()
    json.set("level", level)
    json.set("text", text)
    json.set("stream", stream)
    json.set("fields", fields)
  }

  /// `level` of the contract.
  public var level: Level {
    get { json.get("level", or: "") }
    set { json.set("level", newValue) }
  }

  /// `text` of the contract.
  public var text: String {
    get { json.get("text", or: "") }
    set { json.set("text", newValue) }
  }

  /// `stream` of the contract.
  public var stream: Stream? {
    get { json.get("stream") }
    set { json.set("stream", newValue) }
  }

  /// `fields` of the contract.
  public var fields: JSONObject? {
    get { json.get("fields") }
    set { json.set("fields", newValue) }
  }

  /// A value of `level`; others may come.
  public struct Level: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let debug = Self(rawValue: "debug")
    public static let info = Self(rawValue: "info")
    public static let warn = Self(rawValue: "warn")
    public static let error = Self(rawValue: "error")
  }

  /// A value of `stream`; others may come.
  public struct Stream: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let stdout = Self(rawValue: "stdout")
    public static let stderr = Self(rawValue: "stderr")
  }

  public static let schema = Schema([
    .init("level", .string(), required: true),
    .init("text", .string(), required: true),
    .init("stream", .string()),
    .init("fields", .object),
  ])
}

/// Any object.
public struct ExtensionData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  public static let schema = Schema([])
}

/// What the connection may do.
public struct ConnectionLimits: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(subscriptions: Int? = nil, frameBytes: Int? = nil, eventBytes: Int? = nil, requestBytes: Int? = nil, requestEvents: Int? = nil) {
    json = JSONObject()
    json.set("subscriptions", subscriptions)
    json.set("frame_bytes", frameBytes)
    json.set("event_bytes", eventBytes)
    json.set("request_bytes", requestBytes)
    json.set("request_events", requestEvents)
  }

  /// Tasks watched at once.
  public var subscriptions: Int? {
    get { json.get("subscriptions") }
    set { json.set("subscriptions", newValue) }
  }

  /// One frame from the client.
  public var frameBytes: Int? {
    get { json.get("frame_bytes") }
    set { json.set("frame_bytes", newValue) }
  }

  /// One event.
  public var eventBytes: Int? {
    get { json.get("event_bytes") }
    set { json.set("event_bytes", newValue) }
  }

  /// One append.
  public var requestBytes: Int? {
    get { json.get("request_bytes") }
    set { json.set("request_bytes", newValue) }
  }

  /// Events of one append.
  public var requestEvents: Int? {
    get { json.get("request_events") }
    set { json.set("request_events", newValue) }
  }

  public static let schema = Schema([
    .init("subscriptions", .integer(min: 0)),
    .init("frame_bytes", .integer(min: 0)),
    .init("event_bytes", .integer(min: 0)),
    .init("request_bytes", .integer(min: 0)),
    .init("request_events", .integer(min: 0)),
  ])
}

/// A set of tasks that changes by itself.
public struct TaskSelector: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(conversationID: String? = nil, scope: Scope? = nil, taskIDs: [String]? = nil) {
    json = JSONObject()
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
    json.set("task_ids", taskIDs)
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `scope` of the contract.
  public var scope: Scope? {
    get { json.get("scope") }
    set { json.set("scope", newValue) }
  }

  /// `task_ids` of the contract.
  public var taskIDs: [String]? {
    get { json.get("task_ids") }
    set { json.set("task_ids", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  public static let schema = Schema([
    .init("conversation_id", .id),
    .init("scope", .string()),
    .init("task_ids", .array(.id)),
  ])
}

/// How the part of the log that already exists is delivered: `full` every event, `compact` as `stream.replayed` ranges, `none` only what comes
/// from now on.
public struct TaskReplay: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  public static let full = Self(rawValue: "full")
  public static let compact = Self(rawValue: "compact")
  public static let none = Self(rawValue: "none")
}

/// A task in a list.
public struct TaskSummary: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, kind: String, status: TaskStatus, createdAt: String, updatedAt: String, lastSeq: Int, title: String? = nil, percent: Double? = nil, stage: String? = nil, message: String? = nil, conversationID: String? = nil, access: Access? = nil, attempt: Int? = nil, endedAt: String? = nil, queued: Bool? = nil, retryOf: String? = nil, retriedBy: String? = nil) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("kind", kind)
    json.set("title", title)
    json.set("status", status)
    json.set("percent", percent)
    json.set("stage", stage)
    json.set("message", message)
    json.set("conversation_id", conversationID)
    json.set("access", access)
    json.set("attempt", attempt)
    json.set("created_at", createdAt)
    json.set("updated_at", updatedAt)
    json.set("ended_at", endedAt)
    json.set("last_seq", lastSeq)
    json.set("queued", queued)
    json.set("retry_of", retryOf)
    json.set("retried_by", retriedBy)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `kind` of the contract.
  public var kind: String {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// `status` of the contract.
  public var status: TaskStatus {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `percent` of the contract.
  public var percent: Double? {
    get { json.get("percent") }
    set { json.set("percent", newValue) }
  }

  /// `stage` of the contract.
  public var stage: String? {
    get { json.get("stage") }
    set { json.set("stage", newValue) }
  }

  /// The last sentence for a person.
  public var message: String? {
    get { json.get("message") }
    set { json.set("message", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `access` of the contract.
  public var access: Access? {
    get { json.get("access") }
    set { json.set("access", newValue) }
  }

  /// `attempt` of the contract.
  public var attempt: Int? {
    get { json.get("attempt") }
    set { json.set("attempt", newValue) }
  }

  /// `created_at` of the contract.
  public var createdAt: String {
    get { json.get("created_at", or: "") }
    set { json.set("created_at", newValue) }
  }

  /// `updated_at` of the contract.
  public var updatedAt: String {
    get { json.get("updated_at", or: "") }
    set { json.set("updated_at", newValue) }
  }

  /// `ended_at` of the contract.
  public var endedAt: String? {
    get { json.get("ended_at") }
    set { json.set("ended_at", newValue) }
  }

  /// `last_seq` of the contract.
  public var lastSeq: Int {
    get { json.get("last_seq", or: 0) }
    set { json.set("last_seq", newValue) }
  }

  /// True where it was created to be leased by a worker.
  public var queued: Bool? {
    get { json.get("queued") }
    set { json.set("queued", newValue) }
  }

  /// The task that this one does again.
  public var retryOf: String? {
    get { json.get("retry_of") }
    set { json.set("retry_of", newValue) }
  }

  /// The task that does this one again; told with the task alone, not in lists.
  public var retriedBy: String? {
    get { json.get("retried_by") }
    set { json.set("retried_by", newValue) }
  }

  /// A value of `access`; others may come.
  public struct Access: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let owner = Self(rawValue: "owner")
    public static let link = Self(rawValue: "link")
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("kind", .string(max: 64), required: true),
    .init("title", .string(max: 512)),
    .init("status", .string(), required: true),
    .init("percent", .number(min: 0, max: 100)),
    .init("stage", .string(max: 128)),
    .init("message", .string(max: 4096)),
    .init("conversation_id", .string(max: 64)),
    .init("access", .string()),
    .init("attempt", .integer(min: 0)),
    .init("created_at", .time, required: true),
    .init("updated_at", .time, required: true),
    .init("ended_at", .time),
    .init("last_seq", .integer(min: 0), required: true),
    .init("queued", .boolean),
    .init("retry_of", .string(max: 64)),
    .init("retried_by", .string(max: 64)),
  ])
}

/// A retry identity that holds for ever. A request whose `seq` is not above the producer's last one is answered as the duplicate it is.
public struct TaskProducer: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(id: String, seq: Int) {
    json = JSONObject()
    json.set("id", id)
    json.set("seq", seq)
  }

  /// `id` of the contract.
  public var id: String {
    get { json.get("id", or: "") }
    set { json.set("id", newValue) }
  }

  /// Rises with every request of this producer to this task.
  public var seq: Int {
    get { json.get("seq", or: 0) }
    set { json.set("seq", newValue) }
  }

  public static let schema = Schema([
    .init("id", .id, required: true),
    .init("seq", .integer(min: 1), required: true),
  ])
}

/// The body of `POST /v1/tasks`.
public struct CreateTaskRequest: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(kind: String, title: String? = nil, input: JSONValue? = nil, conversationID: String? = nil, access: Access? = nil, retryOf: String? = nil, taskID: String? = nil, owner: String? = nil, idleSeconds: Int? = nil, queue: Bool? = nil, maxAttempts: Int? = nil, leaseSeconds: Int? = nil, delaySeconds: Int? = nil, deadline: String? = nil, priority: Priority? = nil) {
    json = JSONObject()
    json.set("kind", kind)
    json.set("title", title)
    json.set("input", input)
    json.set("conversation_id", conversationID)
    json.set("access", access)
    json.set("retry_of", retryOf)
    json.set("task_id", taskID)
    json.set("owner", owner)
    json.set("idle_seconds", idleSeconds)
    json.set("queue", queue)
    json.set("max_attempts", maxAttempts)
    json.set("lease_seconds", leaseSeconds)
    json.set("delay_seconds", delaySeconds)
    json.set("deadline", deadline)
    json.set("priority", priority)
  }

  /// What sort of work it is: `fraud-check`, `build` …
  public var kind: String {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// For people.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// What the work is to be done on; any JSON.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `link`: any signed-in user who knows the id may watch, never command.
  public var access: Access? {
    get { json.get("access") }
    set { json.set("access", newValue) }
  }

  /// The finished task that this one does again.
  public var retryOf: String? {
    get { json.get("retry_of") }
    set { json.set("retry_of", newValue) }
  }

  /// An id of your own choice. Needs the scope `tasks:publish`.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// The key of the user whose task it shall be. Needs the scope `tasks:publish`.
  public var owner: String? {
    get { json.get("owner") }
    set { json.set("owner", newValue) }
  }

  /// A task that nothing is heard of for so long has failed; 24 hours where it is left out.
  public var idleSeconds: Int? {
    get { json.get("idle_seconds") }
    set { json.set("idle_seconds", newValue) }
  }

  /// True: it waits in the queue of its kind until a worker leases it. The members below are for such a task.
  public var queue: Bool? {
    get { json.get("queue") }
    set { json.set("queue", newValue) }
  }

  /// How often it is given to a worker before it fails.
  public var maxAttempts: Int? {
    get { json.get("max_attempts") }
    set { json.set("max_attempts", newValue) }
  }

  /// A worker that is not heard of for so long has lost it.
  public var leaseSeconds: Int? {
    get { json.get("lease_seconds") }
    set { json.set("lease_seconds", newValue) }
  }

  /// It is not given to a worker before so long.
  public var delaySeconds: Int? {
    get { json.get("delay_seconds") }
    set { json.set("delay_seconds", newValue) }
  }

  /// It has failed if it has not ended by then.
  public var deadline: String? {
    get { json.get("deadline") }
    set { json.set("deadline", newValue) }
  }

  /// `priority` of the contract.
  public var priority: Priority? {
    get { json.get("priority") }
    set { json.set("priority", newValue) }
  }

  /// A value of `access`; others may come.
  public struct Access: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let owner = Self(rawValue: "owner")
    public static let link = Self(rawValue: "link")
  }

  /// A value of `priority`; others may come.
  public struct Priority: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let high = Self(rawValue: "high")
    public static let normal = Self(rawValue: "normal")
    public static let low = Self(rawValue: "low")
  }

  public static let schema = Schema([
    .init("kind", .id, required: true),
    .init("title", .string(max: 512)),
    .init("input", .any),
    .init("conversation_id", .id),
    .init("access", .oneOf(["owner", "link"])),
    .init("retry_of", .id),
    .init("task_id", .id),
    .init("owner", .id),
    .init("idle_seconds", .integer(min: 1, max: 31536000)),
    .init("queue", .boolean),
    .init("max_attempts", .integer(min: 1, max: 100)),
    .init("lease_seconds", .integer(min: 1, max: 86400)),
    .init("delay_seconds", .integer(min: 0, max: 2592000)),
    .init("deadline", .time),
    .init("priority", .oneOf(["high", "normal", "low"])),
  ])
}

/// The task was created, or had been by an earlier try of the same request (`duplicate`).
public struct CreateTaskResponse: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, firstSeq: Int, lastSeq: Int, cursor: String, duplicate: Bool) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("first_seq", firstSeq)
    json.set("last_seq", lastSeq)
    json.set("cursor", cursor)
    json.set("duplicate", duplicate)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `first_seq` of the contract.
  public var firstSeq: Int {
    get { json.get("first_seq", or: 0) }
    set { json.set("first_seq", newValue) }
  }

  /// `last_seq` of the contract.
  public var lastSeq: Int {
    get { json.get("last_seq", or: 0) }
    set { json.set("last_seq", newValue) }
  }

  /// The position after its first events.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// `duplicate` of the contract.
  public var duplicate: Bool {
    get { json.get("duplicate", or: false) }
    set { json.set("duplicate", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("first_seq", .integer(min: 1), required: true),
    .init("last_seq", .integer(min: 1), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("duplicate", .boolean, required: true),
  ])
}

/// The events are in the log.
public struct AppendAck: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, firstSeq: Int, lastSeq: Int, cursor: String, duplicate: Bool) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("first_seq", firstSeq)
    json.set("last_seq", lastSeq)
    json.set("cursor", cursor)
    json.set("duplicate", duplicate)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `first_seq` of the contract.
  public var firstSeq: Int {
    get { json.get("first_seq", or: 0) }
    set { json.set("first_seq", newValue) }
  }

  /// `last_seq` of the contract.
  public var lastSeq: Int {
    get { json.get("last_seq", or: 0) }
    set { json.set("last_seq", newValue) }
  }

  /// The position after them.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// True where these events were stored before, by an earlier try of the same request.
  public var duplicate: Bool {
    get { json.get("duplicate", or: false) }
    set { json.set("duplicate", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("first_seq", .integer(min: 1), required: true),
    .init("last_seq", .integer(min: 1), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("duplicate", .boolean, required: true),
  ])
}

/// The answer of `GET /v1/tasks/{task_id}/events` as JSON.
public struct EventPage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, status: TaskStatus, events: [JSONObject], cursor: String, more: Bool, ended: Bool, tailSeq: Int, gap: PageGap? = nil) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("status", status)
    json.set("events", events)
    json.set("cursor", cursor)
    json.set("more", more)
    json.set("ended", ended)
    json.set("tail_seq", tailSeq)
    json.set("gap", gap)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `status` of the contract.
  public var status: TaskStatus {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// In order, each with its cursor.
  public var events: [JSONObject] {
    get { json.get("events", or: []) }
    set { json.set("events", newValue) }
  }

  /// The position after the page: pass it as `after`.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// True where the log had more than fits; false at its end, where `wait` makes a long-poll.
  public var more: Bool {
    get { json.get("more", or: false) }
    set { json.set("more", newValue) }
  }

  /// True where the task is over and the page reaches its end: do not come back.
  public var ended: Bool {
    get { json.get("ended", or: false) }
    set { json.set("ended", newValue) }
  }

  /// The last `seq` of the task.
  public var tailSeq: Int {
    get { json.get("tail_seq", or: 0) }
    set { json.set("tail_seq", newValue) }
  }

  /// `gap` of the contract.
  public var gap: PageGap? {
    get { json.get("gap") }
    set { json.set("gap", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("status", .string(), required: true),
    .init("events", .array(.object), required: true),
    .init("cursor", .string(max: 256), required: true),
    .init("more", .boolean, required: true),
    .init("ended", .boolean, required: true),
    .init("tail_seq", .integer(min: 0), required: true),
    .init("gap", .type(PageGap.self)),
  ])
}

/// What was asked for is no longer there; the first event of the page is a `task.snapshot`.
public struct PageGap: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(requested: String, earliest: String, reason: Reason) {
    json = JSONObject()
    json.set("requested", requested)
    json.set("earliest", earliest)
    json.set("reason", reason)
  }

  /// `requested` of the contract.
  public var requested: String {
    get { json.get("requested", or: "") }
    set { json.set("requested", newValue) }
  }

  /// `earliest` of the contract.
  public var earliest: String {
    get { json.get("earliest", or: "") }
    set { json.set("earliest", newValue) }
  }

  /// `reason` of the contract.
  public var reason: Reason {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  /// A value of `reason`; others may come.
  public struct Reason: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let retention = Self(rawValue: "retention")
    public static let reset = Self(rawValue: "reset")
  }

  public static let schema = Schema([
    .init("requested", .string(max: 256), required: true),
    .init("earliest", .string(max: 256), required: true),
    .init("reason", .string(), required: true),
  ])
}

/// The answer of `GET /v1/tasks`: newest change first.
public struct TaskPage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(tasks: [TaskSummary], next: String?) {
    json = JSONObject()
    json.set("tasks", tasks)
    json.set("next", next)
  }

  /// `tasks` of the contract.
  public var tasks: [TaskSummary] {
    get { json.get("tasks", or: []) }
    set { json.set("tasks", newValue) }
  }

  /// Pass it as `before` to get the next page; null on the last one.
  public var next: String? {
    get { json.get("next") }
    set { json.set("next", newValue) }
  }

  public static let schema = Schema([
    .init("tasks", .array(.type(TaskSummary.self)), required: true),
    .init("next", .nullable(.string()), required: true),
  ])
}

/// The answer of `GET /v1/tasks/{task_id}`: watch from `cursor` on, and nothing is missing.
public struct TaskResponse: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(task: TaskSummary, cursor: String, snapshot: TaskSnapshotData) {
    json = JSONObject()
    json.set("task", task)
    json.set("cursor", cursor)
    json.set("snapshot", snapshot)
  }

  /// `task` of the contract.
  public var task: TaskSummary {
    get { json.get("task", or: TaskSummary(json: JSONObject())) }
    set { json.set("task", newValue) }
  }

  /// The position after the snapshot.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// `snapshot` of the contract.
  public var snapshot: TaskSnapshotData {
    get { json.get("snapshot", or: TaskSnapshotData(json: JSONObject())) }
    set { json.set("snapshot", newValue) }
  }

  public static let schema = Schema([
    .init("task", .type(TaskSummary.self), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("snapshot", .type(TaskSnapshotData.self), required: true),
  ])
}

/// The body of `POST /v1/tasks/{task_id}/commands`.
public struct CommandRequest: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(commandID: String, command: Command, data: CommandData? = nil) {
    json = JSONObject()
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("data", data)
  }

  /// Chosen by the client; sending the same twice does it once.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// What is ordered.
  public var command: Command {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `data` of the contract.
  public var data: CommandData? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  /// A value of `command`; others may come.
  public struct Command: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pause = Self(rawValue: "pause")
    public static let resume = Self(rawValue: "resume")
    public static let cancel = Self(rawValue: "cancel")
    public static let message = Self(rawValue: "message")
    public static let respond = Self(rawValue: "respond")
  }

  public static let schema = Schema([
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .oneOf(["pause", "resume", "cancel", "message", "respond"]), required: true),
    .init("data", .type(CommandData.self)),
  ])
}

/// With `message` `{text}`, with `respond` `{request_id, outcome, response}`, with the others at most `{reason}`.
public struct CommandData: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(text: String? = nil, messageID: String? = nil, requestID: String? = nil, outcome: Outcome? = nil, response: JSONValue? = nil, reason: String? = nil) {
    json = JSONObject()
    json.set("text", text)
    json.set("message_id", messageID)
    json.set("request_id", requestID)
    json.set("outcome", outcome)
    json.set("response", response)
    json.set("reason", reason)
  }

  /// With `message`: what is said.
  public var text: String? {
    get { json.get("text") }
    set { json.set("text", newValue) }
  }

  /// With `message`: its id; the command's where it is left out.
  public var messageID: String? {
    get { json.get("message_id") }
    set { json.set("message_id", newValue) }
  }

  /// With `respond`: the input request that is answered.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  /// With `respond`; `answered` where it is left out.
  public var outcome: Outcome? {
    get { json.get("outcome") }
    set { json.set("outcome", newValue) }
  }

  /// With `respond`: the answer, held to the `schema` of the request.
  public var response: JSONValue? {
    get { json.get("response") }
    set { json.set("response", newValue) }
  }

  /// With `pause`, `resume` and `cancel`: why, for people.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  /// A value of `outcome`; others may come.
  public struct Outcome: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let answered = Self(rawValue: "answered")
    public static let approved = Self(rawValue: "approved")
    public static let denied = Self(rawValue: "denied")
  }

  public static let schema = Schema([
    .init("text", .string(min: 1, max: 32768)),
    .init("message_id", .string(min: 1, max: 64)),
    .init("request_id", .string(min: 1, max: 64)),
    .init("outcome", .oneOf(["answered", "approved", "denied"])),
    .init("response", .any),
    .init("reason", .string(max: 4096)),
  ])
}

/// The command is in the log.
public struct CommandResponse: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, commandID: String, command: TaskCommand, outcome: Outcome, firstSeq: Int, lastSeq: Int, cursor: String, duplicate: Bool) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("outcome", outcome)
    json.set("first_seq", firstSeq)
    json.set("last_seq", lastSeq)
    json.set("cursor", cursor)
    json.set("duplicate", duplicate)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `command_id` of the contract.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: TaskCommand {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `applied`: it was carried out at once. `accepted`: its worker sees it and says so, or the task ends.
  public var outcome: Outcome {
    get { json.get("outcome", or: "") }
    set { json.set("outcome", newValue) }
  }

  /// `first_seq` of the contract.
  public var firstSeq: Int {
    get { json.get("first_seq", or: 0) }
    set { json.set("first_seq", newValue) }
  }

  /// `last_seq` of the contract.
  public var lastSeq: Int {
    get { json.get("last_seq", or: 0) }
    set { json.set("last_seq", newValue) }
  }

  /// The position after it.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// True where the command had been ordered before.
  public var duplicate: Bool {
    get { json.get("duplicate", or: false) }
    set { json.set("duplicate", newValue) }
  }

  /// A value of `outcome`; others may come.
  public struct Outcome: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let accepted = Self(rawValue: "accepted")
    public static let applied = Self(rawValue: "applied")
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("outcome", .string(), required: true),
    .init("first_seq", .integer(min: 1), required: true),
    .init("last_seq", .integer(min: 1), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("duplicate", .boolean, required: true),
  ])
}

/// The body of `POST /v1/work/{kind}/lease`.
public struct LeaseRequest: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(workerID: String? = nil) {
    json = JSONObject()
    json.set("worker_id", workerID)
  }

  /// Names the worker to people; told in `task.started`.
  public var workerID: String? {
    get { json.get("worker_id") }
    set { json.set("worker_id", newValue) }
  }

  public static let schema = Schema([
    .init("worker_id", .string(min: 1, max: 128)),
  ])
}

/// What was given out; empty where nothing came in time.
public struct LeaseResponse: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(leases: [TaskLease]) {
    json = JSONObject()
    json.set("leases", leases)
  }

  /// `leases` of the contract.
  public var leases: [TaskLease] {
    get { json.get("leases", or: []) }
    set { json.set("leases", newValue) }
  }

  public static let schema = Schema([
    .init("leases", .array(.type(TaskLease.self)), required: true),
  ])
}

/// A task in the hands of a worker, for `lease_ms` from now and from every sign of life.
public struct TaskLease: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, kind: String, attempt: Int, maxAttempts: Int, lease: String, leaseMs: Int, cursor: String, lastSeq: Int, title: String? = nil, input: JSONValue? = nil, conversationID: String? = nil, owner: String? = nil, deadline: String? = nil) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("kind", kind)
    json.set("attempt", attempt)
    json.set("max_attempts", maxAttempts)
    json.set("lease", lease)
    json.set("lease_ms", leaseMs)
    json.set("title", title)
    json.set("input", input)
    json.set("conversation_id", conversationID)
    json.set("owner", owner)
    json.set("deadline", deadline)
    json.set("cursor", cursor)
    json.set("last_seq", lastSeq)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `kind` of the contract.
  public var kind: String {
    get { json.get("kind", or: "") }
    set { json.set("kind", newValue) }
  }

  /// `attempt` of the contract.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// `max_attempts` of the contract.
  public var maxAttempts: Int {
    get { json.get("max_attempts", or: 0) }
    set { json.set("max_attempts", newValue) }
  }

  /// Shown with everything that is published: header `Taskwire-Lease`.
  public var lease: String {
    get { json.get("lease", or: "") }
    set { json.set("lease", newValue) }
  }

  /// `lease_ms` of the contract.
  public var leaseMs: Int {
    get { json.get("lease_ms", or: 0) }
    set { json.set("lease_ms", newValue) }
  }

  /// `title` of the contract.
  public var title: String? {
    get { json.get("title") }
    set { json.set("title", newValue) }
  }

  /// What the work is to be done on; any JSON.
  public var input: JSONValue? {
    get { json.get("input") }
    set { json.set("input", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// The key of the user whose task it is.
  public var owner: String? {
    get { json.get("owner") }
    set { json.set("owner", newValue) }
  }

  /// `deadline` of the contract.
  public var deadline: String? {
    get { json.get("deadline") }
    set { json.set("deadline", newValue) }
  }

  /// The position after its `task.started`: follow from here to see commands.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// `last_seq` of the contract.
  public var lastSeq: Int {
    get { json.get("last_seq", or: 0) }
    set { json.set("last_seq", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("kind", .string(max: 64), required: true),
    .init("attempt", .integer(min: 1), required: true),
    .init("max_attempts", .integer(min: 1), required: true),
    .init("lease", .string(min: 1, max: 2048), required: true),
    .init("lease_ms", .integer(min: 1), required: true),
    .init("title", .string(max: 512)),
    .init("input", .any),
    .init("conversation_id", .string(max: 64)),
    .init("owner", .string(max: 64)),
    .init("deadline", .time),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("last_seq", .integer(min: 1), required: true),
  ])
}

/// A lease that holds.
public struct LeaseStanding: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, attempt: Int, leaseMs: Int) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("attempt", attempt)
    json.set("lease_ms", leaseMs)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `attempt` of the contract.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  /// `lease_ms` of the contract.
  public var leaseMs: Int {
    get { json.get("lease_ms", or: 0) }
    set { json.set("lease_ms", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("attempt", .integer(min: 1), required: true),
    .init("lease_ms", .integer(min: 1), required: true),
  ])
}

/// The body of `POST /v1/tasks/{task_id}/lease/fail`.
public struct AttemptFailure: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(error: TaskFailure, delaySeconds: Int? = nil, userMessage: String? = nil) {
    json = JSONObject()
    json.set("error", error)
    json.set("delay_seconds", delaySeconds)
    json.set("user_message", userMessage)
  }

  /// `error` of the contract.
  public var error: TaskFailure {
    get { json.get("error", or: TaskFailure(json: JSONObject())) }
    set { json.set("error", newValue) }
  }

  /// It is not given to a worker again before so long.
  public var delaySeconds: Int? {
    get { json.get("delay_seconds") }
    set { json.set("delay_seconds", newValue) }
  }

  /// The failure in the user's words.
  public var userMessage: String? {
    get { json.get("user_message") }
    set { json.set("user_message", newValue) }
  }

  public static let schema = Schema([
    .init("error", .type(TaskFailure.self), required: true),
    .init("delay_seconds", .integer(min: 0, max: 86400)),
    .init("user_message", .string(max: 4096)),
  ])
}

/// What became of a task whose lease was given up.
public struct AttemptEnd: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, status: TaskStatus, attempt: Int) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("status", status)
    json.set("attempt", attempt)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `status` of the contract.
  public var status: TaskStatus {
    get { json.get("status", or: "") }
    set { json.set("status", newValue) }
  }

  /// `attempt` of the contract.
  public var attempt: Int {
    get { json.get("attempt", or: 0) }
    set { json.set("attempt", newValue) }
  }

  public static let schema = Schema([
    .init("task_id", .id, required: true),
    .init("status", .string(), required: true),
    .init("attempt", .integer(min: 1), required: true),
  ])
}

/// One task or several, a conversation, or all of mine: exactly one of them. Needs `taskIDs`, or `conversationID`, or `scope`.
public struct TaskWatchable: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskIDs: [String]? = nil, conversationID: String? = nil, scope: Scope? = nil) {
    json = JSONObject()
    json.set("task_ids", taskIDs)
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
  }

  /// `task_ids` of the contract.
  public var taskIDs: [String]? {
    get { json.get("task_ids") }
    set { json.set("task_ids", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `scope` of the contract.
  public var scope: Scope? {
    get { json.get("scope") }
    set { json.set("scope", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  public static let schema = Schema([
    .init("task_ids", .array(.id, min: 1)),
    .init("conversation_id", .id),
    .init("scope", .oneOf(["mine"])),
  ], needs: [["task_ids"], ["conversation_id"], ["scope"]])
}

/// A ticket for `?ticket=`.
public struct TaskTicket: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(ticket: String, useBy: String, url: String) {
    json = JSONObject()
    json.set("ticket", ticket)
    json.set("use_by", useBy)
    json.set("url", url)
  }

  /// `ticket` of the contract.
  public var ticket: String {
    get { json.get("ticket", or: "") }
    set { json.set("ticket", newValue) }
  }

  /// It must be used for the first time before; then it is good for the reconnects of that very stream.
  public var useBy: String {
    get { json.get("use_by", or: "") }
    set { json.set("use_by", newValue) }
  }

  /// The address of the stream as Server-Sent Events.
  public var url: String {
    get { json.get("url", or: "") }
    set { json.set("url", newValue) }
  }

  public static let schema = Schema([
    .init("ticket", .string(min: 1, max: 256), required: true),
    .init("use_by", .time, required: true),
    .init("url", .string(max: 4096), required: true),
  ])
}

/// The body of `POST /v1/grants`: what may be watched, and until when. Needs `taskIDs`, or `conversationID`, or `scope`.
public struct GrantRequest: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskIDs: [String]? = nil, conversationID: String? = nil, scope: Scope? = nil, label: String? = nil, expiresAt: String? = nil) {
    json = JSONObject()
    json.set("task_ids", taskIDs)
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
    json.set("label", label)
    json.set("expires_at", expiresAt)
  }

  /// `task_ids` of the contract.
  public var taskIDs: [String]? {
    get { json.get("task_ids") }
    set { json.set("task_ids", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `scope` of the contract.
  public var scope: Scope? {
    get { json.get("scope") }
    set { json.set("scope", newValue) }
  }

  /// For whom, as its owner wants to read it in the list.
  public var label: String? {
    get { json.get("label") }
    set { json.set("label", newValue) }
  }

  /// At most a year from now; 30 days where it is left out.
  public var expiresAt: String? {
    get { json.get("expires_at") }
    set { json.set("expires_at", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  public static let schema = Schema([
    .init("task_ids", .array(.id, min: 1)),
    .init("conversation_id", .id),
    .init("scope", .oneOf(["mine"])),
    .init("label", .string(max: 256)),
    .init("expires_at", .time),
  ], needs: [["task_ids"], ["conversation_id"], ["scope"]])
}

/// A new grant and its token, which is told this once.
public struct GrantResponse: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(grant: TaskGrant, token: String) {
    json = JSONObject()
    json.set("grant", grant)
    json.set("token", token)
  }

  /// `grant` of the contract.
  public var grant: TaskGrant {
    get { json.get("grant", or: TaskGrant(json: JSONObject())) }
    set { json.set("grant", newValue) }
  }

  /// `token` of the contract.
  public var token: String {
    get { json.get("token", or: "") }
    set { json.set("token", newValue) }
  }

  public static let schema = Schema([
    .init("grant", .type(TaskGrant.self), required: true),
    .init("token", .string(min: 1, max: 4096), required: true),
  ])
}

/// An access for watching only.
public struct TaskGrant: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(grantID: String, createdAt: String, taskIDs: [String]? = nil, conversationID: String? = nil, scope: Scope? = nil, label: String? = nil, expiresAt: String? = nil) {
    json = JSONObject()
    json.set("grant_id", grantID)
    json.set("task_ids", taskIDs)
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
    json.set("label", label)
    json.set("created_at", createdAt)
    json.set("expires_at", expiresAt)
  }

  /// `grant_id` of the contract.
  public var grantID: String {
    get { json.get("grant_id", or: "") }
    set { json.set("grant_id", newValue) }
  }

  /// `task_ids` of the contract.
  public var taskIDs: [String]? {
    get { json.get("task_ids") }
    set { json.set("task_ids", newValue) }
  }

  /// `conversation_id` of the contract.
  public var conversationID: String? {
    get { json.get("conversation_id") }
    set { json.set("conversation_id", newValue) }
  }

  /// `scope` of the contract.
  public var scope: Scope? {
    get { json.get("scope") }
    set { json.set("scope", newValue) }
  }

  /// `label` of the contract.
  public var label: String? {
    get { json.get("label") }
    set { json.set("label", newValue) }
  }

  /// `created_at` of the contract.
  public var createdAt: String {
    get { json.get("created_at", or: "") }
    set { json.set("created_at", newValue) }
  }

  /// `expires_at` of the contract.
  public var expiresAt: String? {
    get { json.get("expires_at") }
    set { json.set("expires_at", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  public static let schema = Schema([
    .init("grant_id", .string(min: 1, max: 64), required: true),
    .init("task_ids", .array(.string(max: 64))),
    .init("conversation_id", .string(max: 64)),
    .init("scope", .string()),
    .init("label", .string(max: 256)),
    .init("created_at", .time, required: true),
    .init("expires_at", .time),
  ])
}

/// My grants that hold.
public struct GrantList: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(grants: [TaskGrant]) {
    json = JSONObject()
    json.set("grants", grants)
  }

  /// `grants` of the contract.
  public var grants: [TaskGrant] {
    get { json.get("grants", or: []) }
    set { json.set("grants", newValue) }
  }

  public static let schema = Schema([
    .init("grants", .array(.type(TaskGrant.self)), required: true),
  ])
}

/// The answer of `GET /v1/conversations`: newest change first.
public struct ConversationPage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(conversations: [TaskConversation], next: String?) {
    json = JSONObject()
    json.set("conversations", conversations)
    json.set("next", next)
  }

  /// `conversations` of the contract.
  public var conversations: [TaskConversation] {
    get { json.get("conversations", or: []) }
    set { json.set("conversations", newValue) }
  }

  /// Pass it as `before` to get the next page; null on the last one.
  public var next: String? {
    get { json.get("next") }
    set { json.set("next", newValue) }
  }

  public static let schema = Schema([
    .init("conversations", .array(.type(TaskConversation.self)), required: true),
    .init("next", .nullable(.string()), required: true),
  ])
}

/// Tasks that belong together. It exists by being named in one.
public struct TaskConversation: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(conversationID: String, createdAt: String, updatedAt: String, tasks: Int, messages: Int, preview: String?) {
    json = JSONObject()
    json.set("conversation_id", conversationID)
    json.set("created_at", createdAt)
    json.set("updated_at", updatedAt)
    json.set("tasks", tasks)
    json.set("messages", messages)
    json.set("preview", preview)
  }

  /// `conversation_id` of the contract.
  public var conversationID: String {
    get { json.get("conversation_id", or: "") }
    set { json.set("conversation_id", newValue) }
  }

  /// `created_at` of the contract.
  public var createdAt: String {
    get { json.get("created_at", or: "") }
    set { json.set("created_at", newValue) }
  }

  /// `updated_at` of the contract.
  public var updatedAt: String {
    get { json.get("updated_at", or: "") }
    set { json.set("updated_at", newValue) }
  }

  /// `tasks` of the contract.
  public var tasks: Int {
    get { json.get("tasks", or: 0) }
    set { json.set("tasks", newValue) }
  }

  /// How many messages were completed.
  public var messages: Int {
    get { json.get("messages", or: 0) }
    set { json.set("messages", newValue) }
  }

  /// The first that the user said, cut to 100 characters; null where they said nothing.
  public var preview: String? {
    get { json.get("preview") }
    set { json.set("preview", newValue) }
  }

  public static let schema = Schema([
    .init("conversation_id", .string(max: 64), required: true),
    .init("created_at", .time, required: true),
    .init("updated_at", .time, required: true),
    .init("tasks", .integer(min: 0), required: true),
    .init("messages", .integer(min: 0), required: true),
    .init("preview", .nullable(.string()), required: true),
  ])
}

/// The answer of `GET /v1/conversations/{conversation_id}/messages`: the newest that fit, oldest first.
public struct MessagePage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(conversationID: String, messages: [ConversationMessage], next: String?) {
    json = JSONObject()
    json.set("conversation_id", conversationID)
    json.set("messages", messages)
    json.set("next", next)
  }

  /// `conversation_id` of the contract.
  public var conversationID: String {
    get { json.get("conversation_id", or: "") }
    set { json.set("conversation_id", newValue) }
  }

  /// `messages` of the contract.
  public var messages: [ConversationMessage] {
    get { json.get("messages", or: []) }
    set { json.set("messages", newValue) }
  }

  /// Pass it as `before` to get what was said earlier; null where nothing was.
  public var next: String? {
    get { json.get("next") }
    set { json.set("next", newValue) }
  }

  public static let schema = Schema([
    .init("conversation_id", .string(max: 64), required: true),
    .init("messages", .array(.type(ConversationMessage.self)), required: true),
    .init("next", .nullable(.string()), required: true),
  ])
}

/// One message of a conversation.
public struct ConversationMessage: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, messageID: String, role: Role, content: String, time: String, truncated: Bool? = nil, open: Bool? = nil) {
    json = JSONObject()
    json.set("task_id", taskID)
    json.set("message_id", messageID)
    json.set("role", role)
    json.set("content", content)
    json.set("truncated", truncated)
    json.set("open", open)
    json.set("time", time)
  }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `message_id` of the contract.
  public var messageID: String {
    get { json.get("message_id", or: "") }
    set { json.set("message_id", newValue) }
  }

  /// `role` of the contract.
  public var role: Role {
    get { json.get("role", or: "") }
    set { json.set("role", newValue) }
  }

  /// `content` of the contract.
  public var content: String {
    get { json.get("content", or: "") }
    set { json.set("content", newValue) }
  }

  /// True where the text is longer; the task has all of it.
  public var truncated: Bool? {
    get { json.get("truncated") }
    set { json.set("truncated", newValue) }
  }

  /// True where it is still being written.
  public var open: Bool? {
    get { json.get("open") }
    set { json.set("open", newValue) }
  }

  /// `time` of the contract.
  public var time: String {
    get { json.get("time", or: "") }
    set { json.set("time", newValue) }
  }

  /// A value of `role`; others may come.
  public struct Role: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let user = Self(rawValue: "user")
    public static let assistant = Self(rawValue: "assistant")
    public static let system = Self(rawValue: "system")
    public static let tool = Self(rawValue: "tool")
  }

  public static let schema = Schema([
    .init("task_id", .string(max: 64), required: true),
    .init("message_id", .string(max: 64), required: true),
    .init("role", .string(), required: true),
    .init("content", .string(), required: true),
    .init("truncated", .boolean),
    .init("open", .boolean),
    .init("time", .time, required: true),
  ])
}

/// An error over HTTP (RFC 9457, `application/problem+json`).
public struct ProblemBody: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(type: String, title: String, status: Int, detail: String, code: String, retryable: Bool, advice: String, requestID: String? = nil, retryAfterMs: Int? = nil, path: String? = nil, line: Int? = nil, law: Int? = nil, reason: String? = nil, limit: String? = nil, retriedBy: String? = nil) {
    json = JSONObject()
    json.set("type", type)
    json.set("title", title)
    json.set("status", status)
    json.set("detail", detail)
    json.set("code", code)
    json.set("retryable", retryable)
    json.set("advice", advice)
    json.set("request_id", requestID)
    json.set("retry_after_ms", retryAfterMs)
    json.set("path", path)
    json.set("line", line)
    json.set("law", law)
    json.set("reason", reason)
    json.set("limit", limit)
    json.set("retried_by", retriedBy)
  }

  /// `/problems/CODE`.
  public var type: String {
    get { json.get("type", or: "") }
    set { json.set("type", newValue) }
  }

  /// `title` of the contract.
  public var title: String {
    get { json.get("title", or: "") }
    set { json.set("title", newValue) }
  }

  /// `status` of the contract.
  public var status: Int {
    get { json.get("status", or: 0) }
    set { json.set("status", newValue) }
  }

  /// What was wrong with this request.
  public var detail: String {
    get { json.get("detail", or: "") }
    set { json.set("detail", newValue) }
  }

  /// Stable; from the error table.
  public var code: String {
    get { json.get("code", or: "") }
    set { json.set("code", newValue) }
  }

  /// Whether the same request may succeed later.
  public var retryable: Bool {
    get { json.get("retryable", or: false) }
    set { json.set("retryable", newValue) }
  }

  /// What to do.
  public var advice: String {
    get { json.get("advice", or: "") }
    set { json.set("advice", newValue) }
  }

  /// Names the request in the journal; quote it in a report.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  /// `retry_after_ms` of the contract.
  public var retryAfterMs: Int? {
    get { json.get("retry_after_ms") }
    set { json.set("retry_after_ms", newValue) }
  }

  /// Where in the body or query: `3.data.percent`.
  public var path: String? {
    get { json.get("path") }
    set { json.set("path", newValue) }
  }

  /// Which line of an NDJSON body.
  public var line: Int? {
    get { json.get("line") }
    set { json.set("line", newValue) }
  }

  /// Which law was broken.
  public var law: Int? {
    get { json.get("law") }
    set { json.set("law", newValue) }
  }

  /// With `command_rejected`: which rule.
  public var reason: String? {
    get { json.get("reason") }
    set { json.set("reason", newValue) }
  }

  /// With `rate_limited`: the name of the bound.
  public var limit: String? {
    get { json.get("limit") }
    set { json.set("limit", newValue) }
  }

  /// With `retry_running`: the task that does it again.
  public var retriedBy: String? {
    get { json.get("retried_by") }
    set { json.set("retried_by", newValue) }
  }

  public static let schema = Schema([
    .init("type", .string(), required: true),
    .init("title", .string(), required: true),
    .init("status", .integer(min: 400, max: 599), required: true),
    .init("detail", .string(), required: true),
    .init("code", .string(), required: true),
    .init("retryable", .boolean, required: true),
    .init("advice", .string(), required: true),
    .init("request_id", .string()),
    .init("retry_after_ms", .integer(min: 0)),
    .init("path", .string()),
    .init("line", .integer(min: 1)),
    .init("law", .integer(min: 1, max: 99)),
    .init("reason", .string()),
    .init("limit", .string()),
    .init("retried_by", .string()),
  ])
}
