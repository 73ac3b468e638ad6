/**
 * The reading side of a process: one feed per watched task, and one flush per turn of the event loop for all that have
 * something to deliver. A flush yields to timers and sockets after `limits.flushSliceMs`.
 */
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { Meter } from "../domain/meter.ts";
import type { LimitSet } from "../limits.ts";
import type { Log } from "../log/port.ts";
import { Edges } from "./edges.ts";
import { Feed, type FeedDeps } from "./feed.ts";
import { Gate } from "./gate.ts";
import { Lateness } from "./lateness.ts";
import { type Paging, readPage } from "./page.ts";
import type { Hub, Page, PageRequest, Sink, TracedWatch, WatchRequest } from "./port.ts";
import { RingBudget } from "./ring.ts";
import { Segments, compactor } from "./segments.ts";
import { within } from "./retry.ts";
import type { TailDeps } from "./tail.ts";
import { ViewCache } from "./view.ts";

export interface HubDeps {
  readonly log: Log;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** See `TailDeps.judge`: for tests. */
  readonly judge?: TailDeps["judge"];
}

/** The reading side over this log. Close it when done. */
export function createHub(deps: HubDeps): Hub {
  return new FeedHub(deps);
}

class FeedHub implements Hub {
  readonly #deps: HubDeps;
  readonly #feedDeps: FeedDeps;
  readonly #feeds = new Map<string, Feed>();
  readonly #budget: RingBudget;
  readonly edges: Edges;
  readonly #lateness = new Lateness();
  #watchers = 0;
  #dirty: Feed[] = [];
  #scheduled = false;
  #closed = false;
  readonly #unlisten: () => void;

  constructor(deps: HubDeps) {
    const { log, environment, limits, meter } = deps;
    this.#deps = deps;
    this.#budget = new RingBudget(limits.ringBytes);
    this.edges = new Edges(log.partitions);
    this.#feedDeps = {
      ...deps,
      edges: this.edges,
      gate: new Gate(limits.verifyInFlight),
      segments: new Segments({ log, environment, limits, meter }),
      budget: this.#budget,
      views: new ViewCache(),
      compacted: compactor(limits.replayedBytes),
      came: (batch) => this.#lateness.came(batch, environment.clock.now()),
      dirty: (feed) => this.#mark(feed),
      over: (feed) => this.#letGo(feed),
      watchers: (change) => meter.set("watchers", (this.#watchers += change)),
    };
    this.#unlisten = log.onConnection((connected) => {
      this.edges.forget();
      for (const feed of this.#feeds.values()) feed.log.connection(connected);
    });
  }

  watch(request: WatchRequest, sink: Sink): TracedWatch {
    if (this.#closed) throw new TaskwireError("unavailable", "The service is stopping. Connect again: another instance, or this one after its restart, goes on from your cursor.");
    return this.#feed(request.taskId).watch(request, sink);
  }

  async page(request: PageRequest): Promise<Page> {
    const { taskId, signal } = request;
    const feed = this.#feed(taskId);
    const release = feed.hold();
    try {
      // What was appended before this was asked must be in the page, even if its live message is still on its way.
      await this.#reachable(feed, signal);
      const paging: Paging = { ...this.#deps, log: feed.log, watch: (wanted, sink) => this.watch(wanted, sink) };
      return await readPage(request, paging);
    } finally {
      release();
    }
  }

  async view(taskId: string): Promise<Awaited<ReturnType<Hub["view"]>>> {
    const feed = this.#feed(taskId);
    const release = feed.hold();
    try {
      if (!(await this.#reachable(feed))) return null;
      for (;;) {
        const { generation } = feed.log;
        const view = await this.#soon(feed.log.view());
        if (view !== null || generation === feed.log.generation) return view;
      }
    } finally {
      release();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
    this.#dirty = [];
  }

  #feed(taskId: string): Feed {
    let feed = this.#feeds.get(taskId);
    if (feed === undefined || feed.unknown) {
      feed = new Feed(taskId, this.#feedDeps);
      this.#feeds.set(taskId, feed);
      this.#deps.meter.set("watched_tasks", this.#feeds.size);
    }
    return feed;
  }

  #letGo(feed: Feed): void {
    feed.close();
    if (this.#feeds.get(feed.log.taskId) === feed) this.#feeds.delete(feed.log.taskId);
    this.#deps.meter.set("ring_bytes", this.#budget.bytes);
    this.#deps.meter.set("watched_tasks", this.#feeds.size);
  }

  /** Whether the task has a log, known up to now. Throws `unavailable` where the store does not say so in time. */
  async #reachable(feed: Feed, signal?: AbortSignal): Promise<boolean> {
    const known = await this.#soon(feed.started, signal);
    if (known) await this.#soon(feed.log.verify(), signal);
    return known && feed.log.mark.seq > 0;
  }

  #soon<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const { environment, limits } = this.#deps;
    const late = (): Error => new TaskwireError("unavailable", "The log does not answer now. Nothing is lost; ask again.");
    return within(work, limits.appendWaitMs, environment, late, signal);
  }

  #mark(feed: Feed): void {
    if (feed.queued || this.#closed) return;
    feed.queued = true;
    this.#dirty.push(feed);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#deps.environment.clock.turn(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    const { environment: { clock }, limits, meter } = this.#deps;
    const began = clock.now();
    const expired = (): boolean => clock.now() - began >= limits.flushSliceMs;
    const feeds = this.#dirty;
    this.#dirty = [];
    for (let at = 0; at < feeds.length; at++) {
      if (at > 0 && expired()) {
        // Those that waited go first in the next turn; those that were served and are not done come behind them.
        this.#dirty = [...feeds.slice(at), ...this.#dirty];
        break;
      }
      const feed = feeds[at] as Feed;
      feed.queued = false;
      if (!this.#serve(feed, expired)) this.#mark(feed);
    }
    const ended = clock.now();
    meter.observe("flush_seconds", (ended - began) / 1_000);
    const late = this.#lateness.flushed(ended);
    if (late !== null) meter.observe("delivery_seconds", late);
    meter.set("ring_bytes", this.#budget.bytes);
    if (this.#dirty.length > 0) this.#schedule();
  }

  /** One task's trouble must not be everybody's. */
  #serve(feed: Feed, expired: () => boolean): boolean {
    try {
      return feed.flush(expired);
    } catch (error) {
      this.#deps.environment.journal.error("feed_failed", "Delivering a task met an unexpected error; its watchers are sent away and may come back.", { task_id: feed.log.taskId, error: String(error) });
      feed.fail();
      this.#letGo(feed);
      return true;
    }
  }
}
