/**
 * How a repeated request is recognised. Two headers say it, one at a time:
 *
 *     Idempotency-Key: KEY            any 1 to 255 printable characters; the last 64 keys of a task are remembered
 *     Taskwire-Producer: ID;SEQ       a producer that numbers its requests 1, 2, 3 …; remembered as long as the task
 */
import { z } from "@hono/zod-openapi";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import type { RetryIdentity } from "../domain/laws.ts";
import { sha256 } from "./digest.ts";

/** What a key may be: it travels in a header and stands in journals. */
const KEY = /^[\x21-\x7e][\x20-\x7e]{0,254}$/;

/** The headers, for /openapi.json. */
export const IDENTITY_HEADERS = z.object({
  "idempotency-key": z.string().regex(KEY).optional().openapi({ description: "Names this request: a repeat with the same key and body is answered as the first was" }),
  "taskwire-producer": z.string().regex(/^[A-Za-z0-9_-]{1,64};[1-9]\d{0,15}$/).optional().openapi({ description: "`ID;SEQ`: the producer and the number of its request, from 1", example: "worker-7;42" }),
});

/** The request's key; null where it has none. Throws `request_invalid`. */
export function idempotencyKey(headers: Headers): string | null {
  const key = headers.get("idempotency-key");
  if (key === null || KEY.test(key)) return key;
  throw new TaskwireError("request_invalid", "The header Idempotency-Key is not as expected: 1 to 255 printable ASCII characters.", { path: "Idempotency-Key" });
}

/** The identity of an append; null where it has none. `body` is read for its digest only where there is one. */
export async function retryIdentity(headers: Headers, body: Uint8Array<ArrayBuffer>): Promise<RetryIdentity | null> {
  const key = idempotencyKey(headers);
  const producer = headers.get("taskwire-producer");
  if (producer === null) return key === null ? null : { kind: "key", key, digest: await sha256(body) };
  if (key !== null) throw new TaskwireError("request_invalid", "The request has both Idempotency-Key and Taskwire-Producer; expected one of them.", { path: "Taskwire-Producer" });
  const [, id, seq] = /^([^;]+); ?(?:seq=)?(\d{1,16})$/.exec(producer) ?? [];
  if (id === undefined || !isLegalId(id) || !(Number(seq) >= 1 && Number.isSafeInteger(Number(seq)))) {
    throw new TaskwireError("request_invalid", "The header Taskwire-Producer is not as expected: an id and a number from 1, such as worker-7;42.", { path: "Taskwire-Producer" });
  }
  return { kind: "producer", id, seq: Number(seq), digest: await sha256(body) };
}
