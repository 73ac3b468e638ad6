/** What is watched by words, and what a ticket or a grant lets its bearer watch. Pure. */

/** The tasks that are in any of these sets; a ticket and a grant name one of them. */
export interface WatchWords {
  /** All tasks of the caller, or of the giver. */
  readonly scope?: "mine";
  /** Those of a conversation of theirs. */
  readonly conversation_id?: string;
  /** These, as far as they may see them. */
  readonly task_ids?: readonly string[];
}

/** The bounds of a caller who may only watch. */
export interface WatchScope {
  readonly via: "ticket" | "grant";
  /** The grant's id; of a ticket its fingerprint. */
  readonly id: string;
  readonly words: WatchWords;
}

/** Is the task within the words? Whether the giver may watch it besides is judged where theirs is. `user`: the giver's key. */
export function coversTask({ task_ids, conversation_id, scope }: WatchWords, user: string, task: { readonly taskId: string; readonly owner: string; readonly conversation: string | null }): boolean {
  if (task_ids !== undefined) return task_ids.includes(task.taskId);
  if (task.owner !== user) return false;
  return scope === "mine" || (conversation_id !== undefined && task.conversation === conversation_id);
}

/** May a set of these words be watched? Tasks that it names are judged one by one, so they are none of this. */
export function coversSet(words: WatchWords, wanted: WatchWords): boolean {
  if (wanted.scope !== undefined && words.scope === undefined) return false;
  return wanted.conversation_id === undefined || words.scope !== undefined || words.conversation_id === wanted.conversation_id;
}

/** The words as a sentence tells them. */
export function toldWords({ task_ids, conversation_id }: WatchWords): string {
  if (task_ids !== undefined) return task_ids.length === 1 ? `the task ${task_ids[0]}` : `${task_ids.length} tasks`;
  return conversation_id === undefined ? "the tasks of its giver" : `the conversation ${conversation_id}`;
}
