"""From text to frames: the one place where the client looks into JSON that came over a wire."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from .generated.catalog import TERMINAL_TYPES

#: Any frame, looked at field by field; nothing is trusted to be there.
Frame = dict[str, Any]


def parse_frame(text: str) -> Frame | None:
    """The frame in a text, or None where it is none (the bare `pong`, a proxy's page)."""
    if not text.startswith("{"):
        return None
    try:
        value = from_json(text)
    except ValueError:
        try:
            # Halves of letters, which may stand in JSON.
            value = json.loads(text)
        except ValueError:
            return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def is_stream_frame(frame: Frame) -> bool:
    """Whether the frame is the service's own (`stream.*`) and no stored event."""
    return bool(frame["type"].startswith("stream."))


def text_of(frame: Frame, field: str) -> str | None:
    """A field that holds text, else None."""
    value = frame.get(field)
    return value if isinstance(value, str) else None


def number_of(frame: Frame, field: str) -> float | None:
    """A field that holds a number, else None."""
    value = frame.get(field)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def is_terminal(kind: str) -> bool:
    """Whether an event ends its task."""
    return kind in TERMINAL_TYPES
