/// A task as people see it, as its events so far add up to. Names are those of `task.snapshot`.
public struct TaskView: Sendable, Hashable {
  /// The last event folded, which is also how many there are.
  public internal(set) var seq = 0
  public internal(set) var taskID: String?
  /// The position after it: follow from here and nothing is missing.
  public internal(set) var cursor: String?
  /// The status without regard to open inputs.
  public internal(set) var phase: TaskStatus = .queued
  public internal(set) var status: TaskStatus = .queued
  /// Which try of the task; 0 before the first.
  public internal(set) var attempt = 0
  /// Single facts: `kind`, `title`, `input`, `result`, `error`, `createdAt` … What belongs to lists stands in the lists.
  public internal(set) var facts = TaskSnapshotData(json: JSONObject())
  public internal(set) var progress = SnapshotProgress()
  public internal(set) var steps = Items<SnapshotStep>()
  public internal(set) var messages = Items<SnapshotMessage>()
  public internal(set) var reasonings = Items<SnapshotReasoning>()
  public internal(set) var tools = Items<SnapshotTool>()
  public internal(set) var inputs = Items<SnapshotInput>()
  public internal(set) var artifacts = Items<ArtifactCreatedData>()
  public internal(set) var quality = Items<QualityCheckedData>()
  public internal(set) var commands = Items<SnapshotCommand>()
  public internal(set) var metrics: [String: Double] = [:]
  /// Ids of input requests that are open.
  public internal(set) var waitingFor: Set<String> = []
  /// Lines of log, and events of types that this version does not know: counted, not kept.
  public internal(set) var logLines = 0
  public internal(set) var unknown = 0
  /// Whether a snapshot that this view was made from had been cut.
  public internal(set) var truncated = false

  /// The view before the first event.
  public init() {}

  /// Whether nothing may follow.
  public var isOver: Bool { Catalog.terminalStatuses.contains(phase) }
}

/// What has an id, in order of first appearance.
public struct Items<Item: ContractObject>: Sendable, Hashable, RandomAccessCollection {
  private var order: [String] = []
  private var items: [String: Item] = [:]

  public init() {}

  public var startIndex: Int { 0 }
  public var endIndex: Int { order.count }
  public subscript(position: Int) -> Item { items[order[position]] ?? Item(json: JSONObject()) }

  /// The item of an id.
  public subscript(id id: String) -> Item? { items[id] }

  /// Ids in order.
  public var ids: [String] { order }

  mutating func put(_ id: String, _ json: JSONObject) {
    if items.updateValue(Item(json: json), forKey: id) == nil { order.append(id) }
  }

  /// Changes an item in its place, so that a long text grows without being copied.
  mutating func change(_ id: String, _ change: (inout JSONObject) -> Void) {
    var json = items[id]?.json ?? JSONObject()
    if items[id] == nil { order.append(id) } else { items[id] = Item(json: JSONObject()) }
    change(&json)
    items[id] = Item(json: json)
  }
}

extension TaskView {
  /// Fields of a snapshot that are not single facts.
  private static let apart: Set<String> = [
    "steps", "messages", "reasonings", "tools", "inputs", "artifacts", "quality", "commands", "status", "phase", "as_of_seq", "attempt", "progress", "metrics",
    "log_lines", "unknown", "truncated",
  ]

  /// The view that a `task.snapshot`'s data tells of.
  init(snapshot data: JSONObject, taskID: String?) {
    self.taskID = taskID
    seq = data.get("as_of_seq", or: 0)
    attempt = data.get("attempt", or: 0)
    logLines = data.get("log_lines", or: 0)
    unknown = data.get("unknown", or: 0)
    truncated = data.get("truncated", or: false)
    facts = TaskSnapshotData(json: JSONObject(fields: data.fields.filter { !Self.apart.contains($0.name) }))
    progress = data.get("progress", or: SnapshotProgress())
    metrics = data.get("metrics", or: [:])
    fill(\.steps, data, "steps", "step_id")
    fill(\.messages, data, "messages", "message_id")
    fill(\.reasonings, data, "reasonings", "reasoning_id")
    fill(\.tools, data, "tools", "tool_call_id")
    fill(\.inputs, data, "inputs", "request_id")
    fill(\.artifacts, data, "artifacts", "artifact_id")
    fill(\.commands, data, "commands", "command_id")
    for item: JSONObject in data.get("quality", or: []) { quality.put(Self.checkKey(item), item) }
    waitingFor = Set(inputs.filter { $0.status == .open }.map(\.requestID))
    let told: TaskStatus = data.get("status", or: .queued)
    phase = told == .waiting ? .running : told
    status = Self.status(phase, inputOpen: !waitingFor.isEmpty)
  }

  private mutating func fill<Item>(_ list: WritableKeyPath<TaskView, Items<Item>>, _ data: JSONObject, _ name: String, _ id: String) {
    for item: JSONObject in data.get(name, or: []) { self[keyPath: list].put(item.get(id, or: ""), item) }
  }

  /// The name of a check among the quality checks: the last of each counts.
  static func checkKey(_ data: JSONObject) -> String { "\(data.get("step_id", or: ""))\n\(data.get("check", or: ""))" }

  /// A running task with an open input request is `waiting`.
  static func status(_ phase: TaskStatus, inputOpen: Bool) -> TaskStatus { phase == .running && inputOpen ? .waiting : phase }
}
