/**
 * What the leading instance does so that no task stays as it is for ever, whoever died when: what is due is done, a lost worker's task
 * goes to another, what should wait in a queue is put there, the index is made to say what the log says, and what is over goes in time.
 * Everything is decided on the log's own state, so that doing it twice, or on old news, does nothing.
 */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { type OpenInput, due, idleAt } from "../domain/alarm.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { TaskwireError } from "../domain/error.ts";
import { isWaiting, lapse } from "../domain/lease.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState } from "../domain/state.ts";
import { type TaskSummary, parseSummary } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { LogUnavailable, type QueueEntry, type Store } from "../log/port.ts";
import { IdleKinds } from "./idle-kinds.ts";
import { Leading } from "./leading.ts";
import type { Pulse } from "./pulse.ts";
import { type Retention, type RetentionReport, createRetention } from "./retention.ts";
import { type Tasks, entryOf, stateOf, waits } from "./tasks.ts";
import type { Lapsed } from "./watchman.ts";

export interface SweeperDeps {
  readonly store: Store;
  readonly tasks: Tasks;
  readonly pulse: Pulse;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** The input requests of a task that are open, with their ids as they were asked. */
  readonly inputs: (taskId: string) => Promise<readonly OpenInput[]>;
  /** Writes what the log says of a task into the index. */
  readonly mend: (taskId: string, state: JudgeState, cursor: string) => void;
  /** Finishes deletions that were begun. */
  readonly finish?: () => Promise<unknown>;
}

/** What one walk through the index found to do; with a dry run, nothing of it was done. */
export interface SweepReport extends RetentionReport {
  readonly dry_run: boolean;
  /** Entries looked at. */
  readonly entries: number;
  /** Tasks that were due: a deadline, a cancel's grace, an input's end, being idle. */
  due: number;
  /** Tasks put into their queue. */
  requeued: number;
  /** Entries of queues whose task waits no more. */
  dequeued: number;
  /** Entries that said something else than the log. */
  mended: number;
  /** Entries whose task was never created. */
  withdrawn: number;
}

export interface Sweeper {
  /** Walks through the index once. Throws `LogUnavailable`. */
  sweep(dryRun: boolean): Promise<SweepReport>;
  /** Leads, until cancelled. */
  lead(): Cancel;
}

/** A waiting task is looked for in its queue once its last change is so old: until then somebody is about to put it there. Milliseconds. */
const SETTLED_MS = 2_000;

/** The sweeper of a process. */
export function createSweeper(deps: SweeperDeps): Sweeper {
  const { store, tasks, environment, limits, meter } = deps;
  const { clock, journal } = environment;
  const retention: Retention = createRetention(deps);
  const idle = new IdleKinds();

  /** Counts, and does it unless this is a rehearsal. Whatever fails is tried again by the next walk. */
  async function act(what: "expired" | "requeued" | "dequeued" | "mended" | "withdrawn" | "lapsed", taskId: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      meter.add("sweeps", 1, what);
    } catch (error) {
      if (error instanceof LogUnavailable || (error instanceof TaskwireError && error.code !== "internal")) return;
      journal.error("sweep_failed", `A task could not be swept (${what}): ${String(error)}`, { task: taskId });
    }
  }

  /** Does what is due; where the log says that nothing is, the index is old. */
  const settle = (summary: TaskSummary): Promise<void> => act("expired", summary.taskId, async () => {
    const { taskId } = summary;
    const inputs = await deps.inputs(taskId);
    let seen: JudgeState | null = null;
    let events = 0;
    const { cursor } = await tasks.decide(taskId, (state) => {
      seen = state;
      const wanted = due(state, inputs, clock.now());
      events = wanted.length;
      return wanted;
    });
    if (events === 0 && seen !== null) deps.mend(taskId, seen, cursor);
  });

  const isDue = ({ alarmAt, work, updatedAt, idleMs }: TaskSummary, now: number): boolean => (alarmAt !== null && alarmAt <= now) || (idleAt({ work, updatedAt, idleMs }) ?? Infinity) <= now;

  const recover = ({ taskId, attempt }: Lapsed): Promise<void> => act("lapsed", taskId, async () => {
    await tasks.decide(taskId, (state) => lapse(state, attempt ?? state.fence));
    meter.add("leases", 1, "lapsed");
    await deps.pulse.stop(taskId);
  });

  /** Puts a task that should wait into its queue, if it is not there. */
  async function requeue(summary: TaskSummary, report: SweepReport): Promise<void> {
    if (await store.queue.has(entryOf(summary))) return;
    report.requeued += 1;
    if (report.dry_run) return;
    await act("requeued", summary.taskId, async () => {
      // The log may know that it was taken meanwhile.
      const state = (await stateOf(tasks, summary.taskId))?.state;
      if (state !== undefined && isWaiting(state)) await store.queue.put(entryOf({ taskId: summary.taskId, kind: state.kind, work: state.work }));
    });
  }

  /** Takes an entry out of its queue whose task has ended or is in somebody's hands. */
  const dequeue = (entry: QueueEntry, report: SweepReport): Promise<void> => act("dequeued", entry.taskId, async () => {
    const found = await stateOf(tasks, entry.taskId);
    if (found !== null && isWaiting(found.state)) return;
    report.dequeued += 1;
    if (!report.dry_run) await store.queue.remove(entry);
  });

  /** The log's end is not where the entry says, or there is none. */
  async function compare(summary: TaskSummary, report: SweepReport): Promise<void> {
    const { taskId, owner, conversation, position, createdAt } = summary;
    const head = await store.log.head(taskId);
    if (head === null) {
      if (position > 0 || clock.now() - createdAt < limits.intentMs) return;
      report.withdrawn += 1;
      if (!report.dry_run) await act("withdrawn", taskId, () => store.index.remove({ owner, conversation, taskId }));
    } else if (head.position !== position) {
      report.mended += 1;
      if (!report.dry_run) await act("mended", taskId, () => mendFromLog(taskId));
    }
  }

  async function mendFromLog(taskId: string): Promise<void> {
    const found = await stateOf(tasks, taskId);
    if (found !== null) deps.mend(taskId, found.state, found.cursor);
  }

  async function inspect(summary: TaskSummary, report: SweepReport): Promise<void> {
    const now = clock.now();
    const settled = now - summary.updatedAt >= SETTLED_MS;
    if (TERMINAL_STATUSES.has(summary.status)) return retention.consider(summary, report);
    if (isDue(summary, now)) {
      report.due += 1;
      if (!report.dry_run) await settle(summary);
    } else if (settled && waits(summary)) await requeue(summary, report);
    if (settled) await compare(summary, report);
  }

  async function sweep(dryRun: boolean): Promise<SweepReport> {
    const report: SweepReport = { dry_run: dryRun, entries: 0, due: 0, requeued: 0, dequeued: 0, mended: 0, withdrawn: 0, purged: 0, removed: 0 };
    const counted = report as { entries: number };
    let underWay: Promise<void>[] = [];
    const waiting = new Set<string>();
    for await (const { value } of store.index.all()) {
      const summary = parseSummary(value);
      if (summary === null) continue;
      counted.entries += 1;
      if (waits(summary)) waiting.add(summary.taskId);
      underWay.push(inspect(summary, report));
      if (underWay.length < limits.sweepInFlight) continue;
      await Promise.all(underWay);
      underWay = [];
    }
    await Promise.all(underWay);
    if (!dryRun) await deps.finish?.();
    const kinds = new Set(await store.queue.kinds());
    for (const kind of kinds) {
      const entries = await store.queue.waiting(kind, limits.queueLength);
      for (const entry of entries) if (!waiting.has(entry.taskId)) await dequeue(entry, report);
      if (idle.isIdle(kind, entries.length, clock.now()) && !dryRun) await store.queue.forget(kind);
    }
    idle.keep(kinds);
    return report;
  }

  function lead(): Cancel {
    const leading = new Leading({ ...deps, sweep: () => sweep(false), settle, recover, isDue });
    void leading.begin();
    return () => leading.end();
  }

  return { sweep, lead };
}
