/** One timer for many deadlines: time is cut into slots, and what falls into the same slot is done together. */
import type { Cancel, Clock } from "../domain/environment.ts";

export class Wheel<T> {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #slotMs: number;
  readonly #run: (due: readonly T[]) => void;
  readonly #slots = new Map<number, T[]>();
  #armed: { readonly slot: number; readonly cancel: Cancel } | null = null;

  /** `run` is given what was added for a slot when it has come; at most `slotMs` late. */
  constructor(clock: Pick<Clock, "now" | "after">, slotMs: number, run: (due: readonly T[]) => void) {
    this.#clock = clock;
    this.#slotMs = slotMs;
    this.#run = run;
  }

  /** Gives `item` to `run` at `dueAt` (milliseconds since 1970). Adding it again does not take it out of its other slot. */
  add(item: T, dueAt: number): void {
    const slot = Math.ceil(dueAt / this.#slotMs);
    const items = this.#slots.get(slot);
    if (items === undefined) this.#slots.set(slot, [item]);
    else items.push(item);
    if (this.#armed === null || slot < this.#armed.slot) this.#arm(slot);
  }

  /** Forgets everything. */
  clear(): void {
    this.#slots.clear();
    this.#armed?.cancel();
    this.#armed = null;
  }

  #arm(slot: number): void {
    this.#armed?.cancel();
    const cancel = this.#clock.after(Math.max(0, slot * this.#slotMs - this.#clock.now()), () => this.#turn());
    this.#armed = { slot, cancel };
  }

  #turn(): void {
    this.#armed = null;
    const now = this.#clock.now();
    const due = [...this.#slots.keys()].filter((slot) => slot * this.#slotMs <= now).sort((a, b) => a - b);
    for (const slot of due) {
      const items = this.#slots.get(slot) ?? [];
      this.#slots.delete(slot);
      this.#run(items);
    }
    // What was added meanwhile has set the timer for itself, though older slots may come before.
    if (this.#slots.size > 0) this.#arm(Math.min(...this.#slots.keys()));
  }
}
