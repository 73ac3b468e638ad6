/** Who comes through a dialect's addresses. These clients show tokens in the address, too; where the open form is on, others come without one. */
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import type { AppDeps } from "./deps.ts";
import { sha256Text } from "./digest.ts";
import { bearer } from "./endpoint.ts";

/** The caller by `?token=` or by the header; null where there is neither. Throws what a bad token throws. */
export async function signedIn({ auth }: Pick<AppDeps, "auth">, { headers, url }: Request): Promise<Identity | null> {
  // An empty one is none: clients put it there before anybody has signed in.
  const token = new URL(url).searchParams.get("token") || bearer(headers);
  return token ? auth.verify(token) : null;
}

/** What to answer to who needs a token and shows none. */
export function noToken(): TaskwireError {
  return new TaskwireError("token_missing", "The request has no token; expected ?token=, or the header Authorization.");
}

/** A user of a dialect's own, by the name that its clients tell. No token's user is the same: those are made of an issuer's name, and this is none. */
export async function ownUser(dialect: string, name: string): Promise<Identity> {
  return strangerOf(await sha256Text(JSON.stringify(["dialect", dialect, name])));
}

/** Somebody without a token. */
export function anybody(dialect: string): Identity {
  return { ...strangerOf(`anybody-${dialect}`), anybody: true };
}

/** Sees what is theirs, and tasks with access `link`. */
function strangerOf(user: string): Identity {
  return { user, name: null, email: null, scopes: new Set(), kinds: null, expiresAt: null };
}
