import Foundation
import Testing

// What the README shows, compiled.
// README begins
import Taskwire

func follow(_ taskID: String, tokens: @escaping @Sendable () async throws -> String) async throws {
  let client = try TaskwireClient(url: "https://tasks.example.com", token: .provider(tokens))
  for try await event in client.events(of: taskID) {
    if case .messageDelta(let piece) = event.payload { print(piece.delta, terminator: "") } else { print(event.seq, event.type) }
  }
}
// README ends

// README begins
func answerQuestions(_ client: TaskwireClient, from place: String?) async throws {
  let started = try await client.create(CreateTaskRequest(kind: "research", input: ["number": "+43 1 234"], conversationID: "talk-7", queue: true))
  for try await item in client.followSet(.mine, after: place) {
    switch item.kind {
    case .joined(let task): print(task.taskID, task.reason, task.summary.status)
    case .event(let event):
      if case .inputRequested(let question) = event.payload { try await client.respond(event.taskID, to: question.requestID, response: "blue") }
    case .left(let task): print(task.taskID, task.reason)           // ended, deleted, changed, limit
    case .gap, .refused, .caughtUp: break
    }
    if let position = item.position { print("keep", position) }     // pass it as `after` to go on from here
  }
  try await client.cancel(started.taskID, reason: "No longer needed")
}
// README ends

@Suite("The README")
struct ReadmeTests {
  @Test("shows code that compiles")
  func example() throws {
    let here = URL(fileURLWithPath: #filePath)
    let source = try String(contentsOf: here, encoding: .utf8)
    let readme = try String(contentsOf: here.appendingPathComponent("../../../README.md").standardizedFileURL, encoding: .utf8)
    let shown = source.components(separatedBy: "// README begins\n").dropFirst().compactMap { $0.components(separatedBy: "// README ends").first }
    #expect(shown.count == 2)
    for part in shown { #expect(readme.contains(part)) }
  }
}
