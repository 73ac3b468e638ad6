/// WebSocket frames (RFC 6455) from bytes, however they are cut, and to bytes.
struct WebSocketParser {
  enum Message: Hashable {
    case text([UInt8])
    case binary
    case ping([UInt8])
    case pong
    case close(code: Int, reason: String)
    /// Something that no WebSocket may say.
    case broken
  }

  private var rest: [UInt8] = []
  private var fragments: [UInt8] = []
  private var isText = true

  /// Takes the next bytes; answers the messages that are whole.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> [Message] {
    rest.append(contentsOf: bytes)
    var at = 0
    var messages: [Message] = []
    while let frame = frame(from: at) {
      at = frame.end
      if let message = message(frame) { messages.append(message) }
      if messages.last == .broken { break }
    }
    rest.removeFirst(at)
    return messages
  }

  private struct Frame {
    let isLast: Bool
    let kind: UInt8
    let payload: ArraySlice<UInt8>
    let end: Int
    let tooLong: Bool
  }

  private func frame(from at: Int) -> Frame? {
    guard rest.count >= at + 2 else { return nil }
    let (first, second) = (rest[at], rest[at + 1])
    let extra = switch second & 0x7F { case 126: 2; case 127: 8; default: 0 }
    let begin = at + 2 + extra
    guard rest.count >= begin else { return nil }
    let length = extra == 0 ? Int(second & 0x7F) : rest[(at + 2)..<begin].reduce(0) { $0 << 8 | Int($1) }
    // A service never masks.
    if second & 0x80 != 0 || length < 0 || length > WebSocketOpening.longestMessage { return Frame(isLast: true, kind: 0, payload: [], end: rest.count, tooLong: true) }
    guard rest.count >= begin + length else { return nil }
    return Frame(isLast: first & 0x80 != 0, kind: first & 0x0F, payload: rest[begin..<begin + length], end: begin + length, tooLong: false)
  }

  private mutating func message(_ frame: Frame) -> Message? {
    if frame.tooLong { return .broken }
    switch frame.kind {
    case 0, 1, 2:
      if frame.kind != 0 { isText = frame.kind == 1 }
      if frame.isLast, fragments.isEmpty { return isText ? .text(Array(frame.payload)) : .binary }
      fragments.append(contentsOf: frame.payload)
      guard frame.isLast else { return fragments.count > WebSocketOpening.longestMessage ? .broken : nil }
      defer { fragments = [] }
      return isText ? .text(fragments) : .binary
    case 8:
      let code = frame.payload.count >= 2 ? frame.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } : 1005
      return .close(code: code, reason: String(decoding: frame.payload.dropFirst(2), as: UTF8.self))
    case 9: return .ping(Array(frame.payload))
    case 10: return .pong
    default: return .broken
    }
  }

  /// A client's frame: masked, as the standard wants it.
  static func frame(kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0x80 | kind]
    let length = payload.count
    let extra = length < 126 ? 0 : length < 65_536 ? 2 : 8
    bytes.append(0x80 | UInt8(extra == 0 ? length : extra == 2 ? 126 : 127))
    for place in (0..<extra).reversed() { bytes.append(UInt8(truncatingIfNeeded: length >> (place * 8))) }
    let mask = (0..<4).map { _ in UInt8.random(in: 0...255) }
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
  }
}
