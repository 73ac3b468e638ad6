"""A worker's side: a task that starts, ends and fails by itself, and what it tells in between."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from .errors import TaskwireError
from .generated.catalog import TERMINAL_TYPES
from .plan import PlanStep, run_plan
from .publisher import OnRefused, OnRetry, Publisher, Told

if TYPE_CHECKING:
    from .handlers import Handlers

__all__ = ["MessageProducer", "StepProducer", "TaskProducer", "ToolProducer"]

Fields = Mapping[str, Any]
Family = Literal["message", "reasoning"]
LogHook = Callable[[dict[str, Any]], None]
Part = TypeVar("Part", bound="_Part")

#: A whole text stands in its last event up to this; a longer one by length and digest. Bytes.
WHOLE = 32 * 1024
#: One joined piece of text. UTF-16 units, as in the other clients, so that even four bytes each stay below an event's 64 KiB.
LONGEST = 16 * 1024


class _Emit(Protocol):
    def __call__(self, type: str, data: Fields) -> Told: ...


class PublisherOf(Protocol):
    """Makes a publisher for a task."""

    def __call__(self, task_id: str, *, delay_ms: float, on_retry: OnRetry | None, on_refused: OnRefused | None) -> Publisher:
        """A publisher for the task."""
        ...


def trouble_of(error: object) -> dict[str, Any]:
    """An error as events tell it: its own `code`, where it has one, and its message."""
    code = error.get("code") if isinstance(error, Mapping) else getattr(error, "code", None)
    message = error.get("message") if isinstance(error, Mapping) else getattr(error, "message", None)
    if not isinstance(message, str):
        message = str(error) or type(error).__name__
    return {"code": code if isinstance(code, str) and code else "worker_error", "message": message, "retryable": False}


def _units(text: str) -> int:
    return len(text) + sum(1 for letter in text if letter > "\uffff")


def _pieces_of(text: str) -> list[str]:
    """A text in pieces that can be sent, no letter cut in two."""
    if _units(text) <= LONGEST:
        return [text]
    pieces: list[str] = []
    begin = size = 0
    for at, letter in enumerate(text):
        width = 2 if letter > "\uffff" else 1
        if size + width > LONGEST:
            pieces.append(text[begin:at])
            begin, size = at, 0
        size += width
    return [*pieces, text[begin:]]


class _Deltas:
    """Pieces of text on their way: joined for some milliseconds, in order with everything else."""

    def __init__(self, join_s: float, push: _Emit, room: Callable[[], Told]) -> None:
        self._join_s = join_s
        self._push = push
        self._room = room
        self._of: tuple[Family, str] | None = None
        self._texts: list[str] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, family: Family, item_id: str, text: str) -> Told:
        if self._of not in (None, (family, item_id)):
            self.flush()
        if text == "":
            return self._room()
        self._of = (family, item_id)
        self._texts.append(text)
        self._size += _units(text)
        if self._size >= LONGEST:
            return self.flush() or self._room()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._join_s, self.flush)
        return self._room()

    def flush(self) -> Told | None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._of is None:
            return None
        (family, item_id), text = self._of, "".join(self._texts)
        self._of, self._texts, self._size = None, [], 0
        last = None
        for piece in _pieces_of(text):
            last = self._push(f"{family}.delta", {f"{family}_id": item_id, "delta": piece})
        return last


class _Part:
    """What begins and ends within a task: a context that tells its end by itself."""

    def __init__(self) -> None:
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether its end was told."""
        return self._ended

    def completed(self, **fields: Any) -> Told:
        """Tells that it has ended well."""
        raise NotImplementedError

    def failed(self, error: object) -> Told:
        """Tells that it has failed."""
        raise NotImplementedError

    async def __aenter__(self: Part) -> Part:
        """The part itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tells the end, where it was not told by hand."""
        if self._ended:
            return
        if error is None:
            await self.completed()
        else:
            self.failed(error)


class _Work(_Part):
    """What steps and tools share: `*.started` at once, then progress and one end."""

    def __init__(self, emit: _Emit, family: str, about: Fields, fields: Fields) -> None:
        super().__init__()
        self._emit = emit
        self._family = family
        self._about = about
        emit(f"{family}.started", {**about, **fields})

    def progress(self, percent: float, **fields: Any) -> Told:
        """Tells how far it is, 0 to 100; with `message="…"` also in words."""
        return self._emit(f"{self._family}.progress", {**self._about, "percent": percent, **fields})

    def completed(self, **fields: Any) -> Told:
        """Tells that it has ended well, with `output=…` what has come of it."""
        return self._end("completed", fields)

    def _end(self, kind: str, fields: Fields) -> Told:
        self._ended = True
        return self._emit(f"{self._family}.{kind}", {**self._about, **fields})


class StepProducer(_Work):
    """A step, begun. As a context it is completed or failed by itself."""

    def __init__(self, emit: _Emit, step_id: str, name: str, fields: Fields) -> None:
        """Tells `step.started`."""
        super().__init__(emit, "step", {"step_id": step_id}, {"name": name, **fields})
        self.step_id = step_id

    def failed(self, error: object, will_retry: bool = False) -> Told:
        """Tells that it has failed; with `will_retry` the step stays open."""
        return self._end("failed", {"error": trouble_of(error), "will_retry": will_retry})


class ToolProducer(_Work):
    """A call of a tool, begun. As a context it is completed or failed by itself."""

    def __init__(self, emit: _Emit, tool_call_id: str, name: str, fields: Fields) -> None:
        """Tells `tool.started`."""
        super().__init__(emit, "tool", {"tool_call_id": tool_call_id}, {"name": name, **fields})
        self.tool_call_id = tool_call_id

    def failed(self, error: object) -> Told:
        """Tells that it has failed."""
        return self._end("failed", {"error": trouble_of(error)})

    def output(self, text: str) -> Told:
        """Tells a piece of what the tool prints."""
        return self._emit("tool.progress", {**self._about, "output_delta": text})


class MessageProducer(_Part):
    """A message or a reasoning, begun. Its text is what its pieces make, unless `completed` is given another."""

    def __init__(self, emit: _Emit, deltas: _Deltas, family: Family, item_id: str, fields: Fields) -> None:
        """Tells `message.started` or `reasoning.started`."""
        super().__init__()
        self.id = item_id
        self._emit = emit
        self._deltas = deltas
        self._family: Family = family
        self._about = {f"{family}_id": item_id}
        self._texts: list[str] = []
        emit(f"{family}.started", {**self._about, **fields})

    def delta(self, text: str) -> Told:
        """Tells the next piece of the text. Pieces are joined before they are sent."""
        if self._family == "message":
            self._texts.append(text)
        return self._deltas.add(self._family, self.id, text)

    def completed(self, **fields: Any) -> Told:
        """Tells the end; of a message with its whole text, or with length and digest where that is long."""
        self._ended = True
        if self._family == "reasoning":
            return self._emit("reasoning.completed", {**self._about, **fields})
        given = fields.pop("content", None)
        content = given if isinstance(given, str) else "".join(self._texts)
        return self._emit("message.completed", {**self._about, **_whole_of(content), **fields})

    def failed(self, error: object) -> Told:
        """Texts have no end that failed: what there is of it is what there is."""
        return self.completed()


def _whole_of(content: str) -> Fields:
    data = content.encode("utf-8", "surrogatepass")
    if len(data) <= WHOLE:
        return {"content": content}
    return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class TaskProducer:
    """What a worker has of its task, and the context in which it works.

    Every call takes effect at once. Awaited, it waits where too much is on its way, and raises where nothing more can be
    published; who does not await learns of that when the producer is left.
    """

    def __init__(
        self,
        create: Callable[[], Awaitable[str]],
        publisher: PublisherOf,
        *,
        join_ms: float = 30,
        on_retry: OnRetry | None = None,
        on_refused: OnRefused | None = None,
        handlers: Handlers | None = None,
        log: LogHook | None = None,
    ) -> None:
        """`create` makes the task and answers its id; `publisher(task_id, …)` makes a publisher for it."""
        self._create = create
        self._publisher_of = publisher
        self._join_ms = join_ms
        self._on_retry = on_retry
        self._on_refused = on_refused
        self._handlers = handlers
        self._log = log
        self._publisher: Publisher | None = None
        self._deltas = _Deltas(join_ms / 1000, self._push, lambda: Told(self._room))
        self._counts: dict[str, int] = {}
        self._over = False
        self._unheard: list[BaseException] = []
        self.task_id = ""

    async def __aenter__(self) -> TaskProducer:
        """Creates the task and tells that it has started."""
        self.task_id = await self._create()
        self._publisher = self._publisher_of(self.task_id, delay_ms=self._join_ms, on_retry=self._on_retry, on_refused=self._refused)
        self.emit("task.started", {"attempt": 1})
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tells the end, unless it was told, and waits until everything is in the log."""
        if error is None:
            if not self._over:
                self.completed()
            await self.flush()
            await self._handled()
            return
        if not self._over:
            self.failed(error)
        try:
            await self.flush()
            await self._handled()
        except Exception as second:
            # What was raised first counts; that its telling failed too does not hide it.
            if self._log is not None:
                self._log({"event": "end_untold", "code": getattr(second, "code", "internal")})

    def emit(self, type: str, data: Fields | None = None, **envelope: Any) -> Told:
        """Tells any event of the catalogue, or `x.<vendor>.<name>`. `envelope`: `message`, `step_id`, `time`, `id` …"""
        self._deltas.flush()
        return self._push(type, data or {}, **envelope)

    def progress(self, percent: float, **fields: Any) -> Told:
        """Tells how far the task is, 0 to 100; with `stage="…"`, `message="…"` also in words."""
        return self.emit("task.progress", {"percent": percent, **fields})

    def log(self, text: str, level: str = "info", **fields: Any) -> Told:
        """Tells a line of log."""
        return self.emit("log.line", {"level": level, "text": text, **fields})

    def artifact(self, **fields: Any) -> Told:
        """Tells of something that was made: `name`, `media_type`, `url` …"""
        return self.emit("artifact.created", {"artifact_id": self._id("artifact", fields.get("artifact_id")), **fields})

    def metrics(self, values: Mapping[str, float]) -> Told:
        """Tells figures by name."""
        return self.emit("metrics.updated", {"values": dict(values)})

    def step(self, name: str, **fields: Any) -> StepProducer:
        """Begins a step. `async with` tells its end by itself."""
        return StepProducer(self.emit, self._id("step", fields.get("step_id")), name, fields)

    def tool(self, name: str, **fields: Any) -> ToolProducer:
        """Begins a call of a tool, with `input={…}`. `async with` tells its end by itself."""
        return ToolProducer(self.emit, self._id("tool", fields.get("tool_call_id")), name, fields)

    def message(self, **fields: Any) -> MessageProducer:
        """Begins a message, of the role `assistant` unless another is given. `async with` tells its end by itself."""
        item_id = self._id("message", fields.get("message_id"))
        return MessageProducer(self.emit, self._deltas, "message", item_id, {"role": "assistant", **fields})

    def reasoning(self, **fields: Any) -> MessageProducer:
        """Begins a reasoning. `async with` tells its end by itself."""
        return MessageProducer(self.emit, self._deltas, "reasoning", self._id("reasoning", fields.get("reasoning_id")), fields)

    def request_input(self, kind: str, prompt: str, **fields: Any) -> Told:
        """Asks people something: the task waits until `input.resolved`. `kind`: `approval`, `text`, `choice` …; `request_id` names it."""
        request_id = self._id("input", fields.get("request_id"))
        return self.emit("input.requested", {"request_id": request_id, "kind": kind, "prompt": prompt, **fields})

    async def run(self, plan: Sequence[PlanStep | Mapping[str, Any]]) -> None:
        """Runs a plan: steps `{"name": …, "run": …}` one after another, each telling its start, progress and end."""
        await run_plan(self, plan)

    def completed(self, **fields: Any) -> Told:
        """Tells the task's good end, with `result=…`, `response="…"`."""
        return self.emit("task.completed", fields)

    def failed(self, error: object, **fields: Any) -> Told:
        """Tells that the task has failed, with `user_message="…"` in the user's words."""
        return self.emit("task.failed", {"error": trouble_of(error), **fields})

    def canceled(self, reason: str | None = None) -> Told:
        """Tells that the task was canceled."""
        return self.emit("task.canceled", {} if reason is None else {"reason": reason})

    async def flush(self) -> None:
        """Returns when everything so far is in the log; raises what went wrong unheard."""
        self._deltas.flush()
        if self._publisher is not None:
            await self._publisher.flush()
        if self._unheard:
            raise self._unheard.pop(0)

    async def _handled(self) -> None:
        if self._handlers is not None:
            await self._handlers.settled()

    async def _room(self) -> None:
        if self._publisher is not None:
            await self._publisher._room()

    def _push(self, type: str, data: Fields, **envelope: Any) -> Told:
        error = self._not_now(type)
        if error is not None or self._publisher is None:
            return self._untold(error or TaskwireError("closed"))
        self._over = type in TERMINAL_TYPES
        event = {"type": type, **envelope, "data": data}
        told = self._publisher.push(event)
        if self._handlers is not None:
            self._handlers.tell({**event, "task_id": self.task_id})
        return told

    def _not_now(self, type: str) -> TaskwireError | None:
        if self._publisher is None:
            return TaskwireError("closed", detail=f'"{type}" came before the producer was entered: use `async with`.')
        return TaskwireError("closed", detail=f'"{type}" came after the task\'s end.') if self._over else None

    def _untold(self, error: TaskwireError) -> Told:
        self._unheard.append(error)

        def heard() -> None:
            if error in self._unheard:
                self._unheard.remove(error)

        return Told(self._room, error, heard)

    def _id(self, family: str, given: Any) -> str:
        if isinstance(given, str):
            return given
        self._counts[family] = self._counts.get(family, 0) + 1
        return f"{family}-{self._counts[family]}"

    def _refused(self, event: str, error: TaskwireError) -> None:
        if self._log is not None:
            self._log({"event": "event_refused", "code": error.code})
        if self._on_refused is not None:
            self._on_refused(event, error)
