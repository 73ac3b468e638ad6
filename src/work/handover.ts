/**
 * A new task goes straight to a worker that waits on the same instance: it begins in the very batch in which it is created, so that
 * nobody need put it into a queue, find it there and begin it. Whatever comes in between, it waits in its queue as any other.
 */
import type { Leased } from "./leases.ts";

/** A task that is being created, and whether it is to be begun at once. */
export interface Newborn {
  readonly taskId: string;
  readonly kind: string;
  /** Milliseconds. */
  readonly leaseMs: number;
}

/** Begins a newborn task; null where that did not come about. Never throws. */
export type BeginNewborn = (newborn: Newborn) => Promise<Leased | null>;

/** One worker's place among those that wait here. */
export interface Place {
  /** Resolves once it was given a task: it need not wait for others, which `served` tells those who look for them. */
  readonly given: Promise<Leased>;
  readonly served: AbortSignal;
  /** Whether it found nothing in the queue and rests: only then it may be given something. */
  rests(resting: boolean): void;
  /** Goes. Answers what it was given, when that has come to an end; null for nothing. */
  leave(): Promise<Leased | null>;
}

export interface Handover {
  stand(kind: string, begin: BeginNewborn): Place;
  /** Gives the task to whoever has waited longest for its kind, if anybody does. */
  offer(newborn: Newborn): void;
}

interface Standing {
  readonly offer: (newborn: Newborn) => void;
}

/** The one of a process. */
export function createHandover(): Handover {
  /** Those who rest, by kind, the longest waiting first. */
  const lines = new Map<string, Set<Standing>>();

  function remove(kind: string, standing: Standing): void {
    const line = lines.get(kind);
    if (line?.delete(standing) && line.size === 0) lines.delete(kind);
  }

  return {
    stand(kind, begin) {
      const served = new AbortController();
      const { promise: given, resolve: give } = Promise.withResolvers<Leased>();
      let resting = false;
      let left = false;
      let beginning: Promise<Leased | null> | null = null;
      const stand = (): void => {
        if (!resting || left || beginning !== null) return;
        const line = lines.get(kind) ?? new Set<Standing>();
        lines.set(kind, line.add(standing));
      };
      const standing: Standing = {
        offer(newborn) {
          remove(kind, standing);
          beginning = begin(newborn).then((leased) => {
            if (leased !== null) {
              give(leased);
              served.abort();
            } else if (!left) {
              beginning = null;
              stand();
            }
            return leased;
          });
        },
      };
      return {
        given,
        served: served.signal,
        rests(now) {
          resting = now;
          if (now) stand();
          else remove(kind, standing);
        },
        leave() {
          left = true;
          remove(kind, standing);
          return beginning ?? Promise.resolve(null);
        },
      };
    },
    offer(newborn) {
      const [first] = lines.get(newborn.kind) ?? [];
      first?.offer(newborn);
    },
  };
}
