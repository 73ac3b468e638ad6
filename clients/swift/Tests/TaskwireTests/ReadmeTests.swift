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

@Suite("The README")
struct ReadmeTests {
  @Test("shows code that compiles")
  func example() throws {
    let here = URL(fileURLWithPath: #filePath)
    let source = try String(contentsOf: here, encoding: .utf8)
    let readme = try String(contentsOf: here.appendingPathComponent("../../../README.md").standardizedFileURL, encoding: .utf8)
    let begin = try #require(source.range(of: "// README begins\n"))
    let end = try #require(source.range(of: "// README ends"))
    #expect(readme.contains(source[begin.upperBound..<end.lowerBound]))
  }
}
