import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// How a request is made.
public struct CallOptions: Sendable {
  /// Stop repeating after this. Milliseconds; `.infinity`: never. 30 s where it is nil.
  public var giveUpMs: Double?
  /// Told before every wait for another try, with how long it takes. Milliseconds.
  public var onRetry: (@Sendable (TaskwireError, _ inMs: Double) -> Void)?

  /// The defaults, or others.
  public init(giveUpMs: Double? = nil, onRetry: (@Sendable (TaskwireError, _ inMs: Double) -> Void)? = nil) {
    self.giveUpMs = giveUpMs
    self.onRetry = onRetry
  }
}

struct CallRequest: Sendable {
  var method = "GET"
  /// Below the service's address, beginning with a slash.
  var path: String
  var query: [(String, String?)] = []
  var headers: [String: String] = [:]
  var body: [UInt8]?
}

/// Requests that are answered once: with the token, repeated while repeating can help, refused with a `TaskwireError`. Only give it
/// requests that may be repeated: reads, and writes with a retry identity.
final class Caller: Sendable {
  private let context: ConnectionContext
  private let session = HTTPSession()

  init(_ context: ConnectionContext) { self.context = context }

  deinit { session.close() }

  /// The answer's JSON, empty where there is none (204). Throws `TaskwireError`, or `CancellationError` where the task was cancelled.
  func call(_ request: CallRequest, _ options: CallOptions = CallOptions()) async throws -> JSONObject {
    let (timing, settings) = (context.timing, context.settings)
    let giveUpMs = options.giveUpMs ?? settings.giveUpMs
    let began = timing.now()
    var fresh = false
    var attempt = 0
    while true {
      attempt += 1
      try Task.checkCancellation()
      let error: TaskwireError
      do {
        return try await limited(request, fresh: fresh)
      } catch let thrown {
        try Task.checkCancellation()
        error = thrown as? TaskwireError ?? TaskwireError(.network, message: (thrown as NSError).localizedDescription, cause: thrown)
      }
      let renew = error.isAboutToken && context.tokens.renewable && !fresh
      if !renew && (!error.retryable || error.isAboutToken) { throw error }
      let ms = renew ? 0 : max(error.retryAfterMs ?? 0, backoffMs(attempt, settings, timing.chance()))
      if timing.now() - began + ms > giveUpMs { throw error }
      fresh = renew
      if renew { continue }
      options.onRetry?(error, ms)
      try await timing.sleep(ms)
    }
  }

  /// One try, which may take so long and no longer.
  private func limited(_ request: CallRequest, fresh: Bool) async throws -> JSONObject {
    let token = try await context.tokens.get(fresh: fresh)
    let (timing, tryMs) = (context.timing, context.settings.tryMs)
    return try await withThrowingTaskGroup(of: JSONObject.self) { group in
      group.addTask { try await self.once(request, token) }
      group.addTask {
        try await timing.sleep(tryMs)
        throw TaskwireError(.network, message: "There was no answer within \(Int(tryMs)) ms.")
      }
      defer { group.cancelAll() }
      guard let answer = try await group.next() else { throw CancellationError() }
      return answer
    }
  }

  private func once(_ request: CallRequest, _ token: String) async throws -> JSONObject {
    var wire = URLRequest(url: context.baseURL.below(request.path, request.query))
    wire.httpMethod = request.method
    wire.setValue("application/json", forHTTPHeaderField: "Accept")
    if token != "" { wire.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    for (name, value) in request.headers { wire.setValue(value, forHTTPHeaderField: name) }
    if let body = request.body { wire.httpBody = Data(body) }
    let answer = try await session.answer(to: wire)
    return try await withTaskCancellationHandler {
      try await refuse(answer)
      if answer.status == 204 { return JSONObject() }
      let body = try await answer.body(upTo: longestBody)
      guard case .object(let json)? = try? JSONValue(parsing: body) else {
        throw TaskwireError(.notTaskwire, message: "The answer is not JSON.", status: answer.status)
      }
      return json
    } onCancel: {
      answer.cancel()
    }
  }
}
