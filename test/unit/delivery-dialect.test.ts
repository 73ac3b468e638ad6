/** A connection of a dialect: what holds for all of them, in virtual time; and tasks that are waited for. */
import { describe, expect, test } from "bun:test";
import { createConnections } from "../../src/delivery/connections.ts";
import { DialectConnection, type DialectService } from "../../src/delivery/dialect-connection.ts";
import { Finding } from "../../src/delivery/dialect-finding.ts";
import { type DialectAction, DialectSession } from "../../src/delivery/dialect-session.ts";
import type { Keeper } from "../../src/delivery/keeper.ts";
import { Lane } from "../../src/delivery/lane.ts";
import { Projector, project } from "../../src/delivery/projector.ts";
import type { Acceptor, MessageWire, SocketHandler } from "../../src/delivery/transport.ts";
import type { Projection, Socket, Talk, TalkInput } from "../../src/dialects/port.ts";
import type { Identity, TaskFacts } from "../../src/domain/access.ts";
import { silentMeter } from "../../src/domain/meter.ts";
import { createArrivals } from "../../src/feed/arrival.ts";
import type { Run } from "../../src/feed/port.ts";
import { SharedRun } from "../../src/feed/run.ts";
import { LIMITS } from "../../src/limits.ts";
import { type Batch, LogUnavailable } from "../../src/log/port.ts";
import { type VirtualEnvironment, virtualEnvironment } from "../support/environment.ts";

const SOMEBODY: Identity = { user: "u", name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };
const limits = { ...LIMITS, heartbeatMs: 1_000, agentProgressHeartbeatMs: 300, agentProgressIdleMs: 2_000, connectionFramesPerSecond: 2 };

function session({ identity = SOMEBODY, proves = true, ...more }: { identity?: Identity; proves?: boolean; keepalive?: boolean; idle?: boolean } = {}): { readonly taken: TalkInput[]; readonly it: DialectSession } {
  const taken: TalkInput[] = [];
  const talk: Talk = { take: (input) => (taken.push(input), input.kind === "text" && input.text === "bye" ? [{ do: "close", code: 1000, reason: "bye" }] : []) };
  const socket = {
    ...(more.keepalive ? { keepalive: { every: "agentProgressHeartbeatMs", frame: (now: number) => ({ heartbeat: now }), afterEnd: false } as const } : {}),
    ...(more.idle ? { idle: { after: "agentProgressIdleMs", code: 1000, reason: "idle" } as const } : {}),
  };
  return { taken, it: new DialectSession({ talk, socket, limits, identity, proves }, 0) };
}
const did = (actions: readonly DialectAction[]): string[] => actions.map((action) => (action.do === "send" ? JSON.stringify(action.frame) : action.do === "close" ? `close ${action.code} ${action.reason}` : action.do));

describe("a session of a dialect", () => {
  test("keeps the connection alive until its task is over, and says nothing on a full wire", () => {
    const { it } = session({ keepalive: true });
    expect([it.due(), did(it.tick(300, false)), did(it.tick(600, true)), did(it.tick(900, false))]).toEqual([300, ['{"heartbeat":300}'], [], ['{"heartbeat":900}']]);
    it.take({ kind: "over", taskId: "t", status: "completed" }, 901);
    expect(did(it.tick(1_500, false))).toEqual(["ping"]);
  });

  test("is closed when nothing was told of its task for long, whatever it says itself", () => {
    const { it } = session({ idle: true, keepalive: true });
    it.told(500);
    it.frame("hello", 2_400);
    expect(did(it.tick(2_499, false)).some((action) => action.startsWith("close"))).toBe(false);
    expect(did(it.tick(2_500, false))).toEqual(["close 1000 idle"]);
    expect([it.closed, it.due(), it.take({ kind: "opened" }, 2_600)]).toEqual([true, Number.POSITIVE_INFINITY, []]);
  });

  test("asks a quiet peer, and closes a silent one after it was suspected", () => {
    const { it } = session();
    expect(did(it.tick(1_000, false))).toEqual(["ping"]);
    it.heard(1_100);
    expect(did(it.tick(3_599, false))).toEqual(["ping"]);
    expect(did(it.tick(3_600, false))).toEqual([]);
    expect(did(it.tick(3_700, false))).toEqual(["close 4402 silent"]);
  });

  test("ends with its token", () => {
    const { it, taken } = session({ identity: { ...SOMEBODY, expiresAt: 10_000 }, proves: false });
    const at = 10_000;
    expect([it.due(), did(it.tick(at - 1, false)), did(it.tick(at, false))]).toEqual([at, [], ["close 4401 token_expired"]]);
    expect(taken).toEqual([expect.objectContaining({ kind: "parting" })]);
  });

  test("does not read what is binary, too large or too much, and says so to its talk", () => {
    const { it, taken } = session();
    it.frame(null, 0);
    it.frame("x".repeat(limits.frameBytes + 1), 0);
    for (const text of ["1", "2", "3"]) it.frame(text, 0);
    expect(taken.map((input) => (input.kind === "unread" ? input.error.code : input.kind))).toEqual(["frame_binary", "frame_too_large", "text", "text", "rate_limited"]);
  });

  test("takes nothing more once its talk has closed", () => {
    const { it } = session();
    expect(did(it.frame("bye", 10))).toEqual(["close 1000 bye"]);
    expect(did(it.frame("bye", 2_000))).toEqual([]);
  });
});

/** A connection on a wire that is full from the beginning and takes note of what happens to it. */
function connection(talk: Talk, projection: Projection = counting as Projection): { readonly it: DialectConnection; readonly seen: { written: number; closed: string }; readonly environment: VirtualEnvironment } {
  const environment = virtualEnvironment(1);
  const seen = { written: 0, closed: "" };
  const wire: MessageWire = {
    write: (frames) => ((seen.written += frames.reduce((sum, frame) => sum + frame.length, 0)), "full"),
    together: (work) => work(), waiting: () => seen.written, close: (code, reason) => void (seen.closed ||= `${code} ${reason}`), ping: () => {},
  };
  const keeper: Keeper = { sooner() {}, slow() {}, admit: (_, identity) => identity, refused() {}, over() {} };
  const service: DialectService = { hub: { watch: () => ({ resume() {}, stop() {} }) }, environment, limits: LIMITS, authenticate: async () => SOMEBODY, facts: async () => null };
  const opening = { params: {}, query: {}, identity: SOMEBODY, now: 0 };
  const socket: Socket = { path: "/", entrance: "frame", open: () => talk };
  const it = new DialectConnection(service, wire, keeper, { id: "c", dialect: "d", projection, socket, opening, projector: new Projector(projection), pace: null, tally: { events: 0, writes: 0, bytes: 0 }, start: async () => "t" });
  return { it, seen, environment };
}

describe("a connection of a dialect", () => {
  test("ends alone where its dialect fails at what was said, or at what is told", () => {
    const throwing = connection({ take: () => { throw new RangeError("too deep"); } });
    throwing.it.message("x");
    expect(throwing.seen.closed).toBe("4450 internal");
    const telling = connection({ take: () => [] }, { ...counting, step: () => { throw new TypeError("no such thing"); } } as Projection);
    expect(telling.it.deliver(new Lane(telling.it, { taskId: "t", after: null, replay: "full" }, 0), runOf(1, 1))).toBe("full");
    expect(telling.seen.closed).toBe("4450 internal");
  });

  test("is counted while it is open, each dialect by itself", () => {
    const registry = createConnections({ hub: {}, environment: virtualEnvironment(1), limits: LIMITS, meter: silentMeter, facts: async () => null, logConnected: () => true } as unknown as Parameters<typeof createConnections>[0]);
    const handlers: SocketHandler[] = [];
    const wire: MessageWire = { write: () => "ready", together: (work) => work(), waiting: () => 0, close() {}, ping() {} };
    const acceptor = { address: "", socket: (_: unknown, open: (own: MessageWire) => SocketHandler) => (handlers.push(open(wire)), new Response(null)) } as unknown as Acceptor;
    const socket: Socket = { path: "/", entrance: "frame", open: () => ({ take: () => [] }) };
    for (const dialect of ["a", "b", "a"]) registry.dialect(acceptor, { dialect, projection: counting as Projection, socket, opening: { params: {}, query: {}, identity: null, now: 0 }, start: async () => "t" });
    expect([registry.open("a"), registry.open("b"), registry.open("c")]).toEqual([2, 1, 0]);
    // A wire may tell more than once that it is gone.
    for (const handler of [handlers[0], handlers[0], handlers[1]]) handler?.closed(1000, "");
    expect([registry.open("a"), registry.open("b"), registry.stats().websocket]).toEqual([1, 0, 1]);
  });

  test("does not keep for ever what a peer asks for and does not read, even if it is answered later", async () => {
    const asking: Record<string, Talk> = {
      "at once": { take: ({ kind }) => (kind === "text" ? [{ do: "send", frame: "x".repeat(10_000) }] : []) },
      "signing in": { take: ({ kind }) => (kind === "text" ? [{ do: "sign_in", token: "t" }] : kind === "signed_in" ? [{ do: "send", frame: "x".repeat(10_000) }] : []) },
      "of no task": { take: ({ kind }) => (kind === "text" ? [{ do: "watch", taskId: "none" }] : kind === "unwatched" ? [{ do: "send", frame: "x".repeat(10_000) }] : []) },
    };
    for (const [how, talk] of Object.entries(asking)) {
      const { it, seen, environment } = connection(talk);
      for (let at = 0; at < 100; at += 1) {
        it.message("again");
        await environment.settle();
      }
      expect([how, seen.closed, seen.written < LIMITS.wireFullBytes + 30_000]).toEqual([how, "4411 wire_refused", true]);
    }
  });
});

const counting: Projection<number> = {
  start: () => 0,
  step: (state, { data }) => ({ state: state + Number(data.n), frames: [{ sum: state + Number(data.n) }] }),
  leap: () => ({ state: 1_000, frames: [{ sum: 1_000 }] }),
  join: (_, later) => ((later as { sum: number }).sum % 10 === 0 ? null : later),
};

function runOf(first: number, ...numbers: number[]): Run {
  const lines = numbers.map((n, at) => `${JSON.stringify({ type: "x.a.b", task_id: "t", seq: first + at, data: { n } })}\n`);
  const header = { firstSeq: first, lastSeq: first + numbers.length - 1, nonce: "n" } as Batch["header"];
  return new SharedRun("e", [{ batch: { taskId: "t", position: first, header, body: new TextEncoder().encode(lines.join("")) }, fromSeq: first }]);
}

describe("a projection", () => {
  test("is made once for all who have come as far, and its frames are joined within one write", () => {
    let steps = 0;
    const projector = new Projector({ ...counting, step: (state: number, event) => ((steps += 1), counting.step(state, event)) } as Projection);
    const run = runOf(1, 1, 2, 7, 4);
    const [one, other] = [projector.tell(0, run), projector.tell(0, run)];
    expect(other).toBe(one);
    expect({ steps, ...one }).toEqual({ steps: 4, texts: ['{"sum":3}', '{"sum":14}'], seqs: [2, 4], state: 14 });
  });

  test("passes over what a leap has told", () => {
    expect(project(counting as Projection, 1_000, runOf(5, 1, 2, 3), 6)).toEqual({ texts: ['{"sum":1003}'], seqs: [7], state: 1_003 });
  });
});

describe("waiting for a task", () => {
  const facts = (access: string): TaskFacts => ({ taskId: "t", owner: "o", creator: null, access, kind: "k", conversation: null, status: "running", attempt: 1, lastSeq: 1 });

  function world() {
    const environment = virtualEnvironment(1);
    const follows: (() => void)[] = [];
    let found: TaskFacts | null = null;
    let followed = 0;
    const arrivals = createArrivals({
      log: { follow: async (_, onBatch) => (follows.push(onBatch as () => void), (followed += 1), () => void (followed -= 1)) },
      environment, limits: { dialectWaits: 2, verifyMs: 1_000 }, facts: async () => found,
    });
    return { environment, arrivals, begin: (task: TaskFacts, told = true) => { found = task; if (told) for (const follow of follows) follow(); }, followed: () => followed };
  }

  test("ends when the task begins, at once where that is told, and otherwise by looking", async () => {
    for (const told of [true, false]) {
      const { environment, arrivals, begin, followed } = world();
      const got: (TaskFacts | null)[] = [];
      arrivals.wait("t", null, () => true, (found) => got.push(found));
      await environment.settle();
      begin(facts("link"), told);
      await environment.advance(told ? 0 : 1_000);
      expect([got.length, arrivals.waiting, followed()]).toEqual([1, 0, 0]);
    }
  });

  test("outlasts a log that is away, where the task may be waited for", async () => {
    for (const waitMs of [null, 5_000, undefined]) {
      const { environment, arrivals, begin } = world();
      begin(facts("owner"));
      let away = true;
      const look = async (): Promise<TaskFacts> => {
        if (away) throw new LogUnavailable("there is no connection to the broker");
        return facts("owner");
      };
      const finding = new Finding({ facts: look, arrivals, behind: async () => 7 });
      const found = finding.find({ taskId: "t", who: { ...SOMEBODY, user: "o" }, behind: 0, ...(waitMs === undefined ? {} : { waitMs }) });
      const outcome = found.then((from) => `from ${from}`, (error: unknown) => (error as Error).name);
      // It is looked for as soon as the following stands.
      away = false;
      await environment.settle();
      await environment.advance(1_000);
      expect([waitMs, await outcome]).toEqual([waitMs, waitMs === undefined ? "LogUnavailable" : "from 7"]);
      expect(finding.tasks).toEqual([]);
    }
  });

  test("that was stopped finds nothing, whenever that is", async () => {
    for (const stopAfter of [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20]) {
      const { environment, arrivals, begin } = world();
      begin(facts("owner"));
      let looks = 0;
      const look = async (): Promise<TaskFacts> => {
        looks += 1;
        if (looks === 1) throw new LogUnavailable("there is no connection to the broker");
        return facts("owner");
      };
      const finding = new Finding({ facts: look, arrivals });
      let [found, settled] = [false, false];
      void finding.find({ taskId: "t", who: { ...SOMEBODY, user: "o" }, behind: 0, waitMs: null }).then(() => void (found = true));
      for (let turn = 0; turn < stopAfter; turn += 1) await Promise.resolve();
      settled = found;
      finding.stop("t");
      await environment.settle();
      await environment.advance(2_000);
      expect([stopAfter, found, finding.tasks, arrivals.waiting]).toEqual([stopAfter, settled, [], 0]);
    }
  });

  test("goes on where the task is another's, and ends after its time", async () => {
    const { environment, arrivals, begin, followed } = world();
    const got: (TaskFacts | null)[] = [];
    arrivals.wait("t", 5_000, ({ access }) => access === "link", (found) => got.push(found));
    await environment.settle();
    begin(facts("owner"));
    await environment.advance(4_999);
    expect([got, arrivals.waiting]).toEqual([[], 1]);
    await environment.advance(1);
    expect([got, arrivals.waiting, followed()]).toEqual([[null], 0, 0]);
  });

  test("is bounded, and ends when nobody wants it any more", async () => {
    const { environment, arrivals, followed } = world();
    const cancel = arrivals.wait("t", null, () => true, () => {});
    arrivals.wait("t", 5_000, () => true, () => {});
    expect(() => arrivals.wait("u", 5_000, () => true, () => {})).toThrow(/as many as may/);
    await environment.settle();
    cancel();
    cancel();
    expect([arrivals.waiting, followed()]).toEqual([1, 1]);
  });

  test("without an end takes no more than half of the places: who waits for a while finds one", () => {
    const { arrivals } = world();
    const cancel = arrivals.wait("t", null, () => true, () => {});
    expect(() => arrivals.wait("u", null, () => true, () => {})).toThrow(/as many as may/);
    arrivals.wait("u", 5_000, () => true, () => {})();
    cancel();
    arrivals.wait("u", null, () => true, () => {});
    expect(arrivals.waiting).toBe(1);
  });
});
