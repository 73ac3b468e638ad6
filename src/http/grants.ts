/**
 * Grants: a token that lets somebody else's backend watch, for weeks, as its giver would at that time, and do nothing else. What it
 * names is kept in the store; the token only says which grant it is of. Without the record it is worth nothing, so that removing
 * that revokes it on every instance.
 */
import { base64url, errors, jwtVerify, SignJWT } from "jose";
import type { Identity } from "../domain/access.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { LimitSet } from "../limits.ts";
import type { KeyStore } from "../log/port.ts";
import { GRANT_TYPE } from "./auth.ts";

const BUCKET = "grants";
const ISSUER = "taskwire";
const ID_BYTES = 12;
/** Revoked ones that are remembered, so that a token which was good a moment ago is not good now. */
const REMEMBERED = 4_096;

/** A grant. Times are milliseconds since 1970. */
interface Kept {
  readonly user: string;
  readonly words: WatchWords;
  readonly label: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface Grant extends Kept {
  readonly id: string;
}

export interface Grants {
  /** Throws `rate_limited` for more than a user may have. */
  give(user: string, request: Pick<Kept, "words" | "label" | "expiresAt">): Promise<{ readonly grant: Grant; readonly token: string }>;
  /** Those of a user that hold, newest first. */
  of(user: string): Promise<readonly Grant[]>;
  /** Throws `grant_unknown`. */
  revoke(user: string, id: string): Promise<void>;
  /** Who comes with the token. Throws `token_invalid`, `token_expired`, `access_revoked`. */
  verify(token: string): Promise<Identity>;
  /** Whether nothing is known here against a grant that was good a moment ago. */
  holds(id: string): boolean;
  /** Whether a grant is there still. Throws `LogUnavailable`. */
  exists(id: string): Promise<boolean>;
  /** Hears of grants that are revoked, by whichever instance. Throws `LogUnavailable`. */
  follow(onRevoked: (id: string) => void): Promise<Cancel>;
}

export interface GrantsDeps {
  readonly keys: KeyStore;
  readonly secret: () => Promise<Uint8Array>;
  readonly environment: Environment;
  readonly limits: Pick<LimitSet, "grantsPerUser" | "tokenLeewayMs">;
}

/** The grants of the service. */
export function createGrants({ keys, secret, environment: { clock, random }, limits }: GrantsDeps): Grants {
  const revoked = new Set<string>();

  function gone(id: string): void {
    if (revoked.size >= REMEMBERED) revoked.delete(revoked.values().next().value ?? "");
    revoked.add(id);
  }

  async function of(user: string): Promise<readonly Grant[]> {
    const now = clock.now();
    const all = (await keys.list(BUCKET)).map(({ key, value }) => ({ id: key, ...(JSON.parse(value) as Kept) }));
    return all.filter((grant) => grant.user === user && grant.expiresAt > now).sort((a, b) => b.createdAt - a.createdAt);
  }

  async function claimed(token: string): Promise<string> {
    const options = { algorithms: ["HS256"], typ: GRANT_TYPE, issuer: ISSUER, clockTolerance: limits.tokenLeewayMs / 1_000, requiredClaims: ["exp", "jti"], currentDate: new Date(clock.now()) };
    const { payload } = await jwtVerify(token, await secret(), options).catch((error: unknown) => {
      if (error instanceof errors.JWTExpired) throw new TaskwireError("token_expired", "The grant has ended. Ask its giver for a new one.");
      throw error instanceof errors.JOSEError ? new TaskwireError("token_invalid", "The grant is not one that this service has given out.") : error;
    });
    return String(payload.jti);
  }

  return {
    async give(user, request) {
      const now = clock.now();
      if ((await of(user)).length >= limits.grantsPerUser) throw new TaskwireError("rate_limited", `You have ${limits.grantsPerUser} grants, the most that one user may. Revoke one.`, { limit: "grants_per_user" });
      const id = `g_${base64url.encode(random.bytes(ID_BYTES))}`;
      const kept: Kept = { user, ...request, createdAt: now };
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: "HS256", typ: GRANT_TYPE })
        .setIssuer(ISSUER)
        .setJti(id)
        .setIssuedAt(Math.floor(now / 1_000))
        .setExpirationTime(Math.floor(request.expiresAt / 1_000))
        .sign(await secret());
      await keys.set(BUCKET, id, JSON.stringify(kept));
      return { grant: { id, ...kept }, token };
    },
    of,
    async revoke(user, id) {
      const record = /^[A-Za-z0-9_-]{1,64}$/.test(id) ? await keys.get(BUCKET, id) : null;
      const kept = record === null ? null : (JSON.parse(record.value) as Kept);
      if (kept === null || kept.user !== user || kept.expiresAt <= clock.now()) throw new TaskwireError("grant_unknown", "You have no such grant.");
      await keys.remove(BUCKET, id);
      gone(id);
    },
    async verify(token) {
      const id = await claimed(token);
      const record = revoked.has(id) ? null : await keys.get(BUCKET, id);
      if (record === null) throw accessRevoked();
      const { user, words, expiresAt } = JSON.parse(record.value) as Kept;
      return { user, name: null, email: null, scopes: new Set(), kinds: null, expiresAt, watch: { via: "grant", id, words } };
    },
    holds: (id) => !revoked.has(id),
    exists: async (id) => (await keys.get(BUCKET, id)) !== null,
    follow: (onRevoked) => keys.follow(BUCKET, ({ key, value }) => {
      if (value !== null) return;
      gone(key);
      onRevoked(key);
    }),
  };
}

/** Removes grants that have ended. Answers how many. Throws `LogUnavailable`. */
export async function sweepGrants(keys: KeyStore, now: number): Promise<number> {
  let removed = 0;
  for (const { key, value } of await keys.list(BUCKET)) {
    if ((JSON.parse(value) as Kept).expiresAt > now) continue;
    await keys.remove(BUCKET, key);
    removed += 1;
  }
  return removed;
}

/** What to tell who came with a grant that is gone. */
export function accessRevoked(): TaskwireError {
  return new TaskwireError("access_revoked", "The grant was revoked by its giver.");
}
