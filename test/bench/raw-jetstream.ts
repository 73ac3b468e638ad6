/** JetStream with nothing of ours in between, by the same client: the baseline of appends, latencies and reads. */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { NatsServer } from "../support/nats.ts";

export interface RawJetStream {
  publish(subject: string, bytes: Uint8Array): Promise<unknown>;
  /** A core subscription to what is stored, republished as Taskwire has it. */
  follow(subject: string, take: (text: string) => void): void;
  /** Everything of a subject by batched direct get. */
  read(subject: string): Promise<number>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Connects and makes one stream for all subjects below `bench.`. */
export async function raw({ url, credentials }: NatsServer): Promise<RawJetStream> {
  const nats = await connect({ servers: url, ...(credentials ? { user: credentials.user, pass: credentials.password } : {}) });
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: "BENCH", subjects: ["bench.>"], allow_direct: true, republish: { src: "bench.>", dest: "live.bench.>" } });
  const js = jetstream(nats);
  return {
    publish: (subject, bytes) => js.publish(subject, bytes),
    follow: (subject, take) => void nats.subscribe(`live.${subject}`, { callback: (_error, message) => take(message.string()) }),
    async read(subject) {
      let read = 0;
      for await (const _message of await manager.direct.getBatch("BENCH", { seq: 1, next_by_subj: subject, batch: 1_000 })) read += 1;
      return read;
    },
    flush: () => nats.flush(),
    close: () => nats.close(),
  };
}
