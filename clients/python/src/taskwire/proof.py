"""The proof by `seq`, one per followed task: nothing missing, nothing twice. Pure data and functions."""

from __future__ import annotations

from typing import Literal, NamedTuple

Replay = Literal["full", "compact", "none"]

#: What an arriving range of events is, measured against what was already handed over.
Judgement = Literal["next", "duplicate", "hole"]


class Proof(NamedTuple):
    """How far a task was handed over."""

    #: The last one handed to the consumer; None: the next event may have any `seq`.
    last_seq: int | None
    #: Where to go on from; None: from the beginning.
    cursor: str | None


def begin_proof(after: str | None, replay: Replay) -> Proof:
    """Where a follow begins: with no cursor every event is expected from the first on; otherwise the first to come sets the count."""
    return Proof(0 if after is None and replay != "none" else None, after)


def judge(proof: Proof, first_seq: int, seq: int) -> Judgement:
    """Judges events `first_seq..seq`. A range that overlaps what was handed over cannot be split and counts as a hole."""
    if proof.last_seq is None or first_seq == proof.last_seq + 1:
        return "next"
    return "duplicate" if seq <= proof.last_seq else "hole"


def advance(proof: Proof, seq: int, cursor: str | None) -> Proof:
    """The proof after `seq` was handed over. A frame without a cursor leaves the old one: repeating is found, leaving out would not be."""
    return Proof(seq, proof.cursor if cursor is None else cursor)


def restart(proof: Proof) -> Proof:
    """The proof after a gap was told: the count starts anew, at the snapshot if one follows."""
    return Proof(None, proof.cursor)
