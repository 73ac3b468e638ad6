// Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.

/// The first frame of every connection: what it is and what it may do.
public struct StreamReadyFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(`protocol`: String, connectionID: String, heartbeatMs: Int, limits: ConnectionLimits? = nil, tokenExpiresAt: String? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.ready")
    json.set("protocol", `protocol`)
    json.set("connection_id", connectionID)
    json.set("heartbeat_ms", heartbeatMs)
    json.set("limits", limits)
    json.set("token_expires_at", tokenExpiresAt)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "stream.ready" }

  /// `taskwire.v1`.
  public var `protocol`: String {
    get { json.get("protocol", or: "") }
    set { json.set("protocol", newValue) }
  }

  /// Names the connection in the journal; quote it in a report.
  public var connectionID: String {
    get { json.get("connection_id", or: "") }
    set { json.set("connection_id", newValue) }
  }

  /// A heartbeat comes so often, in milliseconds. Nothing for two and a half of them: the connection is dead.
  public var heartbeatMs: Int {
    get { json.get("heartbeat_ms", or: 0) }
    set { json.set("heartbeat_ms", newValue) }
  }

  /// `limits` of the contract.
  public var limits: ConnectionLimits? {
    get { json.get("limits") }
    set { json.set("limits", newValue) }
  }

  /// When the token of this connection ends.
  public var tokenExpiresAt: String? {
    get { json.get("token_expires_at") }
    set { json.set("token_expires_at", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.ready"), required: true),
    .init("protocol", .string(max: 64), required: true),
    .init("connection_id", .string(min: 1, max: 128), required: true),
    .init("heartbeat_ms", .integer(min: 1), required: true),
    .init("limits", .type(ConnectionLimits.self)),
    .init("token_expires_at", .time),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// A subscription has begun; replay follows, then `stream.caught_up`. Needs `taskID`, or `selector`.
public struct StreamSubscribedFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(cursor: String, replay: TaskReplay, tailSeq: Int, taskID: String? = nil, selector: TaskSelector? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.subscribed")
    json.set("task_id", taskID)
    json.set("selector", selector)
    json.set("cursor", cursor)
    json.set("replay", replay)
    json.set("tail_seq", tailSeq)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "stream.subscribed" }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector? {
    get { json.get("selector") }
    set { json.set("selector", newValue) }
  }

  /// The position that delivery starts from; opaque.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// `replay` of the contract.
  public var replay: TaskReplay {
    get { json.get("replay", or: "") }
    set { json.set("replay", newValue) }
  }

  /// The last `seq` of the task at this moment: how much will be replayed. 0 for a set.
  public var tailSeq: Int {
    get { json.get("tail_seq", or: 0) }
    set { json.set("tail_seq", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.subscribed"), required: true),
    .init("task_id", .id),
    .init("selector", .type(TaskSelector.self)),
    .init("cursor", .string(max: 256), required: true),
    .init("replay", .string(), required: true),
    .init("tail_seq", .integer(min: 0), required: true),
    .init("request_id", .string(min: 1, max: 128)),
  ], needs: [["task_id"], ["selector"]])
}

/// A subscription has ended as asked. Nothing of it follows. Needs `taskID`, or `selector`.
public struct StreamUnsubscribedFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String? = nil, selector: TaskSelector? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.unsubscribed")
    json.set("task_id", taskID)
    json.set("selector", selector)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "stream.unsubscribed" }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector? {
    get { json.get("selector") }
    set { json.set("selector", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.unsubscribed"), required: true),
    .init("task_id", .id),
    .init("selector", .type(TaskSelector.self)),
    .init("request_id", .string(min: 1, max: 128)),
  ], needs: [["task_id"], ["selector"]])
}

/// A task has joined a watched set.
public struct StreamJoinedFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, selector: TaskSelector, reason: Reason, summary: TaskSummary) {
    json = JSONObject()
    json["type"] = .string("stream.joined")
    json.set("task_id", taskID)
    json.set("selector", selector)
    json.set("reason", reason)
    json.set("summary", summary)
  }

  /// `type` of the contract.
  public var type: String { "stream.joined" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector {
    get { json.get("selector", or: TaskSelector(json: JSONObject())) }
    set { json.set("selector", newValue) }
  }

  /// `reason` of the contract.
  public var reason: Reason {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  /// `summary` of the contract.
  public var summary: TaskSummary {
    get { json.get("summary", or: TaskSummary(json: JSONObject())) }
    set { json.set("summary", newValue) }
  }

  /// A value of `reason`; others may come.
  public struct Reason: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let present = Self(rawValue: "present")
    public static let created = Self(rawValue: "created")
    public static let changed = Self(rawValue: "changed")
  }

  public static let schema = Schema([
    .init("type", .constant("stream.joined"), required: true),
    .init("task_id", .id, required: true),
    .init("selector", .type(TaskSelector.self), required: true),
    .init("reason", .string(), required: true),
    .init("summary", .type(TaskSummary.self), required: true),
  ])
}

/// A task has left a watched set.
public struct StreamLeftFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, selector: TaskSelector, reason: Reason, summary: TaskSummary) {
    json = JSONObject()
    json["type"] = .string("stream.left")
    json.set("task_id", taskID)
    json.set("selector", selector)
    json.set("reason", reason)
    json.set("summary", summary)
  }

  /// `type` of the contract.
  public var type: String { "stream.left" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector {
    get { json.get("selector", or: TaskSelector(json: JSONObject())) }
    set { json.set("selector", newValue) }
  }

  /// `reason` of the contract.
  public var reason: Reason {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  /// `summary` of the contract.
  public var summary: TaskSummary {
    get { json.get("summary", or: TaskSummary(json: JSONObject())) }
    set { json.set("summary", newValue) }
  }

  /// A value of `reason`; others may come.
  public struct Reason: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let ended = Self(rawValue: "ended")
    public static let deleted = Self(rawValue: "deleted")
    public static let changed = Self(rawValue: "changed")
    public static let limit = Self(rawValue: "limit")
  }

  public static let schema = Schema([
    .init("type", .constant("stream.left"), required: true),
    .init("task_id", .id, required: true),
    .init("selector", .type(TaskSelector.self), required: true),
    .init("reason", .string(), required: true),
    .init("summary", .type(TaskSummary.self), required: true),
  ])
}

/// One contiguous range of history, compacted. Only where `replay=compact` was asked for.
public struct StreamReplayedFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, firstSeq: Int, seq: Int, cursor: String, events: [TaskEvent]) {
    json = JSONObject()
    json["type"] = .string("stream.replayed")
    json.set("task_id", taskID)
    json.set("first_seq", firstSeq)
    json.set("seq", seq)
    json.set("cursor", cursor)
    json.set("events", events)
  }

  /// `type` of the contract.
  public var type: String { "stream.replayed" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// The first event that the frame stands for: always the last `seq` delivered, plus one.
  public var firstSeq: Int {
    get { json.get("first_seq", or: 0) }
    set { json.set("first_seq", newValue) }
  }

  /// The last event that the frame stands for.
  public var seq: Int {
    get { json.get("seq", or: 0) }
    set { json.set("seq", newValue) }
  }

  /// The position after it.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  /// The events of the range, in order: deltas of one message joined, superseded progress left out.
  public var events: [TaskEvent] {
    get { json.get("events", or: []) }
    set { json.set("events", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.replayed"), required: true),
    .init("task_id", .id, required: true),
    .init("first_seq", .integer(min: 1), required: true),
    .init("seq", .integer(min: 1), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
    .init("events", .array(.type(TaskEvent.self)), required: true),
  ])
}

/// The answer to `append`, `command` and `auth`.
public struct StreamAckFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(requestID: String, taskID: String? = nil, firstSeq: Int? = nil, lastSeq: Int? = nil, cursor: String? = nil, duplicate: Bool? = nil, commandID: String? = nil, outcome: Outcome? = nil, tokenExpiresAt: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.ack")
    json.set("request_id", requestID)
    json.set("task_id", taskID)
    json.set("first_seq", firstSeq)
    json.set("last_seq", lastSeq)
    json.set("cursor", cursor)
    json.set("duplicate", duplicate)
    json.set("command_id", commandID)
    json.set("outcome", outcome)
    json.set("token_expires_at", tokenExpiresAt)
  }

  /// `type` of the contract.
  public var type: String { "stream.ack" }

  /// That of the frame which is answered.
  public var requestID: String {
    get { json.get("request_id", or: "") }
    set { json.set("request_id", newValue) }
  }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// With `append`: the first event stored.
  public var firstSeq: Int? {
    get { json.get("first_seq") }
    set { json.set("first_seq", newValue) }
  }

  /// With `append`: the last event stored.
  public var lastSeq: Int? {
    get { json.get("last_seq") }
    set { json.set("last_seq", newValue) }
  }

  /// With `append`: the position after it.
  public var cursor: String? {
    get { json.get("cursor") }
    set { json.set("cursor", newValue) }
  }

  /// With `append`: true where these events were stored before, by an earlier try of the same request.
  public var duplicate: Bool? {
    get { json.get("duplicate") }
    set { json.set("duplicate", newValue) }
  }

  /// With `command`.
  public var commandID: String? {
    get { json.get("command_id") }
    set { json.set("command_id", newValue) }
  }

  /// With `command`: whether it was carried out at once, or waits for the worker.
  public var outcome: Outcome? {
    get { json.get("outcome") }
    set { json.set("outcome", newValue) }
  }

  /// With `auth`: when the new token ends.
  public var tokenExpiresAt: String? {
    get { json.get("token_expires_at") }
    set { json.set("token_expires_at", newValue) }
  }

  /// A value of `outcome`; others may come.
  public struct Outcome: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let accepted = Self(rawValue: "accepted")
    public static let applied = Self(rawValue: "applied")
  }

  public static let schema = Schema([
    .init("type", .constant("stream.ack"), required: true),
    .init("request_id", .string(min: 1, max: 128), required: true),
    .init("task_id", .id),
    .init("first_seq", .integer(min: 1)),
    .init("last_seq", .integer(min: 1)),
    .init("cursor", .string(min: 1, max: 256)),
    .init("duplicate", .boolean),
    .init("command_id", .string(min: 1, max: 64)),
    .init("outcome", .string()),
    .init("token_expires_at", .time),
  ])
}

/// History is delivered; what follows is live. Needs `taskID`, or `selector`.
public struct StreamCaughtUpFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(cursor: String, taskID: String? = nil, selector: TaskSelector? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.caught_up")
    json.set("task_id", taskID)
    json.set("selector", selector)
    json.set("cursor", cursor)
  }

  /// `type` of the contract.
  public var type: String { "stream.caught_up" }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector? {
    get { json.get("selector") }
    set { json.set("selector", newValue) }
  }

  /// The position from which everything is live.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.caught_up"), required: true),
    .init("task_id", .id),
    .init("selector", .type(TaskSelector.self)),
    .init("cursor", .string(max: 256), required: true),
  ], needs: [["task_id"], ["selector"]])
}

/// What was asked for is not there any more. A `task.snapshot` follows, then what the log still has.
public struct StreamGapFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, requested: String, earliest: String, reason: Reason) {
    json = JSONObject()
    json["type"] = .string("stream.gap")
    json.set("task_id", taskID)
    json.set("requested", requested)
    json.set("earliest", earliest)
    json.set("reason", reason)
  }

  /// `type` of the contract.
  public var type: String { "stream.gap" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// The cursor that was asked for.
  public var requested: String {
    get { json.get("requested", or: "") }
    set { json.set("requested", newValue) }
  }

  /// The first position that the log still has.
  public var earliest: String {
    get { json.get("earliest", or: "") }
    set { json.set("earliest", newValue) }
  }

  /// `retention`: what was asked for is no longer kept. `reset`: the log was restored or recreated, and the cursor is of another past.
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
    .init("type", .constant("stream.gap"), required: true),
    .init("task_id", .id, required: true),
    .init("requested", .string(max: 256), required: true),
    .init("earliest", .string(max: 256), required: true),
    .init("reason", .string(), required: true),
  ])
}

/// The connection is alive.
public struct StreamHeartbeatFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(time: String, selector: TaskSelector? = nil, cursor: String? = nil, log: Log? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.heartbeat")
    json.set("time", time)
    json.set("selector", selector)
    json.set("cursor", cursor)
    json.set("log", log)
  }

  /// `type` of the contract.
  public var type: String { "stream.heartbeat" }

  /// `time` of the contract.
  public var time: String {
    get { json.get("time", or: "") }
    set { json.set("time", newValue) }
  }

  /// `selector` of the contract.
  public var selector: TaskSelector? {
    get { json.get("selector") }
    set { json.set("selector", newValue) }
  }

  /// The position of the set that `selector` names, or of the one task that is watched.
  public var cursor: String? {
    get { json.get("cursor") }
    set { json.set("cursor", newValue) }
  }

  /// `away` while the service cannot reach its log: the connection is good, but nothing new can arrive.
  public var log: Log? {
    get { json.get("log") }
    set { json.set("log", newValue) }
  }

  /// A value of `log`; others may come.
  public struct Log: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let ok = Self(rawValue: "ok")
    public static let away = Self(rawValue: "away")
  }

  public static let schema = Schema([
    .init("type", .constant("stream.heartbeat"), required: true),
    .init("time", .time, required: true),
    .init("selector", .type(TaskSelector.self)),
    .init("cursor", .string(min: 1, max: 256)),
    .init("log", .string()),
  ])
}

/// The answer to `ping`.
public struct StreamPongFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(nonce: String? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.pong")
    json.set("nonce", nonce)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "stream.pong" }

  /// That of the `ping`.
  public var nonce: String? {
    get { json.get("nonce") }
    set { json.set("nonce", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.pong"), required: true),
    .init("nonce", .string(max: 128)),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// The token ends soon; send `auth` with a new one.
public struct StreamTokenExpiringFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(expiresAt: String) {
    json = JSONObject()
    json["type"] = .string("stream.token_expiring")
    json.set("expires_at", expiresAt)
  }

  /// `type` of the contract.
  public var type: String { "stream.token_expiring" }

  /// `expires_at` of the contract.
  public var expiresAt: String {
    get { json.get("expires_at", or: "") }
    set { json.set("expires_at", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.token_expiring"), required: true),
    .init("expires_at", .time, required: true),
  ])
}

/// Something was refused or has failed. Whether the connection is closed after it says the error table.
public struct StreamErrorFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(code: String, message: String, retryable: Bool, retryAfterMs: Int? = nil, taskID: String? = nil, requestID: String? = nil, path: String? = nil, law: Int? = nil, limit: String? = nil) {
    json = JSONObject()
    json["type"] = .string("stream.error")
    json.set("code", code)
    json.set("message", message)
    json.set("retryable", retryable)
    json.set("retry_after_ms", retryAfterMs)
    json.set("task_id", taskID)
    json.set("request_id", requestID)
    json.set("path", path)
    json.set("law", law)
    json.set("limit", limit)
  }

  /// `type` of the contract.
  public var type: String { "stream.error" }

  /// From the error table.
  public var code: String {
    get { json.get("code", or: "") }
    set { json.set("code", newValue) }
  }

  /// What was wrong, what was expected, what to do.
  public var message: String {
    get { json.get("message", or: "") }
    set { json.set("message", newValue) }
  }

  /// `retryable` of the contract.
  public var retryable: Bool {
    get { json.get("retryable", or: false) }
    set { json.set("retryable", newValue) }
  }

  /// `retry_after_ms` of the contract.
  public var retryAfterMs: Int? {
    get { json.get("retry_after_ms") }
    set { json.set("retry_after_ms", newValue) }
  }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  /// Where in the frame: `events.3.data.percent`.
  public var path: String? {
    get { json.get("path") }
    set { json.set("path", newValue) }
  }

  /// Which law was broken.
  public var law: Int? {
    get { json.get("law") }
    set { json.set("law", newValue) }
  }

  /// Which bound was reached: `frames_per_second`.
  public var limit: String? {
    get { json.get("limit") }
    set { json.set("limit", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.error"), required: true),
    .init("code", .string(min: 1, max: 128), required: true),
    .init("message", .string(max: 16384), required: true),
    .init("retryable", .boolean, required: true),
    .init("retry_after_ms", .integer(min: 0)),
    .init("task_id", .string(max: 128)),
    .init("request_id", .string(max: 128)),
    .init("path", .string(max: 1024)),
    .init("law", .integer(min: 1, max: 99)),
    .init("limit", .string(max: 64)),
  ])
}

/// The service closes the connection; why, and when to come back.
public struct StreamClosingFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(reason: Reason, retryAfterMs: Int) {
    json = JSONObject()
    json["type"] = .string("stream.closing")
    json.set("reason", reason)
    json.set("retry_after_ms", retryAfterMs)
  }

  /// `type` of the contract.
  public var type: String { "stream.closing" }

  /// `reason` of the contract.
  public var reason: Reason {
    get { json.get("reason", or: "") }
    set { json.set("reason", newValue) }
  }

  /// Wait so long before connecting again, in milliseconds.
  public var retryAfterMs: Int {
    get { json.get("retry_after_ms", or: 0) }
    set { json.set("retry_after_ms", newValue) }
  }

  /// A value of `reason`; others may come.
  public struct Reason: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let drain = Self(rawValue: "drain")
    public static let tokenExpired = Self(rawValue: "token_expired")
    public static let silent = Self(rawValue: "silent")
    public static let idle = Self(rawValue: "idle")
    public static let maxAge = Self(rawValue: "max_age")
  }

  public static let schema = Schema([
    .init("type", .constant("stream.closing"), required: true),
    .init("reason", .string(), required: true),
    .init("retry_after_ms", .integer(min: 0), required: true),
  ])
}

/// The task is over and was delivered to its end. Do not reconnect for it.
public struct StreamEndFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, status: TaskStatus, cursor: String) {
    json = JSONObject()
    json["type"] = .string("stream.end")
    json.set("task_id", taskID)
    json.set("status", status)
    json.set("cursor", cursor)
  }

  /// `type` of the contract.
  public var type: String { "stream.end" }

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

  /// The position after the last event.
  public var cursor: String {
    get { json.get("cursor", or: "") }
    set { json.set("cursor", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("stream.end"), required: true),
    .init("task_id", .id, required: true),
    .init("status", .string(), required: true),
    .init("cursor", .string(min: 1, max: 256), required: true),
  ])
}

/// Watch a task, a conversation or all tasks of the token's user. Needs `taskID`, or `taskIDs`, or `conversationID`, or `scope`.
public struct SubscribeFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String? = nil, taskIDs: [String]? = nil, conversationID: String? = nil, scope: Scope? = nil, after: String? = nil, replay: Replay? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("subscribe")
    json.set("task_id", taskID)
    json.set("task_ids", taskIDs)
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
    json.set("after", after)
    json.set("replay", replay)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "subscribe" }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
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

  /// The cursor of the last frame that was taken in; left out or `0`: from the first event.
  public var after: String? {
    get { json.get("after") }
    set { json.set("after", newValue) }
  }

  /// `replay` of the contract.
  public var replay: Replay? {
    get { json.get("replay") }
    set { json.set("replay", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  /// A value of `replay`; others may come.
  public struct Replay: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let full = Self(rawValue: "full")
    public static let compact = Self(rawValue: "compact")
    public static let none = Self(rawValue: "none")
  }

  public static let schema = Schema([
    .init("type", .constant("subscribe"), required: true),
    .init("task_id", .id),
    .init("task_ids", .array(.id, min: 1)),
    .init("conversation_id", .id),
    .init("scope", .oneOf(["mine"])),
    .init("after", .string(max: 1024)),
    .init("replay", .oneOf(["full", "compact", "none"])),
    .init("request_id", .string(min: 1, max: 128)),
  ], needs: [["task_id"], ["task_ids"], ["conversation_id"], ["scope"]])
}

/// Stop watching what was subscribed in the same words. Needs `taskID`, or `taskIDs`, or `conversationID`, or `scope`.
public struct UnsubscribeFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String? = nil, taskIDs: [String]? = nil, conversationID: String? = nil, scope: Scope? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("unsubscribe")
    json.set("task_id", taskID)
    json.set("task_ids", taskIDs)
    json.set("conversation_id", conversationID)
    json.set("scope", scope)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "unsubscribe" }

  /// `task_id` of the contract.
  public var taskID: String? {
    get { json.get("task_id") }
    set { json.set("task_id", newValue) }
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

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  /// A value of `scope`; others may come.
  public struct Scope: OpenEnum {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let mine = Self(rawValue: "mine")
  }

  public static let schema = Schema([
    .init("type", .constant("unsubscribe"), required: true),
    .init("task_id", .id),
    .init("task_ids", .array(.id, min: 1)),
    .init("conversation_id", .id),
    .init("scope", .oneOf(["mine"])),
    .init("request_id", .string(min: 1, max: 128)),
  ], needs: [["task_id"], ["task_ids"], ["conversation_id"], ["scope"]])
}

/// A token, within 10 s of connecting where the handshake carried none, and again before it ends.
public struct AuthFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(token: String, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("auth")
    json.set("token", token)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "auth" }

  /// `token` of the contract.
  public var token: String {
    get { json.get("token", or: "") }
    set { json.set("token", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("auth"), required: true),
    .init("token", .string(min: 1, max: 16384), required: true),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// Answered by `stream.pong`. The bare text `ping` is answered by the bare text `pong`.
public struct PingFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(nonce: String? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("ping")
    json.set("nonce", nonce)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "ping" }

  /// `nonce` of the contract.
  public var nonce: String? {
    get { json.get("nonce") }
    set { json.set("nonce", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("ping"), required: true),
    .init("nonce", .string(max: 128)),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// Order something of a task.
public struct CommandFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, commandID: String, command: TaskCommand, data: JSONObject? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("command")
    json.set("task_id", taskID)
    json.set("command_id", commandID)
    json.set("command", command)
    json.set("data", data)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "command" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// Chosen by the client; sending the same twice does it once.
  public var commandID: String {
    get { json.get("command_id", or: "") }
    set { json.set("command_id", newValue) }
  }

  /// `command` of the contract.
  public var command: TaskCommand {
    get { json.get("command", or: "") }
    set { json.set("command", newValue) }
  }

  /// `data` of the contract.
  public var data: JSONObject? {
    get { json.get("data") }
    set { json.set("data", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("command"), required: true),
    .init("task_id", .id, required: true),
    .init("command_id", .string(min: 1, max: 64), required: true),
    .init("command", .string(), required: true),
    .init("data", .object),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// Append events to a task, all or none. Answered by `stream.ack` when the log has acknowledged them.
public struct AppendFrame: ContractObject {
  /// All of it, with what this version does not know.
  public var json: JSONObject

  public init(json: JSONObject) { self.json = json }

  /// One that says this.
  public init(taskID: String, events: [EventDraft], producer: TaskProducer? = nil, idempotencyKey: String? = nil, lease: String? = nil, requestID: String? = nil) {
    json = JSONObject()
    json["type"] = .string("append")
    json.set("task_id", taskID)
    json.set("events", events)
    json.set("producer", producer)
    json.set("idempotency_key", idempotencyKey)
    json.set("lease", lease)
    json.set("request_id", requestID)
  }

  /// `type` of the contract.
  public var type: String { "append" }

  /// `task_id` of the contract.
  public var taskID: String {
    get { json.get("task_id", or: "") }
    set { json.set("task_id", newValue) }
  }

  /// `events` of the contract.
  public var events: [EventDraft] {
    get { json.get("events", or: []) }
    set { json.set("events", newValue) }
  }

  /// `producer` of the contract.
  public var producer: TaskProducer? {
    get { json.get("producer") }
    set { json.set("producer", newValue) }
  }

  /// As the header `Idempotency-Key` of an HTTP append.
  public var idempotencyKey: String? {
    get { json.get("idempotency_key") }
    set { json.set("idempotency_key", newValue) }
  }

  /// As the header `Taskwire-Lease` of an HTTP append: needed for a task that was leased.
  public var lease: String? {
    get { json.get("lease") }
    set { json.set("lease", newValue) }
  }

  /// `request_id` of the contract.
  public var requestID: String? {
    get { json.get("request_id") }
    set { json.set("request_id", newValue) }
  }

  public static let schema = Schema([
    .init("type", .constant("append"), required: true),
    .init("task_id", .id, required: true),
    .init("events", .array(.type(EventDraft.self), min: 1), required: true),
    .init("producer", .type(TaskProducer.self)),
    .init("idempotency_key", .string(min: 1, max: 255)),
    .init("lease", .string(min: 1, max: 2048)),
    .init("request_id", .string(min: 1, max: 128)),
  ])
}

/// A frame that the service sends besides events. Later versions add cases: always have a `default`.
public enum StreamFrame: ContractUnion {
  /// The first frame of every connection: what it is and what it may do.
  case ready(StreamReadyFrame)
  /// A subscription has begun; replay follows, then `stream.caught_up`.
  case subscribed(StreamSubscribedFrame)
  /// A subscription has ended as asked. Nothing of it follows.
  case unsubscribed(StreamUnsubscribedFrame)
  /// A task has joined a watched set.
  case joined(StreamJoinedFrame)
  /// A task has left a watched set.
  case left(StreamLeftFrame)
  /// One contiguous range of history, compacted. Only where `replay=compact` was asked for.
  case replayed(StreamReplayedFrame)
  /// The answer to `append`, `command` and `auth`.
  case ack(StreamAckFrame)
  /// History is delivered; what follows is live.
  case caughtUp(StreamCaughtUpFrame)
  /// What was asked for is not there any more. A `task.snapshot` follows, then what the log still has.
  case gap(StreamGapFrame)
  /// The connection is alive.
  case heartbeat(StreamHeartbeatFrame)
  /// The answer to `ping`.
  case pong(StreamPongFrame)
  /// The token ends soon; send `auth` with a new one.
  case tokenExpiring(StreamTokenExpiringFrame)
  /// Something was refused or has failed. Whether the connection is closed after it says the error table.
  case error(StreamErrorFrame)
  /// The service closes the connection; why, and when to come back.
  case closing(StreamClosingFrame)
  /// The task is over and was delivered to its end. Do not reconnect for it.
  case end(StreamEndFrame)
  /// A type that this version does not know; `raw` is the whole frame.
  case unknown(type: String, raw: JSONObject)

  public init(json: JSONObject) {
    let type: String = json.get("type", or: "")
    switch type {
    case "stream.ready": self = .ready(StreamReadyFrame(json: json))
    case "stream.subscribed": self = .subscribed(StreamSubscribedFrame(json: json))
    case "stream.unsubscribed": self = .unsubscribed(StreamUnsubscribedFrame(json: json))
    case "stream.joined": self = .joined(StreamJoinedFrame(json: json))
    case "stream.left": self = .left(StreamLeftFrame(json: json))
    case "stream.replayed": self = .replayed(StreamReplayedFrame(json: json))
    case "stream.ack": self = .ack(StreamAckFrame(json: json))
    case "stream.caught_up": self = .caughtUp(StreamCaughtUpFrame(json: json))
    case "stream.gap": self = .gap(StreamGapFrame(json: json))
    case "stream.heartbeat": self = .heartbeat(StreamHeartbeatFrame(json: json))
    case "stream.pong": self = .pong(StreamPongFrame(json: json))
    case "stream.token_expiring": self = .tokenExpiring(StreamTokenExpiringFrame(json: json))
    case "stream.error": self = .error(StreamErrorFrame(json: json))
    case "stream.closing": self = .closing(StreamClosingFrame(json: json))
    case "stream.end": self = .end(StreamEndFrame(json: json))
    default: self = .unknown(type: type, raw: json)
    }
  }

  /// All of it, as it came.
  public var json: JSONObject {
    switch self {
    case .ready(let frame): frame.json
    case .subscribed(let frame): frame.json
    case .unsubscribed(let frame): frame.json
    case .joined(let frame): frame.json
    case .left(let frame): frame.json
    case .replayed(let frame): frame.json
    case .ack(let frame): frame.json
    case .caughtUp(let frame): frame.json
    case .gap(let frame): frame.json
    case .heartbeat(let frame): frame.json
    case .pong(let frame): frame.json
    case .tokenExpiring(let frame): frame.json
    case .error(let frame): frame.json
    case .closing(let frame): frame.json
    case .end(let frame): frame.json
    case .unknown(_, let raw): raw
    }
  }

  /// What must hold of it; nil where the type is not known.
  public var schema: Schema? {
    switch self {
    case .ready: StreamReadyFrame.schema
    case .subscribed: StreamSubscribedFrame.schema
    case .unsubscribed: StreamUnsubscribedFrame.schema
    case .joined: StreamJoinedFrame.schema
    case .left: StreamLeftFrame.schema
    case .replayed: StreamReplayedFrame.schema
    case .ack: StreamAckFrame.schema
    case .caughtUp: StreamCaughtUpFrame.schema
    case .gap: StreamGapFrame.schema
    case .heartbeat: StreamHeartbeatFrame.schema
    case .pong: StreamPongFrame.schema
    case .tokenExpiring: StreamTokenExpiringFrame.schema
    case .error: StreamErrorFrame.schema
    case .closing: StreamClosingFrame.schema
    case .end: StreamEndFrame.schema
    case .unknown: nil
    }
  }
}

/// A frame that a client sends.
public enum ClientFrame: ContractUnion {
  /// Watch a task, a conversation or all tasks of the token's user.
  case subscribe(SubscribeFrame)
  /// Stop watching what was subscribed in the same words.
  case unsubscribe(UnsubscribeFrame)
  /// A token, within 10 s of connecting where the handshake carried none, and again before it ends.
  case auth(AuthFrame)
  /// Answered by `stream.pong`. The bare text `ping` is answered by the bare text `pong`.
  case ping(PingFrame)
  /// Order something of a task.
  case command(CommandFrame)
  /// Append events to a task, all or none. Answered by `stream.ack` when the log has acknowledged them.
  case append(AppendFrame)
  /// A type that this version does not know; `raw` is the whole frame.
  case unknown(type: String, raw: JSONObject)

  public init(json: JSONObject) {
    let type: String = json.get("type", or: "")
    switch type {
    case "subscribe": self = .subscribe(SubscribeFrame(json: json))
    case "unsubscribe": self = .unsubscribe(UnsubscribeFrame(json: json))
    case "auth": self = .auth(AuthFrame(json: json))
    case "ping": self = .ping(PingFrame(json: json))
    case "command": self = .command(CommandFrame(json: json))
    case "append": self = .append(AppendFrame(json: json))
    default: self = .unknown(type: type, raw: json)
    }
  }

  /// All of it, as it came.
  public var json: JSONObject {
    switch self {
    case .subscribe(let frame): frame.json
    case .unsubscribe(let frame): frame.json
    case .auth(let frame): frame.json
    case .ping(let frame): frame.json
    case .command(let frame): frame.json
    case .append(let frame): frame.json
    case .unknown(_, let raw): raw
    }
  }

  /// What must hold of it; nil where the type is not known.
  public var schema: Schema? {
    switch self {
    case .subscribe: SubscribeFrame.schema
    case .unsubscribe: UnsubscribeFrame.schema
    case .auth: AuthFrame.schema
    case .ping: PingFrame.schema
    case .command: CommandFrame.schema
    case .append: AppendFrame.schema
    case .unknown: nil
    }
  }
}
