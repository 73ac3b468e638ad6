import Foundation
import Testing

@testable import Taskwire

private let environment = ProcessInfo.processInfo.environment

/// What an app does with tasks that somebody else works on, against a real service with workers for two kinds: `survey` asks one question and answers
/// it as its result, `endless` works until it is canceled.
@Suite("Living tasks", .enabled(if: environment["TASKWIRE_TEST_URL"] != nil, "no service was named in TASKWIRE_TEST_URL"), .timeLimit(.minutes(1)))
struct LivingTests {
  private let conversation = "talk-\(UUID().uuidString.lowercased())"

  private func client(_ transports: [TransportName] = [.webSocket], cut: Bool = false, token: String? = nil) throws -> TaskwireClient {
    var options = ClientOptions()
    options.settings.transports = transports
    options.settings.backoffMinMs = 20
    options.settings.backoffMaxMs = 100
    let url = environment[cut ? "TASKWIRE_TEST_URL" : "TASKWIRE_TEST_DIRECT_URL"] ?? ""
    return try TaskwireClient(url: url, token: .fixed(token ?? environment["TASKWIRE_TEST_TOKEN"] ?? ""), options: options)
  }

  @Test("an app starts a task, answers its question, and sees all of it, each event once, through cuts", arguments: [TransportName.webSocket, .sse])
  func survey(transport: TransportName) async throws {
    let direct = try client()
    var started: String?
    var (types, seqs): ([String], [Int]) = ([], [])
    var reasons: [String] = []
    following: for try await item in try client([transport], cut: true).followSet(.mine) {
      if case .caughtUp = item.kind, started == nil {
        started = try await direct.create(CreateTaskRequest(kind: "survey", title: "Colours", conversationID: conversation, queue: true)).taskID
      }
      guard let started, item.taskID == started else { continue }
      #expect(item.position != nil)
      switch item.kind {
      case .joined(let frame): reasons.append("joined \(frame.reason)")
      case .event(let event):
        types.append(event.type)
        seqs.append(event.seq)
        if case .inputRequested(let question) = event.payload {
          let answer = try await direct.respond(started, to: question.requestID, response: "blue")
          #expect(answer.outcome == .applied)
        }
        if case .taskCompleted(let end) = event.payload { #expect(end.result == "blue") }
      case .left(let frame):
        #expect(frame.reason == .ended && frame.summary.status == .completed)
        break following
      default: Issue.record("\(item.kind) was not expected")
      }
    }
    #expect(reasons.allSatisfy { $0 == "joined created" } && !reasons.isEmpty)
    #expect(seqs == Array(1...seqs.count))
    #expect(types.prefix(2) == ["task.created", "task.queued"])
    #expect(types.contains("input.resolved"))
    #expect(types.last == "task.completed")
  }

  @Test("a list shows what is canceled and done again", arguments: [TransportName.webSocket, .sse])
  func list(transport: TransportName) async throws {
    let direct = try client()
    var (first, second): (String?, String?)
    var canceled: Set<String> = []
    for try await view in try client([transport], cut: true).views(of: .conversation(conversation)) {
      if first == nil, view.isCaughtUp { first = try await direct.create(CreateTaskRequest(kind: "endless", conversationID: conversation, queue: true)).taskID }
      for row in view.rows where row.status == .running && canceled.insert(row.taskID).inserted {
        #expect(try await direct.cancel(row.taskID, reason: "No longer needed").outcome == .accepted)
      }
      if second == nil, let first, view[first]?.status == .canceled { second = try await direct.retry(first).taskID }
      if let second, let row = view[second], row.status == .canceled {
        #expect(row.view.facts.retryOf == first)
        #expect(row.view.commands.map(\.command) == [.cancel])
        #expect(view.rows.map(\.taskID) == [second, first])
        break
      }
    }
    let gone = try #require(first)
    try await direct.remove(gone)
    await #expect { try await direct.get(gone) } throws: { ($0 as? TaskwireError)?.code == .taskDeleted }
  }

  @Test("what was said is found by its conversation, and others may be let in to watch")
  func shares() async throws {
    let direct = try client()
    let taskID = try await direct.create(CreateTaskRequest(kind: "chat", conversationID: conversation)).taskID
    try await direct.publish(taskID, .taskStarted(.init(attempt: 1)))
    try await direct.message(taskID, "Is this a scam?")
    // Lists follow what is in the log within moments.
    while try await direct.conversations(limit: 50).conversations.first(where: { $0.conversationID == conversation })?.preview != "Is this a scam?" {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try await direct.messages(in: conversation).messages.map(\.content) == ["Is this a scam?"])

    let ticket = try await direct.ticket(TaskSet(taskIDs: [taskID]))
    #expect(ticket.url.contains(taskID) && ticket.url.contains(ticket.ticket))

    let granted = try await direct.grant(GrantRequest(conversationID: conversation, label: "Support"))
    #expect(try await direct.grants().contains { $0.grantID == granted.grant.grantID && $0.label == "Support" })
    for try await item in try client(token: granted.token).followSet(.conversation(conversation), replay: .full) {
      if case .event(let event) = item.kind, event.type == "message.completed" { break }
    }
    try await direct.revoke(granted.grant.grantID)
    #expect(try await !direct.grants().contains { $0.grantID == granted.grant.grantID })
  }
}
