/**
 * The laws of a task's log: what a request may append to what is already there. The one place that decides.
 * Pure: (state, request) → verdict. A request is atomic and judged alone. The laws are numbered as in the catalogue:
 *
 * 1. `task.created` first, exactly one end, nothing after it.   2. A percent never falls within one scope and attempt.
 * 3. A delta needs its open `*.started`.                        4. An end, `task.recovering` and `task.retrying` close all.
 * 5. A new attempt fences the old one; who publishes to a task that workers lease shows the lease.
 * 6. Some types only the service writes.
 */
import { EVENT_FACTS } from "../../generated/typescript/catalog.ts";
import type { EventFacts, ScopeFacts } from "../../generated/typescript/catalog.ts";
import type { Actor } from "../../generated/typescript/types.ts";
import type { LimitSet } from "../limits.ts";
import { TaskwireError } from "./error.ts";
import type { ErrorCode } from "./error.ts";
import { isTerminal, phaseAfter, statusOf } from "./phase.ts";
import { percentOf } from "./progress.ts";
import { recognise, remember } from "./retry.ts";
import type { Duplicate, RetryIdentity } from "./retry.ts";
import { Scopes, scopeKey } from "./scopes.ts";
import { cutHead, utf8Length } from "./size.ts";
import { stamped } from "./stamp.ts";
import type { DraftEvent, Stamped } from "./stamp.ts";
import { fingerprint } from "./hash.ts";
import { hasOpenInput, openLimit, stateTitle } from "./state.ts";
import type { CommandOutcome, JudgeState, PendingCancel, Phase, RememberedCommand, WorkTerms } from "./state.ts";

export type { Actor, DraftEvent, RetryIdentity, Stamped };

/** What a task's first request must say beside its `task.created`. Later requests carry null. */
export interface Founding {
  readonly owner: string;
  /** The key of the user who creates it, where that is not the owner. */
  readonly creator?: string | null;
  readonly conversation: string | null;
  readonly access: string;
  /** For a task that workers lease. */
  readonly work?: WorkTerms | null;
  /** Milliseconds; the service's own where it is absent. */
  readonly idleMs?: number;
}

export interface JudgeRequest {
  readonly taskId: string;
  readonly drafts: readonly DraftEvent[];
  readonly actor: Actor | null;
  /** True where the service itself speaks: it may write its own types. */
  readonly service: boolean;
  /** The attempt of the lease that the request was made with; null without a lease. */
  readonly attempt: number | null;
  /** With the service's `task.started`: the key of the user whose worker is given the lease. */
  readonly holder?: string | null;
  readonly identity: RetryIdentity | null;
  readonly founding: Founding | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly limits: LimitSet;
}

export interface Accepted {
  readonly kind: "accepted";
  readonly events: readonly Stamped[];
  /** One JSON text per event, without its LF. */
  readonly lines: readonly string[];
  /** UTF-8 bytes of the lines with their LF. */
  readonly bytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The state after the request. */
  readonly state: JudgeState;
}

export interface Refused {
  readonly kind: "refused";
  readonly error: TaskwireError;
}

export type Verdict = Accepted | Duplicate | Refused;

/** Judges one request on the state before it; `state` is null for a task that has no events. Refusals are answered, not thrown. */
export function judge(state: JudgeState | null, request: JudgeRequest): Verdict {
  try {
    return (state && recognise(state, request.identity)) ?? new Hearing(state, request).run();
  } catch (error) {
    if (error instanceof TaskwireError) return { kind: "refused", error };
    throw error;
  }
}

/** The state of a task that has no events yet; its first must be `task.created`. */
function unborn({ owner, creator = null, conversation, access, work = null, idleMs }: Founding, { now, limits }: JudgeRequest): JudgeState {
  return {
    seq: 0, bytes: 0, phase: "queued", status: "queued", terminal: false, attempt: 1, fence: 0, percent: null,
    owner, creator, kind: "", conversation, access, title: null, createdAt: now, updatedAt: now, open: new Map(), keys: [], producers: [],
    work, holder: null, released: 0, idleMs: idleMs ?? limits.taskIdleMs, commands: [], cancel: null, messages: 0, preview: null,
  };
}

/** Characters of a preview. */
const PREVIEW = 100;

/** When an input request is over by itself; null where it says nothing of it. */
function expiryOf({ expires_at: at }: Readonly<Record<string, unknown>>): number | null {
  const time = typeof at === "string" ? Date.parse(at) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** One request before the judge: the state as its events change it, thrown away where one is refused. */
class Hearing {
  private readonly before: JudgeState;
  private readonly request: JudgeRequest;
  private readonly time: string;
  private readonly scopes: Scopes;
  private readonly events: Stamped[] = [];
  private readonly lines: string[] = [];
  private bytes = 0;
  private phase: Phase;
  private attempt: number;
  private fence: number;
  private percent: number | null;
  private kind: string;
  private title: string | null;
  private work: WorkTerms | null;
  private holder: string | null;
  private released: number;
  private commands: readonly RememberedCommand[];
  private cancel: PendingCancel | null;
  private messages: number;
  private preview: string | null;

  constructor(state: JudgeState | null, request: JudgeRequest) {
    this.before = state ?? unborn(request.founding ?? { owner: "", conversation: null, access: "owner" }, request);
    this.request = request;
    this.time = new Date(request.now).toISOString();
    this.scopes = new Scopes(this.before.open, openLimit(request.limits));
    ({ phase: this.phase, attempt: this.attempt, fence: this.fence, percent: this.percent, kind: this.kind, title: this.title } = this.before);
    ({ work: this.work, holder: this.holder, released: this.released, commands: this.commands, cancel: this.cancel, messages: this.messages, preview: this.preview } = this.before);
  }

  run(): Accepted {
    const { drafts, limits } = this.request;
    if (drafts.length === 0) throw new TaskwireError("request_invalid", "The request has no event; send at least one.");
    if (drafts.length > limits.requestEvents) throw new TaskwireError("too_many_events", `The request has ${drafts.length} events, at most ${limits.requestEvents} are taken; send it in parts.`);
    for (const draft of drafts) this.hear(draft);
    const firstSeq = this.before.seq + 1;
    const lastSeq = this.seq;
    return { kind: "accepted", events: this.events, lines: this.lines, bytes: this.bytes, firstSeq, lastSeq, state: this.after(firstSeq, lastSeq) };
  }

  private get seq(): number {
    return this.before.seq + this.events.length;
  }

  private after(firstSeq: number, lastSeq: number): JudgeState {
    const { request, before, phase } = this;
    const open = this.scopes.current;
    return {
      ...before,
      ...remember(before, request.identity, firstSeq, lastSeq, request.limits),
      seq: lastSeq, bytes: before.bytes + this.bytes, phase, terminal: isTerminal(phase),
      status: statusOf(phase, hasOpenInput(open)),
      attempt: this.attempt, fence: this.fence, percent: this.percent, kind: this.kind, title: this.title,
      work: this.work, holder: this.holder, released: this.released, commands: this.commands, cancel: isTerminal(phase) ? null : this.cancel, messages: this.messages, preview: this.preview,
      updatedAt: request.now, open,
    };
  }

  /** Judges one event on what the earlier ones of its request have left, and lets it take effect. */
  private hear(draft: DraftEvent): void {
    const facts = EVENT_FACTS.get(draft.type);
    let data = draft.data as Readonly<Record<string, unknown>>;
    this.mayBeWritten(draft.type, facts);
    this.mayBeNext(draft.type);
    this.isOfThisAttempt(draft.type, data);
    if (facts?.scope) this.useScope(draft.type, facts.scope, data);
    if (facts?.percent) data = this.neverLower(facts, data);
    this.takeEffect(draft.type, facts, data);
    this.store(draft, data, facts?.terminal === true);
  }

  /** Law 6. */
  private mayBeWritten(type: string, facts: EventFacts | undefined): void {
    if (facts?.synthetic) this.refuse("event_reserved", `${type} is never stored; the service makes it when it is asked for.`, 6);
    if (!this.request.service && (facts?.service || type.startsWith("stream."))) this.refuse("event_reserved", `Only the service writes ${type}; leave it out.`, 6);
  }

  /** Law 1. */
  private mayBeNext(type: string): void {
    const first = this.seq === 0;
    // Whoever wants to create it needs another id, whatever became of this one.
    if (!first && type === "task.created" && this.request.founding) this.refuse("id_taken", "The task exists already. Choose another id, or let the service choose.", 1);
    if (this.phase === "deleted") this.refuse("task_deleted", `The task was deleted, so ${type} was not stored. Create a new task.`, 1);
    if (isTerminal(this.phase) && type !== "task.deleted") this.refuse("task_ended", `The task is ${this.phase}, nothing may follow, so ${type} was not stored. Create a new task.`, 1);
    if (first && type !== "task.created") this.refuse("task_not_created", `The first event of a task must be task.created, not ${type}. Create the task first.`, 1);
    if (!first && type === "task.created") this.refuse("id_taken", "The task exists already. Choose another id, or let the service choose.", 1);
  }

  /** Law 5. */
  private isOfThisAttempt(type: string, data: Readonly<Record<string, unknown>>): void {
    const { attempt, service } = this.request;
    if (this.before.work !== null && attempt === null && !service) this.refuse("lease_required", `Workers lease this task, so ${type} is taken only with its lease. Lease it, and send the lease along.`, 5);
    if (attempt !== null && !service && attempt < this.fence) this.refuse("fenced", `The lease is of attempt ${attempt}, but the task is at attempt ${this.fence}: another worker has taken over. Stop working on this task.`, 5);
    if (type !== "task.started" || typeof data.attempt !== "number") return;
    const least = Math.max(this.attempt, this.fence);
    if (data.attempt < least) this.refuse("fenced", `task.started tells attempt ${data.attempt}, but the task is at attempt ${least}. Stop working on this task, or start attempt ${least}.`, 5);
  }

  /** Law 3, and the bound on what is open. */
  private useScope(type: string, scope: ScopeFacts, data: Readonly<Record<string, unknown>>): void {
    const id = String(data[scope.id]);
    const key = scopeKey(scope.family, id);
    const what = `${scope.family} ${JSON.stringify(id)}`;
    if (scope.role === "opens") {
      if (this.scopes.isOpen(key)) this.refuse("scope_already_open", `${type} names the ${what}, which is open already. Close it first, or use another id.`, 3);
      if (!this.scopes.open(key, expiryOf(data))) this.refuse("too_many_open", `The ${what} would be one too many: at most ${openLimit(this.request.limits)} steps, messages, reasonings, tool calls and input requests may be open in a task at once. Close some first.`);
    } else if (scope.role === "delta") {
      if (!this.scopes.isOpen(key)) this.refuse("scope_not_open", `${type} names the ${what}, which is not open. Send its ${scope.family}.started first.`, 3);
    } else if (scope.role === "closes" && !(scope.unless !== null && data[scope.unless] === true)) {
      this.scopes.close(key);
    }
  }

  /** Law 2: a lower percent is stored as the highest so far, the producer's own beside it. */
  private neverLower(facts: EventFacts, data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const told = percentOf(data);
    if (told === null) return data;
    const key = facts.scope === null ? null : scopeKey(facts.scope.family, String(data[facts.scope.id]));
    const highest = key === null ? this.percent : this.scopes.highest(key);
    if (highest !== null && told < highest) return { ...data, percent: highest, reported: told };
    if (told !== highest) {
      if (key === null) this.percent = told;
      else this.scopes.raise(key, told);
    }
    return data;
  }

  private takeEffect(type: string, facts: EventFacts | undefined, data: Readonly<Record<string, unknown>>): void {
    this.phase = phaseAfter(this.phase, type);
    if (facts?.closesAll) this.scopes.closeAll();
    if (type === "task.created") {
      this.kind = String(data.kind);
      this.title = stateTitle(data.title);
    } else if (type === "task.completed") {
      this.percent = 100;
    } else if (type === "task.queued") {
      this.holder = null;
      this.fence = Math.max(this.fence, this.attempt);
    } else if (type === "task.deleted") {
      this.title = this.preview = this.holder = null;
    } else if (type === "message.completed") {
      this.countMessage(data);
    } else if (type.startsWith("command.")) {
      this.command(type.slice("command.".length) as CommandOutcome, data);
    } else if (typeof data.attempt === "number") {
      this.countAttempt(type, data.attempt, data);
    }
    if (type === "task.canceled") this.settle("cancel");
  }

  /** How many messages there are, and how the first of a user begins: lists of conversations show them. */
  private countMessage(data: Readonly<Record<string, unknown>>): void {
    this.messages += 1;
    if (this.preview === null && data.role === "user" && typeof data.content === "string") this.preview = cutHead(data.content, PREVIEW);
  }

  private command(outcome: CommandOutcome, data: Readonly<Record<string, unknown>>): void {
    const id = fingerprint(String(data.command_id));
    if (outcome === "applied") return this.settle(null, id);
    const entry = { id, command: String(data.command), outcome, seq: this.seq + 1 };
    this.commands = [...this.commands.filter((known) => known.id !== id), entry].slice(-this.request.limits.commandsRemembered);
    if (outcome === "accepted" && entry.command === "cancel") this.cancel ??= { at: this.request.now + this.request.limits.cancelMs, by: String(data.by ?? "") };
  }

  /** What was accepted has been done: the command of this id, or all of this name. */
  private settle(command: string | null, id?: string): void {
    const meant = (entry: RememberedCommand): boolean => entry.outcome === "accepted" && (entry.id === id || entry.command === command);
    if (this.commands.some(meant)) this.commands = this.commands.map((entry) => (meant(entry) ? { ...entry, outcome: "applied" } : entry));
  }

  /** A worker that holds a lease may retry within it: only being handed out or taken away moves the fence. */
  private countAttempt(type: string, told: number, { reason, delay_ms }: Readonly<Record<string, unknown>>): void {
    if (type === "task.started" || type === "task.retrying") this.raiseAttempt(told);
    // The service gives it out again, and not before.
    if (type === "task.retrying" && this.request.service && this.work !== null) this.work = { ...this.work, notBefore: this.request.now + Number(delay_ms ?? 0) };
    if (type === "task.started") {
      this.fence = Math.max(this.fence, this.request.attempt ?? told);
      this.holder = this.request.holder ?? this.holder;
    } else if (type === "task.recovering") {
      this.fence = Math.max(this.fence, this.attempt + 1, told + 1);
      this.holder = null;
      if (reason === "released") this.released += 1;
    }
  }

  private raiseAttempt(attempt: number): void {
    if (attempt <= this.attempt) return;
    this.attempt = attempt;
    this.percent = null;
    this.scopes.forgetPercents();
  }

  private store(draft: DraftEvent, data: Readonly<Record<string, unknown>>, terminal: boolean): void {
    const { taskId, actor, limits } = this.request;
    const event = stamped(draft, data, { taskId, seq: this.seq + 1, time: this.time, actor, attempt: this.attempt });
    const line = JSON.stringify(event);
    const size = utf8Length(line);
    if (size > limits.eventBytes) this.refuse("event_too_large", `${draft.type} has ${size} bytes with what the service adds, at most ${limits.eventBytes} are taken. Split its text into deltas, or send a reference.`);
    const full = this.seq + 1 > limits.taskEvents || this.before.bytes + this.bytes + size + 1 > limits.taskBytes;
    if (full && !terminal) this.refuse("task_full", `The task holds ${this.seq} events and ${this.before.bytes + this.bytes} bytes; only its end still fits (task.completed, task.failed or task.canceled).`);
    this.events.push(event);
    this.lines.push(line);
    this.bytes += size + 1;
  }

  private refuse(code: ErrorCode, detail: string, law?: number): never {
    const index = this.events.length;
    throw new TaskwireError(code, detail, law === undefined ? { index } : { law, index });
  }
}
