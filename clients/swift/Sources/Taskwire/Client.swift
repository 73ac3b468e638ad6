import Foundation

/// A client of one service: follow tasks and publish to them. It holds nothing open by itself.
///
///     let client = try TaskwireClient(url: "https://tasks.example.com", token: .provider { try await session.token() })
///     for try await event in client.events(of: taskID) {
///       print(event.seq, event.type, event.data.jsonText)
///     }
public struct TaskwireClient: Sendable {
  let context: ConnectionContext
  let caller: Caller
  private let appender: Appender

  /// - Parameters:
  ///   - url: The service's address: http, https, ws or wss; it may have a path.
  ///   - token: A token, or a callback that answers one; it is called again when the service wants another.
  ///   - options: What else can be chosen.
  /// - Throws: `address_invalid`, `no_transport`.
  public init(url: String, token: TokenSource = "", options: ClientOptions = ClientOptions()) throws(TaskwireError) {
    let baseURL = try Self.address(url)
    var transports = Self.transports(baseURL, options)
    for (name, own) in options.transports { transports[name] = own }
    let tokens = Tokens(token)
    var settings = options.settings
    settings.transports = settings.transports.filter { transports[$0] != nil }
    settings.renewable = tokens.renewable
    if settings.transports.isEmpty {
      let asked = options.settings.transports.map(\.rawValue).joined(separator: ", ")
      throw TaskwireError(.noTransport, message: "There is nothing here for \(asked.isEmpty ? "no transport at all" : asked).")
    }
    context = ConnectionContext(
      baseURL: baseURL, transports: transports, settings: settings, tokens: tokens, timing: options.timing, log: options.log ?? { _ in }, shared: Shared(options.wake))
    caller = Caller(context)
    appender = Appender(caller)
  }

  private static func address(_ text: String) throws(TaskwireError) -> URL {
    guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty else {
      throw TaskwireError(.addressInvalid, message: "\"\(text)\" is no address.")
    }
    guard ["http", "https", "ws", "wss"].contains(scheme) else {
      throw TaskwireError(.addressInvalid, message: "\"\(scheme):\" is neither http nor https.")
    }
    parts.scheme = scheme == "ws" ? "http" : scheme == "wss" ? "https" : scheme
    guard let url = parts.url else { throw TaskwireError(.addressInvalid, message: "\"\(text)\" is no address.") }
    return url
  }

  /// What exists here.
  private static func transports(_ baseURL: URL, _ options: ClientOptions) -> [TransportName: any Transport] {
    var found: [TransportName: any Transport] = [.sse: SSETransport(), .longPoll: LongPollTransport(settings: options.settings, timing: options.timing)]
    #if canImport(Darwin)
      found[.webSocket] = WebSocketTransport()
    #elseif canImport(Glibc)
      if baseURL.scheme == "http" { found[.webSocket] = SocketTransport() }
    #endif
    return found
  }

  // MARK: Following

  /// A task's events, each once and in order, resumed by itself after every cut, to the task's end.
  /// - Parameters:
  ///   - after: The cursor of the last event that was taken in; without it from the first event.
  public func events(of taskID: String, after: String? = nil, options: FollowOptions = FollowOptions()) -> TaskEvents {
    TaskEvents(context: context, wanted: [Subscription(taskID: taskID, after: after, replay: options.replay)], many: false, options: options)
  }

  /// Several tasks' events over one connection, until all have ended. `after`: a cursor per task.
  public func events(of taskIDs: [String], after: [String: String] = [:], options: FollowOptions = FollowOptions()) -> TaskEvents {
    var seen: Set<String> = []
    let wanted = taskIDs.filter { seen.insert($0).inserted }.map { Subscription(taskID: $0, after: after[$0], replay: options.replay) }
    return TaskEvents(context: context, wanted: wanted, many: true, options: options)
  }

  /// What the app's return to the foreground or the network's return does: waits end, quiet connections are looked at.
  public func wake() { context.shared.wake() }

  // MARK: Publishing

  /// Creates a task. `idempotencyKey` makes a repetition of the same creation harmless, also from another process.
  public func create(_ task: CreateTaskRequest, idempotencyKey: String? = nil, options: CallOptions = CallOptions()) async throws -> CreateTaskResponse {
    let headers = ["Content-Type": "application/json", "Idempotency-Key": idempotencyKey ?? UUID().uuidString.lowercased()]
    return CreateTaskResponse(json: try await caller.call(CallRequest(method: "POST", path: "/v1/tasks", headers: headers, body: Array(task.json.jsonText.utf8)), options))
  }

  /// Appends events, all or none; returns when they are in the log. Repeated under one identity until that is certain.
  @discardableResult
  public func publish(_ taskID: String, _ events: [EventDraft], options: CallOptions = CallOptions()) async throws -> AppendAck {
    try await appender.append(taskID, events.map(\.json.jsonText), options)
  }

  /// Appends an event that says `payload`.
  @discardableResult
  public func publish(_ taskID: String, _ payload: TaskPayload, options: CallOptions = CallOptions()) async throws -> AppendAck {
    try await publish(taskID, [EventDraft(payload)], options: options)
  }

  /// A publisher that gathers, keeps and repeats.
  public func publisher(_ taskID: String, options: PublisherOptions = PublisherOptions()) -> Publisher {
    Publisher(appender, context.timing, taskID, options)
  }

  // MARK: Reading

  /// One's own tasks, the newest change first. `before`: `next` of the page before.
  public func list(
    status: TaskStatus? = nil, conversation: String? = nil, before: String? = nil, limit: Int? = nil, options: CallOptions = CallOptions()
  ) async throws -> TaskPage {
    let query = [("status", status?.rawValue), ("conversation_id", conversation), ("before", before), ("limit", limit.map(String.init))]
    return TaskPage(json: try await caller.call(CallRequest(path: "/v1/tasks", query: query), options))
  }

  /// A task's state, as its events add up to.
  public func get(_ taskID: String, options: CallOptions = CallOptions()) async throws -> TaskResponse {
    TaskResponse(json: try await caller.call(CallRequest(path: try path(of: taskID)), options))
  }

  /// Posts what may be repeated: `body` is JSON, or nothing.
  func post(_ path: String, _ body: JSONObject?, _ options: CallOptions) async throws -> JSONObject {
    var request = CallRequest(method: "POST", path: path)
    if let body {
      request.headers = ["Content-Type": "application/json"]
      request.body = Array(body.jsonText.utf8)
    }
    return try await caller.call(request, options)
  }

  func path(of taskID: String, _ rest: String = "") throws(TaskwireError) -> String {
    if !isLegalID(taskID) { throw TaskwireError(.idInvalid, message: "\"\(taskID)\" cannot be a task's id.", taskID: taskID) }
    return "/v1/tasks/\(taskID)\(rest)"
  }
}

extension TaskwireClient: CustomStringConvertible {
  public var description: String { "a client of \(context.baseURL)" }
}

/// What can be chosen for a client.
public struct ClientOptions: Sendable {
  /// Durations and bounds, and which transports may be used.
  public var settings = Settings()
  /// Transports of your own, or in place of the client's.
  public var transports: [TransportName: any Transport] = [:]
  /// Told what the connections do. Never sees a token or a payload.
  public var log: (@Sendable (LogEntry) -> Void)?
  /// Says when the app comes to the foreground or the network comes back.
  public var wake: any WakeSource = SystemWakeSource()
  /// Time and chance.
  public var timing = Timing.real

  /// The defaults.
  public init() {}
}
