/** The contract's whole streams: in full and in compacted ranges they fold to what the contract says. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compact } from "../../src/domain/compact.ts";
import { emptyView, fold } from "../../src/domain/fold.ts";
import type { FoldEvent, TaskView } from "../../src/domain/fold.ts";

interface Stream {
  readonly about: string;
  readonly events: readonly FoldEvent[];
  readonly replayed?: readonly { readonly first_seq: number; readonly seq: number; readonly events: readonly FoldEvent[] }[];
  readonly folds_to: Readonly<Record<string, unknown>>;
}

const FOLDER = join(import.meta.dir, "../../contract/vectors/streams");
const streams = readdirSync(FOLDER).map((name) => ({ name, stream: JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Stream }));

/** Of a view, what a stream's `folds_to` speaks of. */
function told(view: TaskView, expected: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const status = (list: ReadonlyMap<string, { readonly status: string }>) => Object.fromEntries([...list].map(([id, item]) => [id, item.status]));
  const text = (list: ReadonlyMap<string, { readonly status: string; readonly content: string }>) => Object.fromEntries([...list].map(([id, item]) => [id, { status: item.status, content: item.content }]));
  const all: Record<string, unknown> = {
    status: view.status, seq: view.seq, attempt: view.attempt, percent: view.progress.percent, log_lines: view.log_lines,
    steps: status(view.steps), tools: status(view.tools), inputs: status(view.inputs), messages: text(view.messages), reasonings: text(view.reasonings),
  };
  return Object.fromEntries(Object.keys(expected).map((name) => [name, all[name]]));
}

describe("a stream of the contract", () => {
  for (const { name, stream } of streams) {
    const full = stream.events.reduce(fold, emptyView());

    test(`${name} folds to what the contract says: ${stream.about}`, () => {
      expect(told(full, stream.folds_to)).toEqual({ ...stream.folds_to });
    });

    test(`${name} folds to the same where the service compacts it`, () => {
      const view = compact(stream.events).reduce(fold, emptyView());
      expect(view).toEqual(full);
    });

    if (stream.replayed) {
      test(`${name} folds to the same in the contract's compacted ranges, which the service would make alike`, () => {
        const ranges = stream.replayed ?? [];
        const view = ranges.flatMap((range) => range.events).reduce(fold, emptyView());
        expect(told(view, stream.folds_to)).toEqual({ ...stream.folds_to });
        const joined = (events: readonly FoldEvent[]) => events.map(({ type, seq, data }) => ({ type, seq, delta: (data as { delta?: string }).delta }));
        for (const { first_seq, seq, events } of ranges) {
          const part = stream.events.filter((event) => event.seq >= first_seq && event.seq <= seq);
          expect(joined(compact(part))).toEqual(joined(events));
        }
      });
    }
  }
});
