/** What a watched set asks of the store before it begins; each question until it is answered, or nobody waits any more. */
import { deletedTask, mayWatch, type Identity, type TaskFacts, unknownTask } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { hash24 } from "../domain/hash.ts";
import type { TaskSummary } from "../domain/summary.ts";
import { type Edge, LogUnavailable } from "../log/port.ts";
import { Gate } from "./gate.ts";
import { pause, pauseMs } from "./retry.ts";
import { type Anchor, NO_ANCHOR, type SelectorPosition } from "./selector-position.ts";
import type { Following, SelectorDeps } from "./selector-port.ts";

/** Named tasks that are looked up at once. */
const LOOKUPS = 32;

/** A task that was named, as the caller may see it. */
export interface Named {
  readonly taskId: string;
  /** Null where it is not there for the caller; then `error` says why. */
  readonly summary: TaskSummary | null;
  readonly error: TaskwireError | null;
}

export class Lookup {
  readonly #deps: SelectorDeps;
  readonly #stopped: () => boolean;

  constructor(deps: SelectorDeps, stopped: () => boolean) {
    this.#deps = deps;
    this.#stopped = stopped;
  }

  /** Lets the list of tasks come as far as the position was, unless the index is an older one now. */
  async reach(following: Following, { known, ended }: SelectorPosition): Promise<void> {
    if ((following.listed ?? 0) < Math.max(known, ended)) await this.#patiently(() => following.refresh());
  }

  /** What these partitions end with; the others are not asked. Whatever is asked of a task after this is known up to there. */
  edges(wanted: ReadonlySet<number>): Promise<Anchor[]> {
    const { log, hub } = this.#deps;
    return Promise.all(Array.from({ length: log.partitions }, async (_, partition) => {
      const edge = wanted.has(partition) ? await this.#edge(partition) : null;
      if (edge === null) return NO_ANCHOR;
      hub.edges.saw(partition, { ...edge, seq: 0 });
      return { position: edge.position, check: hash24(edge.nonce) };
    }));
  }

  /** By partition, whether the store is still the one that the position was found in; so are those that nobody wants. What was removed since is taken for it. */
  sound({ anchors, epoch }: SelectorPosition, wanted: ReadonlySet<number>): Promise<boolean[]> {
    return Promise.all(anchors.map(async ({ position, check }, partition) => {
      if (epoch !== hash24(this.#deps.log.epoch)) return false;
      if (position === 0 || !wanted.has(partition)) return true;
      const edge = await this.#edge(partition, position);
      return edge !== null && (edge.nonce === "" || hash24(edge.nonce) === check);
    }));
  }

  #edge(partition: number, position?: number): Promise<Edge | null> {
    const { log, hub } = this.#deps;
    return this.#patiently(() => hub.edges.shared(`${partition} ${position ?? "end"}`, () => log.edge(partition, position)));
  }

  /** The named tasks, each judged as for a subscription of its own. */
  named(taskIds: readonly string[], identity: Identity): Promise<Named[]> {
    const gate = new Gate(LOOKUPS);
    return Promise.all(taskIds.map((taskId) => gate.through(async () => {
      try {
        const facts = await this.#patiently(() => this.#deps.facts(taskId));
        if (facts === null || !mayWatch(identity, facts)) return { taskId, summary: null, error: unknownTask(taskId) };
        if (facts.status === "deleted") return { taskId, summary: null, error: deletedTask(taskId) };
        return { taskId, summary: await this.#summaryOf(facts), error: null };
      } catch (error) {
        if (error instanceof TaskwireError) return { taskId, summary: null, error };
        throw error;
      }
    })));
  }

  async #summaryOf(facts: TaskFacts): Promise<TaskSummary> {
    const found = await this.#deps.index.find(facts).catch(() => null);
    if (found !== null && found.position > 0) return found;
    // The index lags, or was lost: what the log says will do.
    const { taskId, owner, conversation, kind, access, status, attempt, lastSeq } = facts;
    const now = this.#deps.environment.clock.now();
    return { taskId, owner, conversation, kind, title: null, access, status, attempt, percent: null, createdAt: now, updatedAt: now, lastSeq, position: 0, work: null, holder: null, idleMs: 0, alarmAt: null, messages: 0, preview: null };
  }

  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        const away = error instanceof LogUnavailable || (error instanceof TaskwireError && error.code === "unavailable");
        if (!away || this.#stopped()) throw error;
      }
      await pause(pauseMs(attempt, this.#deps.environment), this.#deps.environment);
    }
  }
}
