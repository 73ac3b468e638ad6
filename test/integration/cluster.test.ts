/** The log on a cluster of three with three copies of everything: the same promises, also while its leaders die. */
import { afterAll, describe, expect, test } from "bun:test";
import { appendUntil, openPair, openStore, readAll } from "../support/broker.ts";
import { leaderOf } from "../support/leader.ts";
import { startCluster } from "../support/nats.ts";
import { until } from "../support/until.ts";
import { feedSuite } from "../suites/feed.ts";
import { logSuite } from "../suites/log.ts";
import { storeSuite } from "../suites/store.ts";
import { writerSuite } from "../suites/writer.ts";

const REPLICAS = 3;

/** An election takes some seconds, a node's return too. Milliseconds. */
const ELECTION_MS = 40_000;

const cluster = await startCluster(REPLICAS);
afterAll(() => cluster[Symbol.asyncDispose]());
// The streams are made here, so that no test's own limit counts for it.
await (await openStore(cluster, REPLICAS)).store.close();

logSuite("JetStream on a cluster of three", () => openPair(cluster, REPLICAS));
storeSuite("JetStream on a cluster of three", () => openPair(cluster, REPLICAS));
feedSuite("JetStream on a cluster of three", () => openPair(cluster, REPLICAS));
writerSuite("JetStream on a cluster of three", () => openPair(cluster, REPLICAS));

describe("the log on a cluster", () => {
  test("loses nothing that was acknowledged and stores nothing twice when leaders are killed", async () => {
    await using opened = await openStore(cluster, REPLICAS);
    const { log, environment } = opened;
    const tasks = ["leader-a", "leader-b", "leader-c"];
    let killing = true;
    const counts = new Map<string, number>();
    const enough = (taskId: string, count: number): boolean => {
      counts.set(taskId, count);
      return !killing && count >= 50;
    };
    const work = tasks.map((taskId) => appendUntil(log, taskId, environment, (count) => enough(taskId, count)));
    for (const taskId of tasks.slice(0, 2)) {
      await until("the task is appended to", ELECTION_MS, () => (counts.get(taskId) ?? 0) > 20);
      const leader = cluster.named(await until("the stream has a leader", ELECTION_MS, () => leaderOf(cluster, taskId)));
      await leader.kill();
      const before = counts.get(taskId) ?? 0;
      await until("another leader takes appends", ELECTION_MS, () => (counts.get(taskId) ?? 0) > before + 10);
      await leader.restart();
      await until("the node is back", ELECTION_MS, () => leader.output().split("Server is ready").length > 2);
    }
    killing = false;
    const acknowledged = await Promise.all(work);
    for (const [at, taskId] of tasks.entries()) {
      const expected = [...(acknowledged[at] ?? [])];
      const stored = await until("this copy has everything", ELECTION_MS, async () => {
        const found = await readAll(log, taskId).catch(() => []);
        return found.length >= expected.length && found;
      });
      expect(stored.map(({ seq, nonce }) => ({ seq, nonce }))).toEqual(expected);
    }
  }, 120_000);
});
