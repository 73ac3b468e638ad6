/**
 * The live end of one task's log, as one process follows it. What the store hands over live may be lost, doubled, delayed
 * or out of order: `merge` proves each batch by its seq, and holes are repaired from the log. The leader's head is asked
 * at the start, at every doubt and every so often. While that is under way, what arrives live is held.
 */
import type { Cancel, Environment } from "../domain/environment.ts";
import type { Meter } from "../domain/meter.ts";
import type { LimitSet } from "../limits.ts";
import type { Batch, Log } from "../log/port.ts";
import type { Edges } from "./edges.ts";
import type { Gate } from "./gate.ts";
import { type Mark, NOTHING, type Verdict, markOf, merge } from "./merge.ts";
import { pause, pauseMs, reportUnexpected } from "./retry.ts";

export interface TailDeps {
  readonly log: Log;
  readonly environment: Environment;
  readonly limits: LimitSet;
  readonly meter: Meter;
  /** Shared by all tails of the process: a store may not be asked by all at once. */
  readonly gate: Gate;
  readonly edges: Edges;
  /** How batches are judged. Tests plant faults here; the service has `merge`. */
  readonly judge?: (mark: Mark, batch: Batch) => Verdict;
}

/** What a tail tells its feed. Called synchronously; must not throw. */
export interface TailListener {
  /** The log was found; these are its newest batches, which follow each other. */
  began(batches: readonly Batch[]): void;
  /** The next batch. */
  advanced(batch: Batch): void;
  /** The log is not the one followed so far. `batches` end with its head and follow each other; none: it has nothing now. */
  reset(batches: readonly Batch[]): void;
}

export class Tail {
  readonly #taskId: string;
  readonly #deps: TailDeps;
  readonly #listener: TailListener;
  readonly #judge: (mark: Mark, batch: Batch) => Verdict;
  #mark: Mark = NOTHING;
  #status = "";
  readonly #partition: number;
  /** Everything of the task that stands up to here in its partition is part of what is known. */
  #complete: Mark = NOTHING;
  #hold: Batch[] = [];
  #holdBytes = 0;
  /** Something may have been missed since the head was last asked. */
  #doubt = false;
  /** Live batches were lost, or may have been: what is read from the log then mends a hole. */
  #holed = false;
  #resets = 0;
  /** Live batches are judged as they come; otherwise they are held. */
  #direct = false;
  #checking: Promise<void> | null = null;
  #running = false;
  #closed = false;
  #unfollow: Cancel = () => {};
  #cancelVerify: Cancel = () => {};

  constructor(taskId: string, deps: TailDeps, listener: TailListener) {
    this.#taskId = taskId;
    this.#deps = deps;
    this.#listener = listener;
    this.#judge = deps.judge ?? merge;
    this.#partition = deps.edges.partitionOf(taskId);
  }

  /** Where the log stands as far as it is known here. */
  get mark(): Mark {
    return this.#mark;
  }

  /** The batch in the task's partition, this task's or another's, up to which nothing of the task is missing here. */
  get complete(): Mark {
    return this.#complete;
  }

  /** The task's status there; "" where nothing is known. */
  get status(): string {
    return this.#status;
  }

  /** Follows and finds the head, however long the store is away. False for a task that has nothing. */
  async start(): Promise<boolean> {
    let following = false;
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        // Asked in this order, answered in one round trip: whatever is stored after the head was read is followed already.
        const follow = following ? null : this.#deps.log.follow(this.#taskId, (batch) => this.#take(batch));
        const newest = this.#deps.gate.through(() => this.#newest());
        const edge = this.#edge();
        await Promise.allSettled([follow, newest]);
        if (follow !== null) this.#unfollow = await follow;
        following = true;
        const batches = await newest;
        if (batches.length === 0 && this.#hold.length > 0) continue;
        return this.#started(batches, edge);
      } catch (error) {
        reportUnexpected(error, this.#deps.environment, this.#taskId);
      }
      await pause(pauseMs(attempt, this.#deps.environment), this.#deps.environment);
    }
    this.#unfollow();
    return false;
  }

  /** The connection to the store was lost or has come back: what is handed over live may have holes. */
  connection(connected: boolean): void {
    this.#doubt = true;
    this.#holed = true;
    // The store may come back as an older one, of which what waits here is no part; what is, is read from it.
    if (!connected) {
      this.#forgetHeld();
      this.#complete = this.#mark;
    }
    if (this.#closed || !this.#running) return;
    this.#direct = false;
    if (connected) void this.verify();
  }

  /** Compares with the leader's head and repairs what is missing. Resolves when all that the log had when this was called is here. */
  async verify(): Promise<void> {
    this.#doubt = true;
    await (this.#checking ??= this.#check());
  }

  close(): void {
    this.#closed = true;
    this.#unfollow();
    this.#cancelVerify();
    this.#hold = [];
  }

  #started(batches: readonly Batch[], edge: Mark): boolean {
    if (this.#closed) this.#unfollow();
    const head = batches.at(-1);
    if (this.#closed || head === undefined) return false;
    this.#stand(head);
    this.#reached(edge);
    this.#running = true;
    this.#listener.began(batches);
    // Judges what was held meanwhile.
    this.#checking = Promise.resolve().then(() => this.#check(true));
    this.#arm();
    return true;
  }

  #take(batch: Batch): void {
    if (this.#closed) return;
    if (!this.#direct) return this.#keep(batch);
    const verdict = this.#judge(this.#mark, batch);
    if (verdict === "next") return this.#advance(batch);
    if (verdict === "duplicate") return;
    if (verdict === "gap") {
      this.#holed = true;
      this.#keep(batch);
    }
    void this.verify();
  }

  #keep(batch: Batch): void {
    this.#hold.push(batch);
    this.#holdBytes += batch.body.byteLength;
    if (this.#holdBytes <= this.#deps.limits.holdBytes) return;
    this.#forgetHeld();
    this.#doubt = true;
    this.#holed = true;
  }

  #forgetHeld(): void {
    this.#hold = [];
    this.#holdBytes = 0;
  }

  #stand(batch: Batch): void {
    this.#mark = markOf(batch);
    this.#status = batch.header.status;
    this.#deps.edges.saw(this.#partition, this.#mark);
    this.#reached(this.#mark);
  }

  #edge(): Mark {
    return this.#deps.edges.at(this.#partition);
  }

  /** The head was asked when the partition reached to here, and all up to it has been taken in. */
  #reached(edge: Mark): void {
    if (edge.position > this.#complete.position) this.#complete = edge;
  }

  #advance(batch: Batch): void {
    this.#stand(batch);
    this.#listener.advanced(batch);
  }

  /** Takes in what the live tail did not bring. Counted once a hole, and not where the log was merely asked sooner. */
  #mend(batch: Batch): void {
    if (this.#holed) this.#deps.meter.add("repairs");
    this.#holed = false;
    this.#advance(batch);
  }

  /** Rounds of asking and repairing until there is no doubt left. `fresh`: the head was asked just now, judging what is held may do. */
  async #check(fresh = false): Promise<void> {
    this.#direct = false;
    let settled = fresh && this.#drain(0) && !this.#doubt;
    for (let attempt = 0; !settled && !this.#closed; ) {
      let reached = false;
      try {
        reached = await this.#deps.gate.through(() => this.#round());
        settled = reached && !this.#doubt;
      } catch (error) {
        reportUnexpected(error, this.#deps.environment, this.#taskId);
      }
      // A doubt that arose meanwhile is looked into at once, a store that cannot answer is given time.
      if (!reached) await pause(pauseMs(attempt++, this.#deps.environment), this.#deps.environment);
    }
    this.#checking = null;
    this.#holed = false;
    this.#direct = this.#deps.log.connected;
  }

  async #round(): Promise<boolean> {
    this.#doubt = false;
    const known = this.#hold.length;
    const [edge, resets] = [this.#edge(), this.#resets];
    const head = await this.#deps.log.head(this.#taskId);
    if (this.#closed) return true;
    const reached = await this.#reach(head?.batch ?? null);
    if (reached && resets === this.#resets) this.#reached(edge);
    if (reached && !this.#closed && !this.#drain(known)) this.#doubt = true;
    return reached;
  }

  /** Reads up to the head, or resets to it. False where this copy of the log does not have it all yet. */
  async #reach(head: Batch | null): Promise<boolean> {
    if (head === null) {
      if (this.#mark.seq > 0) this.#reset([]);
      return true;
    }
    const verdict = merge(this.#mark, head);
    if (verdict === "duplicate" && head.header.lastSeq === this.#mark.seq) return true;
    if (this.#mark.seq === 0 || verdict === "duplicate" || verdict === "reset") return this.#resetTo(head);
    return this.#repair(head);
  }

  /** Reads what is missing, from our own last batch on, so that its nonce proves that the log is still the same. */
  async #repair(head: Batch): Promise<boolean> {
    const own = this.#mark;
    for (let after = own.position - 1, first = true; ; first = false) {
      const page = await this.#deps.log.read({ taskId: this.#taskId, after, upTo: head.position, maxBytes: this.#deps.limits.readBytes });
      if (this.#closed) return true;
      const [oldest] = page.batches;
      if (oldest === undefined) return false;
      if (first && (oldest.position !== own.position || oldest.header.nonce !== own.nonce)) return this.#resetTo(head);
      for (const batch of page.batches) {
        const verdict = this.#judge(this.#mark, batch);
        if (verdict === "next") this.#mend(batch);
        else if (verdict !== "duplicate") return this.#resetTo(head);
      }
      if (this.#mark.seq >= head.header.lastSeq) return true;
      after = this.#mark.position;
      if (!page.end) continue;
      if (merge(this.#mark, head) !== "next") return false;
      this.#mend(head);
      return true;
    }
  }

  async #resetTo(head: Batch): Promise<boolean> {
    const batches = await this.#fill(head);
    if (!this.#closed) this.#reset(batches);
    return true;
  }

  #reset(batches: readonly Batch[]): void {
    this.#deps.meter.add("resets");
    this.#resets += 1;
    const { seq, position } = this.#mark;
    const head = batches.at(-1);
    if (head === undefined) [this.#mark, this.#status] = [NOTHING, ""];
    else this.#stand(head);
    this.#complete = this.#mark;
    this.#deps.environment.journal.warn("log_reset", "A task's log is not the one followed so far: it was rolled back, purged or made anew. Its watchers are told and start again.", {
      task_id: this.#taskId,
      known_seq: seq,
      known_position: position,
      found_seq: this.#mark.seq,
    });
    this.#listener.reset(batches);
  }

  /** Judges what was held. `known`: so many of them came before the head was asked, and would be part of the log if they were true. False: ask again. */
  #drain(known: number): boolean {
    const held = this.#hold;
    this.#hold = [];
    this.#holdBytes = 0;
    let clean = true;
    for (const [at, batch] of held.entries()) {
      const verdict = this.#judge(this.#mark, batch);
      if (verdict === "next") this.#advance(batch);
      else if (verdict !== "duplicate" && at >= known) {
        clean = false;
        this.#keep(batch);
      }
    }
    return clean;
  }

  async #newest(): Promise<readonly Batch[]> {
    const head = await this.#deps.log.head(this.#taskId);
    return head === null ? [] : this.#fill(head.batch);
  }

  /** The batches that end with the head, from the last one that carries state, so that the ring begins with what those who come back are missing. Only the head, where they are many bytes. */
  async #fill(head: Batch): Promise<readonly Batch[]> {
    const { firstSeq, stateAt } = head.header;
    const from = Math.max(0, stateAt - 1);
    const page = firstSeq > 1 ? await this.#deps.log.read({ taskId: this.#taskId, after: from, upTo: head.position, maxBytes: this.#deps.limits.readBytes }) : { batches: [] };
    const batches = [...page.batches];
    if (batches.at(-1)?.position === head.position) batches.pop();
    batches.push(head);
    const dense = batches.every((batch, at) => at === 0 || merge(markOf(batches[at - 1] as Batch), batch) === "next");
    return dense ? batches : [head];
  }

  #arm(): void {
    const { clock, random } = this.#deps.environment;
    const delay = this.#deps.limits.verifyMs * (0.75 + random.fraction() / 2);
    this.#cancelVerify = clock.after(delay, () => {
      // While the store is away there is nobody to ask; its return asks.
      if (this.#deps.log.connected) void this.verify();
      this.#arm();
    });
  }
}
