import Testing

@testable import Taskwire

@Suite("The connection state machine")
struct MachineTests {
  private func settings(renewable: Bool = false) -> Settings {
    var settings = Settings()
    settings.renewable = renewable
    return settings
  }

  private func told(_ actions: [Action]) -> [String] {
    actions.compactMap { action in
      switch action {
      case .open(let transport, let fresh): "open \(transport)\(fresh ? " with a new token" : "")"
      case .close: "close"
      case .arm(let timer, let ms): "\(timer) in \(Int(ms))"
      case .disarm: nil
      case .ping: "ping"
      case .renew: "renew"
      case .end(let error): "end\(error.map { " \($0.code)" } ?? "")"
      }
    }
  }

  private func live(_ settings: Settings) -> Machine {
    var machine = Machine(settings)
    _ = machine.step(.start, settings, 0)
    _ = machine.step(.firstFrame, settings, 0)
    return machine
  }

  @Test("WebSocket has three seconds, then SSE, then long-poll with ten, then it waits")
  func order() {
    let settings = settings()
    var machine = Machine(settings)
    #expect(told(machine.step(.start, settings, 0)) == ["open websocket", "budget in 3000"])
    #expect(told(machine.step(.timer(.budget, quietMs: 0), settings, 0)) == ["close", "open sse", "budget in 3000"])
    #expect(told(machine.step(.lost(Loss()), settings, 0)) == ["close", "open long_poll", "budget in 10000"])
    #expect(told(machine.step(.lost(Loss()), settings, 1)) == ["close", "backoff in 500"])
    #expect(told(machine.step(.timer(.backoff, quietMs: 0), settings, 0)) == ["open websocket", "budget in 3000"])
  }

  @Test("what has worked comes first")
  func remembered() {
    let settings = settings()
    var machine = Machine(settings, proven: [.sse])
    #expect(told(machine.step(.start, settings, 0)) == ["open sse", "budget in 3000"])
    machine = Machine(settings, proven: [.sse, .webSocket])
    #expect(machine.transport == .webSocket)
  }

  @Test("an error that the service has spoken leads to no other transport", arguments: [ErrorCode.taskUnknown, .cursorInvalid, .scopeMissing])
  func spoken(code: ErrorCode) {
    let settings = settings()
    var machine = Machine(settings)
    _ = machine.step(.start, settings, 0)
    #expect(told(machine.step(.lost(Loss(error: TaskwireError(code))), settings, 0)) == ["close", "end \(code)"])
    #expect(machine.phase == .ended)
  }

  @Test("back-off doubles up to its ceiling, and Retry-After is the least")
  func backoff() {
    let settings = settings()
    #expect((1...8).map { backoffMs($0, settings, 1) } == [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000])
    #expect(backoffMs(1_000, settings, 0.5) == 10_000)
    var machine = live(settings)
    #expect(told(machine.step(.lost(Loss(retryAfterMs: 7_000)), settings, 0)) == ["close", "backoff in 7000"])
    #expect(told(machine.step(.wake, settings, 0)) == [])
  }

  @Test("a refused token is replaced once, and only where there is a callback")
  func tokens() {
    let expired = Input.lost(Loss(error: TaskwireError(.tokenExpired)))
    let fixed = settings()
    var machine = Machine(fixed)
    _ = machine.step(.start, fixed, 0)
    #expect(told(machine.step(expired, fixed, 0)) == ["close", "end token_expired"])
    let renewable = settings(renewable: true)
    machine = Machine(renewable)
    _ = machine.step(.start, renewable, 0)
    #expect(told(machine.step(expired, renewable, 0)) == ["close", "open websocket with a new token", "budget in 3000"])
    #expect(told(machine.step(expired, renewable, 0)) == ["close", "end token_expired"])
  }

  @Test("a wire that was silent for two and a half heartbeats is cut")
  func watchdog() {
    let settings = settings()
    var machine = live(settings)
    #expect(told(machine.step(.heartbeat(everyMs: 1_000), settings, 0)) == ["watchdog in 2500", "ping in 1000"])
    #expect(told(machine.step(.timer(.watchdog, quietMs: 1_000), settings, 0)) == ["watchdog in 1500"])
    #expect(told(machine.step(.timer(.watchdog, quietMs: 2_500), settings, 1)) == ["close", "backoff in 500"])
  }

  @Test("a hole is mended at once the first time, then with back-off")
  func hole() {
    let settings = settings()
    var machine = live(settings)
    #expect(told(machine.step(.hole, settings, 1)) == ["close", "open websocket", "budget in 3000"])
    _ = machine.step(.firstFrame, settings, 0)
    #expect(told(machine.step(.hole, settings, 1)) == ["close", "backoff in 1000"])
  }

  @Test("a slow consumer is waited for without a timer, and waking does not disturb that")
  func held() {
    let settings = settings()
    var machine = live(settings)
    #expect(told(machine.step(.full, settings, 0)) == ["close"])
    #expect(told(machine.step(.wake, settings, 0)) == [])
    #expect(told(machine.step(.room, settings, 0)) == ["open websocket", "budget in 3000"])
  }

  @Test("waking ends a wait, and looks at a quiet wire at once")
  func wake() {
    let settings = settings()
    var machine = live(settings)
    #expect(told(machine.step(.wake, settings, 0)) == ["watchdog in 0", "ping"])
    _ = machine.step(.lost(Loss()), settings, 1)
    #expect(told(machine.step(.wake, settings, 0)) == ["open websocket", "budget in 3000"])
  }

  @Test("nothing happens after the end")
  func ended() {
    let settings = settings()
    var machine = live(settings)
    #expect(told(machine.step(.stop, settings, 0)) == ["close", "end"])
    for input in [Input.start, .wake, .room, .lost(Loss()), .timer(.backoff, quietMs: 0)] { #expect(machine.step(input, settings, 0).isEmpty) }
  }
}
