#if canImport(Glibc)
  import Foundation
  import Glibc

  /// WebSocket over a plain socket, for `ws://` only: Linux, where URLSession's splits and loses messages. There is no TLS in it.
  public struct SocketTransport: Transport {
    /// Needs nothing.
    public init() {}

    public func run(_ request: WireRequest, _ events: any WireEvents) async -> Loss {
      let opening = WebSocketOpening(request)
      guard opening.url.scheme == "http", let host = opening.url.host else { return Loss(error: TaskwireError(.noTransport, message: "There is no TLS for WebSocket here.")) }
      let socket = Socket(host: host, port: opening.url.port ?? 80, hello: Self.hello(opening, host))
      defer { socket.close() }
      return await withTaskCancellationHandler {
        await Self.talk(socket, opening, events)
      } onCancel: {
        socket.close()
      }
    }

    private static func hello(_ opening: WebSocketOpening, _ host: String) -> [UInt8] {
      let parts = URLComponents(url: opening.url, resolvingAgainstBaseURL: true)
      let target = (parts?.percentEncodedPath ?? "/") + (parts?.percentEncodedQuery.map { "?\($0)" } ?? "")
      let key = Data((0..<16).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
      let lines = [
        "GET \(target) HTTP/1.1", "Host: \(host)\(opening.url.port.map { ":\($0)" } ?? "")", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Protocol: \(opening.subprotocols.joined(separator: ", "))",
      ]
      return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private static func talk(_ socket: Socket, _ opening: WebSocketOpening, _ events: any WireEvents) async -> Loss {
      var head: [UInt8]? = []
      var parser = WebSocketParser()
      for await piece in socket.pieces {
        var bytes = piece[...]
        if let before = head {
          let all = before + piece
          guard let end = endOfHead(all) else {
            if all.count > 64 * 1024 { return Loss() }
            head = all
            socket.proceed()
            continue
          }
          // Why an upgrade is refused the next transport will say.
          guard String(decoding: all.prefix(12), as: UTF8.self) == "HTTP/1.1 101" else { return Loss() }
          head = nil
          bytes = all[end...]
          for greeting in opening.greetings { socket.send(text: greeting) }
          await events.opened { socket.send(text: $0) }
        }
        if let loss = await hand(parser.feed(bytes), to: events, socket) { return loss }
        socket.proceed()
      }
      return Loss()
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
      guard bytes.count >= 4 else { return nil }
      return (3..<bytes.count).first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0D && bytes[$0 - 2] == 0x0A && bytes[$0 - 3] == 0x0D }.map { $0 + 1 }
    }

    private static func hand(_ messages: [WebSocketParser.Message], to events: any WireEvents, _ socket: Socket) async -> Loss? {
      var frames: [WireFrame] = []
      var loss: Loss?
      for message in messages {
        switch message {
        case .text(let text):
          if let frame = text.withUnsafeBufferPointer({ WireFrame($0) }) { frames.append(frame) }
        case .ping(let payload): socket.send(kind: 10, payload)
        case .binary, .pong: break
        case .broken: loss = Loss()
        case .close(let code, let reason): loss = Loss(error: TaskwireError(closeCode: code, reason: reason))
        }
        if loss != nil { break }
      }
      if frames.isEmpty { await events.heard() } else { await events.received(frames) }
      return loss
    }
  }

  /// A TCP connection: read by a thread of its own, one piece after another was done with.
  private final class Socket: @unchecked Sendable {
    let pieces: AsyncStream<[UInt8]>
    private let next: AsyncStream<[UInt8]>.Continuation
    private let done = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var descriptor: Int32 = -1
    private var closed = false

    init(host: String, port: Int, hello: [UInt8]) {
      (pieces, next) = AsyncStream.makeStream()
      Thread.detachNewThread { [self] in
        if connect(host, port) {
          write(hello)
          read()
        }
        next.finish()
        lock.withLock {
          closed = true
          if descriptor >= 0 { _ = Glibc.close(descriptor) }
          descriptor = -1
        }
      }
    }

    /// The last piece is done with; the next may be read.
    func proceed() { done.signal() }

    func send(text: String) { send(kind: 1, Array(text.utf8)) }

    func send(kind: UInt8, _ payload: [UInt8]) { write(WebSocketParser.frame(kind: kind, payload)) }

    func close() {
      let first = lock.withLock {
        defer { closed = true }
        return !closed
      }
      guard first else { return }
      // Closed on purpose: 1000.
      write(WebSocketParser.frame(kind: 8, [0x03, 0xE8]), evenClosed: true)
      lock.withLock { if descriptor >= 0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }
      done.signal()
    }

    private func connect(_ host: String, _ port: Int) -> Bool {
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      var list: UnsafeMutablePointer<addrinfo>?
      guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { return false }
      defer { freeaddrinfo(list) }
      var one: UnsafeMutablePointer<addrinfo>? = list
      while let found = one {
        one = found.pointee.ai_next
        let opened = socket(found.pointee.ai_family, found.pointee.ai_socktype, found.pointee.ai_protocol)
        guard opened >= 0 else { continue }
        let go = lock.withLock {
          if !closed { descriptor = opened }
          return !closed
        }
        if go, Glibc.connect(opened, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 {
          var on: Int32 = 1
          setsockopt(opened, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
          return true
        }
        lock.withLock { descriptor = -1 }
        _ = Glibc.close(opened)
        if !go { return false }
      }
      return false
    }

    private func read() {
      var buffer = [UInt8](repeating: 0, count: 64 * 1024)
      while !lock.withLock({ closed }) {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return }
        next.yield(Array(buffer[..<count]))
        done.wait()
      }
    }

    private func write(_ bytes: [UInt8], evenClosed: Bool = false) {
      lock.withLock {
        guard descriptor >= 0, evenClosed || !closed else { return }
        var sent = 0
        while sent < bytes.count {
          let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) }
          guard count > 0 else { return }
          sent += count
        }
      }
    }
  }
#endif
