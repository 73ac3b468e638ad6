/** This room as the rest of the service sees it: leases for workers, and the sweeping of whichever instance leads. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { OpenInput } from "../domain/alarm.ts";
import { parseCursor } from "../domain/cursor.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import { hexOf } from "../domain/hex.ts";
import type { Actor, DraftEvent } from "../domain/laws.ts";
import type { Meter } from "../domain/meter.ts";
import type { JudgeState, WorkTerms } from "../domain/state.ts";
import { type TaskSummary, summaryOf } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import type { Store } from "../log/port.ts";
import { type Admission, createAdmission } from "./admission.ts";
import { createHandover } from "./handover.ts";
import { type Leader, takePart } from "./leader.ts";
import { type Leases, createLeases } from "./leases.ts";
import { type Deletions, createDeletions } from "./deletion.ts";
import { createPulse } from "./pulse.ts";
import { keepQueues } from "./queue-keeper.ts";
import { type SweepReport, createSweeper } from "./sweeper.ts";
import type { Stored, Tasks } from "./tasks.ts";

/** The writing side, as far as this room needs it. */
export interface WritingSide {
  append(taskId: string, request: {
    readonly drafts: (state: JudgeState) => readonly DraftEvent[];
    readonly bytes: number;
    readonly actor: Actor | null;
    readonly service: boolean;
    readonly holder?: string | null;
    readonly identity: null;
  }): Promise<Stored>;
  onAppended(listener: (summary: TaskSummary) => void): Cancel;
  /** Tells of every task for workers while it is created: what is appended to it at once is stored with its beginning. */
  onCreating(listener: (creating: { readonly taskId: string; readonly kind: string; readonly work: WorkTerms }) => void): Cancel;
}

export interface WorkDeps {
  readonly store: Store;
  readonly writer: WritingSide;
  readonly index: { changed(summary: TaskSummary): void };
  readonly inputs: (taskId: string) => Promise<readonly OpenInput[]>;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** The kinds that workers lease; null: any. */
  readonly kinds: ReadonlySet<string> | null;
}

export interface Work {
  readonly leases: Leases;
  readonly admission: Admission;
  readonly deletions: Deletions;
  /** One walk of the sweeper. Throws `LogUnavailable`. */
  sweep(dryRun: boolean): Promise<SweepReport>;
  /** Whether this instance sweeps. */
  readonly leads: boolean;
  close(): Promise<void>;
}

const SYSTEM: Actor = { kind: "system" };
const NAME_BYTES = 9;

/** Opens the room. */
export function createWork({ store, writer, index, inputs, environment, limits, meter, kinds }: WorkDeps): Work {
  const tasks: Tasks = {
    decide: (taskId, drafts, { holder = null, actor = SYSTEM } = {}) => writer.append(taskId, { drafts, bytes: 0, actor, service: true, holder, identity: null }),
    onAppended: (listener) => writer.onAppended(listener),
  };
  const mend = (taskId: string, state: JudgeState, cursor: string): void => {
    const position = parseCursor(cursor)?.position;
    if (position !== undefined) index.changed(summaryOf(taskId, state, position));
  };
  const pulse = createPulse(store.keys, environment);
  const keeper = keepQueues(tasks, store.queue, environment);
  const handover = createHandover();
  const stopHandingOver = writer.onCreating(({ taskId, kind, work: { notBefore, leaseMs } }) => {
    if (notBefore <= environment.clock.now()) handover.offer({ taskId, kind, leaseMs });
  });
  const stopEnding = tasks.onAppended(({ taskId, work, status }) => {
    if (work !== null && TERMINAL_STATUSES.has(status)) void pulse.stop(taskId);
  });
  const deletions = createDeletions({ store, tasks, environment, mend });
  const sweeper = createSweeper({ store, tasks, pulse, environment, limits, meter, inputs, mend, finish: () => deletions.finish() });
  const instance = hexOf(environment.random.bytes(NAME_BYTES));
  const leader: Leader = takePart({ keys: store.keys, environment, limits, instance, lead: () => sweeper.lead() });
  return {
    leases: createLeases({ tasks, queue: store.queue, keeper, pulse, handover, environment, meter }),
    admission: createAdmission({ queue: store.queue, environment, limits, kinds }),
    deletions,
    sweep: (dryRun) => sweeper.sweep(dryRun),
    get leads() {
      return leader.leads;
    },
    async close() {
      keeper.stop();
      stopHandingOver();
      stopEnding();
      await leader.close();
    },
  };
}
