/** Who listens to a model: told at most once a turn of the event loop; the first begins the following, the last one's leaving ends it. */
import type { Timing } from "./timing.ts";

export interface Listeners {
  subscribe(listener: () => void): () => void;
  /** Something has changed: they are told at the end of the turn. */
  soon(): void;
  /** They are told now. */
  tell(): void;
}

export interface ListenersOptions {
  readonly timing: Timing;
  /** Makes what they will see, before they are told. */
  readonly prepare: () => void;
  /** The following begins; answers what ends it. */
  readonly begin: () => () => void;
}

/** Makes the listeners of one model. */
export function createListeners({ timing, prepare, begin }: ListenersOptions): Listeners {
  const listeners = new Set<() => void>();
  let telling: (() => void) | null = null;
  let leaving: (() => void) | null = null;
  let end: (() => void) | null = null;

  const tell = (): void => {
    telling?.();
    telling = null;
    prepare();
    for (const listener of [...listeners]) listener();
  };
  const leave = (): void => {
    leaving = null;
    end?.();
    end = null;
  };

  return {
    tell,
    soon: () => void (telling ??= timing.after(0, tell)),
    subscribe(listener) {
      const own = (): void => listener();
      listeners.add(own);
      leaving?.();
      leaving = null;
      end ??= begin();
      return () => {
        // Whoever leaves and comes back in the same turn, as React does in its strict mode, does not cut the connection.
        if (listeners.delete(own) && listeners.size === 0) leaving ??= timing.after(0, leave);
      };
    },
  };
}
