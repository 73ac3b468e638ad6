/// A set of tasks as a list on a screen: what was told of it so far, added up. Those that have ended stay; those that were deleted or belong
/// to it no more go.
public struct TaskSetView: Sendable {
  /// Rows that are kept: beyond, the oldest of those that are over go.
  private static let most = 1_000

  /// The tasks, the newest first.
  public private(set) var rows: [Row] = []
  /// Those that may not be watched, and why.
  public private(set) var refused: [String: TaskwireError] = [:]
  /// Whether all was told that there had been when it began.
  public private(set) var isCaughtUp = false
  /// Follow the same set from here and nothing is missing.
  public private(set) var position: String?
  private var places: [String: Int] = [:]

  /// The view before the first item.
  public init() {}

  /// The row of a task.
  public subscript(taskID: String) -> Row? { places[taskID].map { rows[$0] } }

  /// One task of a set.
  public struct Row: Sendable, Hashable, Identifiable {
    public let taskID: String
    /// As it was told when the task joined or left.
    public internal(set) var summary: TaskSummary
    /// What its events add up to, as far as they were told.
    public internal(set) var view = TaskView()

    init(_ summary: TaskSummary, _ taskID: String) {
      self.taskID = taskID
      self.summary = summary
    }

    public var id: String { taskID }
    public var kind: String { summary.kind }
    public var title: String? { view.facts.title ?? summary.title }
    public var status: TaskStatus { isSummaryNewer ? summary.status : view.status }
    public var percent: Double? { isSummaryNewer ? summary.percent : view.progress.percent }
    /// Whether nothing may follow.
    public var isOver: Bool { Catalog.terminalStatuses.contains(status) }

    private var isSummaryNewer: Bool { summary.lastSeq > view.seq }

    mutating func fold(_ event: TaskEvent) {
      let first = event.firstSeq ?? event.seq
      // Its history was not asked for: the summary stands for it.
      if view.seq == 0, first > 1, event.type != "task.snapshot" { view = TaskView(summary: summary, upTo: first - 1) }
      view.fold(event)
    }
  }

  /// Takes an item in.
  public mutating func take(_ item: SetItem) {
    position = item.position ?? position
    switch item.kind {
    case .event(let event): if let place = places[event.taskID] { rows[place].fold(event) }
    case .joined(let frame):
      refused[frame.taskID] = nil
      put(frame.summary, frame.taskID)
    case .left(let frame):
      switch frame.reason {
      case .ended, .limit: put(frame.summary, frame.taskID)
      default: remove(frame.taskID)
      }
    case .gap(let gap): if let place = places[gap.taskID] { rows[place].view = TaskView() }
    case .refused(let taskID, let error):
      refused[taskID] = error
      remove(taskID)
    case .caughtUp: isCaughtUp = true
    }
  }

  private mutating func put(_ summary: TaskSummary, _ taskID: String) {
    if let place = places[taskID] {
      rows[place].summary = summary
      return
    }
    let place = rows.firstIndex { $0.summary.createdAt <= summary.createdAt } ?? rows.count
    rows.insert(Row(summary, taskID), at: place)
    if rows.count > Self.most, let old = rows.lastIndex(where: \.isOver) { rows.remove(at: old) }
    count()
  }

  private mutating func remove(_ taskID: String) {
    guard let place = places[taskID] else { return }
    rows.remove(at: place)
    count()
  }

  private mutating func count() {
    places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($0.element.taskID, $0.offset) })
  }
}

extension TaskView {
  /// What a summary tells of a task whose events up to `seq` are not at hand.
  fileprivate init(summary: TaskSummary, upTo seq: Int) {
    let told: Set = ["kind", "title", "message", "conversation_id", "created_at", "updated_at", "ended_at", "retry_of"]
    var data = JSONObject(fields: summary.json.fields.filter { told.contains($0.name) })
    data["as_of_seq"] = .integer(seq)
    data.set("status", summary.status)
    data.set("attempt", summary.attempt)
    var progress = JSONObject()
    progress.set("percent", summary.percent)
    progress.set("stage", summary.stage)
    data["progress"] = .object(progress)
    self.init(snapshot: data, taskID: summary.taskID)
  }
}

/// A set of tasks as a list, again and again: at most once for all that came together. Otherwise as `SetItems`.
public struct TaskSetViews: AsyncSequence, Sendable {
  public typealias Element = TaskSetView

  let items: SetItems
  let begun: TaskSetView

  public func makeAsyncIterator() -> Iterator { Iterator(following: items.following(), view: begun) }

  /// One follow; it ends when this is let go.
  public struct Iterator: AsyncIteratorProtocol {
    let following: Following<SetTracker>
    var view: TaskSetView

    public mutating func next() async throws -> TaskSetView? {
      guard let batch = try await following.more() else { return nil }
      for item in batch { view.take(item) }
      return view
    }
  }
}

extension TaskwireClient {
  /// A set of tasks as a list, kept up to date. `from`: a view of it that is there already. `replay: .none` spares the history of tasks that are there
  /// when it begins: then their rows know what the summary and later events tell.
  public func views(
    of set: TaskSet, from view: TaskSetView = TaskSetView(), replay: TaskReplay = .compact, onState: (@Sendable (ConnectionState) -> Void)? = nil
  ) -> TaskSetViews {
    TaskSetViews(items: followSet(set, after: view.position, replay: replay, onState: onState), begun: view)
  }
}
