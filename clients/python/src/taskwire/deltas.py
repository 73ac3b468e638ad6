"""Pieces of text on their way: joined for some milliseconds, in order with everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from .publisher import Room
from .timing import Timing

#: One piece of text that was joined, in UTF-16 units as in the other clients: in UTF-8 at most three bytes each, below an event's 64 KiB.
_LONGEST = 16 * 1024

Family = Literal["message", "reasoning"]


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def _pieces_of(text: str) -> list[str]:
    """A text in pieces that can be sent."""
    if _units(text) <= _LONGEST:
        return [text] if text else []
    pieces, begin, size = [], 0, 0
    for at, letter in enumerate(text):
        width = 2 if letter > "\uffff" else 1
        if size + width > _LONGEST:
            pieces.append(text[begin:at])
            begin, size = at, 0
        size += width
    return [*pieces, text[begin:]]


class Deltas:
    """Joins pieces of one message after another and hands them on."""

    def __init__(self, timing: Timing, join_ms: float, push: Callable[[str, dict[str, Any]], Room]) -> None:
        """Nothing waits yet."""
        self._timing, self._join_ms, self._push = timing, join_ms, push
        self._family: Family = "message"
        self._id = ""
        self._text: list[str] = []
        self._length = 0
        self._cancel: Callable[[], None] | None = None
        self._last: Room | None = None

    def add(self, family: Family, id: str, text: str) -> Room | None:
        """Takes a piece; answers what to await for room."""
        if self._text and (self._family, self._id) != (family, id):
            self.flush()
        if text:
            self._family, self._id = family, id
            self._text.append(text)
            self._length += _units(text)
            if self._length >= _LONGEST:
                self.flush()
            elif self._cancel is None:
                self._cancel = self._timing.after(self._join_ms, self._late)
        return self._last

    def _late(self) -> None:
        self._cancel = None
        try:
            self.flush()
        except Exception:
            # Whoever pushes or flushes next is told.
            return

    def flush(self) -> None:
        """What waits goes now."""
        if self._cancel is not None:
            self._cancel()
        self._cancel = None
        text, self._text, self._length = "".join(self._text), [], 0
        for piece in _pieces_of(text):
            self._last = self._push(f"{self._family}.delta", {f"{self._family}_id": self._id, "delta": piece})
