/** Cursors: what was made is read back, what was not is refused, and another task's, epoch's or batch's is told apart. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BEGINNING, cursorAt, cursorMatchesEpoch, cursorMatchesNonce, cursorMatchesTask, cursorPrefix, parseCursor } from "../../src/domain/cursor.ts";
import type { Cursor } from "../../src/domain/cursor.ts";

const place = fc.record({ taskId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), epoch: fc.string({ minLength: 1, maxLength: 16 }), position: fc.integer({ min: 0, max: 2 ** 48 - 1 }), nonce: fc.string({ minLength: 1, maxLength: 32 }) });
const seq = fc.maxSafeNat();

describe("a cursor", () => {
  test("is read back as it was made, and made again as it was read", () => {
    fc.assert(fc.property(place, seq, (where, at) => {
      const text = cursorAt(cursorPrefix(where), at);
      const cursor = parseCursor(text) as Cursor;
      expect(text).toMatch(/^[A-Za-z0-9_-]{20}\.[0-9a-z]+$/);
      expect([cursor.position, cursor.seq]).toEqual([where.position, at]);
      expect([cursorMatchesTask(cursor, where.taskId), cursorMatchesEpoch(cursor, where.epoch), cursorMatchesNonce(cursor, where.nonce)]).toEqual([true, true, true]);
    }));
  });

  test("is base64url of the fifteen bytes that it is said to be", () => {
    fc.assert(fc.property(place, (where) => {
      const prefix = cursorPrefix(where);
      const bytes = Buffer.from(prefix, "base64url");
      expect(bytes.length).toBe(15);
      expect(bytes.readUIntBE(6, 6)).toBe(where.position);
      expect(bytes.toString("base64url")).toBe(prefix);
    }));
  });

  test("of another task, epoch or batch does not match (but for one in sixteen million)", () => {
    fc.assert(fc.property(place, place, (one, other) => {
      const cursor = parseCursor(cursorAt(cursorPrefix(one), 1)) as Cursor;
      const wrong = [one.taskId !== other.taskId && cursorMatchesTask(cursor, other.taskId), one.epoch !== other.epoch && cursorMatchesEpoch(cursor, other.epoch), one.nonce !== other.nonce && cursorMatchesNonce(cursor, other.nonce)];
      expect(wrong).toEqual([false, false, false]);
    }), { seed: 1, numRuns: 500 });
  });

  test("that nobody made is refused", () => {
    const good = cursorAt(cursorPrefix({ taskId: "t", epoch: "e", position: 7, nonce: "n" }), 35);
    expect(good).toEndWith(".z");
    const bad = ["", BEGINNING, "garbage", good.slice(1), `${good} `, ` ${good}`, good.replace(".z", ".Z"), good.replace(".z", "."), good.replace(".z", ".0z"), good.replace(".z", ".zzzzzzzzzzz"), good.replace(".z", ".-1"), `${good}\n`, good.replace(".", "+"), good.replace(/^./, "é"), good.repeat(100)];
    for (const text of bad) expect([text, parseCursor(text)]).toEqual([text, null]);
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      const cursor = parseCursor(text);
      if (cursor !== null) expect(text).toMatch(/^[A-Za-z0-9_-]{20}\.[0-9a-z]{1,11}$/);
    }));
  });
});
