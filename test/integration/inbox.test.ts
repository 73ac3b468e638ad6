/** What trusted producers write straight to a real broker, taken over while brokers and instances come and go. */
import { describe, expect, test } from "bun:test";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { receivedAgentProgress } from "../../src/dialects/agent-progress-received.ts";
import type { Meter } from "../../src/domain/meter.ts";
import { LIMITS } from "../../src/limits.ts";
import { createTaskIndex } from "../../src/log/task-index.ts";
import { createWriter } from "../../src/log/writer.ts";
import { takeOver } from "../../src/work/inbox.ts";
import { startProducer } from "../support/agent-progress-client.ts";
import { type BrokerAddress, openStore } from "../support/broker.ts";
import { brokerUrl } from "../support/broker-url.ts";
import { startCluster, startNats } from "../support/nats.ts";
import { until } from "../support/until.ts";

const LIMIT_MS = 40_000;

/** An instance that takes over while it leads. */
async function startTaker(broker: BrokerAddress, replicas = 1) {
  const { store, environment } = await openStore(broker, replicas);
  const counts = new Map<string, number>();
  const meter: Meter = { add: (name, amount = 1, label = "") => void (name === "inbox" && counts.set(label, (counts.get(label) ?? 0) + amount)), set() {}, observe() {} };
  const index = createTaskIndex({ store, environment, limits: LIMITS });
  const writer = createWriter({ store, environment, limits: LIMITS, meter, index });
  const taker = { leads: true, store, counts, environment };
  const stop = await takeOver({ store, writer, environment, meter, leads: () => taker.leads, name: "agent_progress", kind: "agent-progress", owner: "agent-progress", translate: receivedAgentProgress });
  return {
    ...taker,
    lead: (leads: boolean) => void (taker.leads = leads),
    /** The percents of a task, in order of its log. */
    async percents(taskId: string): Promise<number[]> {
      const { batches } = await store.log.read({ taskId, after: 0, maxBytes: 8 * 1024 * 1024 }).catch(() => ({ batches: [] }));
      const events = batches.flatMap(({ body }) => new TextDecoder().decode(body).trim().split("\n")).map((line) => JSON.parse(line) as { type: string; data: { percent: number } });
      return events.filter(({ type }) => type === "task.progress").map(({ data }) => data.percent);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await writer.close();
      await index.close();
      await store.close();
    },
  };
}

const message = (percent: number): string => JSON.stringify({ step: "tool_execution", message: `At ${percent}`, percent, timestamp: "2026-01-31T12:00:00" });

describe("an inbox on a real broker", () => {
  test("is taken over once and in order, though the broker is killed in the middle and two instances lead by turns", async () => {
    await using nats = await startNats();
    await using one = await startTaker(nats);
    await using other = await startTaker(nats);
    one.lead(true);
    other.lead(false);
    await using producer = await startProducer(brokerUrl(nats));
    const stream = jetstream(producer.nats);
    const counts = [1, 2, 3, 4];
    for (let percent = 1; percent <= 100; percent += 1) {
      // What was acknowledged is kept; what was not is sent again under the same id, as producers that want to be certain do.
      for (const task of counts) {
        await until("the broker has stored it", LIMIT_MS, () => stream.publish(`agent_progress.case-${task}`, message(percent), { msgID: `${task}.${percent}`, timeout: 1_000 }).then(() => true, () => false));
      }
      if (percent === 40) await nats.restart();
      if (percent % 20 === 0) one.lead(percent % 40 === 0);
      if (percent % 20 === 10) other.lead(percent % 40 === 10);
    }
    one.lead(true);
    for (const task of counts) await until(`case-${task} is whole`, LIMIT_MS, async () => (await one.percents(`case-${task}`)).length >= 100);
    for (const task of counts) expect(await one.percents(`case-${task}`)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    const manager = await jetstreamManager(producer.nats);
    await until("what was taken over is removed", LIMIT_MS, async () => (await manager.streams.info("TASKWIRE_IN_AGENT_PROGRESS")).state.messages === 0);
  }, 90_000);

  test("keeps what makes no sense where operators find it, with the reason", async () => {
    await using nats = await startNats();
    await using taker = await startTaker(nats);
    await using producer = await startProducer(brokerUrl(nats));
    producer.publish("case-1", "{broken — “JSON”");
    producer.publish("no.such.id", message(1));
    producer.publish("case-1", message(10));
    await until("both are set aside", LIMIT_MS, () => taker.counts.get("aside") === 2);
    await until("the rest is stored", LIMIT_MS, async () => (await taker.percents("case-1")).length === 1);
    const manager = await jetstreamManager(producer.nats);
    const aside = await Promise.all([1, 2].map((seq) => manager.streams.getMessage("TASKWIRE_ASIDE_AGENT_PROGRESS", { seq })));
    const told = aside.map((found) => [found?.header.get("Tw-Subject"), found?.header.get("Tw-Position"), decodeURIComponent(found?.header.get("Tw-Reason") ?? "").slice(0, 30), found?.string()]);
    expect(told.toSorted()).toEqual([
      ["agent_progress.case-1", "1", "event_invalid: it is no JSON", "{broken — “JSON”"],
      ["agent_progress.no.such.id", "2", "id_invalid: the subject is not", message(1)],
    ]);
  }, 60_000);

  test("in a cluster is taken over though a server is killed", async () => {
    await using cluster = await startCluster(3);
    await using taker = await startTaker(cluster, 3);
    const [first] = cluster.url.split(",");
    await using producer = await startProducer(brokerUrl({ url: first ?? "", credentials: cluster.credentials }));
    const stream = jetstream(producer.nats);
    for (let percent = 1; percent <= 60; percent += 1) {
      await until("the cluster has stored it", LIMIT_MS, () => stream.publish("agent_progress.case-1", message(percent), { msgID: String(percent), timeout: 2_000 }).then(() => true, () => false));
      if (percent === 20) await cluster.nodes[2]?.kill();
    }
    await until("it is whole", LIMIT_MS, async () => (await taker.percents("case-1")).length >= 60);
    expect(await taker.percents("case-1")).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  }, 90_000);
});
