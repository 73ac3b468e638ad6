import { describe, expect, test } from "bun:test";
import { type Connections, type ConnectionsDeps, createConnections } from "../../src/delivery/connections.ts";
import type { Acceptor, ByteWire, MessageWire, SocketHandler, StreamHandler } from "../../src/delivery/transport.ts";
import type { Identity } from "../../src/domain/access.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import type { Run, Sink, Taking, Watch, WatchRequest } from "../../src/feed/port.ts";
import { LIMITS, type LimitSet } from "../../src/limits.ts";
import { type VirtualEnvironment, virtualEnvironment } from "../support/environment.ts";

/** A heartbeat's interval and the slot of the wheel by which it may be late. */
const INTERVAL = LIMITS.heartbeatMs * (1 + 1 / 60);
const me: Identity = { user: "me", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };

/** A WebSocket that takes what it is told to take. */
class FakeSocket implements MessageWire {
  readonly texts: string[] = [];
  writes = 0;
  pings = 0;
  taking: Taking = "ready";
  closed: { code: number; reason: string } | null = null;
  handler: SocketHandler = { message() {}, alive() {}, drained() {}, closed() {} };
  readonly ping = (): void => {
    this.pings += 1;
    if (this.pongs) this.handler.alive();
  };
  pongs = true;

  get types(): string[] {
    return this.texts.map((text) => (text.startsWith("{") ? (JSON.parse(text) as { type: string }).type : text));
  }
  write(frames: readonly string[]): Taking {
    if (this.closed !== null) throw new Error("written after the close");
    this.writes += 1;
    this.texts.push(...frames);
    return this.taking;
  }
  together(work: () => void): void {
    work();
  }
  waitingBytes = 0;
  waiting(): number {
    return this.waitingBytes;
  }
  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }
  send(frame: object): void {
    this.handler.message(JSON.stringify(frame));
  }
  drain(): void {
    this.taking = "ready";
    this.handler.drained();
  }
}

class FakeStream implements ByteWire {
  text = "";
  ended = false;
  handler: StreamHandler = { drained() {}, closed() {} };
  write(bytes: Uint8Array): Taking {
    this.text += new TextDecoder().decode(bytes);
    return this.taking;
  }
  together(work: () => void): void {
    work();
  }
  waitingBytes = 0;
  taking: Taking = "ready";
  waiting(): number {
    return this.waitingBytes;
  }
  aborted = false;
  close(abort: boolean): void {
    this.ended = true;
    this.aborted = abort;
  }
}

interface Place {
  readonly request: WatchRequest;
  readonly sink: Sink;
  resumed: number;
  stopped: boolean;
}

/** A hub that does nothing by itself. */
class FakeHub {
  readonly places: Place[] = [];
  watch(request: WatchRequest, sink: Sink): Watch {
    const place: Place = { request, sink, resumed: 0, stopped: false };
    this.places.push(place);
    return { resume: () => void (place.resumed += 1), stop: () => void (place.stopped = true) };
  }
  of(taskId: string): Place {
    const place = this.places.findLast(({ request }) => request.taskId === taskId);
    if (place === undefined) throw new Error(`nobody watches ${taskId}`);
    return place;
  }
}

interface World {
  readonly environment: VirtualEnvironment;
  readonly hub: FakeHub;
  readonly connections: Connections;
  socket(task?: string): FakeSocket;
  stream(task: string): FakeStream;
}

function world(limits: Partial<LimitSet> = {}, deps: Partial<ConnectionsDeps> = {}): World {
  const environment = virtualEnvironment(7);
  const hub = new FakeHub();
  const connections = createConnections({
    hub,
    environment,
    limits: { ...LIMITS, ...limits },
    meter: silentMeter,
    authenticate: async () => me,
    facts: async (taskId) => (taskId === "nosuch" ? null : { taskId, owner: "me", creator: null, access: "owner", kind: "k", conversation: null, status: "running", attempt: 1, lastSeq: 1 }),
    append: async () => ({ first_seq: 1, last_seq: 1, cursor: "c", duplicate: false }),
    command: async (_identity, _taskId, { command_id }) => ({ command_id, outcome: "accepted", first_seq: 2, last_seq: 2, cursor: "c", duplicate: false }),
    logConnected: () => true,
    ...deps,
  });
  const acceptor = (socket: FakeSocket | null, stream: FakeStream | null): Acceptor => ({
    address: "",
    socket(_protocol, open) {
      if (socket !== null) socket.handler = open(socket);
      return new Response(null);
    },
    stream(init, open) {
      if (stream !== null) stream.handler = open(stream);
      return new Response(null, init);
    },
  });
  return {
    environment,
    hub,
    connections,
    socket(task) {
      const socket = new FakeSocket();
      connections.socket(acceptor(socket, null), { identity: me, protocol: null, task: task ?? null, after: null, replay: "full" });
      return socket;
    },
    stream(task) {
      const stream = new FakeStream();
      connections.stream(acceptor(null, stream), { identity: me, task, after: null, replay: "full" });
      return stream;
    },
  };
}

/** A run that stands for one event of a task. */
function runOf(taskId: string, seq: number): Run {
  const header = { firstSeq: seq, lastSeq: seq, nonce: "n", owner: "me", creator: null, conversation: null, kind: "k", access: "owner", status: "running", attempt: 1, state: null, stateAt: 0, delta: null };
  const body = new TextEncoder().encode(`{"type":"${taskId}","seq":${seq}}\n`);
  const run: Run = { taskId, epoch: "e", firstSeq: seq, lastSeq: seq, slices: [{ batch: { taskId, position: seq, header, body }, fromSeq: seq }], once: (make) => make(run) };
  return run;
}

async function watching(at: World, names: readonly string[]): Promise<FakeSocket> {
  const socket = at.socket();
  for (const task_id of names) socket.send({ type: "subscribe", task_id });
  await at.environment.settle();
  return socket;
}

describe("a wire that is full", () => {
  test("takes nothing more from any task, keeps one reference each, and lets them go on in turn when it has drained", async () => {
    const at = world();
    const socket = await watching(at, ["a", "b", "c"]);
    const [a, b, c] = [at.hub.of("a"), at.hub.of("b"), at.hub.of("c")];
    const before = socket.texts.length;
    socket.taking = "full";
    expect(a.sink.events(runOf("a", 1))).toBe("full");
    expect(b.sink.events(runOf("b", 1))).toBe("full");
    expect(c.sink.notice({ type: "caught_up", task_id: "c", cursor: "x" })).toBe("full");
    expect(socket.types.slice(before)).toEqual(["a"]);
    socket.drain();
    expect(socket.types.slice(before)).toEqual(["a", "b", "stream.caught_up"]);
    expect([a.resumed, b.resumed, c.resumed]).toEqual([1, 1, 1]);
  });

  test("that fills again at the first of its tasks goes on with the next one after that", async () => {
    const at = world();
    const socket = await watching(at, ["a", "b"]);
    const [a, b] = [at.hub.of("a"), at.hub.of("b")];
    const before = socket.texts.length;
    socket.taking = "full";
    a.sink.events(runOf("a", 1));
    b.sink.events(runOf("b", 1));
    // Ready for a moment only: what `b` is kept for fills it up, and `a`, whose turn it was, has been resumed.
    socket.handler.drained();
    expect(socket.types.slice(before)).toEqual(["a", "b"]);
    expect([a.resumed, b.resumed]).toEqual([1, 0]);
    expect(a.sink.events(runOf("a", 2))).toBe("full");
    socket.handler.drained();
    expect([a.resumed, b.resumed]).toEqual([1, 1]);
    expect(socket.types.slice(before)).toEqual(["a", "b", "a"]);
    socket.drain();
    expect([a.resumed, b.resumed]).toEqual([2, 1]);
  });

  test("begins no new watch until it has drained", async () => {
    const at = world();
    const socket = await watching(at, ["a"]);
    socket.taking = "full";
    at.hub.of("a").sink.events(runOf("a", 1));
    socket.send({ type: "subscribe", task_id: "b" });
    await at.environment.settle();
    expect(at.hub.places).toHaveLength(1);
    socket.drain();
    expect(at.hub.places).toHaveLength(2);
  });

  test("gets no heartbeats, and is closed once it was asked for more answers than it would hold", async () => {
    const at = world({ wireFullBytes: 1_000 });
    const socket = await watching(at, ["a"]);
    socket.taking = "full";
    at.hub.of("a").sink.events(runOf("a", 1));
    const before = socket.texts.length;
    await at.environment.advance(20_000);
    expect(socket.texts).toHaveLength(before);
    for (let asked = 0; asked < 100 && socket.closed === null; asked++) socket.send({ type: "ping", nonce: "x".repeat(50) });
    expect(socket.closed).toEqual({ code: 4411, reason: "wire_refused" });
    expect(socket.types.at(-1)).toBe("stream.closing");
    expect(socket.texts.length - before).toBeLessThan(20);
    expect(at.hub.of("a").stopped).toBe(true);
  });
});

describe("a watch", () => {
  test("that was left is stopped and says nothing more", async () => {
    const at = world();
    const socket = await watching(at, ["a"]);
    const { sink } = at.hub.of("a");
    socket.send({ type: "unsubscribe", task_id: "a", request_id: "r" });
    expect(at.hub.of("a").stopped).toBe(true);
    const before = socket.texts.length;
    sink.events(runOf("a", 1));
    sink.notice({ type: "caught_up", task_id: "a", cursor: "x" });
    expect(socket.texts).toHaveLength(before);
  });

  test("that was asked for anew while the first was being judged is the only one", async () => {
    const at = world();
    const socket = at.socket();
    socket.send({ type: "subscribe", task_id: "a", request_id: "r1" });
    socket.send({ type: "unsubscribe", task_id: "a", request_id: "r2" });
    socket.send({ type: "subscribe", task_id: "a", after: "c", request_id: "r3" });
    await at.environment.settle();
    expect(at.hub.places.map(({ request }) => request.after)).toEqual(["c"]);
    expect(socket.types.slice(1)).toEqual(["stream.unsubscribed", "stream.unsubscribed"]);
  });

  test("of a task whose facts cannot be had is refused as what can be tried again", async () => {
    const away = Object.assign(new Error("away"), { name: "LogUnavailable" });
    const at = world({}, { facts: () => Promise.reject(away) });
    const [one, many] = [at.socket("a"), at.socket()];
    many.send({ type: "subscribe", task_id: "a", request_id: "r" });
    await at.environment.settle();
    expect(one.closed).toEqual({ code: 4453, reason: "unavailable" });
    expect(many.closed).toBeNull();
    expect(JSON.parse(many.texts.at(-1) as string)).toMatchObject({ type: "stream.error", code: "unavailable", retryable: true, request_id: "r", task_id: "a" });
  });
});

describe("time", () => {
  test("one timer serves all; heartbeats are spread, one an interval each, and are one text", async () => {
    const at = world();
    const sockets = Array.from({ length: 200 }, () => at.socket());
    expect(at.environment.timers()).toBe(1);
    await at.environment.advance(INTERVAL);
    const beats = sockets.map(({ texts }) => texts.slice(1));
    expect(beats.every((own) => own.length >= 1 && own.length <= 2)).toBe(true);
    expect(new Set(beats.flat()).size).toBeGreaterThan(20);
    expect(at.environment.timers()).toBe(1);
    await at.environment.advance(LIMITS.heartbeatMs * 4);
    expect(sockets.every(({ closed, pings }) => closed === null && pings > 0)).toBe(true);
    for (const { handler } of sockets) handler.closed(1000, "");
    expect(at.environment.timers()).toBe(0);
    expect(at.connections.stats().websocket).toBe(0);
  });

  test("a silent peer is closed after two and a half intervals, one that answers pings never", async () => {
    const at = world();
    const [silent, alive] = [at.socket(), at.socket()];
    silent.pongs = false;
    await at.environment.advance(LIMITS.heartbeatMs * 2.4);
    expect(silent.closed).toBeNull();
    await at.environment.advance(LIMITS.heartbeatMs * 0.2);
    expect(silent.closed).toEqual({ code: 4402, reason: "silent" });
    expect(silent.types.at(-1)).toBe("stream.closing");
    await at.environment.advance(LIMITS.heartbeatMs * 10);
    expect(alive.closed).toBeNull();
  });

  test("a full wire from which nothing goes out is silent, without pings too; one that moves is not", async () => {
    const at = world();
    const [stuck, slow, quiet] = [at.stream("a"), at.stream("b"), at.stream("c")];
    await at.environment.advance(LIMITS.heartbeatMs * 10);
    for (const [stream, task] of [[stuck, "a"], [slow, "b"]] as const) {
      stream.taking = "full";
      stream.waitingBytes = 300_000;
      at.hub.of(task).sink.events(runOf(task, 1));
    }
    for (let passed = 0; passed < 6; passed++) {
      slow.waitingBytes -= 1_000;
      await at.environment.advance(LIMITS.heartbeatMs);
      if (passed === 1) expect(stuck.ended).toBe(false);
    }
    expect([stuck.ended, stuck.aborted]).toEqual([true, true]);
    expect([slow.ended, quiet.ended]).toEqual([false, false]);
  });

  test("an absent log is told by heartbeat on both transports", async () => {
    let connected = true;
    const at = world({}, { logConnected: () => connected });
    const [socket, stream] = [at.socket(), at.stream("a")];
    await at.environment.advance(INTERVAL);
    expect(socket.texts.at(-1)).toContain('"log":"ok"');
    connected = false;
    await at.environment.advance(INTERVAL);
    expect(socket.texts.at(-1)).toContain('"log":"away"');
    expect(stream.text).toMatch(/event: stream\ndata: \{"type":"stream.heartbeat","time":"[^"]+","log":"away"\}\n\n$/);
  });

  test("frames that came behind an auth are held until it is judged, then taken in order; too many are refused", async () => {
    const at = world();
    const auth = (): FakeSocket => {
      const socket = new FakeSocket();
      at.connections.socket({ address: "", socket: (_protocol, open) => ((socket.handler = open(socket)), new Response(null)), stream: () => new Response(null) }, { identity: null, protocol: null, task: null, after: null, replay: "full" });
      socket.send({ type: "auth", token: "x", request_id: "a" });
      return socket;
    };
    const [few, many] = [auth(), auth()];
    for (let sent = 0; sent < 3; sent++) few.send({ type: "ping", nonce: String(sent) });
    for (let sent = 0; sent < 30; sent++) many.send({ type: "ping" });
    await at.environment.settle();
    expect(few.types).toEqual(["stream.ready", "stream.ack", "stream.pong", "stream.pong", "stream.pong"]);
    expect(few.texts.slice(2).map((text) => (JSON.parse(text) as { nonce: string }).nonce)).toEqual(["0", "1", "2"]);
    expect([many.types, many.closed?.code]).toEqual([["stream.error"], 4507]);
  });
});

describe("draining", () => {
  test("sends all away within its time, spread, each with a word and its own pause, behind whole batches", async () => {
    const at = world({ drainMs: 4_000 });
    const sockets = Array.from({ length: 1_000 }, () => at.socket("a"));
    const stream = at.stream("a");
    await at.environment.settle();
    for (const socket of sockets) socket.close = (code, reason) => {
      socket.closed ??= { code, reason };
      socket.handler.closed(code, reason);
    };
    let done = false;
    void at.connections.drain().then(() => (done = true));
    await at.environment.advance(2_000);
    const half = sockets.filter(({ closed }) => closed !== null).length;
    expect(half).toBeGreaterThan(400);
    expect(half).toBeLessThan(600);
    expect(done).toBe(false);
    await at.environment.advance(2_010);
    expect(done).toBe(true);
    expect(sockets.every(({ closed, types }) => closed?.code === 4400 && types.at(-1) === "stream.closing")).toBe(true);
    expect(new Set(sockets.map(({ texts }) => (JSON.parse(texts.at(-1) as string) as { retry_after_ms: number }).retry_after_ms)).size).toBeGreaterThan(100);
    expect([stream.ended, stream.text.includes('"reason":"drain"')]).toEqual([true, true]);
    expect(at.hub.places.every(({ stopped }) => stopped)).toBe(true);
  });

  test("is not held up for ever by a peer that does not take its leave", async () => {
    const at = world({ drainMs: 1_000 });
    const socket = at.socket();
    let done = false;
    void at.connections.drain().then(() => (done = true));
    await at.environment.advance(500);
    expect([socket.closed?.code, done]).toEqual([4400, false]);
    await at.environment.advance(2_000);
    expect(done).toBe(true);
  });
});
