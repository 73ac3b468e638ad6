/** Small named values on JetStream, laid out as a NATS key-value bucket. Always read from the leader: a stale secret is another secret. */
import type { Broker } from "./jetstream-connection.ts";
import { expecting } from "./jetstream-headers.ts";
import { publish } from "./jetstream-publish.ts";
import type { Reader } from "./jetstream-read.ts";
import { KEYS_STREAM, keySubject } from "./jetstream-subjects.ts";
import { type KeyStore, LogUnavailable } from "./port.ts";

const text = new TextDecoder();

/** The `KeyStore` over this connection. */
export function createJetStreamKeys(broker: Broker, reader: Reader): KeyStore {
  return {
    async get(bucket, key) {
      const last = await reader.last(KEYS_STREAM, keySubject(bucket, key));
      return last ? { value: text.decode(last.data), revision: last.position } : null;
    },
    async put(bucket, key, value, expected) {
      const outcome = await publish(broker, keySubject(bucket, key), value, expecting(expected));
      if (outcome.kind === "stored") return outcome.position;
      if (outcome.kind === "conflict") return null;
      throw new LogUnavailable(outcome.kind === "full" ? "the broker's store is full" : "the broker did not acknowledge");
    },
  };
}
