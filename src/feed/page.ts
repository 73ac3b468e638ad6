/** JSON pages and long-poll: a watch that ends when the page is full, or when there is nothing more to wait for. */
import type { Environment } from "../domain/environment.ts";
import { BEGINNING, parseCursor } from "../domain/cursor.ts";
import { TaskwireError } from "../domain/error.ts";
import type { LimitSet } from "../limits.ts";
import { framesOf } from "./lines.ts";
import type { Notice, Page, PageRequest, Run, Sink, Taking, Watch, WatchRequest } from "./port.ts";
import { standingIn } from "./resume.ts";
import type { TaskLog } from "./task-log.ts";

/** A page ends with the event that reaches this, though more were asked for: it is one answer in memory. UTF-16 units. */
const PAGE_LENGTH = 4 * 1024 * 1024;

export interface Paging {
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly log: TaskLog;
  watch(request: WatchRequest, sink: Sink): Watch;
}

/** Collects a page. Throws `TaskwireError`: task_unknown, cursor_invalid, unavailable. */
export function readPage(request: PageRequest, paging: Paging): Promise<Page> {
  const { clock } = paging.environment;
  return new Promise((resolve, reject) => {
    const collector = new Collector(request, paging.log, (outcome) => {
      watch.stop();
      cancelTimer();
      request.signal?.removeEventListener("abort", finish);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    });
    const finish = (): void => collector.finish();
    const watch = paging.watch({ taskId: request.taskId, after: request.after, replay: request.replay }, collector);
    let cancelTimer = clock.after(paging.limits.appendWaitMs, () => {
      if (collector.empty) collector.fail(new TaskwireError("unavailable", "The log does not answer now. Nothing is lost; ask again."));
      else finish();
    });
    collector.onCaughtUp = () => {
      if (!collector.empty || request.waitMs <= 0) return finish();
      cancelTimer();
      cancelTimer = clock.after(request.waitMs, finish);
    };
    request.signal?.addEventListener("abort", finish, { once: true });
    if (request.signal?.aborted) finish();
  });
}

class Collector implements Sink {
  caughtUp = false;
  onCaughtUp: () => void = () => {};
  readonly #request: PageRequest;
  readonly #log: TaskLog;
  readonly #done: (outcome: Page | Error) => void;
  readonly #events: string[] = [];
  #next: string;
  #length = 0;
  #gap: Page["gap"] = null;
  #finished = false;

  constructor(request: PageRequest, log: TaskLog, done: (outcome: Page | Error) => void) {
    this.#request = request;
    this.#log = log;
    this.#done = done;
    this.#next = request.after ?? BEGINNING;
  }

  get empty(): boolean {
    return this.#events.length === 0;
  }

  events(run: Run): Taking {
    const room = this.#request.limit - this.#events.length;
    if (this.#finished) return "full";
    const frames = run.once(framesOf);
    for (const frame of frames.length <= room ? frames : frames.slice(0, room)) this.#push(frame);
    const seq = Math.min(run.lastSeq, run.firstSeq + room - 1);
    const slice = run.slices.find(({ batch }) => batch.header.lastSeq >= seq);
    if (slice) this.#next = standingIn(slice.batch, seq, run.epoch).cursor;
    return this.#taken();
  }

  together(work: () => void): void {
    work();
  }

  notice(notice: Notice): Taking {
    if (this.#finished) return "full";
    if (notice.type === "subscribed") this.#next = notice.cursor;
    else if (notice.type === "failed") this.fail(new TaskwireError(notice.code, notice.detail));
    else if (notice.type === "end") this.finish();
    else if (notice.type === "gap") {
      const { requested, earliest, reason } = notice;
      this.#gap = { requested, earliest, reason };
      this.#next = earliest;
      if (notice.snapshot !== null) this.#events.push(notice.snapshot);
    } else if (notice.type === "replayed") {
      this.#push(notice.frame);
      this.#next = notice.cursor;
      return this.#taken();
    } else {
      this.caughtUp = true;
      this.onCaughtUp();
    }
    return "ready";
  }

  fail(error: Error): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done(error);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    const { mark, status, ended } = this.#log;
    const seq = parseCursor(this.#next)?.seq ?? 0;
    this.#done({ events: this.#events, next: this.#next, tail_seq: mark.seq, more: seq < mark.seq, ended: ended && seq >= mark.seq, status, gap: this.#gap });
  }

  #push(frame: string): void {
    this.#events.push(frame);
    this.#length += frame.length;
  }

  #taken(): Taking {
    // A long-poll answers with the first events that come.
    if (this.caughtUp || this.#events.length >= this.#request.limit || this.#length >= PAGE_LENGTH) this.finish();
    return "ready";
  }
}
