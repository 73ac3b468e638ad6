/** Following a set of tasks that changes by itself: who joins, what happens, who leaves; on one connection, from one position. */
import type { DeliveredEvent, StreamGapFrame, TaskSummary } from "../../../generated/typescript/types.ts";
import { type ConnectionContext, type ConnectionState, createConnection, type Taken } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import { QUEUE_BOUNDS } from "./follow.ts";
import { isStreamFrame, type LooseFrame, numberOf, textOf } from "./frames.ts";
import type { FetchLike } from "./http-wire.ts";
import { type Bounds, createQueue, handOut } from "./queue.ts";
import { type SetPlace, setSocket, setStream, type TaskSet } from "./set-transports.ts";
import type { Replay, Transport } from "./transport.ts";
import type { WebSocketClass } from "./websocket.ts";

export type { TaskSet } from "./set-transports.ts";

/** What happens to a set. `position`: pass it as `after`, with the same words, to go on behind it. */
export type SetItem = { readonly position: string | null } & (
  | { readonly kind: "event"; readonly event: DeliveredEvent }
  /** A task is in the set now; told anew after a cut, perhaps. `created`: its events come from the first on. */
  | { readonly kind: "joined"; readonly taskId: string; readonly reason: string; readonly summary: TaskSummary }
  /** `ended` and `deleted`: nothing more comes of it. `limit`: there are too many; only its summary is told until it joins again. */
  | { readonly kind: "left"; readonly taskId: string; readonly reason: string; readonly summary: TaskSummary }
  /** Events of this task are kept no more: forget what is known of it; a `task.snapshot` comes next. */
  | { readonly kind: "gap"; readonly taskId: string; readonly gap: StreamGapFrame }
  /** One task cannot be watched; the others go on. */
  | { readonly kind: "refused"; readonly taskId: string; readonly error: TaskwireError }
  /** All history was told. */
  | { readonly kind: "caught_up" }
);

export interface FollowSetOptions {
  /** A `position` of the same set. */
  readonly after?: string | null;
  /** How history of tasks that are there already arrives; `none` by default. Later ones always come from their first event. */
  readonly replay?: Replay;
  readonly signal?: AbortSignal;
  readonly onState?: (state: ConnectionState) => void;
}

export type FollowSet = (set: TaskSet, options?: FollowSetOptions) => AsyncIterableIterator<SetItem>;

/** Tasks whose last event is remembered; a set has far fewer at once. */
const REMEMBERED = 4_096;

/** What of a task was handed over last. */
interface Last {
  readonly seq: number;
  readonly cursor: string | null;
}

/** The bookkeeping of one following: frames in, items out. */
class Tracker {
  position: string | null;
  /** A range came that holds what was handed over already, and more: history is asked for event by event until all was told. */
  overlapped = false;
  readonly #emit: (item: SetItem, length: number) => void;
  readonly #tasks = new Map<string, Last>();

  constructor(after: string | null, emit: (item: SetItem, length: number) => void) {
    this.position = after;
    this.#emit = emit;
  }

  take(frame: LooseFrame, length: number): Taken {
    if (frame.selector !== undefined) this.position = textOf(frame, "cursor") ?? this.position;
    const taskId = textOf(frame, "task_id") ?? "";
    if (!isStreamFrame(frame)) return this.#event(taskId, frame, length);
    const { position } = this;
    switch (frame.type) {
      case "stream.joined":
      case "stream.left": {
        const kind = frame.type === "stream.joined" ? "joined" : "left";
        const reason = textOf(frame, "reason") ?? "";
        this.#emit({ kind, taskId, reason, summary: frame.summary as TaskSummary, position }, length);
        break;
      }
      case "stream.gap":
        this.#tasks.delete(taskId);
        this.#emit({ kind: "gap", taskId, gap: frame as unknown as StreamGapFrame, position }, length);
        break;
      case "stream.caught_up":
        if (frame.selector === undefined) break;
        this.overlapped = false;
        this.#emit({ kind: "caught_up", position }, 0);
        break;
      case "stream.replayed":
        return this.#replayed(taskId, frame, length);
    }
    return "ok";
  }

  refused(taskId: string, error: TaskwireError): void {
    this.#tasks.delete(taskId);
    this.#emit({ kind: "refused", taskId, error, position: this.position }, 0);
  }

  #event(taskId: string, frame: LooseFrame, length: number): Taken {
    const judged = this.#judge(taskId, numberOf(frame, "first_seq") ?? numberOf(frame, "seq"), numberOf(frame, "seq"), textOf(frame, "cursor"));
    if (judged === "next") this.#emit({ kind: "event", event: frame as unknown as DeliveredEvent, position: this.position }, length);
    return judged === "hole" ? "hole" : "ok";
  }

  #replayed(taskId: string, frame: LooseFrame, length: number): Taken {
    const events = Array.isArray(frame.events) ? (frame.events as LooseFrame[]) : [];
    const cursor = textOf(frame, "cursor");
    const [first, last] = [numberOf(frame, "first_seq"), numberOf(frame, "seq")];
    const before = this.#tasks.get(taskId)?.seq ?? 0;
    if (first !== null && last !== null && first <= before && last > before) {
      this.overlapped = true;
      return "hole";
    }
    const judged = this.#judge(taskId, first, last, cursor);
    if (judged === "next") for (const event of events) this.#emit({ kind: "event", event: { ...event, cursor: cursor ?? "" } as unknown as DeliveredEvent, position: this.position }, length / events.length);
    return judged === "hole" ? "hole" : "ok";
  }

  /** Whether what begins and ends there comes next of its task. The same number at another place is of another log. */
  #judge(taskId: string, first: number | null, last: number | null, cursor: string | null): "next" | "known" | "hole" {
    if (first === null || last === null) return "known";
    const before = this.#tasks.get(taskId);
    const otherLog = before !== undefined && last === before.seq && cursor !== before.cursor;
    if (before !== undefined && !otherLog) {
      if (last <= before.seq) return "known";
      if (first > before.seq + 1) return "hole";
    }
    // What has left may come again from an earlier position: the last of it is remembered for a while.
    this.#tasks.delete(taskId);
    this.#tasks.set(taskId, { seq: last, cursor });
    if (this.#tasks.size > REMEMBERED) this.#tasks.delete(this.#tasks.keys().next().value ?? "");
    return "next";
  }
}

/** A function that follows sets over these transports. */
export function createFollowSet(context: ConnectionContext, { Socket, fetch }: { readonly Socket: WebSocketClass | undefined; readonly fetch: FetchLike | undefined }, bounds: Bounds = QUEUE_BOUNDS): FollowSet {
  return (words, { after = null, replay = "none", signal, onState } = {}) => handOut(signal, () => {
    const place = (): SetPlace => ({ words, after: tracker.position, replay: tracker.overlapped ? "full" : replay });
    const transports: Record<string, Transport> = { ...(Socket && { websocket: setSocket(Socket, place) }), ...(fetch && { sse: setStream(fetch, place) }) };
    const wanted = context.settings.transports.filter((name) => name in transports);
    if (wanted.length === 0) throw new TaskwireError("no_transport", { detail: "A set of tasks is followed over WebSocket or SSE, and neither was asked for and exists here." });
    const queue = createQueue<SetItem>(bounds, () => connection.input({ kind: "room" }));
    const tracker = new Tracker(after, (item, length) => queue.push(item, length));
    const connection = createConnection({ ...context, transports, settings: { ...context.settings, transports: wanted }, memory: { proven: context.memory.proven.filter((name) => wanted.includes(name)) } }, {
      many: true,
      subscriptions: () => [],
      take(frame, length) {
        const taken = tracker.take(frame, length);
        return taken === "ok" && queue.full ? "full" : taken;
      },
      refused(error) {
        // What is said of the set itself ends it, though its socket may stay.
        if (error.taskId === null) connection.input({ kind: "lost", loss: { error } });
        else tracker.refused(error.taskId, error);
        return true;
      },
      room: () => queue.room(),
      changed: (state) => onState?.(state),
      ended: (error) => queue.end(error ?? undefined),
    });
    return { queue, connection };
  });
}
