/** A task as the world knows it, and what must be true of it, of its log and of its watchers when all is over. */
import type { Batch } from "../../src/log/port.ts";
import { type ReadEvent, eventsIn } from "../suites/writer.ts";
import type { Follower } from "./client.ts";

export interface Task {
  readonly taskId: string;
  /** What must be in the log: acknowledged, and not rolled back since. */
  readonly acknowledged: Map<number, string>;
  /** Stored once, rolled back since: `seq text`. */
  readonly lost: Set<string>;
  producing: boolean;
  /** The whole log, once it has ended. */
  stored: readonly ReadEvent[];
  endedAt: number | null;
}

/** What happened in a world, by name, and how often. */
export type Happened = Record<string, number>;

/** A task that is about to be written to. */
export function newTask(taskId: string): Task {
  return { taskId, acknowledged: new Map(), lost: new Set(), producing: true, stored: [], endedAt: null };
}

/** The store is about to go back to `last`: what came behind it was stored, and will not have been. */
export function forget({ acknowledged, lost }: Task, stored: readonly Batch[], last: number): void {
  for (const { seq, data } of eventsIn(stored)) if (seq > last) lost.add(`${seq} ${(data as { text?: string }).text}`);
  for (const seq of acknowledged.keys()) if (seq > last) acknowledged.delete(seq);
}

/** Holds the log to what was acknowledged, and every watcher to the log. Answers what is wrong. */
export function judge(task: Task, followers: readonly Follower[], happened: Happened): string[] {
  const { stored, acknowledged } = task;
  const wrong: string[] = [];
  const texts = new Map(stored.filter(({ type }) => type === "log.line").map(({ seq, data }) => [seq, (data as { text: string }).text]));
  if (new Set(texts.values()).size !== texts.size) wrong.push("a request is stored twice");
  for (const [seq, text] of acknowledged) if (texts.get(seq) !== text) wrong.push(`seq ${seq} was acknowledged as another than is stored`);
  if (!happened.rollback && texts.size !== acknowledged.size) wrong.push(`${texts.size} lines are stored, ${acknowledged.size} were acknowledged`);
  if (stored.some(({ seq }, at) => seq !== at + 1)) wrong.push("the log is not dense");
  for (const follower of followers) if (follower.taskId === task.taskId) wrong.push(...judgeWatcher(follower, task, texts, happened));
  return wrong;
}

const textOf = (json: string): string | undefined => (JSON.parse(json) as { data: { text?: string } }).data.text;

function judgeWatcher({ faults, seq, gaps, lines, all }: Follower, { lost, stored }: Task, texts: ReadonlyMap<number, string>, happened: Happened): string[] {
  const wrong = [...faults];
  if (seq !== stored.length) wrong.push(`a watcher ended at ${seq} of ${stored.length}`);
  // Where the batch that an instance stood on is removed, nothing proves any more that the log is the same: it says `reset`.
  if (gaps.includes("reset") && !happened.rollback && !happened.purge) wrong.push("a watcher was told of a reset that was none");
  // Read across a rollback that is not known yet, history seems to have a hole; the reset that follows puts that right.
  if (!happened.purge && gaps.lastIndexOf("retention") > gaps.lastIndexOf("reset")) wrong.push("a watcher was told of a loss that was none");
  for (const [at, json] of lines) if (textOf(json) !== texts.get(at)) wrong.push(`seq ${at} was delivered as another than is stored, and nobody said so`);
  for (const { seq: at, text: json } of all) {
    const text = textOf(json);
    if (text !== texts.get(at) && !lost.has(`${at} ${text}`)) wrong.push(`seq ${at} was delivered as something that was never stored`);
  }
  return wrong;
}
