/** Where a watcher begins, and where it begins anew when its task's log does not have what it stands on. */
import { BEGINNING, cursorAt, cursorPrefix } from "../domain/cursor.ts";
import type { Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import type { Batch, Position } from "../log/port.ts";
import { spliceCursor } from "./lines.ts";
import type { Notice } from "./port.ts";
import { type Located, START, type Standing, locate, locateAtOnce, locateBehind, locateBehindAtOnce, standingBefore } from "./resume.ts";
import { reportUnexpected } from "./retry.ts";
import type { TaskLog } from "./task-log.ts";
import type { Watcher } from "./watcher.ts";

export interface AdmissionDeps {
  readonly log: TaskLog;
  readonly environment: Environment;
  readonly meter: Meter;
  /** The watcher can go on. */
  woken(watcher: Watcher): void;
  /** The watcher is over; this is its last word. */
  stop(watcher: Watcher, notice: Notice): void;
}

export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #log: TaskLog;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
    this.#log = deps.log;
  }

  /** Runs what a watcher has to wait for. A later wait takes the place of an earlier one. */
  wait(watcher: Watcher, work: () => Promise<unknown>): void {
    watcher.waiting = true;
    const wait = ++watcher.waits;
    work()
      .catch((error: unknown) => reportUnexpected(error, this.#deps.environment, this.#log.taskId))
      .then(() => {
        if (watcher.stopped || wait !== watcher.waits) return;
        watcher.waiting = false;
        this.#deps.woken(watcher);
      });
  }

  /** Finds where it begins: by what is in memory, else by asking the log. */
  place(watcher: Watcher): void {
    const log = this.#log;
    if (log.mark.seq === 0) return this.#placeInNothing(watcher);
    if (watcher.position > 0) return this.#placeBehind(watcher, watcher.position);
    const atOnce = watcher.replay === "none" && watcher.after === null ? this.#tail() : locateAtOnce(log, watcher.after);
    if (atOnce !== null) return this.#begin(watcher, atOnce);
    this.#whileSame(watcher, async () => locate(log, watcher.after), (located) => this.#begin(watcher, located));
  }

  /** There is nothing of the task. */
  unknown(watcher: Watcher): void {
    this.#fail(watcher, "task_unknown", "There is no task with this id. Check the id; a task can be watched once its creation was answered.");
  }

  /** Tells it that what it asked for is not there, and lets it begin with `from`; null: with what may come. */
  gap(watcher: Watcher, reason: "retention" | "reset", requested: string, from: Batch | null): void {
    const log = this.#log;
    watcher.requested = requested;
    this.#whileSame(watcher, async () => (from === null ? null : log.snapshot().catch(() => null)), (line) => {
      const standing = from === null ? START : standingBefore(from, log.epoch);
      this.#subscribe(watcher, standing);
      watcher.requested = null;
      const snapshot = line === null ? null : spliceCursor(line, standing.cursor);
      watcher.pending.push({ type: "gap", task_id: log.taskId, requested, earliest: standing.cursor, reason, snapshot });
    });
  }

  /** What the log has does not follow what this watcher was given. Mostly the whole log is another; else it is this watcher that is wrong. */
  doubt(watcher: Watcher): void {
    const log = this.#log;
    const ask = async (): Promise<Batch | null> => {
      log.forgetHistory();
      await log.verify();
      return log.earliest();
    };
    this.#whileSame(watcher, ask, (from) => this.gap(watcher, "reset", watcher.cursor(log.taskId, log.epoch), from));
  }

  /** The log is another: who had begun begins again with what it has, who had not is judged anew. */
  reset(watcher: Watcher): void {
    const log = this.#log;
    watcher.loaded = null;
    watcher.waiting = false;
    watcher.waits += 1;
    if (!watcher.placed) return this.#deps.woken(watcher);
    const requested = watcher.requested ?? watcher.cursor(log.taskId, log.epoch);
    watcher.requested = requested;
    watcher.pending = watcher.pending.filter(({ type }) => type === "subscribed");
    this.#whileSame(watcher, () => log.earliest(), (from) => this.gap(watcher, "reset", requested, from));
  }

  /** Waits for an answer and acts on it, unless the log has turned out to be another meanwhile: that is handled by itself. */
  #whileSame<T>(watcher: Watcher, ask: () => Promise<T>, act: (answer: T) => void): void {
    const { generation } = this.#log;
    this.wait(watcher, async () => {
      const answer = await ask();
      if (!watcher.stopped && generation === this.#log.generation) act(answer);
    });
  }

  #placeInNothing(watcher: Watcher): void {
    this.#whileSame(watcher, () => this.#log.verify(), () => {
      if (this.#log.mark.seq === 0) this.unknown(watcher);
    });
  }

  #placeBehind(watcher: Watcher, position: Position): void {
    if (position >= this.#log.mark.position) return this.#begin(watcher, this.#tail());
    const atOnce = locateBehindAtOnce(this.#log, position);
    if (atOnce !== null) return this.#begin(watcher, atOnce);
    this.#whileSame(watcher, () => locateBehind(this.#log, position), (located) => this.#begin(watcher, located));
  }

  #tail(): Located {
    const { taskId, epoch, mark: { seq, position, nonce } } = this.#log;
    return { kind: "standing", standing: { seq, after: position, cursor: cursorAt(cursorPrefix({ taskId, epoch, position, nonce }), seq) } };
  }

  #begin(watcher: Watcher, located: Located): void {
    if (located.kind === "invalid") return this.#fail(watcher, "cursor_invalid", located.detail);
    watcher.placed = true;
    if (located.kind === "gap") return this.gap(watcher, located.reason, watcher.after ?? BEGINNING, located.from);
    this.#subscribe(watcher, located.standing);
    this.#deps.woken(watcher);
  }

  #subscribe(watcher: Watcher, standing: Standing): void {
    const { taskId, mark } = this.#log;
    watcher.stand(standing);
    if (!watcher.caughtUp) watcher.tailSeq = mark.seq;
    if (watcher.subscribed) return;
    watcher.subscribed = true;
    watcher.pending.push({ type: "subscribed", task_id: taskId, cursor: standing.cursor, replay: watcher.replay, tail_seq: mark.seq });
    if (standing.seq < mark.seq) this.#deps.meter.add("replays", 1, watcher.replay === "compact" ? "compact" : "full");
  }

  #fail(watcher: Watcher, code: "task_unknown" | "cursor_invalid", detail: string): void {
    this.#deps.stop(watcher, { type: "failed", task_id: this.#log.taskId, code, detail });
  }
}
