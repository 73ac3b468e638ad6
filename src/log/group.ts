/** Requests that travel together in one batch: judged one after the other, each on what the earlier ones leave. */
import { TaskwireError } from "../domain/error.ts";
import { type Actor, type DraftEvent, type Founding, type RetryIdentity, type Verdict, judge } from "../domain/laws.ts";
import { type JudgeState, encodeState } from "../domain/state.ts";
import type { LimitSet } from "../limits.ts";
import type { AppendRequest } from "./port.ts";
import { encodeDelta } from "./state-delta.ts";
import type { TaskEnd } from "./task-end.ts";

/**
 * Events that are chosen on the very state which the log has when they are stored: what the service does by itself. It may be
 * asked several times, for states that are overtaken. None: nothing is stored. Throws a `TaskwireError` to refuse. Pure.
 */
export type Decide = (state: JudgeState) => readonly DraftEvent[];

/** One request to a task's writer. */
export interface Submission {
  readonly drafts: readonly DraftEvent[] | Decide;
  /** About how large it is, for the bound on what waits. */
  readonly bytes: number;
  readonly actor: Actor | null;
  readonly service: boolean;
  /** The attempt of the lease it was made with. */
  readonly attempt: number | null;
  /** With the service's `task.started`: the key of the user whose worker is given the lease. */
  readonly holder?: string | null;
  readonly identity: RetryIdentity | null;
  readonly founding: Founding | null;
}

/** Where a request's events stand in the log. */
export interface Stored {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The batch that holds the last of them. */
  readonly position: number;
  readonly nonce: string;
  /** The request was stored before; this is where. */
  readonly duplicate: boolean;
}

/** A request that waits for its answer, which it gets once. */
export interface Job {
  readonly submission: Submission;
  readonly arrived: number;
  readonly deadline: number;
  done: boolean;
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: TaskwireError | Error) => void;
}

/** Nothing was to be stored, on a state that ends at this event. */
export interface Nothing {
  readonly kind: "nothing";
  readonly lastSeq: number;
}

export interface Member {
  readonly job: Job;
  readonly verdict: Verdict | Nothing;
}

/** At least one accepted request; what was refused or found to be a repeat on top of it waits for its fate. */
export interface Group {
  readonly members: readonly Member[];
  readonly state: JudgeState;
  readonly events: number;
  readonly request: AppendRequest;
}

export interface Forming {
  readonly group: Group | null;
  /** Judged on the log as it was known, and not depending on the group: to be answered now. */
  readonly settled: readonly Member[];
  /** True where the next request would be refused, but the log may have moved on: look first. */
  readonly unsure: boolean;
}

export interface FormRequest {
  readonly taskId: string;
  readonly end: TaskEnd;
  /** Jobs are taken from its front, once all is well. */
  readonly queue: Job[];
  /** True where `end` was the log's end just now, so that a refusal is the log's. */
  readonly fresh: boolean;
  readonly now: number;
  readonly limits: LimitSet;
  readonly nonce: string;
}

const utf8 = new TextEncoder();

/** Takes from the queue what can travel in the next batch, within `limits.requestBytes` and `requestEvents` unless one request is larger. */
export function formGroup({ taskId, end, queue, fresh, now, limits, nonce }: FormRequest): Forming {
  const members: Member[] = [];
  const settled: Member[] = [];
  const lines: string[] = [];
  let state = end.state;
  let bytes = 0;
  let taken = 0;
  let unsure = false;
  for (; taken < queue.length; taken += 1) {
    const job = queue[taken] as Job;
    if (job.done) continue;
    const verdict = hear(state, job, { taskId, now, limits });
    // What says that all is deleted is a batch of its own, for it is what is kept.
    if (verdict.kind === "accepted") {
      if (lines.length > 0 && (bytes + verdict.bytes > limits.requestBytes || lines.length + verdict.lines.length > limits.requestEvents || verdict.state.phase === "deleted")) break;
      state = verdict.state;
      bytes += verdict.bytes;
      for (const line of verdict.lines) lines.push(line);
      members.push({ job, verdict });
    } else if (lines.length > 0) members.push({ job, verdict });
    else if (verdict.kind !== "duplicate" && !fresh) {
      unsure = true;
      break;
    } else settled.push({ job, verdict });
  }
  const group = lines.length === 0 || state === null ? null : { members, state, events: lines.length, request: batchAfter(taskId, end, state, lines, nonce, limits) };
  queue.splice(0, taken);
  return { group, settled, unsure };
}

function hear(state: JudgeState | null, job: Job, { taskId, now, limits }: Pick<FormRequest, "taskId" | "now" | "limits">): Verdict | Nothing {
  const { drafts, ...submission } = job.submission;
  try {
    const chosen = typeof drafts === "function" ? drafts(existing(state)) : drafts;
    if (chosen !== drafts && chosen.length === 0) return { kind: "nothing", lastSeq: state?.seq ?? 0 };
    return judge(state, { ...submission, taskId, drafts: chosen, now, limits });
  } catch (error) {
    if (error instanceof TaskwireError) return { kind: "refused", error };
    throw error;
  }
}

function existing(state: JudgeState | null): JudgeState {
  if (state === null) throw new TaskwireError("task_not_created", "There is no such task.", { law: 1 });
  return state;
}

function batchAfter(taskId: string, end: TaskEnd, state: JudgeState, lines: readonly string[], nonce: string, limits: LimitSet): AppendRequest {
  const { owner, creator, conversation, holder, kind, access, status, attempt } = state;
  const before = end.state;
  const whole = before === null || before.status !== status || end.sinceState + 1 >= limits.stateEveryBatches;
  return {
    taskId,
    expected: end.position,
    body: utf8.encode(`${lines.join("\n")}\n`),
    header: {
      firstSeq: (before?.seq ?? 0) + 1,
      lastSeq: state.seq,
      nonce,
      owner,
      creator,
      conversation,
      holder,
      kind,
      access,
      status,
      attempt,
      state: whole ? encodeState(state) : null,
      stateAt: end.stateAt,
      delta: before === null ? null : encodeDelta(before, state),
    },
  };
}
