/** The index of tasks on JetStream: one message per entry, the last one counts. */
import type { Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { expecting, headersOf } from "./jetstream-headers.ts";
import { purgeSubject } from "./jetstream-log.ts";
import { publish } from "./jetstream-publish.ts";
import type { Reader, Stored } from "./jetstream-read.ts";
import { INDEX_PARTITIONS, indexKeyOf, indexPlace, indexStream, ownerPlace, partitionName } from "./jetstream-subjects.ts";
import { type IndexRecord, type IndexStore, LogUnavailable } from "./port.ts";

/** Bytes of one answer while a list is read. */
const LIST_BYTES = 4 * 1024 * 1024;

const text = new TextDecoder();

function recordOf({ subject, position, data }: Pick<Stored, "subject" | "position" | "data">): IndexRecord | null {
  const key = indexKeyOf(subject);
  return key && data.length > 0 ? { key, revision: position, value: text.decode(data) } : null;
}

/** The `IndexStore` over this connection. */
export function createJetStreamIndex(broker: Broker, reader: Reader, environment: Environment): IndexStore {
  async function* walk(stream: string, subject: string, after = 0): AsyncGenerator<IndexRecord> {
    for (let from = after + 1; ; ) {
      const { messages, end } = await reader.stretch({ stream, subject, from, maxBytes: LIST_BYTES });
      for (const message of messages) {
        const record = recordOf(message);
        if (record) yield record;
      }
      const last = messages.at(-1);
      if (end) return;
      if (!last) throw new LogUnavailable("the broker's answer was cut short");
      from = last.position + 1;
    }
  }

  return {
    async write(key, value, expected) {
      const outcome = await publish(broker, indexPlace(key).subject, value, expecting(expected));
      if (outcome.kind === "stored") return { kind: "stored", revision: outcome.position };
      return { kind: outcome.kind === "conflict" ? "conflict" : "unavailable" };
    },
    async read(key) {
      const { stream, subject } = indexPlace(key);
      const last = await reader.last(stream, subject);
      return last ? recordOf(last) : null;
    },
    async remove(key) {
      const { stream, subject } = indexPlace(key);
      await purgeSubject(broker, stream, subject, 0);
    },
    async list(owner, after) {
      const { stream, subject } = ownerPlace(owner);
      // An entry that is written while the list is read appears twice: the later one counts.
      const found = new Map<string, IndexRecord>();
      for await (const record of walk(stream, subject, after)) {
        const name = `${record.key.conversation ?? ""}/${record.key.taskId}`;
        found.delete(name);
        found.set(name, record);
      }
      return [...found.values()];
    },
    async follow(owner, onRecord) {
      return subscribe(broker, environment, ownerPlace(owner).live, (message) => {
        const position = Number(headersOf(message).fields.get("Nats-Sequence") ?? 0);
        const record = position > 0 ? recordOf({ subject: message.subject.slice("live.".length), position, data: message.data }) : null;
        if (record) onRecord(record);
      });
    },
    async followAll(onRecord) {
      return subscribe(broker, environment, "live.task.*.*.*.*", (message) => {
        const position = Number(headersOf(message).fields.get("Nats-Sequence") ?? 0);
        const record = position > 0 ? recordOf({ subject: message.subject.slice("live.".length), position, data: message.data }) : null;
        if (record) onRecord(record);
      });
    },
    async *all() {
      for (let partition = 0; partition < INDEX_PARTITIONS; partition++) {
        yield* walk(indexStream(partition), `task.${partitionName(partition)}.>`);
      }
    },
  };
}
