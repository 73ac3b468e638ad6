/** A task's state in the client: what it folds, when it tells, and where it goes on. */
import { describe, expect, test } from "bun:test";
import type { DeliveredEvent, FollowOneOptions, Follower } from "../../clients/typescript/src/follower.ts";
import { createModels } from "../../clients/typescript/src/model.ts";
import { REAL_TIMING } from "../../clients/typescript/src/timing.ts";
import { until } from "../support/until.ts";

const event = (seq: number, type: string, data: object, cursor = `c${seq}`, extra: object = {}): DeliveredEvent => ({ type, task_id: "t", seq, data, cursor, ...extra }) as unknown as DeliveredEvent;

/** A follower that yields what it is given, call by call, and then waits until it is aborted. */
function scripted(calls: readonly (readonly DeliveredEvent[])[]): { follower: Follower; asked: FollowOneOptions[] } {
  const asked: FollowOneOptions[] = [];
  async function* follow(_: string, options: FollowOneOptions = {}): AsyncGenerator<DeliveredEvent> {
    asked.push(options);
    yield* calls[asked.length - 1] ?? [];
    await new Promise((resolve) => options.signal?.addEventListener("abort", resolve));
  }
  return { follower: { follow, followMany: () => follow(""), wake: () => {} }, asked };
}

describe("a task's state", () => {
  test("takes in a replayed range as a whole or not at all: whoever stops inside it comes back to its beginning", async () => {
    const started = event(1, "message.started", { message_id: "m", role: "assistant" }, "0");
    const half = event(2, "message.delta", { message_id: "m", delta: "a" }, "0");
    const whole = event(4, "message.delta", { message_id: "m", delta: "abc" }, "c4", { first_seq: 2 });
    const { follower, asked } = scripted([[started, half], [started, whole]]);
    const model = createModels(follower, REAL_TIMING).task("t");
    const leave = model.subscribe(() => {});
    await until("the first half was taken", 1_000, () => asked.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(model.now.task.seq).toBe(0);
    leave();
    await until("it has stopped", 1_000, () => asked[0]?.signal?.aborted);
    model.subscribe(() => {});
    await until("it has gone on", 1_000, () => model.now.task.seq === 4);
    expect(asked.map(({ after, replay }) => [after, replay])).toEqual([[null, "compact"], [null, "compact"]]);
    expect(model.now.task.messages).toMatchObject([{ message_id: "m", content: "abc" }]);
  });

  test("tells once a turn, however much has come, and gives the same object until something changes", async () => {
    const events = Array.from({ length: 500 }, (_, at) => event(at + 1, "log.line", { level: "info", text: "x" }));
    const model = createModels(scripted([events]).follower, REAL_TIMING).task("t");
    let told = 0;
    const before = model.now;
    expect(model.now).toBe(before);
    model.subscribe(() => told++);
    await until("all is told", 1_000, () => model.now.task.log_lines === 500);
    expect(told).toBeLessThan(5);
    expect(model.now).not.toBe(before);
    expect(before.task.seq).toBe(0);
    expect(model.first).toBe(before);
  });

  test("goes on from where it was when the last listener left, and is the same for the same id", async () => {
    const { follower, asked } = scripted([[event(1, "task.created", { kind: "x" })], [event(2, "task.progress", { percent: 5 })]]);
    const models = createModels(follower, REAL_TIMING);
    const leave = models.task("t").subscribe(() => {});
    await until("the first came", 1_000, () => models.task("t").now.task.seq === 1);
    leave();
    await until("it has stopped", 1_000, () => asked[0]?.signal?.aborted);
    models.task("t").subscribe(() => {});
    await until("the second came", 1_000, () => models.task("t").now.task.seq === 2);
    expect(asked[1]?.after).toBe("c1");
  });

  test("is not cut for a listener that leaves and comes back in the same turn", async () => {
    const { follower, asked } = scripted([[event(1, "task.created", { kind: "x" })]]);
    const model = createModels(follower, REAL_TIMING).task("t");
    model.subscribe(() => {})();
    const leave = model.subscribe(() => {});
    await until("the first came", 1_000, () => model.now.task.seq === 1);
    expect(asked.length).toBe(1);
    leave();
  });
});
