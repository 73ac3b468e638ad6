import Foundation

/// One task to be followed, and from where.
public struct Subscription: Sendable, Hashable {
  public let taskID: String
  public let after: String?
  public let replay: TaskReplay
}

/// A set of tasks to be followed, and from where.
public struct SetSubscription: Sendable, Hashable {
  public let tasks: TaskSet
  /// A position of this set; nil: from now.
  public let after: String?
  /// How history of tasks that are there already arrives.
  public let replay: TaskReplay
}

/// What a wire is opened for.
public struct WireRequest: Sendable {
  /// The service's address; may have a path.
  public let baseURL: URL
  /// Empty: the service lets everybody in, or something in between signs in.
  public let token: String
  public let subscriptions: [Subscription]
  /// In place of single tasks, a set.
  public var set: SetSubscription?
  /// Whether the connection serves a changing number of tasks, or this one alone.
  public let many: Bool
}

/// Printed without the token.
extension WireRequest: CustomStringConvertible, CustomReflectable {
  public var description: String { "\(baseURL), \(subscriptions.map(\.taskID))" }
  public var customMirror: Mirror { Mirror(self, children: ["baseURL": baseURL, "subscriptions": subscriptions, "set": set as Any]) }
}

/// What a wire tells, in order.
public protocol WireEvents: Sendable {
  /// Frames have come.
  func received(_ frames: [WireFrame]) async
  /// Something came that is no frame.
  func heard() async
  /// The wire can send: a frame's text. Not called by wires that run one way only.
  func opened(_ send: @escaping @Sendable (String) -> Void) async
  /// Returns when there is room for more. For wires that can stop reading; those that send are closed instead.
  func room() async
  /// Whether a task is still followed. One that is over may end its part of the wire.
  func wanted(_ taskID: String) async -> Bool
}

/// A way to reach the service. It knows nothing of retries or proofs.
public protocol Transport: Sendable {
  /// Opens a wire, hands over what comes, and returns when it is no more, with the reason. Cancelling the task closes it.
  func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss
}

/// A frame as it came: a stored event or a `stream.*` frame.
public struct WireFrame: Sendable {
  let json: JSONObject
  let type: String
  /// Bytes of its text.
  let size: Int

  var isStream: Bool { type.hasPrefix("stream.") }

  init(json: JSONObject, size: Int) {
    self.json = json
    self.size = size
    type = json.get("type", or: "")
  }

  /// The frame in a text; nil where it is none (the bare `pong`, a proxy's page).
  public init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.first == UInt8(ascii: "{"), case .object(let json)? = try? JSONValue(parsing: text), case .string(let type)? = json["type"] else { return nil }
    self.json = json
    self.type = type
    size = text.count
  }

  /// The frame in a text; nil where it is none.
  public init?(_ text: String) {
    var text = text
    let found = text.withUTF8 { WireFrame($0) }
    guard let found else { return nil }
    self = found
  }
}

extension URL {
  /// An address of the service, below the path that this one may have.
  func below(_ path: String, _ query: [(String, String?)] = []) -> URL {
    guard var parts = URLComponents(url: self, resolvingAgainstBaseURL: true) else { return self }
    while parts.percentEncodedPath.hasSuffix("/") { parts.percentEncodedPath.removeLast() }
    parts.percentEncodedPath += path
    let given = query.compactMap { name, value in value.map { "\(name)=\(Self.escaped($0))" } }
    parts.percentEncodedQuery = given.isEmpty ? nil : given.joined(separator: "&")
    parts.fragment = nil
    return parts.url ?? self
  }

  /// A text as it may stand in a path or a query; nothing in it means anything there.
  static func escaped(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.formIntersection(CharacterSet(charactersIn: Unicode.Scalar(0)..."\u{7F}"))
    allowed.insert(charactersIn: "-._~")
    return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
  }

  /// Where a task's events are read from, after and as a subscription says.
  func events(_ subscription: Subscription, _ more: [(String, String?)] = []) -> URL {
    task(subscription, "/events", more)
  }

  /// Where a set's events are read from, after and as a subscription says.
  func events(_ set: SetSubscription) -> URL {
    let tasks = set.tasks.taskIDs?.map { ("task", Optional($0)) } ?? []
    let words = [("scope", set.tasks.scope?.rawValue), ("conversation", set.tasks.conversationID)] + tasks
    return below("/v1/events", words + [("replay", set.replay.rawValue), ("after", set.after)])
  }

  func task(_ subscription: Subscription, _ rest: String, _ more: [(String, String?)] = []) -> URL {
    let query = [("after", subscription.after), ("replay", subscription.replay == .full ? nil : subscription.replay.rawValue)]
    return below("/v1/tasks/\(URL.escaped(subscription.taskID))\(rest)", query + more)
  }
}
