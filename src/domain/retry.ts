/** How a request that is sent again is recognised: by its idempotency key, or by its producer's own numbering. */
import { TaskwireError } from "./error.ts";
import { fingerprint } from "./hash.ts";
import type { JudgeState, RememberedKey, RememberedProducer } from "./state.ts";

/** How a repeated request is recognised. `digest` says what the request asked for; texts of any length. */
export type RetryIdentity =
  | { readonly kind: "key"; readonly key: string; readonly digest: string }
  | { readonly kind: "producer"; readonly id: string; readonly seq: number; readonly digest: string };

export interface Duplicate {
  readonly kind: "duplicate";
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** False for a producer's older request: then the range is that producer's latest. */
  readonly exact: boolean;
}

type Remembered = Pick<JudgeState, "keys" | "producers">;

/** What was stored for this identity before; null for a new request. Throws `idempotency_mismatch` where that was another request. */
export function recognise(state: Remembered, identity: RetryIdentity | null): Duplicate | null {
  if (identity === null) return null;
  const digest = fingerprint(identity.digest);
  if (identity.kind === "key") {
    const name = fingerprint(identity.key);
    const known = state.keys.find((entry) => entry.key === name);
    return known === undefined ? null : same(known, digest, "This Idempotency-Key was used for another request to this task. Use a new key for a new request.");
  }
  const name = fingerprint(identity.id);
  const known = state.producers.find((entry) => entry.id === name);
  if (known === undefined || identity.seq > known.seq) return null;
  if (identity.seq < known.seq) return { kind: "duplicate", firstSeq: known.firstSeq, lastSeq: known.lastSeq, exact: false };
  return same(known, digest, `The producer has used number ${identity.seq} for another request to this task. Number new requests upwards.`);
}

function same(known: { readonly digest: string; readonly firstSeq: number; readonly lastSeq: number }, digest: string, otherwise: string): Duplicate {
  if (known.digest !== digest) throw new TaskwireError("idempotency_mismatch", otherwise);
  return { kind: "duplicate", firstSeq: known.firstSeq, lastSeq: known.lastSeq, exact: true };
}

/** The identities after a request was accepted; the oldest gives way where there are too many. */
export function remember(state: Remembered, identity: RetryIdentity | null, firstSeq: number, lastSeq: number, limits: { readonly idempotencyKeys: number; readonly producers: number }): Remembered {
  if (identity === null) return { keys: state.keys, producers: state.producers };
  const digest = fingerprint(identity.digest);
  if (identity.kind === "key") {
    const entry: RememberedKey = { key: fingerprint(identity.key), digest, firstSeq, lastSeq };
    return { keys: last([...state.keys, entry], limits.idempotencyKeys), producers: state.producers };
  }
  const entry: RememberedProducer = { id: fingerprint(identity.id), seq: identity.seq, digest, firstSeq, lastSeq };
  return { keys: state.keys, producers: last([...state.producers.filter((known) => known.id !== entry.id), entry], limits.producers) };
}

function last<T>(entries: readonly T[], count: number): readonly T[] {
  return entries.length > count ? entries.slice(entries.length - count) : entries;
}
