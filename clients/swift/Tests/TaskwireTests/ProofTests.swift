import Testing

@testable import Taskwire

@Suite("The proof by seq")
struct ProofTests {
  private func take(_ tracker: inout Tracker, _ frames: [WireFrame]) -> (taken: [Taken], seqs: [Int], cursors: [String]) {
    var events: [TaskEvent] = []
    let taken = frames.map { frame in tracker.take(frame) { event, _ in events.append(event) } }
    return (taken, events.map(\.seq), events.compactMap(\.cursor))
  }

  private func tracker(after: String? = nil, replay: TaskReplay = .full) -> Tracker {
    Tracker([Subscription(taskID: "t1", after: after, replay: replay)])
  }

  @Test("a repeat is dropped and a hole is found")
  func repeatsAndHoles() {
    var tracker = tracker()
    let (taken, seqs, _) = take(&tracker, [.event(1), .event(2), .event(2), .event(1), .event(4)])
    #expect(taken == [.ok, .ok, .ok, .ok, .hole])
    #expect(seqs == [1, 2])
    #expect(tracker.subscriptions.first?.after == "c2")
  }

  @Test("after a cursor from outside the first event sets the count")
  func outside() {
    var tracker = tracker(after: "c41")
    #expect(take(&tracker, [.event(42), .event(44)]).taken == [.ok, .hole])
  }

  @Test("after a gap counting starts anew at the snapshot")
  func gap() {
    var tracker = tracker()
    #expect(take(&tracker, [.event(1), .stream("gap"), .event(50, type: "task.snapshot"), .event(51)]).seqs == [1, 50, 51])
  }

  @Test("inside a replayed range an event carries the cursor before the range")
  func replayed() {
    var tracker = tracker(replay: .compact)
    let events: JSONValue = .array((1...3).map { .object(TaskEvent.of("log.line", seq: $0).json) })
    let (taken, seqs, cursors) = take(&tracker, [.stream("replayed", ["first_seq": 1, "seq": 3, "cursor": "c3", "events": events]), .stream("replayed", ["first_seq": 3, "seq": 5, "cursor": "c5", "events": []])])
    #expect(taken == [.ok, .hole])
    #expect(seqs == [1, 2, 3])
    #expect(cursors == ["0", "0", "c3"])
  }

  @Test("an end elsewhere is believed the second time")
  func end() {
    var tracker = tracker()
    #expect(take(&tracker, [.event(1), .stream("end", ["cursor": "c9"]), .stream("end", ["cursor": "c9"])]).taken == [.ok, .hole, .done])
  }

  @Test("the terminal event ends the task, and all tasks' ends the whole")
  func terminal() {
    var tracker = Tracker(["a", "b"].map { Subscription(taskID: $0, after: nil, replay: .full) })
    #expect(take(&tracker, [.event(1, type: "task.completed", task: "a"), .event(2, task: "a"), .event(1, type: "task.failed", task: "b")]).taken == [.ok, .ok, .done])
  }

  @Test("without replay it comes back to where it began, and wants what it missed")
  func none() {
    var tracker = tracker(replay: .none)
    _ = take(&tracker, [.stream("subscribed", ["cursor": "c7"])])
    #expect(tracker.subscriptions == [Subscription(taskID: "t1", after: "c7", replay: .full)])
  }
}
