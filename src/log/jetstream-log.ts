/** The log of events on JetStream: a subject per task, one message per batch. */
import { AckPolicy, DeliverPolicy, type JetStreamManager } from "@nats-io/jetstream";
import type { Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { batchOf, decodeHeader, encodeHeader, headersOf } from "./jetstream-headers.ts";
import { publish } from "./jetstream-publish.ts";
import { pull } from "./jetstream-pull.ts";
import type { Reader, Stored } from "./jetstream-read.ts";
import { EVENT_PARTITIONS, type TaskPlace, eventStream, partitionName, taskPlace } from "./jetstream-subjects.ts";
import { type Batch, type Head, type Log, LogUnavailable, type ReadPage, type ReadRequest } from "./port.ts";

/** Foreign messages are reported once a task, and for so many tasks. */
const REPORTED_TASKS = 1_000;

/** What is read at once while the last batch before a foreign message is looked for. */
const SEARCH_BYTES = 1024 * 1024;

/** A walk through all tasks asks for so many at once, and is given up by the broker after so long without asking. */
const WALK_BATCH = 256;
const WALK_NS = 60_000 * 1_000_000;

interface LogParts {
  readonly broker: Broker;
  readonly reader: Reader;
  readonly manager: JetStreamManager;
  readonly environment: Environment;
  readonly epoch: string;
}

/** The `Log` over this connection. */
export function createJetStreamLog({ broker, reader, manager, environment, epoch }: LogParts): Log {
  const reported = new Set<string>();

  function reportForeign(taskId: string, position: number): void {
    if (reported.has(taskId) || reported.size >= REPORTED_TASKS) return;
    reported.add(taskId);
    environment.journal.warn("foreign_message", "a message that this service did not write stands among a task's events; it is skipped. Let only the service publish to ev.>", { task_id: taskId, position });
  }
  function accept(taskId: string, { position, fields, data }: Stored): Batch | null {
    const batch = batchOf(taskId, position, fields, data);
    if (!batch) reportForeign(taskId, position);
    return batch;
  }

  /** One answer of the broker, foreign messages left out. `next` is where to read on. */
  async function readSome({ stream, subject }: TaskPlace, { taskId, after, upTo, maxBytes }: ReadRequest): Promise<ReadPage & { readonly next: number }> {
    const { messages, end } = await reader.stretch({ stream, subject, from: after + 1, maxBytes });
    const within = messages.slice(0, countWithin(messages, upTo ?? Number.MAX_SAFE_INTEGER, maxBytes));
    const last = within.at(-1)?.position ?? after;
    const batches = within.map((message) => accept(taskId, message)).filter((batch) => batch !== null);
    const beyond = messages[within.length];
    return { batches, end: beyond ? upTo !== undefined && beyond.position > upTo : end || last === upTo, next: last };
  }

  /** The last batch at or before a message that is not ours. Rare, so it may cost a walk through the task. */
  async function lastBatchUpTo(taskId: string, position: number): Promise<Batch | null> {
    const place = taskPlace(taskId);
    let found: Batch | null = null;
    for (let after = 0; after < position; ) {
      const page = await readSome(place, { taskId, after, upTo: position, maxBytes: SEARCH_BYTES });
      found = page.batches.at(-1) ?? found;
      // A copy that lags behind its leader must not make an older batch look like the last one.
      if (page.next === after) throw new LogUnavailable("the broker's copy of this task is behind its leader");
      after = page.next;
    }
    return found;
  }

  /** The ids of every task of a partition, by a consumer that lives for this walk alone and hands out headers only. */
  async function* lastSubjects(partition: number): AsyncGenerator<string> {
    const stream = eventStream(partition);
    const { name: consumer } = await manager.consumers
      .add(stream, { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: `ev.${partitionName(partition)}.>`, ack_policy: AckPolicy.None, headers_only: true, mem_storage: true, num_replicas: 1, inactive_threshold: WALK_NS })
      .catch((error: unknown) => {
        throw new LogUnavailable(`the broker does not list its tasks: ${error instanceof Error ? error.message : String(error)}`);
      });
    try {
      for (;;) {
        const pulled = await pull(broker, environment, { stream, consumer, batch: WALK_BATCH });
        for (const { message } of pulled) yield message.subject.slice(message.subject.lastIndexOf(".") + 1);
        if (pulled.length < WALK_BATCH) return;
      }
    } finally {
      await manager.consumers.delete(stream, consumer).catch(() => false);
    }
  }

  return {
    epoch,
    partitions: EVENT_PARTITIONS,
    async edge(partition, position) {
      const stream = eventStream(partition);
      const found = position === undefined ? null : await reader.at(stream, position);
      const end = found ?? (await reader.last(stream, `ev.${partitionName(partition)}.>`));
      if (end === null || (position !== undefined && end.position < position)) return null;
      if (position !== undefined && end.position > position) return { position, nonce: "" };
      return { position: end.position, nonce: decodeHeader(end.fields)?.nonce ?? "" };
    },
    async append({ taskId, expected, header, body }) {
      return publish(broker, taskPlace(taskId).subject, body, encodeHeader(header, expected));
    },
    async head(taskId): Promise<Head | null> {
      const { stream, subject } = taskPlace(taskId);
      const last = await reader.last(stream, subject);
      if (!last) return null;
      const batch = accept(taskId, last) ?? (await lastBatchUpTo(taskId, last.position));
      return batch ? { position: last.position, batch } : null;
    },
    async at(taskId, position) {
      const { stream, subject } = taskPlace(taskId);
      if (!Number.isSafeInteger(position) || position < 1) return null;
      const found = await reader.at(stream, position);
      return found?.subject === subject ? accept(taskId, found) : null;
    },
    async read(request) {
      const place = taskPlace(request.taskId);
      if (request.upTo !== undefined && request.upTo <= request.after) return { batches: [], end: true };
      for (let after = request.after; ; ) {
        const { batches, end, next } = await readSome(place, { ...request, after });
        if (batches.length > 0 || end) return { batches, end };
        if (next === after) throw new LogUnavailable("the broker's answer was cut short");
        after = next;
      }
    },
    async follow(taskId, onBatch) {
      return subscribe(broker, environment, taskPlace(taskId).live, (message) => {
        const { fields } = headersOf(message);
        const position = Number(fields.get("Nats-Sequence") ?? 0);
        if (position < 1) return;
        const batch = accept(taskId, { subject: message.subject, position, fields, data: message.data });
        if (batch) onBatch(batch);
      });
    },
    async purge(taskId, keep) {
      const { stream, subject } = taskPlace(taskId);
      await purgeSubject(broker, stream, subject, keep);
    },
    async *ends() {
      for (let partition = 0; partition < EVENT_PARTITIONS; partition += 1) {
        for await (const taskId of lastSubjects(partition)) {
          const head = await this.head(taskId);
          if (head !== null) yield head;
        }
      }
    },
    get connected() {
      return broker.connected;
    },
    onConnection: (listener) => broker.onConnection(listener),
  };
}

/** How many messages from the first stand within a position and so many bytes; the server counts headers too, but only afterwards. */
function countWithin(messages: readonly Stored[], upTo: number, maxBytes: number): number {
  let bytes = 0;
  const beyond = messages.findIndex(({ position, data }, at) => position > upTo || ((bytes += data.length) > maxBytes && at > 0));
  return beyond === -1 ? messages.length : beyond;
}

const text = new TextDecoder();

/** Removes a subject's messages but the last `keep`. Throws `LogUnavailable`. */
export async function purgeSubject(broker: Broker, stream: string, subject: string, keep: number): Promise<void> {
  const query = keep > 0 ? { filter: subject, keep } : { filter: subject };
  const answer = await broker.ask(`$JS.API.STREAM.PURGE.${stream}`, JSON.stringify(query));
  if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
  const { error } = JSON.parse(text.decode(answer.message.data)) as { error?: { description: string } };
  if (error) throw new LogUnavailable(`the broker cannot purge: ${error.description}`);
}
