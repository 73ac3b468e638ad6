/** Whatever arrives, and in whatever order: what `merge` lets through is the log, dense, in order and once. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NOTHING, markOf, merge, type Mark } from "../../src/feed/merge.ts";
import type { Batch } from "../../src/log/port.ts";

const batch = (firstSeq: number, lastSeq: number, position: number, nonce: string): Batch => ({
  taskId: "t",
  position,
  header: { firstSeq, lastSeq, nonce, owner: "o", creator: null, conversation: null, kind: "k", access: "owner", status: "running", attempt: 1, state: null, stateAt: 0, delta: null },
  body: new Uint8Array(),
});

/** A log: batches of 1 to 4 events, at positions that rise with holes. */
const logs = fc.array(fc.record({ events: fc.integer({ min: 1, max: 4 }), hole: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 12 }).map((parts) => {
  let [seq, position] = [0, 0];
  return parts.map(({ events, hole }, at) => {
    const made = batch(seq + 1, seq + events, position + hole, `n${at}`);
    [seq, position] = [seq + events, position + hole];
    return made;
  });
});

describe("merging", () => {
  test("of a log's batches in any order, doubled and lost, never takes a wrong one and never loses its place", () => {
    fc.assert(
      fc.property(logs, fc.array(fc.nat(), { maxLength: 60 }), (log, picks) => {
        let mark: Mark = NOTHING;
        let taken = 0;
        for (const pick of picks) {
          const at = pick % log.length;
          const arrived = log[at] as Batch;
          const verdict = merge(mark, arrived);
          expect(verdict).toBe(at === taken ? "next" : at < taken ? "duplicate" : "gap");
          if (verdict === "next") {
            mark = markOf(arrived);
            taken += 1;
          }
        }
        expect(mark.seq).toBe(log[taken - 1]?.header.lastSeq ?? 0);
      }),
    );
  });

  test("finds a log that was rolled back and went on otherwise, at the latest where both have the same seq", () => {
    fc.assert(
      fc.property(logs, fc.nat(), fc.integer({ min: 1, max: 4 }), (log, pick, events) => {
        const keep = pick % log.length;
        const mark = markOf(log.at(-1) as Batch);
        const from = log[keep - 1];
        const firstSeq = (from?.header.lastSeq ?? 0) + 1;
        const other = batch(firstSeq, firstSeq + events - 1, (from?.position ?? 0) + 1, "other");
        // Shorter than what is known, it can look like a batch known before; never like the next.
        expect(["reset", "duplicate"]).toContain(merge(mark, other));
        if (other.header.lastSeq >= mark.seq) expect(merge(mark, other)).toBe("reset");
      }),
    );
  });
});
