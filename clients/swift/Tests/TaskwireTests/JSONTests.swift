import Foundation
import Testing

@testable import Taskwire

@Suite("JSON")
struct JSONTests {
  @Test("what is JSON is read as Foundation reads it, and written as it was read", arguments: [
    #"{"a":[1,-2,3.5,1e3,-0.25E-2,true,false,null,""],"b":{}}"#, #""\u0041\n\t\"\\\/\u00e9\ud83d\ude00""#, "[]", " 7 ", "9007199254740991", "123456789012345678901",
    #"{"ü":"😀"}"#,
  ])
  func reads(text: String) throws {
    let ours = try JSONValue(parsing: text)
    let theirs = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    #expect(ours == theirs)
    #expect(try JSONValue(parsing: ours.jsonText) == ours)
    #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(ours)) == ours)
  }

  @Test("what is not JSON is refused, however it ends", arguments: [
    "", "{", "[1,", "[1,]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "01", "1.", "-", "1e", "tru", #""a"#, #""\x""#, #""\u12"#, "\"a\nb\"", "[1] 2", "{a:1}", "nul", "+1",
    String(repeating: "[", count: 100_000),
  ])
  func refuses(text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
  }

  @Test("half of a pair of surrogates becomes a replacement character")
  func surrogates() throws {
    #expect(try JSONValue(parsing: #""\ud83dx""#) == "\u{FFFD}x")
  }

  @Test("an open enum keeps a word that it does not know")
  func openEnum() throws {
    let view = try LogLineData(decoding: ["level": "trace", "text": "deep", "colour": "red"])
    #expect(view.level == "trace")
    #expect(view.level != .debug)
    #expect(view.json["colour"] == "red")
  }

  @Test("Codable goes by the same contract")
  func codable() throws {
    let event = try JSONDecoder().decode(TaskEvent.self, from: Data(#"{"type":"log.line","task_id":"t1","seq":1,"data":{"level":"info","text":"x"},"new":{"a":[1]}}"#.utf8))
    guard case .logLine(let line) = event.payload else { throw ContractError(path: "type") }
    #expect(line.text == "x")
    #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(event)) == .object(event.json))
    #expect(throws: ContractError(path: "seq")) { try JSONDecoder().decode(TaskEvent.self, from: Data(#"{"type":"log.line","task_id":"t1","data":{}}"#.utf8)) }
  }
}
