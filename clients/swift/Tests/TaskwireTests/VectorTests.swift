import Foundation
import Testing

@testable import Taskwire

@Suite("The contract's vectors")
struct VectorTests {
  @Test("events are decoded, kept whole and encoded again", arguments: ["valid", "forward"])
  func events(list: String) throws {
    for item: JSONObject in try Vectors.read("events.json").get(list, or: []) {
      let value: JSONObject = item.get("value", or: [:])
      let event = try TaskEvent(decoding: value)
      #expect(event.json == value)
      let again = try JSONValue(parsing: event.json.jsonText)
      #expect(again == .object(value))
      if case .unknown(let type, let raw) = event.payload {
        #expect(!Catalog.eventTypes.contains(type))
        #expect(raw == value)
      } else {
        #expect(event.payload.type == event.type)
        #expect(event.payload.data == event.data)
      }
    }
  }

  @Test("what is no event is refused, and where it is wrong is told")
  func wrongEvents() throws {
    for item: JSONObject in try Vectors.read("events.json").get("invalid", or: []) {
      guard let value: JSONObject = item.get("value") else { continue }
      let path: String = item.get("path", or: "")
      #expect(throws: ContractError(path: path)) { try TaskEvent(decoding: value) }
    }
  }

  @Test("frames of the service are decoded, kept whole and encoded again", arguments: ["valid", "forward"])
  func streamFrames(list: String) throws {
    for item: JSONObject in try Vectors.read("stream-frames.json").get(list, or: []) {
      let value: JSONObject = item.get("value", or: [:])
      let frame = try StreamFrame(decoding: value)
      #expect(frame.json == value)
      #expect((frame.schema == nil) == (item["unknown_type"] == true))
    }
  }

  @Test("frames of the service that break the contract are refused, and where is told")
  func wrongStreamFrames() throws {
    for item: JSONObject in try Vectors.read("stream-frames.json").get("invalid", or: []) {
      guard let value: JSONObject = item.get("value") else { continue }
      let path: String = item.get("path", or: "")
      #expect(throws: ContractError(path: path), "\(item["name"] ?? .null)") { try StreamFrame(decoding: value) }
    }
  }

  @Test("frames of a client are decoded and encoded again")
  func clientFrames() throws {
    for item: JSONObject in try Vectors.read("client-frames.json").get("valid", or: []) {
      let value: JSONObject = item.get("value", or: [:])
      #expect(try ClientFrame(decoding: value).json == value)
    }
  }

  @Test("a history folds to what it should, whole, compacted, and cut after any event")
  func streams() throws {
    for (name, history) in try Vectors.files("streams") {
      let events: [TaskEvent] = history.get("events", or: [])
      let wanted: JSONObject = history.get("folds_to", or: [:])
      var whole = TaskView()
      for event in events { whole.fold(event) }
      expect(whole, wanted, name)
      for cut in events.indices {
        var resumed = TaskView()
        for event in events[...cut] + events[max(0, cut - 1)...] { resumed.fold(event) }
        #expect(resumed == whole, "\(name), cut after \(cut)")
      }
      let ranges: [JSONObject] = history.get("replayed", or: [])
      if ranges.isEmpty { continue }
      var compacted = TaskView()
      for range in ranges { for event: TaskEvent in range.get("events", or: []) { compacted.fold(event) } }
      expect(compacted, wanted, "\(name), compacted")
    }
  }

  private func expect(_ view: TaskView, _ wanted: JSONObject, _ name: String) {
    func statuses<Item>(_ items: Items<Item>) -> JSONObject { JSONObject(uniqueKeysWithValues: zip(items.ids, items.map { $0.json["status"] ?? .null })) }
    #expect(view.status == wanted.get("status"), "\(name)")
    #expect(view.seq == wanted.get("seq"), "\(name)")
    if let attempt: Int = wanted.get("attempt") { #expect(view.attempt == attempt, "\(name)") }
    if let percent: Double = wanted.get("percent") { #expect(view.progress.percent == percent, "\(name)") }
    if let lines: Int = wanted.get("log_lines") { #expect(view.logLines == lines, "\(name)") }
    if let steps: JSONObject = wanted.get("steps") { #expect(statuses(view.steps) == steps, "\(name)") }
    if let tools: JSONObject = wanted.get("tools") { #expect(statuses(view.tools) == tools, "\(name)") }
    if let inputs: JSONObject = wanted.get("inputs") { #expect(statuses(view.inputs) == inputs, "\(name)") }
    for (id, message) in wanted.get("messages", or: JSONObject()) {
      let expected = JSONObject(jsonValue: message)
      #expect(view.messages[id: id]?.content == expected?.get("content"), "\(name)")
      #expect(view.messages[id: id]?.status == expected?.get("status"), "\(name)")
    }
  }

  @Test("Server-Sent Events are parsed as the vectors say, also byte by byte")
  func serverSentEvents() throws {
    for (name, item) in try Vectors.files("sse") {
      let chunks: [JSONObject] = item.get("chunks", or: [])
      let pieces = chunks.map { Self.bytes($0) }
      for cut in [pieces, pieces.joined().map { [$0] }] {
        var dispatches: [JSONValue] = []
        var parser = SSEParser()
        for piece in cut {
          piece.withUnsafeBufferPointer { buffer in
            parser.feed(buffer) { event, id, data in
              dispatches.append(["event": .string(event), "id": .string(id), "data": .string(String(decoding: data, as: UTF8.self))])
            }
          }
        }
        #expect(.array(dispatches) == item["dispatches"], "\(name)")
        if let last: String = item.get("last_event_id") { #expect(parser.lastEventID == last, "\(name)") }
        if let retry: Int = item.get("retry") { #expect(parser.retry == retry, "\(name)") }
      }
    }
  }

  private static func bytes(_ chunk: JSONObject) -> [UInt8] {
    if let text: String = chunk.get("text") { return Array(text.utf8) }
    let digits = Array((chunk.get("hex", or: "")).utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) }
  }
}
