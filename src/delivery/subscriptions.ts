/** The tasks that one connection watches or is about to: asked for, judged, watched, over. A part of the session, as pure. */
import type { StreamFrame } from "../../generated/typescript/types.ts";
import { deletedTask, type Identity, mayWatch, unknownTask } from "../domain/access.ts";
import { BEGINNING } from "../domain/cursor.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Notice, Replay } from "../feed/port.ts";
import { type Frame, eventFrame, replayedFrame, streamFrame } from "./frame.ts";
import { errorFrame } from "./refusal.ts";
import type { Action, Judgement, Only, SessionOptions } from "./session-port.ts";

/** Subscribe frames to the same task that may wait for its first answer. */
const WAITING = 16;

type Subscribed = Extract<Notice, { type: "subscribed" }>;

interface Subscription {
  readonly taskId: string;
  /** Tells this subscription from an earlier one to the same task. */
  readonly ticket: number;
  readonly after: string | null;
  readonly replay: Replay;
  /** Frames whose answer is the subscription's first; null for one without a request id. */
  waiting: readonly (string | null)[];
  watching: boolean;
  subscribed: Subscribed | null;
}

export interface Wish {
  readonly taskId: string;
  readonly after: string | null;
  readonly replay: Replay;
  readonly requestId: string | null;
}

/** A subscription that is over by itself. */
export type Over = { readonly kind: "ended" } | { readonly kind: "failed"; readonly error: TaskwireError };

const NONE: readonly Subscription[] = [];
/** Who waits for a first answer: one frame without a request id, or nobody any more. */
const UNNAMED: readonly null[] = [null];
const NOBODY: readonly null[] = [];

export class Subscriptions {
  readonly #options: SessionOptions;
  readonly #session: { act(action: Action): void };
  /** Most connections have one, none has many. */
  #all: readonly Subscription[] = NONE;
  #tickets = 0;

  constructor(options: SessionOptions, session: { act(action: Action): void }) {
    this.#options = options;
    this.#session = session;
  }

  /** The subscription of a connection that is for one task. */
  only({ taskId, after, replay, judged }: Only): void {
    const subscription = this.#make({ taskId, after, replay, requestId: null });
    if (judged) this.#watch(taskId, subscription);
    else this.#session.act({ do: "judge", taskId, ticket: subscription.ticket });
  }

  get size(): number {
    return this.#all.length;
  }

  /** Begins a subscription; the same task twice is once. `taken`: what else the connection watches. Answers why not. */
  add(wish: Wish, taken = 0): TaskwireError | null {
    const { taskId, requestId } = wish;
    const there = this.#find(taskId);
    if (there?.subscribed) {
      if (requestId !== null) this.#answer(taskId, there.subscribed, requestId);
      return null;
    }
    if (there !== undefined) {
      if (there.waiting.length >= WAITING) return new TaskwireError("too_many_subscriptions", "This task was subscribed to many times before the first answer; wait for it.");
      if (requestId !== null) there.waiting = [...there.waiting, requestId];
      return null;
    }
    const { subscriptions } = this.#options.limits;
    if (this.#all.length + taken >= subscriptions) return new TaskwireError("too_many_subscriptions", `This connection watches ${subscriptions} tasks, the most that one may. Unsubscribe from some, or use another connection.`, { limit: "subscriptions" });
    const { ticket } = this.#make(wish);
    this.#session.act({ do: "judge", taskId, ticket });
    return null;
  }

  #make({ taskId, after, replay, requestId }: Wish): Subscription {
    const cursor = after === "" || after === BEGINNING ? null : after;
    const subscription = { taskId, ticket: ++this.#tickets, after: cursor, replay, waiting: requestId === null ? UNNAMED : [requestId], watching: false, subscribed: null };
    this.#all = [...this.#all, subscription];
    return subscription;
  }

  #find(taskId: string): Subscription | undefined {
    return this.#all.find((each) => each.taskId === taskId);
  }

  #drop(there: Subscription | undefined): void {
    this.#all = this.#all.filter((each) => each !== there);
  }

  #watch(taskId: string, subscription: Subscription): void {
    subscription.watching = true;
    this.#session.act({ do: "watch", taskId, ticket: subscription.ticket, after: subscription.after, replay: subscription.replay });
  }

  /** Ends a subscription as asked. What is not there is not an error: nothing of it follows, as promised. */
  remove(taskId: string, requestId: string | null): void {
    const there = this.#find(taskId);
    this.#forget(taskId);
    for (const waiting of there?.waiting ?? []) if (waiting !== null) this.#send({ type: "stream.unsubscribed", task_id: taskId, request_id: waiting });
    this.#send({ type: "stream.unsubscribed", task_id: taskId, ...(requestId === null ? {} : { request_id: requestId }) });
  }

  /** The facts have come: watch, or say that there is no such task. `refuse` closes a connection that is for this task alone. */
  judged({ taskId, ticket, facts, error }: Judgement, identity: Identity, refuse: (error: TaskwireError) => void): void {
    const there = this.#find(taskId);
    if (there === undefined || there.ticket !== ticket) return;
    const visible = facts !== null && mayWatch(identity, facts);
    // Whoever watches already is told by the feed.
    if (visible && (there.watching || facts.status !== "deleted")) {
      if (!there.watching) this.#watch(taskId, there);
      return;
    }
    // Facts that could not be had for one who is watching already say nothing against it.
    if (error !== null && there.watching) return;
    const failure = error ?? (visible ? deletedTask(taskId) : unknownTask(taskId));
    this.#forget(taskId);
    if (this.#options.only !== null) return refuse(failure);
    this.#fail(taskId, there, failure);
  }

  /** Has every watched task judged again, because the caller is less than they were. */
  judgeAgain(): void {
    for (const { taskId, ticket, watching } of this.#all) if (watching) this.#session.act({ do: "judge", taskId, ticket });
  }

  /** What the feed says, as frames. Answers how the subscription ended, if it did. */
  notice(taskId: string, ticket: number, notice: Notice): Over | null {
    const there = this.#find(taskId);
    if (there === undefined || there.ticket !== ticket) return null;
    switch (notice.type) {
      case "subscribed":
        this.#subscribed(taskId, there, notice);
        return null;
      case "replayed":
        this.#sendFrame(replayedFrame(notice.frame, notice.cursor));
        return null;
      case "caught_up":
        this.#send({ type: "stream.caught_up", task_id: taskId, cursor: notice.cursor });
        return null;
      case "gap":
        this.#send({ type: "stream.gap", task_id: taskId, requested: notice.requested, earliest: notice.earliest, reason: notice.reason });
        if (notice.snapshot !== null) this.#sendFrame(eventFrame(notice.snapshot));
        return null;
      case "end":
        this.#send({ type: "stream.end", task_id: taskId, status: notice.status, cursor: notice.cursor });
        this.#drop(there);
        return { kind: "ended" };
      case "failed": {
        const error = notice.code === "task_unknown" ? unknownTask(taskId) : new TaskwireError(notice.code, notice.detail);
        this.#drop(there);
        if (this.#options.only === null) this.#fail(taskId, there, error);
        return { kind: "failed", error };
      }
    }
  }

  #subscribed(taskId: string, there: Subscription, notice: Subscribed): void {
    there.subscribed = notice;
    const [first = null, ...others] = there.waiting;
    there.waiting = NOBODY;
    this.#answer(taskId, notice, first);
    for (const requestId of others) if (requestId !== null) this.#answer(taskId, notice, requestId);
  }

  #answer(taskId: string, { cursor, replay, tail_seq }: Subscribed, requestId: string | null): void {
    this.#send({ type: "stream.subscribed", task_id: taskId, cursor, replay, tail_seq, ...(requestId === null ? {} : { request_id: requestId }) });
  }

  #fail(taskId: string, { waiting }: Subscription, error: TaskwireError): void {
    const [first = null, ...others] = waiting;
    const asked = [first, ...others.filter((id) => id !== null)];
    for (const requestId of asked) this.#send(errorFrame(error, this.#options.limits.reconnectMs, { taskId, requestId }));
  }

  #forget(taskId: string): void {
    const there = this.#find(taskId);
    this.#drop(there);
    if (there?.watching) this.#session.act({ do: "unwatch", taskId });
  }

  /** Ends everything. */
  clear(): void {
    for (const { taskId } of this.#all) this.#forget(taskId);
  }

  #send(frame: StreamFrame): void {
    this.#sendFrame(streamFrame(frame));
  }

  #sendFrame(frame: Frame): void {
    this.#session.act({ do: "send", frame });
  }
}
