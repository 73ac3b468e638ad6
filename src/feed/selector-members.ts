/** The tasks of a set that are followed, and how far they all have come. Pure. */
import { TERMINAL_STATUSES } from "../../generated/typescript/catalog.ts";
import { hash24 } from "../domain/hash.ts";
import type { TaskSummary } from "../domain/summary.ts";
import type { WatchRequest } from "./port.ts";
import type { Start } from "./selector-plan.ts";
import { type Anchor, NO_ANCHOR } from "./selector-position.ts";
import type { MemberLane } from "./selector-port.ts";

export interface MemberTerms {
  readonly partition: number;
  readonly request: WatchRequest;
  readonly start: Start;
  /** Where its partition's anchor is as it joins. */
  readonly anchor: Anchor;
  /** It was named by the caller: no index tells of it. */
  readonly named: boolean;
}

export class Member {
  readonly terms: MemberTerms;
  summary: TaskSummary;
  /** Null until it was told that it has joined. */
  lane: MemberLane | null = null;
  /** Everything of it up to here was delivered, now or before. */
  #claim: Anchor;
  /** It does not count for the position yet: on a resume it is followed from its first event again. */
  entering: boolean;
  /** Its watcher is not told yet that its log is another: until then the position stays the one that shows it. */
  resetting: boolean;
  caughtUp = false;
  /** The index's revision that says that it is over; 0: none does. */
  endRevision: number;

  constructor(summary: TaskSummary, terms: MemberTerms, endRevision: number) {
    this.summary = summary;
    this.terms = terms;
    this.endRevision = endRevision;
    const { start, anchor, named } = terms;
    this.resetting = start.from === "reset";
    this.#claim = start.from === "first" ? NO_ANCHOR : anchor;
    this.entering = start.from === "first" && !named;
  }

  /** The index's revision when its entry was made. What is not known yet is new; who was named is not in question. */
  get born(): number {
    return this.terms.named ? Number.POSITIVE_INFINITY : (this.summary.born ?? Number.POSITIVE_INFINITY);
  }

  /** It gives its place to no other: it was named, or is over and leaves soon. */
  get staying(): boolean {
    return this.terms.named || this.endRevision > 0 || TERMINAL_STATUSES.has(this.summary.status);
  }

  /** How far it has come: what was once delivered stays so. */
  progress(): Anchor {
    const mark = this.resetting ? null : (this.lane?.complete() ?? null);
    if (mark !== null && mark.position > this.#claim.position) this.#claim = { position: mark.position, check: hash24(mark.nonce) };
    return this.#claim;
  }

  /** It was told that its log is another, or begins later: it is delivered anew. */
  beginAnew(): void {
    this.#claim = NO_ANCHOR;
    this.resetting = false;
    this.entering = !this.terms.named;
  }
}

/** Where all of a partition's members have come to; where it has none, what was true before. Lets members count that have come as far as the rest. */
export function advance(members: Iterable<Member>, anchors: readonly Anchor[]): Anchor[] {
  const least = new Map<number, Anchor>();
  const resetting = new Set<number>();
  const entering: Member[] = [];
  for (const member of members) {
    const { partition } = member.terms;
    const at = member.progress();
    const known = least.get(partition);
    if (member.resetting) resetting.add(partition);
    else if (member.entering) entering.push(member);
    else if (known === undefined || at.position < known.position) least.set(partition, at);
  }
  const next = anchors.map((anchor, partition) => (resetting.has(partition) ? anchor : (least.get(partition) ?? anchor)));
  for (const member of entering) {
    const { partition } = member.terms;
    if (member.caughtUp && !resetting.has(partition) && member.progress().position >= (next[partition]?.position ?? 0)) member.entering = false;
  }
  return next;
}

/** Whether anyone of a partition counts for its anchor. */
export function counts(members: Iterable<Member>, partition: number): boolean {
  for (const member of members) if (member.terms.partition === partition && !member.entering) return true;
  return false;
}
