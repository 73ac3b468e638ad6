import Foundation

#if canImport(Network)
  import Network
#endif

/// Moments at which a connection may have died unnoticed, or can be made again: the app in the foreground, the network back.
public protocol WakeSource: Sendable {
  /// Calls `wake` at such moments, until what it answers is called.
  func watch(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void
}

/// Never wakes by itself; `TaskwireClient.wake()` does.
public struct NoWakeSource: WakeSource {
  /// Needs nothing.
  public init() {}
  public func watch(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void { {} }
}

/// What Apple's platforms tell: the app coming to the foreground, and the network's return. Elsewhere nothing.
public struct SystemWakeSource: WakeSource {
  /// Needs nothing.
  public init() {}

  public func watch(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let foreground = Self.watchForeground(wake)
    let network = Self.watchNetwork(wake)
    return {
      foreground()
      network()
    }
  }

  private static func watchForeground(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    #if canImport(Darwin)
      // By its name: UIKit and AppKit are the app's business.
      #if os(macOS)
        let name = Notification.Name("NSApplicationDidBecomeActiveNotification")
      #else
        let name = Notification.Name("UIApplicationWillEnterForegroundNotification")
      #endif
      let observer = Kept(NotificationCenter.default.addObserver(forName: name, object: nil, queue: nil) { _ in wake() })
      return { NotificationCenter.default.removeObserver(observer.value) }
    #else
      return {}
    #endif
  }

  private static func watchNetwork(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    #if canImport(Network)
      let monitor = Kept(NWPathMonitor())
      let state = Reachability()
      monitor.value.pathUpdateHandler = { path in
        if state.isBack(path.status == .satisfied) { wake() }
      }
      monitor.value.start(queue: DispatchQueue(label: "taskwire.reachability"))
      return { monitor.value.cancel() }
    #else
      return {}
    #endif
  }
}

#if canImport(Darwin)
  /// What is kept only to be ended later.
  private struct Kept<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }
#endif

#if canImport(Network)
  /// Whether the network was away before.
  private final class Reachability: @unchecked Sendable {
    private let lock = NSLock()
    private var reachable = true

    func isBack(_ now: Bool) -> Bool {
      lock.withLock {
        defer { reachable = now }
        return now && !reachable
      }
    }
  }
#endif
