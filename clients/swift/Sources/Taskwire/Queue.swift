import Foundation

/// What lies between a wire and its consumer: bounded, handed over in order, ended once.
final class Queue<Item: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private let maxItems: Int
  private let maxSize: Int
  private let onRoom: @Sendable () -> Void

  // All of it under the lock.
  private var items: [Item] = []
  private var size = 0
  /// What the consumer has taken and not yet done with.
  private var takenItems = 0
  private var takenSize = 0
  private var ended = false
  private var failure: TaskwireError?
  private var taker: CheckedContinuation<Void, Never>?
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// It counts as full at so many items, or sizes together; it takes what comes nevertheless: the wire has to stop.
  /// `onRoom` is called when a full one was emptied.
  init(maxItems: Int, maxSize: Int, onRoom: @escaping @Sendable () -> Void) {
    self.maxItems = maxItems
    self.maxSize = maxSize
    self.onRoom = onRoom
  }

  private var full: Bool { items.count + takenItems >= maxItems || size + takenSize >= maxSize }

  var isFull: Bool { lock.withLock { full } }

  func push(_ item: Item, size itemSize: Int) {
    let taker: CheckedContinuation<Void, Never>? = lock.withLock {
      if ended { return nil }
      items.append(item)
      size += itemSize
      defer { self.taker = nil }
      return self.taker
    }
    taker?.resume()
  }

  /// Waits until the consumer has done with what is there, while the queue is full; ends early when the task is cancelled.
  func room() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = lock.withLock {
          if ended || !full || Task.isCancelled { return true }
          waiting.append(continuation)
          return false
        }
        if now { continuation.resume() }
      }
    } onCancel: {
      release()
    }
  }

  /// Who waits for room looks again; a wire that was not meant goes on reading a piece too early, no more.
  private func release() {
    let woken = lock.withLock {
      defer { waiting = [] }
      return waiting
    }
    for one in woken { one.resume() }
  }

  /// All that is there, waiting for the first; nil at the end, or when the task is cancelled. Throws the error that ended it, after
  /// the rest was taken. What was taken counts as waiting until the next call: only then has the consumer done with it.
  func take() async throws(TaskwireError) -> [Item]? {
    doneWithTaken()
    while true {
      let (all, over, error): ([Item], Bool, TaskwireError?) = lock.withLock {
        if items.isEmpty { return ([], ended, failure) }
        let all = items
        takenItems = all.count
        takenSize = size
        items = []
        size = 0
        return (all, false, nil)
      }
      if !all.isEmpty { return all }
      if let error { throw error }
      if over || Task.isCancelled { return nil }
      await something()
    }
  }

  private func doneWithTaken() {
    let (roomAgain, isOver): (Bool, Bool) = lock.withLock {
      let wasFull = full
      takenItems = 0
      takenSize = 0
      return (wasFull && !full, ended)
    }
    guard roomAgain else { return }
    release()
    if !isOver { onRoom() }
  }

  private func something() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = lock.withLock {
          if ended || !items.isEmpty || Task.isCancelled { return true }
          taker = continuation
          return false
        }
        if now { continuation.resume() }
      }
    } onCancel: {
      wakeTaker()
    }
  }

  private func wakeTaker() {
    let woken = lock.withLock {
      defer { taker = nil }
      return taker
    }
    woken?.resume()
  }

  /// Nothing more will come. `discard`: nor is anybody left who would take the rest.
  func end(_ error: TaskwireError? = nil, discard: Bool = false) {
    lock.withLock {
      if discard { items = [] }
      if ended { return }
      ended = true
      failure = error
    }
    wakeTaker()
    release()
  }
}
