import Foundation
import Testing

@testable import Taskwire

extension WireFrame {
  /// A frame of the set itself.
  fileprivate static func ofSet(_ type: String, _ fields: JSONObject = [:]) -> WireFrame {
    var json: JSONObject = ["type": .string("stream.\(type)"), "selector": ["scope": "mine"]]
    for (name, value) in fields { json[name] = value }
    return WireFrame(json: json, size: 100)
  }

  fileprivate static func joined(_ taskID: String, _ reason: String = "created") -> WireFrame {
    .ofSet("joined", ["task_id": .string(taskID), "reason": .string(reason), "summary": .object(summary(taskID, "running").json)])
  }

  fileprivate static func left(_ taskID: String, _ reason: String = "ended") -> WireFrame {
    .ofSet("left", ["task_id": .string(taskID), "reason": .string(reason), "summary": .object(summary(taskID, "completed").json)])
  }

  private static func summary(_ taskID: String, _ status: TaskStatus) -> TaskSummary {
    TaskSummary(taskID: taskID, kind: "test", status: status, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z", lastSeq: 1)
  }
}

@Suite("A set of tasks")
struct SetTests {
  private func client(_ script: Script, transports: [TransportName] = [.sse, .longPoll]) throws -> TaskwireClient {
    var options = ClientOptions()
    options.transports = [.sse: Scripted(script: script)]
    options.settings.transports = transports
    options.settings.backoffMinMs = 1
    options.settings.backoffMaxMs = 2
    options.wake = NoWakeSource()
    return try TaskwireClient(url: "http://127.0.0.1:1", token: "good", options: options)
  }

  /// An item in a few words.
  private func told(_ item: SetItem) -> String {
    let at = item.position ?? "-"
    switch item.kind {
    case .event(let event): return "\(event.taskID) \(event.seq) @\(at)"
    case .joined(let frame): return "\(frame.taskID) joined \(frame.reason) @\(at)"
    case .left(let frame): return "\(frame.taskID) left \(frame.reason) @\(at)"
    case .gap(let gap): return "\(gap.taskID) gap @\(at)"
    case .refused(let taskID, let error): return "\(taskID) refused \(error.code) @\(at)"
    case .caughtUp: return "caught up @\(at)"
    }
  }

  @Test("tells who joins, what happens and who leaves, and goes on from its position after a cut with nothing twice")
  func resumes() async throws {
    let script = Script([
      { _, events in
        await events.received([.ofSet("subscribed", ["cursor": "p1"]), .joined("a"), .event(1, task: "a"), .ofSet("caught_up", ["cursor": "p2"]), .event(2, task: "a")])
        return Loss()
      },
      { _, events in
        await events.received([.ofSet("subscribed", ["cursor": "p2"]), .event(2, task: "a"), .event(3, task: "a"), .joined("b"), .event(1, task: "b"), .left("a")])
        return Loss()
      },
    ])
    var items: [String] = []
    for try await item in try client(script).followSet(.mine) {
      items.append(told(item))
      if items.count == 8 { break }
    }
    #expect(items == ["a joined created @p1", "a 1 @p1", "caught up @p2", "a 2 @p2", "a 3 @p2", "b joined created @p2", "b 1 @p2", "a left ended @p2"])
    let requests = await script.requests
    #expect(requests.map { $0.set?.after } == [nil, "p2"])
    #expect(requests.allSatisfy { $0.set?.tasks == .mine && $0.set?.replay == TaskReplay.none && $0.many })
  }

  @Test("a hole in one task is mended by coming back to the position")
  func holes() async throws {
    let script = Script([
      { _, events in
        await events.received([.ofSet("subscribed", ["cursor": "p1"]), .joined("a"), .event(1, task: "a"), .event(3, task: "a")])
        try? await Task.sleep(for: .seconds(3600))
        return Loss()
      },
      { _, events in
        await events.received([.ofSet("subscribed", ["cursor": "p1"]), .event(1, task: "a"), .event(2, task: "a"), .event(3, task: "a")])
        return Loss()
      },
    ])
    var seqs: [Int] = []
    for try await item in try client(script).followSet(.mine) {
      if case .event(let event) = item.kind { seqs.append(event.seq) }
      if seqs.count == 3 { break }
    }
    #expect(seqs == [1, 2, 3])
  }

  @Test("one task that may not be watched is told, and the others go on; what is said of the set ends it")
  func refusals() async throws {
    let script = Script([
      { _, events in
        await events.received([.ofSet("subscribed", ["cursor": "p1"]), .stream("error", ["task_id": "x", "code": "task_unknown", "retryable": false]), .event(1, task: "a")])
        await events.received([.event(2, task: "a"), .ofSet("error", ["code": "too_many_subscriptions", "message": "Too many.", "retryable": false])])
        try? await Task.sleep(for: .seconds(3600))
        return Loss()
      }
    ])
    var items: [String] = []
    do {
      for try await item in try client(script).followSet(TaskSet(taskIDs: ["a", "x"])) { items.append(told(item)) }
      Issue.record("it ended without an error")
    } catch let error as TaskwireError {
      #expect(error.code == .tooManySubscriptions)
    }
    #expect(items == ["x refused task_unknown @p1", "a 1 @p1", "a 2 @p1"])
  }

  @Test("a gap begins its task's count anew, and a number at another place is of another log")
  func gaps() {
    var tracker = SetTracker(SetSubscription(tasks: .mine, after: nil, replay: .none))
    var items: [String] = []
    func take(_ frame: WireFrame) -> Taken { tracker.take(frame) { item, _ in items.append(told(item)) } }
    #expect(take(.event(7, task: "a")) == .ok)
    #expect(take(.event(9, task: "a")) == .hole)
    #expect(take(.stream("gap", ["task_id": "a", "requested": "x", "earliest": "y", "reason": "retention"])) == .ok)
    #expect(take(.event(4, task: "a")) == .ok)
    var other = TaskEvent.of("log.line", seq: 4, task: "a")
    other.cursor = "elsewhere"
    #expect(take(WireFrame(json: other.json, size: 1)) == .ok)
    #expect(take(.event(2, task: "a")) == .ok)
    #expect(items == ["a 7 @-", "a gap @-", "a 4 @-", "a 4 @-"])
  }

  @Test("what was remembered of the longest unheard is forgotten, of the others not")
  func forgets() {
    var tracker = SetTracker(SetSubscription(tasks: .mine, after: nil, replay: .none))
    var count = 0
    for task in 0...4_096 { _ = tracker.take(.event(1, task: "t\(task)")) { _, _ in count += 1 } }
    #expect(count == 4_097)
    _ = tracker.take(.event(1, task: "t4096")) { _, _ in count += 1 }
    #expect(count == 4_097)
    _ = tracker.take(.event(1, task: "t0")) { _, _ in count += 1 }
    #expect(count == 4_098)
  }

  @Test("is asked for by its words, over both transports")
  func words() throws {
    let base = try #require(URL(string: "http://host/api/"))
    let set = SetSubscription(tasks: TaskSet(taskIDs: ["a", "b"], conversationID: "c", scope: .mine), after: "1+2", replay: .compact)
    #expect(base.events(set).absoluteString == "http://host/api/v1/events?scope=mine&conversation=c&task=a&task=b&replay=compact&after=1%2B2")
    let opening = WebSocketOpening(WireRequest(baseURL: base, token: "t", subscriptions: [], set: set, many: true))
    #expect(opening.url.absoluteString == "http://host/api/v1/ws")
    let greeting = try #require(opening.greetings.first)
    #expect(opening.greetings.count == 1)
    #expect(
      try JSONValue(parsing: greeting)
        == ["type": "subscribe", "scope": "mine", "conversation_id": "c", "task_ids": ["a", "b"], "after": "1+2", "replay": "compact"])
  }

  @Test("cannot be followed page by page")
  func pages() async throws {
    do {
      for try await _ in try client(Script([]), transports: [.longPoll]).followSet(.mine) {}
      Issue.record("it ended without an error")
    } catch let error as TaskwireError {
      #expect(error.code == .noTransport)
    }
  }
}

@Suite("A set of tasks as a list")
struct SetViewTests {
  private func view(_ frames: [WireFrame], _ begun: TaskSetView = TaskSetView()) -> TaskSetView {
    var tracker = SetTracker(SetSubscription(tasks: .mine, after: begun.position, replay: .compact))
    var view = begun
    for frame in frames { _ = tracker.take(frame) { item, _ in view.take(item) } }
    return view
  }

  private func event(_ type: String, _ seq: Int, _ data: JSONObject = [:], task: String) -> WireFrame {
    WireFrame(json: TaskEvent.of(type, seq: seq, data, task: task).json, size: 1)
  }

  @Test("has a row for each task, adds up its events, and keeps those that have ended")
  func rows() throws {
    let view = view([
      .ofSet("subscribed", ["cursor": "p1"]), .joined("a", "present"), .ofSet("caught_up", ["cursor": "p2"]), .joined("b"),
      event("task.created", 1, ["kind": "test", "title": "B"], task: "b"), event("task.started", 2, ["attempt": 1], task: "b"),
      event("task.progress", 3, ["percent": 40], task: "b"), .left("a"),
    ])
    #expect(view.rows.map(\.taskID).sorted() == ["a", "b"])
    #expect(view.isCaughtUp)
    #expect(view.position == "p2")
    let (a, b) = (try #require(view["a"]), try #require(view["b"]))
    #expect(a.status == .completed && a.isOver)
    #expect(b.status == .running && b.percent == 40 && b.title == "B" && !b.isOver)
  }

  @Test("of which the history was not asked for stands on its summary")
  func summaries() throws {
    let begun = view([.joined("a", "present")])
    #expect(try #require(begun["a"]).status == .running)
    let later = view([event("log.line", 7, task: "a")], begun)
    #expect(try #require(later["a"]).status == .running)
    #expect(try #require(later["a"]).view.seq == 7)
  }

  @Test("loses what was deleted and what was refused, and forgets at a gap")
  func leaves() throws {
    let view = view([
      .joined("a"), .joined("b"), .joined("c"), event("task.created", 1, ["title": "Old"], task: "c"), .left("a", "deleted"), .left("b", "changed"),
      .stream("gap", ["task_id": "c", "requested": "x", "earliest": "y", "reason": "retention"]),
    ])
    #expect(view.rows.map(\.taskID) == ["c"])
    #expect(try #require(view["c"]).title == nil)
    var refused = view
    refused.take(SetItem(position: nil, kind: .refused(taskID: "c", error: TaskwireError(.taskUnknown))))
    #expect(refused.rows.isEmpty && refused.refused["c"]?.code == .taskUnknown)
  }

  @Test("keeps a thousand rows, and of more those that are not over")
  func bounded() {
    var view = TaskSetView()
    for task in 0..<1_100 {
      let frame: WireFrame = task % 2 == 0 ? .joined("t\(task)") : .left("t\(task)")
      var tracker = SetTracker(SetSubscription(tasks: .mine, after: nil, replay: .none))
      _ = tracker.take(frame) { item, _ in view.take(item) }
    }
    #expect(view.rows.count == 1_000)
    #expect(view.rows.filter { !$0.isOver }.count == 550)
  }
}
