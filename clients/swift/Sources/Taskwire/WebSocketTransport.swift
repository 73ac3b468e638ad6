import Foundation

/// What every WebSocket of Taskwire says at its opening.
struct WebSocketOpening {
  static let longestMessage = 2 * 1024 * 1024
  let url: URL
  let subprotocols: [String]
  /// Frames that are sent first.
  let greetings: [String]

  init(_ request: WireRequest) {
    let only = request.many ? nil : request.subscriptions.first
    url = only.map { request.baseURL.task($0, "/ws") } ?? request.baseURL.below("/v1/ws")
    let fits = !request.token.isEmpty && request.token.utf8.allSatisfy(Self.mayStandInHeader)
    subprotocols = [Catalog.protocolName] + (fits ? ["bearer.\(request.token)"] : [])
    let auth = fits || request.token.isEmpty ? [] : [AuthFrame(token: request.token).json.jsonText]
    let subscribe = request.many ? request.subscriptions.map(Self.subscribe) + [request.set].compactMap { $0 }.map(Self.subscribe) : []
    greetings = auth + subscribe
  }

  private static func subscribe(_ subscription: Subscription) -> String {
    let replay = subscription.replay == .full ? nil : SubscribeFrame.Replay(rawValue: subscription.replay.rawValue)
    return SubscribeFrame(taskID: subscription.taskID, after: subscription.after, replay: replay).json.jsonText
  }

  private static func subscribe(_ set: SetSubscription) -> String {
    let tasks = set.tasks
    return SubscribeFrame(
      taskIDs: tasks.taskIDs, conversationID: tasks.conversationID, scope: tasks.scope.map { .init(rawValue: $0.rawValue) }, after: set.after,
      replay: .init(rawValue: set.replay.rawValue)
    ).json.jsonText
  }

  /// What may stand in a subprotocol (a token of RFC 9110). Other bearer tokens travel in the first frame.
  private static func mayStandInHeader(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+.^_`|~-".utf8.contains(byte)
    }
  }
}

#if canImport(Darwin)
  /// WebSocket over URLSession. Apple's platforms only: elsewhere URLSession's splits and loses messages.
  public struct WebSocketTransport: Transport {
    /// Needs nothing.
    public init() {}

    public func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
      let opening = WebSocketOpening(request)
      guard var parts = URLComponents(url: opening.url, resolvingAgainstBaseURL: true) else { return Loss(error: TaskwireError(.addressInvalid)) }
      parts.scheme = parts.scheme == "https" ? "wss" : "ws"
      guard let url = parts.url else { return Loss(error: TaskwireError(.addressInvalid)) }
      let session = URLSession(configuration: .ephemeral, delegate: NoRedirects(), delegateQueue: nil)
      defer { session.invalidateAndCancel() }
      let task = session.webSocketTask(with: url, protocols: opening.subprotocols)
      task.maximumMessageSize = WebSocketOpening.longestMessage
      task.resume()
      return await withTaskCancellationHandler {
        do {
          for greeting in opening.greetings { try await task.send(.string(greeting)) }
          await events.opened { text in Task { try? await task.send(.string(text)) } }
          while true {
            if case .string(let text) = try await task.receive(), let frame = WireFrame(text) {
              await events.received([frame])
            } else {
              await events.heard()
            }
          }
        } catch {
          let reason = task.closeReason.map { String(decoding: $0, as: UTF8.self) } ?? ""
          return Loss(error: TaskwireError(closeCode: task.closeCode.rawValue, reason: reason))
        }
      } onCancel: {
        task.cancel(with: .normalClosure, reason: nil)
      }
    }
  }

  private final class NoRedirects: NSObject, URLSessionTaskDelegate {
    func urlSession(
      _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
      completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
      completionHandler(nil)
    }
  }
#endif
