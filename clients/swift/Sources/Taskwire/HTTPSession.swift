import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Requests over URLSession whose bodies arrive piece by piece and can be held up. One code path on all platforms: there is no
/// `URLSession.bytes` on Linux. Redirects are not followed, so that a token goes nowhere else.
final class HTTPSession: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let lock = NSLock()
  private var answers: [Int: HTTPAnswer] = [:]
  private let queue = GatedQueue()
  /// Set once, before anybody else sees this object.
  private var session = URLSession.shared

  override init() {
    super.init()
    queue.maxConcurrentOperationCount = 1
    session = URLSession(configuration: Self.configuration(), delegate: self, delegateQueue: queue)
  }

  private static func configuration() -> URLSessionConfiguration {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
    // The client has its own watchdog, by the service's heartbeat.
    configuration.timeoutIntervalForRequest = 24 * 3600
    configuration.timeoutIntervalForResource = 30 * 24 * 3600
    return configuration
  }

  /// Sends a request; returns when the answer's head is there. Cancelling the task, or the answer, ends it.
  func answer(to request: URLRequest) async throws -> HTTPAnswer {
    let task = session.dataTask(with: request)
    let answer = HTTPAnswer(task, queue)
    lock.withLock { answers[task.taskIdentifier] = answer }
    return try await withTaskCancellationHandler {
      task.resume()
      try await answer.head()
      return answer
    } onCancel: {
      answer.cancel()
    }
  }

  /// Ends all that runs, for good.
  func close() {
    queue.openForGood()
    session.invalidateAndCancel()
  }

  private func answer(of task: URLSessionTask) -> HTTPAnswer? { lock.withLock { answers[task.taskIdentifier] } }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    answer(of: dataTask)?.began(response as? HTTPURLResponse)
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    answer(of: dataTask)?.took(data)
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    let answer = lock.withLock { answers.removeValue(forKey: task.taskIdentifier) }
    // Without a delegate call for the head: the answer to a redirect that is not followed.
    answer?.began(task.response as? HTTPURLResponse)
    answer?.ended(error)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    answer(of: task)?.began(response)
    completionHandler(nil)
  }
}

/// The delegate's queue. Elsewhere than on Apple's platforms a suspended task begins anew when it is resumed; there the reading is
/// held up by whoever brings the next piece to this queue.
final class GatedQueue: OperationQueue, @unchecked Sendable {
  private let condition = NSCondition()
  private var shut = false
  private var forGood = false

  func open() {
    condition.withLock {
      shut = false
      condition.broadcast()
    }
  }

  /// Whoever ends a session must not wait for a piece that nobody will take.
  func openForGood() {
    condition.withLock { forGood = true }
    open()
  }

  func close() { condition.withLock { shut = !forGood } }

  #if !canImport(Darwin)
    override func addOperation(_ block: @escaping @Sendable () -> Void) {
      condition.lock()
      while shut { condition.wait() }
      condition.unlock()
      super.addOperation(block)
    }
  #endif
}

/// An answer whose body arrives piece by piece.
final class HTTPAnswer: @unchecked Sendable {
  /// So much may wait before the reading is held up. Bytes.
  private static let most = 512 * 1024

  private let task: URLSessionDataTask
  private let queue: GatedQueue
  private let lock = NSLock()

  // All of it under the lock.
  private var response: HTTPURLResponse?
  private var pieces: [Data] = []
  private var waitingBytes = 0
  private var held = false
  private var over = false
  private var failure: (any Error)?
  private var waiter: CheckedContinuation<Void, Never>?

  init(_ task: URLSessionDataTask, _ queue: GatedQueue) {
    self.task = task
    self.queue = queue
  }

  var status: Int { lock.withLock { response?.statusCode ?? 0 } }

  func header(_ name: String) -> String? { lock.withLock { response?.value(forHTTPHeaderField: name) } }

  func began(_ response: HTTPURLResponse?) {
    wake { if self.response == nil { self.response = response } }
  }

  func took(_ data: Data) {
    wake {
      pieces.append(data)
      waitingBytes += data.count
      if waitingBytes > Self.most, !held, !over { hold() }
    }
  }

  func ended(_ error: (any Error)?) {
    wake {
      over = true
      if failure == nil { failure = error }
    }
  }

  func cancel() {
    wake {
      if failure == nil { failure = CancellationError() }
      over = true
      release()
    }
    task.cancel()
  }

  private func hold() {
    held = true
    #if canImport(Darwin)
      task.suspend()
    #else
      queue.close()
    #endif
  }

  private func release() {
    guard held else { return }
    held = false
    #if canImport(Darwin)
      task.resume()
    #else
      queue.open()
    #endif
  }

  private func wake(_ change: () -> Void) {
    let woken = lock.withLock {
      change()
      defer { waiter = nil }
      return waiter
    }
    woken?.resume()
  }

  private func wait(until ready: () -> Bool) async {
    while !lock.withLock(ready) {
      await withCheckedContinuation { continuation in
        let now = lock.withLock {
          if ready() { return true }
          waiter = continuation
          return false
        }
        if now { continuation.resume() }
      }
    }
  }

  fileprivate func head() async throws {
    await wait { response != nil || over }
    if let failure = lock.withLock({ response == nil ? failure ?? CancellationError() : nil }) { throw failure }
  }

  /// The next piece of the body, nil at its good end. Throws where it was broken off or cancelled.
  func next() async throws -> Data? {
    await wait { !pieces.isEmpty || over }
    let (piece, error): (Data?, (any Error)?) = lock.withLock {
      guard !pieces.isEmpty, !(failure is CancellationError) else { return (nil, failure) }
      let all = pieces.count == 1 ? pieces[0] : pieces.reduce(into: Data(capacity: waitingBytes)) { $0.append($1) }
      pieces = []
      waitingBytes = 0
      release()
      return (all, nil)
    }
    if let error { throw error }
    return piece
  }

  /// The whole body, up to a length. Bytes.
  func body(upTo limit: Int) async throws -> [UInt8] {
    var whole: [UInt8] = []
    while let piece = try await next() {
      whole.append(contentsOf: piece)
      if whole.count > limit {
        cancel()
        throw TaskwireError(.notTaskwire, message: "The answer is longer than \(limit) bytes.", status: status)
      }
    }
    return whole
  }
}
