/** Who a request comes from, and what they may do. Pure: tokens are judged in `http/auth.ts`. */
import { TaskwireError } from "./error.ts";
import { type WatchScope, coversTask, toldWords } from "./watch-scope.ts";

/** A signed-in caller. */
export interface Identity {
  /** base64url(SHA-256(issuer, 0, sub)): never the raw subject. */
  readonly user: string;
  /** For display only (claims `name`, `email`); null where the token has none. */
  readonly name: string | null;
  readonly email: string | null;
  /** `tasks:publish`, `work`, `admin`. */
  readonly scopes: ReadonlySet<string>;
  /** Kinds that `work` is limited to; null: all. */
  readonly kinds: ReadonlySet<string> | null;
  /** When the token ends, in milliseconds since 1970; null: never. */
  readonly expiresAt: number | null;
  /** Set for who was let in by a ticket or a grant: they watch what it names as its giver would, and do nothing else. */
  readonly watch?: WatchScope | null;
  /** Set for who came without a token and is nobody in particular: what bounds one user does not bound all of them together. */
  readonly anybody?: true;
}

/** What access is judged by: the task's own facts, as its log tells them. */
export interface TaskFacts {
  readonly taskId: string;
  readonly owner: string;
  /** The key of the user who created it, where that is not the owner: a worker that made it for somebody. */
  readonly creator: string | null;
  /** The key of the user whose worker holds its lease; absent or null where none does. */
  readonly holder?: string | null;
  readonly access: string;
  readonly kind: string;
  readonly conversation: string | null;
  readonly status: string;
  readonly attempt: number;
  readonly lastSeq: number;
}

/** May this caller watch and read the task? Where not, it is answered as if it did not exist. */
export function mayWatch(who: Identity, task: TaskFacts): boolean {
  if (who.watch && !coversTask(who.watch.words, who.user, task)) return false;
  return isTheirs(who, task) || task.holder === who.user || task.access === "link";
}

/** May this caller append the task's events? Whether a lease is needed besides, the law says. */
export function mayAppend(who: Identity, task: TaskFacts): boolean {
  return !who.watch && (isTheirs(who, task) || task.holder === who.user);
}

/** May this caller order something of the task, do it again or delete it? */
export function mayCommand(who: Identity, task: TaskFacts): boolean {
  return !who.watch && isTheirs(who, task);
}

function isTheirs(who: Identity, task: TaskFacts): boolean {
  return task.owner === who.user || task.creator === who.user || who.scopes.has("admin");
}

/** What to answer to who may only watch and wants anything else. */
export function watchOnly({ words }: WatchScope): TaskwireError {
  return new TaskwireError("watch_only", `This access is for watching ${toldWords(words)}, and for nothing else. Use a token of your own.`);
}

/** What to answer of a task that is not there, or another's. */
export function unknownTask(taskId: string): TaskwireError {
  return new TaskwireError("task_unknown", `There is no task ${taskId} that you may see. Check the id, and who is signed in.`, { task_id: taskId });
}

/** What to answer of a task that was deleted, to who might have watched it. */
export function deletedTask(taskId: string): TaskwireError {
  return new TaskwireError("task_deleted", `The task ${taskId} was deleted; nothing of it is kept.`, { task_id: taskId });
}
