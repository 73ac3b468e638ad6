/**
 * Tickets: what a page puts into the address of a stream instead of a token. One is for one user, for what it was made for, and for
 * watching. It is used once; after that it is good for the reconnects of that very stream, which say where they were, until the
 * token behind it ends. The store keeps a fingerprint of it, and who was first is decided there, whichever instance is asked.
 */
import { base64url } from "jose";
import type { Identity } from "../domain/access.ts";
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { LimitSet } from "../limits.ts";
import { type KeyStore, LogUnavailable } from "../log/port.ts";
import { sha256Text } from "./digest.ts";

const BUCKET = "tickets";
const PREFIX = "tw_t_";
const TICKET_BYTES = 18;
const FORM = /^tw_t_[A-Za-z0-9_-]{24}$/;

/** What the store keeps of one. Times are milliseconds since 1970. */
interface Kept {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly words: WatchWords;
  readonly useBy: number;
  /** The end of the token behind it; null: none. */
  readonly until: number | null;
  /** The stream that it was used for; null: for none yet. */
  readonly stream: string | null;
}

/** What somebody wants to open with a ticket. */
export interface Redemption {
  readonly ticket: string;
  /** Names the stream, always in the same way. */
  readonly stream: string;
  /** Whether what it was made for includes this stream. */
  readonly fits: (words: WatchWords) => boolean;
  /** Whether the caller has shown a place of this stream that it was given; absent where the stream cannot be come back to. */
  readonly returns?: ((who: Identity) => Promise<boolean>) | null;
}

export interface Tickets {
  make(who: Identity, words: WatchWords): Promise<{ readonly ticket: string; readonly useBy: number }>;
  /** Who comes with it. Throws `ticket_invalid`, and `unavailable` while the store is away. */
  redeem(request: Redemption): Promise<Identity>;
}

export interface TicketsDeps {
  readonly keys: KeyStore;
  readonly environment: Environment;
  readonly limits: Pick<LimitSet, "ticketUseMs">;
}

/** The tickets of the service. */
export function createTickets({ keys, environment: { clock, random }, limits }: TicketsDeps): Tickets {
  async function redeem({ ticket, stream, fits, returns = null }: Redemption): Promise<Identity> {
    if (!FORM.test(ticket)) throw invalid("it is none that this service has given out");
    const id = await sha256Text(ticket);
    const record = await keys.get(BUCKET, id);
    const now = clock.now();
    const kept = record === null ? null : (JSON.parse(record.value) as Kept);
    if (record === null || kept === null || (kept.until !== null && kept.until <= now)) throw invalid("it is over, or none that this service has given out");
    if (!fits(kept.words)) throw invalid("it was made for something else");
    const who = identityOf(id, kept);
    if (kept.stream === null) {
      if (now > kept.useBy) throw invalid(`it had to be used within ${limits.ticketUseMs / 1_000} s`);
      const first = await keys.put(BUCKET, id, JSON.stringify({ ...kept, stream } satisfies Kept), record.revision);
      if (first === null) throw invalid("it was used already");
    } else if (kept.stream !== stream || returns === null || !(await returns(who))) throw invalid("it was used already, and this is no reconnect of that stream");
    return who;
  }

  return {
    async make(who, words) {
      const ticket = `${PREFIX}${base64url.encode(random.bytes(TICKET_BYTES))}`;
      const useBy = clock.now() + limits.ticketUseMs;
      const kept: Kept = { user: who.user, scopes: [...who.scopes], words, useBy, until: who.expiresAt, stream: null };
      await keys.set(BUCKET, await sha256Text(ticket), JSON.stringify(kept));
      return { ticket, useBy };
    },
    redeem: (request) => redeem(request).catch((error: unknown) => {
      throw error instanceof LogUnavailable ? new TaskwireError("unavailable", "Tickets cannot be checked at the moment. Try again.") : error;
    }),
  };
}

/** Removes the tickets that open nothing any more. Answers how many. Throws `LogUnavailable`. */
export async function sweepTickets(keys: KeyStore, now: number): Promise<number> {
  let removed = 0;
  for (const { key, value } of await keys.list(BUCKET)) {
    const { stream, useBy, until } = JSON.parse(value) as Kept;
    if (stream === null ? useBy > now : until === null || until > now) continue;
    await keys.remove(BUCKET, key);
    removed += 1;
  }
  return removed;
}

function identityOf(id: string, { user, scopes, words, until }: Kept): Identity {
  return { user, name: null, email: null, scopes: new Set(scopes), kinds: null, expiresAt: until, watch: { via: "ticket", id, words } };
}

function invalid(why: string): TaskwireError {
  return new TaskwireError("ticket_invalid", `The ticket does not open this: ${why}. Get a new one at /v1/tickets.`);
}
