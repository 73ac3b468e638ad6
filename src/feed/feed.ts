/**
 * One watched task in one process: its log, and its watchers, each a position and a wire. All moving happens in `flush`,
 * within one turn of the event loop: a watcher that has read its history up to the ring joins the live ones with nothing
 * in between, so that no event can fall through.
 */
import type { ReplayedFrame } from "../domain/compact.ts";
import type { Batch } from "../log/port.ts";
import { Admission } from "./admission.ts";
import { LiveSet } from "./live.ts";
import type { Mark } from "./merge.ts";
import type { Notice, Run, Sink, WatchRequest } from "./port.ts";
import { standingIn } from "./resume.ts";
import type { SharedRun } from "./run.ts";
import { TaskLog, type TaskLogDeps } from "./task-log.ts";
import { Watcher, type WatcherHome } from "./watcher.ts";

export interface FeedDeps extends TaskLogDeps {
  /** The encoder that compacts: `compactor(limits.replayedBytes)`. */
  readonly compacted: (run: Run) => readonly ReplayedFrame[];
  /** Something has come live that somebody watches. */
  came(batch: Batch): void;
  /** The feed has something to deliver: flush it soon. */
  dirty(feed: Feed): void;
  /** The feed can be let go: its task is unknown, or nobody has used it for a while. */
  over(feed: Feed): void;
  /** Watchers have come (1) or gone (-1). */
  watchers(change: number): void;
}

/** So many watchers are served between two looks at the clock. */
const CLOCK_EVERY = 64;
/** So many of those that read history are moved in every flush, however late it is. */
const MOVED_AT_LEAST = 4;

export class Feed implements WatcherHome {
  readonly log: TaskLog;
  /** Whether it waits in the hub's line. For the hub. */
  queued = false;
  readonly #deps: FeedDeps;
  readonly #admission: Admission;
  readonly #watchers = new Set<Watcher>();
  readonly #live = new LiveSet();
  /** Watchers to be moved on: those that begin, read history, or whose wire has drained. */
  #line: Watcher[] = [];
  /** Live watchers may be behind although this pass has visited them. */
  #again = false;
  #state: "starting" | "known" | "unknown" | "closed" = "starting";
  readonly #started: Promise<boolean>;
  #holds = 0;
  #cancelIdle: () => void = () => {};

  constructor(taskId: string, deps: FeedDeps) {
    this.#deps = deps;
    this.log = new TaskLog(taskId, deps, {
      advanced: (batch) => {
        this.#again = true;
        if (this.#live.size > 0) deps.came(batch);
        deps.dirty(this);
      },
      reset: () => this.#reset(),
    });
    const { log } = this;
    this.#admission = new Admission({ ...deps, log, woken: (watcher) => this.woken(watcher), stop: (watcher, notice) => this.#stop(watcher, notice) });
    this.#started = this.#start();
  }

  /** Resolves when the task's log was found (true), or found to be empty (false), however long the store is away. */
  get started(): Promise<boolean> {
    return this.#started;
  }

  /** The task had nothing when this feed began: who asks later needs another. */
  get unknown(): boolean {
    return this.#state === "unknown";
  }

  /** Keeps the feed from being let go, until what is returned is called. */
  hold(): () => void {
    this.#holds += 1;
    this.#cancelIdle();
    return () => {
      this.#holds -= 1;
      this.#idle();
    };
  }

  watch(request: WatchRequest, sink: Sink): Watcher {
    const watcher = new Watcher(request, sink, this);
    this.#watchers.add(watcher);
    this.#deps.watchers(1);
    this.#useful();
    if (this.#state !== "starting") this.woken(watcher);
    return watcher;
  }

  woken(watcher: Watcher): void {
    if (watcher.queued) return;
    watcher.queued = true;
    this.#line.push(watcher);
    this.#deps.dirty(this);
  }

  left(watcher: Watcher): void {
    this.#live.remove(watcher);
    if (!this.#watchers.delete(watcher)) return;
    this.#deps.watchers(-1);
    this.#useful();
  }

  complete(watcher: Watcher): Mark | null {
    if (watcher.waiting || watcher.pending.length > 0) return null;
    return watcher.caughtUp && watcher.seq >= this.log.mark.seq ? this.log.complete : watcher.mark;
  }

  close(): void {
    this.#state = "closed";
    this.#cancelIdle();
    for (const watcher of [...this.#watchers]) watcher.stop();
    this.log.close();
  }

  /** Something here is broken: everyone is sent away, to come back to a feed made anew. */
  fail(): void {
    for (const watcher of [...this.#watchers]) {
      this.#stop(watcher, { type: "failed", task_id: this.log.taskId, code: "internal", detail: "Delivering this task met an unexpected error. Connect again; it goes on from your cursor." });
    }
  }

  /** Delivers what there is, until `expired`. True: nothing is left to be done. */
  flush(expired: () => boolean): boolean {
    if (this.#state === "closed") return true;
    const whole = this.#deliver(expired);
    const line = this.#line;
    this.#line = [];
    for (let at = 0; at < line.length; at++) {
      if (at >= MOVED_AT_LEAST && expired()) {
        this.#line = [...line.slice(at), ...this.#line];
        return false;
      }
      const watcher = line[at] as Watcher;
      watcher.queued = false;
      watcher.sink.together(() => this.#move(watcher));
    }
    if (!whole || this.#again || this.#line.length > 0) return false;
    this.log.forgetRuns();
    return true;
  }

  async #start(): Promise<boolean> {
    const known = await this.log.start();
    if (this.#state === "closed") return false;
    this.#state = known ? "known" : "unknown";
    for (const watcher of this.#watchers) this.woken(watcher);
    this.#idle();
    return known;
  }

  /** A ring nobody watches is the first to shrink; a feed nobody uses is let go after a while. */
  #useful(): void {
    this.log.ring.useful = this.#watchers.size > 0;
    this.#idle();
  }

  #idle(): void {
    this.#cancelIdle();
    if (this.#watchers.size > 0 || this.#holds > 0 || this.#state === "closed") return;
    const { clock } = this.#deps.environment;
    this.#cancelIdle = clock.after(this.#state === "unknown" ? 0 : this.#deps.limits.feedIdleMs, () => this.#deps.over(this));
  }

  /** The hot path: one write for every live watcher that is behind and whose wire is ready, with all that it misses. */
  #deliver(expired: () => boolean): boolean {
    const live = this.#live;
    const { ring, ended } = this.log;
    const head = this.log.mark.seq;
    if (!live.passing) {
      live.begin();
      this.#again = false;
      this.log.forgetRuns();
    }
    let run: SharedRun | null = null;
    let from = -1;
    let served = 0;
    let whole = true;
    for (let watcher = live.next(); watcher !== null; watcher = live.next()) {
      if (watcher.seq < head) {
        if (run === null || watcher.seq !== from) {
          if (watcher.seq < ring.floor) {
            live.remove(watcher);
            this.woken(watcher);
            continue;
          }
          from = watcher.seq;
          run = this.log.behind(from);
        }
        watcher.drained = false;
        const taking = watcher.sink.events(run);
        if (watcher.stopped) continue;
        watcher.took(run);
        if (taking === "full" && !watcher.drained) {
          watcher.full = true;
          live.remove(watcher);
          continue;
        }
        if (run.lastSeq !== head) this.#again = true;
      }
      if (ended && watcher.seq === head) this.#end(watcher);
      if (++served % CLOCK_EVERY === 0 && expired()) {
        whole = !live.passing;
        break;
      }
    }
    return whole;
  }

  /** Everything else that happens to a watcher, until its wire is full, it waits for the log, or it is live. At most one stretch of events a turn. */
  #move(watcher: Watcher): void {
    while (!watcher.full && !watcher.stopped) {
      const notice = watcher.pending.shift();
      if (notice !== undefined) this.#tell(watcher, notice);
      else if (watcher.waiting) return;
      else if (!watcher.placed) return this.#state === "unknown" ? this.#admission.unknown(watcher) : this.#admission.place(watcher);
      else if (!watcher.caughtUp && watcher.seq >= watcher.tailSeq) {
        watcher.caughtUp = true;
        this.#tell(watcher, { type: "caught_up", task_id: this.log.taskId, cursor: watcher.cursor(this.log.taskId, this.log.epoch) });
      } else if (watcher.seq >= this.log.mark.seq && this.log.ended) return this.#end(watcher);
      else if (watcher.caughtUp && watcher.seq >= this.log.ring.floor) return this.#join(watcher);
      else if (!this.#advance(watcher)) return;
      else if (!watcher.full && watcher.seq < watcher.tailSeq) return this.woken(watcher);
    }
  }

  /** From here on the hot path serves it. */
  #join(watcher: Watcher): void {
    this.#live.add(watcher);
    if (watcher.seq < this.log.mark.seq) this.#again = true;
  }

  /** Gives it the next stretch. False: it waits for it. */
  #advance(watcher: Watcher): boolean {
    const { log } = this;
    const compacting = watcher.replay === "compact" && !watcher.caughtUp;
    if (watcher.seq >= log.ring.floor) {
      const run = log.behind(watcher.seq);
      if (compacting) this.#replay(watcher, run, 0);
      else this.#write(watcher, run);
      return true;
    }
    const segment = watcher.loaded ?? log.cached(watcher.position);
    watcher.loaded = null;
    if (segment === null) {
      this.#admission.wait(watcher, async () => (watcher.loaded = await log.load(watcher.position)));
      return false;
    }
    const first = segment.firstBehind(watcher.position);
    if (first.header.firstSeq > watcher.seq + 1) {
      this.#admission.gap(watcher, "retention", watcher.cursor(log.taskId, log.epoch), first);
      return false;
    }
    if (!watcher.fits(first)) {
      this.#admission.doubt(watcher);
      return false;
    }
    if (!compacting) this.#write(watcher, segment.behind(watcher.seq, log.epoch) as SharedRun);
    else {
      // A watcher whose wire was full goes on with the frames that all get, if it stands between two of them.
      const whole = segment.behind(0, log.epoch) as SharedRun;
      const at = whole.once(this.#deps.compacted).findIndex(({ firstSeq }) => firstSeq === watcher.seq + 1);
      if (at >= 0) this.#replay(watcher, whole, at);
      else this.#replay(watcher, segment.behind(watcher.seq, log.epoch) as SharedRun, 0);
    }
    return true;
  }

  #write(watcher: Watcher, run: SharedRun): void {
    watcher.drained = false;
    const taking = watcher.sink.events(run);
    watcher.took(run);
    this.#taken(watcher, taking === "full");
  }

  /** Gives it the run as compacted frames, from the one at `from` on, until its wire is full. */
  #replay(watcher: Watcher, run: SharedRun, from: number): void {
    const frames = run.once(this.#deps.compacted);
    let slice = 0;
    for (let at = from; at < frames.length && !watcher.full && !watcher.stopped; at++) {
      const { frame, cursor, seq } = frames[at] as ReplayedFrame;
      while ((run.slices[slice]?.batch.header.lastSeq ?? seq) < seq) slice += 1;
      const batch = run.slices[slice]?.batch ?? run.last;
      watcher.stand(standingIn(batch, seq, run.epoch));
      this.#tell(watcher, { type: "replayed", frame, cursor });
    }
  }

  #tell(watcher: Watcher, notice: Notice): void {
    watcher.drained = false;
    this.#taken(watcher, watcher.sink.notice(notice) === "full");
  }

  #taken(watcher: Watcher, full: boolean): void {
    if (!full || watcher.drained || watcher.stopped) return;
    watcher.full = true;
  }

  #end(watcher: Watcher): void {
    const { taskId, epoch, status } = this.log;
    this.#stop(watcher, { type: "end", task_id: taskId, status, cursor: watcher.cursor(taskId, epoch) });
  }

  /** Its last word. */
  #stop(watcher: Watcher, notice: Notice): void {
    watcher.stop();
    watcher.sink.notice(notice);
  }

  /** The log is another: everyone begins again. */
  #reset(): void {
    for (const watcher of this.#watchers) {
      this.#live.remove(watcher);
      this.#admission.reset(watcher);
    }
  }
}
