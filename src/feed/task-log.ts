/** One task's log as its feed reads it: live tail, ring of the newest batches, shared history, and the view folded from them. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { TaskView } from "../domain/fold.ts";
import type { Batch, Position } from "../log/port.ts";
import type { Mark } from "./merge.ts";
import type { Place } from "./resume.ts";
import { pause, pauseMs, reportUnexpected } from "./retry.ts";
import { type RingBudget, Ring } from "./ring.ts";
import { RUN_BYTES, SharedRun } from "./run.ts";
import type { History, Segment, Segments } from "./segments.ts";
import { Tail, type TailDeps } from "./tail.ts";
import { type Folded, type ViewCache, copyOf, foldOn, snapshotLine, unfolded } from "./view.ts";

export interface TaskLogDeps extends TailDeps {
  readonly segments: Segments;
  readonly budget: RingBudget;
  readonly views: ViewCache;
}

/** What the feed is told. Called synchronously; must not throw. */
export interface TaskLogListener {
  /** `batch` is the newest now. */
  advanced(batch: Batch): void;
  reset(): void;
}

export class TaskLog implements Place {
  readonly taskId: string;
  readonly ring: Ring;
  /** Rises whenever the log turns out to be another. What was begun before that is worth nothing after. */
  generation = 0;
  readonly #deps: TaskLogDeps;
  readonly #tail: Tail;
  #history: History;
  /** Runs out of the ring by the seq they begin behind, for as long as a flush lasts. */
  readonly #runs = new Map<number, SharedRun>();
  #closed = false;
  #earliest: Promise<Batch | null> | null = null;
  #folding: Promise<Folded | null> | null = null;
  #snapshot: { readonly seq: number; readonly line: string } | null = null;

  constructor(taskId: string, deps: TaskLogDeps, listener: TaskLogListener) {
    this.taskId = taskId;
    this.#deps = deps;
    this.ring = new Ring(deps.budget);
    this.#history = deps.segments.open(taskId);
    this.#tail = new Tail(taskId, deps, {
      began: (batches) => this.#begin(batches),
      advanced: (batch) => {
        this.ring.push(batch);
        if (batch.header.status === "deleted") this.#forgetBefore(batch);
        listener.advanced(batch);
      },
      reset: (batches) => {
        this.generation += 1;
        this.#begin(batches);
        listener.reset();
      },
    });
  }

  get mark(): Mark {
    return this.#tail.mark;
  }

  /** See `Tail.complete`. */
  get complete(): Mark {
    return this.#tail.complete;
  }

  get status(): string {
    return this.#tail.status;
  }

  /** Nothing will come behind the mark. */
  get ended(): boolean {
    return TERMINAL_STATUSES.has(this.#tail.status);
  }

  get epoch(): string {
    return this.#deps.log.epoch;
  }

  /** Finds the log's end, however long the store is away. False: the task has nothing. */
  start(): Promise<boolean> {
    return this.#tail.start();
  }

  connection(connected: boolean): void {
    this.#tail.connection(connected);
  }

  verify(): Promise<void> {
    return this.#tail.verify();
  }

  holding(seq: number): Batch | null {
    return this.ring.holding(seq);
  }

  /** The first batch behind a position, where the ring is sure of it. */
  firstBehind(position: Position): Batch | null {
    return this.ring.firstBehind(position);
  }

  /** What stands behind `seq` in the ring, at most `RUN_BYTES` and a batch; the same for all who ask in one flush. `seq` is below the mark, and not below the floor. */
  behind(seq: number): SharedRun {
    const known = this.#runs.get(seq);
    if (known) return known;
    const run = new SharedRun(this.epoch, this.ring.behind(seq, RUN_BYTES));
    this.#runs.set(seq, run);
    return run;
  }

  /** A flush has ended: what was encoded for it is not kept. */
  forgetRuns(): void {
    this.#runs.clear();
  }

  /** History right behind a position if it is in memory. */
  cached(after: Position): Segment | null {
    return this.#deps.segments.cached(this.#history, after);
  }

  /** What was read so far may be another log's. */
  forgetHistory(): void {
    this.#deps.segments.close(this.#history);
    this.#history = this.#deps.segments.open(this.taskId);
  }

  async load(after: Position): Promise<Segment | null> {
    const { generation } = this;
    for (let attempt = 0; ; attempt++) {
      const loaded = await this.#deps.segments.load(this.#history, after, this.mark.position);
      if (this.#changed(generation)) return null;
      if (typeof loaded === "object") return loaded;
      await pause(pauseMs(attempt, this.#deps.environment), this.#deps.environment);
      // A copy that lags has nothing yet; but it may also be that the log has less than is believed here.
      if (loaded === "nothing" && attempt > 0) await this.verify();
      if (this.#changed(generation)) return null;
    }
  }

  earliest(): Promise<Batch | null> {
    return (this.#earliest ??= this.#readEarliest().finally(() => (this.#earliest = null)));
  }

  /** The fold up to now as the caller's own, and its cursor. Null: the log has changed, or is empty now. */
  async view(): Promise<{ readonly view: TaskView; readonly cursor: string } | null> {
    const folded = await this.#fold();
    return folded && { view: copyOf(folded.view), cursor: folded.cursor };
  }

  /** A `task.snapshot` of all that the log has, without its cursor; made once for all who ask at the same time. Null as for `view`. */
  async snapshot(): Promise<string | null> {
    const folded = await this.#fold();
    if (folded === null) return null;
    if (this.#snapshot?.seq !== folded.view.seq) {
      const line = snapshotLine(this.taskId, folded.view, this.#deps.environment.clock.now(), this.#deps.limits.snapshotBytes);
      this.#snapshot = { seq: folded.view.seq, line };
    }
    return this.#snapshot.line;
  }

  close(): void {
    this.#closed = true;
    this.#tail.close();
    this.ring.close();
    this.#runs.clear();
    this.#deps.segments.close(this.#history);
    this.#deps.views.forget(this);
  }

  #changed(generation: number): boolean {
    return this.#closed || generation !== this.generation;
  }

  #begin(batches: readonly Batch[]): void {
    this.forgetHistory();
    this.#deps.views.forget(this);
    this.#snapshot = null;
    this.#earliest = this.#folding = null;
    this.#runs.clear();
    this.ring.reset(batches, (batches[0]?.header.firstSeq ?? 1) - 1);
  }

  /** The task was deleted by this batch: nothing else of it is kept. */
  #forgetBefore(batch: Batch): void {
    this.#runs.clear();
    this.ring.reset([batch], batch.header.firstSeq - 1);
    this.forgetHistory();
    this.#deps.views.forget(this);
    this.#snapshot = null;
  }

  async #readEarliest(): Promise<Batch | null> {
    const { generation } = this;
    for (let attempt = 0; !this.#changed(generation) && this.mark.seq > 0; attempt++) {
      try {
        const [first] = (await this.#deps.log.read({ taskId: this.taskId, after: 0, maxBytes: 1 })).batches;
        if (first) return this.#changed(generation) ? null : first;
        await this.verify();
      } catch (error) {
        reportUnexpected(error, this.#deps.environment, this.taskId);
      }
      await pause(pauseMs(attempt, this.#deps.environment), this.#deps.environment);
    }
    return null;
  }

  #fold(): Promise<Folded | null> {
    if (this.#folding) return this.#folding;
    const folding = this.#foldNow().finally(() => {
      if (this.#folding === folding) this.#folding = null;
    });
    return (this.#folding = folding);
  }

  async #foldNow(): Promise<Folded | null> {
    const { generation } = this;
    const folded = this.#deps.views.take(this) ?? unfolded();
    const mark = (): number => this.mark.seq;
    const whole = await foldOn(folded, {
      get seq() {
        return mark();
      },
      stretch: async (seq, after) => (seq >= this.ring.floor ? new SharedRun(this.epoch, this.ring.behind(seq, RUN_BYTES)) : ((await this.load(after))?.behind(seq, this.epoch) ?? null)),
      turn: () => new Promise((resolve) => this.#deps.environment.clock.turn(resolve)),
    });
    if (!whole || this.#changed(generation) || this.mark.seq === 0) return null;
    this.#deps.views.keep(this, folded);
    return folded;
  }
}
