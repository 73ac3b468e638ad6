import Foundation
import Testing

@testable import Taskwire

private let environment = ProcessInfo.processInfo.environment

/// Against a real service, whose address and token test/integration/client-swift.test.ts passes; in between stands what cuts connections.
@Suite("End to end", .enabled(if: environment["TASKWIRE_TEST_URL"] != nil, "no service was named in TASKWIRE_TEST_URL"))
struct EndToEndTests {
  private static let count = 2_000

  private func client(_ transports: [TransportName], url: String = environment["TASKWIRE_TEST_URL"] ?? "") throws -> TaskwireClient {
    var options = ClientOptions()
    options.settings.transports = transports
    options.settings.backoffMinMs = 20
    options.settings.backoffMaxMs = 100
    return try TaskwireClient(url: url, token: .fixed(environment["TASKWIRE_TEST_TOKEN"] ?? ""), options: options)
  }

  @Test("2,000 events arrive without a gap or a repeat while connections are cut", arguments: [TransportName.webSocket, .sse, .longPoll])
  func follows(transport: TransportName) async throws {
    let direct = try client([transport], url: environment["TASKWIRE_TEST_DIRECT_URL"] ?? "")
    let taskID = try await direct.create(CreateTaskRequest(kind: "build", title: "From Swift")).taskID
    let publishing = Task {
      let publisher = direct.publisher(taskID)
      for line in 2..<Self.count {
        try await publisher.push(EventDraft(.logLine(LogLineData(level: .info, text: "line \(line)"))))
        if line % 50 == 0 { try await publisher.flush() }
      }
      try await publisher.push(EventDraft(.taskCompleted(TaskCompletedData(response: "done"))))
      try await publisher.flush()
      return await publisher.lastSeq
    }
    let openings = Openings()
    var seqs: [Int] = []
    var view = TaskView()
    for try await event in try client([transport]).events(of: taskID, options: FollowOptions(onState: openings.count)) {
      seqs.append(event.seq)
      view.fold(event)
    }
    #expect(seqs == Array(1...Self.count))
    #expect(try await publishing.value == Self.count)
    #expect(view.status == .completed)
    #expect(view.logLines == Self.count - 2)
    // Long-poll may not notice: a request that got no answer on a kept connection is sent again below it.
    #expect(openings.value > (transport == .longPoll ? 0 : 2), "the connection was never cut")
    let (answer, listed) = (try await direct.get(taskID), try await direct.list(limit: 5))
    #expect(answer.task.lastSeq == Self.count)
    #expect(listed.tasks.contains { $0.taskID == taskID })
  }

  @Test("a task's state adds up to the service's own, live and compacted", arguments: [TransportName.webSocket, .sse, .longPoll])
  func folds(transport: TransportName) async throws {
    let direct = try client([transport], url: environment["TASKWIRE_TEST_DIRECT_URL"] ?? "")
    let taskID = try await direct.create(CreateTaskRequest(kind: "chat", title: "Three steps")).taskID
    let live = Task {
      var last = TaskView()
      for try await view in direct.views(of: taskID) { last = view }
      return last
    }
    let publisher = direct.publisher(taskID)
    for payload in Self.story { try await publisher.push(EventDraft(payload)) }
    try await publisher.flush()
    var views = [try await live.value]
    for try await view in direct.views(of: taskID) { views.append(view) }
    let answer = try await direct.get(taskID)
    var wanted = TaskView(snapshot: answer.snapshot.json, taskID: taskID)
    wanted.cursor = answer.cursor
    #expect(views.first == wanted)
    #expect(views.last == wanted)
  }

  private static let story: [TaskPayload] = [
    .taskStarted(.init(attempt: 1)), .planCreated(.init(steps: [.init(stepID: "s1", title: "Think")], planID: "p")), .stepStarted(.init(stepID: "s1", name: "think", index: 1, total: 2)),
    .stepProgress(.init(stepID: "s1", current: 1, total: 4, unit: "pages")), .taskProgress(.init(percent: 10, stage: "reading")), .toolStarted(.init(toolCallID: "c1", name: "grep", input: ["a": 1])),
    .toolProgress(.init(toolCallID: "c1", percent: 50, outputDelta: "row 1\n")), .toolProgress(.init(toolCallID: "c1", outputDelta: "row 2\n")), .toolCompleted(.init(toolCallID: "c1", output: [1, 2])),
    .messageStarted(.init(messageID: "m1", role: .assistant)), .messageDelta(.init(messageID: "m1", delta: "Grüß ")), .messageDelta(.init(messageID: "m1", delta: "Gott 😀")),
    .messageCompleted(.init(messageID: "m1", content: "Grüß Gott 😀")), .metricsUpdated(.init(values: ["tokens": 12, "cost": 0.5])), .artifactCreated(.init(artifactID: "a", name: "a.txt", mediaType: "text/plain")),
    .inputRequested(.init(requestID: "q", kind: .approval, prompt: "Go on?")), .inputResolved(.init(requestID: "q", outcome: .approved)), .qualityChecked(.init(check: "spelling", passed: true)),
    .stepCompleted(.init(stepID: "s1", output: "done")), .taskProgress(.init(percent: 90)), .logLine(.init(level: .info, text: "end")), .taskCompleted(.init(result: ["ok": true], response: "Done.")),
  ]

  @Test("an unknown task is one typed error that says what to do", arguments: [TransportName.webSocket, .sse, .longPoll])
  func unknown(transport: TransportName) async throws {
    let client = try client([transport], url: environment["TASKWIRE_TEST_DIRECT_URL"] ?? "")
    do {
      for try await _ in client.events(of: "no-such-task") {}
      Issue.record("it ended without an error")
    } catch let error as TaskwireError {
      #expect(error.code == .taskUnknown)
      #expect(!error.retryable)
      #expect(!error.advice.isEmpty)
    }
  }
}

private final class Openings: @unchecked Sendable {
  private let lock = NSLock()
  private var times = 0
  var value: Int { lock.withLock { times } }
  func count(_ state: ConnectionState) { if state.phase == .live { lock.withLock { times += 1 } } }
}
