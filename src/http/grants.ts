/**
 * Grants: a token that lets somebody else's backend watch, for weeks, as its giver would at that time, and do nothing else. What it
 * names is kept in the store; the token only says which grant it is of. Without the record it is worth nothing, so that removing
 * that revokes it on every instance.
 */
import { z } from "@hono/zod-openapi";
import { base64url, errors, jwtVerify, SignJWT } from "jose";
import { grantList, grantRequest, grantResponse } from "../../generated/typescript/validators.ts";
import type { Identity } from "../domain/access.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { WatchWords } from "../domain/watch-scope.ts";
import type { LimitSet } from "../limits.ts";
import type { KeyStore } from "../log/port.ts";
import { GRANT_TYPE } from "./auth.ts";
import { judged, readJson } from "./body.ts";
import type { AppDeps } from "./deps.ts";
import { type App, endpoint, NO_STORE } from "./endpoint.ts";
import { watchable } from "./found.ts";
import { wordsIn } from "./tickets.ts";

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

interface Grant extends Kept {
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

function wireGrant({ id, words, label, createdAt, expiresAt }: Grant): Record<string, unknown> {
  const time = (ms: number): string => new Date(ms).toISOString();
  return { grant_id: id, ...words, ...(label === null ? {} : { label }), created_at: time(createdAt), expires_at: time(expiresAt) };
}

/** Adds `POST`, `GET` and `DELETE` of `/v1/grants`. */
export function addGrants(app: App, deps: AppDeps): void {
  const { auth, limits, grants, environment: { clock } } = deps;
  endpoint(app, {
    method: "post",
    path: "/v1/grants",
    summary: "Let somebody watch, for as long as wanted",
    description: "The token is told this once. It watches what is named, as you would at that time, and does nothing else. For 30 days where nothing is said, for a year at most.",
    tags: ["sharing"],
    auth,
    body: { "application/json": grantRequest as z.ZodType },
    responses: { 201: { description: "The grant and its token", content: { "application/json": { schema: grantResponse as z.ZodType } } } },
  }, async (c, { who }) => {
    const wanted = judged(grantRequest, await readJson(c.req.raw, limits.requestBytes)) as WatchWords & { readonly label?: string; readonly expires_at?: string };
    const words = wordsIn(wanted, limits.subscriptions);
    const expiresAt = endOf(wanted.expires_at, clock.now(), limits);
    // What only an administrator sees is not theirs to give away for weeks.
    const giver: Identity = { ...who, scopes: new Set() };
    await Promise.all((words.task_ids ?? []).map((taskId) => watchable(deps, giver, taskId)));
    const { grant, token } = await grants.give(who.user, { words, label: wanted.label ?? null, expiresAt });
    return c.json({ grant: wireGrant(grant), token }, 201, NO_STORE);
  });
  endpoint(app, {
    method: "get",
    path: "/v1/grants",
    summary: "My grants that hold, newest first",
    tags: ["sharing"],
    auth,
    responses: { 200: { description: "The grants, without their tokens", content: { "application/json": { schema: grantList as z.ZodType } } } },
  }, async (c, { who }) => c.json({ grants: (await grants.of(who.user)).map(wireGrant) }));
  endpoint(app, {
    method: "delete",
    path: "/v1/grants/{grant_id}",
    summary: "Revoke a grant",
    description: "What was opened with it ends within seconds, everywhere.",
    tags: ["sharing"],
    auth,
    params: z.object({ grant_id: z.string().max(64) }),
    responses: { 204: { description: "Revoked" } },
  }, async (c, { params, who }) => {
    await grants.revoke(who.user, params.grant_id);
    return c.body(null, 204);
  });
}

function endOf(asked: string | undefined, now: number, { grantMs, grantMostMs }: LimitSet): number {
  if (asked === undefined) return now + grantMs;
  const end = Date.parse(asked);
  if (end > now && end <= now + grantMostMs) return end;
  throw new TaskwireError("request_invalid", `A grant ends in the future, at most ${Math.floor(grantMostMs / 86_400_000)} days from now.`, { path: "expires_at" });
}
