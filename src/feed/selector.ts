/**
 * A watched set of tasks on one wire: all of a user, those of a conversation, or some that were named. Tasks join and leave
 * by themselves; one position resumes all of them. What is repeated after a cut is dropped by (task_id, seq); nothing is missing:
 *
 * - A partition's anchor is a batch up to which everything of every member there was delivered. A member's own batches prove
 *   themselves by seq; that nothing of it stands between its last one and the anchor was asked of the leader (`Tail.complete`).
 * - A task whose entry in the index was made behind `known` is new on a resume, whatever the anchor says. So `known` stays below every
 *   task that has joined but not come as far as its partition's anchor, and below intents, whose logs may begin at any moment.
 * - A task that is over is gone on a resume if the index said so by `ended`, which stays below the end of every member that was not told to have left.
 * - More than fit are followed newest first; `floor` is above the newest of the others, so that they begin anew when there is room.
 */
import type { Identity } from "../domain/access.ts";
import { TaskwireError } from "../domain/error.ts";
import { hash24 } from "../domain/hash.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { Notice } from "./port.ts";
import { Lookup, type Named } from "./selector-lookup.ts";
import { Member, advance, counts } from "./selector-members.ts";
import { type Resumed, type Start, bornOf, endedSummary, isIndexBack, isOver, partitionsOf, requestOf, startOf, wants } from "./selector-plan.ts";
import type { Entry, Following, SelectorDeps, SelectorNotice, SelectorRequest, SelectorSink } from "./selector-port.ts";
import { type Anchor, NO_ANCHOR, encodePosition, type SelectorPosition, hashOfWords, parsePosition } from "./selector-position.ts";

/** What waits to be told, in order. */
type Saying =
  /** `all`: those that were there at the beginning have been told of. */
  | { readonly say: "subscribed" | "all" }
  | { readonly say: "join"; readonly member: Member }
  /** There is no room to follow it; `end`: that was told before. */
  | { readonly say: "pass" | "end"; readonly taskId: string }
  | { readonly say: "notice"; readonly notice: SelectorNotice };

export class Selector {
  readonly #request: SelectorRequest;
  readonly #deps: SelectorDeps;
  readonly #sink: SelectorSink;
  readonly #lookup: Lookup;
  readonly #words: number;
  readonly #members = new Map<string, Member>();
  /** Those that there is no room for; told of as they come and end. */
  readonly #unfollowed = new Map<string, Entry>();
  /** Entries without a log yet. */
  readonly #intents = new Set<string>();
  /** Those that left by their end, until the index says so too. */
  readonly #gone = new Set<string>();
  /** Those that were there at the beginning and have not caught up. */
  readonly #initial = new Set<string>();
  #following: Following | null = null;
  #sayings: Saying[] = [];
  #anchors: readonly Anchor[];
  #admitted = 0;
  /** The epoch that the position is of: an earlier one until all were told that the store is another. */
  #epoch = 0;
  /** All entries made up to here are known. */
  #base = 0;
  #stage: "opening" | "open" | "stopped" = "opening";
  #told = false;
  #caughtUp = false;
  #saying = false;

  constructor(request: SelectorRequest, deps: SelectorDeps, sink: SelectorSink) {
    this.#request = request;
    this.#deps = deps;
    this.#sink = sink;
    this.#lookup = new Lookup(deps, () => this.#stopped());
    this.#words = hashOfWords(request.words, request.identity.user);
    this.#anchors = new Array<Anchor>(deps.log.partitions).fill(NO_ANCHOR);
  }

  /** How many tasks it follows. */
  get size(): number {
    return this.#members.size;
  }

  /** Begins. The sink is not called before this has returned. */
  start(): void {
    this.#open().catch((error: unknown) => {
      if (this.#stage === "stopped") return;
      if (!(error instanceof TaskwireError)) this.#deps.environment.journal.error("selector_failed", "A watched set met an unexpected error; its watcher is sent away and may come back.", { error: String(error) });
      this.#fail(error instanceof TaskwireError ? error : new TaskwireError("internal", "Watching this set met an unexpected error. Connect again; it goes on from your position."));
    });
  }

  /** The wire takes again. */
  resume(): void {
    this.#say();
  }

  /** Ends it. Nothing is told after this. */
  stop(): void {
    this.#stage = "stopped";
    this.#following?.stop();
    for (const { lane } of this.#members.values()) lane?.stop();
    this.#members.clear();
    this.#unfollowed.clear();
    this.#initial.clear();
    this.#sayings = [];
  }

  /** Judges the tasks that were named again, for a caller who is less than they were. */
  judgeAgain(identity: Identity): void {
    const named = [...this.#members.values()].filter(({ terms }) => terms.named).map(({ summary }) => summary.taskId);
    this.#lookup.named(named, identity).then((judged) => {
      for (const { taskId, error } of judged) {
        const member = this.#members.get(taskId);
        if (error?.code !== "task_unknown" || member === undefined) continue;
        this.#forget(member);
        this.#sayings.push({ say: "notice", notice: { type: "refused", taskId, error } });
      }
      this.#say();
    }).catch(() => {});
  }

  /** Where it stands now: whatever of its tasks was not handed to the wire before this was asked comes again behind it. "" before it has begun. */
  position(): string {
    const listed = this.#following === null ? 0 : this.#following.listed;
    if (this.#stage !== "open") return "";
    // While the index is in doubt nobody knows what is new: then nothing advances.
    if (listed !== null) {
      this.#anchors = advance(this.#members.values(), this.#anchors);
      this.#forgetGone(listed);
    }
    let [known, ended, floor] = [this.#base, this.#base, 0];
    for (const member of this.#members.values()) {
      if (member.entering) known = Math.min(known, member.born - 1);
      if (member.endRevision > 0) ended = Math.min(ended, member.endRevision - 1);
    }
    for (const taskId of this.#intents) known = Math.min(known, (this.#following?.get(taskId)?.summary.born ?? Number.POSITIVE_INFINITY) - 1);
    for (const entry of this.#unfollowed.values()) {
      floor = Math.max(floor, (entry.summary.born ?? this.#base) + 1);
      if (isOver(entry) && entry.revision > 0) ended = Math.min(ended, entry.revision - 1);
    }
    if (![...this.#members.values()].some(({ resetting }) => resetting)) this.#epoch = hash24(this.#deps.log.epoch);
    return encodePosition({ words: this.#words, epoch: this.#epoch, admitted: this.#admitted, known: Math.max(0, known), ended: Math.max(0, ended), floor, anchors: this.#anchors });
  }

  // -- beginning -------------------------------------------------------------------------------------------------------

  async #open(): Promise<void> {
    const { words, identity, after, replay } = this.#request;
    const { log, index } = this.#deps;
    const position = after === null ? null : parsePosition(after, log.partitions);
    if (after !== null && position?.words !== this.#words) throw new TaskwireError("cursor_invalid", position === null ? "The position is not one that this service has given out." : "The position belongs to another set of tasks, or to another user.");
    if (words.scope !== undefined || words.conversation_id !== undefined) {
      this.#following = index.follow(identity.user, (task) => this.#changed(task));
      await this.#known(this.#following);
      if (position !== null) await this.#lookup.reach(this.#following, position);
    }
    const named = await this.#lookup.named(words.task_ids ?? [], identity);
    let place = await this.#place(position);
    // What follows is done at once, on an index that is known.
    while (place.again()) place = await this.#place(position);
    if (this.#stopped()) return;
    const { edges, sound } = place;
    this.#base = this.#following?.listed ?? 0;
    const resumed = position === null || sound === null ? null : { position, sound, indexBack: isIndexBack(position, this.#base) };
    if (position !== null) this.#anchors = position.anchors;
    else if (replay === "none") this.#anchors = edges;
    this.#epoch = position?.epoch ?? hash24(log.epoch);
    this.#sayings.push({ say: "subscribed" });
    this.#admit(named, resumed);
    this.#begin(resumed);
    this.#sayings.push({ say: "all" });
    this.#stage = "open";
    this.#say();
  }

  /** Where the store stands in the partitions of all that may join; `again` where others may by now. */
  async #place(position: SelectorPosition | null): Promise<{ readonly edges: Anchor[]; readonly sound: boolean[] | null; again(): boolean }> {
    const following = this.#following;
    if (following !== null) await this.#known(following);
    const joining = (): Set<number> => partitionsOf(this.#request.words, following, position, (taskId) => this.#partitionOf(taskId));
    const wanted = joining();
    const edges = await this.#lookup.edges(wanted);
    const sound = position === null ? null : await this.#lookup.sound(position, wanted);
    const again = (): boolean => !this.#stopped() && (following?.listed === null || ![...joining()].every((partition) => wanted.has(partition)));
    return { edges, sound, again };
  }

  async #known(following: Following): Promise<void> {
    if (!(await following.ready())) throw new TaskwireError("unavailable", "The service is stopping. Connect again: another instance, or this one after its restart, goes on from your position.");
  }

  /** Takes in the tasks that were named. */
  #admit(named: readonly Named[], resumed: Resumed | null): void {
    this.#admitted = hash24(named.filter(({ summary, error }) => summary !== null || error?.code === "task_deleted").map(({ taskId }) => taskId).join(" "));
    // Where others are there than before, it is not known which of them are new: all begin with the first event.
    const same = resumed === null || resumed.position.admitted === this.#admitted;
    for (const { taskId, summary, error } of named) {
      const sound = resumed?.sound[this.#partitionOf(taskId)] ?? true;
      if (summary === null) this.#sayings.push({ say: "notice", notice: { type: "refused", taskId, error: error as TaskwireError } });
      else this.#join(summary, { reason: "present", from: !sound ? "reset" : same ? "anchor" : "first" }, { named: true });
    }
  }

  /** Takes in what the index has. */
  #begin(resumed: Resumed | null): void {
    const entries = [...(this.#following?.tasks() ?? [])].filter((entry) => wants(this.#request.words, entry)).sort((a, b) => bornOf(b) - bornOf(a));
    for (const entry of entries) {
      const { summary } = entry;
      const start = startOf(entry, this.#partitionOf(summary.taskId), resumed);
      if (summary.position === 0) this.#intents.add(summary.taskId);
      else if (start !== null && this.#sink.room() > 0) this.#join(summary, start, { over: entry });
      else if (start !== null) this.#pass(entry);
    }
    const { finished = 0 } = this.#request;
    for (const entry of resumed === null ? entries.filter((each) => isOver(each) && each.summary.status !== "deleted").slice(0, finished) : []) {
      if (this.#sink.room() > 0) this.#join(entry.summary, { reason: "present", from: "first" }, { over: entry });
    }
    for (const taskId of this.#members.keys()) this.#initial.add(taskId);
  }

  // -- joining and leaving ---------------------------------------------------------------------------------------------

  /** The index has heard of a change. */
  #changed(entry: Entry): void {
    if (this.#stage !== "open" || !wants(this.#request.words, entry)) return;
    const { summary, revision } = entry;
    const { taskId } = summary;
    const over = isOver(entry);
    const member = this.#members.get(taskId);
    if (member !== undefined) {
      if (summary.position >= member.summary.position) member.summary = summary;
      if (over && revision > 0) member.endRevision = revision;
      return;
    }
    if (summary.position === 0) return void this.#intents.add(taskId);
    const intended = this.#intents.delete(taskId);
    if (this.#gone.has(taskId)) return;
    if (this.#unfollowed.has(taskId)) {
      this.#unfollowed.set(taskId, entry);
      if (over) this.#sayings.push({ say: "end", taskId });
    } else if (!over || intended || bornOf(entry) > this.#base) this.#enter(entry);
    this.#say();
  }

  /** A task that is new here: followed if there is room, or if another is older. One that is over is delivered to its end. */
  #enter(entry: Entry): void {
    if (this.#sink.room() <= 0) {
      let oldest: Member | null = null;
      for (const member of this.#members.values()) if (!member.staying && (oldest === null || member.born < oldest.born)) oldest = member;
      if (oldest === null || oldest.born > bornOf(entry)) return this.#pass(entry);
      const { lane, summary } = oldest;
      this.#forget(oldest);
      this.#unfollowed.set(summary.taskId, { summary, revision: 0 });
      if (lane === null) this.#sayings.push({ say: "pass", taskId: summary.taskId });
      else this.#sayings.push({ say: "notice", notice: { type: "left", reason: "limit", task: summary } });
    }
    this.#join(entry.summary, { reason: "created", from: "first" }, { over: entry });
  }

  #join(summary: TaskSummary, start: Start, { named = false, over = null }: { readonly named?: boolean; readonly over?: Entry | null }): void {
    const { taskId } = summary;
    const partition = this.#partitionOf(taskId);
    const anchor = this.#anchors[partition] ?? NO_ANCHOR;
    const request = requestOf(taskId, start.from, anchor, this.#request.replay);
    const member = new Member(summary, { partition, request, start, anchor, named }, over !== null && isOver(over) ? over.revision : 0);
    this.#members.set(taskId, member);
    this.#sayings.push({ say: "join", member });
  }

  #pass(entry: Entry): void {
    this.#unfollowed.set(entry.summary.taskId, entry);
    this.#sayings.push({ say: "pass", taskId: entry.summary.taskId });
  }

  #forget(member: Member): void {
    const { taskId } = member.summary;
    member.lane?.stop();
    this.#members.delete(taskId);
    this.#initial.delete(taskId);
  }

  /** There is room again: the newest of those that had none is followed. */
  #refill(): void {
    while (this.#unfollowed.size > 0 && this.#sink.room() > 0) {
      let newest: Entry | null = null;
      for (const entry of this.#unfollowed.values()) if (!isOver(entry) && (newest === null || bornOf(entry) > bornOf(newest))) newest = entry;
      if (newest === null) return;
      this.#unfollowed.delete(newest.summary.taskId);
      this.#join(newest.summary, { reason: "changed", from: "first" }, { over: newest });
    }
  }

  /** What the feed says of a member, in its lane's turn on the wire. */
  #hear(member: Member, notice: Notice): void {
    const { taskId } = member.summary;
    if (this.#members.get(taskId) !== member) return;
    if (notice.type === "caught_up") {
      member.caughtUp = true;
      this.#initial.delete(taskId);
    } else if (notice.type === "replayed") this.#sink.notice({ type: "task", notice });
    else if (notice.type === "gap") {
      member.beginAnew();
      const { partition } = member.terms;
      // Nobody holds on to the other past any more.
      if (notice.reason === "reset" && !counts(this.#members.values(), partition)) this.#anchors = this.#anchors.map((anchor, at) => (at === partition ? NO_ANCHOR : anchor));
      // From here on the watcher's last position would go on where it has nothing any more.
      this.#sink.notice({ type: "position", cursor: this.position() });
      this.#sink.notice({ type: "task", notice });
    } else if (notice.type === "end") this.#leave(member, endedSummary(member.summary, notice, this.#deps.environment.clock.now()));
    else if (notice.type === "failed") {
      if (notice.code !== "task_unknown") return this.#fail(new TaskwireError(notice.code, notice.detail));
      this.#leave(member, { ...member.summary, status: "deleted" });
    }
    this.#say();
  }

  #leave(member: Member, summary: TaskSummary): void {
    const { taskId } = summary;
    if (!member.terms.named) this.#gone.add(taskId);
    this.#forget(member);
    this.#sink.notice(left(summary));
    this.#refill();
  }

  /** Who left by an end that the index tells too cannot be taken for new any more. */
  #forgetGone(listed: number): void {
    this.#base = listed;
    for (const taskId of this.#gone) {
      const entry = this.#following?.get(taskId) ?? null;
      if (entry === null || (isOver(entry) && entry.revision > 0)) this.#gone.delete(taskId);
    }
    for (const taskId of this.#intents) if (this.#following?.get(taskId) === null) this.#intents.delete(taskId);
  }

  // -- telling ---------------------------------------------------------------------------------------------------------

  /** Tells what waits, for as long as the wire takes it. */
  #say(): void {
    if (this.#saying || this.#stage !== "open") return;
    this.#saying = true;
    let at = 0;
    for (; at < this.#sayings.length && this.#running && this.#sink.ready(); at++) this.#tell(this.#sayings[at] as Saying);
    this.#sayings.splice(0, at);
    this.#saying = false;
    if (!this.#caughtUp && this.#running && this.#told && this.#initial.size === 0 && this.#sink.ready()) {
      this.#caughtUp = true;
      this.#sink.notice({ type: "caught_up", cursor: this.position() });
    }
  }

  #tell(saying: Saying): void {
    switch (saying.say) {
      case "subscribed":
        return this.#sink.notice({ type: "subscribed", cursor: this.position() });
      case "all":
        this.#told = true;
        return;
      case "notice":
        return this.#sink.notice(saying.notice);
      case "pass":
      case "end":
        return this.#summarize(saying.taskId, saying.say === "pass");
      case "join": {
        const { member } = saying;
        const { taskId } = member.summary;
        if (this.#members.get(taskId) !== member) return;
        this.#sink.notice({ type: "joined", reason: member.terms.start.reason, task: member.summary });
        if (this.#running) member.lane = this.#sink.member(member.terms.request, (notice) => this.#hear(member, notice));
      }
    }
  }

  /** Tells all that is told of a task for which there is no room. */
  #summarize(taskId: string, joins: boolean): void {
    const entry = this.#unfollowed.get(taskId);
    if (entry === undefined) return;
    const task = entry.summary;
    if (joins) this.#sink.notice({ type: "joined", reason: "present", task });
    if (!isOver(entry)) return joins ? this.#sink.notice({ type: "left", reason: "limit", task }) : undefined;
    this.#sink.notice(left(task));
    this.#unfollowed.delete(taskId);
  }

  #fail(error: TaskwireError): void {
    this.stop();
    this.#sink.notice({ type: "failed", error });
  }

  // -- small things ----------------------------------------------------------------------------------------------------

  get #running(): boolean {
    return this.#stage === "open";
  }

  #stopped(): boolean {
    return this.#stage === "stopped";
  }

  #partitionOf(taskId: string): number {
    return this.#deps.hub.edges.partitionOf(taskId);
  }
}

function left(task: TaskSummary): SelectorNotice {
  return { type: "left", reason: task.status === "deleted" ? "deleted" : "ended", task };
}
