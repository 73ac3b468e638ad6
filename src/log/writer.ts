/** The writing side's face: creates tasks, appends to them, and tells what a task is. One appender per task in use. */
import type { TaskFacts } from "../domain/access.ts";
import { cursorAt, cursorPrefix } from "../domain/cursor.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { isLegalId } from "../domain/ids.ts";
import type { Actor, DraftEvent, RetryIdentity } from "../domain/laws.ts";
import type { Meter } from "../domain/meter.ts";
import type { WorkTerms } from "../domain/state.ts";
import { type TaskSummary, intentOf } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { Appender } from "./appender.ts";
import { createFirsts } from "./firsts.ts";
import type { Decide, Stored, Submission } from "./group.ts";
import { type AppendRequest, type Batch, type Head, LogUnavailable, type Store } from "./port.ts";
import { inTurns } from "./turns.ts";
import { keyedIds, newTaskId } from "./task-id.ts";
import type { TaskIndex } from "./task-index.ts";

export interface CreateRequest {
  /** Chosen by the caller; null: the service makes one, out of `identity` where that is a key. */
  readonly taskId: string | null;
  readonly owner: string;
  /** The key of the user who creates it, where that is not the owner. */
  readonly creator?: string | null;
  readonly kind: string;
  readonly title?: string;
  readonly input?: unknown;
  readonly conversation?: string | null;
  readonly access: string;
  readonly actor: Actor | null;
  readonly retryOf?: string;
  readonly identity: RetryIdentity | null;
  /** For a task that workers lease: on what terms. */
  readonly work?: WorkTerms | null;
  /** With `work`: how many wait before it, where that is known. */
  readonly position?: number | undefined;
  /** It has failed when nothing was heard of it for so long; the service's own limit where it is absent. Milliseconds. */
  readonly idleMs?: number | undefined;
}

export interface AppendSubmission {
  /** The events; or, for what the service does by itself, what chooses them on the state that the log has: see `Decide`. */
  readonly drafts: readonly DraftEvent[] | Decide;
  /** About how many bytes the request has; bounds what waits. */
  readonly bytes: number;
  readonly actor: Actor | null;
  /** True where the service itself speaks. */
  readonly service: boolean;
  /** The attempt of the lease that was shown; absent without one. */
  readonly attempt?: number | null;
  /** With the service's `task.started`: the key of the user whose worker is given the lease. */
  readonly holder?: string | null;
  readonly identity: RetryIdentity | null;
}

export interface Appended {
  readonly taskId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The position after the last of the request's events. */
  readonly cursor: string;
  /** The request had been stored before; this is the first one's answer. */
  readonly duplicate: boolean;
}

/** A task that workers lease is on its way to the log, in a batch that takes more. */
export interface Creating {
  readonly taskId: string;
  readonly kind: string;
  readonly work: WorkTerms;
}

export interface Writer {
  /** Answers once the log has acknowledged. Throws `id_invalid`, `id_taken`, `idempotency_mismatch`, and what an append throws. */
  create(request: CreateRequest): Promise<Appended>;
  /** Answers once the log has acknowledged. Throws `task_unknown`, a law's refusal, `append_busy`, `append_unknown`, `unavailable`, `log_full` or `state_newer`. */
  append(taskId: string, submission: AppendSubmission): Promise<Appended>;
  /**
   * What the log says of a task; null where there is none. Owner, kind, access and conversation never change; the rest may be
   * behind what another instance has just written. Throws `id_invalid` and `unavailable`.
   */
  facts(taskId: string): Promise<TaskFacts | null>;
  /** The JSON of a task's first event that is kept, without a cursor; null where nothing is. Throws `unavailable`. */
  firstLine(taskId: string): Promise<string | null>;
  /** Tells of every batch that this instance has stored. */
  onAppended(listener: (summary: TaskSummary) => void): Cancel;
  /** Tells of every task for workers whose beginning was just handed to the log: what is appended to it at once is stored together with it. */
  onCreating(listener: (creating: Creating) => void): Cancel;
  /** Takes nothing more, and ends when what is under way has its answer. */
  close(): Promise<void>;
}

export interface WriterDeps {
  readonly store: Store;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  readonly index: TaskIndex;
}

/** What is remembered of tasks that are only watched here: so many, for so long. Milliseconds. */
const FACTS = 10_000;
const FACTS_MS = 5_000;

/** The one writer of a process. */
export function createWriter({ store, environment, limits, meter, index }: WriterDeps): Writer {
  const { log } = store;
  const { clock } = environment;
  const appenders = new Map<string, Appender>();
  const listeners = new Set<(summary: TaskSummary) => void>([(summary) => index.changed(summary)]);
  const onCreating = new Set<(creating: Creating) => void>();
  const firsts = createFirsts();
  const underWay = new Set<Promise<unknown>>();
  const asking = new Map<string, Promise<TaskFacts | null>>();
  const remembered = new Map<string, { readonly facts: TaskFacts; readonly until: number }>();
  const soon = inTurns(clock);
  const ids = keyedIds(store.keys, environment);
  let closing = false;

  const stopListening = log.onConnection((connected) => {
    remembered.clear();
    firsts.clear();
    if (connected) for (const appender of appenders.values()) appender.reconnected();
  });
  let stopSweeping: Cancel = clock.after(limits.appenderIdleMs, sweep);

  function sweep(): void {
    const oldest = clock.now() - limits.appenderIdleMs;
    for (const [taskId, appender] of appenders) if (appender.idle && appender.usedAt <= oldest) appenders.delete(taskId);
    meter.set("appenders", appenders.size);
    stopSweeping = clock.after(limits.appenderIdleMs / 2, sweep);
  }

  function appenderOf(taskId: string, unborn: boolean): Appender {
    const known = appenders.get(taskId);
    if (known !== undefined) return known;
    const onAppended = (summary: TaskSummary, batch: AppendRequest): void => {
      firsts.learn(summary, batch);
      for (const listener of listeners) listener(summary);
    };
    const appender = new Appender({ taskId, unborn, log, environment, limits, meter, soon, onAppended });
    appenders.set(taskId, appender);
    meter.set("appenders", appenders.size);
    return appender;
  }

  async function submit(taskId: string, submission: Submission, unborn = false): Promise<Appended> {
    const appender = appenderOf(taskId, unborn);
    try {
      return answerOf(taskId, await appender.append(submission));
    } finally {
      // What asked for a task that does not exist shall leave nothing behind.
      if (appender.idle && appender.state === null) appenders.delete(taskId);
    }
  }

  function answerOf(taskId: string, { firstSeq, lastSeq, position, nonce, duplicate }: Stored): Appended {
    return { taskId, firstSeq, lastSeq, cursor: cursorAt(cursorPrefix({ taskId, epoch: log.epoch, position, nonce }), lastSeq), duplicate };
  }

  /** Tries again until the store answers, for as long as an append would be held. */
  async function patiently<T>(ask: () => Promise<T>): Promise<T> {
    const deadline = clock.now() + limits.appendWaitMs;
    for (let wait = limits.appendBackoffMinMs; ; wait = Math.min(limits.appendBackoffMaxMs, wait * 2)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        if (clock.now() + wait > deadline) throw new TaskwireError("unavailable", "The log cannot be reached. Try again in a moment.");
        await new Promise<void>((resolve) => void clock.after(wait * (0.5 + environment.random.fraction() / 2), resolve));
      }
    }
  }

  async function create(request: CreateRequest): Promise<Appended> {
    const { identity, owner, creator = null } = request;
    const keyed = request.taskId === null && identity?.kind === "key";
    const taskId = request.taskId ?? (keyed ? await patiently(() => ids.idFor(creator ?? owner, identity.key)) : newTaskId(environment));
    mustBeLegal(taskId);
    const now = clock.now();
    // An id that is new by its making needs no look; another may be taken, and then leaves no trace in the index.
    const unborn = request.taskId === null && !keyed;
    const intended = unborn || (await facts(taskId)) === null;
    if (intended) await patiently(() => index.intend(intentOf(taskId, { ...request, idleMs: request.idleMs ?? limits.taskIdleMs }, now)));
    const data = {
      kind: request.kind,
      ...(request.title === undefined ? {} : { title: request.title }),
      ...(request.input === undefined ? {} : { input: request.input }),
      ...(request.conversation ? { conversation_id: request.conversation } : {}),
      ...(request.actor === null ? {} : { created_by: request.actor }),
      ...(request.retryOf === undefined ? {} : { retry_of: request.retryOf }),
      ...(request.work ? { work: toldTerms(request.work) } : {}),
    };
    const founding = { owner, creator, conversation: request.conversation ?? null, access: request.access, work: request.work ?? null, ...(request.idleMs === undefined ? {} : { idleMs: request.idleMs }) };
    const queued = { type: "task.queued", data: request.position === undefined ? {} : { position: request.position } };
    const drafts = [{ type: "task.created", data }, ...(request.work ? [queued] : [])];
    try {
      const made = submit(taskId, { drafts, bytes: JSON.stringify(data).length, actor: request.actor, service: true, attempt: null, identity, founding }, unborn);
      if (request.work) for (const listener of onCreating) listener({ taskId, kind: request.kind, work: request.work });
      return await made;
    } catch (error) {
      if (!(error instanceof TaskwireError) || error.code !== "id_taken") throw error;
      const found = await facts(taskId);
      if (intended && found !== null && (found.owner !== owner || found.conversation !== founding.conversation)) await index.withdraw({ owner, conversation: founding.conversation, taskId });
      // The id was made out of this very user and key, and the task has forgotten only how often it was repeated since.
      if (keyed && found !== null) return await createdBefore(taskId);
      throw error;
    }
  }

  /** The first batch that is kept. A copy of the store that is behind may not have it yet: the leader has its last. */
  async function firstBatch(taskId: string): Promise<Batch | null> {
    const { batches } = await patiently(() => log.read({ taskId, after: 0, maxBytes: 1 }));
    return batches[0] ?? (await patiently(() => log.head(taskId)))?.batch ?? null;
  }

  async function firstLine(taskId: string): Promise<string | null> {
    const known = firsts.line(taskId);
    if (known !== null) return known;
    const batch = await firstBatch(taskId);
    return batch === null ? null : (new TextDecoder().decode(batch.body).split("\n", 1)[0] ?? null);
  }

  async function createdBefore(taskId: string): Promise<Appended> {
    const batch = await firstBatch(taskId);
    if (batch === null || batch.header.firstSeq !== 1) throw new TaskwireError("unavailable", "The task exists, but cannot be read now. Try again in a moment.");
    return answerOf(taskId, { firstSeq: 1, lastSeq: 1, position: batch.position, nonce: batch.header.nonce, duplicate: true });
  }

  async function append(taskId: string, { attempt = null, ...submission }: AppendSubmission): Promise<Appended> {
    mustBeLegal(taskId);
    try {
      return await submit(taskId, { ...submission, attempt, founding: null });
    } catch (error) {
      if (error instanceof TaskwireError && error.code === "task_not_created") throw new TaskwireError("task_unknown", "There is no such task. Create it first, or check its id.");
      throw error;
    }
  }

  async function facts(taskId: string): Promise<TaskFacts | null> {
    mustBeLegal(taskId);
    const state = appenders.get(taskId)?.state;
    if (state) {
      const { owner, creator, holder, access, kind, conversation, status, attempt, seq } = state;
      return { taskId, owner, creator, holder, access, kind, conversation, status, attempt, lastSeq: seq };
    }
    const known = remembered.get(taskId);
    if (known !== undefined && known.until > clock.now()) return known.facts;
    const asked = asking.get(taskId) ?? ask(taskId);
    asking.set(taskId, asked);
    return asked;
  }

  /** A crowd that comes to a task asks the log once. That there is no such task is not remembered. */
  async function ask(taskId: string): Promise<TaskFacts | null> {
    try {
      const found = factsOf(taskId, await patiently(() => log.head(taskId)));
      remembered.delete(taskId);
      if (found === null) return null;
      if (remembered.size >= FACTS) remembered.delete(remembered.keys().next().value ?? "");
      remembered.set(taskId, { facts: found, until: clock.now() + FACTS_MS });
      return found;
    } finally {
      asking.delete(taskId);
    }
  }

  /** Counts a call as under way until it has ended. */
  function tracked<T>(call: () => Promise<T>): Promise<T> {
    if (closing) return Promise.reject(new TaskwireError("unavailable", "This instance is stopping. Try again: another answers, or this one when it is back."));
    const work = call();
    underWay.add(work);
    const done = (): void => void underWay.delete(work);
    work.then(done, done);
    return work;
  }

  return {
    create: (request) => tracked(() => create(request)),
    append: (taskId, submission) => tracked(() => append(taskId, submission)),
    facts: (taskId) => facts(taskId),
    firstLine: (taskId) => firstLine(taskId),
    onAppended(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onCreating(listener) {
      onCreating.add(listener);
      return () => void onCreating.delete(listener);
    },
    async close() {
      closing = true;
      await Promise.allSettled([...underWay]);
      stopSweeping();
      stopListening();
      appenders.clear();
      listeners.clear();
      onCreating.clear();
    },
  };
}

function mustBeLegal(taskId: string): void {
  if (!isLegalId(taskId)) throw new TaskwireError("id_invalid", "A task's id has 1 to 64 characters of A-Z, a-z, 0-9, _ and -. Correct it, or let the service choose.");
}

function factsOf(taskId: string, head: Head | null): TaskFacts | null {
  if (head === null) return null;
  const { owner, creator, holder = null, access, kind, conversation, status, attempt, lastSeq } = head.batch.header;
  return { taskId, owner, creator, holder, access, kind, conversation, status, attempt, lastSeq };
}

/** The terms of work as `task.created` tells them. */
function toldTerms({ maxAttempts, leaseMs, priority, notBefore, deadline }: WorkTerms): Record<string, unknown> {
  return {
    max_attempts: maxAttempts, lease_ms: leaseMs, priority,
    ...(notBefore === 0 ? {} : { not_before: new Date(notBefore).toISOString() }),
    ...(deadline === null ? {} : { deadline: new Date(deadline).toISOString() }),
  };
}
