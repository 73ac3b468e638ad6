/** The watchers at the live end of a task, in one array, visited pass by pass. A pass may be interrupted and goes on later. */
import type { Watcher } from "./watcher.ts";

export class LiveSet {
  readonly #watchers: Watcher[] = [];
  /** How many are yet to be visited in this pass: it runs from the end, so that removing cannot hide one. */
  #left = 0;

  get size(): number {
    return this.#watchers.length;
  }

  /** A pass was begun and is not over. */
  get passing(): boolean {
    return this.#left > 0;
  }

  /** Adds a watcher. It is visited in the next pass. */
  add(watcher: Watcher): void {
    watcher.slot = this.#watchers.length;
    this.#watchers.push(watcher);
  }

  /** Takes a watcher out; does nothing with one that is not in. */
  remove(watcher: Watcher): void {
    const { slot } = watcher;
    if (slot < 0) return;
    watcher.slot = -1;
    const last = this.#watchers.pop() as Watcher;
    if (last !== watcher) {
      this.#watchers[slot] = last;
      last.slot = slot;
    }
    if (this.#left > this.#watchers.length) this.#left = this.#watchers.length;
  }

  /** Begins a pass. */
  begin(): void {
    this.#left = this.#watchers.length;
  }

  /** The next watcher of the pass; null when it is over. */
  next(): Watcher | null {
    return this.#left === 0 ? null : (this.#watchers[--this.#left] as Watcher);
  }
}
