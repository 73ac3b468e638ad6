/** What trusted producers write straight to the broker, taken over from a memory inbox: once, in order, whatever the store does. */
import { describe, expect, test } from "bun:test";
import { receivedAgentProgress } from "../../src/dialects/agent-progress-received.ts";
import { TaskwireError } from "../../src/domain/error.ts";
import type { Meter } from "../../src/domain/meter.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore, type MemoryStore } from "../../src/log/memory.ts";
import { createTaskIndex } from "../../src/log/task-index.ts";
import { createWriter, type Writer } from "../../src/log/writer.ts";
import { takeOver, type InboxWriter } from "../../src/work/inbox.ts";
import { type VirtualEnvironment, virtualEnvironment } from "../support/environment.ts";

const NAME = "agent_progress";
const message = (percent: number, more: object = {}): string => JSON.stringify({ step: "reasoning", message: `At ${percent}`, percent, timestamp: "2026-01-31T12:00:00", ...more });
const DONE = JSON.stringify({ step: "completed", message: "Done", percent: 100, timestamp: "2026-01-31T12:00:00" });

class Counts implements Meter {
  readonly of = new Map<string, number>();
  add(counter: string, amount = 1, label = ""): void {
    if (counter === "inbox") this.of.set(label, (this.of.get(label) ?? 0) + amount);
  }
  set(): void {}
  observe(): void {}
  get table(): Record<string, number> {
    return Object.fromEntries(this.of);
  }
}

interface World {
  readonly environment: VirtualEnvironment;
  readonly store: MemoryStore;
  readonly counts: Counts;
  readonly write: (taskId: string, text: string) => number;
  /** Another instance with its own connection. */
  instance(options?: { leads?: () => boolean; writer?: (own: Writer) => InboxWriter }): Promise<{ close(): Promise<void>; store: MemoryStore; writer: Writer }>;
  /** The task's events: type, and percent where it has one. */
  told(taskId: string): string[];
}

function world(seed = 1): World {
  const environment = virtualEnvironment(seed);
  const store = createMemoryStore({ environment });
  const counts = new Counts();
  return {
    environment, store, counts,
    write: (taskId, text) => store.mailbox(NAME).write(taskId, text),
    async instance({ leads = () => true, writer: made = (own: Writer): InboxWriter => own } = {}) {
      const client = store.client();
      const index = createTaskIndex({ store: client, environment, limits: LIMITS });
      const writer = createWriter({ store: client, environment, limits: LIMITS, meter: counts, index });
      const stop = await environment.run(takeOver({ store: client, writer: made(writer), environment, meter: counts, leads, name: NAME, kind: "agent-progress", owner: "agent-progress", translate: receivedAgentProgress }));
      return {
        store: client,
        writer,
        async close() {
          await environment.run(stop());
          await environment.run(writer.close());
          await environment.run(index.close());
        },
      };
    },
    told: (taskId) => store.stored(taskId).flatMap(({ body }) => new TextDecoder().decode(body).trim().split("\n")).map((line) => {
      const { type, data } = JSON.parse(line) as { type: string; data: { percent?: number } };
      return data.percent === undefined ? type : `${type} ${data.percent}`;
    }),
  };
}

describe("an inbox", () => {
  test("is taken over: the first message creates the task, for anybody with its link", async () => {
    const { environment, store, write, instance, told, counts } = world();
    const one = await instance();
    write("case-1", message(80));
    write("case-1", message(85));
    write("case-1", DONE);
    await environment.advance(2_000);
    expect(told("case-1")).toEqual(["task.created", "step.started", "task.progress 80", "task.progress 85", "step.completed", "task.completed"]);
    expect(store.stored("case-1")[0]?.header).toMatchObject({ access: "link", owner: "agent-progress", kind: "agent-progress", conversation: null });
    expect(counts.table).toEqual({ stored: 3 });
    expect(store.mailbox(NAME).waiting).toEqual([]);
    await one.close();
  });

  test("sets aside and counts what it cannot read, and goes on with the rest", async () => {
    const { environment, store, write, instance, told, counts } = world();
    const one = await instance();
    const bad = ["{broken", "[]", message(101), message(10, { step: "" }), JSON.stringify({ percent: 1 })];
    write("case-1", message(10));
    for (const text of bad) write("case-1", text);
    write("no.such.task", message(1));
    store.mailbox(NAME).write("case-1", new Uint8Array([0xff, 0xfe]));
    write("case-2", message(20));
    write("case-1", message(30));
    await environment.advance(2_000);
    expect(told("case-1").filter((line) => line.startsWith("task.progress"))).toEqual(["task.progress 10", "task.progress 30"]);
    expect(told("case-2")).toContain("task.progress 20");
    expect(store.mailbox(NAME).aside.map(({ reason }) => reason.replace(/:.*/, "")).sort()).toEqual([...bad.map(() => "event_invalid"), "event_invalid", "id_invalid"]);
    expect(counts.table).toEqual({ stored: 3, aside: 7 });
    expect(store.mailbox(NAME).waiting).toEqual([]);
    expect(environment.entries.filter(({ event }) => event === "message_set_aside").length).toBe(1);
    await one.close();
  });

  test("drops what comes behind the end, and signs of life, without harm", async () => {
    const { environment, write, instance, told, counts } = world();
    const one = await instance();
    write("case-1", DONE);
    write("case-1", message(90));
    write("case-1", JSON.stringify({ heartbeat: true, timestamp: "2026-01-31T12:00:00" }));
    await environment.advance(2_000);
    expect(told("case-1")).toEqual(["task.created", "task.completed"]);
    expect(counts.table).toEqual({ stored: 1, late: 1, nothing: 1 });
    await one.close();
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("stores a message once, though two instances take it for their turn, and one is cut off in the middle (seed %d)", async (seed) => {
    const { environment, store, write, instance, told, counts } = world(seed);
    Object.assign(store.faults, { latencyMs: 20, unknownStored: 0.1, unknownLost: 0.05, landMs: 50, readFails: 0.05, conflict: 0.05 });
    let leader = 0;
    const first = await instance({ leads: () => leader === 0 });
    const second = await instance({ leads: () => leader >= 1 });
    const third = await instance({ leads: () => leader >= 1 });
    for (let percent = 1; percent <= 60; percent += 1) {
      write(`case-${percent % 3}`, message(percent));
      await environment.advance(10);
      if (percent === 30) {
        first.store.disconnect();
        leader = 1;
      }
      if (percent === 45) first.store.reconnect();
    }
    await environment.advance(60_000);
    for (const task of [0, 1, 2]) {
      expect(told(`case-${task}`).filter((line) => line.startsWith("task.progress"))).toEqual(Array.from({ length: 20 }, (_, at) => `task.progress ${at * 3 + (task === 0 ? 3 : task)}`));
    }
    expect(counts.of.get("aside")).toBeUndefined();
    expect(counts.of.get("repeated")).toBeGreaterThan(0);
    expect(store.mailbox(NAME).waiting).toEqual([]);
    Object.assign(store.faults, { latencyMs: 0, unknownStored: 0, unknownLost: 0, readFails: 0, conflict: 0 });
    for (const each of [first, second, third]) await each.close();
  });

  test("waits for whom it is not led by, and takes over what waited", async () => {
    const { environment, store, write, instance, told } = world();
    let leads = false;
    const one = await instance({ leads: () => leads });
    write("case-1", message(10));
    await environment.advance(5_000);
    expect(store.mailbox(NAME).waiting.length).toBe(1);
    leads = true;
    await environment.advance(2_000);
    expect(told("case-1")).toContain("task.progress 10");
    await one.close();
  });

  test("is not held up by a task that takes nothing: its message is set aside in the end", async () => {
    const { environment, store, write, instance, told } = world();
    const stuck = (own: Writer): InboxWriter => ({
      create: (request) => own.create(request),
      append: (taskId, request) => (taskId === "stuck" ? Promise.reject(new TaskwireError("state_newer", "Another instance.")) : own.append(taskId, request)),
    });
    const one = await instance({ writer: stuck });
    write("stuck", message(1));
    write("case-1", message(10));
    await environment.advance(1_000);
    expect(told("case-1")).toContain("task.progress 10");
    expect(store.mailbox(NAME).waiting.length).toBe(2);
    await environment.advance(40_000);
    expect(store.mailbox(NAME).aside.map(({ reason }) => reason)).toEqual(["state_newer: Another instance."]);
    expect(store.mailbox(NAME).waiting).toEqual([]);
    await one.close();
  });

  test("is taken over where the store was away, when it is back", async () => {
    const { environment, write, instance, told } = world();
    const one = await instance();
    one.store.disconnect();
    write("case-1", message(10));
    await environment.advance(60_000);
    expect(told("case-1")).toEqual([]);
    one.store.reconnect();
    await environment.advance(5_000);
    expect(told("case-1")).toContain("task.progress 10");
    await one.close();
  });
});
