import Foundation

/// The transport of last resort: page after page, each request waiting for the first event. It passes through whatever lets a
/// plain answer through. A page is handed over as the frames that a stream would have carried.
public struct LongPollTransport: Transport {
  /// Events of a page.
  private static let page = 1_000

  private let settings: Settings
  private let timing: Timing

  /// Waits one heartbeat of the settings for the first event of a page.
  public init(settings: Settings = Settings(), timing: Timing = .real) {
    self.settings = settings
    self.timing = timing
  }

  public func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
    await runPerTask(request, events, read)
  }

  private func read(_ session: HTTPSession, _ request: WireRequest, _ subscription: Subscription, _ events: any WireEvents) async throws -> Loss? {
    let waitSeconds = max(1, Int((settings.heartbeatMs / 1_000).rounded(.up)))
    var at = subscription
    var first = true
    var wait = false
    while true {
      await events.room()
      try Task.checkCancellation()
      let url = request.baseURL.events(at, [("limit", String(Self.page)), ("wait", wait ? String(waitSeconds) : nil)])
      let askedAt = timing.now()
      let answer = try await ask(session, url, accept: "application/json", token: request.token)
      let body = try await withTaskCancellationHandler {
        try await answer.body(upTo: longestBody)
      } onCancel: {
        answer.cancel()
      }
      guard case .object(let page)? = try? JSONValue(parsing: body), let found: [JSONObject] = page.get("events"), let cursor: String = page.get("cursor") else {
        throw TaskwireError(.notTaskwire, message: "The answer is no page of events.", status: answer.status)
      }
      let frames = Self.frames(at, page, found, cursor, first: first, size: body.count)
      if frames.isEmpty { await events.heard() } else { await events.received(frames) }
      let ended: Bool = page.get("ended", or: false)
      if ended { return nil }
      at = Subscription(taskID: at.taskID, after: cursor, replay: at.replay == .none ? .full : at.replay)
      // Something in between that does not wait must not be asked in a circle.
      if wait, found.isEmpty, timing.now() - askedAt < Double(waitSeconds) * 500 { try await timing.sleep(backoffMs(1, settings, timing.chance())) }
      let more: Bool = page.get("more", or: false)
      wait = !more
      first = false
    }
  }

  private static func frames(_ subscription: Subscription, _ page: JSONObject, _ found: [JSONObject], _ cursor: String, first: Bool, size: Int) -> [WireFrame] {
    func frame(_ type: String, _ more: JSONObject) -> WireFrame {
      var json: JSONObject = ["type": .string(type), "task_id": .string(subscription.taskID)]
      for (name, value) in more { json[name] = value }
      return WireFrame(json: json, size: 0)
    }
    var frames: [WireFrame] = []
    if let gap: JSONObject = page.get("gap") { frames.append(frame("stream.gap", gap)) }
    if first, subscription.replay == .none, found.isEmpty { frames.append(frame("stream.subscribed", ["cursor": .string(cursor), "replay": "none"])) }
    frames += found.map { WireFrame(json: $0, size: size / found.count) }
    if page["ended"] == .bool(true) {
      frames.append(frame("stream.end", ["cursor": .string(cursor), "status": page["status"] ?? .null]))
    } else if first {
      frames.append(frame("stream.caught_up", ["cursor": .string(cursor)]))
    }
    return frames
  }
}
