/** A watched set on a connection: it takes its turns on the wire as any lane does, and so does each of its tasks. */
import type { Mark } from "../feed/merge.ts";
import type { Notice, Run, Taking, WatchRequest } from "../feed/port.ts";
import type { Selector } from "../feed/selector.ts";
import type { MemberLane, SelectorNotice, SelectorRequest, SelectorSink } from "../feed/selector-port.ts";
import { Lane, type LaneHome, type Waiter } from "./lane.ts";

/** The connection as a set sees it. */
export interface SelectionHome extends LaneHome {
  /** Begins a lane, now or when the wire has drained. */
  begin(lane: Lane): void;
  heard(selection: Selection, notice: SelectorNotice): void;
  /** How many more tasks may be followed on this connection. */
  room(): number;
}

/** One task of a set. */
class MemberOnWire extends Lane implements MemberLane {
  readonly #say: (notice: Notice) => void;
  /** How far it had come before it was offered what it keeps. */
  #before: Mark | null = null;

  constructor(home: LaneHome, request: WatchRequest, say: (notice: Notice) => void) {
    super(home, request, 0);
    this.#say = say;
  }

  complete(): Mark | null {
    return this.keeping ? this.#before : (this.watch?.complete?.() ?? null);
  }

  protected override keep(offered: Run | Notice): Taking {
    this.#before = this.complete();
    return super.keep(offered);
  }

  protected override tell(notice: Notice): Taking {
    if (notice.type === "end" || notice.type === "failed") this.stopped = true;
    this.#say(notice);
    if (!this.home.full) return "ready";
    this.home.wait(this);
    return "full";
  }
}

export class Selection implements SelectorSink, Waiter {
  readonly ticket: number;
  readonly request: SelectorRequest;
  readonly selector: Selector;
  readonly #home: SelectionHome;
  stopped = false;

  constructor(home: SelectionHome, ticket: number, request: SelectorRequest, open: (request: SelectorRequest, sink: SelectorSink) => Selector) {
    this.#home = home;
    this.ticket = ticket;
    this.request = request;
    this.selector = open(request, this);
  }

  ready(): boolean {
    if (this.stopped) return false;
    if (!this.#home.full) return true;
    this.#home.wait(this);
    return false;
  }

  notice(notice: SelectorNotice): void {
    if (!this.stopped) this.#home.heard(this, notice);
  }

  member(request: WatchRequest, tell: (notice: Notice) => void): MemberLane {
    const lane = new MemberOnWire(this.#home, request, tell);
    this.#home.begin(lane);
    return lane;
  }

  room(): number {
    return this.#home.room();
  }

  /** The wire has drained and it is this one's turn. */
  proceed(): void {
    this.selector.resume();
  }

  stop(): void {
    this.stopped = true;
    this.selector.stop();
  }
}
