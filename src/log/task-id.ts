/** The ids that the service makes for tasks: 26 characters, unguessable; with an `Idempotency-Key` always the same for the same user and key. */
import type { Environment } from "../domain/environment.ts";
import { hexOf } from "../domain/hex.ts";
import type { KeyStore } from "./port.ts";

/** Crockford's alphabet in lower case: sorts as its values do, and no letter is mistaken for another. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_LETTERS = 10;
const RANDOM_LETTERS = 16;
const SECRET_BYTES = 32;
const BUCKET = "secrets";
const KEY = "task-ids";

function letters(bytes: Uint8Array, count: number): string {
  return Array.from(bytes.subarray(0, count), (byte) => LETTERS.charAt(byte & 31)).join("");
}

/** An id that sorts by the millisecond of its making and has 80 random bits. */
export function newTaskId({ clock, random }: Environment): string {
  let time = "";
  for (let left = clock.now(), at = 0; at < TIME_LETTERS; at += 1, left = Math.floor(left / 32)) time = LETTERS.charAt(left % 32) + time;
  return time + letters(random.bytes(RANDOM_LETTERS), RANDOM_LETTERS);
}

/** Makes ids out of users and their keys, so that a repeated request finds its task, whichever instance it meets. */
export interface KeyedIds {
  /** Throws `LogUnavailable` where the secret cannot be had. */
  idFor(user: string, key: string): Promise<string>;
}

/** Ids by HMAC-SHA-256 under a secret that all instances share; the first to need it makes it. */
export function keyedIds(keys: KeyStore, { random }: Environment): KeyedIds {
  let secret: Promise<CryptoKey> | null = null;
  const known = (): Promise<CryptoKey> => {
    secret ??= importSecret(keys, random.bytes(SECRET_BYTES)).catch((error: unknown) => {
      secret = null;
      throw error;
    });
    return secret;
  };
  return {
    async idFor(user, key) {
      const mac = await crypto.subtle.sign("HMAC", await known(), new TextEncoder().encode(`${user}\0${key}`));
      return letters(new Uint8Array(mac), TIME_LETTERS + RANDOM_LETTERS);
    },
  };
}

async function importSecret(keys: KeyStore, proposal: Uint8Array): Promise<CryptoKey> {
  const text = (await keys.get(BUCKET, KEY))?.value ?? (await propose(keys, hexOf(proposal)));
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** Stores a secret unless another instance was faster; answers the one that counts. */
async function propose(keys: KeyStore, proposal: string): Promise<string> {
  const revision = await keys.put(BUCKET, KEY, proposal, 0);
  const stored = revision === null ? await keys.get(BUCKET, KEY) : { value: proposal };
  if (stored === null) throw new Error("the secret of task ids was refused by the store, yet is not there");
  return stored.value;
}
