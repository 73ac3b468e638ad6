/** Fingerprints of what was sent, and secrets that are made once for all instances. WebCrypto alone. */
import { base64url } from "jose";
import type { Random } from "../domain/environment.ts";
import type { KeyStore } from "../log/port.ts";

const UTF8 = new TextEncoder();
const SECRET_BYTES = 32;
/** In which bucket of the key store secrets lie. */
const BUCKET = "secrets";

/** base64url(SHA-256(bytes)): 43 characters. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** base64url(SHA-256(text in UTF-8)): 43 characters, all legal in an id. */
export function sha256Text(text: string): Promise<string> {
  return sha256(UTF8.encode(text));
}

/**
 * A secret of this name, made by whichever instance comes first and kept in the store. Asked for when it is needed, so that
 * the service starts while the store is away. The answer throws `LogUnavailable` until the store could be asked once.
 */
export function storedSecret(keys: KeyStore, name: string, random: Random): () => Promise<Uint8Array<ArrayBuffer>> {
  let found: Uint8Array<ArrayBuffer> | null = null;
  return async () => {
    if (found !== null) return found;
    const kept = (await keys.get(BUCKET, name))?.value ?? (await make());
    found = new Uint8Array(base64url.decode(kept));
    return found;
  };

  async function make(): Promise<string> {
    const value = base64url.encode(random.bytes(SECRET_BYTES));
    if ((await keys.put(BUCKET, name, value, 0)) !== null) return value;
    const other = await keys.get(BUCKET, name);
    if (other === null) throw new Error(`the secret ${name} was made by another instance, and is gone`);
    return other.value;
  }
}
