import Foundation

/// Who else may watch, and what belongs together.
extension TaskwireClient {
  /// A ticket for an address that something opens by itself, without a header: a link, a web view's `EventSource`.
  public func ticket(_ what: TaskWatchable, options: CallOptions = CallOptions()) async throws -> TaskTicket {
    TaskTicket(json: try await post("/v1/tickets", what.json, options))
  }

  /// Lets somebody else's backend watch; the token is told this once.
  public func grant(_ what: GrantRequest, options: CallOptions = CallOptions()) async throws -> GrantResponse {
    GrantResponse(json: try await post("/v1/grants", what.json, options))
  }

  /// One's own grants that hold.
  public func grants(options: CallOptions = CallOptions()) async throws -> [TaskGrant] {
    GrantList(json: try await caller.call(CallRequest(path: "/v1/grants"), options)).grants
  }

  /// Ends a grant, and its connections within seconds.
  public func revoke(_ grantID: String, options: CallOptions = CallOptions()) async throws {
    _ = try await caller.call(CallRequest(method: "DELETE", path: "/v1/grants/\(URL.escaped(grantID))"), options)
  }

  /// One's own conversations, the newest change first. `before`: `next` of the page before.
  public func conversations(before: String? = nil, limit: Int? = nil, options: CallOptions = CallOptions()) async throws -> ConversationPage {
    ConversationPage(json: try await caller.call(CallRequest(path: "/v1/conversations", query: page(before, limit)), options))
  }

  /// What was said in a conversation, oldest first; `before` pages towards its beginning.
  public func messages(in conversationID: String, before: String? = nil, limit: Int? = nil, options: CallOptions = CallOptions()) async throws -> MessagePage {
    let path = "/v1/conversations/\(URL.escaped(conversationID))/messages"
    return MessagePage(json: try await caller.call(CallRequest(path: path, query: page(before, limit)), options))
  }

  private func page(_ before: String?, _ limit: Int?) -> [(String, String?)] { [("before", before), ("limit", limit.map(String.init))] }
}
