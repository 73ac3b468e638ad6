"""The things within a task that begin and end: steps, tools, messages, reasonings. Each is a context that tells its own end."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Protocol, TypeVar

from .deltas import Deltas, Family
from .publisher import Room

#: A whole text stands in its last event up to this; a longer one by length and digest. Bytes.
_WHOLE = 32 * 1024

P = TypeVar("P", bound="Part")


class Emit(Protocol):
    """Sends an event."""

    def __call__(self, type: str, data: dict[str, Any] | None = None, **envelope: Any) -> Room:
        """Of a type, with its data."""


class Done:
    """What may be awaited and is there already."""

    def __await__(self) -> Generator[Any, None, None]:
        """Returns at once."""
        return
        yield


def trouble_of(thrown: object) -> dict[str, Any]:
    """An error as events tell it: its own code, where it has one, and its message."""
    code = getattr(thrown, "code", None)
    message = getattr(thrown, "message", None)
    return {
        "code": code if isinstance(code, str) and code else "worker_error",
        "message": message if isinstance(message, str) else str(thrown) or type(thrown).__name__,
        "retryable": False,
    }


class Part:
    """What has a beginning and an end, told by hand or by leaving its context."""

    #: Whether its end was told.
    ended = False

    async def __aenter__(self: P) -> P:
        """It has begun when it was made."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tells the end: completed, or failed where an error leaves."""
        if self.ended:
            return
        if error is None:
            await self.completed()
            return
        try:
            self.failed(error)
        except Exception:
            # What was raised counts; that its telling failed does not hide it.
            return

    def completed(self, **fields: Any) -> Room:
        """It is done."""
        raise NotImplementedError

    def failed(self, error: BaseException) -> Room:
        """It failed."""
        raise NotImplementedError


class _Begun(Part):
    """What steps and tools share: `<family>.started` at once, then progress and one end."""

    def __init__(self, family: str, emit: Emit, about: dict[str, Any], fields: dict[str, Any]) -> None:
        self._family, self._emit, self._about = family, emit, about
        emit(f"{family}.started", {**about, **fields})

    def progress(self, percent: float, **fields: Any) -> Room:
        """How far it is, 0 to 100; also `message`, …"""
        return self._emit(f"{self._family}.progress", {**self._about, "percent": percent, **fields})

    def _end(self, kind: str, fields: dict[str, Any]) -> Room:
        self.ended = True
        return self._emit(f"{self._family}.{kind}", {**self._about, **fields})

    def completed(self, **fields: Any) -> Room:
        """It is done; also `output`, …"""
        return self._end("completed", fields)


class Step(_Begun):
    """A step, begun."""

    def __init__(self, emit: Emit, step_id: str, name: str, fields: dict[str, Any]) -> None:
        """Tells `step.started`."""
        self.step_id = step_id
        super().__init__("step", emit, {"step_id": step_id}, {"name": name, **fields})

    def failed(self, error: BaseException | None = None, will_retry: bool = False) -> Room:
        """It failed."""
        return self._end("failed", {"error": trouble_of(error), "will_retry": will_retry})


class Tool(_Begun):
    """A call of a tool, begun."""

    def __init__(self, emit: Emit, tool_call_id: str, name: str, fields: dict[str, Any]) -> None:
        """Tells `tool.started`."""
        self.tool_call_id = tool_call_id
        super().__init__("tool", emit, {"tool_call_id": tool_call_id}, {"name": name, **fields})

    def output(self, text: str) -> Room:
        """A piece of what the tool prints."""
        return self._emit("tool.progress", {**self._about, "output_delta": text})

    def failed(self, error: BaseException | None = None) -> Room:
        """It failed."""
        return self._end("failed", {"error": trouble_of(error)})


class Message(Part):
    """A message or a reasoning, begun. Its text is what its pieces make, unless `completed` is given another."""

    def __init__(self, family: Family, emit: Emit, deltas: Deltas, id: str, fields: dict[str, Any]) -> None:
        """Tells `<family>.started`."""
        self._family, self._emit, self._deltas, self.id = family, emit, deltas, id
        self._about = {f"{family}_id": id}
        self._text: list[str] = []
        emit(f"{family}.started", {**self._about, **fields})

    def delta(self, text: str) -> Awaitable[None]:
        """The next piece of the text. Pieces are joined before they are sent."""
        self._text.append(text)
        return self._deltas.add(self._family, self.id, text) or Done()

    def completed(self, **fields: Any) -> Room:
        """It is whole; also `content` in place of its pieces, `usage`, …"""
        self.ended = True
        self._deltas.flush()
        if self._family == "reasoning":
            return self._emit("reasoning.completed", {**self._about, **fields})
        given = fields.pop("content", None)
        content = given if isinstance(given, str) else "".join(self._text)
        return self._emit("message.completed", {**self._about, **_whole_of(content), **fields})

    def failed(self, error: BaseException | None = None) -> Room:
        """Texts have no end that failed: what there is of it is what there is."""
        return self.completed()


def _whole_of(content: str) -> dict[str, Any]:
    data = content.encode("utf-8", "replace")
    return {"content": content} if len(data) <= _WHOLE else {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


#: What a step of a plan does.
Work = Callable[[Step], Any]
