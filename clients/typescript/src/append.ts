/**
 * Appends with an identity that makes every repetition harmless: `Taskwire-Producer: <id>;<seq>`. The service takes a
 * `seq` that is not above the last one for a repetition, so a task's requests go one after another, never side by side.
 */
import type { AppendAck } from "../../../generated/typescript/types.ts";
import type { Call, CallOptions } from "./http.ts";
import { randomIdentity } from "./identity.ts";

/** Tasks whose counting is remembered; a forgotten one begins anew under another producer's name. */
const LANES = 1_000;

interface Lane {
  readonly producer: string;
  seq: number;
  busy: number;
  tail: Promise<unknown>;
}

/** Appends events, each given as its JSON, all or none. */
export type Append = (taskId: string, events: readonly string[], options?: CallOptions) => Promise<AppendAck>;

/** A function that appends through `call`; `lease`: that of a task which workers lease. */
export function createAppend(call: Call, lease?: string): Append {
  const lanes = new Map<string, Lane>();

  const laneOf = (taskId: string): Lane => {
    const lane = lanes.get(taskId) ?? { producer: randomIdentity(), seq: 0, busy: 0, tail: Promise.resolve() };
    lanes.delete(taskId);
    lanes.set(taskId, lane);
    for (const [id, { busy }] of lanes) {
      if (lanes.size <= LANES) break;
      if (busy === 0 && id !== taskId) lanes.delete(id);
    }
    return lane;
  };

  return (taskId, events, options) => {
    const lane = laneOf(taskId);
    lane.busy++;
    const run = (): Promise<AppendAck> =>
      call<AppendAck>(
        {
          method: "POST",
          path: `/v1/tasks/${encodeURIComponent(taskId)}/events`,
          headers: { "content-type": "application/x-ndjson", "taskwire-producer": `${lane.producer};${++lane.seq}`, ...(lease === undefined ? {} : { "taskwire-lease": lease }) },
          body: `${events.join("\n")}\n`,
        },
        options,
      );
    const answer = lane.tail.then(run, run).finally(() => lane.busy--);
    lane.tail = answer.catch(() => {});
    return answer;
  };
}
