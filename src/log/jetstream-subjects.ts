/** Names and subjects of everything in the broker. The only place where an id becomes part of a subject. */
import { isLegalId, partitionOf } from "../domain/ids.ts";
import type { IndexKey, Priority, QueueEntry } from "./port.ts";

/** Streams of events, and of index entries. Written down in the streams' metadata; changing them needs a new log. */
export const EVENT_PARTITIONS = 16;
export const INDEX_PARTITIONS = 4;

/** The stream of small named values, laid out as NATS lays out a key-value bucket, so that its tools read it. */
export const KEYS_STREAM = "KV_taskwire";
export const KEYS_SUBJECTS = "$KV.taskwire.>";

/** The stream of tasks that wait for workers. */
export const WORK_STREAM = "TASKWIRE_WORK";
export const WORK_SUBJECTS = "work.>";

/** In the order in which they are taken. */
export const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** Ends an index subject's place of the conversation where a task has none. */
const NO_CONVERSATION = "_";

/** Two digits, so that names sort. */
export function partitionName(partition: number): string {
  return String(partition).padStart(2, "0");
}

/** The stream that holds the events of a partition. */
export function eventStream(partition: number): string {
  return `TASKWIRE_EV_${partitionName(partition)}`;
}

/** The stream that holds the index entries of a partition. */
export function indexStream(partition: number): string {
  return `TASKWIRE_IX_${partitionName(partition)}`;
}

/** Answers a subject's token that is safe: the client lets `*`, `>` and `.` through. Throws a `RangeError` for anything else. */
function token(id: string): string {
  if (!isLegalId(id)) throw new RangeError("an id in a subject has 1 to 64 characters of A-Z, a-z, 0-9, _ and -");
  return id;
}

export interface TaskPlace {
  readonly stream: string;
  /** Where its events are published and kept. */
  readonly subject: string;
  /** Where they are published again once they are kept. */
  readonly live: string;
}

/** Where a task's events stand. */
export function taskPlace(taskId: string): TaskPlace {
  const id = token(taskId);
  const partition = partitionOf(id, EVENT_PARTITIONS);
  const name = partitionName(partition);
  return { stream: eventStream(partition), subject: `ev.${name}.${id}`, live: `live.${name}.${id}` };
}

/** A conversation of underscores alone gets one more, so that none is taken for the sign of having none. */
function conversationToken(conversation: string | null): string {
  if (conversation === null) return NO_CONVERSATION;
  return /^_+$/.test(token(conversation)) ? `${conversation}_` : conversation;
}

export interface IndexPlace {
  readonly stream: string;
  readonly subject: string;
}

/** Where one index entry stands. */
export function indexPlace({ owner, conversation, taskId }: IndexKey): IndexPlace {
  const partition = partitionOf(token(owner), INDEX_PARTITIONS);
  return { stream: indexStream(partition), subject: `task.${partitionName(partition)}.${owner}.${conversationToken(conversation)}.${token(taskId)}` };
}

/** Where all entries of a user stand, and where they are published again once they are kept. */
export function ownerPlace(owner: string): IndexPlace & { readonly live: string } {
  const partition = partitionOf(token(owner), INDEX_PARTITIONS);
  const name = partitionName(partition);
  return { stream: indexStream(partition), subject: `task.${name}.${owner}.*.*`, live: `live.task.${name}.${owner}.*.*` };
}

/** Reads the key out of an index entry's subject; null where it is not one. */
export function indexKeyOf(subject: string): IndexKey | null {
  const [room, , owner, conversation, taskId, ...more] = subject.split(".");
  if (room !== "task" || more.length > 0 || !owner || !conversation || !taskId) return null;
  if (conversation === NO_CONVERSATION) return { owner, conversation: null, taskId };
  return { owner, conversation: /^__+$/.test(conversation) ? conversation.slice(1) : conversation, taskId };
}

/** Where a named value stands. */
export function keySubject(bucket: string, key: string): string {
  return `$KV.taskwire.${token(bucket)}.${token(key)}`;
}

/** Where all values of a bucket stand. */
export function keysSubjects(bucket: string): string {
  return `$KV.taskwire.${token(bucket)}.*`;
}

/** Where they are published again once they are kept. */
export function keysLive(bucket: string): string {
  return `live.keys.${token(bucket)}.*`;
}

/** The key at the end of any of these subjects. */
export function keyOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}

/** Where a waiting task stands. */
export function queueSubject({ kind, priority, taskId }: QueueEntry): string {
  return `work.${priority.charAt(0)}.${token(kind)}.${token(taskId)}`;
}

/** Where all stand that wait for a kind with a priority. */
export function queueSubjects(kind: string, priority: Priority): string {
  return `work.${priority.charAt(0)}.${token(kind)}.*`;
}

/** Where whatever is put into a kind's queues is told. */
export function queueWake(kind: string): string {
  return `live.work.*.${token(kind)}.*`;
}

/** The consumer that gives them out: the priority's letter, then the kind. */
export function queueConsumer(kind: string, priority: Priority): string {
  return `${priority.charAt(0)}-${token(kind)}`;
}

/** Where instances ask each other. */
export function peerSubject(topic: string): string {
  return `tw.peer.${token(topic)}`;
}

/** Where an inbox is kept, what it listens to, and where what it has stored is told. */
export interface InboxPlace {
  readonly stream: string;
  readonly subjects: string;
  readonly live: string;
  /** Where what cannot be taken over is kept. */
  readonly asideStream: string;
  readonly aside: string;
}

/** The place of an inbox. */
export function inboxPlace(name: string): InboxPlace {
  const upper = token(name).toUpperCase();
  return { stream: `TASKWIRE_IN_${upper}`, subjects: `${name}.>`, live: `live.in.${name}.>`, asideStream: `TASKWIRE_ASIDE_${upper}`, aside: `aside.${name}` };
}
