import Foundation

/// Server-Sent Events over URLSession: a header carries the token, and a consumer that does not read stops the reading.
public struct SSETransport: Transport {
  /// Needs nothing.
  public init() {}

  public func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
    await runPerTask(request, events, Self.read)
  }

  private static func read(_ session: HTTPSession, _ request: WireRequest, _ subscription: Subscription, _ events: any WireEvents) async throws -> Loss? {
    let url = request.set.map { request.baseURL.events($0) } ?? request.baseURL.events(subscription)
    let answer = try await ask(session, url, accept: "text/event-stream", token: request.token)
    if answer.status == 204, request.set == nil {
      var end: JSONObject = ["type": "stream.end", "task_id": .string(subscription.taskID), "read_before": true]
      end.set("cursor", subscription.after)
      await events.received([WireFrame(json: end, size: 0)])
      return nil
    }
    return try await withTaskCancellationHandler {
      var parser = SSEParser()
      while true {
        await events.room()
        guard let piece = try await answer.next() else { return Loss() }
        var frames: [WireFrame] = []
        piece.withUnsafeBytes { bytes in
          parser.feed(bytes.bindMemory(to: UInt8.self)) { _, _, data in
            if let frame = WireFrame(data) { frames.append(frame) }
          }
        }
        if parser.overflow { throw TaskwireError(.network, message: "A frame was longer than \(SSEParser.longest) bytes.") }
        if frames.isEmpty { await events.heard() } else { await events.received(frames) }
      }
    } onCancel: {
      answer.cancel()
    }
  }
}
