import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Reads one task until it is over (nil) or lost.
typealias ReadTask = @Sendable (HTTPSession, WireRequest, Subscription, any WireEvents) async throws -> Loss?

/// What the transports over plain HTTP share: one reader a task, and a wire that lives and dies as a whole.
func runPerTask(_ request: WireRequest, _ events: any WireEvents, _ read: @escaping ReadTask) async -> Loss {
  // A set is one stream, asked for as if it were one task's.
  let parts = request.set.map { [Subscription(taskID: "", after: $0.after, replay: $0.replay)] } ?? request.subscriptions
  // A session of its own: holding up its reading holds up nothing else.
  let sessions = parts.map { _ in HTTPSession() }
  defer { for session in sessions { session.close() } }
  return await withTaskGroup(of: Loss?.self) { group in
    for (subscription, session) in zip(parts, sessions) {
      group.addTask {
        let loss: Loss?
        do {
          loss = try await read(session, request, subscription, events)
        } catch let error as TaskwireError {
          loss = Loss(error: error)
        } catch {
          loss = Loss(error: TaskwireError(.network, message: "\((error as NSError).localizedDescription)", cause: error))
        }
        // One that is over may end its part of the wire.
        return await events.wanted(subscription.taskID) ? loss : nil
      }
    }
    for await case .some(let loss) in group {
      group.cancelAll()
      return loss
    }
    return Loss()
  }
}

/// Longest body that is read. A compacted page counts ranges, not bytes: one of 100,000 events has 20 MiB. Bytes.
let longestBody = 64 * 1024 * 1024

/// Asks for an answer of a type. Throws `TaskwireError` for anything else; 204 passes.
func ask(_ session: HTTPSession, _ url: URL, accept: String, token: String) async throws -> HTTPAnswer {
  var request = URLRequest(url: url)
  request.setValue(accept, forHTTPHeaderField: "Accept")
  request.setValue("no-cache", forHTTPHeaderField: "Cache-Control")
  if token != "" { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
  let answer = try await session.answer(to: request)
  if answer.status == 204 { return answer }
  try await refuse(answer)
  let type = answer.header("Content-Type") ?? ""
  let plain = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
  if plain == accept { return answer }
  answer.cancel()
  throw TaskwireError(.notTaskwire, message: "The answer was \(type.isEmpty ? "without a type" : type), \(accept) was expected.", status: answer.status)
}

/// Throws the error of an answer other than 2xx; one that leads elsewhere is not followed.
func refuse(_ answer: HTTPAnswer) async throws {
  let status = answer.status
  if (200..<300).contains(status) { return }
  if (300..<400).contains(status) {
    let to = answer.header("Location").map { " to \($0)" } ?? ""
    answer.cancel()
    throw TaskwireError(.notTaskwire, message: "The address redirects\(to); redirects are not followed.", status: status)
  }
  let body = (try? await answer.body(upTo: longestBody)) ?? []
  throw TaskwireError(status: status, retryAfterMs: retryAfterMs(answer.header("Retry-After")), body: body)
}

/// Milliseconds that a `Retry-After` header asks for, in seconds or as a date; nil where it says nothing usable.
func retryAfterMs(_ header: String?) -> Double? {
  guard let text = header?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
  if text.allSatisfy({ $0.isASCII && $0.isNumber }) { return Double(text).map { $0 * 1_000 } }
  let format = DateFormatter()
  format.locale = Locale(identifier: "en_US_POSIX")
  format.timeZone = TimeZone(identifier: "UTC")
  format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
  return format.date(from: text).map { max(0, $0.timeIntervalSinceNow * 1_000) }
}
