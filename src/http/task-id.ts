/** The ids that the service gives to tasks: sortable by time of creation, unguessable, easy to read out and to select. */
import type { Environment } from "../domain/environment.ts";
import { hmac } from "./digest.ts";

/** Without i, l, o and u, in ASCII order. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** Milliseconds in base 36: enough until the year 5188. */
const TIME_LETTERS = 9;
/** 5 bits each. */
const RANDOM_LETTERS = 20;

/** A new id: 9 letters of time, 20 of chance (100 bits). */
export function newTaskId({ clock, random }: Pick<Environment, "clock" | "random">): string {
  const chance = [...random.bytes(RANDOM_LETTERS)].map((byte) => ALPHABET.charAt(byte & 31)).join("");
  return clock.now().toString(36).padStart(TIME_LETTERS, "0") + chance;
}

/** The id of the task that this user creates under this `Idempotency-Key`: the same on every instance and at every repeat. */
export async function taskIdOfKey(secret: Uint8Array<ArrayBuffer>, user: string, key: string): Promise<string> {
  return `k${await hmac(secret, `${user}\u0000${key}`)}`;
}
