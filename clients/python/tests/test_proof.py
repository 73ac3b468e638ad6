"""Nothing missing, nothing twice."""

from taskwire.proof import advance, begin_proof, judge, restart


def test_without_a_cursor_every_event_is_expected_from_the_first_on() -> None:
    proof = begin_proof(None, "full")
    assert judge(proof, 1, 1) == "next"
    assert judge(proof, 2, 2) == "hole"


def test_after_a_cursor_or_without_history_the_first_to_come_sets_the_count() -> None:
    assert judge(begin_proof("c7", "full"), 8, 8) == "next"
    assert judge(begin_proof(None, "none"), 8, 8) == "next"


def test_what_was_handed_over_is_a_repeat_and_what_leaves_some_out_a_hole() -> None:
    proof = advance(begin_proof(None, "full"), 5, "c5")
    assert [judge(proof, *given) for given in ((5, 5), (6, 6), (7, 7), (1, 5), (4, 6), (6, 9))] == [
        "duplicate",
        "next",
        "hole",
        "duplicate",
        "hole",
        "next",
    ]


def test_a_frame_without_a_cursor_leaves_the_old_one() -> None:
    assert advance(advance(begin_proof(None, "full"), 1, "c1"), 2, None) == (2, "c1")


def test_after_a_gap_counting_starts_anew_from_the_same_place() -> None:
    assert restart(advance(begin_proof(None, "full"), 3, "c3")) == (None, "c3")
