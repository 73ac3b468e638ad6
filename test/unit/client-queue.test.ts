import { describe, expect, test } from "bun:test";
import { createQueue } from "../../clients/typescript/src/queue.ts";
import { advance, beginProof, judge, restart } from "../../clients/typescript/src/proof.ts";

describe("the client's queue", () => {
  const small = (onRoom: () => void = () => {}) => createQueue<number>({ items: 3, size: 100 }, onRoom);

  test("is full by number or by size, and says when it has room again", async () => {
    let told = 0;
    const queue = small(() => told++);
    expect(queue.room()).toBeNull();
    queue.push(1, 100);
    expect(queue.full).toBe(true);
    const room = queue.room();
    expect(await queue.take()).toEqual([1]);
    expect([queue.full, told]).toEqual([true, 0]);
    const more = queue.take();
    await room;
    expect([queue.full, told]).toEqual([false, 1]);
    queue.push(2, 1);
    expect(await more).toEqual([2]);
    await Promise.race([queue.take(), Promise.resolve()]);
    for (const one of [1, 2, 3]) queue.push(one, 1);
    expect(queue.full).toBe(true);
  });

  test("hands over what is left before it ends, with or without an error", async () => {
    const quiet = small();
    quiet.push(1, 1);
    quiet.end();
    expect([await quiet.take(), await quiet.take()]).toEqual([[1], null]);
    const failed = small();
    failed.push(1, 1);
    failed.end(new Error("why"));
    expect(await failed.take()).toEqual([1]);
    expect(failed.take()).rejects.toThrow("why");
  });

  test("wakes who waits for an item and who waits for room when it ends", async () => {
    const queue = small();
    const taking = queue.take();
    queue.end();
    expect(await taking).toBeNull();
    const full = small();
    full.push(1, 100);
    const room = full.room();
    full.end(undefined, true);
    await room;
    expect(await full.take()).toBeNull();
  });
});

describe("the proof by seq", () => {
  test("from the beginning expects the first event; from a cursor takes what comes first", () => {
    expect(judge(beginProof(null, "full"), 1, 1)).toBe("next");
    expect(judge(beginProof(null, "full"), 2, 2)).toBe("hole");
    expect(judge(beginProof("c7", "full"), 8, 8)).toBe("next");
    expect(judge(beginProof(null, "none"), 300, 300)).toBe("next");
  });

  test("tells next, duplicate and hole apart, for ranges too", () => {
    const proof = advance(beginProof(null, "full"), 10, "c10");
    expect(judge(proof, 11, 11)).toBe("next");
    expect(judge(proof, 11, 40)).toBe("next");
    expect(judge(proof, 3, 10)).toBe("duplicate");
    expect(judge(proof, 12, 12)).toBe("hole");
    expect(judge(proof, 9, 12)).toBe("hole");
  });

  test("keeps the last cursor where a frame has none, and starts anew after a gap", () => {
    const proof = advance(advance(beginProof(null, "full"), 1, "c1"), 2, null);
    expect(proof).toEqual({ lastSeq: 2, cursor: "c1" });
    expect(judge(restart(proof), 1, 50)).toBe("next");
  });
});
