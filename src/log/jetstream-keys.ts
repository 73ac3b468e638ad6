/** Small named values on JetStream, laid out as a NATS key-value bucket. Always read from the leader: a stale secret is another secret. */
import type { Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { UNCONDITIONAL, expecting, headersOf, removing } from "./jetstream-headers.ts";
import { publish } from "./jetstream-publish.ts";
import type { Reader } from "./jetstream-read.ts";
import { KEYS_STREAM, keyOf, keySubject, keysLive, keysSubjects } from "./jetstream-subjects.ts";
import { type AppendOutcome, type KeyRecord, type KeyStore, LogUnavailable } from "./port.ts";

const PAGE_BYTES = 1024 * 1024;

const text = new TextDecoder();

/** The `KeyStore` over this connection. An empty message marks a value that was removed; the broker drops it after a while. */
export function createJetStreamKeys(broker: Broker, reader: Reader, environment: Environment): KeyStore {
  function stored(outcome: AppendOutcome): number | null {
    if (outcome.kind === "stored") return outcome.position;
    if (outcome.kind === "conflict") return null;
    throw new LogUnavailable(outcome.kind === "full" ? "the broker's store is full" : "the broker did not acknowledge");
  }

  return {
    async get(bucket, key) {
      const last = await reader.last(KEYS_STREAM, keySubject(bucket, key));
      return last !== null && last.data.length > 0 ? { value: text.decode(last.data), revision: last.position } : null;
    },
    async put(bucket, key, value, expected) {
      const subject = keySubject(bucket, key);
      const revision = stored(await publish(broker, subject, value, expecting(expected)));
      if (revision !== null || expected !== 0) return revision;
      const last = await reader.last(KEYS_STREAM, subject);
      return last !== null && last.data.length === 0 ? stored(await publish(broker, subject, value, expecting(last.position))) : null;
    },
    async set(bucket, key, value) {
      const revision = stored(await publish(broker, keySubject(bucket, key), value, UNCONDITIONAL));
      if (revision === null) throw new LogUnavailable("the broker did not store the value");
      return revision;
    },
    async remove(bucket, key) {
      stored(await publish(broker, keySubject(bucket, key), "", removing()));
    },
    async list(bucket) {
      const found = new Map<string, KeyRecord & { readonly key: string }>();
      for (let from = 1; ; ) {
        const { messages, end } = await reader.stretch({ stream: KEYS_STREAM, subject: keysSubjects(bucket), from, maxBytes: PAGE_BYTES });
        for (const { subject, position, data } of messages) {
          const key = keyOf(subject);
          if (data.length > 0) found.set(key, { key, value: text.decode(data), revision: position });
          else found.delete(key);
        }
        const last = messages.at(-1);
        if (end) return [...found.values()];
        if (last === undefined) throw new LogUnavailable("the broker's answer was cut short");
        from = last.position + 1;
      }
    },
    follow: (bucket, onChange) => subscribe(broker, environment, keysLive(bucket), (message) => {
      const revision = Number(headersOf(message).fields.get("Nats-Sequence") ?? 0);
      if (revision > 0) onChange({ key: keyOf(message.subject), value: message.data.length > 0 ? text.decode(message.data) : null, revision });
    }),
  };
}
