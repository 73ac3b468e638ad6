import Foundation

/// What a client's connections share: which transports have worked, and who is to be woken.
final class Shared: @unchecked Sendable {
  private let lock = NSLock()
  private let source: any WakeSource
  private var worked: [TransportName] = []
  private var connections: [ObjectIdentifier: any Driven] = [:]
  private var forget: (@Sendable () -> Void)?

  init(_ source: any WakeSource) { self.source = source }

  deinit { forget?() }

  var proven: [TransportName] {
    get { lock.withLock { worked } }
    set { lock.withLock { worked = newValue } }
  }

  /// Counts a connection in. While there is one, the platform is watched.
  func add(_ connection: any Driven) {
    lock.withLock {
      connections[ObjectIdentifier(connection)] = connection
      if forget == nil { forget = source.watch { [weak self] in self?.wake() } }
    }
  }

  func remove(_ connection: any Driven) {
    let old: (@Sendable () -> Void)? = lock.withLock {
      connections[ObjectIdentifier(connection)] = nil
      guard connections.isEmpty else { return nil }
      defer { forget = nil }
      return forget
    }
    old?()
  }

  func wake() {
    let all = lock.withLock { Array(connections.values) }
    for connection in all { Task { await connection.input(.wake) } }
  }
}
