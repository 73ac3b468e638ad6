/// An error with a stable `code`, whether trying again can help, and what to do about it.
public struct TaskwireError: Error, Sendable, CustomStringConvertible {
  /// From the contract's error table, or one that a client finds out by itself. Codes that this version does not know are kept.
  public let code: ErrorCode
  /// Whether the same again, later, can succeed.
  public let retryable: Bool
  /// What to do, in one sentence for a person.
  public let advice: String
  /// What was wrong.
  public let message: String
  /// The HTTP status, where there was one.
  public let status: Int?
  /// How long the service asks to wait. Milliseconds.
  public let retryAfterMs: Double?
  /// The task that it is about, where it is about one.
  public let taskID: String?
  /// What else the answer carried: `path`, `line`, `law`, …
  public let extra: JSONObject
  /// What led to it.
  public let cause: (any Error)?

  /// An error of a code; what is not given is that of the error table.
  public init(
    _ code: ErrorCode, message: String? = nil, retryable: Bool? = nil, advice: String? = nil, status: Int? = nil,
    retryAfterMs: Double? = nil, taskID: String? = nil, extra: JSONObject = JSONObject(), cause: (any Error)? = nil
  ) {
    let known = ErrorFacts.table[code] ?? Self.own[code]
    self.code = code
    self.retryable = retryable ?? known?.retryable ?? false
    self.advice = advice.flatMap { $0.isEmpty ? nil : $0 } ?? known?.advice ?? Self.unknownAdvice
    self.message = message.flatMap { $0.isEmpty ? nil : $0 } ?? known?.title ?? code.rawValue
    self.status = status
    self.retryAfterMs = retryAfterMs
    self.taskID = taskID
    self.extra = extra
    self.cause = cause
  }

  public var description: String { "\(code): \(message) \(advice)" }

  /// Whether it means that the token was not accepted, so that another one may be.
  var isAboutToken: Bool { code == .tokenExpired || code == .tokenInvalid }
}

/// What no service says, but a client notices.
extension ErrorCode {
  /// The service cannot be reached.
  public static let network = Self(rawValue: "network")
  /// The connection went silent.
  public static let silentConnection = Self(rawValue: "silent")
  /// What answered is not Taskwire.
  public static let notTaskwire = Self(rawValue: "not_taskwire")
  /// The service speaks another version of the protocol.
  public static let protocolUnsupported = Self(rawValue: "protocol_unsupported")
  /// No transport can be used here.
  public static let noTransport = Self(rawValue: "no_transport")
  /// The address is not usable.
  public static let addressInvalid = Self(rawValue: "address_invalid")
  /// The token callback failed.
  public static let tokenCallback = Self(rawValue: "token_callback")
  /// The publisher is closed.
  public static let closed = Self(rawValue: "closed")
}

extension TaskwireError {
  private static func row(_ retryable: Bool, _ title: String, _ advice: String) -> ErrorFacts {
    ErrorFacts(status: 0, close: nil, retryable: retryable, title: title, advice: advice)
  }

  /// Advice for codes of the future.
  private static let unknownAdvice = "This code is newer than the client: look it up in the service's /asyncapi.json, or update the client."

  static let own: [ErrorCode: ErrorFacts] = [
    .network: row(true, "The service cannot be reached", "Check the address and that the service runs; the client tries again by itself."),
    .silentConnection: row(true, "The connection went silent", "Nothing to do: the client connects again by itself."),
    .notTaskwire: row(false, "What answered is not Taskwire", "Check the address; a proxy or another program may be answering in its place."),
    .protocolUnsupported: row(false, "The service speaks another version", "Update the client, or follow with one of the service's version."),
    .noTransport: row(false, "No transport can be used here", "Ask for one that exists here, or pass one in."),
    .addressInvalid: row(false, "The address is not usable", "Pass the service's address, such as http://127.0.0.1:8080."),
    .tokenCallback: row(false, "The token callback failed", "See `cause`; the callback must answer a token."),
    .closed: row(false, "The publisher is closed", "Make a new publisher."),
  ]

  /// The error that a `stream.error` frame tells of.
  init(frame: JSONObject) {
    self.init(
      ErrorCode(rawValue: frame.get("code", or: "internal")), message: frame.get("message"), retryable: frame.get("retryable"),
      retryAfterMs: frame.get("retry_after_ms"), taskID: frame.get("task_id"))
  }

  /// The error that a close code of the service stands for (4000-4499: try again, 4500-4999: do not); nil for a plain cut.
  init?(closeCode: Int, reason: String) {
    guard (4000...4999).contains(closeCode) else { return nil }
    let found = ErrorFacts.table.first { $0.value.close == closeCode }?.key
    self.init(found ?? ErrorCode(rawValue: "close_\(closeCode)"), message: found == nil ? reason : nil, retryable: closeCode < 4500)
  }

  /// The error that an HTTP answer other than 2xx stands for.
  init(status: Int, retryAfterMs: Double?, body: [UInt8]) {
    let later = status == 408 || status == 425 || status == 429 || status >= 500
    guard case .object(let problem)? = try? JSONValue(parsing: body), let code: String = problem.get("code") else {
      let code: ErrorCode = later ? .network : status == 401 ? .tokenInvalid : .notTaskwire
      self.init(code, message: "The answer was HTTP \(status) without a problem body.", status: status, retryAfterMs: retryAfterMs)
      return
    }
    let own: Set = ["code", "detail", "title", "retryable", "advice", "retry_after_ms", "status", "type"]
    self.init(
      ErrorCode(rawValue: code), message: problem.get("detail") ?? problem.get("title"), retryable: problem.get("retryable") ?? later, advice: problem.get("advice"),
      status: status, retryAfterMs: problem.get("retry_after_ms") ?? retryAfterMs, taskID: problem.get("task_id"),
      extra: JSONObject(fields: problem.fields.filter { !own.contains($0.name) }))
  }
}
