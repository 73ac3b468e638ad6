/** Watchers written against the contract: they come back after every cut behind the last cursor they saw, and note every broken promise. */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { BEGINNING, parseCursor } from "../../src/domain/cursor.ts";
import type { Environment } from "../../src/domain/environment.ts";
import type { Replay } from "../../src/feed/port.ts";

interface Frame {
  readonly type: string;
  readonly task_id?: string;
  readonly request_id?: string;
  readonly seq?: number;
  readonly first_seq?: number;
  readonly cursor?: string;
  readonly earliest?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly data?: { readonly as_of_seq?: number };
}

const seqOf = (cursor: string | undefined): number => (cursor === undefined || cursor === BEGINNING ? 0 : (parseCursor(cursor)?.seq ?? -1));

/** One task as one watcher knows it. */
export class Follower {
  readonly taskId: string;
  readonly replay: Replay;
  readonly faults: string[] = [];
  /** The stored events that came one by one since the last gap, as text. */
  readonly lines = new Map<number, string>();
  /** Every stored event that ever came, also before a gap. */
  readonly all: { readonly seq: number; readonly text: string }[] = [];
  /** The reasons of the gaps it was told of. */
  readonly gaps: string[] = [];
  cursor: string | null = null;
  seq = 0;
  ended = false;
  #afterGap = false;

  constructor(taskId: string, replay: Replay) {
    this.taskId = taskId;
    this.replay = replay;
  }

  take(frame: Frame, text: string): void {
    if (this.ended) this.faults.push(`${frame.type} came after the end`);
    const afterGap = this.#afterGap;
    this.#afterGap = false;
    switch (frame.type) {
      case "task.snapshot":
        if (!afterGap || frame.cursor !== this.cursor || frame.data?.as_of_seq !== frame.seq) this.faults.push(`a snapshot that does not belong here: ${text.slice(0, 200)}`);
        return;
      case "stream.replayed":
        return this.#advance(frame.first_seq ?? -1, frame.seq ?? -1, null, frame.cursor);
      case "stream.gap":
        return this.#gap(frame);
      case "stream.end":
      case "stream.caught_up":
        if (seqOf(frame.cursor) !== this.seq) this.faults.push(`${frame.type} stands at ${seqOf(frame.cursor)}, the watcher at ${this.seq}`);
        this.ended = frame.type === "stream.end";
        return;
      case "stream.error":
        if (frame.retryable !== true) this.faults.push(text);
        return;
      default:
        if (!frame.type.startsWith("stream.")) this.#advance(frame.seq ?? -1, frame.seq ?? -1, text, frame.cursor);
    }
  }

  #gap({ earliest, reason = "" }: Frame): void {
    const seq = seqOf(earliest);
    if (seq < 0 || (reason === "retention" && seq < this.seq)) this.faults.push(`a gap by ${reason} from ${this.seq} to ${earliest}`);
    this.gaps.push(reason);
    this.seq = seq;
    this.cursor = earliest ?? null;
    this.lines.clear();
    this.#afterGap = true;
  }

  #advance(first: number, last: number, text: string | null, cursor: string | undefined): void {
    if (first !== this.seq + 1) this.faults.push(`seq ${first} came after ${this.seq}`);
    this.seq = last;
    if (cursor === undefined || seqOf(cursor) !== last) this.faults.push(`seq ${last} has the cursor ${cursor}`);
    else this.cursor = cursor;
    if (text === null) return;
    this.lines.set(last, text);
    this.all.push({ seq: last, text });
  }
}

/** What the world needs of a client, whatever it watches. */
export interface Client {
  readonly transport: "websocket" | "sse";
  readonly followers: readonly Follower[];
  /** The one task of its connections; null: it subscribes by frames. */
  readonly only: Follower | null;
  readonly over: boolean;
  /** A new connection begins, on which it can send. */
  begin(send: (text: string) => void): void;
  receive(text: string): void;
}

/** Watches one task, on a connection of that task. */
export class OneTaskClient implements Client {
  readonly transport: "websocket" | "sse";
  readonly followers: readonly Follower[];
  readonly only: Follower;
  #parser: EventSourceParser | null = null;

  constructor(taskId: string, transport: "websocket" | "sse", replay: Replay) {
    this.transport = transport;
    this.only = new Follower(taskId, replay);
    this.followers = [this.only];
  }

  get over(): boolean {
    return this.only.ended;
  }

  begin(): void {
    this.#parser = this.transport === "sse" ? createParser({ onEvent: ({ data }) => this.#take(data) }) : null;
  }

  receive(text: string): void {
    if (this.#parser !== null) this.#parser.feed(text);
    else this.#take(text);
  }

  #take(text: string): void {
    this.only.take(JSON.parse(text) as Frame, text);
  }
}

/** How a subscription stands: asked for, given, asked to end, or none. */
type Stage = "none" | "asked" | "given" | "leaving";

/** Watches several tasks on one WebSocket, and leaves and takes up some of them again now and then. */
export class ManyTasksClient implements Client {
  readonly transport = "websocket";
  readonly only = null;
  readonly followers: readonly Follower[];
  readonly #environment: Environment;
  readonly #stages = new Map<string, Stage>();
  #send: (text: string) => void = () => {};
  #requests = 0;
  #connection = 0;

  constructor(followers: readonly Follower[], environment: Environment) {
    this.followers = followers;
    this.#environment = environment;
  }

  get over(): boolean {
    return this.followers.every(({ ended }) => ended);
  }

  begin(send: (text: string) => void): void {
    this.#send = send;
    this.#connection += 1;
    this.#stages.clear();
    send(JSON.stringify({ type: "auth", token: "token", request_id: "auth" }));
    for (const follower of this.followers) this.#subscribe(follower);
  }

  receive(text: string): void {
    const frame = JSON.parse(text) as Frame;
    const follower = this.followers.find(({ taskId }) => taskId === frame.task_id);
    if (follower === undefined) return;
    const stage = this.#stages.get(follower.taskId) ?? "none";
    if (frame.type === "stream.error") return this.#failed(follower, frame, text);
    if (frame.type === "stream.unsubscribed") return this.#left(follower, stage);
    if (frame.type === "stream.subscribed" && stage === "asked") this.#given(follower);
    else if (frame.type !== "stream.subscribed" && stage !== "given" && stage !== "leaving") follower.faults.push(`${frame.type} came while nothing was subscribed`);
    follower.take(frame, text);
    if (follower.ended) this.#stages.set(follower.taskId, "none");
  }

  #subscribe({ taskId, cursor, replay, ended }: Follower): void {
    if (ended) return;
    this.#stages.set(taskId, "asked");
    this.#send(JSON.stringify({ type: "subscribe", task_id: taskId, replay, ...(cursor === null ? {} : { after: cursor }), request_id: `r${(this.#requests += 1)}` }));
  }

  /** Some of those that are given are left again soon, in the middle of whatever comes. */
  #given({ taskId }: Follower): void {
    this.#stages.set(taskId, "given");
    const { clock, random } = this.#environment;
    if (random.fraction() < 0.5) return;
    const connection = this.#connection;
    clock.after(random.fraction() * 300, () => {
      if (connection !== this.#connection || this.#stages.get(taskId) !== "given") return;
      this.#stages.set(taskId, "leaving");
      this.#send(JSON.stringify({ type: "unsubscribe", task_id: taskId, request_id: `r${(this.#requests += 1)}` }));
    });
  }

  #left(follower: Follower, stage: Stage): void {
    if (stage !== "leaving" && !follower.ended) follower.faults.push("unsubscribed without having asked");
    this.#stages.set(follower.taskId, "none");
    this.#later(follower);
  }

  #failed(follower: Follower, { retryable }: Frame, text: string): void {
    if (retryable !== true) follower.faults.push(text);
    this.#stages.set(follower.taskId, "none");
    this.#later(follower);
  }

  #later(follower: Follower): void {
    const { clock, random } = this.#environment;
    const connection = this.#connection;
    clock.after(random.fraction() * 100, () => {
      if (connection === this.#connection && this.#stages.get(follower.taskId) === "none") this.#subscribe(follower);
    });
  }
}
