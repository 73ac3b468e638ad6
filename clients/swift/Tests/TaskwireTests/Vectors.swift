import Foundation
@testable import Taskwire

/// The contract's vectors, as the service and every other client run them.
enum Vectors {
  static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../../contract/vectors").standardizedFileURL

  static func read(_ name: String) throws -> JSONObject {
    let text = try Data(contentsOf: folder.appendingPathComponent(name))
    guard case .object(let object) = try JSONValue(parsing: Array(text)) else { throw ContractError(path: name) }
    return object
  }

  /// The files of a folder, by name.
  static func files(_ name: String) throws -> [(name: String, value: JSONObject)] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(name).path).filter { $0.hasSuffix(".json") }.sorted()
      .map { ($0, try read("\(name)/\($0)")) }
  }
}

extension TaskEvent {
  static func of(_ type: String, seq: Int, _ data: JSONObject = [:], task: String = "t1") -> TaskEvent {
    TaskEvent(json: ["type": .string(type), "task_id": .string(task), "seq": .integer(seq), "cursor": .string("c\(seq)"), "data": .object(data)])
  }
}

extension WireFrame {
  static func event(_ seq: Int, type: String = "log.line", task: String = "t1") -> WireFrame {
    WireFrame(json: TaskEvent.of(type, seq: seq, task: task).json, size: 100)
  }

  static func stream(_ type: String, _ fields: JSONObject = [:]) -> WireFrame {
    var json: JSONObject = ["type": .string("stream.\(type)"), "task_id": "t1"]
    for (name, value) in fields { json[name] = value }
    return WireFrame(json: json, size: 100)
  }
}
