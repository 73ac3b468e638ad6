import Foundation
import Taskwire

/// Events per second: decoded, folded and delivered. Run it in release mode:
///
///     swift run -c release taskwire-bench                      from memory: Server-Sent Events, through everything but the network
///     swift run -c release taskwire-bench URL TOKEN TASK       a finished task of a service, over each transport
///     swift run -c release taskwire-bench read URL TOKEN TASK ROUNDS   the same over WebSocket, a line of JSON a round
@main
struct Bench {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "read" { return try await read(Array(arguments.dropFirst())) }
    if arguments.count == 3 {
      let given = Array(arguments)
      for name in [TransportName.webSocket, .sse, .longPoll] {
        var options = ClientOptions()
        options.settings.transports = [name]
        let client = try TaskwireClient(url: given[0], token: .fixed(given[1]), options: options)
        try await measure("\(name)", client.views(of: given[2]))
        try await count("\(name), events", client.events(of: given[2]))
      }
      return
    }
    let history = History(200_000)
    var options = ClientOptions()
    options.transports = [.sse: history]
    options.settings.transports = [.sse]
    let client = try TaskwireClient(url: "http://127.0.0.1:1", options: options)
    for round in 1...3 {
      try await measure("memory \(round), folded", client.views(of: "t1"))
      try await count("memory \(round), events", client.events(of: "t1"))
    }
  }

  static func read(_ given: [String]) async throws {
    var options = ClientOptions()
    options.settings.transports = [.webSocket]
    let client = try TaskwireClient(url: given[0], token: .fixed(given[1]), options: options)
    for _ in 0..<(Int(given[3]) ?? 1) {
      let began = ContinuousClock.now
      var view = TaskView()
      for try await event in client.events(of: given[2]) { view.fold(event) }
      let (seconds, attoseconds) = (ContinuousClock.now - began).components
      print("{\"events\":\(view.seq),\"seconds\":\(Double(seconds) + Double(attoseconds) / 1e18)}")
    }
  }

  static func measure(_ name: String, _ views: TaskViews) async throws {
    let (began, before) = (ContinuousClock.now, cpuSeconds())
    var last = TaskView()
    for try await view in views { last = view }
    report(name, last.seq, began, before)
  }

  static func count(_ name: String, _ events: TaskEvents) async throws {
    let (began, before) = (ContinuousClock.now, cpuSeconds())
    var taken = 0
    var view = TaskView()
    for try await event in events {
      view.fold(event)
      taken += 1
    }
    report(name, taken, began, before)
  }

  static func report(_ name: String, _ events: Int, _ began: ContinuousClock.Instant, _ before: Double) {
    let (seconds, attoseconds) = (ContinuousClock.now - began).components
    let took = Double(seconds) + Double(attoseconds) / 1e18
    let cpu = cpuSeconds() - before
    print("\(name): \(events) events in \(Int(took * 1_000)) ms, \(Int(Double(events) / took)) events/s, \(Int(Double(events) / cpu)) events/s of one core")
  }

  /// Processor time of this process, all threads together.
  static func cpuSeconds() -> Double {
    Double(clock()) / 1_000_000
  }
}

/// A wire from memory: the events of a task that streams text, as Server-Sent Events in pieces of 32 KiB.
struct History: Transport {
  private let pieces: [[UInt8]]

  init(_ count: Int) {
    var bytes: [UInt8] = []
    var pieces: [[UInt8]] = []
    for seq in 1...count {
      bytes += Array("id: q1X9mPz0R2kAAAAEKjW7.\(seq)\ndata: \(Self.event(seq, count))\n\n".utf8)
      if bytes.count > 32 * 1024 || seq == count {
        pieces.append(bytes)
        bytes = []
      }
    }
    self.pieces = pieces
  }

  private static func event(_ seq: Int, _ count: Int) -> String {
    let time = "\"time\":\"2026-01-31T12:00:01.000Z\","
    let (type, data, at) =
      switch seq {
      case 1: ("task.created", #"{"kind":"chat"}"#, time)
      case 2: ("message.started", #"{"message_id":"m1","role":"assistant"}"#, time)
      case count: ("task.completed", "{}", time)
      case _ where seq % 10 == 0: ("task.progress", "{\"percent\":\(seq * 100 / count),\"message\":\"Searching the scam database\"}", time)
      default: ("message.delta", #"{"message_id":"m1","delta":" word after word,"}"#, "")
      }
    return #"{"type":""# + type + #"","task_id":"t1","seq":"# + String(seq) + ",\(at)" + #""cursor":"q1X9mPz0R2kAAAAEKjW7."# + String(seq) + #"","data":"# + data + "}"
  }

  func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
    var parser = SSEParser()
    for piece in pieces {
      await events.room()
      var frames: [WireFrame] = []
      piece.withUnsafeBufferPointer { buffer in
        parser.feed(buffer) { _, _, data in if let frame = WireFrame(data) { frames.append(frame) } }
      }
      await events.received(frames)
    }
    return Loss()
  }
}
