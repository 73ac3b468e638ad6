/// A text that is not JSON (RFC 8259), and where.
public struct JSONSyntaxError: Error, Hashable {
  /// The byte at which it goes wrong, from 0.
  public let offset: Int
}

extension JSONValue {
  /// The value that a text in UTF-8 says. Foundation's decoder is about ten times slower on Linux; this one decides what a phone can follow.
  public init(parsing text: UnsafeBufferPointer<UInt8>) throws(JSONSyntaxError) {
    var parser = JSONParser(text)
    self = try parser.whole()
  }

  /// The value that a text in UTF-8 says.
  public init(parsing text: [UInt8]) throws(JSONSyntaxError) {
    let result = text.withUnsafeBufferPointer { buffer in
      Result { () throws(JSONSyntaxError) in try JSONValue(parsing: buffer) }
    }
    self = try result.get()
  }

  /// The value that a text says.
  public init(parsing text: String) throws(JSONSyntaxError) {
    try self.init(parsing: Array(text.utf8))
  }
}

struct JSONParser {
  /// Deeper nesting is refused, so that no text can exhaust the stack.
  private static let deepest = 500

  private let text: UnsafeBufferPointer<UInt8>
  private var at = 0
  private var depth = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  mutating func whole() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    let found = try value()
    skipSpace()
    guard at == text.count else { throw fault }
    return found
  }

  private var fault: JSONSyntaxError { JSONSyntaxError(offset: at) }

  @inline(__always)
  private var byte: UInt8 { at < text.count ? text[at] : 0 }

  @inline(__always)
  private mutating func skipSpace() {
    while at < text.count, text[at] == 0x20 || text[at] == 0x0A || text[at] == 0x0D || text[at] == 0x09 { at += 1 }
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONValue {
    switch byte {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .array(try array())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ meaning: JSONValue) throws(JSONSyntaxError) -> JSONValue {
    guard at + word.utf8CodeUnitCount <= text.count else { throw fault }
    for offset in 0..<word.utf8CodeUnitCount where text[at + offset] != word.utf8Start[offset] { throw fault }
    at += word.utf8CodeUnitCount
    return meaning
  }

  private mutating func deeper() throws(JSONSyntaxError) {
    depth += 1
    if depth > Self.deepest { throw fault }
    at += 1
    skipSpace()
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONObject {
    try deeper()
    defer { depth -= 1 }
    var fields: [JSONObject.Field] = []
    if byte == UInt8(ascii: "}") {
      at += 1
      return JSONObject(fields: fields)
    }
    fields.reserveCapacity(depth == 1 ? 10 : 4)
    while true {
      guard byte == UInt8(ascii: "\"") else { throw fault }
      let name = try string()
      skipSpace()
      guard byte == UInt8(ascii: ":") else { throw fault }
      at += 1
      skipSpace()
      fields.append(JSONObject.Field(name: name, value: try value()))
      skipSpace()
      if byte == UInt8(ascii: ",") {
        at += 1
        skipSpace()
      } else if byte == UInt8(ascii: "}") {
        at += 1
        return JSONObject(fields: fields)
      } else {
        throw fault
      }
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> [JSONValue] {
    try deeper()
    defer { depth -= 1 }
    var items: [JSONValue] = []
    if byte == UInt8(ascii: "]") {
      at += 1
      return items
    }
    while true {
      items.append(try value())
      skipSpace()
      if byte == UInt8(ascii: ",") {
        at += 1
        skipSpace()
      } else if byte == UInt8(ascii: "]") {
        at += 1
        return items
      } else {
        throw fault
      }
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    at += 1
    let begin = at
    while at < text.count {
      let one = text[at]
      if one == UInt8(ascii: "\"") {
        let found = String(decoding: UnsafeBufferPointer(rebasing: text[begin..<at]), as: UTF8.self)
        at += 1
        return found
      }
      if one == UInt8(ascii: "\\") { return try escaped(from: begin) }
      if one < 0x20 { throw fault }
      at += 1
    }
    throw fault
  }

  /// The slow way, for strings with escapes; `at` is at the first of them.
  private mutating func escaped(from begin: Int) throws(JSONSyntaxError) -> String {
    var bytes = Array(text[begin..<at])
    while at < text.count {
      let one = text[at]
      at += 1
      switch one {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &bytes)
      case 0..<0x20: throw fault
      default: bytes.append(one)
      }
    }
    throw fault
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONSyntaxError) {
    let kind = byte
    at += 1
    switch kind {
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(kind)
    case UInt8(ascii: "u"): bytes.append(contentsOf: String(try scalar()).utf8)
    default: throw fault
    }
  }

  /// The character of `\uXXXX`, or of two of them; half of a pair becomes U+FFFD.
  private mutating func scalar() throws(JSONSyntaxError) -> Character {
    let first = try hex()
    if (0xD800..<0xDC00).contains(first), byte == UInt8(ascii: "\\"), at + 1 < text.count, text[at + 1] == UInt8(ascii: "u") {
      let before = at
      at += 2
      let second = try hex()
      if (0xDC00..<0xE000).contains(second) {
        return Character(Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}")
      }
      at = before
    }
    return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
  }

  private mutating func hex() throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 + UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 + UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 + UInt32(byte - UInt8(ascii: "A") + 10)
      default: throw fault
      }
      at += 1
    }
    return value
  }

  @inline(__always)
  private var isDigit: Bool { byte >= 0x30 && byte <= 0x39 }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let begin = at
    let negative = byte == UInt8(ascii: "-")
    if negative { at += 1 }
    let firstDigit = at
    guard isDigit else { throw fault }
    var whole = 0
    while isDigit {
      whole = whole &* 10 &+ Int(byte - 0x30)
      at += 1
    }
    if text[firstDigit] == 0x30, at - firstDigit > 1 { throw fault }
    if byte != UInt8(ascii: "."), byte | 0x20 != UInt8(ascii: "e"), at - firstDigit <= 18 { return .integer(negative ? -whole : whole) }
    if byte == UInt8(ascii: ".") { try digits() }
    if byte | 0x20 == UInt8(ascii: "e") {
      if at + 1 < text.count, text[at + 1] == UInt8(ascii: "+") || text[at + 1] == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    guard let value = Double(String(decoding: UnsafeBufferPointer(rebasing: text[begin..<at]), as: UTF8.self)) else { throw fault }
    // However it is written: 1e3 is 1000.
    if value.magnitude <= 9_007_199_254_740_991, let whole = Int(exactly: value) { return .integer(whole) }
    return .number(value)
  }

  /// One character, and at least one digit after it.
  private mutating func digits() throws(JSONSyntaxError) {
    at += 1
    guard isDigit else { throw fault }
    while isDigit { at += 1 }
  }
}
