/** The leader's eye on leases: one whose worker was not heard of for its time, by the leader's own clock, has lapsed. */
import type { Cancel, Clock } from "../domain/environment.ts";
import type { KeyStore } from "../log/port.ts";
import { LEASES, parseSign } from "./pulse.ts";

interface Watched {
  /** Null where no sign was ever seen: then whichever attempt holds. */
  readonly attempt: number | null;
  readonly leaseMs: number;
  readonly seenAt: number;
  readonly revision: number;
}

/** A lease that is over for want of a sign. */
export interface Lapsed {
  readonly taskId: string;
  readonly attempt: number | null;
}

export interface Watchman {
  readonly count: number;
  /** Takes note of a lease that the index tells of; it has a whole lease's time from the first time that it is told. */
  expect(taskId: string, leaseMs: number): void;
  /** The task is in nobody's hands. */
  forget(taskId: string): void;
  /** Those whose time is over. Each is told again until it is forgotten. */
  lapsed(): readonly Lapsed[];
  /** Whether it has still not been heard of, by a look at the store. Throws `LogUnavailable`. */
  confirm(lapsed: Lapsed): Promise<boolean>;
  /** Looks for signs that nothing told of. Throws `LogUnavailable`. */
  refresh(): Promise<void>;
  stop: Cancel;
}

/** Begins to watch; whoever is there gets a whole lease's time first. Throws `LogUnavailable`. */
export async function watchLeases(keys: KeyStore, clock: Pick<Clock, "now">): Promise<Watchman> {
  const leases = new Map<string, Watched>();

  function see(taskId: string, text: string | null, revision: number): void {
    const sign = text === null ? null : parseSign(text);
    const known = leases.get(taskId);
    if (known !== undefined && known.revision >= revision) return;
    if (sign === null) leases.delete(taskId);
    else leases.set(taskId, { ...sign, seenAt: clock.now(), revision });
  }

  const stop = await keys.follow(LEASES, ({ key, value, revision }) => see(key, value, revision));
  async function refresh(): Promise<void> {
    for (const { key, value, revision } of await keys.list(LEASES)) see(key, value, revision);
  }
  try {
    await refresh();
  } catch (error) {
    stop();
    throw error;
  }
  return {
    get count() {
      return leases.size;
    },
    expect(taskId, leaseMs) {
      if (!leases.has(taskId)) leases.set(taskId, { attempt: null, leaseMs, seenAt: clock.now(), revision: 0 });
    },
    forget: (taskId) => void leases.delete(taskId),
    lapsed() {
      const now = clock.now();
      return [...leases].flatMap(([taskId, { attempt, leaseMs, seenAt }]) => (now - seenAt > leaseMs ? [{ taskId, attempt }] : []));
    },
    async confirm({ taskId }) {
      const found = await keys.get(LEASES, taskId);
      if (found !== null) see(taskId, found.value, found.revision);
      const known = leases.get(taskId);
      return known !== undefined && clock.now() - known.seenAt > known.leaseMs;
    },
    refresh,
    stop,
  };
}
