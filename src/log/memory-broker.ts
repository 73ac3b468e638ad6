/** What a broker keeps, in the process's own memory, and who listens to it. `memory.ts` gives each client its face to it. */
import type { Cancel, Environment } from "../domain/environment.ts";
import { partitionOf } from "../domain/ids.ts";
import { type MemoryFaults, happens } from "./memory-faults.ts";
import { MemoryInbox } from "./memory-inbox.ts";
import { type MemoryEntry, MemoryQueue } from "./memory-queue.ts";
import type { AppendRequest, Batch, Edge, IndexKey, IndexRecord, KeyChange, KeyRecord, Position } from "./port.ts";

/** A batch's place in its task, or why it has none. */
export type Landing = { readonly kind: "stored"; readonly position: Position } | { readonly kind: "conflict" } | { readonly kind: "full" };

/** Everything kept, as it was at some moment. Batches never change, so they are shared. */
export interface MemoryCopy {
  readonly tasks: ReadonlyMap<string, readonly Batch[]>;
  readonly index: ReadonlyMap<string, ReadonlyMap<string, IndexRecord>>;
  readonly keys: ReadonlyMap<string, KeyRecord & { readonly removed: boolean }>;
  readonly queue: readonly MemoryEntry[];
  readonly positions: readonly number[];
  readonly revision: number;
}

/** Hands something to one listener if its client is connected, as it deserves by the faults in force. */
interface Follower<T> {
  readonly reachable: () => boolean;
  readonly take: (message: T) => void;
}

/** What an instance asks of the others. */
export interface Question {
  readonly text: string;
  readonly reply: (answer: string) => void;
}

/** No owner is called so. */
const EVERYBODY = "*";
const EPOCH_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

export class MemoryBroker {
  readonly faults: MemoryFaults;
  epoch: string;
  readonly #environment: Environment;
  readonly #tasks = new Map<string, Batch[]>();
  /** By owner, then by conversation and task; a map keeps the order of last write. */
  readonly #index = new Map<string, Map<string, IndexRecord>>();
  /** By bucket and key; removed ones leave a mark. */
  readonly #keys = new Map<string, KeyRecord & { readonly removed: boolean }>();
  readonly queue: MemoryQueue;
  /** Who answers what of a topic. */
  readonly #peers = new Map<string, Set<Follower<Question>>>();
  readonly #inboxes = new Map<string, MemoryInbox>();
  readonly #positions: number[];
  /** How often it was rolled back. */
  restores = 0;
  #revision = 0;
  readonly #taskFollowers = new Map<string, Set<Follower<Batch>>>();
  readonly #indexFollowers = new Map<string, Set<Follower<IndexRecord>>>();
  readonly #keyFollowers = new Map<string, Set<Follower<KeyChange>>>();

  constructor(environment: Environment, partitions: number, faults: MemoryFaults) {
    this.#environment = environment;
    this.faults = faults;
    this.#positions = new Array<number>(partitions).fill(0);
    this.epoch = this.#newEpoch();
    this.queue = new MemoryQueue(environment.clock);
  }

  get partitions(): number {
    return this.#positions.length;
  }

  /** What stands at a position of a partition, or at its end. Null where it does not reach so far. */
  edge(partition: number, position = this.#positions[partition] ?? 0): Edge | null {
    if (position === 0 || position > (this.#positions[partition] ?? 0)) return null;
    for (const [taskId, batches] of this.#tasks) {
      if (partitionOf(taskId, this.partitions) !== partition) continue;
      const found = batches.find((batch) => batch.position === position);
      if (found !== undefined) return { position, nonce: found.header.nonce };
    }
    return { position, nonce: "" };
  }

  inbox(name: string): MemoryInbox {
    const inbox = this.#inboxes.get(name) ?? new MemoryInbox(this.#newEpoch());
    this.#inboxes.set(name, inbox);
    return inbox;
  }

  batches(taskId: string): readonly Batch[] {
    return this.#tasks.get(taskId) ?? [];
  }

  /** Stores a batch if its task still ends where the writer thinks. */
  land({ taskId, expected, header, body }: AppendRequest): Landing {
    const batches = this.#tasks.get(taskId) ?? [];
    if ((batches.at(-1)?.position ?? 0) !== expected) return { kind: "conflict" };
    if (this.faults.full) return { kind: "full" };
    const partition = partitionOf(taskId, this.#positions.length);
    const position = (this.#positions[partition] ?? 0) + 1;
    this.#positions[partition] = position;
    const batch: Batch = { taskId, position, header: { ...header }, body: body.slice() };
    batches.push(batch);
    this.#tasks.set(taskId, batches);
    this.#publish(this.#taskFollowers.get(taskId), batch);
    return { kind: "stored", position };
  }

  purge(taskId: string, keep: number): void {
    const batches = this.#tasks.get(taskId);
    if (batches === undefined) return;
    if (keep <= 0) this.#tasks.delete(taskId);
    else batches.splice(0, Math.max(0, batches.length - keep));
  }

  /** Writes an index entry if its revision is still `expected`; null on a conflict. */
  writeEntry(key: IndexKey, value: string, expected: number): number | null {
    const entries = this.#index.get(key.owner) ?? new Map<string, IndexRecord>();
    const name = entryName(key);
    if ((entries.get(name)?.revision ?? 0) !== expected) return null;
    const record: IndexRecord = { key: { owner: key.owner, conversation: key.conversation, taskId: key.taskId }, revision: ++this.#revision, value };
    entries.delete(name);
    entries.set(name, record);
    this.#index.set(key.owner, entries);
    this.#publish(this.#indexFollowers.get(key.owner), record);
    this.#publish(this.#indexFollowers.get(EVERYBODY), record);
    return record.revision;
  }

  readEntry(key: IndexKey): IndexRecord | null {
    return this.#index.get(key.owner)?.get(entryName(key)) ?? null;
  }

  removeEntry(key: IndexKey): void {
    this.#index.get(key.owner)?.delete(entryName(key));
  }

  entries(owner: string): readonly IndexRecord[] {
    return [...(this.#index.get(owner)?.values() ?? [])];
  }

  owners(): readonly string[] {
    return [...this.#index.keys()];
  }

  getKey(name: string): KeyRecord | null {
    const found = this.#keys.get(name);
    return found === undefined || found.removed ? null : { value: found.value, revision: found.revision };
  }

  listKeys(bucket: string): readonly (KeyRecord & { readonly key: string })[] {
    return [...this.#keys].flatMap(([name, { value, revision, removed }]) => (removed || !name.startsWith(`${bucket}.`) ? [] : [{ key: name.slice(bucket.length + 1), value, revision }]));
  }

  /** Writes over whatever is there; null removes it. */
  setKey(name: string, value: string | null): number {
    const revision = ++this.#revision;
    this.#keys.set(name, { value: value ?? "", revision, removed: value === null });
    const at = name.indexOf(".");
    this.#publish(this.#keyFollowers.get(name.slice(0, at)), { key: name.slice(at + 1), value, revision });
    return revision;
  }

  followKeys(bucket: string, follower: Follower<KeyChange>): Cancel {
    return listen(this.#keyFollowers, bucket, follower);
  }

  answerPeers(topic: string, follower: Follower<Question>): Cancel {
    return listen(this.#peers, topic, follower);
  }

  /** Hands a question to all who answer the topic. */
  askPeers(topic: string, question: Question): void {
    this.#publish(this.#peers.get(topic), question);
  }

  /** The last batch of every task. */
  ends(): readonly Batch[] {
    return [...this.#tasks.values()].flatMap((batches) => batches.slice(-1));
  }

  /** Writes a named value if its revision is still `expected`; null on a conflict. */
  putKey(name: string, value: string, expected: number): number | null {
    return (this.getKey(name)?.revision ?? 0) === expected ? this.setKey(name, value) : null;
  }

  followTask(taskId: string, follower: Follower<Batch>): Cancel {
    return listen(this.#taskFollowers, taskId, follower);
  }

  /** Null: everybody. */
  followOwner(owner: string | null, follower: Follower<IndexRecord>): Cancel {
    return listen(this.#indexFollowers, owner ?? EVERYBODY, follower);
  }

  /** A copy to be restored later, as an operator's backup is. */
  copy(): MemoryCopy {
    return {
      tasks: new Map([...this.#tasks].map(([taskId, batches]) => [taskId, [...batches]])),
      index: new Map([...this.#index].map(([owner, entries]) => [owner, new Map(entries)])),
      keys: new Map(this.#keys),
      queue: this.queue.copy(),
      positions: [...this.#positions],
      revision: this.#revision,
    };
  }

  /** Rolls back: positions that were given out since the copy will be given out again, to other batches. The epoch stays. */
  restore(copy: MemoryCopy): void {
    this.restores += 1;
    this.#tasks.clear();
    for (const [taskId, batches] of copy.tasks) this.#tasks.set(taskId, [...batches]);
    this.#index.clear();
    for (const [owner, entries] of copy.index) this.#index.set(owner, new Map(entries));
    this.#keys.clear();
    for (const [name, record] of copy.keys) this.#keys.set(name, record);
    this.queue.restore(copy.queue);
    this.#positions.splice(0, this.#positions.length, ...copy.positions);
    this.#revision = copy.revision;
  }

  /** What an operator does after a restore. */
  changeEpoch(): void {
    this.epoch = this.#newEpoch();
  }

  #newEpoch(): string {
    return [...this.#environment.random.bytes(12)].map((byte) => EPOCH_LETTERS[byte % EPOCH_LETTERS.length]).join("");
  }

  #publish<T>(followers: ReadonlySet<Follower<T>> | undefined, message: T): void {
    for (const follower of followers ?? []) this.#send(follower, message);
  }

  /** Never within the writer's own call: a message arrives by itself. */
  #send<T>(follower: Follower<T>, message: T): void {
    const { random, clock } = this.#environment;
    if (happens(random, this.faults.liveLost)) return;
    const times = happens(random, this.faults.liveDoubled) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      const hand = (): void => {
        if (follower.reachable()) follower.take(message);
      };
      if (happens(random, this.faults.liveDelayed)) clock.after(random.fraction() * this.faults.liveDelayMs, hand);
      else queueMicrotask(hand);
    }
  }
}

function entryName({ conversation, taskId }: IndexKey): string {
  return `${conversation ?? ""}.${taskId}`;
}

function listen<T>(lists: Map<string, Set<T>>, name: string, follower: T): Cancel {
  const list = lists.get(name) ?? new Set<T>();
  lists.set(name, list.add(follower));
  return () => {
    list.delete(follower);
    if (list.size === 0 && lists.get(name) === list) lists.delete(name);
  };
}
