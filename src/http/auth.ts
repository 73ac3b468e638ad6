/** Who is calling: judges bearer tokens with `jose`. Tokens themselves are never written anywhere. */
import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { AuthConfig } from "../config.ts";
import type { Identity } from "../domain/access.ts";
import type { Clock } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { LimitSet } from "../limits.ts";
import { LogUnavailable } from "../log/port.ts";
import { sha256Text } from "./digest.ts";

/** What tells the token of a grant from a user's: the type in its header. */
export const GRANT_TYPE = "taskwire-grant+jwt";

/** Issuer and audience of the development issuer's tokens. */
export const DEVELOPMENT = { issuer: "taskwire-development", audience: "taskwire" } as const;

const ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const SYMMETRIC = ["HS256", "HS384", "HS512"];

/** Verified tokens remembered, because a signature costs more than all the rest of a request. The oldest goes first. */
const REMEMBERED = 4_096;
/** A remembered token is verified again after so long: a key that its issuer has withdrawn is noticed. Milliseconds. */
const REMEMBERED_MS = 5 * 60_000;
/** Longer ones are no tokens of ours; servers refuse such headers anyway. */
const TOKEN_LENGTH = 8_192;

export interface Authenticator {
  /** Who signs the tokens, as they name it. */
  readonly issuer: string;
  /** The caller behind a token. Throws `token_invalid`, `token_expired`, or `unavailable` where the keys cannot be had. */
  verify(token: string): Promise<Identity>;
  /** The same without waiting, for a token that was verified a moment ago; null for any other. */
  known(token: string): Identity | null;
}

/** The judge of tokens that let others watch. */
export interface GrantJudge {
  verify(token: string): Promise<Identity>;
  /** Whether one that was good a moment ago is, as far as is known here. */
  holds(id: string): boolean;
}

export interface AuthenticatorOptions {
  readonly config: AuthConfig;
  readonly clock: Pick<Clock, "now">;
  readonly limits: Pick<LimitSet, "tokenLeewayMs" | "accessCheckMs">;
  /** The development issuer's secret; asked for when the first token comes. */
  readonly developmentSecret: () => Promise<Uint8Array>;
  /** Absent where no grants are given. */
  readonly grants?: GrantJudge;
}

type Check = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>;

function checkOf(config: AuthConfig, developmentSecret: () => Promise<Uint8Array>): { check: Check; issuer: string; audience: string; algorithms: string[] } {
  if (config.kind === "jwks") {
    const keys = createRemoteJWKSet(new URL(config.url));
    return { check: async (token, options) => (await jwtVerify(token, keys, options)).payload, issuer: config.issuer, audience: config.audience, algorithms: ASYMMETRIC };
  }
  if (config.kind === "secret") {
    const key = new TextEncoder().encode(config.secret);
    return { check: async (token, options) => (await jwtVerify(token, key, options)).payload, issuer: config.issuer, audience: config.audience, algorithms: SYMMETRIC };
  }
  return { check: async (token, options) => (await jwtVerify(token, await developmentSecret(), options)).payload, ...DEVELOPMENT, algorithms: ["HS256"] };
}

/** Makes the judge of tokens. */
export function createAuthenticator({ config, clock, limits, developmentSecret, grants }: AuthenticatorOptions): Authenticator {
  const { check, issuer, audience, algorithms } = checkOf(config, developmentSecret);
  const remembered = new Map<string, { readonly identity: Identity; readonly until: number }>();
  const known = (token: string): Identity | null => {
    const found = remembered.get(token);
    if (found === undefined) return null;
    const { watch } = found.identity;
    if (clock.now() < found.until && (!watch || grants?.holds(watch.id) === true)) return found.identity;
    remembered.delete(token);
    return null;
  };
  const asking = new Map<string, Promise<Identity>>();
  const judge = async (token: string): Promise<Identity> => {
    if (token.length > TOKEN_LENGTH) throw new TaskwireError("token_invalid", `The token has ${token.length} characters; at most ${TOKEN_LENGTH} are read.`);
    const now = clock.now();
    if (grants !== undefined && isGrant(token)) return remember(token, await grants.verify(token).catch(passed), now, limits.accessCheckMs);
    const payload = await check(token, { issuer, audience, algorithms, clockTolerance: limits.tokenLeewayMs / 1000, requiredClaims: ["exp", "sub"], currentDate: new Date(now) }).catch((error: unknown) => {
      throw refusal(error, issuer, audience);
    });
    return remember(token, await identityOf(payload, issuer), now, REMEMBERED_MS);
  };
  const remember = (token: string, identity: Identity, now: number, forMs: number): Identity => {
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value ?? "");
    remembered.set(token, { identity, until: Math.min(now + forMs, (identity.expiresAt ?? Number.POSITIVE_INFINITY) + limits.tokenLeewayMs) });
    return identity;
  };
  return {
    issuer,
    known,
    verify(token) {
      const before = known(token);
      if (before !== null) return Promise.resolve(before);
      // A crowd with one token is one question.
      const asked = asking.get(token) ?? judge(token).finally(() => asking.delete(token));
      asking.set(token, asked);
      return asked;
    },
  };
}

/** Whether it says of itself that it is a grant; whether that is true its judge says. */
function isGrant(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === GRANT_TYPE;
  } catch {
    return false;
  }
}

function passed(error: unknown): never {
  throw error instanceof TaskwireError || error instanceof LogUnavailable ? error : new TaskwireError("token_invalid", "The grant cannot be read.");
}

/** The key of a user in the log: base64url(SHA-256(issuer, 0, sub)), so that no two meet and none is told. */
export function userKey(issuer: string, subject: string): Promise<string> {
  return sha256Text(`${issuer}\u0000${subject}`);
}

async function identityOf(payload: JWTPayload, issuer: string): Promise<Identity> {
  const { sub, exp, scope, kinds, name, email } = payload;
  if (typeof sub !== "string" || sub === "") throw new TaskwireError("token_invalid", "The token's claim sub is not a text; expected the user's id.");
  if (kinds !== undefined && !(Array.isArray(kinds) && kinds.every((kind) => typeof kind === "string"))) {
    throw new TaskwireError("token_invalid", "The token's claim kinds is not a list of texts.");
  }
  return {
    user: await userKey(issuer, sub),
    name: typeof name === "string" ? name : null,
    email: typeof email === "string" ? email : null,
    scopes: new Set(typeof scope === "string" ? scope.split(" ").filter((each) => each !== "") : []),
    kinds: kinds === undefined ? null : new Set(kinds as string[]),
    expiresAt: typeof exp === "number" ? exp * 1000 : null,
  };
}

function refusal(error: unknown, issuer: string, audience: string): Error {
  if (error instanceof TaskwireError || error instanceof LogUnavailable) return error;
  if (error instanceof errors.JWTExpired) return new TaskwireError("token_expired", "The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) return new TaskwireError("token_invalid", claimDetail(error, issuer, audience));
  if (error instanceof errors.JWSSignatureVerificationFailed) return new TaskwireError("token_invalid", "The token's signature does not fit the issuer's key: it is forged, damaged, or from another issuer.");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return new TaskwireError("token_invalid", "The token was signed with a key that the issuer does not publish.");
  if (error instanceof errors.JOSEAlgNotAllowed) return new TaskwireError("token_invalid", "The token was signed by an algorithm that is not accepted here.");
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid || error instanceof errors.JOSENotSupported) return new TaskwireError("token_invalid", "The token is not a signed JWT.");
  return new TaskwireError("unavailable", "The issuer's keys cannot be had at the moment, so the token could not be checked.");
}

function claimDetail(error: errors.JWTClaimValidationFailed, issuer: string, audience: string): string {
  if (error.claim === "iss") return `The token is from another issuer; expected ${issuer}.`;
  if (error.claim === "aud") return `The token is meant for another audience; expected ${audience}.`;
  if (error.claim === "nbf") return "The token is not yet valid.";
  return `The token's claim ${error.claim} is ${error.reason === "missing" ? "missing" : "not as expected"}.`;
}
