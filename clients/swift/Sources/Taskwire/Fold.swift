/// A task's state, folded from its events. Full history, compacted history and snapshots are read by this one reducer, as the service does.
extension TaskView {
  /// Folds one event in. Events up to `seq` change nothing; a `task.snapshot` starts anew from what it tells.
  public mutating func fold(_ event: TaskEvent) {
    let data = event.data
    let type = event.type
    if type == "task.snapshot" {
      let before = cursor
      self = TaskView(snapshot: data, taskID: event.taskID == "" ? taskID : event.taskID)
      cursor = event.cursor ?? before
      return
    }
    if let position = event.cursor { cursor = position }
    guard event.seq > seq else { return }
    seq = event.seq
    if taskID == nil { taskID = event.taskID }
    let time = event.json["time"]
    if let time { facts.json["updated_at"] = time }
    if let message = event.json["message"] { facts.json["message"] = message }
    let known = Catalog.eventFacts[type]
    if known == nil { unknown += 1 }
    if let told = known?.status {
      phase = told
    } else if phase == .queued, Self.isWork(type) {
      phase = .running
    }
    if phase == .running { attempt = max(attempt, 1) }
    if known?.closesAll == true { closeAll() }
    reduce(type, data, time, event)
    if known?.terminal == true { facts.json["ended_at"] = time }
    status = Self.status(phase, inputOpen: !waitingFor.isEmpty)
  }

  /// What only somebody at work tells. A producer that never said `task.started` is running all the same.
  private static func isWork(_ type: String) -> Bool {
    ["task.progress", "message.started", "message.delta"].contains(type) || ["step.", "reasoning.", "tool.", "intent.", "entities.", "agents.", "plan.", "artifact.", "input."].contains { type.hasPrefix($0) }
  }

  private mutating func reduce(_ type: String, _ data: JSONObject, _ time: JSONValue?, _ event: TaskEvent) {
    switch type.prefix(while: { $0 != "." }) {
    case "task": reduceTask(type, data, time)
    case "step": reduceStep(type, data)
    case "message", "reasoning": reduceText(type, data)
    case "tool": reduceTool(type, data, event)
    case "input": reduceInput(type, data)
    case "command": reduceCommand(type, data)
    default: reduceOther(type, data)
    }
  }

  private mutating func reduceTask(_ type: String, _ data: JSONObject, _ time: JSONValue?) {
    switch type {
    case "task.created":
      keep(data, "kind", "title", "input", "conversation_id", "created_by", "retry_of")
      if let time { facts.json["created_at"] = time }
    case "task.started":
      raiseAttempt(data)
      keep(data, "worker_id", "query", "total_steps")
      if let time, facts.json["started_at"] == nil { facts.json["started_at"] = time }
    case "task.progress":
      var merged = Progress.merge(progress.json, data)
      if let percent = Progress.percent(of: merged) { merged.set("percent", percent) }
      progress = SnapshotProgress(json: merged)
    case "task.recovering", "task.paused": keep(data, "reason")
    case "task.retrying": raiseAttempt(data)
    case "task.completed":
      keep(data, "result", "response", "duration_ms", "usage", "metadata")
      progress.json["percent"] = 100
    case "task.failed": keep(data, "error", "user_message")
    case "task.canceled":
      keep(data, "reason")
      if let by = data["by"] { facts.json["canceled_by"] = by }
    default: break
    }
  }

  private mutating func reduceStep(_ type: String, _ data: JSONObject) {
    let id: String = data.get("step_id", or: "")
    switch type {
    case "step.started": steps.put(id, Self.with(JSONObject(), data, "running"))
    case "step.progress": steps.change(id) { $0 = Self.withProgress($0, data, "step_id") }
    case "step.retrying": steps.change(id) { $0 = Self.with($0, data, "retrying") }
    case "step.completed":
      steps.change(id) {
        $0 = Self.with($0, data, "completed")
        $0["percent"] = 100
      }
    case "step.failed":
      let again = data["will_retry"] == true
      steps.change(id) { $0 = Self.with($0, data, again ? "retrying" : "failed") }
    case "step.skipped": steps.change(id) { $0 = Self.with($0, data, "skipped") }
    default: break
    }
  }

  private mutating func reduceText(_ type: String, _ data: JSONObject) {
    let isMessage = type.hasPrefix("message.")
    let name = isMessage ? "message_id" : "reasoning_id"
    let id: String = data.get(name, or: "")
    let change: (inout JSONObject) -> Void
    switch type {
    case "message.started", "reasoning.started":
      change = {
        $0 = Self.with(JSONObject(), data, "open")
        $0["content"] = ""
      }
    case "message.delta", "reasoning.delta":
      let piece: String = data.get("delta", or: "")
      change = {
        if $0.isEmpty { $0 = [name: .string(id), "status": "open"] }
        $0.append("content", piece)
      }
    case "message.completed", "reasoning.completed":
      change = {
        $0 = Self.with($0, data, "completed")
        $0.append("content", "")
      }
    default: return
    }
    if isMessage { messages.change(id, change) } else { reasonings.change(id, change) }
  }

  private mutating func reduceTool(_ type: String, _ data: JSONObject, _ event: TaskEvent) {
    let id: String = data.get("tool_call_id", or: "")
    switch type {
    case "tool.started":
      var begun = JSONObject()
      begun.set("step_id", event.stepID)
      tools.put(id, Self.with(begun, data, "running"))
    case "tool.progress": tools.change(id) { $0 = Self.withProgress($0, data, "tool_call_id") }
    case "tool.completed":
      tools.change(id) {
        $0 = Self.with($0, data, "completed")
        $0["percent"] = 100
      }
    case "tool.failed": tools.change(id) { $0 = Self.with($0, data, "failed") }
    default: break
    }
  }

  private mutating func reduceInput(_ type: String, _ data: JSONObject) {
    let id: String = data.get("request_id", or: "")
    if type == "input.requested" {
      inputs.put(id, Self.with(JSONObject(), data, "open"))
      waitingFor.insert(id)
    } else if type == "input.resolved" {
      inputs.change(id) { $0 = Self.with($0, data, "resolved") }
      waitingFor.remove(id)
    }
  }

  private mutating func reduceCommand(_ type: String, _ data: JSONObject) {
    guard ["command.accepted", "command.rejected", "command.applied"].contains(type) else { return }
    commands.change(data.get("command_id", or: "")) { $0 = Self.with($0, data, String(type.dropFirst("command.".count))) }
  }

  private mutating func reduceOther(_ type: String, _ data: JSONObject) {
    switch type {
    case "intent.parsed": keep(data, "intent", "entities")
    case "entities.extracted": keep(data, "entities")
    case "agents.found": keep(data, "agents")
    case "plan.started": keep(data, "plan_id")
    case "plan.created", "plan.updated":
      keep(data, "plan_id")
      facts.json["plan"] = data["steps"]
    case "artifact.created": artifacts.put(data.get("artifact_id", or: ""), data)
    case "quality.checked": quality.put(Self.checkKey(data), data)
    case "metrics.updated":
      let values: [String: Double] = data.get("values", or: [:])
      metrics.merge(values) { $1 }
    case "health.updated": facts.json["health"] = .object(data)
    case "log.line": logLines += 1
    default: break
    }
  }

  /// Copies fields as facts; those that are absent stay as they were.
  private mutating func keep(_ data: JSONObject, _ names: String...) {
    for name in names { if let value = data[name] { facts.json[name] = value } }
  }

  private mutating func raiseAttempt(_ data: JSONObject) {
    guard let told: Int = data.get("attempt"), told > attempt else { return }
    if attempt > 0 { progress = SnapshotProgress() }
    attempt = told
  }

  private mutating func closeAll() {
    Self.close(&steps)
    Self.close(&messages)
    Self.close(&reasonings)
    Self.close(&tools)
    Self.close(&inputs)
    waitingFor = []
  }

  private static func close<Item>(_ list: inout Items<Item>) {
    let open: [JSONValue] = ["open", "running", "retrying"]
    for id in list.ids where open.contains(list[id: id]?.json["status"] ?? .null) { list.change(id) { $0["status"] = "closed" } }
  }

  /// An item with what an event says of it. Its own word for `status` is kept as `outcome`.
  private static func with(_ item: JSONObject, _ data: JSONObject, _ status: String) -> JSONObject {
    var next = item
    for field in data.fields { next[field.name == "status" ? "outcome" : field.name] = field.value }
    next["status"] = .string(status)
    return next
  }

  /// A step's or tool's item after progress. What its units add up to is kept apart from a step's `total`, the number of steps.
  private static func withProgress(_ item: JSONObject, _ data: JSONObject, _ id: String) -> JSONObject {
    let apart: Set = ["output_delta", "message", id]
    let units = Progress.merge(item.get("units", or: JSONObject()), JSONObject(fields: data.fields.filter { !apart.contains($0.name) }))
    var next = item
    next[id] = data[id]
    next.set("units", units)
    next.set("percent", Progress.percent(of: units))
    next["current"] = units["current"]
    if let message = data["message"] { next["message"] = message }
    if let piece: String = data.get("output_delta") { next.append("output_text", piece) }
    next["status"] = "running"
    return next
  }
}

/// How far something is: one reading of `percent`, `current` and `total`.
enum Progress {
  /// Fields that say one amount together: who tells a new one takes back the old ones.
  private static let amount = ["percent", "current", "total", "unit", "eta_ms", "reported"]

  /// The percent (0...100) that data tells: `percent`, else `current` of `total`; nil where it tells none or the total is unknown (0).
  static func percent(of data: JSONObject) -> Double? {
    if let percent: Double = data.get("percent") { return percent }
    guard let current: Double = data.get("current"), let total: Double = data.get("total"), total > 0 else { return nil }
    return min(100, max(0, 100 * current / total))
  }

  /// Two reports of one thing as one: the newer amount in place of the older (the percent stays where the newer tells none), other
  /// fields carried over.
  static func merge(_ older: JSONObject, _ newer: JSONObject) -> JSONObject {
    var merged = older
    if newer["percent"] != nil || newer["current"] != nil || newer["total"] != nil {
      let percent = percent(of: newer) == nil ? percent(of: older) : nil
      for name in amount { merged[name] = nil }
      merged.set("percent", percent)
    }
    for field in newer.fields { merged[field.name] = field.value }
    return merged
  }
}

extension JSONObject {
  /// Adds to a text in its place: the pieces of a long one must cost the same as those of a short one.
  mutating func append(_ name: String, _ piece: String) {
    guard let at = fields.lastIndex(where: { $0.name == name }), case .string(var text) = fields[at].value else {
      self[name] = .string(piece)
      return
    }
    fields[at].value = .null
    text += piece
    fields[at].value = .string(text)
  }
}
