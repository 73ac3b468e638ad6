/** A deletion that its instance did not live to finish: whoever leads does. */
import { describe, expect, test } from "bun:test";
import { silentMeter } from "../../src/domain/meter.ts";
import { summaryOf } from "../../src/domain/summary.ts";
import { parseCursor } from "../../src/domain/cursor.ts";
import { LIMITS } from "../../src/limits.ts";
import { createMemoryStore } from "../../src/log/memory.ts";
import { LogUnavailable, type Store } from "../../src/log/port.ts";
import { createTaskIndex } from "../../src/log/task-index.ts";
import { createWriter } from "../../src/log/writer.ts";
import { type Deletions, createDeletions } from "../../src/work/deletion.ts";
import { realEnvironment } from "../support/environment.ts";

interface World extends AsyncDisposable {
  readonly store: Store;
  readonly deletions: Deletions;
  readonly mended: string[];
  make(): Promise<string>;
  batches(taskId: string): Promise<number>;
}

/** `failing`: what of the store fails. */
function open(failing: { purge?: boolean; append?: boolean } = {}): World {
  const environment = realEnvironment();
  const store = createMemoryStore({ environment });
  const index = createTaskIndex({ store, environment, limits: LIMITS });
  const writer = createWriter({ store, environment, limits: LIMITS, meter: silentMeter, index });
  const mended: string[] = [];
  const log = {
    ...store.log,
    purge: (taskId: string, keep: number): Promise<void> => (failing.purge ? Promise.reject(new LogUnavailable("away")) : store.log.purge(taskId, keep)),
  };
  const deletions = createDeletions({
    store: { keys: store.keys, log: log as Store["log"] }, environment,
    tasks: {
      decide: (taskId, drafts, { actor = null } = {}) => (failing.append ? Promise.reject(new LogUnavailable("away")) : writer.append(taskId, { drafts, bytes: 0, actor, service: true, identity: null })),
      onAppended: (listener) => writer.onAppended(listener),
    },
    mend: (taskId, state, cursor) => mended.push(summaryOf(taskId, state, parseCursor(cursor)?.position ?? 0).status),
  });
  return {
    store, deletions, mended,
    async make() {
      const { taskId } = await writer.create({ taskId: null, owner: "ann", kind: "k", access: "owner", actor: null, identity: null });
      await writer.append(taskId, { drafts: [{ type: "task.started", data: { attempt: 1 } }], bytes: 1, actor: null, service: false, identity: null });
      return taskId;
    },
    batches: async (taskId) => (await store.log.read({ taskId, after: 0, maxBytes: 1_000_000 })).batches.length,
    async [Symbol.asyncDispose]() {
      await writer.close();
      await index.close();
      await store.close();
    },
  };
}
const somebody = { kind: "user", id: "ann" } as const;

describe("a deletion", () => {
  test("whose events could not be removed is done all the same, and finished later", async () => {
    const failing = { purge: true };
    await using world = open(failing);
    const taskId = await world.make();
    await world.deletions.remove(taskId, "ann", somebody);
    expect(await world.batches(taskId)).toBe(3);
    failing.purge = false;
    expect(await world.deletions.finish()).toBe(1);
    expect([await world.batches(taskId), world.mended, await world.deletions.finish()]).toEqual([1, ["deleted"], 0]);
  });

  test("that never came as far as the log did not happen", async () => {
    const failing = { append: true };
    await using world = open(failing);
    const taskId = await world.make();
    await expect(world.deletions.remove(taskId, "ann", somebody)).rejects.toBeInstanceOf(LogUnavailable);
    failing.append = false;
    expect([await world.deletions.finish(), await world.batches(taskId), await world.store.keys.list("deletions")]).toEqual([0, 2, []]);
  });

  test("of a task that is nowhere leaves no note behind", async () => {
    await using world = open();
    await world.store.keys.set("deletions", "nowhere", "ann");
    expect([await world.deletions.finish(), await world.store.keys.list("deletions")]).toEqual([0, []]);
  });

  test("stands in a batch of its own, whatever was on its way at the same time", async () => {
    await using world = open();
    const taskId = await world.make();
    await Promise.all([world.deletions.remove(taskId, "ann", somebody), world.deletions.remove(taskId, "ann", somebody)]);
    const { batches } = await world.store.log.read({ taskId, after: 0, maxBytes: 1_000_000 });
    expect(batches.map(({ header }) => [header.firstSeq, header.lastSeq, header.status])).toEqual([[3, 3, "deleted"]]);
  });
});
