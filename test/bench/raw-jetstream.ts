/**
 * JetStream with nothing of ours in between. As a library for the load: publish, follow, read. As a program: a nats-server
 * on the server's core; `raw-jetstream.ts PUBLISHERS BYTES SECONDS` also publishes to it from there, each publisher waiting for
 * its acknowledgement, and prints how many were acknowledged.
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { startNats } from "../support/nats.ts";

export interface RawJetStream {
  /** Resolves with the acknowledgement. */
  publish(subject: string, bytes: Uint8Array): Promise<unknown>;
  /** Is told every message of a subject once it is stored. */
  follow(subject: string, take: (text: string) => void): void;
  /** Reads all of a subject; answers how many messages. */
  read(subject: string): Promise<number>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Connects and makes one stream for all subjects below `bench.`. */
export async function raw(port: number): Promise<RawJetStream> {
  const nats = await connect({ servers: `127.0.0.1:${port}` });
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

async function flood(port: number, publishers: number, bytes: number, seconds: number): Promise<number> {
  const js = await raw(port);
  const message = new Uint8Array(bytes).fill(120);
  const run = async (end: number): Promise<number> => {
    let count = 0;
    await Promise.all(Array.from({ length: publishers }, async () => {
      for (; performance.now() < end; count += 1) await js.publish("bench.one", message);
    }));
    return count;
  };
  await run(performance.now() + WARM_MS);
  const began = performance.now();
  const count = await run(began + seconds * 1000);
  const rate = count / ((performance.now() - began) / 1000);
  await js.close();
  return rate;
}

const WARM_MS = 2_000;

if (import.meta.main) {
  const nats = await startNats({ authenticated: false });
  const [publishers = 0, bytes = 0, seconds = 0] = process.argv.slice(2).map(Number);
  if (publishers > 0) console.log(`published ${await flood(nats.port, publishers, bytes, seconds)}`);
  process.once("SIGTERM", () => void nats.stop().then(() => process.exit(0)));
  console.log(`ready ${nats.port}`);
}
