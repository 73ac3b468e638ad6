/**
 * The proof by `seq`, one per followed task: nothing missing, nothing twice. Pure data and functions.
 *
 * `lastSeq` is the last one handed to the consumer; null: the next event may have any `seq` (a resume by a cursor that
 * somebody kept, `replay: "none"`, or what follows a gap).
 */
export interface Proof {
  readonly lastSeq: number | null;
  /** Where to go on from; null: from the beginning. */
  readonly cursor: string | null;
}

/** What an arriving range of events is, measured against what was already handed over. */
export type Judgement = "next" | "duplicate" | "hole";

/** Where a follow begins: with no cursor every event is expected from the first on; otherwise the first to come sets the count. */
export function beginProof(after: string | null, replay: "full" | "compact" | "none"): Proof {
  return { lastSeq: after === null && replay !== "none" ? 0 : null, cursor: after };
}

/** Judges events `firstSeq..seq`. A range that overlaps what was handed over cannot be split and counts as a hole. */
export function judge(proof: Proof, firstSeq: number, seq: number): Judgement {
  if (proof.lastSeq === null || firstSeq === proof.lastSeq + 1) return "next";
  return seq <= proof.lastSeq ? "duplicate" : "hole";
}

/** The proof after `seq` was handed over. A frame without a cursor leaves the old one: repeating is found, leaving out would not be. */
export function advance(proof: Proof, seq: number, cursor: string | null): Proof {
  return { lastSeq: seq, cursor: cursor ?? proof.cursor };
}

/** The proof after a gap was told: the count starts anew, at the snapshot if one follows. */
export function restart(proof: Proof): Proof {
  return { lastSeq: null, cursor: proof.cursor };
}
