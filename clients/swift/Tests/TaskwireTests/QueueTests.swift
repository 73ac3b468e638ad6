import Testing

@testable import Taskwire

@Suite("The queue between wire and consumer")
struct QueueTests {
  @Test("what was taken counts until the next is asked for")
  func bounded() async throws {
    let queue = Queue<Int>(maxItems: 3, maxSize: 100) {}
    for one in 1...3 { queue.push(one, size: 1) }
    #expect(queue.isFull)
    #expect(try await queue.take() == [1, 2, 3])
    #expect(queue.isFull)
    async let more = queue.take()
    await queue.room()
    #expect(!queue.isFull)
    queue.push(4, size: 1)
    #expect(try await more == [4])
  }

  @Test("sizes count as well as numbers")
  func sizes() {
    let queue = Queue<Int>(maxItems: 100, maxSize: 10) {}
    queue.push(1, size: 10)
    #expect(queue.isFull)
  }

  @Test("the rest is handed over before the error that ended it")
  func failure() async throws {
    let queue = Queue<Int>(maxItems: 3, maxSize: 100) {}
    queue.push(1, size: 1)
    queue.end(TaskwireError(.taskUnknown))
    queue.push(2, size: 1)
    #expect(try await queue.take() == [1])
    await #expect(throws: TaskwireError.self) { try await queue.take() }
  }

  @Test("a consumer that is cancelled does not wait")
  func cancelled() async throws {
    let queue = Queue<Int>(maxItems: 3, maxSize: 100) {}
    let consumer = Task { try await queue.take() }
    consumer.cancel()
    #expect(try await consumer.value == nil)
  }

  @Test("whoever waits for room is let go at the end")
  func end() async {
    let queue = Queue<Int>(maxItems: 1, maxSize: 100) {}
    queue.push(1, size: 1)
    let writer = Task { await queue.room() }
    queue.end(discard: true)
    await writer.value
  }
}
