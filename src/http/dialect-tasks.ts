/** What a dialect does with tasks beside watching them: starts one, and clears its history for who joins later. */
import type { Start } from "../dialects/port.ts";
import { type Identity, watchOnly } from "../domain/access.ts";
import type { WorkTerms } from "../domain/state.ts";
import { type AppDeps, actorOf } from "./deps.ts";
import { mustHaveRoom } from "./found.ts";

/** The id of the message that holds a person's words, where a task is started by them. */
const SAID = "question";
/** Where the store keeps what was cleared. */
const CLEARED = "dialect-cleared";

/** Starts a task that waits in the queue of its kind; answers its id. Throws what creating a task throws. */
export async function startTask(deps: AppDeps, who: Identity, { kind, title, input, conversation, says }: Start): Promise<string> {
  const { writer, admission, limits, rates } = deps;
  if (who.watch) throw watchOnly(who.watch);
  rates.append(who.user);
  mustHaveRoom(deps, who.user);
  const work: WorkTerms = { maxAttempts: limits.workAttempts, leaseMs: limits.leaseMs, priority: "normal", notBefore: 0, deadline: null };
  const actor = { ...actorOf(who), kind: "user" as const };
  const { taskId } = await writer.create({
    taskId: null, owner: who.user, kind, input, conversation: conversation ?? null, access: "owner", actor, identity: null, work, position: await admission.admit(kind),
    ...(title === undefined ? {} : { title }),
  });
  if (says !== undefined && says !== "") {
    const drafts = [{ type: "message.completed", data: { message_id: SAID, role: "user", content: says } }];
    await writer.append(taskId, { drafts, bytes: says.length, actor, service: true, identity: null });
  }
  return taskId;
}

/** Up to which event a task's history was cleared for those who join through a dialect; 0: not at all. */
export async function clearedUpTo({ keys }: Pick<AppDeps, "keys">, dialect: string, taskId: string): Promise<number> {
  return Number((await keys.get(CLEARED, `${dialect}-${taskId}`))?.value ?? 0);
}

/** Clears a task's history for those who join through a dialect: events up to `seq` are told to them no more. The log keeps them. */
export async function clearHistory({ keys }: Pick<AppDeps, "keys">, dialect: string, taskId: string, seq: number): Promise<void> {
  await keys.set(CLEARED, `${dialect}-${taskId}`, String(seq));
}
