/**
 * One task's writer in this process. Requests that arrive while an append is under way travel together in the next one.
 * Every append is a compare-and-set on the task's last position, so what was judged is what the log holds; an append whose
 * outcome is unknown is sent again as it was until the log tells, since only one of the two can be stored.
 */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState } from "../domain/state.ts";
import { type TaskSummary, summaryOf } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { type Group, type Job, type Member, type Stored, type Submission, formGroup } from "./group.ts";
import { type AppendOutcome, type AppendRequest, type Log, LogUnavailable, type Position } from "./port.ts";
import { NO_TASK, type TaskEnd, catchUp, findSeq, loadEnd } from "./task-end.ts";

export interface AppenderDeps {
  readonly taskId: string;
  /** The id is new by its making: nobody need look whether the task exists, and should it after all, the compare-and-set finds out. */
  readonly unborn?: boolean;
  readonly log: Log;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** Runs `begin`, which has about so many bytes to judge, at the end of this turn of the event loop or soon after (see `turns.ts`). */
  readonly soon: (begin: () => void, bytes: number) => void;
  /** Told after each stored batch; must not throw. */
  readonly onAppended: (summary: TaskSummary, batch: AppendRequest) => void;
}

/** Where a batch of the near past stands: repeats mostly ask for these. */
interface Place {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly position: Position;
  readonly nonce: string;
}

/** How many places are remembered; older ones are looked up in the log. */
const PLACES = 64;

/** What became of a batch whose append was not acknowledged. */
type Fate = { readonly kind: "stored"; readonly position: Position } | { readonly kind: "overtaken" } | { readonly kind: "open" };

export class Appender {
  /** When it was last asked for anything, in milliseconds since 1970. */
  usedAt: number;
  readonly #deps: AppenderDeps;
  readonly #queue: Job[] = [];
  #waitingBytes = 0;
  #end: TaskEnd | null = null;
  /** The log may not end where we think: look before anything is appended. */
  #suspect = false;
  /** The end was the log's own just now, with nothing awaited since. */
  #fresh = false;
  #working = false;
  #failures = 0;
  #mark: string | null = null;
  #appends = 0;
  #wake: () => void = () => {};
  readonly #places: Place[] = [];

  constructor(deps: AppenderDeps) {
    this.#deps = deps;
    if (deps.unborn === true) this.#end = NO_TASK;
    this.usedAt = deps.environment.clock.now();
  }

  /** True where nothing waits or is under way. */
  get idle(): boolean {
    return !this.#working;
  }

  /** The task's state as it was last seen; null where it was not looked for or does not exist. Another instance may have moved it on. */
  get state(): JudgeState | null {
    return this.#end?.state ?? null;
  }

  /** Answers where the request's events were stored, once they are. Throws the law's refusal, `append_busy`, `append_unknown`, `unavailable`, `log_full` or `state_newer`. */
  append(submission: Submission): Promise<Stored> {
    const { clock } = this.#deps.environment;
    const { limits } = this.#deps;
    this.usedAt = clock.now();
    if (this.#waitingBytes > 0 && this.#waitingBytes + submission.bytes > limits.appendQueueBytes) {
      return Promise.reject(new TaskwireError("append_busy", `${this.#waitingBytes} bytes wait to be appended to this task already, at most ${limits.appendQueueBytes} may. Wait for answers, or send fewer, larger requests.`));
    }
    this.#waitingBytes += submission.bytes;
    return new Promise<Stored>((resolve, reject) => {
      const job: Job = { submission, arrived: this.usedAt, deadline: this.usedAt + limits.appendWaitMs, done: false, resolve, reject };
      this.#queue.push(job);
      if (this.#working) return;
      this.#working = true;
      this.#deps.soon(this.#begin, submission.bytes);
    });
  }

  /** The connection was lost and is back: what was known may be wrong, and waiting has an end. */
  reconnected(): void {
    this.#suspect = true;
    this.#wake();
  }

  readonly #begin = (): void => void this.#work();

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      try {
        if (this.#end === null || this.#suspect) await this.#look(false);
        await this.#appendNext();
      } catch (error) {
        if (error instanceof LogUnavailable) await this.#pause();
        else this.#abandon(error);
      }
    }
    this.#working = false;
    this.#fresh = false;
    this.usedAt = this.#deps.environment.clock.now();
  }

  /** Learns the log's end. Answers whether it moved, and the batch that stands behind the known end where that is wanted. */
  async #look(wantNext: boolean): Promise<{ moved: boolean; nextNonce: string | null; nextPosition: Position }> {
    const { log, taskId } = this.#deps;
    const trusted = !this.#suspect;
    this.#suspect = false;
    try {
      const found = this.#end === null ? { end: await loadEnd(log, taskId, await log.head(taskId)), next: null, moved: true } : await catchUp(log, taskId, this.#end, { wantNext, trusted });
      this.#end = found.end;
      this.#fresh = !this.#suspect;
      // What is remembered of the near past may have been rolled back: then other batches stand there.
      if (found.moved && !trusted) this.#places.length = 0;
      return { moved: found.moved, nextNonce: found.next?.header.nonce ?? null, nextPosition: found.next?.position ?? 0 };
    } catch (error) {
      this.#suspect = true;
      throw error;
    }
  }

  async #appendNext(): Promise<void> {
    const { taskId, limits, environment } = this.#deps;
    const forming = formGroup({ taskId, end: this.#end ?? NO_TASK, queue: this.#queue, fresh: this.#fresh, now: environment.clock.now(), limits, nonce: this.#nonce() });
    for (const member of forming.settled) this.#answer(member, null);
    if (forming.unsure) await this.#look(false);
    else if (forming.group !== null) await this.#store(forming.group);
  }

  async #store(group: Group): Promise<void> {
    const { log, meter } = this.#deps;
    for (let mayLand = false; ; ) {
      // After a loss of the connection the store may be another, in which a place that is free again says nothing: look first.
      const outcome: AppendOutcome = mayLand && this.#suspect ? { kind: "unknown" } : await log.append(group.request);
      this.#fresh = false;
      if (outcome.kind === "stored") return this.#stored(group, outcome.position, true);
      if (outcome.kind === "conflict") meter.add("append_conflicts");
      if (outcome.kind === "full" && !mayLand) return this.#full(group);
      if (outcome.kind === "unknown") mayLand = true;
      const fate: Fate = mayLand || outcome.kind === "conflict" ? await this.#fateOf(group, mayLand) : { kind: "open" };
      if (fate.kind === "stored") return this.#stored(group, fate.position, false);
      // Certainly not stored, now or later: all are judged anew, on what the log holds by then.
      if (fate.kind === "overtaken" || !mayLand) this.#takeBack(group);
      if (fate.kind === "overtaken") return;
      await this.#pause();
      if (!mayLand) return;
      this.#expire(group.members.map((member) => member.job), true);
      if (group.members.every(({ job, verdict }) => job.done || verdict.kind !== "accepted")) {
        // Nobody waits for it any more. It may still land; whoever appends next will then meet it, by compare-and-set.
        this.#suspect = true;
        return this.#takeBack(group);
      }
    }
  }

  /** Looks in the log for a batch whose place was given to somebody, perhaps to itself. */
  async #fateOf(group: Group, mayLand: boolean): Promise<Fate> {
    try {
      const { moved, nextNonce, nextPosition } = await this.#look(mayLand);
      if (!moved) return { kind: "open" };
      return nextNonce === group.request.header.nonce ? { kind: "stored", position: nextPosition } : { kind: "overtaken" };
    } catch (error) {
      if (error instanceof LogUnavailable) return { kind: "open" };
      this.#takeBack(group);
      throw error;
    }
  }

  #stored(group: Group, position: Position, isEnd: boolean): void {
    const { taskId, meter, onAppended, environment } = this.#deps;
    const { header } = group.request;
    const before = this.#end ?? NO_TASK;
    if (isEnd) {
      const whole = header.state !== null;
      this.#end = { position, nonce: header.nonce, state: group.state, stateAt: whole ? position : before.stateAt, sinceState: whole ? 0 : before.sinceState + 1 };
      this.#fresh = !this.#suspect;
    }
    this.#failures = 0;
    this.#places.push({ firstSeq: header.firstSeq, lastSeq: header.lastSeq, position, nonce: header.nonce });
    if (this.#places.length > PLACES) this.#places.shift();
    meter.add("events_in", group.events);
    const now = environment.clock.now();
    for (const member of group.members) {
      if (!member.job.done && member.verdict.kind === "accepted") meter.observe("append_seconds", (now - member.job.arrived) / 1_000);
      this.#answer(member, { position, nonce: header.nonce });
    }
    onAppended(summaryOf(taskId, group.state, position), group.request);
  }

  /** Gives a request its answer; `place` is that of the group it was judged in. */
  #answer({ job, verdict }: Member, place: { position: Position; nonce: string } | null): void {
    if (job.done) return;
    if (verdict.kind === "refused") this.#reject(job, verdict.error, "refused");
    else if (verdict.kind === "duplicate") void this.#answerRepeat(job, verdict.firstSeq, verdict.lastSeq);
    else if (verdict.kind === "nothing") void this.#answerRepeat(job, verdict.lastSeq, verdict.lastSeq);
    else if (place !== null) this.#resolve(job, { firstSeq: verdict.firstSeq, lastSeq: verdict.lastSeq, ...place, duplicate: false });
  }

  /** Finds out where a repeated request's events stand; the task's writer goes on meanwhile. */
  async #answerRepeat(job: Job, firstSeq: number, lastSeq: number): Promise<void> {
    const { log, taskId } = this.#deps;
    const end = this.#end ?? NO_TASK;
    try {
      const known = this.#places.findLast((place) => place.firstSeq <= lastSeq && lastSeq <= place.lastSeq);
      const batch = known ?? (end.state?.seq === lastSeq ? end : await findSeq(log, taskId, lastSeq, end.position));
      const { position, nonce } = batch === null ? end : "header" in batch ? { position: batch.position, nonce: batch.header.nonce } : batch;
      this.#resolve(job, { firstSeq, lastSeq, position, nonce, duplicate: true });
    } catch (error) {
      this.#reject(job, error instanceof LogUnavailable ? unavailable("The log cannot be read") : internal(error), "unavailable");
    }
  }

  #full(group: Group): void {
    for (const { job, verdict } of group.members) {
      if (verdict.kind === "accepted") this.#reject(job, new TaskwireError("log_full", "The log is full and takes nothing more; nothing was stored. Its operator must make room or raise its limit; try again later."), "full");
    }
    this.#takeBack(group);
  }

  /** Back to the front of the queue, in order. */
  #takeBack(group: Group): void {
    this.#queue.unshift(...group.members.map((member) => member.job).filter((job) => !job.done));
  }

  /** Something is wrong with the task itself, or with us: all that wait are told, and the next one begins anew. */
  #abandon(error: unknown): void {
    const reason = error instanceof TaskwireError ? error : internal(error);
    if (!(error instanceof TaskwireError)) this.#deps.environment.journal.error("append_failed", `Appending to a task failed: ${String(error)}`, { task: this.#deps.taskId });
    this.#end = null;
    for (const job of this.#queue.splice(0)) this.#reject(job, reason, "refused");
  }

  /** Answers those whose time is up. */
  #expire(jobs: readonly Job[], mayLand: boolean): void {
    const now = this.#deps.environment.clock.now();
    for (const job of jobs) {
      if (job.done || job.deadline > now) continue;
      const unknown = new TaskwireError("append_unknown", "The log did not say whether the events were stored; they may be. Send the same request again with the same identity (Idempotency-Key or producer).");
      this.#reject(job, mayLand ? unknown : unavailable("Nothing was stored, as the log could not be reached"), mayLand ? "unknown" : "unavailable");
    }
  }

  /** Waits a little longer with every failure, with chance, so that writers who met once do not meet again. */
  async #pause(): Promise<void> {
    const { environment, limits, log } = this.#deps;
    this.#fresh = false;
    const longest = log.connected ? Math.min(limits.appendBackoffMaxMs, limits.appendBackoffMinMs * 2 ** Math.min(this.#failures, 20)) : limits.appendBackoffMaxMs;
    this.#failures += 1;
    await new Promise<void>((resolve) => {
      const cancel = environment.clock.after(longest * (0.5 + environment.random.fraction() / 2), resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#expire(this.#queue, false);
    while (this.#queue[0]?.done) this.#queue.shift();
  }

  #resolve(job: Job, stored: Stored): void {
    if (job.done) return;
    this.#finish(job, stored.duplicate ? "duplicate" : "stored");
    job.resolve(stored);
  }

  #reject(job: Job, error: Error, label: string): void {
    if (job.done) return;
    this.#finish(job, label);
    job.reject(error);
  }

  #finish(job: Job, label: string): void {
    job.done = true;
    this.#waitingBytes -= job.submission.bytes;
    this.#deps.meter.add("appends", 1, label);
  }

  /** A mark that no other append has: 96 random bits of this appender, and a count. */
  #nonce(): string {
    this.#mark ??= btoa(String.fromCharCode(...this.#deps.environment.random.bytes(12))).replace(/\+/g, "-").replace(/\//g, "_");
    return `${this.#mark}.${(this.#appends += 1).toString(36)}`;
  }
}

function unavailable(what: string): TaskwireError {
  return new TaskwireError("unavailable", `${what}. Try again in a moment.`);
}

function internal(error: unknown): Error {
  return error instanceof TaskwireError ? error : new TaskwireError("internal", "The request could not be appended, by a fault of the service. Try again; if it persists, tell its operator.");
}
