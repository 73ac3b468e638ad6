import Foundation

/// Appends with an identity that makes every repetition harmless: `Taskwire-Producer: <id>;<seq>`. The service takes a `seq` that is not
/// above the last one for a repetition, so a task's requests go one after another, never side by side.
actor Appender {
  /// Tasks whose counting is remembered; a forgotten one begins anew under another producer's name.
  private static let lanes = 1_000

  private struct Lane {
    let producer = UUID().uuidString.lowercased()
    var seq = 0
    var waiting = 0
    var tail: Task<Void, Never>?
  }

  private let caller: Caller
  private var lanes: [String: Lane] = [:]

  init(_ caller: Caller) { self.caller = caller }

  /// Appends events, each given as its JSON, all or none.
  func append(_ taskID: String, _ events: [String], _ options: CallOptions = CallOptions()) async throws -> AppendAck {
    if !isLegalID(taskID) { throw TaskwireError(.idInvalid, message: "\"\(taskID)\" cannot be a task's id.", taskID: taskID) }
    forgetSome(but: taskID)
    let before = lanes[taskID, default: Lane()].tail
    lanes[taskID, default: Lane()].waiting += 1
    let mine = Task {
      await before?.value
      return try await send(taskID, events, options)
    }
    lanes[taskID]?.tail = Task { _ = await mine.result }
    defer { lanes[taskID]?.waiting -= 1 }
    return try await withTaskCancellationHandler {
      try await mine.value
    } onCancel: {
      mine.cancel()
    }
  }

  private func send(_ taskID: String, _ events: [String], _ options: CallOptions) async throws -> AppendAck {
    lanes[taskID, default: Lane()].seq += 1
    let lane = lanes[taskID, default: Lane()]
    let headers = ["Content-Type": "application/x-ndjson", "Taskwire-Producer": "\(lane.producer);\(lane.seq)"]
    let body = events.joined(separator: "\n") + "\n"
    return AppendAck(json: try await caller.call(CallRequest(method: "POST", path: "/v1/tasks/\(taskID)/events", headers: headers, body: Array(body.utf8)), options))
  }

  private func forgetSome(but taskID: String) {
    guard lanes.count >= Self.lanes, lanes[taskID] == nil, let idle = lanes.first(where: { $0.value.waiting == 0 }) else { return }
    lanes[idle.key] = nil
  }
}
