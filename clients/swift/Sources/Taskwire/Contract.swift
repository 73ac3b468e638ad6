/// An object of the contract: a view of its JSON, so that what this version does not know is kept and passed on. Reading never fails;
/// a required field that is missing all the same reads as empty. Whoever decodes something of unknown origin uses `init(decoding:)` or `Codable`.
public protocol ContractObject: Codable, Hashable, Sendable, JSONConvertible {
  /// All of it.
  var json: JSONObject { get }
  init(json: JSONObject)
  /// What must hold of it.
  static var schema: Schema { get }
}

extension ContractObject {
  /// The object in a JSON object that is held to the contract.
  /// - Throws: `ContractError` with the path of the first field that breaks it.
  public init(decoding json: JSONObject) throws(ContractError) {
    if let path = Self.schema.fault(in: json) { throw ContractError(path: path) }
    self.init(json: json)
  }

  public init?(jsonValue: JSONValue) {
    guard case .object(let object) = jsonValue else { return nil }
    self.init(json: object)
  }

  public var jsonValue: JSONValue { .object(json) }

  public init(from decoder: any Decoder) throws {
    try self.init(decoding: JSONObject(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

/// One of several objects, told apart by `type`; what is of another type is kept as it came.
public protocol ContractUnion: Codable, Hashable, Sendable, JSONConvertible {
  var json: JSONObject { get }
  init(json: JSONObject)
  var schema: Schema? { get }
}

extension ContractUnion {
  /// The member in a JSON object that is held to the contract.
  /// - Throws: `ContractError` with the path of the first field that breaks it.
  public init(decoding json: JSONObject) throws(ContractError) {
    guard let type: String = json.get("type"), type != "" else { throw ContractError(path: "type") }
    self.init(json: json)
    if let path = schema?.fault(in: json) { throw ContractError(path: path) }
  }

  public init?(jsonValue: JSONValue) {
    guard case .object(let object) = jsonValue else { return nil }
    self.init(json: object)
  }

  public var jsonValue: JSONValue { .object(json) }

  public init(from decoder: any Decoder) throws {
    try self.init(decoding: JSONObject(from: decoder))
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}

/// A word of which more may come: values that this version does not know are kept.
public protocol OpenEnum: RawRepresentable, Codable, Hashable, Sendable, ExpressibleByStringLiteral, JSONConvertible, CustomStringConvertible
where RawValue == String {
  init(rawValue: String)
}

extension OpenEnum {
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  public init?(jsonValue: JSONValue) {
    guard case .string(let text) = jsonValue else { return nil }
    self.init(rawValue: text)
  }

  public var jsonValue: JSONValue { .string(rawValue) }
  public var description: String { rawValue }
}

/// Something that should be of the contract and is not.
public struct ContractError: Error, Hashable {
  /// The first field that is wrong: `data.percent`, `events.0.seq`; empty where it is the whole.
  public let path: String
}
