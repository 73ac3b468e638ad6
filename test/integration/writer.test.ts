/** Two instances of the writing side on a real broker that is killed under them. What holds in quiet times is `suites/writer.ts`, run beside the logs. */
import { describe, expect, test } from "bun:test";
import { TaskwireError } from "../../src/domain/error.ts";
import { openPair } from "../support/broker.ts";
import { startNats } from "../support/nats.ts";
import { batchesOf, creation, eventsIn, expectDense, line, submission, writingSide, type WritingSide } from "../suites/writer.ts";

describe("two instances on a broker that is killed", () => {
  test("store every request exactly once, numbered densely, and hold what comes meanwhile", async () => {
    await using server = await startNats();
    const opened = await openPair(server);
    const sides = [writingSide(opened.store), writingSide(opened.other)] as const;
    const { taskId } = await sides[0].writer.create(creation());
    const refusals = new Set<string>();
    let acknowledged = 0;
    const producers = Array.from({ length: 8 }, async (_, producer) => {
      for (let seq = 1; seq <= 100; seq += 1) {
        const name = `${producer}.${seq}`;
        const request = submission([line(name)], { kind: "producer", id: `p${producer}`, seq, digest: name });
        for (let side = producer + seq; ; side += 1) {
          try {
            await (sides[side % 2] as WritingSide).writer.append(taskId, request);
            acknowledged += 1;
            break;
          } catch (error) {
            if (!(error instanceof TaskwireError)) throw error;
            refusals.add(error.code);
          }
        }
      }
    });
    for (const limit of [200, 500]) {
      while (acknowledged < limit) await new Promise((resolve) => setImmediate(resolve));
      await server.kill();
      await server.restart();
    }
    await Promise.all(producers);
    const batches = await batchesOf(opened.store.log, taskId);
    expectDense(batches);
    const texts = eventsIn(batches).slice(1).map((event) => event.data.text);
    expect(texts.length).toBe(800);
    expect(new Set(texts).size).toBe(800);
    for (const code of refusals) expect(["append_unknown", "unavailable"]).toContain(code);
    await Promise.all(sides.map((side) => side.close()));
    await opened.close();
  }, 60_000);
});
