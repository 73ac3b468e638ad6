/** One watch between the feed and a wire: a subscription's, or that of one task of a watched set. */
import type { Notice, Run, Sink, Taking, TracedWatch, Watch, WatchRequest } from "../feed/port.ts";

/** Where watches are begun. */
export interface WatchHub {
  watch(request: WatchRequest, sink: Sink): Watch & Partial<Pick<TracedWatch, "complete">>;
}

/** Who waits for the wire to drain, to have its turn. */
export interface Waiter {
  readonly stopped: boolean;
  proceed(hub: WatchHub): void;
}

/** The wire as a lane sees it. */
export interface LaneHome {
  readonly full: boolean;
  deliver(lane: Lane, run: Run): Taking;
  tell(lane: Lane, notice: Notice): Taking;
  together(work: () => void): void;
  /** Gives it a turn when the wire has drained. */
  wait(waiter: Waiter): void;
}

export class Lane implements Sink, Waiter {
  readonly ticket: number;
  protected readonly home: LaneHome;
  protected watch: ReturnType<WatchHub["watch"]> | null = null;
  readonly #request: WatchRequest;
  #begun = false;
  /** What was offered while the wire was full: the one reference that all watchers share. */
  #kept: Run | Notice | null = null;
  stopped = false;

  constructor(home: LaneHome, request: WatchRequest, ticket: number) {
    this.home = home;
    this.#request = request;
    this.ticket = ticket;
  }

  get taskId(): string {
    return this.#request.taskId;
  }

  /** Something was offered that the wire has not taken yet. */
  protected get keeping(): boolean {
    return this.#kept !== null;
  }

  begin(hub: WatchHub): void {
    this.#begun = true;
    const watch = hub.watch(this.#request, this);
    this.watch = watch;
    if (this.stopped) watch.stop();
  }

  stop(): void {
    this.stopped = true;
    this.#kept = null;
    this.watch?.stop();
  }

  events(run: Run): Taking {
    if (this.stopped) return "full";
    if (this.home.full) return this.keep(run);
    return this.home.deliver(this, run);
  }

  notice(notice: Notice): Taking {
    if (this.stopped) return "full";
    if (this.home.full) return this.keep(notice);
    return this.tell(notice);
  }

  together(work: () => void): void {
    this.home.together(work);
  }

  protected tell(notice: Notice): Taking {
    return this.home.tell(this, notice);
  }

  protected keep(offered: Run | Notice): Taking {
    this.#kept = offered;
    this.home.wait(this);
    return "full";
  }

  /** The wire has drained and it is this one's turn. */
  proceed(hub: WatchHub): void {
    if (this.stopped) return;
    if (!this.#begun) return this.begin(hub);
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null) {
      const taking = "slices" in kept ? this.home.deliver(this, kept) : this.tell(kept);
      if (taking === "full" || this.stopped) return;
    }
    this.watch?.resume();
  }
}
