/** What lets others watch, and ends with what let them in: tickets and grants, and who is let go when a grant is revoked. */
import type { Identity } from "../domain/access.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import type { TaskwireError } from "../domain/error.ts";
import type { LimitSet } from "../limits.ts";
import { LogUnavailable, type Store } from "../log/port.ts";
import { storedSecret } from "./digest.ts";
import { accessRevoked, createGrants, type Grants, sweepGrants } from "./grants.ts";
import { createTickets, sweepTickets, type Tickets } from "./tickets.ts";

/** The connections, as far as they must end. */
export interface Guarded {
  callers(): Iterable<Identity>;
  end(which: (who: Identity) => boolean, error: TaskwireError): number;
}

export interface Sharing {
  readonly tickets: Tickets;
  readonly grants: Grants;
  /** From now on connections of a revoked grant end. Until cancelled. */
  guard(connections: Guarded): Cancel;
}

export interface SharingDeps {
  readonly store: Pick<Store, "keys">;
  readonly environment: Environment;
  readonly limits: LimitSet;
}

/** What is over is looked for so many times more seldom than what is due: there may be many, and they harm nobody. */
const SELDOM = 5;

/** Opens what shares. */
export function createSharing({ store: { keys }, environment, limits }: SharingDeps): Sharing {
  const { clock, random, journal } = environment;
  const grants = createGrants({ keys, secret: storedSecret(keys, "grants", random), environment, limits });

  /** Whoever is let in by a grant that is gone has missed that it was revoked. */
  async function check(connections: Guarded, end: (id: string) => void): Promise<void> {
    const ids = new Set([...connections.callers()].flatMap(({ watch }) => (watch?.via === "grant" ? [watch.id] : [])));
    for (const id of ids) if (!(await grants.exists(id))) end(id);
  }

  function report(error: unknown): void {
    if (!(error instanceof LogUnavailable)) journal.error("sharing_failed", `Grants could not be looked after: ${String(error)}`);
  }

  function guard(connections: Guarded): Cancel {
    let ended = false;
    let stopFollowing: Cancel | null = null;
    let stopWaiting: Cancel = () => {};
    const pause = (): number => limits.sweepMs * SELDOM * (1 + random.fraction());
    let sweepAt = clock.now() + pause();
    const end = (id: string): void => void connections.end(({ watch }) => watch?.via === "grant" && watch.id === id, accessRevoked());
    const sweep = async (): Promise<void> => {
      if (clock.now() < sweepAt) return;
      sweepAt = clock.now() + pause();
      await sweepTickets(keys, clock.now());
      await sweepGrants(keys, clock.now());
    };
    const round = async (): Promise<void> => {
      if (stopFollowing === null) {
        const stop = await grants.follow(end);
        if (ended) return stop();
        stopFollowing = stop;
      }
      await check(connections, end);
      await sweep();
    };
    const again = (): void => {
      if (!ended) stopWaiting = clock.after(limits.accessCheckMs, () => void round().catch(report).finally(again));
    };
    void round().catch(report).finally(again);
    return () => {
      ended = true;
      stopWaiting();
      stopFollowing?.();
    };
  }

  return { tickets: createTickets({ keys, environment, limits }), grants, guard };
}
