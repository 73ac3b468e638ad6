/** Named values, queues, peers and the ends of the log on one real nats-server; what they say while it is away, and what outlives it. */
import { afterAll, describe, expect, test } from "bun:test";
import { LogUnavailable, type QueueEntry } from "../../src/log/port.ts";
import { openPair, openStore } from "../support/broker.ts";
import { startNats } from "../support/nats.ts";
import { until } from "../support/until.ts";
import { storeSuite } from "../suites/store.ts";

const LIMIT_MS = 20_000;

const shared = await startNats();
afterAll(() => shared[Symbol.asyncDispose]());

storeSuite("JetStream", () => openPair(shared));

const entryOf = (taskId: string): QueueEntry => ({ taskId, kind: "build", priority: "normal", notBefore: 0 });

describe("a store on JetStream", () => {
  test("says that its broker is away, and goes on with all that waited and was followed when it is back", async () => {
    await using server = await startNats();
    await using opened = await openStore(server);
    await using second = await openStore(server);
    const { store: { log, queue, keys, peers } } = opened;
    const [changes, entries]: [string[], string[]] = [[], []];
    await keys.follow("b", ({ key, value }) => void changes.push(`${key}=${value}`));
    await second.store.index.followAll(({ key, value }) => void entries.push(`${key.taskId}=${value}`));
    await peers.answer("who", () => "here");
    await keys.set("b", "kept", "1");
    for (const taskId of ["a", "b", "c"]) await queue.put(entryOf(taskId));
    const [held] = await queue.take({ kind: "build", max: 1, waitMs: 0 });
    const waiting = second.store.queue.take({ kind: "none", max: 1, waitMs: 60_000 }).catch((error: unknown) => error);

    await server.kill();
    await until("both notice", LIMIT_MS, () => !log.connected && !second.log.connected);
    const ends = async (): Promise<void> => {
      for await (const _ of log.ends());
    };
    const calls = [
      () => queue.put(entryOf("d")), () => queue.take({ kind: "build", max: 1, waitMs: 0 }), () => queue.has(entryOf("a")), () => queue.waiting("build", 1), () => queue.length("build"), () => queue.kinds(),
      () => keys.set("b", "k", "v"), () => keys.remove("b", "k"), () => keys.list("b"), () => peers.ask("who", "?", 1), () => peers.tell("who", "!"), ends,
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(LogUnavailable);
    await held?.back(0);

    await server.restart();
    await until("both are back", LIMIT_MS, () => log.connected && second.log.connected);
    expect((await keys.get("b", "kept"))?.value).toBe("1");
    expect([...(await queue.waiting("build", 9))].map(({ taskId }) => taskId)).toEqual(["a", "b", "c"]);
    await until("following goes on", LIMIT_MS, async () => {
      await second.store.keys.set("b", "after", "2");
      return changes.includes("after=2");
    });
    await opened.store.index.write({ owner: "o", conversation: null, taskId: "t" }, "v", 0);
    await until("the index is followed again", LIMIT_MS, () => entries.includes("t=v"));
    await until("peers answer again", LIMIT_MS, async () => (await second.store.peers.ask("who", "?", 100)).includes("here"));
    await queue.put({ ...entryOf("x"), kind: "none" });
    const outcome = await waiting;
    // Whoever waited while the broker went away is told, or has what came.
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LogUnavailable);
    else expect((outcome as readonly QueueEntry[]).map(({ taskId }) => taskId)).toEqual(["x"]);
    // What was in the hands of somebody who could not give it back is not lost: it comes again after the time that it is held.
    expect(await queue.has(entryOf("a"))).toBe(true);
  }, 60_000);
});
