/// Where tokens come from: a fixed one, or a callback whose answer is kept until the service wants another.
public enum TokenSource: Sendable {
  /// Always this one; empty: none is sent.
  case fixed(String)
  /// Asked when a token is needed and when the service wants another.
  case provider(@Sendable () async throws -> String)
}

extension TokenSource: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self = .fixed(value) }
}

/// Printed without the token.
extension TokenSource: CustomStringConvertible, CustomReflectable {
  public var description: String { if case .fixed = self { "a fixed token" } else { "a token callback" } }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Keeps a token. Who asks for a fresh one while another does shares the answer.
actor Tokens {
  private let source: TokenSource
  private var kept: Task<String, any Error>?
  private var asking = 0

  init(_ source: TokenSource) { self.source = source }

  /// Whether another token can be had.
  nonisolated var renewable: Bool { if case .provider = source { true } else { false } }

  /// The token; `fresh` asks the callback anew. Throws `token_callback`.
  func get(fresh: Bool) async throws(TaskwireError) -> String {
    guard case .provider(let ask) = source else {
      guard case .fixed(let token) = source else { return "" }
      return token
    }
    let mine: Task<String, any Error>
    if let kept, asking > 0 || !fresh {
      mine = kept
    } else {
      asking += 1
      mine = Task { try await ask() }
      kept = mine
      Task { await settled(mine) }
    }
    do {
      return try await mine.value
    } catch {
      throw error as? TaskwireError ?? TaskwireError(.tokenCallback, cause: error)
    }
  }

  private func settled(_ task: Task<String, any Error>) async {
    if case .failure = await task.result, kept == task { kept = nil }
    asking -= 1
  }
}
