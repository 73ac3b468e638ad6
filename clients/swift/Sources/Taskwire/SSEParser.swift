#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Server-Sent Events from bytes, however they are cut: lines end with CR, LF or CRLF, a byte order mark at the beginning is
/// skipped, what is not ended by an empty line is not handed out (WHATWG HTML, "Server-sent events").
package struct SSEParser {
  /// Told of each event: its type, the last id, and its data, which is only there during the call.
  package typealias Dispatch = (_ event: String, _ id: String, _ data: UnsafeBufferPointer<UInt8>) -> Void

  package init() {}

  /// One frame may be as long as a snapshot (256 KiB) and some; what is longer comes from no Taskwire. Bytes.
  static let longest = 2 * 1024 * 1024

  /// The last id seen in an event that was ended.
  package private(set) var lastEventID = ""
  /// What the stream asks to wait before coming back. Milliseconds.
  package private(set) var retry: Int?
  /// A line or an event became longer than `longest`; nothing more comes out.
  private(set) var overflow = false

  /// What is left of the last piece: the beginning of a line.
  private var rest: [UInt8] = []
  private var begun = false
  /// The last byte was CR: LF after it belongs to the same line end.
  private var afterReturn = false
  private var event = ""
  private var id: String?
  /// Data lines of the event, joined by LF, but for one that may still stand in the buffer.
  private var data: [UInt8] = []
  private var hasData = false
  private var inBuffer: Range<Int>?

  /// Takes the next bytes; `dispatch` is called for each event, `message` where its type is not named.
  package mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>, _ dispatch: Dispatch) {
    if overflow { return }
    if rest.isEmpty {
      rest = read(bytes, dispatch)
    } else {
      rest.append(contentsOf: bytes)
      let whole = rest
      rest = whole.withUnsafeBufferPointer { read($0, dispatch) }
    }
    if rest.count > Self.longest || data.count > Self.longest {
      overflow = true
      rest = []
      data = []
    }
  }

  /// Reads whole lines; answers what is left.
  private mutating func read(_ buffer: UnsafeBufferPointer<UInt8>, _ dispatch: Dispatch) -> [UInt8] {
    var at = 0
    if !begun {
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      let common = zip(mark, buffer).prefix { $0 == $1 }.count
      if common == buffer.count && common < 3 { return Array(buffer) }
      if common == 3 { at = 3 }
      begun = true
    }
    var nextFeed = find(0x0A, buffer, at)
    var nextReturn = find(0x0D, buffer, at)
    while at < buffer.count {
      if afterReturn {
        afterReturn = false
        if buffer[at] == 0x0A {
          at += 1
          continue
        }
      }
      if nextFeed < at { nextFeed = find(0x0A, buffer, at) }
      if nextReturn < at { nextReturn = find(0x0D, buffer, at) }
      let end = min(nextFeed, nextReturn)
      if end == buffer.count { break }
      afterReturn = buffer[end] == 0x0D
      line(buffer, at..<end, dispatch)
      at = end + 1
    }
    keepData(buffer)
    return Array(buffer[at...])
  }

  private func find(_ byte: Int32, _ buffer: UnsafeBufferPointer<UInt8>, _ from: Int) -> Int {
    guard from < buffer.count, let base = buffer.baseAddress, let found = memchr(base + from, byte, buffer.count - from) else { return buffer.count }
    return Int(bitPattern: found) - Int(bitPattern: base)
  }

  private mutating func line(_ buffer: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ dispatch: Dispatch) {
    if line.isEmpty { return ended(buffer, dispatch) }
    let colon = find(0x3A, UnsafeBufferPointer(rebasing: buffer[line]), 0) + line.lowerBound
    var value = min(colon + 1, line.upperBound)..<line.upperBound
    if let first = value.first, buffer[first] == 0x20 { value = value.dropFirst() }
    let name = line.lowerBound..<colon
    if name.count == 4, buffer[name.lowerBound] == UInt8(ascii: "d") && matches(buffer, name, "data") { return dataLine(buffer, value) }
    if matches(buffer, name, "event") {
      event = text(buffer, value)
    } else if matches(buffer, name, "id") {
      if !buffer[value].contains(0) { id = text(buffer, value) }
    } else if matches(buffer, name, "retry"), !value.isEmpty, buffer[value].allSatisfy({ (0x30...0x39).contains($0) }) {
      retry = Int(text(buffer, value)) ?? retry
    }
  }

  private func matches(_ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
    range.count == word.utf8CodeUnitCount && zip(range, 0...).allSatisfy { buffer[$0] == word.utf8Start[$1] }
  }

  private func text(_ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: buffer[range]), as: UTF8.self)
  }

  /// The first data line of an event is not copied: mostly it is the only one, and the event ends in the same piece.
  private mutating func dataLine(_ buffer: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) {
    if !hasData {
      hasData = true
      inBuffer = value
      return
    }
    keepData(buffer)
    data.append(0x0A)
    data.append(contentsOf: buffer[value])
  }

  private mutating func keepData(_ buffer: UnsafeBufferPointer<UInt8>) {
    guard let inBuffer else { return }
    data.append(contentsOf: buffer[inBuffer])
    self.inBuffer = nil
  }

  private mutating func ended(_ buffer: UnsafeBufferPointer<UInt8>, _ dispatch: Dispatch) {
    if let id { lastEventID = id }
    let name = event.isEmpty ? "message" : event
    if let inBuffer {
      dispatch(name, lastEventID, UnsafeBufferPointer(rebasing: buffer[inBuffer]))
    } else if hasData {
      data.withUnsafeBufferPointer { dispatch(name, lastEventID, $0) }
    }
    inBuffer = nil
    data.removeAll(keepingCapacity: true)
    hasData = false
    event = ""
    id = nil
  }
}
