/**
 * Which instance sweeps: one at a time, by a value in the key store that it writes anew while it lives. Who sees that value unchanged
 * for `limits.leaderMs` of its own time takes over by compare-and-set. Two that lead for a moment do no harm: the log judges.
 */
import type { Cancel, Environment } from "../domain/environment.ts";
import type { LimitSet } from "../limits.ts";
import type { KeyStore } from "../log/port.ts";

const BUCKET = "leader";
const KEY = "sweeper";
/** The value is written, or looked at, so often within `limits.leaderMs`. */
const LOOKS = 3;
/** What is left by one that ended in order: nobody leads. */
const NOBODY = "";

export interface LeaderDeps {
  readonly keys: KeyStore;
  readonly environment: Environment;
  readonly limits: LimitSet;
  /** Names this instance. */
  readonly instance: string;
  /** Begins to lead; what it answers ends it. */
  readonly lead: () => Cancel;
}

export interface Leader {
  readonly leads: boolean;
  /** Leads no more, and lets another begin at once. */
  close(): Promise<void>;
}

/** Begins to take part. */
export function takePart({ keys, environment, limits, instance, lead }: LeaderDeps): Leader {
  const { clock, journal } = environment;
  let stopLeading: Cancel | null = null;
  let revision = 0;
  /** When the value was last written by us, or last seen to change. */
  let at = clock.now();
  let closed = false;
  let stopWaiting: Cancel = () => {};

  function become(stored: number): void {
    revision = stored;
    at = clock.now();
    if (stopLeading !== null) return;
    journal.info("leading", "This instance sweeps now.");
    stopLeading = lead();
  }

  function yieldTo(): void {
    stopLeading?.();
    stopLeading = null;
  }

  /** Writes the value where it is still as we saw it. */
  async function write(expected: number): Promise<void> {
    const stored = await keys.put(BUCKET, KEY, instance, expected);
    if (stored !== null && !closed) become(stored);
    else if (stopLeading !== null) {
      journal.warn("led_no_more", "Another instance sweeps now: this one was not heard of for too long.");
      yieldTo();
      at = clock.now();
    }
  }

  async function look(): Promise<void> {
    if (stopLeading !== null) return write(revision);
    const found = await keys.get(BUCKET, KEY);
    if (found === null) return write(0);
    if (found.value === NOBODY) return write(found.revision);
    if (found.revision !== revision) {
      revision = found.revision;
      at = clock.now();
    } else if (clock.now() - at >= limits.leaderMs) await write(found.revision);
  }

  async function turn(): Promise<void> {
    try {
      await look();
    } catch {
      // The store is away. Whoever cannot say that it lives must take it that another leads.
      if (stopLeading !== null && clock.now() - at >= limits.leaderMs) yieldTo();
    }
    if (!closed) stopWaiting = clock.after(limits.leaderMs / LOOKS, () => void turn());
  }

  void turn();
  return {
    get leads() {
      return stopLeading !== null;
    },
    async close() {
      closed = true;
      stopWaiting();
      if (stopLeading === null) return;
      yieldTo();
      await keys.put(BUCKET, KEY, NOBODY, revision).catch(() => null);
    },
  };
}
