"""A delivered event: a thin cover around its JSON, so that reading tens of thousands a second costs little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .generated.events import StoredEvent, parse_event


class Event:
    """One stored event, whole, as it came. `typed()` gives the pydantic model of its type."""

    __slots__ = ("raw",)

    #: All of it, with what this version does not know. Not to be altered.
    raw: Mapping[str, Any]

    def __init__(self, raw: Mapping[str, Any]) -> None:
        """Covers a decoded event."""
        self.raw = raw

    @property
    def type(self) -> str:
        """Its type; of a later version or a vendor's (`x.*`) too."""
        kind: str = self.raw["type"]
        return kind

    @property
    def seq(self) -> int:
        """Its number in its task, 1 first."""
        seq: int = self.raw["seq"]
        return seq

    @property
    def task_id(self) -> str:
        """The task that it belongs to."""
        task_id: str = self.raw.get("task_id", "")
        return task_id

    @property
    def cursor(self) -> str | None:
        """Where to go on after it: pass it as `after`."""
        return self.raw.get("cursor")

    @property
    def time(self) -> str | None:
        """When it happened, in RFC 3339."""
        return self.raw.get("time")

    @property
    def data(self) -> dict[str, Any]:
        """What it tells."""
        data: dict[str, Any] = self.raw.get("data") or {}
        return data

    def typed(self) -> StoredEvent:
        """The model of its type, or `UnknownEvent`. Raises `pydantic.ValidationError` where it is not what the contract says."""
        return parse_event(self.raw)

    def __repr__(self) -> str:
        """Its number and type."""
        return f"<Event {self.raw.get('seq')} {self.raw.get('type')}>"
