import Foundation
import Testing

@testable import Taskwire

@Suite("WebSocket frames")
struct WebSocketTests {
  private func server(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let length: [UInt8] = payload.count < 126 ? [UInt8(payload.count)] : [126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    return [first] + length + payload
  }

  @Test("messages come out whole, however their bytes are cut")
  func messages() {
    let long = [UInt8](repeating: 0x61, count: 300)
    let bytes = server(0x81, [0x68, 0x69]) + server(0x01, [0x61]) + server(0x89, [0x70]) + server(0x80, [0x62]) + server(0x81, long) + server(0x82, [1]) + server(0x88, [0x11, 0x94] + Array("no".utf8))
    let wanted: [WebSocketParser.Message] = [.text([0x68, 0x69]), .ping([0x70]), .text([0x61, 0x62]), .text(long), .binary, .close(code: 4500, reason: "no")]
    for size in [1, 2, 7, bytes.count] {
      var parser = WebSocketParser()
      #expect(stride(from: 0, to: bytes.count, by: size).flatMap { parser.feed(bytes[$0..<min($0 + size, bytes.count)]) } == wanted)
    }
  }

  @Test("a frame that is masked, of an unknown kind or too long is no frame", arguments: [[0x81, 0x80, 0, 0, 0, 0], [0x83, 0], [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0], [0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255]] as [[UInt8]])
  func broken(bytes: [UInt8]) {
    var parser = WebSocketParser()
    #expect(parser.feed(bytes) == [.broken])
  }

  @Test("a token that cannot stand in a header goes in the first frame")
  func greetings() throws {
    let base = try #require(URL(string: "http://h/p/"))
    func opening(_ token: String, many: Bool) -> WebSocketOpening {
      WebSocketOpening(WireRequest(baseURL: base, token: token, subscriptions: [Subscription(taskID: "t1", after: "a+b", replay: .none)], many: many))
    }
    #expect(opening("abc", many: false).subprotocols == ["taskwire.v1", "bearer.abc"])
    #expect(opening("abc", many: false).url.absoluteString == "http://h/p/v1/tasks/t1/ws?after=a%2Bb&replay=none")
    #expect(opening("a b", many: false).subprotocols == ["taskwire.v1"])
    #expect(opening("a b", many: true).greetings == [#"{"type":"auth","token":"a b"}"#, #"{"type":"subscribe","task_id":"t1","after":"a+b","replay":"none"}"#])
    #expect(opening("", many: true).url.absoluteString == "http://h/p/v1/ws")
  }
}
