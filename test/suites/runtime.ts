/** What a runtime has to do, told by peers that speak raw TCP: same frames, same closes, same back-pressure on each. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { LimitSet } from "../../src/limits.ts";
import { Peer, StreamPeer } from "../runtime/peer.ts";
import { type Harness, startHarness } from "../runtime/start.ts";
import { until } from "../support/until.ts";

const SOON = 5_000;

/** What differs, and must not matter to a client that follows the contract. */
export interface RuntimeTraits {
  readonly runtime: "bun" | "deno";
  /** The close code that a peer gets which is connected and never answers pings. */
  readonly silentCode: number;
}

const created = { type: "task.created", data: { kind: "test" } };
const completed = { type: "task.completed", data: {} };
const line = (text: string): object => ({ type: "log.line", data: { level: "info", text } });
const types = (frames: readonly Record<string, unknown>[]): unknown[] => frames.map(({ type }) => type);
const seqs = (frames: readonly Record<string, unknown>[]): number[] => frames.flatMap(({ seq }) => (typeof seq === "number" ? [seq] : []));
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

/** The suite for one runtime. */
export function runtimeSuite({ runtime, silentCode }: RuntimeTraits): void {
  const running: Harness[] = [];
  const start = async (limits: Partial<LimitSet> = {}): Promise<Harness> => {
    const harness = await startHarness(runtime, limits);
    running.push(harness);
    return harness;
  };
  let shared: Harness;
  let tasks = 0;
  const newTask = async (harness: Harness): Promise<string> => {
    const task = `t${++tasks}`;
    await harness.publish(task, [created]);
    return task;
  };

  beforeAll(async () => {
    shared = await start();
  });
  afterAll(async () => {
    for (const { child } of running) child.kill("SIGKILL");
    await Promise.all(running.map(({ ended }) => ended));
  });

  describe(`frames on ${runtime}`, () => {
    test("a socket for one task says hello, replays, goes live, ends and closes with 1000", async () => {
      const task = await newTask(shared);
      const peer = shared.socket(`/tasks/${task}/ws`);
      await until("it has caught up", SOON, () => types(peer.frames).includes("stream.caught_up"));
      await shared.publish(task, [line("a"), line("b")]);
      await shared.publish(task, [completed]);
      await until("it has closed", SOON, () => peer.close);
      expect(types(peer.frames)).toEqual(["stream.ready", "stream.subscribed", "task.created", "stream.caught_up", "log.line", "log.line", "task.completed", "stream.end"]);
      expect(seqs(peer.frames)).toEqual([1, 2, 3, 4]);
      expect(peer.close).toEqual({ code: 1000, reason: "end" });
      await until("the connection is gone", SOON, () => peer.ended);
    });

    test("an event stream says the same, begins with what proxies and EventSource need, and ends", async () => {
      const task = await newTask(shared);
      const peer = shared.stream(`/tasks/${task}/events`);
      await until("it has caught up", SOON, () => peer.body.includes("stream.caught_up"));
      await shared.publish(task, [line("a")]);
      await shared.publish(task, [completed]);
      await until("it is complete", SOON, () => peer.complete);
      expect(peer.head).toMatch(/^HTTP\/1\.1 200 /);
      expect(peer.head.toLowerCase()).toContain("content-type: text/event-stream");
      expect(peer.head.toLowerCase()).toContain("cache-control: no-cache, no-transform");
      expect(peer.body).toMatch(/^: {2048}\nretry: \d+\n\n/);
      expect(peer.body).not.toContain("\r");
      expect(peer.messages.map(({ event, data }) => `${event ?? "-"} ${data.type}`)).toEqual(["stream stream.ready", "stream stream.subscribed", "- task.created", "stream stream.caught_up", "- log.line", "- task.completed", "stream stream.end"]);
      for (const { event, id, data } of peer.messages) if (event === null) expect(id).toBe(data.cursor as string);
    });

    test("Last-Event-ID goes on where it stopped", async () => {
      const task = await newTask(shared);
      await shared.publish(task, [line("a"), line("b")]);
      const first = shared.stream(`/tasks/${task}/events`);
      const seen = await until("it has three", SOON, () => first.messages.find(({ data }) => data.seq === 2));
      first.cut();
      const second = shared.stream(`/tasks/${task}/events`, { "last-event-id": seen.id as string });
      await until("it has caught up", SOON, () => second.body.includes("stream.caught_up"));
      expect(seqs(second.messages.map(({ data }) => data))).toEqual([3]);
      second.cut();
    });

    test("of the offered subprotocols only ours is echoed, and never a token", async () => {
      const ours = shared.socket("/ws");
      const others = new Peer(shared.url, { path: "/ws?as=me", protocols: ["bearer.secret"] });
      await until("both have their answer", SOON, () => ours.head !== "" && others.head !== "");
      expect(ours.head.toLowerCase()).toMatch(/sec-websocket-protocol: taskwire\.v1\s*(\n|$)/);
      expect(others.head).toContain("101");
      expect(others.head).not.toContain("secret");
      ours.cut();
      others.cut();
    });

    test("frames are answered, each to its request", async () => {
      const [one, two] = [await newTask(shared), await newTask(shared)];
      const peer = shared.socket("/ws");
      await until("it is ready", SOON, () => peer.frames.length === 1);
      peer.send("ping");
      peer.send({ type: "ping", nonce: "n", request_id: "r1" });
      peer.send({ type: "subscribe", task_id: one, request_id: "r2" });
      peer.send({ type: "subscribe", task_id: one, request_id: "r3" });
      peer.send({ type: "subscribe", task_id: two, request_id: "r4" });
      peer.send({ type: "append", task_id: two, events: [line("x")], request_id: "r5" });
      await until("both are live, and it is stored", SOON, () => peer.frames.filter(({ type }) => type === "stream.caught_up").length === 2 && peer.frames.some(({ request_id }) => request_id === "r5"));
      peer.send({ type: "unsubscribe", task_id: one, request_id: "r6" });
      await until("it has left", SOON, () => peer.frames.some(({ request_id }) => request_id === "r6"));
      await shared.publish(one, [line("nobody sees this")]);
      await shared.publish(two, [completed]);
      await until("the other has ended", SOON, () => types(peer.frames).includes("stream.end"));
      const answers = peer.frames.filter(({ request_id }) => request_id !== undefined).map(({ request_id, type }) => `${request_id} ${type}`);
      expect(answers.sort()).toEqual(["r1 stream.pong", "r2 stream.subscribed", "r3 stream.subscribed", "r4 stream.subscribed", "r5 stream.ack", "r6 stream.unsubscribed"]);
      expect(peer.texts).toContain("pong");
      expect(seqs(peer.frames.filter(({ task_id }) => task_id === one))).toEqual([1]);
      expect(seqs(peer.frames.filter(({ task_id }) => task_id === two))).toEqual([1, 2, 3]);
      peer.send({ type: "ping", request_id: "r7" });
      await until("a socket for many stays open", SOON, () => peer.frames.some(({ request_id }) => request_id === "r7"));
      peer.cut();
    });

    test("a frame that is wrong is named, and the connection goes on", async () => {
      const peer = shared.socket("/ws");
      await until("it is ready", SOON, () => peer.frames.length === 1);
      const cases: [object | string, string][] = [
        ["{", "frame_invalid"],
        [{ type: "dance", request_id: "q" }, "frame_unknown"],
        [{ type: "subscribe", request_id: "q" }, "frame_invalid"],
        [{ type: "subscribe", task_id: "a.*", request_id: "q" }, "id_invalid"],
        [{ type: "subscribe", scope: "mine", request_id: "q" }, "unsupported"],
        [{ type: "command", task_id: "t", command_id: "c", command: "cancel", request_id: "q" }, "unsupported"],
        [{ type: "subscribe", task_id: "nosuch", request_id: "q" }, "task_unknown"],
      ];
      for (const [at, [frame, code]] of cases.entries()) {
        peer.send(frame);
        const answer = await until(`${code} is said`, SOON, () => peer.frames[at + 1]);
        expect([answer.type, answer.code, answer.request_id ?? "q"]).toEqual(["stream.error", code, "q"]);
      }
      expect(peer.close).toBeNull();
      peer.cut();
    });
  });

  describe(`refusals on ${runtime}`, () => {
    const refused = async (harness: Harness, peer: Peer): Promise<unknown[]> => {
      await until("it has closed", SOON, () => peer.close);
      const last = peer.frames.at(-1);
      return [last?.type, last?.code ?? last?.reason, peer.close?.code, harness.url === "" ? "" : last?.retryable ?? true];
    };

    test("each says why in a frame, then closes with its code", async () => {
      const task = await newTask(shared);
      expect(await refused(shared, shared.socket("/tasks/nosuch/ws"))).toEqual(["stream.error", "task_unknown", 4504, false]);
      expect(await refused(shared, shared.socket(`/tasks/${task}/ws`, { token: "another" }))).toEqual(["stream.error", "task_unknown", 4504, false]);
      expect(await refused(shared, shared.socket(`/tasks/${task}/ws?after=garbage`))).toEqual(["stream.error", "cursor_invalid", 4505, false]);
      expect(await refused(shared, shared.socket("/ws", { token: "forged" }))).toEqual(["stream.error", "token_invalid", 4502, false]);
      const binary = shared.socket("/ws");
      binary.sendBinary(new Uint8Array([1]));
      expect(await refused(shared, binary)).toEqual(["stream.error", "frame_binary", 4508, false]);
      const large = shared.socket("/ws");
      large.send({ type: "ping", nonce: "x".repeat(310_000) });
      expect(await refused(shared, large)).toEqual(["stream.error", "frame_too_large", 4509, false]);
    });

    test("who comes without a token must send one first, and in time", async () => {
      const harness = await start({ authDeadlineMs: 300 });
      const task = await newTask(harness);
      const peer = harness.socket(`/tasks/${task}/ws`, { token: null });
      peer.send({ type: "auth", token: "me", request_id: "a" });
      await until("it has caught up", SOON, () => types(peer.frames).includes("stream.caught_up"));
      expect(types(peer.frames)).toEqual(["stream.ready", "stream.ack", "stream.subscribed", "task.created", "stream.caught_up"]);
      const early = harness.socket("/ws", { token: null });
      early.send({ type: "subscribe", task_id: task });
      expect(await refused(harness, early)).toEqual(["stream.error", "auth_required", 4507, false]);
      expect(types(early.frames)).toEqual(["stream.error"]);
      expect(await refused(harness, harness.socket("/ws", { token: null }))).toEqual(["stream.error", "auth_timeout", 4506, false]);
      const forged = harness.socket("/ws", { token: null });
      forged.send({ type: "auth", token: "forged" });
      expect(await refused(harness, forged)).toEqual(["stream.error", "token_invalid", 4502, false]);
      expect(peer.close).toBeNull();
    });

    test("a token can be renewed in time; its end is announced, then it closes, on both transports", async () => {
      const harness = await start({ heartbeatMs: 1_000, tokenWarningMs: 60_000 });
      const task = await newTask(harness);
      const token = (ms: number, user = "me"): string => `until:${Date.now() + ms}:${user}`;
      const [renewed, left] = [harness.socket(`/tasks/${task}/ws`, { token: token(1_500) }), harness.socket(`/tasks/${task}/ws`, { token: token(1_500) })];
      const stream = new StreamPeer(harness.url, { path: `/tasks/${task}/events?as=${token(1_500)}` });
      await until("the end is announced", SOON, () => [renewed, left].every((peer) => types(peer.frames).includes("stream.token_expiring")) && stream.body.includes("stream.token_expiring"));
      renewed.send({ type: "auth", token: token(600_000), request_id: "a" });
      expect(await refused(harness, left)).toEqual(["stream.closing", "token_expired", 4401, true]);
      await until("the stream has ended", SOON, () => stream.complete);
      expect(stream.messages.at(-1)?.data.reason).toBe("token_expired");
      await harness.publish(task, [line("still here")]);
      await until("the renewed one goes on", SOON, () => seqs(renewed.frames).includes(2));
      expect(renewed.close).toBeNull();
      expect(renewed.frames.find(({ request_id }) => request_id === "a")?.type).toBe("stream.ack");
      renewed.send({ type: "auth", token: token(600_000, "another"), request_id: "b" });
      expect(await refused(harness, renewed)).toEqual(["stream.error", "token_invalid", 4502, false]);
    });

    test("subscriptions and connections have their limits, and a freed place is taken again", async () => {
      const harness = await start({ subscriptions: 1, connections: 2 });
      const [one, two] = [await newTask(harness), await newTask(harness)];
      const peer = harness.socket("/ws");
      peer.send({ type: "subscribe", task_id: one });
      peer.send({ type: "subscribe", task_id: two, request_id: "q" });
      await until("the second is refused", SOON, () => peer.frames.some(({ code, request_id }) => code === "too_many_subscriptions" && request_id === "q"));
      peer.send({ type: "unsubscribe", task_id: one });
      peer.send({ type: "subscribe", task_id: two, request_id: "r" });
      await until("now it is taken", SOON, () => peer.frames.some(({ type, request_id }) => type === "stream.subscribed" && request_id === "r"));
      const second = harness.stream(`/tasks/${one}/events`);
      await until("it is there", SOON, () => second.body.includes("stream.ready"));
      expect(await refused(harness, harness.socket("/ws"))).toEqual(["stream.error", "too_many_connections", 4429, true]);
      const third = harness.stream(`/tasks/${one}/events`);
      await until("it has its answer", SOON, () => third.head !== "");
      expect(third.head).toContain("503");
      second.cut();
      await until("the place is free", SOON, async () => (await harness.stats()).sse === 0);
      const fourth = harness.stream(`/tasks/${one}/events`);
      await until("it is there", SOON, () => fourth.body.includes("stream.ready"));
    });
  });

  describe(`time on ${runtime}`, () => {
    test("a quiet event stream and a quiet socket stay open for longer than the runtimes like", async () => {
      const task = await newTask(shared);
      const [stream, peer] = [shared.stream(`/tasks/${task}/events`), shared.socket(`/tasks/${task}/ws`)];
      await until("both are live", SOON, () => stream.body.includes("stream.caught_up") && types(peer.frames).includes("stream.caught_up"));
      const began = Date.now();
      await until("13 s have passed", 20_000, () => Date.now() - began > 13_000);
      await shared.publish(task, [line("after the quiet")]);
      await until("both hear it", SOON, () => stream.body.includes("after the quiet") && seqs(peer.frames).includes(2));
      stream.cut();
      peer.cut();
    }, 40_000);

    test("heartbeats come on both transports, who answers pings stays, and who is silent is found and let go", async () => {
      const harness = await start({ heartbeatMs: 400 });
      const task = await newTask(harness);
      const peer = harness.socket(`/tasks/${task}/ws`);
      const silent = harness.socket(`/tasks/${task}/ws`, { pongs: false });
      const stream = harness.stream(`/tasks/${task}/events`);
      const close = await until("the silent one is closed", SOON, () => silent.close);
      expect(close.code).toBe(silentCode);
      const beats = (): number => peer.frames.filter(({ type, log }) => type === "stream.heartbeat" && log === "ok").length;
      await until("six heartbeats have come", SOON, () => beats() >= 6 && stream.body.split("stream.heartbeat").length > 6);
      expect(peer.close).toBeNull();
      expect(peer.pings).toBeGreaterThan(0);
      stream.cut();
      await until("only the living are left", SOON, async () => {
        const { websocket, sse } = await harness.stats();
        return websocket === 1 && sse === 0;
      });
    });
  });

  describe(`full wires on ${runtime}`, () => {
    const EVENTS = 100;
    const BATCHES = 150;
    const text = "x".repeat(2_000);
    const fill = async (harness: Harness, task: string): Promise<void> => {
      for (let at = 0; at < BATCHES; at++) await harness.publish(task, Array.from({ length: EVENTS }, () => line(text)));
    };
    const last = 1 + EVENTS * BATCHES;

    test("readers that stop in mid-batch cost no memory, hold up nobody, and later get everything once", async () => {
      const harness = await start({ ringBytes: 4 * 1024 * 1024, segmentCacheBytes: 1024 * 1024 });
      const task = await newTask(harness);
      const readers = Array.from({ length: 5 }, () => ({ socket: harness.socket(`/tasks/${task}/ws`), stream: harness.stream(`/tasks/${task}/events`) }));
      const good = harness.socket(`/tasks/${task}/ws`);
      await until("all are live", SOON, () => readers.every(({ socket, stream }) => types(socket.frames).includes("stream.caught_up") && stream.body.includes("stream.caught_up")));
      await harness.publish(task, [line(text)]);
      for (const { socket, stream } of readers) {
        socket.pause();
        stream.pause();
      }
      await fill(harness, task);
      await until("the one that reads has it all", 20_000, () => good.texts.length >= last + 1);
      const held = (await harness.stats()).memory;
      for (const { socket, stream } of readers) {
        socket.resume();
        stream.resume();
      }
      const [sockets, streams] = [readers.map(({ socket }) => socket), readers.map(({ stream }) => stream)];
      await until("all have it all", 30_000, () => sockets.every(({ texts }) => texts.length >= last + 4) && streams.every(({ body }) => body.split("\n\n").length >= last + 5));
      for (const { frames } of sockets) expect(seqs(frames)).toEqual(upTo(last + 1));
      for (const { messages } of streams) expect(seqs(messages.map(({ data }) => data))).toEqual(upTo(last + 1));
      // The runtime and the log, which is in memory here, need under 250 MiB. Ten queues of 30 MB beside them would not fit below this.
      expect(held).toBeLessThan(350 * 1024 * 1024);
    }, 90_000);

    test("several tasks on one wire that was full all go on", async () => {
      const harness = await start({ wireFullBytes: 64 * 1024 });
      const names = await Promise.all(Array.from({ length: 5 }, () => newTask(harness)));
      const peer = harness.socket("/ws");
      for (const name of names) peer.send({ type: "subscribe", task_id: name });
      await until("all are live", SOON, () => peer.frames.filter(({ type }) => type === "stream.caught_up").length === names.length);
      peer.pause();
      for (let at = 0; at < 20; at++) for (const name of names) await harness.publish(name, Array.from({ length: EVENTS }, () => line(text)));
      peer.resume();
      await until("it has it all", 30_000, () => peer.texts.length >= names.length * (20 * EVENTS + 3) + 1);
      for (const name of names) expect(seqs(peer.frames.filter(({ task_id }) => task_id === name))).toEqual(upTo(20 * EVENTS + 1));
      peer.cut();
    }, 90_000);

    test("who has stopped reading for good is found and let go, on both transports", async () => {
      const harness = await start({ heartbeatMs: 400 });
      const task = await newTask(harness);
      const [peer, stream] = [harness.socket(`/tasks/${task}/ws`), harness.stream(`/tasks/${task}/events`)];
      await until("both are live", SOON, () => types(peer.frames).includes("stream.caught_up") && stream.body.includes("stream.caught_up"));
      peer.pause();
      stream.pause();
      await fill(harness, task);
      await until("both are let go", 10_000, async () => {
        const { websocket, sse } = await harness.stats();
        return websocket === 0 && sse === 0;
      });
      peer.cut();
      stream.cut();
    }, 40_000);

    test("who asks and asks and never reads the answers is closed, and a new connection is served", async () => {
      const harness = await start({ wireFullBytes: 64 * 1024 });
      const peer = harness.socket("/ws");
      await until("it is ready", SOON, () => peer.frames.length === 1);
      peer.pause();
      await until("it is let go", 20_000, async () => {
        for (let at = 0; at < 2_000; at++) peer.send({ type: "ping", nonce: "x".repeat(100) });
        return (await harness.stats()).websocket === 0;
      });
      const next = harness.socket("/ws");
      await until("it is served", SOON, () => next.frames.length === 1);
      peer.cut();
    }, 40_000);
  });

  describe(`the end on ${runtime}`, () => {
    test("a stopping service sends everybody away with a reason, and ends by itself with 0", async () => {
      const harness = await start({ drainMs: 2_000 });
      const task = await newTask(harness);
      const peers = Array.from({ length: 20 }, () => harness.socket(`/tasks/${task}/ws`));
      const stream = harness.stream(`/tasks/${task}/events`);
      await until("all are live", SOON, () => peers.every(({ frames }) => types(frames).includes("stream.caught_up")) && stream.body.includes("stream.caught_up"));
      harness.child.kill("SIGTERM");
      await until("all are gone", SOON, () => peers.every(({ close }) => close !== null) && stream.complete);
      for (const { close, frames } of peers) {
        expect(close?.code).toBe(4400);
        expect([frames.at(-1)?.type, frames.at(-1)?.reason]).toEqual(["stream.closing", "drain"]);
        expect(frames.at(-1)?.retry_after_ms as number).toBeGreaterThanOrEqual(500);
      }
      expect(stream.messages.at(-1)?.data.type).toBe("stream.closing");
      expect(await harness.ended).toBe(0);
    });

    test("while it drains, who comes is told so", async () => {
      const harness = await start({ drainMs: 3_000 });
      const task = await newTask(harness);
      const peers = Array.from({ length: 5 }, () => harness.socket(`/tasks/${task}/ws`));
      await until("all are live", SOON, () => peers.every(({ frames }) => types(frames).includes("stream.caught_up")));
      await fetch(`${harness.url}/drain`, { method: "POST" });
      const late = harness.socket(`/tasks/${task}/ws`);
      await until("it has closed", SOON, () => late.close);
      expect([late.close?.code, late.frames.at(-1)?.reason]).toEqual([4400, "drain"]);
      const stream = harness.stream(`/tasks/${task}/events`);
      await until("it has its answer", SOON, () => stream.head !== "");
      expect(stream.head).toContain("503");
    });

    test("a request without Host, as load balancers make them in HTTP/1.0, is answered like any other", async () => {
      const { hostname, port } = new URL(shared.url);
      let answer = "";
      const socket = connect(Number(port), hostname, () => socket.write("GET /stats HTTP/1.0\r\n\r\n"));
      socket.on("data", (chunk) => (answer += String(chunk)));
      await until("it has its answer", SOON, () => answer.includes('"memory"'));
      socket.destroy();
      expect(answer).toMatch(/^HTTP\/1\.[01] 200 /);
    });

    test("a port that is taken is named, with what to do", async () => {
      const port = new URL(shared.url).port;
      const failed = startHarness(runtime, {}, { PORT: port });
      await expect(failed).rejects.toThrow(new RegExp(`ListenError: Port ${port} of 127\\.0\\.0\\.1 is taken.*PORT`));
    });
  });
}
