// Apple's platforms, as `TaskModel`. `views(of:)` is everywhere.
#if canImport(Darwin) && canImport(Observation)
  import Observation

  /// A set of tasks for a screen: its rows, kept up to date, and the connection's state. It follows while somebody runs `follow()`:
  ///
  ///     @State private var tasks = client.tasks(.mine)
  ///     var body: some View {
  ///       List(tasks.view.rows) { row in Text(row.title ?? row.kind) }.task { await tasks.follow() }
  ///     }
  @available(iOS 17, macOS 14, tvOS 17, watchOS 10, *)
  @MainActor @Observable
  public final class TaskSetModel {
    public let tasks: TaskSet
    /// The set, as far as it is known.
    public private(set) var view = TaskSetView()
    /// The connection's state; nil before the first.
    public private(set) var connection: ConnectionState?
    /// Why following has ended.
    public private(set) var error: TaskwireError?

    private let client: TaskwireClient

    init(_ client: TaskwireClient, _ tasks: TaskSet) {
      self.client = client
      self.tasks = tasks
    }

    /// Follows until an error or cancellation. Called again it goes on where it stopped.
    public func follow() async {
      error = nil
      let views = client.views(of: tasks, from: view) { [weak self] state in
        Task { @MainActor in self?.connection = state }
      }
      do {
        for try await next in views { view = next }
      } catch {
        self.error = error as? TaskwireError
        // A place that the service does not know: the next call begins anew.
        if self.error?.code == .cursorInvalid { view = TaskSetView() }
      }
    }
  }

  @available(iOS 17, macOS 14, tvOS 17, watchOS 10, *)
  extension TaskwireClient {
    /// A set of tasks for a screen. Nothing runs before `follow()`.
    @MainActor public func tasks(_ set: TaskSet = .mine) -> TaskSetModel { TaskSetModel(self, set) }
  }
#endif
