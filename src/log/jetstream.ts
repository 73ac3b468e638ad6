/** Everything that Taskwire keeps, on NATS JetStream. With its neighbours the only place that knows NATS. */
import { jetstreamManager } from "@nats-io/jetstream";
import type { Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import type { LimitSet } from "../limits.ts";
import { type Credentials, REQUEST_LIMIT_MS, connectBroker } from "./jetstream-connection.ts";
import { openJetStreamInbox } from "./jetstream-inbox.ts";
import { createJetStreamIndex } from "./jetstream-index.ts";
import { createJetStreamKeys } from "./jetstream-keys.ts";
import { createJetStreamLog } from "./jetstream-log.ts";
import { createJetStreamPeers } from "./jetstream-peers.ts";
import { createJetStreamQueue } from "./jetstream-queue.ts";
import { createReader } from "./jetstream-read.ts";
import { awaitStreams, prepareStreams } from "./jetstream-streams.ts";
import { eventStream } from "./jetstream-subjects.ts";
import { LogUnavailable, type Store } from "./port.ts";

export interface JetStreamSettings {
  /** `nats://[user:password@]host:port`, or `tls://…`; a cluster's addresses separated by commas. */
  readonly servers: string;
  readonly credentials?: Credentials | undefined;
  /** Copies of every message: 1, or 3 in a cluster. */
  readonly replicas: number;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
}

/** Connects, makes or checks the streams, and answers the store. Throws with what to do where the broker is away or unfit. */
export async function openJetStream({ servers, credentials, replicas, environment, limits, meter }: JetStreamSettings): Promise<Store> {
  const broker = await connectBroker({ servers, credentials, environment, meter, largestBody: limits.requestBytes });
  try {
    const manager = await jetstreamManager(broker.nats, { timeout: REQUEST_LIMIT_MS, checkAPI: false });
    const epoch = await prepareStreams(manager, replicas, environment);
    await awaitStreams(broker, environment);
    const reader = createReader(broker, environment);
    return {
      log: createJetStreamLog({ broker, reader, manager, environment, epoch }),
      index: createJetStreamIndex(broker, reader, environment),
      keys: createJetStreamKeys(broker, reader, environment),
      queue: createJetStreamQueue({ broker, reader, manager, environment }),
      peers: createJetStreamPeers(broker, environment),
      inbox: (name) => openJetStreamInbox({ broker, reader, manager, environment, replicas }, name),
      async ping() {
        const began = environment.clock.now();
        const answer = await broker.ask(`$JS.API.STREAM.INFO.${eventStream(0)}`, "");
        if (answer.kind !== "answer") throw new LogUnavailable("the broker does not answer");
        return environment.clock.now() - began;
      },
      close: () => broker.close(),
    };
  } catch (error) {
    await broker.close();
    throw error;
  }
}
