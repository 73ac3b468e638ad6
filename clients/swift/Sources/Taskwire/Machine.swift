/// The connection state machine: (state, input) → (state, actions). Pure, so that every rule of reconnecting can be read and
/// tested without a socket. `Connection` carries out the actions and brings back the inputs.
///
///     idle → connecting → live → waiting → connecting → … → ended
struct Machine: Hashable {
  var phase = Phase.idle
  /// The transport in use, or the next to be tried.
  var transport: TransportName
  /// Transports of this round that have not been tried yet.
  var untried: [TransportName]
  /// Rounds that failed since the last healthy connection.
  var attempt = 0
  /// Which transports have worked since the client was made.
  var proven: [TransportName]
  /// The next opening must ask for another token.
  var staleToken = false
  /// Tokens refused in a row, without a connection in between.
  var refusals = 0
  /// The current connection has lived for `healthyMs`.
  var healthy = false
  /// Waiting for the consumer, not for a timer.
  var held = false
  /// The service asked for the wait.
  var asked = false
  var heartbeatMs: Double

  /// A machine at rest. `proven`: what has worked before.
  init(_ settings: Settings, proven: [TransportName] = []) {
    let order = Self.order(settings, proven)
    transport = order.first ?? .webSocket
    untried = Array(order.dropFirst())
    self.proven = proven
    heartbeatMs = settings.heartbeatMs
  }
}

/// What a connection is doing.
public enum Phase: String, Sendable { case idle, connecting, live, waiting, ended }

/// A way to reach the service.
public struct TransportName: OpenEnum {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// WebSocket.
  public static let webSocket = Self(rawValue: "websocket")
  /// Server-Sent Events.
  public static let sse = Self(rawValue: "sse")
  /// Page after page.
  public static let longPoll = Self(rawValue: "long_poll")
}

/// Durations by which a client behaves. Milliseconds.
public struct Settings: Sendable, Hashable {
  /// Transports that may be used, the preferred one first.
  public var transports: [TransportName] = [.webSocket, .sse, .longPoll]
  /// How long a transport may take to its first frame while there is another one to try; and the last one.
  public var firstFrameMs: Double = 3_000
  public var lastFirstFrameMs: Double = 10_000
  public var backoffMinMs: Double = 500
  public var backoffMaxMs: Double = 20_000
  /// A connection that lived so long is healthy: the back-off starts anew.
  public var healthyMs: Double = 10_000
  /// Assumed until the service announces its own.
  public var heartbeatMs: Double = 15_000
  /// How long a request is repeated unless it says otherwise, and how long one try may take.
  public var giveUpMs: Double = 30_000
  public var tryMs: Double = 30_000
  /// Events that may wait for a slow consumer before the reading stops; and bytes of their JSON.
  public var queueItems = 10_000
  public var queueBytes = 8 * 1024 * 1024
  /// Whether the token comes from a callback, so that a refused one can be replaced.
  var renewable = false

  /// The defaults, the same in every language.
  public init() {}
}

/// Why a wire is no more.
public struct Loss: Sendable {
  /// What the service said, or nil for a plain cut.
  public let error: TaskwireError?
  /// The service asks to come back after this. Milliseconds.
  public let retryAfterMs: Double?

  /// A plain cut, or what the service said.
  public init(error: TaskwireError? = nil, retryAfterMs: Double? = nil) {
    self.error = error
    self.retryAfterMs = retryAfterMs
  }
}

enum TimerName: CaseIterable { case budget, backoff, healthy, watchdog, ping }

enum Input {
  case start
  /// The consumer has gone, or everything that was followed is over.
  case stop
  /// The wire's first frame.
  case firstFrame
  case heartbeat(everyMs: Double)
  case lost(Loss)
  /// The proof by `seq` failed: something is missing.
  case hole
  /// The consumer is too slow for a wire that cannot be paused; and: it has caught up.
  case full
  case room
  /// The app came to the foreground, the network came back.
  case wake
  case tokenExpiring
  /// `quietMs`: how long nothing has come over the wire.
  case timer(TimerName, quietMs: Double)
}

enum Action {
  case open(TransportName, freshToken: Bool)
  case close
  case arm(TimerName, ms: Double)
  case disarm(TimerName)
  case ping
  /// Send a new token over the open wire.
  case renew
  case end(TaskwireError?)
}

/// Full jitter: anything between nothing and the ceiling, which doubles with every round that failed. `chance` is in [0, 1).
func backoffMs(_ attempt: Int, _ settings: Settings, _ chance: Double) -> Double {
  // Doubling more often than this is beyond any ceiling.
  let doublings = min(max(0, attempt - 1), 40)
  return (chance * min(settings.backoffMaxMs, settings.backoffMinMs * Double(1 << doublings))).rounded()
}

extension Machine {
  /// A connection from which nothing came for so many heartbeats is dead.
  private static let silentHeartbeats = 2.5
  private static let disarmAll = TimerName.allCases.map(Action.disarm)

  /// The order in which transports are tried: as preferred, but what alone has worked comes first. A fallback that happened to
  /// work is not remembered against a preferred transport that has worked too.
  private static func order(_ settings: Settings, _ proven: [TransportName]) -> [TransportName] {
    guard let first = settings.transports.first(where: proven.contains) else { return settings.transports }
    return [first] + settings.transports.filter { $0 != first }
  }

  /// One step. `chance` is a fresh random number in [0, 1); only the back-off uses it.
  mutating func step(_ input: Input, _ settings: Settings, _ chance: Double) -> [Action] {
    if phase == .ended { return [] }
    switch input {
    case .start: return phase == .idle ? round(settings) : []
    case .stop: return end(nil)
    case .firstFrame: return phase == .connecting ? live(settings) : []
    case .heartbeat(let everyMs): return heartbeat(everyMs)
    case .lost(let loss): return phase == .connecting || phase == .live ? lost(loss, settings, chance) : []
    case .hole: return phase == .live ? hole(settings, chance) : []
    case .full:
      guard phase == .live || phase == .connecting else { return [] }
      phase = .waiting
      held = true
      return Self.disarmAll + [.close]
    case .room: return phase == .waiting && held ? round(settings) : []
    case .wake: return wake(settings)
    case .tokenExpiring: return expiring(settings)
    case .timer(let name, let quietMs): return timer(name, quietMs, settings, chance)
    }
  }

  /// Begins a round: the transports in order, one after another.
  private mutating func round(_ settings: Settings) -> [Action] {
    let order = Self.order(settings, proven)
    transport = order.first ?? transport
    untried = Array(order.dropFirst())
    return open(settings)
  }

  private mutating func open(_ settings: Settings) -> [Action] {
    let fresh = staleToken
    phase = .connecting
    staleToken = false
    healthy = false
    held = false
    return Self.disarmAll + [.open(transport, freshToken: fresh), .arm(.budget, ms: untried.isEmpty ? settings.lastFirstFrameMs : settings.firstFrameMs)]
  }

  private var pings: [Action] { transport == .webSocket ? [.arm(.ping, ms: heartbeatMs)] : [] }

  private mutating func live(_ settings: Settings) -> [Action] {
    if !proven.contains(transport) { proven.append(transport) }
    phase = .live
    refusals = 0
    return [.disarm(.budget), .arm(.healthy, ms: settings.healthyMs), .arm(.watchdog, ms: heartbeatMs * Self.silentHeartbeats)] + pings
  }

  private mutating func heartbeat(_ everyMs: Double) -> [Action] {
    guard everyMs > 0, everyMs != heartbeatMs else { return [] }
    heartbeatMs = everyMs
    return phase == .live ? [.arm(.watchdog, ms: everyMs * Self.silentHeartbeats)] + pings : []
  }

  private mutating func end(_ error: TaskwireError?) -> [Action] {
    let close: [Action] = phase == .connecting || phase == .live ? [.close] : []
    phase = .ended
    held = false
    return Self.disarmAll + close + [.end(error)]
  }

  private mutating func lost(_ loss: Loss, _ settings: Settings, _ chance: Double) -> [Action] {
    let error = loss.error
    if let error, error.isAboutToken { return tokenRefused(loss, settings, chance) }
    if let error, !error.retryable, !isPassing(error) { return end(error) }
    let spoken = error.map { $0.code != .network || $0.retryAfterMs != nil } ?? false
    guard phase == .connecting, !untried.isEmpty, !spoken else { return wait(loss, settings, chance) }
    transport = untried.removeFirst()
    return [.close] + open(settings)
  }

  /// Something else answers where Taskwire did before: a proxy or a hotel's sign-in page, which goes away again.
  private func isPassing(_ error: TaskwireError) -> Bool { error.code == .notTaskwire && !proven.isEmpty }

  /// A callback gets one chance to bring a better token; one that ran out on a living connection is simply replaced.
  private mutating func tokenRefused(_ loss: Loss, _ settings: Settings, _ chance: Double) -> [Action] {
    if !settings.renewable || refusals > 0 { return end(loss.error) }
    staleToken = true
    if phase == .live && !healthy { return wait(loss, settings, chance) }
    refusals = phase == .connecting ? 1 : 0
    return [.close] + open(settings)
  }

  private mutating func wait(_ loss: Loss, _ settings: Settings, _ chance: Double) -> [Action] {
    let wanted = loss.retryAfterMs ?? loss.error?.retryAfterMs ?? 0
    attempt += 1
    phase = .waiting
    held = false
    asked = wanted > 0
    healthy = false
    return Self.disarmAll + [.close, .arm(.backoff, ms: max(wanted, backoffMs(attempt, settings, chance)))]
  }

  /// The first hole is mended at once; one that comes again waits like any other failure.
  private mutating func hole(_ settings: Settings, _ chance: Double) -> [Action] {
    if attempt > 0 { return wait(Loss(), settings, chance) }
    attempt = 1
    return [.close] + round(settings)
  }

  private mutating func wake(_ settings: Settings) -> [Action] {
    if phase == .waiting && !held && !asked { return round(settings) }
    guard phase == .live else { return [] }
    // Timers may have slept: look at once whether the wire has been silent for too long.
    return [.arm(.watchdog, ms: 0)] + (transport == .webSocket ? [.ping] : [])
  }

  private mutating func expiring(_ settings: Settings) -> [Action] {
    guard settings.renewable, phase == .live else { return [] }
    if transport == .webSocket { return [.renew] }
    // Plain HTTP cannot take a token on the way: open anew with one. Not at once again, or a short-lived token would spin.
    guard healthy else { return [] }
    staleToken = true
    return [.close] + open(settings)
  }

  private mutating func timer(_ name: TimerName, _ quietMs: Double, _ settings: Settings, _ chance: Double) -> [Action] {
    if name == .backoff { return phase == .waiting && !held ? round(settings) : [] }
    if name == .budget { return phase == .connecting ? lost(Loss(), settings, chance) : [] }
    guard phase == .live else { return [] }
    if name == .healthy {
      healthy = true
      attempt = 0
      return []
    }
    if name == .ping { return [.ping, .arm(.ping, ms: heartbeatMs)] }
    let limit = heartbeatMs * Self.silentHeartbeats
    return quietMs >= limit ? lost(Loss(), settings, chance) : [.arm(.watchdog, ms: limit - quietMs)]
  }
}
