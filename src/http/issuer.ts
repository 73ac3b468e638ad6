/**
 * The development issuer: accounts and tokens for a service on loopback that has no real issuer. Accounts and the secret
 * lie in the key store, so they last from start to start. It never runs where another issuer is configured.
 */
import { base64url, SignJWT } from "jose";
import type { Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import type { KeyStore } from "../log/port.ts";
import { DEVELOPMENT } from "./auth.ts";
import { sha256Text } from "./digest.ts";

const BUCKET = "accounts";
const ROUNDS = 120_000;
const SALT_BYTES = 16;
const SCOPE = "tasks:publish work";
const LOCAL_SCOPE = "tasks:publish work admin";
/** The subject of the machine's own user: the console and the command line. */
const LOCAL_SUBJECT = "local";
/** How long tokens last. Seconds. */
const TOKEN_SECONDS = 12 * 3600;
/** A local page asks again when it is loaded; the command line's file is written anew at every start and every day. */
const LOCAL_TOKEN_SECONDS = 7 * 24 * 3600;

export interface Account {
  readonly email: string;
  readonly password: string;
  readonly full_name?: string | undefined;
}

export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
}

interface StoredAccount {
  readonly subject: string;
  readonly email: string;
  readonly name: string | null;
  readonly salt: string;
  readonly hash: string;
  readonly rounds: number;
}

export interface DevelopmentIssuer {
  /** Throws `email_taken`. */
  register(account: Account): Promise<IssuedToken>;
  /** Throws `credentials_invalid`, the same for an unknown email and a wrong password. */
  login(account: Account): Promise<IssuedToken>;
  /** A token of the machine's own user, with the scope `admin`. Who may have it is the caller's to judge. */
  local(): Promise<IssuedToken>;
}

/** Makes the issuer. `secret` signs; it is the same that the authenticator verifies with. */
export function createDevelopmentIssuer(keys: KeyStore, secret: () => Promise<Uint8Array>, { clock, random }: Environment): DevelopmentIssuer {
  const issue = async (subject: string, scope: string, seconds: number, about: Record<string, string>): Promise<IssuedToken> => {
    const now = Math.floor(clock.now() / 1000);
    const token = await new SignJWT({ scope, ...about })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(DEVELOPMENT.issuer)
      .setAudience(DEVELOPMENT.audience)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + seconds)
      .setJti(base64url.encode(random.bytes(9)))
      .sign(await secret());
    return { access_token: token, token_type: "Bearer", expires_in: seconds };
  };
  const forAccount = ({ subject, email, name }: StoredAccount): Promise<IssuedToken> => issue(subject, SCOPE, TOKEN_SECONDS, { email, ...(name === null ? {} : { name }) });

  return {
    async register({ email, password, full_name }) {
      const salt = random.bytes(SALT_BYTES);
      const account: StoredAccount = {
        subject: base64url.encode(random.bytes(SALT_BYTES)),
        email,
        name: full_name ?? null,
        salt: base64url.encode(salt),
        hash: await derive(password, salt, ROUNDS),
        rounds: ROUNDS,
      };
      if ((await keys.put(BUCKET, await accountKey(email), JSON.stringify(account), 0)) === null) {
        throw new TaskwireError("email_taken", `${email} is registered already; log in at /api/v1/auth/login.`);
      }
      return forAccount(account);
    },
    async login({ email, password }) {
      const record = await keys.get(BUCKET, await accountKey(email));
      const account = record === null ? null : (JSON.parse(record.value) as StoredAccount);
      // The same work for an email that does not exist, so that the time does not tell.
      const hash = await derive(password, account === null ? new Uint8Array(SALT_BYTES) : new Uint8Array(base64url.decode(account.salt)), account?.rounds ?? ROUNDS);
      if (account === null || !sameText(hash, account.hash)) throw new TaskwireError("credentials_invalid", "The email or the password is wrong.");
      return forAccount(account);
    },
    local: () => issue(LOCAL_SUBJECT, LOCAL_SCOPE, LOCAL_TOKEN_SECONDS, { name: "This machine" }),
  };
}

const accountKey = (email: string): Promise<string> => sha256Text(email.trim().toLowerCase());

async function derive(password: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<string> {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  return base64url.encode(new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256)));
}

/** Compares in a time that does not depend on where texts differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
