/**
 * Those of one process who wait for work of a kind, in the order in which they came. Something put into the queue wakes the first; who
 * finds something wakes the next, since more may have come. Notices may be lost, so one of them looks by itself now and then.
 */
import type { Cancel, Clock } from "../domain/environment.ts";
import type { EntryRequest, Priority, TakenEntry } from "./port.ts";

export interface WaitersDeps {
  readonly clock: Clock;
  /** Tells of whatever is put into the queue. */
  readonly follow: (onWake: (priority: Priority) => void) => Promise<Cancel>;
  /** The first looks by itself so often. Milliseconds. */
  readonly lookMs: number;
  /** Nobody waits any more. */
  readonly empty: () => void;
}

/** `stir` ends its waiting; `woken`: something may be there that it has not looked for. */
interface Waiter {
  stir: () => void;
  woken: boolean;
  /** Where it may be, if that was told. */
  where: Priority | undefined;
}

function wake(waiter: Waiter, where?: Priority): void {
  waiter.woken = true;
  waiter.where = where;
  waiter.stir();
}

export class Waiters {
  readonly #deps: WaitersDeps;
  #all: readonly Waiter[] = [];
  #following: Promise<Cancel> | null = null;
  #stopLooking: Cancel = () => {};

  constructor(deps: WaitersDeps) {
    this.#deps = deps;
  }

  /** Waits until `take` finds something, until then (milliseconds since 1970), or until `signal` is aborted: then nothing. `resting` is told when it rests between two looks. Throws what `take` throws. */
  async wait(until: number, { signal, resting = () => {} }: EntryRequest, take: (first?: Priority) => Promise<readonly TakenEntry[]>): Promise<readonly TakenEntry[]> {
    const { clock } = this.#deps;
    const waiter: Waiter = { stir: () => {}, woken: false, where: undefined };
    const onAbort = (): void => waiter.stir();
    this.#all = [...this.#all, waiter];
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#follow();
      // What came between the first look and the subscription.
      for (let found = await take(); ; found = await take(waiter.where)) {
        if (signal?.aborted) {
          await Promise.all(found.map((entry) => entry.back(0)));
          if (found.length > 0) this.#wakeAfter(waiter);
          return [];
        }
        if (found.length > 0) {
          this.#wakeAfter(waiter);
          return found;
        }
        if (clock.now() >= until) return [];
        if (!waiter.woken) {
          resting(true);
          await this.#rest(waiter, until);
          resting(false);
        }
        waiter.woken = false;
        if (signal?.aborted) return [];
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#leave(waiter);
    }
  }

  #rest(waiter: Waiter, until: number): Promise<void> {
    const { clock } = this.#deps;
    return new Promise<void>((resolve) => {
      const late = clock.after(until - clock.now(), resolve);
      waiter.stir = () => {
        late();
        waiter.stir = () => {};
        resolve();
      };
    });
  }

  /** Something becomes due then. Milliseconds since 1970. */
  expect(at: number): void {
    const { clock, lookMs } = this.#deps;
    if (at - clock.now() < lookMs) clock.after(Math.max(0, at - clock.now()), () => this.#wake());
  }

  async #follow(): Promise<void> {
    if (this.#following === null) {
      this.#following = this.#deps.follow((priority) => this.#wake(priority));
      this.#following.catch(() => (this.#following = null));
    }
    if (this.#all.length === 1) this.#look();
    await this.#following;
  }

  #look(): void {
    this.#stopLooking();
    this.#stopLooking = this.#deps.clock.after(this.#deps.lookMs, () => {
      this.#wake();
      if (this.#all.length > 0) this.#look();
    });
  }

  #wake(where?: Priority): void {
    const [first, ...others] = this.#all;
    if (first === undefined) return;
    // Whoever is woken goes to the end, so that the next notice wakes another.
    this.#all = [...others, first];
    wake(first, where);
  }

  #wakeAfter(waiter: Waiter): void {
    const next = this.#all.find((other) => other !== waiter);
    if (next !== undefined) wake(next);
  }

  #leave(waiter: Waiter): void {
    this.#all = this.#all.filter((other) => other !== waiter);
    if (this.#all.length > 0) return;
    // Whoever took something mostly comes back for more: then the line is there still.
    this.#stopLooking();
    this.#stopLooking = this.#deps.clock.after(this.#deps.lookMs, () => {
      this.#following?.then((stop) => stop(), () => {});
      this.#following = null;
      this.#deps.empty();
    });
  }
}
