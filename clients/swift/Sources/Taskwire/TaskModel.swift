// Apple's platforms: on Linux libswiftObservation of Swift 6.0 does not link. `views(of:)` is everywhere.
#if canImport(Darwin) && canImport(Observation)
  import Observation

  /// A task for a screen: its state as its events add up to, and the connection's. It follows while somebody runs `follow()`:
  ///
  ///     @State private var task = client.task(id)
  ///     var body: some View {
  ///       ProgressView(value: task.view.progress.percent ?? 0, total: 100).task { await task.follow() }
  ///     }
  @available(iOS 17, macOS 14, tvOS 17, watchOS 10, *)
  @MainActor @Observable
  public final class TaskModel {
    public let taskID: String
    /// The task, as far as it is known.
    public private(set) var view = TaskView()
    /// The connection's state; nil before the first.
    public private(set) var connection: ConnectionState?
    /// Why following has ended before the task did.
    public private(set) var error: TaskwireError?

    private let client: TaskwireClient

    init(_ client: TaskwireClient, _ taskID: String) {
      self.client = client
      self.taskID = taskID
    }

    /// Follows until the task's end, an error, or cancellation. Called again it goes on where it stopped.
    public func follow() async {
      if view.isOver { return }
      error = nil
      let views = client.views(of: taskID, from: view) { [weak self] state in
        Task { @MainActor in self?.connection = state }
      }
      do {
        for try await next in views { view = next }
      } catch {
        self.error = error as? TaskwireError
      }
    }
  }

  @available(iOS 17, macOS 14, tvOS 17, watchOS 10, *)
  extension TaskwireClient {
    /// A task for a screen. Nothing runs before `follow()`.
    @MainActor public func task(_ taskID: String) -> TaskModel { TaskModel(self, taskID) }
  }
#endif
