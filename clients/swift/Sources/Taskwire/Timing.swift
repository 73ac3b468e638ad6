/// Time and chance, passed in so that a test can decide both.
public struct Timing: Sendable {
  /// Milliseconds on a clock that never steps back, and that goes on while the device sleeps.
  public var now: @Sendable () -> Double
  /// Waits so many milliseconds; throws when the task is cancelled.
  public var sleep: @Sendable (Double) async throws -> Void
  /// In [0, 1).
  public var chance: @Sendable () -> Double

  /// Time and chance of your own.
  public init(now: @escaping @Sendable () -> Double, sleep: @escaping @Sendable (Double) async throws -> Void, chance: @escaping @Sendable () -> Double) {
    self.now = now
    self.sleep = sleep
    self.chance = chance
  }

  /// The device's own clock and chance.
  public static let real: Timing = {
    let clock = ContinuousClock()
    let start = clock.now
    return Timing(
      now: {
        let (seconds, attoseconds) = (clock.now - start).components
        return Double(seconds) * 1_000 + Double(attoseconds) / 1e15
      },
      sleep: { try await clock.sleep(for: .microseconds(Int64(max(0, $0) * 1_000))) },
      chance: { Double.random(in: 0..<1) })
  }()
}
