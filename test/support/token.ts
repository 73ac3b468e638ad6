/** Tokens of an issuer that shares a secret with the service. */
import { SignJWT } from "jose";

export const ISSUER = "https://issuer.example.test";
export const AUDIENCE = "taskwire";
export const SECRET = "a secret of the tests, long enough for HS256";

/** The settings with which a service accepts these tokens. */
export const ISSUER_SETTINGS = { TASKWIRE_JWT_SECRET: SECRET, TASKWIRE_ISSUER: ISSUER, TASKWIRE_AUDIENCE: AUDIENCE } as const;

export interface TokenOptions {
  readonly subject?: string;
  readonly scope?: string;
  /** Seconds from now; negative: it has ended. */
  readonly lifetime?: number;
  readonly issuer?: string;
  readonly audience?: string;
  readonly secret?: string;
}

/** A signed token; what is not said is as the service expects it. */
export function makeToken({ subject = "somebody", scope = "tasks:publish", lifetime = 3600, issuer = ISSUER, audience = AUDIENCE, secret = SECRET }: TokenOptions = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(subject)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now - 60)
    .setExpirationTime(now + lifetime)
    .sign(new TextEncoder().encode(secret));
}
