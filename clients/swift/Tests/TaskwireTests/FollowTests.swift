import Foundation
import Testing

@testable import Taskwire

/// Wires by script: the first opening gets the first of them, and so on; then all wait.
actor Script {
  typealias Play = @Sendable (WireRequest, any WireEvents) async -> Loss
  private var plays: [Play]
  private(set) var requests: [WireRequest] = []
  private(set) var running = 0

  init(_ plays: [Play]) { self.plays = plays }

  func next(_ request: WireRequest) -> Play? {
    requests.append(request)
    running += 1
    return plays.isEmpty ? nil : plays.removeFirst()
  }

  func ended() { running -= 1 }
}

struct Scripted: Transport {
  let script: Script

  func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
    let play = await script.next(request)
    let loss = await play?(request, events)
    if let loss {
      await script.ended()
      return loss
    }
    try? await Task.sleep(for: .seconds(3600))
    await script.ended()
    return Loss()
  }
}

@Suite("Following")
struct FollowTests {
  private func client(_ script: Script, token: TokenSource = "good", wake: any WakeSource = NoWakeSource(), _ change: (inout Settings) -> Void = { _ in }) throws -> TaskwireClient {
    var options = ClientOptions()
    options.transports = [.sse: Scripted(script: script)]
    options.settings.transports = [.sse]
    options.settings.backoffMinMs = 1
    options.settings.backoffMaxMs = 2
    options.wake = wake
    change(&options.settings)
    return try TaskwireClient(url: "http://127.0.0.1:1", token: token, options: options)
  }

  /// Waits for a condition, with a deadline.
  private func until(_ condition: () async -> Bool) async throws {
    for _ in 0..<500 {
      if await condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come about in 5 s")
  }

  @Test("goes on from its cursor after a cut, with nothing missing and nothing twice")
  func resumes() async throws {
    let script = Script([
      { _, events in await events.received([.event(1), .event(2)]); return Loss() },
      { _, events in await events.received([.event(2), .event(3), .event(5)]); return Loss() },
      { _, events in await events.received([.event(4), .event(5, type: "task.completed")]); return Loss() },
    ])
    var seqs: [Int] = []
    for try await event in try client(script).events(of: "t1") { seqs.append(event.seq) }
    #expect(seqs == [1, 2, 3, 4, 5])
    #expect(await script.requests.map { $0.subscriptions.first?.after } == [nil, "c2", "c3"])
  }

  @Test("leaving the loop closes the connection, and cancelling its task does")
  func leaves() async throws {
    let open: Script.Play = { _, events in
      await events.received([.event(1), .event(2)])
      try? await Task.sleep(for: .seconds(3600))
      return Loss()
    }
    let script = Script([open, open])
    let client = try client(script)
    for try await event in client.events(of: "t1") where event.seq == 2 { break }
    try await until { await script.running == 0 }
    let task = Task {
      var taken = 0
      for try await _ in client.events(of: "t1") { taken += 1 }
      return taken
    }
    try await until { await script.running == 1 }
    task.cancel()
    #expect(try await task.value <= 2)
    try await until { await script.running == 0 }
  }

  @Test("a consumer that does not read stops the reading")
  func backPressure() async throws {
    let sent = Counter()
    let script = Script([
      { _, events in
        for seq in 1...1_000 {
          await events.room()
          if Task.isCancelled { return Loss() }
          await events.received([.event(seq, type: seq == 1_000 ? "task.completed" : "log.line")])
          sent.add()
        }
        return Loss()
      }
    ])
    var iterator = try client(script) { $0.queueItems = 10 }.events(of: "t1").makeAsyncIterator()
    #expect(try await iterator.next()?.seq == 1)
    try await until { sent.value >= 10 }
    try await Task.sleep(for: .milliseconds(50))
    #expect(sent.value <= 21)
    var last = 1
    while let event = try await iterator.next() {
      #expect(event.seq == last + 1)
      last = event.seq
    }
    #expect(last == 1_000)
  }

  @Test("the app's return to the foreground ends a wait at once, and nothing is watched after the end")
  func wakes() async throws {
    let source = Foreground()
    let script = Script([{ _, _ in Loss() }, { _, events in await events.received([.event(1, type: "task.completed")]); return Loss() }])
    let client = try client(script, wake: source) {
      $0.backoffMinMs = 3_600_000
      $0.backoffMaxMs = 3_600_000
    }
    let following = Task {
      var seqs: [Int] = []
      for try await event in client.events(of: "t1") { seqs.append(event.seq) }
      return seqs
    }
    try await until {
      source.come()
      return await script.requests.count == 2
    }
    #expect(try await following.value == [1])
    try await until { source.watchers == 0 }
  }

  @Test("a token is in nothing that is printed")
  func secrets() throws {
    let client = try client(Script([]), token: "s3cret")
    var dumped = ""
    dump(client, to: &dumped)
    dump(client.events(of: "t1"), to: &dumped)
    #expect(!"\(client) \(client.events(of: "t1")) \(TokenSource.fixed("s3cret")) \(dumped)".contains("s3cret"))
  }

  @Test("a refused token is asked for once more, then told as an error")
  func tokens() async throws {
    let asked = Counter()
    let refuse: Script.Play = { _, _ in Loss(error: TaskwireError(.tokenExpired)) }
    let client = try client(Script([refuse, refuse]), token: .provider { asked.add(); return "t" })
    do {
      for try await _ in client.events(of: "t1") {}
      Issue.record("it ended without an error")
    } catch let error as TaskwireError {
      #expect(error.code == .tokenExpired)
      #expect(!error.advice.isEmpty)
    }
    #expect(asked.value == 2)
  }

  @Test("a view is told once for all that came together")
  func views() async throws {
    let script = Script([{ _, events in await events.received((1...99).map { .event($0) } + [.event(100, type: "task.completed")]); return Loss() }])
    var views: [TaskView] = []
    for try await view in try client(script).views(of: "t1") { views.append(view) }
    #expect(views.last?.seq == 100)
    #expect(views.last?.logLines == 99)
    #expect(views.last?.status == .completed)
    #expect(views.count < 10)
  }

  @Test("an address that is none is refused when the client is made", arguments: ["", "nowhere", "ftp://host", "http://"])
  func addresses(url: String) {
    #expect(throws: TaskwireError.self) { try TaskwireClient(url: url) }
  }
}

/// An app that comes to the foreground when it is told to.
private final class Foreground: WakeSource, @unchecked Sendable {
  private let lock = NSLock()
  private var wakes: [UUID: @Sendable () -> Void] = [:]
  var watchers: Int { lock.withLock { wakes.count } }

  func watch(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let id = UUID()
    lock.withLock { wakes[id] = wake }
    return { self.lock.withLock { self.wakes[id] = nil } }
  }

  func come() { for wake in lock.withLock({ Array(wakes.values) }) { wake() } }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  var value: Int { lock.withLock { count } }
  func add() { lock.withLock { count += 1 } }
}
