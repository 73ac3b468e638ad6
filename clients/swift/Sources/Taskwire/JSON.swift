/// A JSON value: what the contract leaves open, and everything that a later version may add.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// A JSON object, its fields in the order in which they came.
public struct JSONObject: Sendable {
  struct Field: Sendable {
    var name: String
    var value: JSONValue
  }

  var fields: [Field]

  /// One without fields.
  public init() { fields = [] }

  init(fields: [Field]) { self.fields = fields }

  /// An object of these fields, in this order.
  public init(uniqueKeysWithValues fields: some Sequence<(String, JSONValue)>) {
    self.fields = fields.map { Field(name: $0.0, value: $0.1) }
  }

  /// The value of a field; the last one where a name came twice. Setting nil removes it.
  public subscript(name: String) -> JSONValue? {
    get {
      var at = fields.count
      while at > 0 {
        at -= 1
        if fields[at].name == name { return fields[at].value }
      }
      return nil
    }
    set {
      guard let at = fields.lastIndex(where: { $0.name == name }) else {
        if let newValue { fields.append(Field(name: name, value: newValue)) }
        return
      }
      if let newValue { fields[at].value = newValue } else { fields.removeAll { $0.name == name } }
    }
  }

  /// The names of the fields, in order.
  public var names: [String] { fields.map(\.name) }

  /// Whether it has no fields.
  public var isEmpty: Bool { fields.isEmpty }

  /// A field as what it is wanted to be; nil where it is missing or something else.
  public func get<T: JSONConvertible>(_ name: String) -> T? {
    guard let value = self[name] else { return nil }
    return T(jsonValue: value)
  }

  /// A field as what it is wanted to be, or `other`.
  public func get<T: JSONConvertible>(_ name: String, or other: @autoclosure () -> T) -> T {
    get(name) ?? other()
  }

  /// Sets a field; nil removes it.
  public mutating func set<T: JSONConvertible>(_ name: String, _ value: T?) {
    self[name] = value?.jsonValue
  }
}

extension JSONObject: Hashable {
  /// Two objects are equal where they have the same fields, in whatever order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.fields.count == right.fields.count && left.fields.allSatisfy { right[$0.name] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(fields.count)
    hasher.combine(fields.reduce(0) { $0 ^ $1.name.hashValue })
  }
}

extension JSONObject: Sequence {
  public func makeIterator() -> AnyIterator<(name: String, value: JSONValue)> {
    var rest = fields.makeIterator()
    return AnyIterator { rest.next().map { ($0.name, $0.value) } }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init()
    for (name, value) in elements { self[name] = value }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}

/// What can stand in JSON.
public protocol JSONConvertible {
  /// nil where the JSON is something else.
  init?(jsonValue: JSONValue)
  var jsonValue: JSONValue { get }
}

extension JSONValue: JSONConvertible {
  public init?(jsonValue: JSONValue) { self = jsonValue }
  public var jsonValue: JSONValue { self }
}

extension JSONObject: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    guard case .object(let object) = jsonValue else { return nil }
    self = object
  }
  public var jsonValue: JSONValue { .object(self) }
}

extension String: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    guard case .string(let text) = jsonValue else { return nil }
    self = text
  }
  public var jsonValue: JSONValue { .string(self) }
}

extension Bool: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    guard case .bool(let value) = jsonValue else { return nil }
    self = value
  }
  public var jsonValue: JSONValue { .bool(self) }
}

extension Int: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    switch jsonValue {
    case .integer(let value): self = value
    case .number(let value):
      guard let whole = Int(exactly: value) else { return nil }
      self = whole
    default: return nil
    }
  }
  public var jsonValue: JSONValue { .integer(self) }
}

extension Double: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    switch jsonValue {
    case .integer(let value): self = Double(value)
    case .number(let value): self = value
    default: return nil
    }
  }
  public var jsonValue: JSONValue { Int(exactly: self).map { .integer($0) } ?? .number(self) }
}

extension Array: JSONConvertible where Element: JSONConvertible {
  /// Items that are something else are left out; the object that this was read from still has them.
  public init?(jsonValue: JSONValue) {
    guard case .array(let items) = jsonValue else { return nil }
    self = items.compactMap { Element(jsonValue: $0) }
  }
  public var jsonValue: JSONValue { .array(map(\.jsonValue)) }
}

extension Dictionary: JSONConvertible where Key == String, Value: JSONConvertible {
  public init?(jsonValue: JSONValue) {
    guard case .object(let object) = jsonValue else { return nil }
    self.init()
    for (name, value) in object { self[name] = Value(jsonValue: value) }
  }
  public var jsonValue: JSONValue { .object(JSONObject(fields: map { JSONObject.Field(name: $0.key, value: $0.value.jsonValue) })) }
}
