/** The log on one real nats-server: what it keeps, what it refuses, and what it says while the broker is away. */
import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { partitionOf } from "../../src/domain/ids.ts";
import { LogUnavailable, type Batch } from "../../src/log/port.ts";
import { appendUntil, body, header, openPair, openStore, readAll } from "../support/broker.ts";
import { type NatsServer, startNats } from "../support/nats.ts";
import { startProxy } from "../support/proxy.ts";
import { feedSuite } from "../suites/feed.ts";
import { logSuite } from "../suites/log.ts";
import { writerSuite } from "../suites/writer.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 15_000;

/** An operator's own connection beside the service's. */
async function operator(server: NatsServer) {
  const nats = await connect({ servers: server.url, user: server.credentials?.user ?? "", pass: server.credentials?.password ?? "" });
  return { nats, manager: await jetstreamManager(nats), [Symbol.asyncDispose]: () => nats.close() };
}

const shared = await startNats();
afterAll(() => shared[Symbol.asyncDispose]());

logSuite("JetStream on one server", () => openPair(shared));
feedSuite("JetStream on one server", () => openPair(shared));
writerSuite("JetStream on one server", () => openPair(shared));

const subjectOf = (taskId: string): string => `ev.${String(partitionOf(taskId, 16)).padStart(2, "0")}.${taskId}`;
const streamOf = (taskId: string): string => `TASKWIRE_EV_${String(partitionOf(taskId, 16)).padStart(2, "0")}`;

describe("the log on JetStream", () => {
  test("is laid out as sixteen streams that refuse when full, keep for ever and republish", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    await using other = await operator(server);
    expect(opened.log.epoch).toMatch(/^[0-9a-f]{12}$/);
    for (let partition = 0; partition < 16; partition++) {
      const name = String(partition).padStart(2, "0");
      const { config } = await other.manager.streams.info(`TASKWIRE_EV_${name}`);
      expect(config).toMatchObject({ subjects: [`ev.${name}.>`], discard: "new", max_age: 0, storage: "file", allow_direct: true, republish: { src: `ev.${name}.>`, dest: `live.${name}.>` } });
      expect(config.metadata?.["taskwire-partitions"]).toBe("16");
    }
  });

  test("has one epoch for instances that start at the same moment, and for later ones", async () => {
    await using server = await startNats();
    const together = await Promise.all([openStore(server), openStore(server), openStore(server)]);
    await using later = await openStore(server);
    expect(new Set([...together, later].map(({ log }) => log.epoch)).size).toBe(1);
    await Promise.all(together.map(({ store }) => store.close()));
  });

  test("refuses a broker whose log was made for another number of partitions, and says so", async () => {
    await using server = await startNats();
    await (await openStore(server)).store.close();
    await using other = await operator(server);
    const { config } = await other.manager.streams.info("TASKWIRE_EV_03");
    await other.manager.streams.update("TASKWIRE_EV_03", { ...config, metadata: { ...config.metadata, "taskwire-partitions": "32" } });
    await expect(openStore(server)).rejects.toThrow("TASKWIRE_EV_03 cannot be used: it was made for 32 partitions, we use 16");
  });

  test("refuses a broker older than 2.11, and says so", async () => {
    const old = createServer((socket) => {
      socket.on("error", () => {});
      socket.write('INFO {"server_id":"x","version":"2.10.27","proto":1,"go":"go1","host":"127.0.0.1","port":1,"headers":true,"max_payload":1048576,"jetstream":true}\r\n');
      socket.on("data", (chunk) => chunk.toString().includes("PING") && socket.write("PONG\r\n"));
    });
    await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
    const address = old.address();
    const port = typeof address === "object" && address ? address.port : 0;
    await expect(openStore({ url: `nats://127.0.0.1:${port}` })).rejects.toThrow("the broker is nats-server 2.10.27; 2.11 or newer is needed: upgrade it");
    await new Promise<void>((resolve) => old.close(() => resolve()));
  });

  test("refuses a broker without JetStream or with too small messages, and says so", async () => {
    await using plain = await startNats({ jetstream: false });
    await expect(openStore(plain)).rejects.toThrow("the broker's JetStream is off: start nats-server with -js");
    await using small = await startNats({ config: "max_payload: 100KB" });
    await expect(openStore(small)).rejects.toThrow(/takes messages of at most 102400 bytes; \d+ are needed: raise its max_payload/);
  });

  test("takes name and password from the address, and says when they are wrong", async () => {
    await using server = await startNats();
    const { user, password } = server.credentials ?? { user: "", password: "" };
    await using opened = await openStore({ url: `nats://${user}:${password}@127.0.0.1:${server.port}` });
    expect(await opened.store.ping()).toBeLessThan(1_000);
    const wrong = await openStore({ url: `nats://${user}:nonsense@127.0.0.1:${server.port}` }).catch((error: Error) => error.message);
    expect(wrong).toContain("refuses our name and password");
    expect(wrong).not.toContain("nonsense");
  });

  test("lets no id into a subject that would mean another one", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    for (const taskId of ["*", ">", "a.b", "", "a b", "x".repeat(65)]) {
      await expect(opened.log.head(taskId)).rejects.toThrow(RangeError);
      await expect(opened.log.append({ taskId, expected: 0, header: header(1), body: body(1) })).rejects.toThrow(RangeError);
      await expect(opened.log.follow(taskId, () => {})).rejects.toThrow(RangeError);
      await expect(opened.store.keys.get("bucket", taskId)).rejects.toThrow(RangeError);
    }
  });

  test("keeps every field of a header, whatever its characters", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const sent = header(1, 3, { conversation: "c-1", state: '{"größe":"100 %\\n","x":" y "}', delta: "a\r\nb: c\t ", stateAt: 7, attempt: 2 });
    const live: Batch[] = [];
    await opened.log.follow("fields", (batch) => live.push(batch));
    await opened.log.append({ taskId: "fields", expected: 0, header: sent, body: body(1, 3) });
    await until("the batch arrives live", LIMIT_MS, () => live.length === 1);
    const page = await opened.log.read({ taskId: "fields", after: 0, maxBytes: 1 });
    const head = await opened.log.head("fields");
    const at = await opened.log.at("fields", head?.position ?? 0);
    for (const batch of [live[0], page.batches[0], head?.batch, at]) {
      expect(batch?.header).toEqual(sent);
      expect(new TextDecoder().decode(batch?.body)).toBe('{"seq":1}\n{"seq":2}\n{"seq":3}\n');
    }
  });

  test("keeps a conversation of underscores apart from having none", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const keys = [null, "_", "__", "c_"].map((conversation) => ({ owner: "me", conversation, taskId: "t" }));
    for (const key of keys) expect((await opened.store.index.write(key, JSON.stringify(key.conversation), 0)).kind).toBe("stored");
    for (const key of keys) expect(await opened.store.index.read(key)).toMatchObject({ key, value: JSON.stringify(key.conversation) });
  });

  test("skips a foreign message, reports it once, and lets the task go on", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    await using other = await operator(server);
    const { log, environment } = opened;
    const seen: number[] = [];
    await log.follow("mine", (batch) => seen.push(batch.header.firstSeq));
    const first = await log.append({ taskId: "mine", expected: 0, header: header(1), body: body(1) });
    const foreign = (await other.nats.request(subjectOf("mine"), "not ours")).json<{ seq: number }>().seq;
    await other.nats.request(subjectOf("mine"), "nor this");
    const head = await log.head("mine");
    expect(head?.batch.header.firstSeq).toBe(1);
    expect(head?.position).toBe(foreign + 1);
    expect(await log.at("mine", foreign)).toBeNull();
    const second = await log.append({ taskId: "mine", expected: head?.position ?? 0, header: header(2), body: body(2) });
    expect([first.kind, second.kind]).toEqual(["stored", "stored"]);
    expect((await log.read({ taskId: "mine", after: 0, maxBytes: 1 })).batches.map((batch) => batch.header.firstSeq)).toEqual([1]);
    expect((await readAll(log, "mine", 1)).map(({ seq }) => seq)).toEqual([1, 2]);
    await until("both batches arrived live", LIMIT_MS, () => seen.join() === "1,2");
    expect(environment.entries.filter(({ event }) => event === "foreign_message")).toHaveLength(1);
  });

  test("says that it is full, and takes again when there is room", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    await using other = await operator(server);
    const stream = streamOf("fat");
    const { config } = await other.manager.streams.info(stream);
    await other.manager.streams.update(stream, { ...config, max_bytes: 64 * 1024 });
    const large = new Uint8Array(40 * 1024);
    const first = await opened.log.append({ taskId: "fat", expected: 0, header: header(1), body: large });
    const expected = first.kind === "stored" ? first.position : 0;
    expect(await opened.log.append({ taskId: "fat", expected, header: header(2), body: large })).toEqual({ kind: "full" });
    await other.manager.streams.update(stream, { ...config, max_bytes: -1 });
    expect((await opened.log.append({ taskId: "fat", expected, header: header(2), body: large })).kind).toBe("stored");
  });

  test("says unavailable and stores nothing while the broker is away, then carries on with everything it had", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const { log, store } = opened;
    const changes: boolean[] = [];
    log.onConnection((connected) => changes.push(connected));
    const seen: number[] = [];
    await log.follow("kept", (batch) => seen.push(batch.header.firstSeq));
    const first = await log.append({ taskId: "kept", expected: 0, header: header(1), body: body(1) });
    const expected = first.kind === "stored" ? first.position : 0;
    await server.kill();
    await until("the loss is noticed", LIMIT_MS, () => !log.connected);
    expect(await log.append({ taskId: "kept", expected, header: header(2), body: body(2) })).toEqual({ kind: "unavailable" });
    await expect(log.head("kept")).rejects.toThrow(LogUnavailable);
    await expect(log.read({ taskId: "kept", after: 0, maxBytes: 1 })).rejects.toThrow(LogUnavailable);
    await expect(log.follow("kept", () => {})).rejects.toThrow(LogUnavailable);
    await expect(store.keys.get("a", "b")).rejects.toThrow(LogUnavailable);
    await expect(store.ping()).rejects.toThrow(LogUnavailable);
    await server.restart();
    await until("the connection is back", LIMIT_MS, () => log.connected);
    expect(changes).toEqual([false, true]);
    expect((await log.head("kept"))?.position).toBe(expected);
    expect((await log.append({ taskId: "kept", expected, header: header(2), body: body(2) })).kind).toBe("stored");
    await until("following goes on by itself", LIMIT_MS, () => seen.join() === "1,2");
    await using again = await openStore(server);
    expect(again.log.epoch).toBe(log.epoch);
  });

  test("does not know the outcome when the connection swallows everything, and finds out afterwards", async () => {
    await using server = await startNats();
    await using proxy = await startProxy(server.port);
    await using opened = await openStore({ url: proxy.url, credentials: server.credentials });
    const { log } = opened;
    proxy.blackHole();
    expect((await log.append({ taskId: "dark", expected: 0, header: header(1), body: body(1) })).kind).toBe("unknown");
    await until("the silence is taken for a loss", LIMIT_MS, () => !log.connected);
    proxy.heal();
    await until("the connection is back", LIMIT_MS, () => log.connected);
    expect(await log.head("dark")).toBeNull();
  });

  test("stores what was acknowledged exactly once while its connection is cut again and again", async () => {
    await using server = await startNats();
    await using proxy = await startProxy(server.port);
    await using opened = await openStore({ url: proxy.url, credentials: server.credentials });
    const { log, environment } = opened;
    const tasks = ["cut-a", "cut-b", "cut-c"];
    let cutting = true;
    const work = tasks.map((taskId) => appendUntil(log, taskId, environment, (count) => !cutting && count >= 50));
    for (let cut = 0; cut < 4; cut++) {
      const began = (await log.head(tasks[0] ?? "").catch(() => null))?.position ?? 0;
      await until("the log grew", LIMIT_MS, async () => ((await log.head(tasks[0] ?? "").catch(() => null))?.position ?? 0) > began);
      if (cut % 2 === 1) {
        proxy.blackHole();
        await until("the silence is noticed", LIMIT_MS, () => !log.connected);
        proxy.heal();
      }
      proxy.reset();
    }
    cutting = false;
    const acknowledged = await Promise.all(work);
    await using direct = await openStore(server);
    for (const [at, taskId] of tasks.entries()) {
      const stored = await readAll(direct.log, taskId);
      expect(stored.map(({ seq, nonce }) => ({ seq, nonce }))).toEqual([...(acknowledged[at] ?? [])]);
    }
  });

  test("reads long tasks page by page among many others, and keeps to the bounds it is given", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const { log, environment } = opened;
    await Promise.all(["long", "p1", "p2", "p3"].map((taskId) => appendUntil(log, taskId, environment, (count) => count >= 1_500)));
    const stored = await readAll(log, "long", 1024 * 1024);
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_500 }, (_, at) => at + 1));
    const upTo = stored[99]?.position ?? 0;
    const part = await log.read({ taskId: "long", after: stored[9]?.position ?? 0, upTo, maxBytes: 1024 * 1024 });
    expect(part.end).toBe(true);
    expect(part.batches.map(({ header: { firstSeq } }) => firstSeq)).toEqual(Array.from({ length: 90 }, (_, at) => at + 11));
  });

  test("purges a task to its last batch, after which it can still not be made anew", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const { log, environment } = opened;
    await appendUntil(log, "old", environment, (count) => count >= 5);
    await log.purge("old", 1);
    expect((await readAll(log, "old")).map(({ seq }) => seq)).toEqual([5]);
    expect(await log.append({ taskId: "old", expected: 0, header: header(1), body: body(1) })).toEqual({ kind: "conflict" });
    await log.purge("old", 0);
    expect(await log.head("old")).toBeNull();
  });

  test("lists a thousand entries of one user among others', each once, the last written last", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    const { index } = opened.store;
    const key = (owner: string, at: number) => ({ owner, conversation: at % 3 === 0 ? "c" : null, taskId: `t${at}` });
    const written = await Promise.all(Array.from({ length: 1_200 }, (_, at) => index.write(key("me", at), String(at), 0)));
    await index.write(key("you", 1), "1", 0);
    const again = written[5];
    await index.write(key("me", 5), "changed", again?.kind === "stored" ? again.revision : 0);
    await index.remove(key("me", 6));
    const list = await index.list("me");
    expect(list).toHaveLength(1_199);
    expect(list.at(-1)).toMatchObject({ key: key("me", 5), value: "changed" });
    const everyone: string[] = [];
    for await (const { key: { owner } } of index.all()) everyone.push(owner);
    expect(everyone.filter((owner) => owner === "you")).toHaveLength(1);
    expect(everyone).toHaveLength(1_200);
  });
});
