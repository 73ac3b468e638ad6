/** Following tasks: proof, queue and connection put together, given out as an async iteration. */
import type { DeliveredEvent, StreamGapFrame, StreamFrame } from "../../../generated/typescript/types.ts";
import { type ConnectionContext, type ConnectionState, createConnection, type Taken } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import { isStreamFrame, isTerminal, type LooseFrame, numberOf, textOf } from "./frames.ts";
import { advance, beginProof, judge, type Proof, restart } from "./proof.ts";
import { type Bounds, createQueue, handOut } from "./queue.ts";
import type { Replay, Subscription } from "./transport.ts";

export interface FollowOptions {
  /** Ends the iteration, quietly. */
  readonly signal?: AbortSignal;
  /** How history arrives: every event (`full`, the default), joined (`compact`), not at all (`none`). */
  readonly replay?: Replay;
  /** Told of every change of the connection. */
  readonly onState?: (state: ConnectionState) => void;
  /** Told when events were asked for that the log no longer has; a `task.snapshot` comes next in the iteration. */
  readonly onGap?: (gap: StreamGapFrame) => void;
  /** Told of every `stream.*` frame, as it came. */
  readonly onFrame?: (frame: StreamFrame) => void;
}

/** Events that may wait for a slow consumer before the wire is stopped; and characters of their JSON. */
export const QUEUE_BOUNDS: Bounds = { items: 10_000, size: 8 * 1024 * 1024 };

/** What an id may be, in every part of Taskwire. */
const LEGAL_ID = /^[A-Za-z0-9_-]{1,64}$/;

interface Track {
  readonly taskId: string;
  proof: Proof;
  replay: Replay;
  over: boolean;
  /** The last `seq` at which an end was not believed. */
  doubtedAt: number | null;
}

/** The tracks of all tasks that are followed: pure bookkeeping, frame by frame. */
function createTracker(wanted: readonly Subscription[], emit: (event: DeliveredEvent, length: number) => void) {
  const tracks = new Map<string, Track>();
  for (const { taskId, after, replay } of wanted) tracks.set(taskId, { taskId, proof: beginProof(after, replay), replay, over: false, doubtedAt: null });
  const only = tracks.size === 1 ? [...tracks.values()][0] : undefined;
  let left = tracks.size;

  const finish = (track: Track): Taken => {
    if (!track.over) left--;
    track.over = true;
    return left === 0 ? "done" : "ok";
  };

  const event = (track: Track, frame: LooseFrame, length: number): Taken => {
    const seq = numberOf(frame, "seq");
    if (seq === null) return "ok";
    const judged = judge(track.proof, numberOf(frame, "first_seq") ?? seq, seq);
    if (judged !== "next") return judged === "hole" ? "hole" : "ok";
    track.proof = advance(track.proof, seq, textOf(frame, "cursor"));
    emit(frame as unknown as DeliveredEvent, length);
    return isTerminal(frame.type) ? finish(track) : "ok";
  };

  /** A range of history. Only its last event has a position of its own: who stops before it comes back to the range's beginning. */
  const replayed = (track: Track, frame: LooseFrame, length: number): Taken => {
    const seq = numberOf(frame, "seq");
    const events = Array.isArray(frame.events) ? (frame.events as LooseFrame[]) : [];
    if (seq === null) return "ok";
    const judged = judge(track.proof, numberOf(frame, "first_seq") ?? seq, seq);
    if (judged !== "next") return judged === "hole" ? "hole" : "ok";
    const before = track.proof.cursor ?? "0";
    const cursor = textOf(frame, "cursor") ?? before;
    track.proof = advance(track.proof, seq, cursor);
    events.forEach((one, at) => emit({ ...one, cursor: at === events.length - 1 ? cursor : before } as unknown as DeliveredEvent, length / events.length));
    return events.some(({ type }) => isTerminal(type)) ? finish(track) : "ok";
  };

  return {
    subscriptions: (): Subscription[] =>
      [...tracks.values()].filter(({ over }) => !over).map(({ taskId, proof: { cursor }, replay }) => ({ taskId, after: cursor, replay })),
    take(frame: LooseFrame, length: number): Taken {
      const id = textOf(frame, "task_id");
      const track = id === null ? only : tracks.get(id);
      if (!track || track.over) return "ok";
      if (!isStreamFrame(frame)) return event(track, frame, length);
      switch (frame.type) {
        case "stream.replayed":
          return replayed(track, frame, length);
        case "stream.gap":
          track.proof = restart(track.proof);
          return "ok";
        case "stream.subscribed":
          return subscribed(track, frame);
        case "stream.end":
          return ended(track, frame);
        default:
          return "ok";
      }
    },
  };

  /** An end elsewhere than where we are leaves out the task's last events: it is believed only when it is said again. */
  function ended(track: Track, frame: LooseFrame): Taken {
    const { cursor, lastSeq } = track.proof;
    const here = textOf(frame, "cursor") === cursor || track.replay === "none" || track.doubtedAt === (lastSeq ?? -1);
    if (here) return finish(track);
    track.doubtedAt = lastSeq ?? -1;
    return "hole";
  }

  /** With `none` the place to come back to is where it began, and what is missed during a cut is wanted. */
  function subscribed(track: Track, frame: LooseFrame): Taken {
    const cursor = textOf(frame, "cursor");
    if (track.replay === "none" && cursor !== null && track.proof.cursor === null) {
      track.proof = { ...track.proof, cursor };
      track.replay = "full";
    }
    return "ok";
  }
}

/**
 * Follows tasks until each has ended. Yields every stored event once and in order, with its cursor, whatever happens to
 * the connection. Throws `TaskwireError` when going on is pointless. `bounds` limits what waits for the consumer.
 */
export function followTasks(context: ConnectionContext, wanted: readonly Subscription[], many: boolean, options: FollowOptions, bounds: Bounds = QUEUE_BOUNDS): AsyncGenerator<DeliveredEvent, void, undefined> {
  const { signal, onState, onGap, onFrame } = options;
  return handOut(signal, () => {
    if (wanted.length === 0) return null;
    const illegal = wanted.find(({ taskId }) => !LEGAL_ID.test(taskId));
    if (illegal) throw new TaskwireError("id_invalid", { detail: `"${illegal.taskId}" cannot be a task's id.`, taskId: illegal.taskId });
    const queue = createQueue<DeliveredEvent>(bounds, () => connection.input({ kind: "room" }));
    const tracker = createTracker(wanted, (event, length) => queue.push(event, length));
    const connection = createConnection(context, {
      many,
      subscriptions: tracker.subscriptions,
      take(frame, length) {
        if (isStreamFrame(frame)) onFrame?.(frame as unknown as StreamFrame);
        const taken = tracker.take(frame, length);
        if (frame.type === "stream.gap") onGap?.(frame as unknown as StreamGapFrame);
        return taken === "ok" && queue.full ? "full" : taken;
      },
      room: () => queue.room(),
      changed: (state) => onState?.(state),
      ended: (error) => queue.end(error ?? undefined),
    });
    return { queue, connection };
  });
}
