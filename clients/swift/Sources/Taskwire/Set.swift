/// A set of tasks that changes by itself: all of mine, a conversation, tasks by name; together where several are given.
public typealias TaskSet = TaskWatchable

extension TaskWatchable {
  /// All of one's own tasks.
  public static let mine = TaskSet(scope: .mine)

  /// One's own tasks in a conversation.
  public static func conversation(_ id: String) -> TaskSet { TaskSet(conversationID: id) }
}

/// What happens to a set.
public struct SetItem: Sendable {
  /// Pass it as `after`, with the same set, to go on behind this. nil: nothing to go on from yet.
  public let position: String?
  public let kind: Kind

  public enum Kind: Sendable {
    case event(TaskEvent)
    /// A task is in the set now; told anew after a cut, perhaps. `created`: its events come from the first on.
    case joined(StreamJoinedFrame)
    /// `ended` and `deleted`: nothing more comes of it. `limit`: there are too many; only its summary is told until it joins again.
    case left(StreamLeftFrame)
    /// Events of this task are kept no more: forget what is known of it; a `task.snapshot` comes next.
    case gap(StreamGapFrame)
    /// One task cannot be watched; the others go on.
    case refused(taskID: String, error: TaskwireError)
    /// All history was told.
    case caughtUp
  }

  /// The task that it is about; nil where it is about the set.
  public var taskID: String? {
    switch kind {
    case .event(let event): event.taskID
    case .joined(let frame): frame.taskID
    case .left(let frame): frame.taskID
    case .gap(let frame): frame.taskID
    case .refused(let taskID, _): taskID
    case .caughtUp: nil
    }
  }
}

/// What happens to a set of tasks, resumed by itself after every cut; it does not end by itself. Otherwise as `TaskEvents`. Over WebSocket
/// and Server-Sent Events.
public struct SetItems: AsyncSequence, Sendable {
  public typealias Element = SetItem

  let context: ConnectionContext
  let wanted: SetSubscription
  let onState: (@Sendable (ConnectionState) -> Void)?

  public func makeAsyncIterator() -> Iterator { Iterator(following()) }

  func following() -> Following<SetTracker> {
    var context = context
    context.settings.transports = context.settings.transports.filter { $0 != .longPoll }
    return Following(context, SetTracker(wanted), FollowOptions(onState: onState))
  }

  /// One follow; it ends when this is let go.
  public struct Iterator: AsyncIteratorProtocol {
    private var items: OneByOne<SetTracker>

    init(_ following: Following<SetTracker>) { items = OneByOne(following) }

    public mutating func next() async throws -> SetItem? { try await items.next() }
  }
}

extension SetItems: CustomStringConvertible {
  public var description: String { "\(wanted.tasks.json.jsonText) at \(context.baseURL)" }
}

extension TaskwireClient {
  /// A set of tasks that changes by itself: who joins, what happens, who leaves; on one connection, from one position.
  /// - Parameters:
  ///   - after: A `position` of the same set; without it from now.
  ///   - replay: How history of tasks that are there already arrives; `none` by default. Later ones always come from their first event.
  ///   - onState: Told of every change of the connection.
  public func followSet(
    _ set: TaskSet, after: String? = nil, replay: TaskReplay = .none, onState: (@Sendable (ConnectionState) -> Void)? = nil
  ) -> SetItems {
    SetItems(context: context, wanted: SetSubscription(tasks: set, after: after, replay: replay), onState: onState)
  }
}

/// The bookkeeping of one following of a set: frames in, items out.
struct SetTracker: ConnectionUser {
  /// Tasks whose last event is remembered; a set has far fewer at once.
  private static let remembered = 4_096

  /// What of a task was handed over last.
  private struct Last {
    let seq: Int
    let cursor: String?
    let at: Int
  }

  private let wanted: SetSubscription
  private var position: String?
  private var lasts: [String: Last] = [:]
  private var taken = 0
  /// A range came that holds what was handed over already, and more: history is asked for event by event until all was told.
  private var overlapped = false

  init(_ wanted: SetSubscription) {
    self.wanted = wanted
    position = wanted.after
  }

  var many: Bool { true }
  var subscriptions: [Subscription] { [] }
  var set: SetSubscription? { SetSubscription(tasks: wanted.tasks, after: position, replay: overlapped ? .full : wanted.replay) }
  /// What is said of the set itself ends it, though its socket may stay.
  var endsWithErrors: Bool { true }

  func wants(_ taskID: String) -> Bool { true }

  mutating func refused(_ taskID: String, _ error: TaskwireError) -> SetItem? {
    lasts[taskID] = nil
    return item(.refused(taskID: taskID, error: error))
  }

  mutating func take(_ frame: WireFrame, _ emit: (SetItem, Int) -> Void) -> Taken {
    let ofSet = frame.isStream && frame.json["selector"] != nil
    if ofSet, let cursor: String = frame.json.get("cursor") { position = cursor }
    if !frame.isStream { return event(TaskEvent(json: frame.json), frame, emit) }
    switch frame.type {
    case "stream.joined": emit(item(.joined(StreamJoinedFrame(json: frame.json))), frame.size)
    case "stream.left": emit(item(.left(StreamLeftFrame(json: frame.json))), frame.size)
    case "stream.gap":
      let gap = StreamGapFrame(json: frame.json)
      lasts[gap.taskID] = nil
      emit(item(.gap(gap)), frame.size)
    case "stream.caught_up" where ofSet:
      overlapped = false
      emit(item(.caughtUp), 0)
    case "stream.replayed": return replayed(frame, emit)
    default: break
    }
    return .ok
  }

  private func item(_ kind: SetItem.Kind) -> SetItem { SetItem(position: position, kind: kind) }

  private mutating func event(_ event: TaskEvent, _ frame: WireFrame, _ emit: (SetItem, Int) -> Void) -> Taken {
    guard frame.json["seq"] != nil else { return .ok }
    let judged = judge(event.taskID, event.firstSeq ?? event.seq, event.seq, event.cursor)
    if judged == .next { emit(item(.event(event)), frame.size) }
    return judged == .hole ? .hole : .ok
  }

  private mutating func replayed(_ frame: WireFrame, _ emit: (SetItem, Int) -> Void) -> Taken {
    guard let seq: Int = frame.json.get("seq") else { return .ok }
    let cursor: String? = frame.json.get("cursor")
    let (taskID, firstSeq) = (frame.json.get("task_id", or: ""), frame.json.get("first_seq", or: seq))
    let before = lasts[taskID]?.seq ?? 0
    if firstSeq <= before, seq > before {
      overlapped = true
      return .hole
    }
    let judged = judge(taskID, firstSeq, seq, cursor)
    if judged == .next {
      let events: [TaskEvent] = frame.json.get("events", or: [])
      for var event in events {
        event.cursor = cursor
        emit(item(.event(event)), frame.size / events.count)
      }
    }
    return judged == .hole ? .hole : .ok
  }

  /// Whether what begins and ends there comes next of its task. The same number at another place is of another log.
  private mutating func judge(_ taskID: String, _ firstSeq: Int, _ seq: Int, _ cursor: String?) -> Proof.Judgement {
    if let before = lasts[taskID], seq != before.seq || cursor == before.cursor {
      if seq <= before.seq { return .duplicate }
      if firstSeq > before.seq + 1 { return .hole }
    }
    taken += 1
    lasts[taskID] = Last(seq: seq, cursor: cursor, at: taken)
    if lasts.count > Self.remembered { forgetHalf() }
    return .next
  }

  /// What has left may come again from an earlier position: the last of it is remembered for a while.
  private mutating func forgetHalf() {
    let middle = lasts.values.map(\.at).sorted()[lasts.count / 2]
    lasts = lasts.filter { $0.value.at >= middle }
  }
}
