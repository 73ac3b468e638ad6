import Foundation

/// What is told of a connection whenever it changes.
public struct ConnectionState: Sendable {
  public let phase: Phase
  public let transport: TransportName
  /// Rounds that failed since the last healthy connection.
  public let attempt: Int
  /// In `waiting`: so long until the next try; nil where it waits for the consumer. Milliseconds.
  public let retryInMs: Double?
  /// What cut the last connection, where the service said so; in `ended`: why.
  public let error: TaskwireError?
}

/// What the client passes on of its doings to whoever wants to know. Never a token, never a payload.
public struct LogEntry: Sendable {
  public let event: String
  public let transport: TransportName?
  public let attempt: Int?
  public let code: ErrorCode?
}

/// What a client's connections share.
struct ConnectionContext: Sendable {
  let baseURL: URL
  let transports: [TransportName: any Transport]
  var settings: Settings
  let tokens: Tokens
  let timing: Timing
  let log: @Sendable (LogEntry) -> Void
  let shared: Shared
}

/// What became of a frame: taken; something before it is missing; nothing more is needed.
enum Taken { case ok, hole, done }

/// What a connection is made for: frames in, items out. Its connection alone has it.
protocol ConnectionUser: Sendable {
  associatedtype Item: Sendable
  /// Whether the connection serves a changing number of tasks, or one alone.
  var many: Bool { get }
  /// What is to be followed and from where; asked at every opening.
  var subscriptions: [Subscription] { get }
  var set: SetSubscription? { get }
  /// Whether an error that the service tells of no task in particular ends the wire, although it may stay open.
  var endsWithErrors: Bool { get }
  /// Whether a part of the wire is still needed.
  func wants(_ taskID: String) -> Bool
  /// Takes a frame; what is to be handed over goes to `emit`, with its size.
  mutating func take(_ frame: WireFrame, _ emit: (Item, Int) -> Void) -> Taken
  /// What an error of one task is told as, where the others go on; nil: it ends them all.
  mutating func refused(_ taskID: String, _ error: TaskwireError) -> Item?
}

/// What can be told to move: a connection of whatever it is for.
protocol Driven: Actor {
  func input(_ next: Input)
}

/// Carries out what the state machine says: opens and closes wires, keeps its timers, and brings back what happens.
actor Connection<User: ConnectionUser>: Driven {
  private let context: ConnectionContext
  private let queue: Queue<User.Item>
  private let options: FollowOptions
  private var user: User
  private var machine: Machine
  private var wire: Task<Void, Never>?
  private var send: (@Sendable (String) -> Void)?
  /// Counts openings, so that what belongs to an earlier one is ignored.
  private var opening = 0
  private var tokenPending = false
  private var heardAt = 0.0
  private var reading = true
  /// What the service said before it closed.
  private var farewell: Loss?
  private var lastError: TaskwireError?
  private var retryInMs: Double?
  private var timers: [TimerName: (id: Int, task: Task<Void, Never>)] = [:]
  private var timerID = 0
  private var inputs: [Input] = []
  private var busy = false

  init(_ context: ConnectionContext, _ user: User, _ options: FollowOptions, _ queue: Queue<User.Item>) {
    self.context = context
    self.user = user
    self.queue = queue
    self.options = options
    machine = Machine(context.settings, proven: context.shared.proven)
  }

  /// Tells the machine. `start` sets a connection going, `stop` ends it.
  func input(_ next: Input) {
    inputs.append(next)
    if busy { return }
    busy = true
    defer { busy = false }
    while !inputs.isEmpty { apply(inputs.removeFirst()) }
  }

  private func apply(_ one: Input) {
    let before = machine
    if case .lost(let loss) = one { lastError = loss.error }
    if case .hole = one { lastError = nil }
    if case .start = one, machine.phase == .idle { context.shared.add(self) }
    let actions = machine.step(one, context.settings, context.timing.chance())
    context.shared.proven = machine.proven
    retryInMs = nil
    if case .timer(.watchdog, _) = one, machine.phase == .waiting { lastError = TaskwireError(.silentConnection) }
    for action in actions { act(action) }
    if machine.phase == .live, before.phase != .live { lastError = nil }
    defer { if machine.phase == .ended, before.phase != .ended { queue.end(lastError) } }
    // One that was never set going has nothing to tell.
    if before.phase == .idle, machine.phase == .ended { return }
    if machine.phase == before.phase, machine.transport == before.transport, machine.attempt == before.attempt { return }
    context.log(LogEntry(event: machine.phase.rawValue, transport: machine.transport, attempt: machine.attempt, code: lastError?.code))
    options.onState?(ConnectionState(phase: machine.phase, transport: machine.transport, attempt: machine.attempt, retryInMs: retryInMs, error: lastError))
  }

  private func act(_ action: Action) {
    switch action {
    case .open(let transport, let freshToken): open(transport, fresh: freshToken)
    case .close: closeWire()
    case .arm(let timer, let ms): arm(timer, ms)
    case .disarm(let timer): disarm(timer)
    case .ping: send?(#"{"type":"ping"}"#)
    case .renew: renew()
    case .end(let error):
      lastError = error
      context.shared.remove(self)
    }
  }

  private func arm(_ timer: TimerName, _ ms: Double) {
    disarm(timer)
    if timer == .backoff { retryInMs = ms }
    timerID += 1
    let id = timerID
    let sleep = context.timing.sleep
    timers[timer] = (id, Task { [weak self] in
      guard (try? await sleep(ms)) != nil else { return }
      await self?.fired(timer, ms, id)
    })
  }

  private func disarm(_ timer: TimerName) {
    timers.removeValue(forKey: timer)?.task.cancel()
  }

  private func fired(_ timer: TimerName, _ ms: Double, _ id: Int) {
    guard timers[timer]?.id == id else { return }
    timers[timer] = nil
    // The budget is for the service, not for whoever makes the token.
    if timer == .budget, tokenPending { return arm(timer, ms) }
    input(.timer(timer, quietMs: reading ? context.timing.now() - heardAt : 0))
  }

  private func closeWire() {
    opening += 1
    tokenPending = false
    send = nil
    wire?.cancel()
    wire = nil
  }

  private func open(_ name: TransportName, fresh: Bool) {
    opening += 1
    let mine = opening
    farewell = nil
    tokenPending = true
    wire = Task { await run(mine, name, fresh: fresh) }
  }

  /// The whole life of one wire.
  private func run(_ mine: Int, _ name: TransportName, fresh: Bool) async {
    let token: String
    do {
      token = try await context.tokens.get(fresh: fresh)
    } catch {
      if mine == opening { input(.lost(Loss(error: error))) }
      return
    }
    guard mine == opening else { return }
    tokenPending = false
    heardAt = context.timing.now()
    reading = true
    guard let transport = context.transports[name] else { return input(.lost(Loss(error: TaskwireError(.noTransport)))) }
    let request = WireRequest(baseURL: context.baseURL, token: token, subscriptions: user.subscriptions, set: user.set, many: user.many)
    let loss = await transport.run(request, Events(connection: self, opening: mine))
    if mine == opening { input(.lost(farewell ?? loss)) }
  }

  private func renew() {
    let mine = opening
    Task {
      do {
        let token = try await context.tokens.get(fresh: true)
        if mine == opening { send?(AuthFrame(token: token, requestID: "renew").json.jsonText) }
      } catch {
        // The old token still holds; when it ends the connection is lost and asks again.
        context.log(LogEntry(event: "token_renewal_failed", transport: nil, attempt: nil, code: nil))
      }
    }
  }

  // MARK: What a wire tells

  private struct Events: WireEvents {
    let connection: Connection
    let opening: Int

    func received(_ frames: [WireFrame]) async { await connection.received(frames, opening) }
    func heard() async { await connection.heard(opening) }
    func opened(_ send: @escaping @Sendable (String) -> Void) async { await connection.opened(send, opening) }
    func room() async { await connection.room(opening) }
    func wanted(_ taskID: String) async -> Bool { await connection.wanted(taskID, opening) }
  }

  private func heard(_ mine: Int) {
    if mine == opening { heardAt = context.timing.now() }
  }

  private func opened(_ send: @escaping @Sendable (String) -> Void, _ mine: Int) {
    if mine == opening { self.send = send }
  }

  private func wanted(_ taskID: String, _ mine: Int) -> Bool {
    mine == opening && user.wants(taskID)
  }

  private func room(_ mine: Int) async {
    guard mine == opening, queue.isFull else { return }
    // While nobody reads, silence is our own doing.
    reading = false
    await queue.room()
    guard mine == opening else { return }
    heardAt = context.timing.now()
    reading = true
  }

  private func received(_ frames: [WireFrame], _ mine: Int) {
    heardAt = context.timing.now()
    for frame in frames {
      guard mine == opening else { return }
      received(frame)
    }
  }

  private func received(_ frame: WireFrame) {
    if frame.isStream, isForeign(frame) || isFarewell(frame) { return }
    farewell = nil
    if machine.phase == .connecting { input(.firstFrame) }
    if frame.isStream { noticed(frame) }
    if frame.isStream { options.onFrame?(StreamFrame(json: frame.json)) }
    let taken = user.take(frame) { [queue] item, size in queue.push(item, size: size) }
    if frame.type == "stream.gap" { options.onGap?(StreamGapFrame(json: frame.json)) }
    switch taken {
    case .done: input(.stop)
    case .hole: input(.hole)
    case .ok: if send != nil, queue.isFull { input(.full) }
    }
  }

  /// Whether the service speaks another version: then everything else may mean something else.
  private func isForeign(_ frame: WireFrame) -> Bool {
    guard frame.type == "stream.ready" else { return false }
    let spoken: String = frame.json.get("protocol", or: "")
    if spoken == Catalog.protocolName { return false }
    input(.lost(Loss(error: TaskwireError(.protocolUnsupported, message: "The service speaks \"\(spoken)\", this client \"\(Catalog.protocolName)\"."))))
    return true
  }

  /// Whether the frame says why the wire will be closed, or ends a watch.
  private func isFarewell(_ frame: WireFrame) -> Bool {
    if frame.type == "stream.closing" {
      let reason: String? = frame.json.get("reason")
      farewell = Loss(error: reason == "token_expired" ? TaskwireError(.tokenExpired) : nil, retryAfterMs: frame.json.get("retry_after_ms"))
      return true
    }
    guard frame.type == "stream.error" else { return false }
    let error = TaskwireError(frame: frame.json)
    context.log(LogEntry(event: "error_frame", transport: machine.transport, attempt: machine.attempt, code: error.code))
    if let taskID = error.taskID, let item = user.refused(taskID, error) {
      queue.push(item, size: 0)
      return true
    }
    let loss = Loss(error: error)
    farewell = loss
    if error.taskID != nil || user.endsWithErrors { input(.lost(loss)) }
    return true
  }

  private func noticed(_ frame: WireFrame) {
    switch frame.type {
    case "stream.ready": input(.heartbeat(everyMs: frame.json.get("heartbeat_ms") ?? context.settings.heartbeatMs))
    case "stream.token_expiring": input(.tokenExpiring)
    case "stream.ack" where frame.json["request_id"] == "renew":
      context.log(LogEntry(event: "token_renewed", transport: machine.transport, attempt: machine.attempt, code: nil))
    default: break
    }
  }
}
