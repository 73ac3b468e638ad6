/** One time of leading: what is unfinished is kept at hand and followed, so that what falls due is done within seconds. What is done then, the sweeper says. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import type { Cancel, Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import { type TaskSummary, parseSummary } from "../domain/summary.ts";
import type { LimitSet } from "../limits.ts";
import { LogUnavailable, type Store } from "../log/port.ts";
import { type Positions, createPositions } from "./positions.ts";
import type { Tasks } from "./tasks.ts";
import { type Lapsed, type Watchman, watchLeases } from "./watchman.ts";

export interface LeadingDeps {
  readonly store: Store;
  readonly tasks: Tasks;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** One walk through the index. Throws `LogUnavailable`. */
  readonly sweep: () => Promise<unknown>;
  /** Does what is due of a task. */
  readonly settle: (summary: TaskSummary) => Promise<void>;
  /** Gives the task of a lost worker to another. */
  readonly recover: (lapsed: Lapsed) => Promise<void>;
  readonly isDue: (summary: TaskSummary, now: number) => boolean;
}

/** Under these names walks are under way that are of no single task. */
const SWEEPING = ".sweep";
const COUNTING = ".count";

export class Leading {
  readonly #deps: LeadingDeps;
  readonly #unfinished = new Map<string, TaskSummary>();
  readonly #underWay = new Set<string>();
  readonly #stops: Cancel[] = [];
  #leases: Watchman | null = null;
  #ended = false;
  #sweptAt = 0;
  #countedAt = 0;
  #stopTick: Cancel = () => {};
  readonly #positions: Positions;

  constructor(deps: LeadingDeps) {
    this.#deps = deps;
    this.#positions = createPositions(deps);
  }

  async begin(): Promise<void> {
    const { store, environment: { clock, journal }, limits, meter } = this.#deps;
    meter.set("leader", 1);
    while (!this.#ended && this.#leases === null) {
      try {
        this.#stops.push(await store.index.followAll((record) => this.#hear(record.value)));
        this.#leases = await watchLeases(store.keys, clock);
        this.#stops.push(this.#leases.stop);
        for await (const { value } of store.index.all()) this.#hear(value);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) journal.error("sweep_failed", `Leading could not begin: ${String(error)}`);
        this.#release();
        await new Promise<void>((resolve) => void clock.after(limits.sweepTickMs, resolve));
      }
    }
    if (this.#ended) return this.#release();
    this.#tick();
  }

  end(): void {
    this.#ended = true;
    this.#deps.meter.set("leader", 0);
    this.#deps.meter.set("leased", 0);
    this.#positions.end();
    this.#stopTick();
    this.#release();
  }

  #release(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#leases = null;
  }

  #hear(value: string): void {
    const summary = parseSummary(value);
    if (summary === null || summary.position < (this.#unfinished.get(summary.taskId)?.position ?? 0)) return;
    if (TERMINAL_STATUSES.has(summary.status)) {
      // Its lease goes by itself: with the sign that it is over, or when it lapses.
      this.#unfinished.delete(summary.taskId);
      return;
    }
    this.#unfinished.set(summary.taskId, summary);
    if (summary.work !== null && summary.holder !== null) this.#leases?.expect(summary.taskId, summary.work.leaseMs);
  }

  #tick(): void {
    if (this.#ended || this.#leases === null) return;
    const { environment: { clock }, limits, meter, isDue, settle } = this.#deps;
    const now = clock.now();
    for (const summary of this.#unfinished.values()) if (isDue(summary, now)) this.#once(summary.taskId, () => settle(summary));
    for (const lapsed of this.#leases.lapsed()) this.#once(lapsed.taskId, () => this.#lapse(lapsed));
    meter.set("leased", this.#leases.count);
    if (now - this.#sweptAt >= limits.sweepMs) {
      this.#sweptAt = now;
      this.#once(SWEEPING, () => this.#sweep());
    }
    if (now - this.#countedAt >= limits.queuePositionMs) {
      this.#countedAt = now;
      this.#once(COUNTING, () => this.#positions.tell());
    }
    this.#stopTick = clock.after(limits.sweepTickMs, () => this.#tick());
  }

  async #sweep(): Promise<void> {
    await this.#leases?.refresh();
    await this.#deps.sweep();
  }

  async #lapse(lapsed: Lapsed): Promise<void> {
    const leases = this.#leases;
    if (leases === null || !(await leases.confirm(lapsed))) return;
    await this.#deps.recover(lapsed);
    leases.forget(lapsed.taskId);
  }

  /** One thing at a time for a task, and not too many at once; the next tick comes back to the rest. */
  #once(taskId: string, work: () => Promise<void>): void {
    if (this.#underWay.has(taskId) || this.#underWay.size >= this.#deps.limits.sweepInFlight) return;
    this.#underWay.add(taskId);
    work()
      .catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) this.#deps.environment.journal.error("sweep_failed", `Sweeping met an unexpected error: ${String(error)}`, { task: taskId });
      })
      .finally(() => this.#underWay.delete(taskId));
  }
}
