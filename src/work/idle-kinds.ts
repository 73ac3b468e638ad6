/** Which kinds of tasks nothing has waited for in a long time. A broker keeps only so many queues, and anybody may name a new kind. */

/** Workers that come after that find the queue again by asking for it. Milliseconds. */
const IDLE_MS = 10 * 60_000;

export class IdleKinds {
  readonly #emptySince = new Map<string, number>();

  /** Takes note of how many wait in the queue of a kind; answers whether it has been empty for long. */
  isIdle(kind: string, waiting: number, now: number): boolean {
    const since = this.#emptySince.get(kind);
    if (waiting > 0) this.#emptySince.delete(kind);
    else if (since === undefined) this.#emptySince.set(kind, now);
    else if (now - since >= IDLE_MS) return this.#emptySince.delete(kind);
    return false;
  }

  /** Forgets the kinds that are not among these. */
  keep(kinds: ReadonlySet<string>): void {
    for (const kind of this.#emptySince.keys()) if (!kinds.has(kind)) this.#emptySince.delete(kind);
  }
}
