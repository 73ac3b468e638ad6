/** The contract's whole streams: in full and in compacted ranges they fold to what the contract says. */
import { describe, expect, test } from "bun:test";
import { compact } from "../../src/domain/compact.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import type { FoldEvent } from "../../src/domain/fold.ts";
import { foldedTo, vectorsIn } from "../support/vectors.ts";

interface Stream {
  readonly about: string;
  readonly events: readonly FoldEvent[];
  readonly replayed?: readonly { readonly first_seq: number; readonly seq: number; readonly events: readonly FoldEvent[] }[];
  readonly folds_to: Readonly<Record<string, unknown>>;
}

describe("a stream of the contract", () => {
  for (const { file: name, vector: stream } of vectorsIn<Stream>("streams")) {
    const full = stream.events.reduce(fold, emptyView());

    test(`${name} folds to what the contract says: ${stream.about}`, () => {
      expect(foldedTo(full, stream.folds_to)).toEqual({ ...stream.folds_to });
    });

    test(`${name} folds to the same where the service compacts it`, () => {
      const view = compact(stream.events).reduce(fold, emptyView());
      expect(view).toEqual(full);
    });

    if (stream.replayed) {
      test(`${name} folds to the same in the contract's compacted ranges, which the service would make alike`, () => {
        const ranges = stream.replayed ?? [];
        const view = ranges.flatMap((range) => range.events).reduce(fold, emptyView());
        expect(foldedTo(view, stream.folds_to)).toEqual({ ...stream.folds_to });
        const joined = (events: readonly FoldEvent[]) => events.map(({ type, seq, data }) => ({ type, seq, delta: (data as { delta?: string }).delta }));
        for (const { first_seq, seq, events } of ranges) {
          const part = stream.events.filter((event) => event.seq >= first_seq && event.seq <= seq);
          expect(joined(compact(part))).toEqual(joined(events));
        }
      });
    }
  }
});
