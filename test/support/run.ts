/** Stored events as a run, as the hub hands them to wires. */
import type { Stamped } from "../../src/domain/stamp.ts";
import type { Run } from "../../src/feed/port.ts";
import { SharedRun } from "../../src/feed/run.ts";
import { header } from "./broker.ts";

/** One batch that holds these events; at least one. */
export function runOf(events: readonly Stamped[]): Run {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a run has at least one event");
  const body = new TextEncoder().encode(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return new SharedRun("epoch", [{ batch: { taskId: first.task_id, position: 1, header: header(first.seq, last.seq), body }, fromSeq: first.seq }]);
}
