/**
 * What Taskwire asks of a log. `jetstream.ts` answers it with NATS JetStream, `memory.ts` in the process itself; one
 * suite (`test/suites/log.ts`) holds both to the same behaviour. Nothing outside `log/` knows more than this file.
 *
 * Terms: a *batch* is the unit of storing, 1..n events of one task, all or none. A *position* is where the store put a
 * batch: a whole number from 1, rising along a task's batches, but not dense. `seq` numbers a task's events and is dense.
 */
import type { Cancel } from "../domain/environment.ts";

/** Where a batch stands in the store. 0 means "before the first". */
export type Position = number;

/** What a process that knows nothing of a task must learn from any single batch of it. Stored beside the batch's body. */
export interface BatchHeader {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** A random mark of this append: recognises one's own batch after an unknown outcome, and a rolled-back store. */
  readonly nonce: string;
  /** The key of the user whose task this is (never the raw subject of a token). */
  readonly owner: string;
  /** The key of the user who created the task, where that is not its owner. */
  readonly creator: string | null;
  readonly conversation: string | null;
  /** The key of the user whose worker holds the task's lease after this batch; absent or null where none does. */
  readonly holder?: string | null;
  readonly kind: string;
  readonly access: string;
  /** The task's status and attempt after this batch. */
  readonly status: string;
  readonly attempt: number;
  /** Judging needs this: the encoded `JudgeState` after this batch, on batches that carry it; else null. */
  readonly state: string | null;
  /** The position of the last batch before this one that carries `state`; 0 where there is none. */
  readonly stateAt: Position;
  /** What changed of the `JudgeState` by this batch, as text (see `state-delta.ts`); null on a task's first. At most some KiB. */
  readonly delta: string | null;
}

export interface Batch {
  readonly taskId: string;
  readonly position: Position;
  readonly header: BatchHeader;
  /** NDJSON in UTF-8: one event a line without its cursor, each line ended by LF. Never changed after it was handed out. */
  readonly body: Uint8Array;
}

/** The last thing the store holds of a task. `position` can be beyond `batch` where a foreign message was skipped. */
export interface Head {
  readonly position: Position;
  readonly batch: Batch;
}

export interface AppendRequest {
  readonly taskId: string;
  /** The task's last position as the writer knows it; 0 for a task that must not exist. Compare-and-set. */
  readonly expected: Position;
  readonly header: BatchHeader;
  readonly body: Uint8Array;
}

export type AppendOutcome =
  | { readonly kind: "stored"; readonly position: Position }
  /** Something else was appended since `expected`. Certainly not stored. */
  | { readonly kind: "conflict" }
  /** It may have been stored, may still be, or never. Only a later `head` tells, by the nonce. */
  | { readonly kind: "unknown" }
  /** Certainly not stored, the store cannot take anything now; try again. */
  | { readonly kind: "unavailable" }
  /** Certainly not stored: the store is full. */
  | { readonly kind: "full" };

export interface ReadRequest {
  readonly taskId: string;
  /** Read what stands behind this position. */
  readonly after: Position;
  /** End at this position (included) at the latest. */
  readonly upTo?: Position;
  /** At most this many bytes of bodies; one batch is always returned where there is one. */
  readonly maxBytes: number;
}

export interface ReadPage {
  readonly batches: readonly Batch[];
  /** True where the store (this copy of it) had nothing more behind the last batch, up to `upTo`. */
  readonly end: boolean;
}

/** Thrown by reads while the store cannot answer. Writes answer with an outcome instead. */
export class LogUnavailable extends Error {
  override readonly name = "LogUnavailable";
}

/** What stands at a position of a partition, whichever task's it is. */
export interface Edge {
  readonly position: Position;
  /** The batch's nonce; "" where the batch was removed since, or is not ours. */
  readonly nonce: string;
}

export interface Log {
  /** A random value made with the store and changed by an operator after a restore; part of every cursor. 1..16 characters. */
  readonly epoch: string;
  /** How many partitions positions are counted in: a task's is `partitionOf(taskId, partitions)`. Within one a later batch has a higher position, whichever tasks the two belong to. */
  readonly partitions: number;
  /** What a partition ends with, or with a position what stands exactly there, as the store's leader knows it. Null where the partition does not reach so far. Throws `LogUnavailable`. */
  edge(partition: number, position?: Position): Promise<Edge | null>;
  append(request: AppendRequest): Promise<AppendOutcome>;
  /** The task's end as the store's leader knows it: never stale. Null for a task that has nothing. Throws `LogUnavailable`. */
  head(taskId: string): Promise<Head | null>;
  /** The batch at exactly this position if it is that task's, else null. Throws `LogUnavailable`. */
  at(taskId: string, position: Position): Promise<Batch | null>;
  /** Batches in order, none left out between the first and the last of a page. May miss the newest. Throws `LogUnavailable`. */
  read(request: ReadRequest): Promise<ReadPage>;
  /**
   * Hands over the task's batches as they are stored, from the moment the promise has resolved on, and before that whatever is
   * stored after a `head` was answered that was asked after this. May lose, double, delay or reorder: the feed proves and repairs by `seq`. `onBatch` is called synchronously and must not throw.
   */
  follow(taskId: string, onBatch: (batch: Batch) => void): Promise<Cancel>;
  /** Removes a task's batches but the last `keep` (0 or 1). */
  purge(taskId: string, keep: number): Promise<void>;
  /** The last batch of every task, in any order, as it is found while the walk lasts: for rebuilding the index, and for counting. Throws `LogUnavailable`. */
  ends(): AsyncIterable<Head>;
  readonly connected: boolean;
  /** Tells of every change of `connected`. After a loss, what `follow` handed over may have holes. */
  onConnection(listener: (connected: boolean) => void): Cancel;
}

/** Where an index entry stands: a user's task, grouped by conversation. */
export interface IndexKey {
  readonly owner: string;
  readonly conversation: string | null;
  readonly taskId: string;
}

export interface IndexRecord {
  readonly key: IndexKey;
  /** Rises with every write to any entry of that partition; the expected value of the next compare-and-set. */
  readonly revision: number;
  /** The entry's value: JSON, see `task-index.ts`. */
  readonly value: string;
}

export type IndexOutcome =
  | { readonly kind: "stored"; readonly revision: number }
  | { readonly kind: "conflict" }
  | { readonly kind: "unavailable" };

/** The list of tasks: one small record a task, found by user. A hint, rebuilt from the log; only the log decides. */
export interface IndexStore {
  /** Writes an entry if its revision is still `expected` (0: it must not exist). An unknown outcome is `unavailable`. */
  write(key: IndexKey, value: string, expected: number): Promise<IndexOutcome>;
  read(key: IndexKey): Promise<IndexRecord | null>;
  remove(key: IndexKey): Promise<void>;
  /** Every entry of a user, in order of last write, oldest first; with `after` those written behind that revision. Throws `LogUnavailable`. */
  list(owner: string, after?: number): Promise<readonly IndexRecord[]>;
  /** Hands over the user's entries as they are written (see `Log.follow` for what may happen to them). */
  follow(owner: string, onRecord: (record: IndexRecord) => void): Promise<Cancel>;
  /** Every entry of all users, for the sweeper and for operators. */
  all(): AsyncIterable<IndexRecord>;
  /** Hands over the entries of all users as they are written (see `Log.follow` for what may happen to them). */
  followAll(onRecord: (record: IndexRecord) => void): Promise<Cancel>;
}

export interface KeyRecord {
  readonly value: string;
  readonly revision: number;
}

/** A named value of a bucket; `value` is null where it was removed. */
export interface KeyChange {
  readonly key: string;
  readonly value: string | null;
  readonly revision: number;
}

/** Small named values shared by all instances: secrets, development accounts, signs of life, tickets. `bucket` and `key` match [A-Za-z0-9_-]+. */
export interface KeyStore {
  /** Throws `LogUnavailable`. */
  get(bucket: string, key: string): Promise<KeyRecord | null>;
  /** Compare-and-set; `expected` 0: the key must not exist, or was removed. Answers the new revision, or null on a conflict. Throws `LogUnavailable`. */
  put(bucket: string, key: string, value: string, expected: number): Promise<number | null>;
  /** Writes over whatever is there. Answers the new revision. Throws `LogUnavailable`. */
  set(bucket: string, key: string, value: string): Promise<number>;
  /** Removes a value; those who follow are told. Throws `LogUnavailable`. */
  remove(bucket: string, key: string): Promise<void>;
  /** Every value of a bucket, in any order. Throws `LogUnavailable`. */
  list(bucket: string): Promise<readonly (KeyRecord & { readonly key: string })[]>;
  /** Hands over changes of a bucket as they are stored, its removals too (see `Log.follow` for what may happen to them). */
  follow(bucket: string, onChange: (change: KeyChange) => void): Promise<Cancel>;
}

/** In which order tasks of a kind are taken. */
export type Priority = "high" | "normal" | "low";

/** A task that waits for a worker. Where it waits follows from kind, priority and id: it is in the queue at most once. */
export interface QueueEntry {
  readonly taskId: string;
  readonly kind: string;
  readonly priority: Priority;
  /** Not to be taken before. Milliseconds since 1970; 0: at once. */
  readonly notBefore: number;
}

/** An entry in the hands of this process. Nobody else is given it for `QUEUE_HOLD_MS`; then it is given out again. */
export interface TakenEntry extends QueueEntry {
  /** Takes it out of the queue for good. Never throws: an entry that comes again finds its task in the log. */
  done(): Promise<void>;
  /** Puts it back, to be given out again after so long. Never throws. */
  back(delayMs: number): Promise<void>;
}

/** How long an entry that was taken is nobody else's. Milliseconds. */
export const QUEUE_HOLD_MS = 30_000;

/** What somebody would take out of a queue. */
export interface EntryRequest {
  readonly kind: string;
  readonly max: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Told true when nothing was found and the waiting begins, false before it is looked for again. */
  readonly resting?: (resting: boolean) => void;
}

/** The tasks that wait for workers, by kind. A hint: that a task waits is said by its log alone. */
export interface WorkQueue {
  /** Puts an entry into its queue, unless it is there. Throws `LogUnavailable`. */
  put(entry: QueueEntry): Promise<void>;
  /**
   * Up to `max` entries of a kind: the higher priority first, the longest waiting first, none that is not due. Where there are none,
   * waits for the first at most `waitMs`. Empty where none came, or `signal` was aborted. In a cluster what was just put in may be missed by a look without a wait.
   * Throws `LogUnavailable`.
   */
  take(request: EntryRequest): Promise<readonly TakenEntry[]>;
  /** Whether the entry is in the queue, or taken and not done. Throws `LogUnavailable`. */
  has(entry: QueueEntry): Promise<boolean>;
  /** Takes an entry out, whoever has it. Throws `LogUnavailable`. */
  remove(entry: QueueEntry): Promise<void>;
  /** What waits, those in somebody's hands included, in the order in which it will be taken; at most `limit`. Throws `LogUnavailable`. */
  waiting(kind: string, limit: number): Promise<readonly QueueEntry[]>;
  /** How many wait. Throws `LogUnavailable`. */
  length(kind: string): Promise<number>;
  /** The kinds that something waits in, or has. Throws `LogUnavailable`. */
  kinds(): Promise<readonly string[]>;
  /** Lets go of what is kept for a kind in which nothing waits. Whoever asks for the kind again finds it. Throws `LogUnavailable`. */
  forget(kind: string): Promise<void>;
}

/** The other instances of the service. A topic matches [A-Za-z0-9_-]+. */
export interface Peers {
  /** Answers what any instance asks about a topic, this one included; null: no answer. */
  answer(topic: string, onQuestion: (question: string) => string | null | Promise<string | null>): Promise<Cancel>;
  /** The answers of all instances that came within `waitMs`. Throws `LogUnavailable`. */
  ask(topic: string, question: string, waitMs: number): Promise<readonly string[]>;
  /** Lets every instance know, this one included, which `answer` the topic; whoever is away misses it. Throws `LogUnavailable`. */
  tell(topic: string, message: string): Promise<void>;
}

/** A message that a trusted producer wrote straight to the broker. */
export interface InboxMessage {
  /** Rises with every message of the inbox, and is never given out twice. */
  readonly position: Position;
  /** What its subject says behind the inbox's name. */
  readonly topic: string;
  readonly body: Uint8Array;
}

/** Messages that were written straight to the broker and wait to be taken over, in order. */
export interface Inbox {
  /** Names this counting of positions: in an inbox that was made anew it is another. */
  readonly epoch: string;
  /** What stands behind a position, in order, none left out; about so many bytes. Empty where nothing (known) does. Throws `LogUnavailable`. */
  read(after: Position, maxBytes: number): Promise<readonly InboxMessage[]>;
  /** Tells that something has come; may be lost, so look by yourself now and then. Throws `LogUnavailable`. */
  follow(onMessage: () => void): Promise<Cancel>;
  /** Removes everything up to this position. Throws `LogUnavailable`. */
  done(upTo: Position): Promise<void>;
  /** Keeps a message that cannot be taken over where operators find it, with the reason; the oldest of them give way. Throws `LogUnavailable`. */
  setAside(message: InboxMessage, reason: string): Promise<void>;
}

/** Everything that Taskwire keeps, behind one connection. */
export interface Store {
  readonly log: Log;
  readonly index: IndexStore;
  readonly keys: KeyStore;
  readonly queue: WorkQueue;
  readonly peers: Peers;
  /** Makes or finds the inbox of this name, [a-z_]+, which is what its subjects begin with. Throws `LogUnavailable`. */
  inbox(name: string): Promise<Inbox>;
  /** Answers after one round trip to the store, in milliseconds; throws `LogUnavailable`. */
  ping(): Promise<number>;
  close(): Promise<void>;
}
