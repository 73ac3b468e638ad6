/** The sets of tasks that one connection watches or is about to. A part of the session, as pure; most connections have none. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { StreamFrame, SubscribeFrame, TaskSummary as WireSummary, UnsubscribeFrame } from "../../generated/typescript/types.ts";
import type { Identity } from "../domain/access.ts";
import { BEGINNING } from "../domain/cursor.ts";
import { TaskwireError } from "../domain/error.ts";
import { type TaskSummary, wireSummary } from "../domain/summary.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { Replay } from "../feed/port.ts";
import { canonicalWords } from "../feed/selector-position.ts";
import type { SelectorNotice } from "../feed/selector-port.ts";
import { type Frame, eventFrame, replayedFrame, streamFrame } from "./frame.ts";
import { errorFrame } from "./refusal.ts";
import type { Action, SessionOptions } from "./session-port.ts";

/** Sets of one connection. Each is a subscription, of which many more would be nobody's wish. */
const SETS = 16;
/** Subscribe frames to the same set that may wait for its first answer. */
const WAITING = 16;

interface Watched {
  readonly words: WatchWords;
  readonly key: string;
  readonly ticket: number;
  readonly replay: Replay;
  /** Frames whose answer is the set's first; null for one without a request id. */
  waiting: readonly (string | null)[];
  /** The position that it began with, once it has. */
  began: string | null;
}

export interface SetWish {
  readonly words: WatchWords;
  readonly after: string | null;
  readonly replay: Replay;
  readonly requestId: string | null;
}

/** The set that a frame names; null where it names one task. */
export function wordsOf({ scope, conversation_id, task_ids }: SubscribeFrame | UnsubscribeFrame): WatchWords | null {
  if (scope === undefined && conversation_id === undefined && task_ids === undefined) return null;
  return canonicalWords({ ...(scope === undefined ? {} : { scope: "mine" }), ...(conversation_id === undefined ? {} : { conversation_id }), ...(task_ids === undefined ? {} : { task_ids }) });
}

/** A summary as a set tells it: of what is over, with its end. */
function told(task: TaskSummary): WireSummary {
  const summary = wireSummary(task);
  return TERMINAL_STATUSES.has(task.status) ? { ...summary, ended_at: summary.updated_at } : summary;
}

export class Selections {
  readonly #options: SessionOptions;
  readonly #session: { act(action: Action): void };
  #all: readonly Watched[] = [];
  #tickets = 0;

  constructor(options: SessionOptions, session: { act(action: Action): void }) {
    this.#options = options;
    this.#session = session;
  }

  /** How many subscriptions these are: a set is one, or as many as tasks were named. */
  get places(): number {
    return this.#all.reduce((sum, { words }) => sum + Math.max(1, words.task_ids?.length ?? 0), 0);
  }

  /** Begins to watch a set; the same set twice is once. `taken`: what else the connection watches. Answers why not. */
  add({ words, after, replay, requestId }: SetWish, identity: Identity, taken: number): TaskwireError | null {
    const key = JSON.stringify(words);
    const there = this.#all.find((each) => each.key === key);
    if (there !== undefined) return this.#again(there, requestId);
    const { subscriptions } = this.#options.limits;
    const wanted = Math.max(1, words.task_ids?.length ?? 0);
    if (this.#all.length >= SETS) return new TaskwireError("too_many_subscriptions", `This connection watches ${SETS} sets of tasks, the most that one may. Unsubscribe from some, or name their tasks together.`);
    if (taken + this.places + wanted > subscriptions) return new TaskwireError("too_many_subscriptions", `With these the connection would watch ${taken + this.places + wanted} tasks; ${subscriptions} are the most that one may. Name fewer, or use another connection.`, { limit: "subscriptions" });
    const watched: Watched = { words, key, ticket: ++this.#tickets, replay, waiting: [requestId], began: null };
    this.#all = [...this.#all, watched];
    this.#session.act({ do: "select", ticket: watched.ticket, request: { words, identity, after: after === "" || after === BEGINNING ? null : after, replay } });
    return null;
  }

  /** Ends a set as asked; what is not there is not an error. */
  remove(words: WatchWords, requestId: string | null): void {
    const key = JSON.stringify(words);
    const there = this.#all.find((each) => each.key === key);
    if (there !== undefined) this.#end(there);
    for (const waiting of there?.waiting ?? []) if (waiting !== null) this.#send({ type: "stream.unsubscribed", selector: words, request_id: waiting });
    this.#send({ type: "stream.unsubscribed", selector: words, ...(requestId === null ? {} : { request_id: requestId }) });
  }

  /** Has the tasks that were named judged again, because the caller is less than they were. */
  judgeAgain(identity: Identity): void {
    for (const { ticket } of this.#all) this.#session.act({ do: "judge_set", ticket, identity });
  }

  /** What a set tells, as frames. Answers the error that the connection must end with, if it must. */
  notice(ticket: number, notice: SelectorNotice): TaskwireError | null {
    const there = this.#all.find((each) => each.ticket === ticket);
    if (there === undefined) return null;
    const { words: selector } = there;
    switch (notice.type) {
      case "subscribed":
        there.began = notice.cursor;
        for (const [at, requestId] of there.waiting.entries()) if (at === 0 || requestId !== null) this.#answer(there, notice.cursor, requestId);
        there.waiting = [];
        return null;
      case "joined":
        this.#send({ type: "stream.joined", task_id: notice.task.taskId, selector, reason: notice.reason, summary: told(notice.task) });
        return null;
      case "left":
        this.#send({ type: "stream.left", task_id: notice.task.taskId, selector, reason: notice.reason, summary: told(notice.task) });
        return null;
      case "caught_up":
        this.#send({ type: "stream.caught_up", selector, cursor: notice.cursor });
        return null;
      case "position":
        this.#session.act({ do: "heartbeat" });
        return null;
      case "refused":
        this.#send(errorFrame(notice.error, this.#options.limits.reconnectMs, { taskId: notice.taskId, requestId: there.waiting[0] ?? null }));
        return null;
      case "task":
        return this.#task(notice.notice);
      case "failed":
        return this.#fail(there, notice.error);
    }
  }

  /** Ends everything. */
  clear(): void {
    for (const watched of this.#all) this.#end(watched);
  }

  #again(there: Watched, requestId: string | null): TaskwireError | null {
    if (requestId === null) return null;
    if (there.began !== null) this.#answer(there, there.began, requestId);
    else if (there.waiting.length >= WAITING) return new TaskwireError("too_many_subscriptions", "This set was subscribed to many times before the first answer; wait for it.");
    else there.waiting = [...there.waiting, requestId];
    return null;
  }

  #task(notice: Extract<SelectorNotice, { type: "task" }>["notice"]): null {
    // The position of one task is none of the set: a stream must not resume from it.
    if (notice.type === "replayed") this.#sendFrame(replayedFrame(notice.frame, null));
    else {
      const { task_id, requested, earliest, reason, snapshot } = notice;
      this.#send({ type: "stream.gap", task_id, requested, earliest, reason });
      if (snapshot !== null) this.#sendFrame({ ...eventFrame(snapshot), cursor: null });
    }
    return null;
  }

  /** A set that could not begin is one answer; one that breaks off ends the connection, whose client comes back with its position. */
  #fail(there: Watched, error: TaskwireError): TaskwireError | null {
    this.#all = this.#all.filter((each) => each !== there);
    if (there.began !== null || this.#options.set !== undefined) return error;
    for (const [at, requestId] of there.waiting.entries()) if (at === 0 || requestId !== null) this.#send(errorFrame(error, this.#options.limits.reconnectMs, { requestId }));
    return null;
  }

  #end(watched: Watched): void {
    this.#all = this.#all.filter((each) => each !== watched);
    this.#session.act({ do: "unselect", ticket: watched.ticket });
  }

  #answer({ words, replay }: Watched, cursor: string, requestId: string | null): void {
    this.#send({ type: "stream.subscribed", selector: words, cursor, replay, tail_seq: 0, ...(requestId === null ? {} : { request_id: requestId }) });
  }

  #send(frame: StreamFrame): void {
    this.#sendFrame(streamFrame(frame));
  }

  #sendFrame(frame: Frame): void {
    this.#session.act({ do: "send", frame });
  }
}
