/** Who leads what in a cluster of brokers. */
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { partitionOf } from "../../src/domain/ids.ts";
import { EVENT_PARTITIONS, eventStream } from "../../src/log/jetstream-subjects.ts";
import type { NatsCluster } from "./nats.ts";

/** How long one question may take. Milliseconds. */
const ASK_MS = 1_000;

/** The server name of the leader of the stream that holds a task; null while it has none, or nobody can say. */
export async function leaderOf({ url, credentials }: Pick<NatsCluster, "url" | "credentials">, taskId: string): Promise<string | null> {
  const servers = url.split(",").map((address) => address.replace("nats://", ""));
  const nats = await connect({ servers, user: credentials.user, pass: credentials.password, timeout: ASK_MS }).catch(() => null);
  if (nats === null) return null;
  try {
    const manager = await jetstreamManager(nats, { timeout: ASK_MS, checkAPI: false });
    const info = await manager.streams.info(eventStream(partitionOf(taskId, EVENT_PARTITIONS)));
    return info.cluster?.leader || null;
  } catch {
    return null;
  } finally {
    await nats.close();
  }
}
