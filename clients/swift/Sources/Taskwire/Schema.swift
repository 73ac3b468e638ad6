/// What must hold of an object of the contract. Fields that it does not name are let through.
public struct Schema: Sendable {
  struct Field: Sendable {
    let name: String
    let shape: Shape
    let required: Bool

    init(_ name: String, _ shape: Shape, required: Bool = false) {
      self.name = name
      self.shape = shape
      self.required = required
    }
  }

  indirect enum Shape: Sendable {
    case string(min: Int = 0, max: Int = .max)
    /// RFC 3339 with seconds and a zone.
    case time
    /// 1 to 64 characters of A-Z a-z 0-9 _ -.
    case id
    case integer(min: Double = -9_007_199_254_740_991, max: Double = 9_007_199_254_740_991)
    case number(min: Double = -.infinity, max: Double = .infinity)
    case boolean
    case any
    case object
    case map(Shape)
    case array(Shape, min: Int = 0)
    case constant(String)
    case oneOf([String])
    case nullable(Shape)
    case type(any ContractObject.Type)
  }

  let fields: [Field]
  /// Sets of fields of which it must have at least one.
  let needs: [[String]]

  init(_ fields: [Field], needs: [[String]] = []) {
    self.fields = fields
    self.needs = needs
  }

  /// The path of the first thing that is wrong, `""` for the whole object; nil where nothing is.
  func fault(in object: JSONObject) -> String? {
    for field in fields {
      guard let value = object[field.name] else {
        if field.required { return field.name }
        continue
      }
      if let inner = Self.fault(in: value, of: field.shape) { return inner.isEmpty ? field.name : "\(field.name).\(inner)" }
    }
    guard needs.isEmpty || needs.contains(where: { $0.allSatisfy { object[$0] != nil } }) else { return "" }
    return nil
  }

  private static func fault(in value: JSONValue, of shape: Shape) -> String? {
    switch (shape, value) {
    case (.any, _), (.boolean, .bool), (.object, .object), (.nullable, .null): return nil
    case (.string(let min, let max), .string(let text)): return (min...max).contains(text.utf16.count) ? nil : ""
    case (.time, .string(let text)): return isTime(text) ? nil : ""
    case (.id, .string(let text)): return isLegalID(text) ? nil : ""
    case (.constant(let wanted), .string(let text)): return text == wanted ? nil : ""
    case (.oneOf(let words), .string(let text)): return words.contains(text) ? nil : ""
    case (.integer(let min, let max), _):
      guard let whole = Int(jsonValue: value) else { return "" }
      return Double(whole) >= min && Double(whole) <= max && whole.magnitude <= 9_007_199_254_740_991 ? nil : ""
    case (.number(let min, let max), _):
      guard let number = Double(jsonValue: value) else { return "" }
      return number >= min && number <= max ? nil : ""
    case (.map(let inner), .object(let object)):
      return first(object.lazy.map { ($0.name, $0.value) }, of: inner)
    case (.array(let inner, let min), .array(let items)):
      return items.count < min ? "" : first(items.enumerated().lazy.map { (String($0.offset), $0.element) }, of: inner)
    case (.nullable(let inner), _): return fault(in: value, of: inner)
    case (.type(let type), .object(let object)): return type.schema.fault(in: object)
    default: return ""
    }
  }

  private static func first(_ items: some Sequence<(String, JSONValue)>, of shape: Shape) -> String? {
    for (name, value) in items {
      if let inner = fault(in: value, of: shape) { return inner.isEmpty ? name : "\(name).\(inner)" }
    }
    return nil
  }
}

/// Whether a text can be an id, in every part of Taskwire.
func isLegalID(_ text: String) -> Bool {
  let bytes = text.utf8
  guard (1...64).contains(bytes.count) else { return false }
  return bytes.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}

/// Whether a text is a time by RFC 3339 with seconds and a zone, such as `2026-01-31T12:00:00.000Z`.
func isTime(_ text: String) -> Bool {
  var rest = Array(text.utf8)[...]
  func digits(_ count: Int, _ range: ClosedRange<Int>) -> Bool {
    guard rest.count >= count else { return false }
    let taken = rest.prefix(count)
    guard taken.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
    rest = rest.dropFirst(count)
    return range.contains(taken.reduce(0) { $0 * 10 + Int($1 - 0x30) })
  }
  func mark(_ mark: Character) -> Bool {
    guard rest.first == mark.asciiValue else { return false }
    rest = rest.dropFirst()
    return true
  }
  func clock() -> Bool { digits(2, 0...23) && mark(":") && digits(2, 0...59) }
  guard digits(4, 0...9999), mark("-"), digits(2, 1...12), mark("-"), digits(2, 1...31), mark("T"), clock(), mark(":"), digits(2, 0...60) else { return false }
  if mark(".") {
    let fraction = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard (1...9).contains(fraction.count) else { return false }
    rest = rest.dropFirst(fraction.count)
  }
  if mark("Z") { return rest.isEmpty }
  return (mark("+") || mark("-")) && clock() && rest.isEmpty
}
