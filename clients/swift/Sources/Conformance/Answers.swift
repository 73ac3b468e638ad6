import Foundation
import Taskwire

/// An error as the kit wants it told.
func told(_ error: any Error) -> JSONObject {
  guard let error = error as? TaskwireError else {
    return ["is": "error", "code": "not_a_taskwire_error", "retryable": false, "advice": "This is a fault of the client.", "message": .string("\(error)")]
  }
  var told: JSONObject = [
    "is": "error", "code": .string(error.code.rawValue), "retryable": .bool(error.retryable), "advice": .string(error.advice), "message": .string(error.message),
    "extra": .object(error.extra),
  ]
  told.set("status", error.status)
  told.set("retry_after_ms", error.retryAfterMs)
  told.set("task_id", error.taskID)
  return told
}

/// What is answered with a value.
func result(of command: JSONObject, _ client: TaskwireClient, _ settings: JSONObject) async throws -> JSONValue {
  guard command["do"] == "remove" else { return .object(try await value(of: command, client, settings)) }
  try await client.remove(command.get("task_id", or: ""))
  return .null
}

private func value(of command: JSONObject, _ client: TaskwireClient, _ settings: JSONObject) async throws -> JSONObject {
  let taskID: String = command.get("task_id", or: "")
  let events: [EventDraft] = command.get("events", or: [])
  switch command.get("do", or: "") {
  case "create": return try await client.create(CreateTaskRequest(json: command.get("task", or: JSONObject()))).json
  case "publish": return try await client.publish(taskID, events, options: CallOptions(giveUpMs: command.get("give_up_ms"))).json
  case "get": return try await client.get(taskID).json
  case "list":
    return try await client.list(status: command.get("status"), conversation: command.get("conversation_id"), before: command.get("before"), limit: command.get("limit")).json
  case "command":
    return try await client.command(taskID, command.get("command", or: ""), data: command.get("data"), commandID: command.get("command_id")).json
  case "ticket": return try await client.ticket(TaskWatchable(json: command.get("body", or: JSONObject()))).json
  case "retry": return try await client.retry(taskID).json
  case "conversations": return try await client.conversations(before: command.get("before"), limit: command.get("limit")).json
  case "messages":
    return try await client.messages(in: command.get("conversation_id", or: ""), before: command.get("before"), limit: command.get("limit")).json
  default: return try await push(taskID, events, client, settings)
  }
}

/// The set that a command names.
func set(of command: JSONObject) -> TaskSet {
  let words: JSONObject = command.get("set", or: JSONObject())
  let conversations: [String] = words.get("conversation", or: [])
  return TaskSet(taskIDs: words.get("task"), conversationID: conversations.first, scope: words.get("scope"))
}

/// An item of a set as the kit wants it told.
func told(_ item: SetItem) -> JSONObject {
  var output: JSONObject
  switch item.kind {
  case .event(let event): output = ["is": "event", "event": .object(event.json)]
  case .joined(let frame): output = ["is": "joined", "reason": .string(frame.reason.rawValue), "summary": .object(frame.summary.json)]
  case .left(let frame): output = ["is": "left", "reason": .string(frame.reason.rawValue), "summary": .object(frame.summary.json)]
  case .gap(let gap): output = told(gap)
  case .refused(_, let error): output = ["is": "refused", "code": .string(error.code.rawValue)]
  case .caughtUp: output = ["is": "caught_up"]
  }
  if case .event = item.kind {} else { output.set("task_id", item.taskID) }
  output["position"] = item.position.map { .string($0) } ?? .null
  return output
}

/// A gap as the kit wants it told.
func told(_ gap: StreamGapFrame) -> JSONObject {
  ["is": "gap", "task_id": .string(gap.taskID), "requested": .string(gap.requested), "earliest": .string(gap.earliest), "reason": .string(gap.reason.rawValue)]
}

private func push(_ taskID: String, _ events: [EventDraft], _ client: TaskwireClient, _ settings: JSONObject) async throws -> JSONObject {
  let refused = Refused()
  var options = PublisherOptions()
  options.delayMs = settings.get("publish_delay_ms", or: options.delayMs)
  options.maxWaitingBytes = settings.get("max_waiting_bytes", or: options.maxWaitingBytes)
  options.onRefused = { _, error in refused.add(error.code) }
  let publisher = client.publisher(taskID, options: options)
  for event in events { try await publisher.push(event) }
  try await publisher.flush()
  return ["last_seq": .integer(await publisher.lastSeq), "refused": .array(refused.codes)]
}

private final class Refused: @unchecked Sendable {
  private let lock = NSLock()
  private var all: [JSONValue] = []
  var codes: [JSONValue] { lock.withLock { all } }
  func add(_ code: ErrorCode) { lock.withLock { all.append(.string(code.rawValue)) } }
}

/// The answer to a command that needs no connection; nil: it is none of those.
func pureAnswer(_ command: JSONObject) -> JSONObject? {
  switch command.get("do", or: "") {
  case "hello": return ["is": "hello", "client": "swift", "runtime": .string(runtime), "abilities": ["websocket", "sse", "long_poll", "many", "fold", "publish", "command", "sets"]]
  case "decode": return decode(command)
  case "parse": return parse(command)
  case "fold": return folded(command)
  case "explain":
    let error = TaskwireError(command.get("code", or: ""))
    return ["is": "explained", "retryable": .bool(error.retryable), "advice": .string(error.advice)]
  default: return nil
  }
}

private var runtime: String {
  #if canImport(Darwin)
    "Swift on Apple's Foundation"
  #else
    "Swift on Linux"
  #endif
}

private func decode(_ command: JSONObject) -> JSONObject {
  let text: String = command.get("text", or: "")
  guard case .object(let json)? = try? JSONValue(parsing: text) else { return ["is": "undecodable"] }
  if command["what"] == "frame" {
    guard let frame = try? StreamFrame(decoding: json) else { return ["is": "undecodable"] }
    return ["is": "decoded", "type": json["type"] ?? .null, "known": .bool(frame.schema != nil), "value": .object(frame.json)]
  }
  guard let event = try? TaskEvent(decoding: json) else { return ["is": "undecodable"] }
  return ["is": "decoded", "type": .string(event.type), "known": .bool(Catalog.eventTypes.contains(event.type)), "value": .object(event.json)]
}

private func parse(_ command: JSONObject) -> JSONObject {
  var dispatches: [JSONValue] = []
  var parser = SSEParser()
  for chunk: String in command.get("chunks", or: []) {
    let digits = Array(chunk.utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) }
    bytes.withUnsafeBufferPointer { buffer in
      parser.feed(buffer) { event, id, data in
        dispatches.append(["event": .string(event), "id": .string(id), "data": .string(String(decoding: data, as: UTF8.self))])
      }
    }
  }
  return ["is": "parsed", "dispatches": .array(dispatches), "retry": parser.retry.map { .integer($0) } ?? .null]
}

private func folded(_ command: JSONObject) -> JSONObject {
  var view = TaskView()
  for item: JSONObject in command.get("events", or: []) {
    let events: [TaskEvent] = item["type"] == "stream.replayed" ? item.get("events", or: []) : [TaskEvent(json: item)]
    for event in events { view.fold(event) }
  }
  return ["is": "folded", "value": .object(toldView(view))]
}

/// A view as the vectors tell it.
func toldView(_ view: TaskView) -> JSONObject {
  func statuses<Item>(_ items: Items<Item>) -> JSONValue {
    .object(JSONObject(uniqueKeysWithValues: zip(items.ids, items.map { $0.json["status"] ?? .null })))
  }
  func texts<Item>(_ items: Items<Item>) -> JSONValue {
    .object(JSONObject(uniqueKeysWithValues: zip(items.ids, items.map { ["status": $0.json["status"] ?? .null, "content": $0.json["content"] ?? .null] })))
  }
  return [
    "status": .string(view.status.rawValue), "seq": .integer(view.seq), "attempt": .integer(view.attempt), "percent": view.progress.percent.map { $0.jsonValue } ?? .null,
    "log_lines": .integer(view.logLines), "steps": statuses(view.steps), "tools": statuses(view.tools), "inputs": statuses(view.inputs),
    "messages": texts(view.messages), "reasonings": texts(view.reasonings),
  ]
}
