/** How many connections a user has, and an address: no more than they may, so that nobody takes the places of others. */
import type { LimitSet } from "../limits.ts";

/** One whose connections are counted; shared by all of these. */
export interface Headcount {
  readonly key: string;
  count: number;
}

/** Whose bound was reached. */
export type Crowd = "user_connections" | "address_connections";

export class Census {
  readonly #limits: Pick<LimitSet, "userConnections" | "addressConnections">;
  readonly #users = new Map<string, Headcount>();
  readonly #addresses = new Map<string, Headcount>();

  constructor(limits: Pick<LimitSet, "userConnections" | "addressConnections">) {
    this.#limits = limits;
  }

  /** Which bound one more connection would break; null: none. `user`: null while it is not known. */
  crowd(address: string, user: string | null): Crowd | null {
    if ((this.#addresses.get(address)?.count ?? 0) >= this.#limits.addressConnections) return "address_connections";
    return user !== null && this.full(user) ? "user_connections" : null;
  }

  /** Whether a user has as many as they may. */
  full(user: string): boolean {
    return (this.#users.get(user)?.count ?? 0) >= this.#limits.userConnections;
  }

  /** One more of this user. */
  user(key: string): Headcount {
    return count(this.#users, key);
  }

  /** One more from this address. */
  address(key: string): Headcount {
    return count(this.#addresses, key);
  }

  /** One less. */
  left(address: Headcount, user: Headcount | null): void {
    if (--address.count === 0) this.#addresses.delete(address.key);
    if (user !== null && --user.count === 0) this.#users.delete(user.key);
  }
}

function count(tallies: Map<string, Headcount>, key: string): Headcount {
  const tally = tallies.get(key) ?? { key, count: 0 };
  if (tally.count === 0) tallies.set(key, tally);
  tally.count += 1;
  return tally;
}
