/// How a task is followed.
public struct FollowOptions: Sendable {
  /// How history arrives: every event (`full`, the default), joined (`compact`), not at all (`none`).
  public var replay: TaskReplay = .full
  /// Told of every change of the connection.
  public var onState: (@Sendable (ConnectionState) -> Void)?
  /// Told when events were asked for that the log no longer has; a `task.snapshot` comes next in the sequence.
  public var onGap: (@Sendable (StreamGapFrame) -> Void)?
  /// Told of every `stream.*` frame, as it came.
  public var onFrame: (@Sendable (StreamFrame) -> Void)?

  /// The defaults, and what is told to whom.
  public init(
    replay: TaskReplay = .full, onState: (@Sendable (ConnectionState) -> Void)? = nil, onGap: (@Sendable (StreamGapFrame) -> Void)? = nil,
    onFrame: (@Sendable (StreamFrame) -> Void)? = nil
  ) {
    self.replay = replay
    self.onState = onState
    self.onGap = onGap
    self.onFrame = onFrame
  }
}

/// The events of tasks, each once and in order, resumed by itself after every cut, to the tasks' end. Every iteration follows anew, from the
/// same place. It throws `TaskwireError` where going on is pointless, and ends quietly when its task is cancelled; leaving the loop
/// closes the connection. What is not read is not fetched: at most 10,000 events or 8 MiB wait.
public struct TaskEvents: AsyncSequence, Sendable {
  public typealias Element = TaskEvent

  let context: ConnectionContext
  let wanted: [Subscription]
  let many: Bool
  let options: FollowOptions

  public func makeAsyncIterator() -> Iterator { Iterator(following()) }

  func following() -> Following<Tracker> { Following(context, Tracker(wanted, many: many), options) }

  /// One follow; it ends when this is let go.
  public struct Iterator: AsyncIteratorProtocol {
    private var items: OneByOne<Tracker>

    init(_ following: Following<Tracker>) { items = OneByOne(following) }

    public mutating func next() async throws -> TaskEvent? { try await items.next() }
  }
}

extension TaskEvents: CustomStringConvertible {
  public var description: String { "events of \(wanted.map(\.taskID).joined(separator: ", ")) at \(context.baseURL)" }
}

/// One iteration. When it is no longer held by anybody, its connection ends.
final class Following<User: ConnectionUser>: Sendable {
  /// Why there is nothing to be set going.
  private let wrong: TaskwireError?
  private let empty: Bool
  private let queue: Queue<User.Item>
  private let connection: Connection<User>

  init(_ context: ConnectionContext, _ user: User, _ options: FollowOptions) {
    let relay = RoomRelay()
    let settings = context.settings
    empty = user.set == nil && user.subscriptions.isEmpty
    if let bad = user.subscriptions.first(where: { !isLegalID($0.taskID) }) {
      wrong = TaskwireError(.idInvalid, message: "\"\(bad.taskID)\" cannot be a task's id.", taskID: bad.taskID)
    } else {
      wrong = settings.transports.isEmpty ? TaskwireError(.noTransport, message: "A set of tasks is followed over WebSocket or SSE, and neither was asked for and exists here.") : nil
    }
    queue = Queue(maxItems: settings.queueItems, maxSize: settings.queueBytes) { relay.call() }
    connection = Connection(context, user, options, queue)
    relay.connection = connection
  }

  deinit {
    queue.end(discard: true)
    Task { [connection] in await connection.input(.stop) }
  }

  /// Ends it, whatever is still waiting.
  func stop() async {
    queue.end(discard: true)
    await connection.input(.stop)
  }

  /// The next items, nil at the end.
  func more() async throws -> [User.Item]? {
    if empty { return nil }
    if let wrong { throw wrong }
    await connection.input(.start)
    let batch = try await queue.take()
    if batch == nil { await stop() }
    return batch
  }
}

/// What a following brings together, handed out singly.
struct OneByOne<User: ConnectionUser> {
  private let following: Following<User>
  private var batch: [User.Item] = []
  private var at = 0

  init(_ following: Following<User>) { self.following = following }

  mutating func next() async throws -> User.Item? {
    if Task.isCancelled {
      await following.stop()
      return nil
    }
    if at == batch.count {
      batch = []
      at = 0
      guard let more = try await following.more() else { return nil }
      batch = more
    }
    defer { at += 1 }
    return batch[at]
  }
}

/// Brings the queue's word to its connection, which is made after it.
private final class RoomRelay: @unchecked Sendable {
  weak var connection: (any Driven)?

  func call() {
    guard let connection else { return }
    Task { await connection.input(.room) }
  }
}

/// The tracks of all tasks that are followed: pure bookkeeping, frame by frame.
struct Tracker: ConnectionUser {
  private struct Track {
    let taskID: String
    var proof: Proof
    var replay: TaskReplay
    var over = false
    /// The last `seq` at which an end was not believed.
    var doubtedAt: Int?
  }

  private var tracks: [Track]
  private let places: [String: Int]
  private var left: Int
  let many: Bool
  var set: SetSubscription? { nil }
  var endsWithErrors: Bool { false }

  init(_ wanted: [Subscription], many: Bool = false) {
    self.many = many
    tracks = wanted.map { Track(taskID: $0.taskID, proof: Proof(after: $0.after, replay: $0.replay), replay: $0.replay) }
    places = Dictionary(wanted.enumerated().map { ($0.element.taskID, $0.offset) }) { first, _ in first }
    left = tracks.count
  }

  /// What is still to be followed, and from where.
  var subscriptions: [Subscription] {
    tracks.filter { !$0.over }.map { Subscription(taskID: $0.taskID, after: $0.proof.cursor, replay: $0.replay) }
  }

  func wants(_ taskID: String) -> Bool { places[taskID].map { !tracks[$0].over } ?? false }

  /// One that is refused ends the whole.
  func refused(_ taskID: String, _ error: TaskwireError) -> TaskEvent? { nil }

  /// Takes a frame; events to be handed over go to `emit`, with their size.
  mutating func take(_ frame: WireFrame, _ emit: (TaskEvent, Int) -> Void) -> Taken {
    let id: String? = frame.json.get("task_id")
    guard let place = id.map({ places[$0] }) ?? (tracks.count == 1 ? 0 : nil), !tracks[place].over else { return .ok }
    if !frame.isStream { return event(place, frame, emit) }
    switch frame.type {
    case "stream.replayed": return replayed(place, frame, emit)
    case "stream.gap": tracks[place].proof.restart()
    case "stream.subscribed": subscribed(place, frame)
    case "stream.end": return ended(place, frame)
    default: break
    }
    return .ok
  }

  private mutating func finish(_ place: Int) -> Taken {
    if !tracks[place].over { left -= 1 }
    tracks[place].over = true
    return left == 0 ? .done : .ok
  }

  private mutating func event(_ place: Int, _ frame: WireFrame, _ emit: (TaskEvent, Int) -> Void) -> Taken {
    let event = TaskEvent(json: frame.json)
    guard frame.json["seq"] != nil else { return .ok }
    switch tracks[place].proof.judge(event.firstSeq ?? event.seq, event.seq) {
    case .hole: return .hole
    case .duplicate: return .ok
    case .next: break
    }
    tracks[place].proof.advance(event.seq, event.cursor)
    emit(event, frame.size)
    return Catalog.terminalTypes.contains(event.type) ? finish(place) : .ok
  }

  /// A range of history. Only its last event has a position of its own: who stops before it comes back to the range's beginning.
  private mutating func replayed(_ place: Int, _ frame: WireFrame, _ emit: (TaskEvent, Int) -> Void) -> Taken {
    guard let seq: Int = frame.json.get("seq") else { return .ok }
    let events: [TaskEvent] = frame.json.get("events", or: [])
    switch tracks[place].proof.judge(frame.json.get("first_seq", or: seq), seq) {
    case .hole: return .hole
    case .duplicate: return .ok
    case .next: break
    }
    let before = tracks[place].proof.cursor ?? "0"
    let cursor = frame.json.get("cursor", or: before)
    tracks[place].proof.advance(seq, cursor)
    for (at, event) in events.enumerated() {
      var positioned = event
      positioned.cursor = at == events.count - 1 ? cursor : before
      emit(positioned, frame.size / events.count)
    }
    return events.contains { Catalog.terminalTypes.contains($0.type) } ? finish(place) : .ok
  }

  /// An end elsewhere than where we are leaves out the task's last events: it is believed only when it is said again.
  private mutating func ended(_ place: Int, _ frame: WireFrame) -> Taken {
    let track = tracks[place]
    let here = frame.json.get("cursor") == track.proof.cursor || track.replay == .none || track.doubtedAt == track.proof.lastSeq ?? -1
    if here { return finish(place) }
    tracks[place].doubtedAt = track.proof.lastSeq ?? -1
    return .hole
  }

  /// With `none` the place to come back to is where it began, and what is missed during a cut is wanted.
  private mutating func subscribed(_ place: Int, _ frame: WireFrame) {
    guard tracks[place].replay == .none, tracks[place].proof.cursor == nil, let cursor: String = frame.json.get("cursor") else { return }
    tracks[place].proof.cursor = cursor
    tracks[place].replay = .full
  }
}
