"""Server-Sent Events, by the contract's vectors and however their bytes are cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskwire import TaskwireError
from taskwire.sse import SseParser

VECTORS = sorted((Path(__file__).parents[3] / "contract/vectors/sse").glob("*.json"))


def chunks_of(case: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(one["hex"]) if "hex" in one else one["text"].encode() for one in case["chunks"]]


def parsed(chunks: list[bytes]) -> tuple[list[dict[str, str]], SseParser]:
    parser = SseParser()
    return [found._asdict() for chunk in chunks for found in parser.feed(chunk)], parser


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
@pytest.mark.parametrize("size", [None, 1, 3])
def test_parses_a_vector_in_pieces_of_any_size(path: Path, size: int | None) -> None:
    case = json.loads(path.read_text())
    chunks = chunks_of(case)
    whole = b"".join(chunks)
    found, parser = parsed(chunks if size is None else [whole[at : at + size] for at in range(0, len(whole), size)])
    assert found == case["dispatches"]
    if "last_event_id" in case:
        assert parser.last_event_id == case["last_event_id"]
    if "retry" in case:
        assert parser.retry == case["retry"]


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 8


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    parser = SseParser()

    def flood() -> None:
        for _ in range(64):
            parser.feed(b"data: " + b"x" * 65_536)

    with pytest.raises(TaskwireError, match="no end"):
        flood()
