/**
 * A store in the process's own memory, for tests and simulation; never chosen silently. It keeps every promise of the port,
 * and, told to by its faults and its controls, does to its clients whatever a broker can do.
 */
import type { Cancel, Environment } from "../domain/environment.ts";
import { isLegalId } from "../domain/ids.ts";
import { MemoryBroker, type MemoryCopy, type Question } from "./memory-broker.ts";
import type { MemoryInbox } from "./memory-inbox.ts";
import type { MemoryEntry } from "./memory-queue.ts";
import { type MemoryFaults, fairWeather, happens } from "./memory-faults.ts";
import { type AppendOutcome, type AppendRequest, type Batch, type Head, type Inbox, type IndexRecord, type IndexStore, type KeyStore, type Log, LogUnavailable, type Peers, type ReadPage, type ReadRequest, type Store, type TakenEntry, type WorkQueue } from "./port.ts";

export interface MemoryStore extends Store {
  /** In force for all clients of the same data; change it while it runs. */
  readonly faults: MemoryFaults;
  /** Another client of the same data, as another instance of the service is. */
  client(): MemoryStore;
  /** This client loses the broker; what is under way ends with `unknown` or an error. */
  disconnect(): void;
  reconnect(): void;
  /** The whole data as it is now, to be restored later. */
  copy(): MemoryCopy;
  /** Rolls the data back, for all clients. */
  restore(copy: MemoryCopy): void;
  changeEpoch(): void;
  /** A task's batches as they are stored, without latency or faults: what a test compares with. */
  stored(taskId: string): readonly Batch[];
  /** The inbox itself, where a test writes as a producer does. */
  mailbox(name: string): MemoryInbox;
}

export interface MemorySettings {
  readonly environment: Environment;
  /** How many counters of positions there are; tasks that share one leave gaps in each other's. */
  readonly partitions?: number;
  readonly faults?: MemoryFaults;
}

/** A store of its own, empty, with one client. Close each client by itself. */
export function createMemoryStore({ environment, partitions = 16, faults = fairWeather() }: MemorySettings): MemoryStore {
  return connect(new MemoryBroker(environment, partitions, faults), environment);
}

function legal(...ids: readonly (string | null)[]): void {
  if (!ids.every((id) => id === null || isLegalId(id))) throw new RangeError("an id in a subject has 1 to 64 characters of A-Z, a-z, 0-9, _ and -");
}

/** One client's connection: whether it is there, and how long a way takes. */
class Line {
  connected = true;
  /** Rises with every loss: what was sent before one does not get its answer after it. */
  losses = 0;
  readonly listeners = new Set<(connected: boolean) => void>();
  readonly #environment: Environment;
  readonly #faults: MemoryFaults;

  constructor(environment: Environment, faults: MemoryFaults) {
    this.#environment = environment;
    this.#faults = faults;
  }

  change(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    if (!connected) this.losses += 1;
    for (const listener of [...this.listeners]) listener(connected);
  }

  /** The way there, or back. */
  travel(): Promise<void> | null {
    const { latencyMs } = this.#faults;
    if (latencyMs <= 0) return null;
    return new Promise((resolve) => void this.#environment.clock.after(this.#environment.random.fraction() * latencyMs, resolve));
  }

  chance(of: number): boolean {
    return happens(this.#environment.random, of);
  }

  /** Asks what may be asked again. Throws `LogUnavailable` without a connection, or as the faults will. */
  async ask<T>(answer: () => T): Promise<T> {
    const before = this.losses;
    if (!this.connected) throw new LogUnavailable("the store cannot be reached");
    await this.travel();
    if (before !== this.losses || this.chance(this.#faults.readFails)) throw new LogUnavailable("the store did not answer");
    const found = answer();
    await this.travel();
    if (before !== this.losses) throw new LogUnavailable("the store did not answer");
    return found;
  }
}

function connect(broker: MemoryBroker, environment: Environment): MemoryStore {
  const line = new Line(environment, broker.faults);
  return {
    log: logFace(broker, line, environment),
    index: indexFace(broker, line),
    keys: keysFace(broker, line),
    queue: queueFace(broker, line),
    peers: peersFace(broker, line, environment),
    inbox: (name) => line.ask(() => inboxFace(broker.inbox(name), line)),
    faults: broker.faults,
    async ping() {
      const began = environment.clock.now();
      await line.ask(() => null);
      return environment.clock.now() - began;
    },
    async close() {
      line.change(false);
      line.listeners.clear();
    },
    client: () => connect(broker, environment),
    disconnect: () => line.change(false),
    reconnect: () => line.change(true),
    copy: () => broker.copy(),
    restore: (copy) => broker.restore(copy),
    changeEpoch: () => broker.changeEpoch(),
    stored: (taskId) => broker.batches(taskId),
    mailbox: (name) => broker.inbox(name),
  };
}

function logFace(broker: MemoryBroker, line: Line, environment: Environment): Log {
  const { faults } = broker;

  /** Stores it now or later, if its place is free then; nobody is told. */
  function landUnseen(request: AppendRequest): void {
    const late = faults.landMs * environment.random.fraction();
    const { restores } = broker;
    if (late <= 0) broker.land(request);
    // What was under way in a broker does not outlive it.
    else environment.clock.after(late, () => void (restores === broker.restores && broker.land(request)));
  }

  return {
    get epoch() {
      return broker.epoch;
    },
    partitions: broker.partitions,
    async edge(partition, position) {
      return line.ask(() => broker.edge(partition, position));
    },
    async append(request): Promise<AppendOutcome> {
      legal(request.taskId);
      if (!line.connected || line.chance(faults.unavailable)) return { kind: "unavailable" };
      const before = line.losses;
      await line.travel();
      if (before !== line.losses) return { kind: "unknown" };
      if (line.chance(faults.conflict)) return { kind: "conflict" };
      const lost = line.chance(faults.unknownLost);
      if (lost || line.chance(faults.unknownStored)) {
        if (!lost) landUnseen(request);
        await line.travel();
        return { kind: "unknown" };
      }
      const landing = broker.land(request);
      await line.travel();
      return before === line.losses ? landing : { kind: "unknown" };
    },
    async head(taskId) {
      legal(taskId);
      return line.ask(() => {
        const batch = broker.batches(taskId).at(-1);
        return batch === undefined ? null : { position: batch.position, batch };
      });
    },
    async at(taskId, position) {
      legal(taskId);
      return line.ask(() => {
        const batches = broker.batches(taskId);
        const found = batches[firstBehind(batches, position - 1)];
        return found?.position === position ? found : null;
      });
    },
    async read(request) {
      legal(request.taskId);
      return line.ask(() => {
        const batches = broker.batches(request.taskId);
        const missing = line.chance(faults.staleReads) ? 1 + Math.floor(environment.random.fraction() * 3) : 0;
        return page(missing === 0 ? batches : batches.slice(0, Math.max(0, batches.length - missing)), request);
      });
    },
    async follow(taskId, onBatch): Promise<Cancel> {
      legal(taskId);
      // Like a subscription, it outlives a lost connection and hears nothing meanwhile.
      const cancel = broker.followTask(taskId, { reachable: () => line.connected, take: onBatch });
      await line.travel();
      return cancel;
    },
    async purge(taskId, keep) {
      legal(taskId);
      await line.ask(() => broker.purge(taskId, keep));
    },
    async *ends(): AsyncGenerator<Head> {
      for (const batch of await line.ask(() => broker.ends())) yield { position: batch.position, batch };
    },
    get connected() {
      return line.connected;
    },
    onConnection(listener) {
      line.listeners.add(listener);
      return () => void line.listeners.delete(listener);
    },
  };
}

function indexFace(broker: MemoryBroker, line: Line): IndexStore {
  const { faults } = broker;
  return {
    async write(key, value, expected) {
      legal(key.owner, key.conversation, key.taskId);
      const before = line.losses;
      if (!line.connected || line.chance(faults.unavailable)) return { kind: "unavailable" };
      await line.travel();
      if (before !== line.losses || line.chance(faults.unknownLost)) return { kind: "unavailable" };
      if (line.chance(faults.conflict)) return { kind: "conflict" };
      const revision = broker.writeEntry(key, value, expected);
      await line.travel();
      if (before !== line.losses || line.chance(faults.unknownStored)) return { kind: "unavailable" };
      return revision === null ? { kind: "conflict" } : { kind: "stored", revision };
    },
    async read(key) {
      legal(key.owner, key.conversation, key.taskId);
      return line.ask(() => broker.readEntry(key));
    },
    async remove(key) {
      legal(key.owner, key.conversation, key.taskId);
      await line.ask(() => broker.removeEntry(key));
    },
    async list(owner, after = 0) {
      legal(owner);
      return line.ask(() => broker.entries(owner).filter(({ revision }) => revision > after));
    },
    async follow(owner, onRecord) {
      legal(owner);
      const cancel = broker.followOwner(owner, { reachable: () => line.connected, take: onRecord });
      await line.travel();
      return cancel;
    },
    async followAll(onRecord) {
      const cancel = broker.followOwner(null, { reachable: () => line.connected, take: onRecord });
      await line.travel();
      return cancel;
    },
    async *all(): AsyncGenerator<IndexRecord> {
      for (const owner of await line.ask(() => broker.owners())) yield* await line.ask(() => broker.entries(owner));
    },
  };
}

function keysFace(broker: MemoryBroker, line: Line): KeyStore {
  return {
    async get(bucket, key) {
      legal(bucket, key);
      return line.ask(() => broker.getKey(`${bucket}.${key}`));
    },
    async put(bucket, key, value, expected) {
      legal(bucket, key);
      return line.ask(() => broker.putKey(`${bucket}.${key}`, value, expected));
    },
    async set(bucket, key, value) {
      legal(bucket, key);
      return line.ask(() => broker.setKey(`${bucket}.${key}`, value));
    },
    async remove(bucket, key) {
      legal(bucket, key);
      await line.ask(() => broker.setKey(`${bucket}.${key}`, null));
    },
    async list(bucket) {
      legal(bucket);
      return line.ask(() => broker.listKeys(bucket));
    },
    async follow(bucket, onChange) {
      legal(bucket);
      const cancel = broker.followKeys(bucket, { reachable: () => line.connected, take: onChange });
      await line.travel();
      return cancel;
    },
  };
}

function queueFace({ queue }: MemoryBroker, line: Line): WorkQueue {
  const held = (entry: MemoryEntry, hold: number): TakenEntry => ({
    ...entry.entry,
    done: () => line.ask(() => queue.done(entry, hold)).catch(() => {}),
    back: (delayMs) => line.ask(() => queue.back(entry, hold, delayMs)).catch(() => {}),
  });
  return {
    async put(entry) {
      legal(entry.taskId, entry.kind);
      await line.ask(() => queue.put(entry));
    },
    async take(request) {
      const { kind, max } = request;
      legal(kind);
      const taken = await queue.wait(request, () => line.ask(() => queue.take(kind, max)));
      return taken.map(({ entry, hold }) => held(entry, hold));
    },
    has: (entry) => line.ask(() => queue.has(entry)),
    remove: (entry) => line.ask(() => queue.remove(entry)),
    waiting: (kind, limit) => line.ask(() => queue.waiting(kind).slice(0, limit)),
    length: (kind) => line.ask(() => queue.waiting(kind).length),
    kinds: () => line.ask(() => queue.kinds()),
    // What nothing waits in is nowhere.
    forget: () => line.ask(() => {}),
  };
}

function peersFace(broker: MemoryBroker, line: Line, { clock }: Environment): Peers {
  return {
    async answer(topic, onQuestion) {
      legal(topic);
      // Who fails has no answer; the others have theirs.
      const take = ({ text, reply }: Question): void => void Promise.resolve(text).then(onQuestion).then((answer) => void (answer !== null && reply(answer)), () => {});
      const cancel = broker.answerPeers(topic, { reachable: () => line.connected, take });
      await line.travel();
      return cancel;
    },
    async ask(topic, question, waitMs) {
      legal(topic);
      const answers: string[] = [];
      await line.ask(() => broker.askPeers(topic, { text: question, reply: (answer) => void answers.push(answer) }));
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
      return answers;
    },
    async tell(topic, message) {
      legal(topic);
      await line.ask(() => broker.askPeers(topic, { text: message, reply: () => {} }));
    },
  };
}

function inboxFace(inbox: MemoryInbox, line: Line): Inbox {
  return {
    epoch: inbox.epoch,
    read: (after, maxBytes) => line.ask(() => inbox.read(after, maxBytes)),
    follow: (onMessage) => line.ask(() => inbox.follow(() => void (line.connected && onMessage()))),
    done: (upTo) => line.ask(() => inbox.done(upTo)),
    setAside: (message, reason) => line.ask(() => inbox.setAside(message, reason)),
  };
}

/** Where the first batch behind `position` stands in the list: by halving, as positions rise. */
function firstBehind(batches: readonly Batch[], position: number): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((batches[middle]?.position ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function page(batches: readonly Batch[], { after, upTo = Number.MAX_SAFE_INTEGER, maxBytes }: ReadRequest): ReadPage {
  const found: Batch[] = [];
  let bytes = 0;
  for (let at = firstBehind(batches, after); at < batches.length; at += 1) {
    const batch = batches[at] as Batch;
    if (batch.position > upTo) break;
    if (found.length > 0 && bytes + batch.body.byteLength > maxBytes) return { batches: found, end: false };
    found.push(batch);
    bytes += batch.body.byteLength;
  }
  return { batches: found, end: true };
}
