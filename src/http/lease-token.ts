/** A lease as its worker shows it: which task, which attempt, whose. Signed by a secret of the service's own, so that nobody makes one up. */
import { z } from "@hono/zod-openapi";
import { type JWTPayload, SignJWT, jwtVerify } from "jose";
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";

/** Where a worker shows it. */
export const LEASE_HEADER = "taskwire-lease";
/** The header, for /openapi.json. */
export const LEASE_HEADERS = z.object({ [LEASE_HEADER]: z.string().max(2_048).optional().openapi({ description: "The `lease` of a leased task: needed to publish to one" }) });

/** The same where a request is about a lease. */
export const LEASE_HEADER_REQUIRED = z.object({ [LEASE_HEADER]: z.string().min(1).max(2_048).openapi({ description: "The `lease` of the leased task" }) });

/** Leases given out or read before, because a signature costs more than all the rest of a request; the oldest goes first. */
const REMEMBERED = 4_096;
const USE = "lease";

/** What a lease says. */
export interface LeaseClaims {
  readonly taskId: string;
  readonly attempt: number;
  /** The key of the user whose worker has it. */
  readonly user: string;
  /** Milliseconds. */
  readonly leaseMs: number;
}

export interface LeaseTokens {
  issue(claims: LeaseClaims): Promise<string>;
  /** What the lease says. Throws `lease_invalid` for one that is not ours, of another task, or of another user. */
  read(token: string, taskId: string, who: Identity): Promise<LeaseClaims>;
}

/** Leases signed with this secret; it is asked for when the first is needed. */
export function createLeaseTokens(secret: () => Promise<Uint8Array<ArrayBuffer>>): LeaseTokens {
  const known = new Map<string, LeaseClaims>();
  let imported: Promise<CryptoKey> | null = null;

  /** Made ready once: that takes as long as a signature. */
  async function ready(): Promise<CryptoKey> {
    imported ??= secret().then((bytes) => crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]));
    try {
      return await imported;
    } catch (error) {
      imported = null;
      throw error;
    }
  }

  function remember(token: string, claims: LeaseClaims): void {
    known.set(token, claims);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value ?? "");
  }

  async function verify(token: string): Promise<LeaseClaims> {
    const remembered = known.get(token);
    if (remembered !== undefined) return remembered;
    const { payload } = await jwtVerify(token, await ready(), { algorithms: ["HS256"] }).catch(() => ({ payload: {} as JWTPayload }));
    const claims = claimsOf(payload);
    if (claims === null) throw new TaskwireError("lease_invalid", "The lease is not one that this service has given out.");
    remember(token, claims);
    return claims;
  }

  return {
    async issue(claims) {
      const { taskId, attempt, user, leaseMs } = claims;
      const token = await new SignJWT({ use: USE, task: taskId, attempt, user, ms: leaseMs }).setProtectedHeader({ alg: "HS256" }).sign(await ready());
      remember(token, { taskId, attempt, user, leaseMs });
      return token;
    },
    async read(token, taskId, who) {
      const claims = await verify(token);
      if (claims.taskId !== taskId) throw new TaskwireError("lease_invalid", `The lease is of another task than ${taskId}.`, { task_id: taskId });
      if (claims.user !== who.user) throw new TaskwireError("lease_invalid", "The lease was given to another user than the token's.", { task_id: taskId });
      return claims;
    },
  };
}

function claimsOf({ use, task, attempt, user, ms }: JWTPayload): LeaseClaims | null {
  if (use !== USE || typeof task !== "string" || typeof attempt !== "number" || typeof user !== "string" || typeof ms !== "number") return null;
  return { taskId: task, attempt, user, leaseMs: ms };
}
