/** The streams of the log: made on the first start, found and checked on every other. */
import { DiscardPolicy, type JetStreamManager, JetStreamApiError, RetentionPolicy, StorageType, StoreCompression, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { Environment } from "../domain/environment.ts";
import { hexOf } from "../domain/hex.ts";
import type { Broker } from "./jetstream-connection.ts";
import { expecting } from "./jetstream-headers.ts";
import { publish } from "./jetstream-publish.ts";
import { EVENT_PARTITIONS, INDEX_PARTITIONS, type InboxPlace, KEYS_STREAM, KEYS_SUBJECTS, WORK_STREAM, WORK_SUBJECTS, eventStream, indexStream, partitionName } from "./jetstream-subjects.ts";
import { LogUnavailable } from "./port.ts";

/** How long a broker may take until all streams stand: a cluster that has just started elects leaders first. Milliseconds. */
const PREPARE_LIMIT_MS = 30_000;
const PREPARE_PAUSE_MS = 100;

/** A stream of this name exists with another configuration: another instance made it a moment ago. */
const NAME_IN_USE = 10_058;
const NOT_FOUND = 10_059;

/** The layout of subjects and headers. One that is newer than ours is not touched. */
const FORMAT = "1";
const FORMAT_KEY = "taskwire-format";
const PARTITIONS_KEY = "taskwire-partitions";
const EPOCH_KEY = "taskwire-epoch";

type Wanted = Partial<StreamConfig> & Pick<StreamConfig, "name">;

function plan(name: string, subjects: string, replicas: number, partitions: number): Wanted {
  return {
    name,
    subjects: [subjects],
    num_replicas: replicas,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // Refusing is honest; dropping the oldest would cut tasks that still live.
    discard: DiscardPolicy.New,
    max_age: 0,
    allow_direct: true,
    deny_purge: false,
    compression: StoreCompression.None,
    metadata: { [FORMAT_KEY]: FORMAT, [PARTITIONS_KEY]: String(partitions) },
  };
}

function eventPlan(partition: number, replicas: number): Wanted {
  const name = partitionName(partition);
  return { ...plan(eventStream(partition), `ev.${name}.>`, replicas, EVENT_PARTITIONS), republish: { src: `ev.${name}.>`, dest: `live.${name}.>` } };
}

function indexPlan(partition: number, replicas: number): Wanted {
  const name = partitionName(partition);
  return {
    ...plan(indexStream(partition), `task.${name}.>`, replicas, INDEX_PARTITIONS),
    max_msgs_per_subject: 1,
    republish: { src: `task.${name}.>`, dest: `live.task.${name}.>` },
  };
}

function keysPlan(replicas: number): Wanted {
  return {
    ...plan(KEYS_STREAM, KEYS_SUBJECTS, replicas, 1),
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_msg_ttl: true,
    republish: { src: KEYS_SUBJECTS, dest: "live.keys.>" },
  };
}

/** Each message goes when a worker's task was begun in its name. */
function workPlan(replicas: number): Wanted {
  return { ...plan(WORK_STREAM, WORK_SUBJECTS, replicas, 1), retention: RetentionPolicy.Workqueue, republish: { src: WORK_SUBJECTS, dest: "live.work.>", headers_only: true } };
}

/** What waits to be taken over. Beyond this, producers that wait for an acknowledgement are refused. */
const INBOX_MESSAGES = 1_000_000;
/** What could not be taken over: the newest of it. */
const ASIDE_MESSAGES = 10_000;

function inboxPlans({ stream, subjects, live, asideStream, aside }: InboxPlace, replicas: number): readonly [inbox: Wanted, aside: Wanted] {
  return [
    { ...plan(stream, subjects, replicas, 1), max_msgs: INBOX_MESSAGES, republish: { src: subjects, dest: live, headers_only: true } },
    { ...plan(asideStream, aside, replicas, 1), max_msgs: ASIDE_MESSAGES, discard: DiscardPolicy.Old },
  ];
}

/** Says what of a stream is not as we made it; null where it will do. */
function misfit({ config }: StreamInfo, wanted: Wanted): string | null {
  const metadata = config.metadata ?? {};
  if ((metadata[FORMAT_KEY] ?? "") !== FORMAT) return `its format is ${metadata[FORMAT_KEY] ?? "not written down"}, ours is ${FORMAT}`;
  if (metadata[PARTITIONS_KEY] !== wanted.metadata?.[PARTITIONS_KEY]) return `it was made for ${metadata[PARTITIONS_KEY] ?? "an unknown number of"} partitions, we use ${wanted.metadata?.[PARTITIONS_KEY]}`;
  if (config.subjects?.join() !== wanted.subjects?.join()) return `it listens to ${config.subjects?.join()}, expected ${wanted.subjects?.join()}`;
  if (config.republish?.dest !== wanted.republish?.dest) return `it republishes to ${config.republish?.dest ?? "nothing"}, expected ${wanted.republish?.dest ?? "nothing"}`;
  if (config.max_age !== 0) return "it has a max_age, which would cut tasks that still live";
  if (!config.allow_direct) return "it does not allow direct gets";
  return null;
}

async function findOrMake(manager: JetStreamManager, wanted: Wanted, { journal }: Environment): Promise<StreamInfo> {
  const info = await manager.streams.info(wanted.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === NOT_FOUND) return null;
    throw error;
  });
  if (!info) {
    return manager.streams.add(wanted).catch((error: unknown) => {
      if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return manager.streams.info(wanted.name);
      throw error;
    });
  }
  const grown = await growOlder(manager, info, wanted);
  if (grown.config.num_replicas >= (wanted.num_replicas ?? 1)) return grown;
  journal.info("replicas_raised", `${wanted.name} gets ${wanted.num_replicas} replicas`, { before: info.config.num_replicas });
  return manager.streams.update(wanted.name, { ...grown.config, num_replicas: wanted.num_replicas ?? 1 });
}

/** A stream of values that was made before they could be followed and forgotten learns it. */
async function growOlder(manager: JetStreamManager, info: StreamInfo, { name, republish, allow_msg_ttl }: Wanted): Promise<StreamInfo> {
  if (name !== KEYS_STREAM || info.config.republish !== undefined || republish === undefined) return info;
  return manager.streams.update(name, { ...info.config, republish, ...(allow_msg_ttl === undefined ? {} : { allow_msg_ttl }) });
}

/** Repeats while the broker cannot answer; what it refuses for good is an error at once. */
async function patiently(work: () => Promise<StreamInfo>, name: string, end: number, { clock }: Environment): Promise<StreamInfo> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const passing = !(error instanceof JetStreamApiError) || error.status >= 500;
      if (!passing) throw new Error(`the broker refuses the stream ${name}: ${reason}`);
      if (clock.now() > end) throw new LogUnavailable(`the broker did not give us the stream ${name} in time (${reason}): is JetStream enabled, and has the cluster enough servers for the replicas?`);
      await new Promise<void>((resolve) => void clock.after(PREPARE_PAUSE_MS, resolve));
    }
  }
}

/** Everything that must be usable before the log is. */
function everyStream(): readonly { readonly stream: string; readonly subject: string }[] {
  return [
    ...Array.from({ length: EVENT_PARTITIONS }, (_, at) => ({ stream: eventStream(at), subject: `ev.${partitionName(at)}.never` })),
    ...Array.from({ length: INDEX_PARTITIONS }, (_, at) => ({ stream: indexStream(at), subject: `task.${partitionName(at)}.never` })),
    { stream: KEYS_STREAM, subject: "$KV.taskwire.never" },
    { stream: WORK_STREAM, subject: "work.never" },
  ];
}

/**
 * Waits until every stream takes appends and direct gets over this connection: in a cluster the way to a new stream is known
 * to each server a moment later. The append that is tried can never be stored. Throws `LogUnavailable`.
 */
export async function awaitStreams(broker: Broker, { clock }: Environment): Promise<void> {
  const end = clock.now() + PREPARE_LIMIT_MS;
  const isReady = async ({ stream, subject }: { stream: string; subject: string }): Promise<boolean> => {
    const [append, get] = await Promise.all([
      publish(broker, subject, "", expecting(Number.MAX_SAFE_INTEGER)),
      broker.ask(`$JS.API.DIRECT.GET.${stream}`, '{"seq":1}'),
    ]);
    return append.kind === "conflict" && get.kind === "answer";
  };
  for (let waiting = everyStream(); ; ) {
    const ready = await Promise.all(waiting.map(isReady));
    waiting = waiting.filter((_, at) => !ready[at]);
    if (waiting.length === 0) return;
    if (clock.now() > end) throw new LogUnavailable(`the broker's stream ${waiting[0]?.stream} does not take anything: has the cluster a majority of its servers?`);
    await new Promise<void>((resolve) => void clock.after(PREPARE_PAUSE_MS, resolve));
  }
}

interface Preparing {
  readonly manager: JetStreamManager;
  readonly environment: Environment;
}

/** Makes or finds a stream, and checks it. */
async function prepareStream({ manager, environment }: Preparing, wanted: Wanted, end: number): Promise<StreamInfo> {
  const info = await patiently(() => findOrMake(manager, wanted, environment), wanted.name, end, environment);
  const fault = misfit(info, wanted);
  if (fault !== null) throw new Error(`the broker's stream ${wanted.name} cannot be used: ${fault}. Use another broker or account, or move that stream away`);
  return info;
}

/** A name for a counting of positions that begins anew. */
function newEpoch({ random }: Environment): string {
  return hexOf(random.bytes(6));
}

/** Makes or finds the streams of an inbox; answers its epoch. Throws where one is not as it must be. */
export async function prepareInbox(preparing: Preparing, place: InboxPlace, replicas: number): Promise<string> {
  const end = preparing.environment.clock.now() + PREPARE_LIMIT_MS;
  const [inbox, aside] = inboxPlans(place, replicas);
  const made = await prepareStream(preparing, { ...inbox, metadata: { ...inbox.metadata, [EPOCH_KEY]: newEpoch(preparing.environment) } }, end);
  await prepareStream(preparing, aside, end);
  return made.config.metadata?.[EPOCH_KEY] ?? "0";
}

/** Makes or finds every stream; answers the log's epoch. Throws where one is not as it must be. */
export async function prepareStreams(manager: JetStreamManager, replicas: number, environment: Environment): Promise<string> {
  const end = environment.clock.now() + PREPARE_LIMIT_MS;
  const prepare = (wanted: Wanted): Promise<StreamInfo> => prepareStream({ manager, environment }, wanted, end);
  const first = eventPlan(0, replicas);
  // The first one alone decides on the epoch, so that instances which start together agree.
  const made = await prepare({ ...first, metadata: { ...first.metadata, [EPOCH_KEY]: newEpoch(environment) } });
  const others = [
    ...Array.from({ length: EVENT_PARTITIONS - 1 }, (_, at) => eventPlan(at + 1, replicas)),
    ...Array.from({ length: INDEX_PARTITIONS }, (_, at) => indexPlan(at, replicas)),
    keysPlan(replicas),
    workPlan(replicas),
  ];
  await Promise.all(others.map(prepare));
  return made.config.metadata?.[EPOCH_KEY] ?? "0";
}
