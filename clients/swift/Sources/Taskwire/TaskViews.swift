/// A task as its events so far add up to, again and again until its end: at most once for all that came together, so that a screen
/// is drawn no more often than it can be. Otherwise as `TaskEvents`.
public struct TaskViews: AsyncSequence, Sendable {
  public typealias Element = TaskView

  let events: TaskEvents
  let begun: TaskView

  public func makeAsyncIterator() -> Iterator { Iterator(following: events.following(), view: begun) }

  /// One follow; it ends when this is let go.
  public struct Iterator: AsyncIteratorProtocol {
    let following: Following<Tracker>
    var view: TaskView

    public mutating func next() async throws -> TaskView? {
      guard let batch = try await following.more() else { return nil }
      for event in batch { view.fold(event) }
      return view
    }
  }
}

extension TaskwireClient {
  /// A task as its events add up to, kept up to date to its end. `from`: a view of it that is there already.
  public func views(of taskID: String, from view: TaskView = TaskView(), onState: (@Sendable (ConnectionState) -> Void)? = nil) -> TaskViews {
    TaskViews(events: events(of: taskID, after: view.cursor, options: FollowOptions(replay: .compact, onState: onState)), begun: view)
  }
}
