/**
 * The rule of a full wire, the same whatever is spoken on it: what stopped there goes on in turns when it has drained; one that moves is
 * that of somebody who reads slowly; and a peer that asks and asks and never reads the answers is found, whose memory would be ours.
 */
import type { Lane, Waiter, WatchHub } from "./lane.ts";

const NOBODY: readonly Waiter[] = [];

/** A connection's own part, by inheritance: thousands are idle, so each is as few objects as may be. */
export abstract class Backpressured {
  /** Those that stopped at the full wire, in the order in which they will go on. */
  #waiting: readonly Waiter[] = NOBODY;
  #full = false;
  /** What waited on the full wire when it was last looked at. Bytes. */
  #waited = 0;
  #draining = false;
  /** What was answered to a peer while it did not read. UTF-16 units. */
  #unread = 0;

  protected abstract readonly hub: WatchHub;
  /** What waits on the wire. Bytes. */
  protected abstract pending(): number;
  /** A sign of life that is no frame. */
  abstract alive(): void;
  /** The wire has become full. */
  protected abstract slow(): void;

  get full(): boolean {
    return this.#full;
  }

  /** The wire takes again. */
  drained(): void {
    this.#full = false;
    this.#unread = 0;
    this.alive();
    if (this.#draining) return;
    this.#draining = true;
    while (!this.#full) {
      const [next, ...others] = this.#waiting;
      if (next === undefined) break;
      this.#waiting = others.length === 0 ? NOBODY : others;
      next.proceed(this.hub);
    }
    this.#draining = false;
  }

  /** Puts a lane among those that go on when the wire has drained. */
  wait(waiter: Waiter): void {
    if (!waiter.stopped && !this.#waiting.includes(waiter)) this.#waiting = [...this.#waiting, waiter];
  }

  /** A wire that takes nothing is given no new watch. */
  begin(lane: Lane): void {
    if (this.#full) this.wait(lane);
    else lane.begin(this.hub);
  }

  /** The wire has taken what was written, and is full; `waiter` stopped there. */
  protected filled(waiter: Waiter | null): void {
    if (!this.#full) {
      this.#full = true;
      this.#waited = this.pending();
      this.alive();
      this.slow();
    }
    if (waiter !== null) this.wait(waiter);
  }

  /** Time has passed: a full wire that moves is a sign of life. */
  protected look(): void {
    if (!this.#full) return;
    const pending = this.pending();
    if (pending < this.#waited) this.alive();
    this.#waited = pending;
  }

  /** So much was answered while the wire was full, in UTF-16 units. Answers how much that makes since it was. */
  protected unread(length: number): number {
    this.#unread += length;
    return this.#unread;
  }

  /** Who was stopped waits no more. */
  protected forgetStopped(): void {
    this.#waiting = this.#waiting.filter(({ stopped }) => !stopped);
  }

  /** Nobody waits any more. */
  protected forgetAll(): void {
    this.#waiting = NOBODY;
  }
}
