/**
 * The queues of work on JetStream: one stream, a subject per waiting task, a pull consumer per kind and priority. A task is in its
 * queue at most once, since its subject may hold one message; it is gone when it was acknowledged.
 */
import { AckPolicy, type JetStreamManager } from "@nats-io/jetstream";
import type { Cancel, Environment } from "../domain/environment.ts";
import type { Broker } from "./jetstream-connection.ts";
import { subscribe } from "./jetstream-follow.ts";
import { expecting } from "./jetstream-headers.ts";
import { purgeSubject } from "./jetstream-log.ts";
import { publish } from "./jetstream-publish.ts";
import { type Pulled, pull } from "./jetstream-pull.ts";
import type { Reader } from "./jetstream-read.ts";
import { PRIORITIES, WORK_STREAM, queueConsumer, queueSubject, queueSubjects, queueWake } from "./jetstream-subjects.ts";
import { LogUnavailable, type Priority, QUEUE_HOLD_MS, type QueueEntry, type TakenEntry, type WorkQueue } from "./port.ts";
import { Waiters } from "./queue-waiters.ts";

export interface QueueParts {
  readonly broker: Broker;
  readonly reader: Reader;
  readonly manager: JetStreamManager;
  readonly environment: Environment;
}

const NANOSECONDS = 1_000_000;
/** Given back entries and lost notices are looked for so often while somebody waits. Milliseconds. */
const LOOK_MS = 1_000;
const PAGE_BYTES = 256 * 1024;

const text = new TextDecoder();

/** The `WorkQueue` over this connection. */
export function createJetStreamQueue({ broker, reader, manager, environment }: QueueParts): WorkQueue {
  const { clock } = environment;
  const made = new Map<string, Promise<void>>();
  const lines = new Map<string, Waiters>();
  /** Whether the broker keeps copies of the queues on other servers. */
  let copied = false;

  /** Makes the consumer of a queue, once a process; making it again does nothing. */
  function ensure(kind: string, priority: Priority): Promise<void> {
    const name = queueConsumer(kind, priority);
    const known = made.get(name);
    if (known !== undefined) return known;
    const making = manager.consumers
      .add(WORK_STREAM, { durable_name: name, filter_subject: queueSubjects(kind, priority), ack_policy: AckPolicy.Explicit, ack_wait: QUEUE_HOLD_MS * NANOSECONDS, max_ack_pending: -1, max_deliver: -1 })
      .then(({ cluster }) => void (copied ||= (cluster?.replicas?.length ?? 0) > 0), (error: unknown) => {
        made.delete(name);
        throw new LogUnavailable(`the broker does not make the queue of ${kind}: ${error instanceof Error ? error.message : String(error)}`);
      });
    made.set(name, making);
    return making;
  }

  /** With copies an acknowledgement is answered before its message has gone, and what is put in next would be taken for it. */
  async function erase(position: number): Promise<void> {
    if (copied) await broker.ask(`$JS.API.STREAM.MSG.DELETE.${WORK_STREAM}`, JSON.stringify({ seq: position, no_erase: true }));
  }

  function takenOf({ position, reply }: Pulled, entry: QueueEntry): TakenEntry {
    return {
      ...entry,
      async done() {
        await Promise.all([broker.ask(reply, "+ACK"), erase(position)]);
      },
      async back(delayMs) {
        if (broker.connected) broker.nats.publish(reply, `-NAK ${JSON.stringify({ delay: Math.max(0, Math.round(delayMs)) * NANOSECONDS })}`);
      },
    };
  }

  /** What is due of one queue. What is not goes back until it is. */
  async function drain(kind: string, priority: Priority, max: number): Promise<readonly TakenEntry[]> {
    const due: TakenEntry[] = [];
    for (;;) {
      const wanted = max - due.length;
      await ensure(kind, priority);
      const consumer = queueConsumer(kind, priority);
      const again = (): Promise<void> => {
        made.delete(consumer);
        return ensure(kind, priority);
      };
      const pulled = await pull(broker, environment, { stream: WORK_STREAM, consumer, batch: wanted }, again).catch((error: unknown) => {
        if (due.length > 0) return [];
        throw error;
      });
      for (const each of pulled) {
        const entry = entryOf(each.message.data);
        if (entry === null) await broker.ask(each.reply, "+TERM");
        else {
          const taken = takenOf(each, entry);
          const early = entry.notBefore - clock.now();
          if (early <= 0) due.push(taken);
          else {
            await taken.back(early);
            lines.get(kind)?.expect(entry.notBefore);
          }
        }
      }
      if (pulled.length < wanted || due.length === max) return due;
    }
  }

  /** `first`: something was just put in with this priority, and nothing was there before. */
  async function takeNow(kind: string, max: number, first?: Priority): Promise<readonly TakenEntry[]> {
    if (first !== undefined) {
      const found = await drain(kind, first, max);
      if (found.length > 0) return found;
    }
    const taken: TakenEntry[] = [];
    for (const priority of PRIORITIES) {
      if (taken.length >= max) break;
      const more = await drain(kind, priority, max - taken.length).catch((error: unknown) => {
        // What is in our hands already is given out.
        if (taken.length > 0) return [];
        throw error;
      });
      taken.push(...more);
    }
    return taken;
  }

  /** How many wait, or are in somebody's hands. A consumer that another instance has let go of is made again. */
  async function count(kind: string, priority: Priority): Promise<number> {
    const consumer = queueConsumer(kind, priority);
    const look = async (): Promise<number> => {
      await ensure(kind, priority);
      const info = await ask<{ num_pending?: number; num_ack_pending?: number }>(broker, `$JS.API.CONSUMER.INFO.${WORK_STREAM}.${consumer}`, {});
      return (info.num_pending ?? 0) + (info.num_ack_pending ?? 0);
    };
    return look().catch((error: unknown) => {
      if (!(error instanceof LogUnavailable) || !/consumer not found/i.test(error.message)) throw error;
      made.delete(consumer);
      return look();
    });
  }

  /** Those of this process who wait for a kind; they share one subscription and one look. */
  function line(kind: string): Waiters {
    const known = lines.get(kind);
    if (known !== undefined) return known;
    const follow = (onWake: (priority: Priority) => void): Promise<Cancel> => subscribe(broker, environment, queueWake(kind), ({ subject }) => onWake(priorityOf(subject)));
    const waiters = new Waiters({ clock, follow, lookMs: LOOK_MS, empty: () => void lines.delete(kind) });
    lines.set(kind, waiters);
    return waiters;
  }

  async function* entries(kind: string): AsyncGenerator<QueueEntry> {
    for (const priority of PRIORITIES) {
      for (let from = 1; ; ) {
        const { messages, end } = await reader.stretch({ stream: WORK_STREAM, subject: queueSubjects(kind, priority), from, maxBytes: PAGE_BYTES });
        for (const { data } of messages) {
          const entry = entryOf(data);
          if (entry !== null) yield entry;
        }
        const last = messages.at(-1);
        if (end || last === undefined) break;
        from = last.position + 1;
      }
    }
  }

  return {
    async put(entry) {
      await ensure(entry.kind, entry.priority);
      const outcome = await publish(broker, queueSubject(entry), JSON.stringify(entry), expecting(0));
      if (outcome.kind !== "stored" && outcome.kind !== "conflict") throw new LogUnavailable("the broker did not take the entry into its queue");
    },
    async take(request) {
      const { kind, max, waitMs } = request;
      const until = clock.now() + waitMs;
      const taken = await takeNow(kind, max);
      if (taken.length > 0 || waitMs <= 0) return taken;
      return line(kind).wait(until, request, (first) => takeNow(kind, max, first));
    },
    async has(entry) {
      return (await reader.last(WORK_STREAM, queueSubject(entry))) !== null;
    },
    async remove(entry) {
      await purgeSubject(broker, WORK_STREAM, queueSubject(entry), 0);
    },
    async waiting(kind, limit) {
      const found: QueueEntry[] = [];
      for await (const entry of entries(kind)) {
        if (found.push(entry) >= limit) break;
      }
      return found;
    },
    async length(kind) {
      const counts = await Promise.all(PRIORITIES.map((priority) => count(kind, priority)));
      return counts.reduce((sum, each) => sum + each, 0);
    },
    async kinds() {
      const found = new Set<string>();
      for (let offset = 0; ; ) {
        const { consumers = [], total = 0 } = await ask<{ consumers?: string[] | null; total?: number }>(broker, `$JS.API.CONSUMER.NAMES.${WORK_STREAM}`, { offset });
        for (const name of consumers ?? []) found.add(name.slice(2));
        offset += consumers?.length ?? 0;
        if (offset >= total || (consumers?.length ?? 0) === 0) return [...found];
      }
    },
    async forget(kind) {
      await Promise.all(PRIORITIES.map(async (priority) => {
        const consumer = queueConsumer(kind, priority);
        made.delete(consumer);
        const answer = await broker.ask(`$JS.API.CONSUMER.DELETE.${WORK_STREAM}.${consumer}`, "");
        if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
      }));
    },
  };
}

/** The priority in the subject of a notice. */
function priorityOf(subject: string): Priority {
  const letter = subject.split(".")[2];
  return PRIORITIES.find((priority) => priority.charAt(0) === letter) ?? "normal";
}

/** Asks JetStream's API. Throws `LogUnavailable`. */
async function ask<T>(broker: Broker, subject: string, query: object): Promise<T> {
  const answer = await broker.ask(subject, JSON.stringify(query));
  if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
  const value = JSON.parse(text.decode(answer.message.data)) as T & { readonly error?: { readonly description: string } };
  if (value.error) throw new LogUnavailable(`the broker cannot answer: ${value.error.description}`);
  return value;
}

function entryOf(data: Uint8Array): QueueEntry | null {
  try {
    const { taskId, kind, priority, notBefore } = JSON.parse(text.decode(data)) as Partial<QueueEntry>;
    return typeof taskId === "string" && typeof kind === "string" && priority !== undefined && PRIORITIES.includes(priority) && typeof notBefore === "number" ? { taskId, kind, priority, notBefore } : null;
  } catch {
    return null;
  }
}
