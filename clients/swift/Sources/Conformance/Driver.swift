import Foundation
import Taskwire

/// The conformance kit's driver of this client: commands on stdin, outputs on stdout, one JSON object a line. See test/conformance/README.md.
@main
struct Driver {
  static func main() async {
    let (lines, more) = AsyncStream<String>.makeStream()
    Thread.detachNewThread {
      while let line = readLine() { more.yield(line) }
      more.finish()
    }
    let session = Session()
    for await line in lines {
      guard case .object(let command)? = try? JSONValue(parsing: line) else { continue }
      await session.obey(command)
    }
    exit(0)
  }
}

/// What is written: whole lines, and nothing of a client that was forgotten.
final class Output: @unchecked Sendable {
  private let lock = NSLock()
  private var era = 0

  /// Everything that was there is forgotten. Answers the number of what begins.
  func begin() -> Int {
    lock.withLock {
      era += 1
      return era
    }
  }

  func tell(_ output: JSONObject, of era: Int? = nil) {
    lock.withLock {
      if let era, era != self.era { return }
      FileHandle.standardOutput.write(Data((output.jsonText + "\n").utf8))
    }
  }
}

/// The tokens that a callback answers one after another, the last one again and again; nil: it throws.
actor Tokens {
  struct CaseFault: Error {}
  private var tokens: [String?]

  init(_ tokens: [String?]) { self.tokens = tokens }

  func set(_ token: String?) { tokens = [token] }

  func next() throws -> String {
    guard let token = tokens.count > 1 ? tokens.removeFirst() : tokens.first ?? nil else { throw CaseFault() }
    return token
  }
}

/// One client, and what runs on it.
actor Session {
  private let output = Output()
  private var era = 0
  private var client: TaskwireClient?
  private var settings = JSONObject()
  private var tokens = Tokens([])
  private var running: [String: Reader] = [:]

  init() { era = output.begin() }

  func obey(_ command: JSONObject) {
    switch command.get("do", or: "") {
    case "configure": configure(command)
    case "reset": reset(command)
    case "follow": follow(command)
    case "follow_set": followSet(command)
    case "watch": watch(command)
    case "read": running[name(command)]?.read(command.get("count"))
    case "cancel": running[name(command)]?.cancel()
    case "wake": client?.wake()
    case "set_token":
      let (tokens, token): (Tokens, String?) = (tokens, command.get("token"))
      Task { await tokens.set(token) }
    case "create", "publish", "get", "list", "command", "retry", "remove", "ticket", "conversations", "messages", "push": call(command)
    default: answer(command, pureAnswer(command) ?? ["is": "unsupported"])
    }
  }

  private func name(_ command: JSONObject) -> String { command.get("follow", or: "f") }

  private func answer(_ command: JSONObject, _ output: JSONObject, of era: Int? = nil) {
    var output = output
    output["id"] = command["id"]
    self.output.tell(output, of: era)
  }

  private func reset(_ command: JSONObject) {
    era = output.begin()
    for reader in running.values { reader.cancel() }
    running = [:]
    client = nil
    answer(command, ["is": "reset"])
  }

  private func configure(_ command: JSONObject) {
    era = output.begin()
    settings = command.get("settings", or: JSONObject())
    do {
      client = try TaskwireClient(url: command.get("url", or: ""), token: source(command), options: options(command))
      answer(command, ["is": "configured"])
    } catch {
      answer(command, told(error))
    }
  }

  private func source(_ command: JSONObject) -> TokenSource {
    guard let given: [JSONValue] = command.get("tokens") else { return .fixed(command.get("token", or: "")) }
    let tokens = Tokens(given.map { String(jsonValue: $0) })
    self.tokens = tokens
    return .provider { [output, era] in
      output.tell(["is": "token_asked"], of: era)
      return try await tokens.next()
    }
  }

  private func options(_ command: JSONObject) -> ClientOptions {
    var options = ClientOptions()
    func ms(_ name: String, _ field: WritableKeyPath<Settings, Double>) {
      if let value: Double = settings.get(name) { options.settings[keyPath: field] = value }
    }
    ms("first_frame_ms", \.firstFrameMs)
    ms("last_first_frame_ms", \.lastFirstFrameMs)
    ms("backoff_min_ms", \.backoffMinMs)
    ms("backoff_max_ms", \.backoffMaxMs)
    ms("healthy_ms", \.healthyMs)
    ms("heartbeat_ms", \.heartbeatMs)
    ms("give_up_ms", \.giveUpMs)
    ms("try_ms", \.tryMs)
    options.settings.queueItems = settings.get("queue_items", or: options.settings.queueItems)
    options.settings.queueBytes = settings.get("queue_bytes", or: options.settings.queueBytes)
    if let transports: [TransportName] = command.get("transports") { options.settings.transports = transports }
    options.log = { [output, era] entry in
      var told: JSONObject = ["event": .string(entry.event)]
      told.set("transport", entry.transport)
      told.set("attempt", entry.attempt)
      told.set("code", entry.code)
      output.tell(["is": "log", "entry": .object(told)], of: era)
    }
    return options
  }

  // MARK: Following

  private func follow(_ command: JSONObject) {
    guard let client else { return answer(command, ["is": "unsupported"]) }
    let say = sayer(command)
    let options = FollowOptions(replay: command.get("replay", or: .full), onState: stateTeller(say)) { gap in say(told(gap)) }
    let events: TaskEvents
    if let ids: [String] = command.get("task_ids") {
      events = client.events(of: ids, after: command.get("after", or: [:]), options: options)
    } else {
      events = client.events(of: command.get("task_id", or: ""), after: command.get("after"), options: options)
    }
    run(command, say, allowed: command.get("read")) { reader in
      for try await event in events {
        say(["is": "event", "event": .object(event.json)])
        await reader.taken()
      }
    }
  }

  private func followSet(_ command: JSONObject) {
    guard let client else { return answer(command, ["is": "unsupported"]) }
    let say = sayer(command)
    let items = client.followSet(set(of: command), after: command.get("after"), replay: command.get("replay", or: .none), onState: stateTeller(say))
    run(command, say, allowed: command.get("read")) { reader in
      for try await item in items {
        say(told(item))
        await reader.taken()
      }
    }
  }

  private func watch(_ command: JSONObject) {
    guard let client else { return answer(command, ["is": "unsupported"]) }
    let say = sayer(command)
    let views = client.views(of: command.get("task_id", or: ""), onState: stateTeller(say))
    run(command, say, allowed: nil) { _ in
      for try await view in views { say(["is": "view", "value": .object(toldView(view))]) }
    }
  }

  private func sayer(_ command: JSONObject) -> @Sendable (JSONObject) -> Void {
    let name = name(command)
    return { [output, era] told in
      var told = told
      told["follow"] = .string(name)
      output.tell(told, of: era)
    }
  }

  private func stateTeller(_ say: @escaping @Sendable (JSONObject) -> Void) -> @Sendable (ConnectionState) -> Void {
    let before = Last()
    return { state in
      guard before.isNew("\(state.phase) \(state.transport)") else { return }
      var told: JSONObject = ["is": "state", "phase": .string(state.phase.rawValue), "transport": .string(state.transport.rawValue)]
      told.set("error", state.error?.code)
      say(told)
    }
  }

  private func run(_ command: JSONObject, _ say: @escaping @Sendable (JSONObject) -> Void, allowed: Int?, _ work: @escaping @Sendable (Reader) async throws -> Void) {
    let reader = Reader(allowed)
    running[name(command)] = reader
    reader.task = Task {
      do {
        try await work(reader)
      } catch {
        say(told(error))
      }
      say(["is": "ended"])
    }
  }

  // MARK: What is answered with a value

  private func call(_ command: JSONObject) {
    guard let client else { return answer(command, ["is": "unsupported"]) }
    let mine = era
    let settings = settings
    Task {
      do {
        answer(command, ["is": "result", "value": try await result(of: command, client, settings)], of: mine)
      } catch {
        answer(command, told(error), of: mine)
      }
    }
  }
}

/// The last of some words.
final class Last: @unchecked Sendable {
  private let lock = NSLock()
  private var last = ""

  func isNew(_ word: String) -> Bool {
    lock.withLock {
      defer { last = word }
      return word != last
    }
  }
}

/// A consumer that takes so many events and then waits to be told to go on.
final class Reader: @unchecked Sendable {
  private let lock = NSLock()
  private var allowed: Int?
  private var waiting: CheckedContinuation<Void, Never>?
  private var cancelled = false
  private var running: Task<Void, Never>?

  init(_ allowed: Int?) { self.allowed = allowed }

  var task: Task<Void, Never>? {
    get { lock.withLock { running } }
    set { lock.withLock { running = newValue } }
  }

  func read(_ count: Int?) {
    go { allowed = count.map { max(0, allowed ?? 0) + $0 } }
  }

  func cancel() {
    task?.cancel()
    go { cancelled = true }
  }

  private func go(_ change: () -> Void) {
    let woken = lock.withLock {
      change()
      defer { waiting = nil }
      return waiting
    }
    woken?.resume()
  }

  /// One event was taken. Returns when the next may be.
  func taken() async {
    lock.withLock { allowed = allowed.map { $0 - 1 } }
    while lock.withLock({ allowed.map { $0 <= 0 } ?? false && !cancelled }) {
      await withCheckedContinuation { continuation in
        let now = lock.withLock {
          if cancelled || allowed.map({ $0 > 0 }) ?? true { return true }
          waiting = continuation
          return false
        }
        if now { continuation.resume() }
      }
    }
  }
}
