import Foundation

#if canImport(UIKit) && !os(watchOS)
  import UIKit
#endif
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
  public init() {}
  public func watch(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void { {} }
}

/// What the platform tells: `UIApplication` coming to the foreground, and the network's return.
public struct SystemWakeSource: WakeSource {
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
    #if canImport(UIKit) && !os(watchOS)
      let observer = Observer(NotificationCenter.default.addObserver(forName: UIApplication.willEnterForegroundNotification, object: nil, queue: nil) { _ in wake() })
      return { NotificationCenter.default.removeObserver(observer.token) }
    #else
      return {}
    #endif
  }

  private static func watchNetwork(_ wake: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    #if canImport(Network)
      let monitor = NWPathMonitor()
      let state = Reachability()
      monitor.pathUpdateHandler = { path in
        if state.isBack(path.status == .satisfied) { wake() }
      }
      monitor.start(queue: DispatchQueue(label: "taskwire.reachability"))
      return { monitor.cancel() }
    #else
      return {}
    #endif
  }
}

#if canImport(UIKit) && !os(watchOS)
  /// A token of the notification centre is only handed back to it.
  private struct Observer: @unchecked Sendable {
    let token: any NSObjectProtocol
    init(_ token: any NSObjectProtocol) { self.token = token }
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
