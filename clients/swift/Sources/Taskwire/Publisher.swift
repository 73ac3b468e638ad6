import Foundation

/// How a publisher gathers.
public struct PublisherOptions: Sendable {
  /// How long the first event of a batch waits for others. Milliseconds.
  public var delayMs: Double = 30
  /// Bytes that may wait before `push` waits too.
  public var maxWaitingBytes = 4 * 1024 * 1024
  /// Told before every wait for another try.
  public var onRetry: (@Sendable (TaskwireError, _ inMs: Double) -> Void)?
  /// Told of an event that the service refused for itself; the others go on.
  public var onRefused: (@Sendable (_ event: String, TaskwireError) -> Void)?

  /// The defaults.
  public init() {}
}

/// A publisher gathers events for some milliseconds and appends them together, one request after another. While the service is away it
/// keeps what it was given and goes on trying; who pushes waits when too much has gathered. Hold it until `flush()` has returned: what
/// has not begun to be sent goes with it.
public actor Publisher {
  /// One request's bounds: those of the service, a little below.
  private static let batchEvents = 1_000
  private static let batchBytes = 240 * 1024

  /// Refusals that concern single events, so that the rest of a batch can go without them.
  private static let ofOneEvent: Set<ErrorCode> = [
    .eventInvalid, .eventTypeUnknown, .eventReserved, .eventTooLarge, .scopeNotOpen, .scopeAlreadyOpen, .tooManyOpen, .requestTooLarge, .malformedNdjson, .taskFull,
  ]

  private struct Waiting {
    let text: String
    let bytes: Int
    let terminal: Bool
  }

  private let appender: Appender
  private let timing: Timing
  private let taskID: String
  private let options: PublisherOptions
  private var queue: [Waiting] = []
  private var sender: Task<Void, Never>?
  /// So many of the next events go alone, since one of them was refused.
  private var alone = 0
  private var full = false
  private var failure: TaskwireError?
  private var pushed = 0
  private var settled = 0
  private var listeners: [CheckedContinuation<Void, Never>] = []

  /// Bytes that are not yet acknowledged.
  public private(set) var waitingBytes = 0
  /// The last `seq` that was acknowledged; 0 before the first.
  public private(set) var lastSeq = 0

  init(_ appender: Appender, _ timing: Timing, _ taskID: String, _ options: PublisherOptions) {
    self.appender = appender
    self.timing = timing
    self.taskID = taskID
    self.options = options
  }

  deinit { sender?.cancel() }

  /// Takes an event. Returns when there is room for more; throws when nothing more can be published.
  public func push(_ event: EventDraft) async throws {
    if let failure { throw failure }
    let text = Self.written(event)
    let bytes = text.utf8.count + 1
    queue.append(Waiting(text: text, bytes: bytes, terminal: Catalog.terminalTypes.contains(event.type)))
    waitingBytes += bytes
    pushed += 1
    schedule()
    while waitingBytes > options.maxWaitingBytes { try await change() }
  }

  /// Returns when everything pushed so far is in the log (or was refused for itself); throws when that cannot be.
  public func flush() async throws {
    let goal = pushed
    while settled < goal { try await change() }
  }

  /// Ends it: what still waits is given up.
  public func close() {
    fail(TaskwireError(.closed))
    sender?.cancel()
  }

  /// The event as it is sent: its time is when it happened, however late it gets through.
  private static func written(_ event: EventDraft) -> String {
    var json = event.json
    if json["time"] == nil, !event.type.hasSuffix(".delta") {
      let at = json.fields.firstIndex { $0.name == "type" }.map { $0 + 1 } ?? 0
      json.fields.insert(JSONObject.Field(name: "time", value: .string(rfc3339(Date()))), at: at)
    }
    return json.jsonText
  }

  private func change() async throws {
    if let failure { throw failure }
    await withCheckedContinuation { listeners.append($0) }
  }

  private func tell() {
    let told = listeners
    listeners = []
    for listener in told { listener.resume() }
  }

  private func fail(_ error: TaskwireError) {
    if failure == nil { failure = error }
    queue = []
    tell()
  }

  private func settle(_ done: [Waiting]) {
    settled += done.count
    for one in done { waitingBytes -= one.bytes }
    tell()
  }

  private func schedule() {
    guard sender == nil, failure == nil else { return }
    let delay = queue.count >= Self.batchEvents ? 0 : options.delayMs
    sender = Task { [weak self, timing] in
      try? await timing.sleep(delay)
      await self?.drain()
    }
  }

  private func drain() async {
    while failure == nil, !queue.isEmpty, !Task.isCancelled { await sendNext() }
    sender = nil
  }

  private func next() -> [Waiting] {
    let limit = alone > 0 ? 1 : Self.batchEvents
    var bytes = 0
    var count = 0
    while count < min(limit, queue.count), count == 0 || bytes + queue[count].bytes <= Self.batchBytes {
      bytes += queue[count].bytes
      count += 1
    }
    let batch = Array(queue.prefix(count))
    queue.removeFirst(count)
    return batch
  }

  private func sendNext() async {
    var batch = next()
    if full {
      let left = batch.filter { !$0.terminal }
      for one in left { options.onRefused?(one.text, TaskwireError(.taskFull)) }
      settle(left)
      batch.removeAll { !$0.terminal }
    }
    if batch.isEmpty { return }
    do {
      let ack = try await appender.append(taskID, batch.map(\.text), CallOptions(giveUpMs: .infinity, onRetry: options.onRetry))
      lastSeq = max(lastSeq, ack.lastSeq)
      settle(batch)
      if alone > 0 { alone -= batch.count }
    } catch let error as TaskwireError where Self.ofOneEvent.contains(error.code) {
      refused(batch, error)
    } catch {
      fail(error as? TaskwireError ?? TaskwireError(.closed, cause: error))
    }
  }

  private func refused(_ batch: [Waiting], _ error: TaskwireError) {
    if error.code == .taskFull { full = true }
    if batch.count > 1 {
      queue = batch + queue
      alone = batch.count
      return
    }
    for one in batch { options.onRefused?(one.text, error) }
    settle(batch)
    if alone > 0 { alone -= 1 }
  }
}

/// A time as the contract writes it: `2026-01-31T12:00:00.000Z`.
func rfc3339(_ date: Date) -> String {
  let ms = Int((date.timeIntervalSince1970 * 1_000).rounded())
  let parts = Calendar.utc.dateComponents([.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(ms / 1_000)))
  func padded(_ number: Int?, _ width: Int) -> String {
    let text = String(number ?? 0)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
  let day = "\(padded(parts.year, 4))-\(padded(parts.month, 2))-\(padded(parts.day, 2))"
  return "\(day)T\(padded(parts.hour, 2)):\(padded(parts.minute, 2)):\(padded(parts.second, 2)).\(padded(ms % 1_000, 3))Z"
}

extension Calendar {
  fileprivate static let utc: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
    return calendar
  }()
}
