/** Identities that nobody else has. */

/** A random text of 32 characters. `crypto.randomUUID` is not there on pages that came over plain http. */
export function randomIdentity(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
