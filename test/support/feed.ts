/** What tests of the reading side need: a task written straight into a log, and a watcher that holds the hub to its promises. */
import { type FoldEvent, type TaskView, emptyView, fold } from "../../src/domain/fold.ts";
import { parseCursor } from "../../src/domain/cursor.ts";
import { framesOf, linesOf } from "../../src/feed/lines.ts";
import type { Hub, Notice, Replay, Run, Sink, Taking, Watch } from "../../src/feed/port.ts";
import type { Batch, Log, Position } from "../../src/log/port.ts";

const bytes = new TextEncoder();

/** An event that a test puts into a log: everything but its seq. */
export interface Draft {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export const created: Draft = { type: "task.created", data: { kind: "test" } };
export const completed: Draft = { type: "task.completed", data: {} };
export const line = (text: string): Draft => ({ type: "log.line", data: { level: "info", text } });

/** Writes one task's events into a log as its only writer, whatever the log answers. */
export class TaskWriter {
  readonly taskId: string;
  readonly #log: Log;
  readonly #nonce: () => string;
  readonly #pause: () => Promise<void>;
  seq = 0;
  position: Position = 0;
  #stateAt: Position = 0;

  constructor(log: Log, taskId: string, nonce: () => string, pause: () => Promise<void> = async () => {}) {
    this.#log = log;
    this.taskId = taskId;
    this.#nonce = nonce;
    this.#pause = pause;
  }

  /** Appends one batch, until the log has it. */
  async append(...drafts: readonly Draft[]): Promise<void> {
    const firstSeq = this.seq + 1;
    const lastSeq = this.seq + drafts.length;
    const text = drafts.map(({ type, data }, at) => `${JSON.stringify({ type, task_id: this.taskId, seq: firstSeq + at, time: "2030-01-01T00:00:00Z", data })}\n`).join("");
    const status = drafts.at(-1)?.type === "task.completed" ? "completed" : "running";
    const nonce = this.#nonce();
    const state = firstSeq === 1 || lastSeq % 16 === 0 ? "{}" : null;
    const header = { firstSeq, lastSeq, nonce, owner: "owner", creator: null, conversation: null, kind: "test", access: "owner", status, attempt: 1, state, stateAt: this.#stateAt, delta: null };
    for (;;) {
      const outcome = await this.#log.append({ taskId: this.taskId, expected: this.position, header, body: bytes.encode(text) });
      if (outcome.kind === "stored") return this.#stands(lastSeq, outcome.position, state);
      const head = await this.#log.head(this.taskId).catch(() => undefined);
      if (head && head.batch.header.nonce === nonce) return this.#stands(lastSeq, head.position, state);
      await this.#pause();
    }
  }

  /** Goes on from what the log holds now: after it was rolled back. */
  async rejoin(): Promise<void> {
    const head = await this.#log.head(this.taskId);
    this.seq = head?.batch.header.lastSeq ?? 0;
    this.position = head?.position ?? 0;
    this.#stateAt = 0;
  }

  #stands(seq: number, position: Position, state: string | null): void {
    if (state !== null) this.#stateAt = position;
    this.seq = seq;
    this.position = position;
  }
}

/** The events of a log's batches as stored, one JSON text each. */
export const storedLines = (batches: readonly Batch[]): string[] => batches.flatMap((batch) => [...linesOf(batch)]);

const withoutCursor = (frame: string): string => frame.replace(/,"cursor":"[^"]*"\}$/, "}");

export interface ReaderOptions {
  readonly after?: string | null;
  readonly replay?: Replay;
  /** Whether a write fills the wire; it drains when `drain` is called. */
  readonly fills?: () => boolean;
}

/** A watcher that keeps what it is given and notes every promise that is broken. It can leave and come back, as a client does. */
export class Reader implements Sink {
  readonly hub: Hub;
  readonly taskId: string;
  readonly replay: Replay;
  /** Stored events in order, as the log has them; those of `replayed` frames are in `folded` only. */
  lines: string[] = [];
  notices: Notice[] = [];
  /** Every promise that was broken, in words. */
  readonly faults: string[] = [];
  view: TaskView = emptyView();
  /** The last event it has, in whatever form. */
  seq: number;
  /** Where its lines begin: the seq before the first. */
  from: number;
  cursor: string | null;
  full = false;
  writes = 0;
  readonly #fills: () => boolean;
  #watch: Watch | null = null;
  #stage: "new" | "subscribed" | "caught_up" | "over" | "gone" = "gone";
  #inside = false;

  constructor(hub: Hub, taskId: string, { after = null, replay = "full", fills = () => false }: ReaderOptions = {}) {
    this.hub = hub;
    this.taskId = taskId;
    this.replay = replay;
    this.cursor = after;
    this.seq = this.from = (after && parseCursor(after)?.seq) || 0;
    this.#fills = fills;
    this.join();
  }

  get ended(): boolean {
    return this.notices.some(({ type }) => type === "end");
  }

  get caughtUp(): boolean {
    return this.#stage === "caught_up" || this.ended;
  }

  of<T extends Notice["type"]>(type: T): Extract<Notice, { type: T }>[] {
    return this.notices.filter((notice): notice is Extract<Notice, { type: T }> => notice.type === type);
  }

  /** Comes back with the last cursor. */
  join(): void {
    this.#stage = "new";
    this.full = false;
    this.#inside = true;
    this.#watch = this.hub.watch({ taskId: this.taskId, after: this.cursor, replay: this.replay }, this);
    this.#inside = false;
  }

  leave(): void {
    this.#stage = "gone";
    this.#watch?.stop();
    this.#watch = null;
  }

  drain(): void {
    if (!this.full) return;
    this.full = false;
    this.#watch?.resume();
  }

  together(work: () => void): void {
    work();
  }

  events(run: Run): Taking {
    return this.#called("events", () => {
      if (this.#stage !== "subscribed" && this.#stage !== "caught_up") this.faults.push(`events while ${this.#stage}`);
      if (this.replay === "compact" && this.#stage === "subscribed") this.faults.push("events before caught_up although history was to be compacted");
      if (run.firstSeq !== this.seq + 1) this.faults.push(`a run from ${run.firstSeq} came after ${this.seq}`);
      const frames = run.once(framesOf);
      if (frames.length !== run.lastSeq - run.firstSeq + 1) this.faults.push(`a run ${run.firstSeq}..${run.lastSeq} has ${frames.length} events`);
      for (const frame of frames) this.#take(frame);
    });
  }

  notice(notice: Notice): Taking {
    return this.#called(notice.type, () => {
      this.notices.push(notice);
      if (notice.type === "subscribed") this.#move("new", "subscribed", notice.type);
      else if (notice.type === "caught_up") this.#move("subscribed", "caught_up", notice.type);
      else if (notice.type === "replayed") this.#replayed(notice.frame, notice.cursor);
      else if (notice.type === "gap") this.#gap(notice);
      else if (notice.type === "end") {
        this.#move("caught_up", "over", notice.type);
        if (parseCursor(notice.cursor)?.seq !== this.seq) this.faults.push(`the end's cursor is not that of ${this.seq}`);
      } else this.#stage = "over";
    });
  }

  #called(what: string, take: () => void): Taking {
    if (this.#inside) this.faults.push(`${what} came from within another call`);
    if (this.full) this.faults.push(`${what} came although the wire is full`);
    if (this.#stage === "over" || this.#stage === "gone") this.faults.push(`${what} came after the end`);
    this.#inside = true;
    take();
    this.#inside = false;
    this.writes += 1;
    this.full = this.#stage !== "over" && this.#fills();
    return this.full ? "full" : "ready";
  }

  #move(from: string, to: "subscribed" | "caught_up" | "over", by: string): void {
    if (this.#stage !== from) this.faults.push(`${by} came while ${this.#stage}`);
    this.#stage = to;
  }

  #take(frame: string): void {
    const event = JSON.parse(frame) as FoldEvent & { cursor: string };
    if (event.seq !== this.seq + 1) this.faults.push(`seq ${event.seq} came after ${this.seq}`);
    if (parseCursor(event.cursor)?.seq !== event.seq) this.faults.push(`the cursor of ${event.seq} is ${event.cursor}`);
    this.seq = event.seq;
    this.cursor = event.cursor;
    this.lines.push(withoutCursor(frame));
    this.view = fold(this.view, event);
  }

  #replayed(frame: string, cursor: string): void {
    const { first_seq, seq, events, ...rest } = JSON.parse(frame) as { first_seq: number; seq: number; cursor: string; events: FoldEvent[] };
    if (first_seq !== this.seq + 1 || rest.cursor !== cursor) this.faults.push(`a replayed range from ${first_seq} came after ${this.seq}`);
    this.seq = seq;
    this.cursor = cursor;
    for (const event of events) this.view = fold(this.view, event);
  }

  #gap({ earliest }: Extract<Notice, { type: "gap" }>): void {
    this.seq = this.from = parseCursor(earliest)?.seq ?? 0;
    this.cursor = earliest;
    this.lines = [];
    this.view = emptyView();
  }
}
