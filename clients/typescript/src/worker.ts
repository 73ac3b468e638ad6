/** A worker: leases tasks of a kind, works on each under its lease, and tells what became of it. */
import type { AttemptEnd, EventDraft, Lease, LeaseResponse } from "../../../generated/typescript/types.ts";
import type { Append } from "./append.ts";
import { type Answer, createDesk, type Desk, type TaskCommand, type TaskMessage } from "./commands.ts";
import type { LogHook } from "./connection.ts";
import { TaskwireError } from "./errors.ts";
import type { Follower } from "./follower.ts";
import { isTerminal } from "./frames.ts";
import type { Call, CallOptions } from "./http.ts";
import { randomIdentity } from "./identity.ts";
import { createProducer, type Produced, type TaskProducer } from "./producer.ts";
import { type Fields, troubleOf } from "./producer-parts.ts";
import type { Publisher, PublisherOptions } from "./publisher.ts";
import { pause, type Timing } from "./timing.ts";

export interface WorkOptions {
  /** Names the worker to people. */
  readonly workerId?: string;
  /** Tasks at once; 1 by default. */
  readonly concurrency?: number;
  /** How long one request waits for a task. Seconds; 20 by default, at most 30. */
  readonly waitSeconds?: number;
  /** Aborted: takes nothing more, and what is not done after `graceMs` is given back. Without it the worker goes on for ever. */
  readonly signal?: AbortSignal;
  /** Milliseconds; 10,000 by default. */
  readonly graceMs?: number;
  /** How long pieces of text wait to be joined. Milliseconds; 30 by default. */
  readonly joinMs?: number;
  /** How long a failed attempt waits for the next one. Seconds; 0 by default. */
  readonly retryDelaySeconds?: number;
  /** Told of a task that was not done: what its handler threw, or why its lease was lost. */
  readonly onError?: (error: unknown, taskId: string) => void;
}

export interface Question extends Fields {
  readonly prompt: string;
  /** `question` (the default), `approval` or `review`. */
  readonly kind?: string;
  /** A JSON Schema of the answer. */
  readonly schema?: Fields;
  readonly options?: readonly Fields[];
  /** RFC 3339; then it is answered as `expired`. */
  readonly expires_at?: string;
  readonly request_id?: string;
}

/** A task at work. */
export interface WorkTask extends TaskProducer {
  /** What it was leased with: `input`, `attempt`, `max_attempts`, `title`, `conversation_id`, `owner` … */
  readonly lease: Lease;
  /** Aborted when the task is canceled, its lease lost or the worker stopped; `reason` is a `TaskwireError`: `canceled`, `fenced`, `task_ended`, `closed`. */
  readonly signal: AbortSignal;
  /** Told of every command, before anything is done about it. */
  onCommand(listener: (command: TaskCommand) => void): () => void;
  /** Told of what people say to the task, also before the worker came. */
  onMessage(listener: (message: TaskMessage) => void): () => void;
  /** Where the work may rest: waits while the task is paused. Throws the signal's reason. */
  pausePoint(): Promise<void>;
  /** Asks people, and waits for the answer. Throws the signal's reason. */
  ask(question: Question): Promise<Answer>;
}

export type WorkHandler = (task: WorkTask) => unknown;

export interface WorkerDeps {
  readonly call: Call;
  readonly append: (lease: string) => Append;
  readonly publisher: (append: Append, taskId: string, options: PublisherOptions) => Publisher;
  readonly follower: Pick<Follower, "follow">;
  readonly timing: Timing;
  readonly log: LogHook;
}

/** A heartbeat is sent after this share of a lease's time without anything published. */
const BEAT = 1 / 3;
/** After a lease could not be asked for: so long, then again. Milliseconds. */
const AGAIN_MS = 1_000;

/** Works until `signal` is aborted, and everything that was begun is done or given back. Throws where going on is pointless: `scope_missing`, `kind_unknown`, `token_invalid`. */
export async function work(deps: WorkerDeps, kind: string, handler: WorkHandler, options: WorkOptions = {}): Promise<void> {
  const { concurrency = 1, waitSeconds = 20, workerId, signal } = options;
  const running = new Set<Promise<void>>();
  let wake = (): void => {};
  const stopped = (): void => wake();
  signal?.addEventListener("abort", stopped);
  try {
    while (!signal?.aborted) {
      if (running.size >= concurrency) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      for (const lease of await takeQuietly(deps, kind, { wait: waitSeconds, max: concurrency - running.size }, workerId, signal)) {
        const done = new Job(deps, lease, options).run(handler).finally(() => {
          running.delete(done);
          wake();
        });
        running.add(done);
      }
    }
    await Promise.all(running);
  } finally {
    signal?.removeEventListener("abort", stopped);
  }
}

/** Takes tasks of a kind; none where none came within `wait` seconds. */
export async function take(call: Call, kind: string, query: { readonly wait: number; readonly max: number }, workerId: string | undefined, how: CallOptions): Promise<readonly Lease[]> {
  const body = JSON.stringify(workerId === undefined ? {} : { worker_id: workerId });
  const { leases } = await call<LeaseResponse>({ method: "POST", path: `/v1/work/${encodeURIComponent(kind)}/lease`, query, headers: { "content-type": "application/json" }, body }, how);
  return leases;
}

async function takeQuietly({ call, timing, log }: WorkerDeps, kind: string, query: { wait: number; max: number }, workerId: string | undefined, signal: AbortSignal | undefined): Promise<readonly Lease[]> {
  try {
    return await take(call, kind, query, workerId, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) return [];
    if (error instanceof TaskwireError && !error.retryable) throw error;
    log({ event: "work_unreachable", ...(error instanceof TaskwireError ? { code: error.code } : {}) });
    await pause(timing, AGAIN_MS, signal).catch(() => {});
    return [];
  }
}

/** One lease, from its first event to its end. */
class Job {
  readonly #deps: WorkerDeps;
  readonly #lease: Lease;
  readonly #options: WorkOptions;
  readonly #controller = new AbortController();
  readonly #following = new AbortController();
  /** The task is not this worker's any more: nothing of it is published, kept or given back. */
  readonly #gone = new AbortController();
  readonly #produced: Produced;
  readonly #desk: Desk;
  #beat: () => void = () => {};
  #over = false;

  constructor(deps: WorkerDeps, lease: Lease, options: WorkOptions) {
    this.#deps = deps;
    this.#lease = lease;
    this.#options = options;
    const { joinMs = 30 } = options;
    const publisher = deps.publisher(deps.append(lease.lease), lease.task_id, { delayMs: joinMs, signal: this.#gone.signal, onFailed: (error) => this.#lost(error), onRefused: (event, error) => this.#refused(event, error) });
    this.#produced = createProducer(lease.task_id, this.#watched(publisher), deps.timing, joinMs);
    this.#desk = createDesk((type, data) => this.#produced.task.emit(type, data), (reason) => this.#abort(reason));
  }

  /** The service would not have this event; the others go on. */
  #refused(text: string, error: TaskwireError): void {
    this.#deps.log({ event: "event_refused", code: error.code, detail: text });
    const { type, data } = JSON.parse(text) as { readonly type: string; readonly data: { readonly request_id?: string } };
    if (type === "input.requested") this.#desk.unasked(String(data.request_id), error);
  }

  async run(handler: WorkHandler): Promise<void> {
    const { signal, graceMs = 10_000, onError } = this.#options;
    let late = (): void => {};
    const stop = (): void => void (late = this.#deps.timing.after(graceMs, () => this.#abort(new TaskwireError("closed", { detail: "The worker stops.", advice: "Nothing to do: another worker takes the task." }))));
    signal?.addEventListener("abort", stop);
    const following = this.#follow();
    this.#schedule();
    try {
      await this.#settle(await this.#outcome(handler));
    } catch (error) {
      onError?.(error, this.#lease.task_id);
    } finally {
      this.#over = true;
      late();
      this.#beat();
      signal?.removeEventListener("abort", stop);
      this.#following.abort();
      await following;
    }
  }

  /** What the handler came to. */
  async #outcome(handler: WorkHandler): Promise<{ readonly result: unknown } | { readonly thrown: unknown }> {
    try {
      const result = await handler(this.#task());
      await this.#produced.settled();
      return { result };
    } catch (thrown) {
      await this.#produced.settled();
      return { thrown };
    }
  }

  /** Tells it. What was thrown is told to the service, and then to whoever asked to hear of it. */
  async #settle(outcome: { readonly result: unknown } | { readonly thrown: unknown }): Promise<void> {
    const { task, over } = this.#produced;
    if (this.#gone.signal.aborted) throw this.#gone.signal.reason;
    const { reason } = this.#controller.signal as { reason: unknown };
    if (over) return void (await task.flush());
    const cancel = this.#desk.canceled;
    if (cancel !== null && ("thrown" in outcome || this.#controller.signal.aborted)) {
      void task.emit("command.applied", { command_id: cancel.commandId, command: "cancel" });
      void task.canceled(typeof cancel.data.reason === "string" ? cancel.data.reason : undefined);
      return void (await task.flush());
    }
    if ("result" in outcome) {
      void task.completed(outcome.result === undefined ? {} : { result: outcome.result });
      return void (await task.flush());
    }
    await task.flush();
    if (reason instanceof TaskwireError && reason.code === "closed") await this.#tell("release", {});
    else await this.#tell("fail", { error: failureOf(outcome.thrown), ...(this.#options.retryDelaySeconds ? { delay_seconds: this.#options.retryDelaySeconds } : {}) });
    throw outcome.thrown;
  }

  #tell(what: "release" | "fail" | "heartbeat", body: Fields): Promise<AttemptEnd> {
    const headers = { "taskwire-lease": this.#lease.lease, ...(what === "fail" ? { "content-type": "application/json" } : {}) };
    return this.#deps.call({ method: "POST", path: `/v1/tasks/${this.#lease.task_id}/lease/${what}`, headers, ...(what === "fail" ? { body: JSON.stringify(body) } : {}) });
  }

  #abort(reason: TaskwireError): void {
    if (reason.code !== "canceled" && reason.code !== "closed") this.#gone.abort(reason);
    if (!this.#controller.signal.aborted) this.#controller.abort(reason);
    this.#desk.close(reason);
  }

  /** Every publishing puts the next heartbeat off. */
  #watched(publisher: Publisher): Publisher {
    const judged = <Value>(promise: Promise<Value>): Promise<Value> => {
      promise.then(() => this.#schedule(), () => {});
      return promise;
    };
    return {
      push: (event: EventDraft) => judged(publisher.push(event)),
      flush: () => judged(publisher.flush()),
      get waiting() {
        return publisher.waiting;
      },
      get lastSeq() {
        return publisher.lastSeq;
      },
    };
  }

  #lost(error: unknown): void {
    if (!this.#over && error instanceof TaskwireError && !error.retryable && error.code !== "closed") this.#abort(error);
  }

  #schedule(): void {
    this.#beat();
    if (this.#over || this.#gone.signal.aborted) return;
    this.#beat = this.#deps.timing.after(this.#lease.lease_ms * BEAT, () => {
      this.#tell("heartbeat", {}).then(() => this.#schedule(), (error: unknown) => {
        this.#lost(error);
        this.#schedule();
      });
    });
  }

  /** Its own log, from the beginning: what was ordered before this worker came waits for it. */
  async #follow(): Promise<void> {
    const { task_id: taskId, last_seq: last, attempt } = this.#lease;
    let begun = false;
    try {
      for await (const event of this.#deps.follower.follow(taskId, { signal: this.#following.signal, replay: "compact" })) {
        const history = event.seq <= last;
        if (!history && !begun) {
          begun = true;
          this.#desk.begin();
        }
        this.#desk.take(event, history);
        if (event.seq === last) {
          begun = true;
          this.#desk.begin();
        }
        if (isTerminal(event.type) && !this.#produced.over) this.#abort(new TaskwireError("task_ended", { detail: `The task has ended: ${event.type}.` }));
        if (!history && (event.type === "task.recovering" || (event.type === "task.started" && (event.data as { attempt?: number }).attempt !== attempt))) this.#abort(new TaskwireError("fenced", { detail: "The lease was lost: another worker takes over." }));
      }
    } catch (error) {
      this.#lost(error);
    }
  }

  #task(): WorkTask {
    const [desk, produced] = [this.#desk, this.#produced];
    let asked = 0;
    return Object.assign(produced.task, {
      lease: this.#lease,
      signal: this.#controller.signal,
      onCommand: desk.onCommand,
      onMessage: desk.onMessage,
      pausePoint: desk.pausePoint,
      async ask({ kind = "question", request_id: id = `ask-${(asked += 1)}-${randomIdentity()}`, ...rest }: Question): Promise<Answer> {
        const answer = desk.answer(id);
        await produced.task.emit("input.requested", { request_id: id, kind, ...rest });
        return answer;
      },
    });
  }
}

/** What was thrown, as an attempt's failure: it may pass, unless it says otherwise. */
function failureOf(thrown: unknown): Fields {
  const { retryable = true } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { retryable?: boolean };
  return { ...troubleOf(thrown), retryable };
}
