"""A publisher gathers events for some milliseconds and appends them together, one request after another.

While the service is away it keeps what it was given and goes on trying; who pushes is told by awaiting when to wait.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import math
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple, Protocol

from .errors import TaskwireError
from .generated.catalog import TERMINAL_TYPES

__all__ = ["Append", "Publisher", "Told", "json_of"]

#: One request's bounds: those of the service, a little below.
BATCH_EVENTS = 1_000
BATCH_BYTES = 240 * 1024

#: Refusals that concern single events, so that the rest of a batch can go without them.
OF_ONE_EVENT = frozenset(
    (
        "event_invalid",
        "event_type_unknown",
        "event_reserved",
        "event_too_large",
        "scope_not_open",
        "scope_already_open",
        "too_many_open",
        "request_too_large",
        "malformed_ndjson",
        "task_full",
    )
)

OnRetry = Callable[[TaskwireError, float], None]
OnRefused = Callable[[str, TaskwireError], None]


class Append(Protocol):
    """Appends events, each given as its JSON, all or none, repeated under one identity until that is certain."""

    def __call__(
        self, task_id: str, events: Sequence[str], *, give_up_ms: float | None = None, on_retry: OnRetry | None = None
    ) -> Awaitable[Any]:
        """Answers the acknowledgement, which has a `last_seq`."""
        ...


class Told:
    """An event that has been put in. Awaited, it waits for room, and raises where nothing more can be published.

    Who does not await it learns of a failure from `flush`, or when the producer is left.
    """

    __slots__ = ("_error", "_heard", "_room")

    def __init__(
        self, room: Callable[[], Awaitable[None]], error: BaseException | None = None, heard: Callable[[], None] | None = None
    ) -> None:
        """`error`: why it was not taken; `heard`: called when somebody has learned of that."""
        self._room = room
        self._error = error
        self._heard = heard

    def __await__(self) -> Generator[Any, None, None]:
        """Waits until there is room for more."""
        return self._wait().__await__()

    async def _wait(self) -> None:
        if self._error is not None:
            if self._heard is not None:
                self._heard()
            raise self._error
        await self._room()


class _Waiting(NamedTuple):
    text: str
    size: int
    terminal: bool


def json_of(value: Any) -> str:
    """A value as JSON: compact, in UTF-8 as far as it goes. Raises ValueError for what JSON cannot say (NaN, for one)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text


def _written(event: Mapping[str, Any]) -> str:
    """The event as it is sent: its time is when it happened, however late it gets through."""
    kind = event["type"]
    rest = {name: value for name, value in event.items() if name != "type"}
    if "time" in rest or str(kind).endswith(".delta"):
        return json_of({"type": kind, **rest})
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json_of({"type": kind, "time": now, **rest})


def _last_seq(acknowledged: Any) -> int:
    found = acknowledged.get("last_seq") if isinstance(acknowledged, Mapping) else getattr(acknowledged, "last_seq", 0)
    return found if isinstance(found, int) else 0


class Publisher:
    """Publishes to one task, whose id may still be on its way."""

    def __init__(
        self,
        append: Append,
        task_id: str | Awaitable[str],
        *,
        delay_ms: float = 30,
        max_waiting: int = 4 * 1024 * 1024,
        on_retry: OnRetry | None = None,
        on_refused: OnRefused | None = None,
    ) -> None:
        """Must be made where an event loop runs.

        `delay_ms`: how long the first event of a batch waits for others; `max_waiting`: bytes that may wait before
        `push` asks to wait; `on_retry(error, in_ms)` is told before every wait for another try; `on_refused(event, error)`
        of an event that the service refused for itself, while the others go on.
        """
        self._append = append
        self._task_id = task_id
        self._delay = delay_ms / 1000
        self._max_waiting = max_waiting
        self._on_retry = on_retry
        self._on_refused = on_refused
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Waiting] = deque()
        self._waiting = 0
        self._last_seq = 0
        self._pushed = 0
        self._settled = 0
        #: So many of the next events go alone, since one of them was refused.
        self._alone = 0
        self._full = False
        self._failure: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._changed: set[asyncio.Future[None]] = set()

    @property
    def waiting(self) -> int:
        """Bytes that are not yet acknowledged."""
        return self._waiting

    @property
    def last_seq(self) -> int:
        """The last `seq` that was acknowledged; 0 before the first."""
        return self._last_seq

    def push(self, event: Mapping[str, Any]) -> Told:
        """Takes an event, at once. Await the answer to wait for room; that raises when nothing more can be published."""
        if self._failure is not None:
            return Told(self._room, self._failure)
        text = _written(event)
        size = len(text.encode()) + 1
        self._queue.append(_Waiting(text, size, event["type"] in TERMINAL_TYPES))
        self._waiting += size
        self._pushed += 1
        self._schedule()
        return Told(self._room)

    async def flush(self) -> None:
        """Returns when everything pushed so far is in the log (or was refused for itself); raises when that cannot be."""
        goal = self._pushed
        await self._until(lambda: self._settled >= goal)

    def cancel(self) -> None:
        """Gives up what is waiting."""
        self._failure = self._failure or TaskwireError("closed", detail="The publisher was canceled.")
        if self._timer is not None:
            self._timer.cancel()
        if self._sending is not None:
            self._sending.cancel()
        if inspect.iscoroutine(self._task_id):
            self._task_id.close()
        self._queue.clear()
        self._tell()

    async def _room(self) -> None:
        if self._waiting > self._max_waiting:
            await self._until(lambda: self._waiting <= self._max_waiting)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._failure is not None:
                raise self._failure
            changed: asyncio.Future[None] = self._loop.create_future()
            self._changed.add(changed)
            try:
                await changed
            finally:
                self._changed.discard(changed)

    def _tell(self) -> None:
        for changed in self._changed:
            if not changed.done():
                changed.set_result(None)

    def _settle(self, done: Sequence[_Waiting]) -> None:
        self._settled += len(done)
        self._waiting -= sum(event.size for event in done)
        self._tell()

    def _schedule(self) -> None:
        if self._sending is not None or self._failure is not None:
            return
        if self._timer is None:
            self._timer = self._loop.call_later(self._delay, self._begin)
        elif len(self._queue) == BATCH_EVENTS:
            self._timer.cancel()
            self._timer = self._loop.call_later(0, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._sending is None and self._failure is None:
            self._sending = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            if not isinstance(self._task_id, str):
                self._task_id = await self._task_id
            await self._send(self._task_id)
        except (asyncio.CancelledError, Exception) as error:
            canceled = isinstance(error, asyncio.CancelledError)
            self._failure = self._failure or (TaskwireError("closed", detail="The publisher was canceled.") if canceled else error)
            self._queue.clear()
            self._tell()
            if canceled:
                raise
        finally:
            self._sending = None
        if self._queue:
            self._schedule()

    async def _send(self, task_id: str) -> None:
        while self._queue:
            batch = self._without_room(self._next())
            if not batch:
                continue
            try:
                acknowledged = await self._append(task_id, [event.text for event in batch], give_up_ms=math.inf, on_retry=self._on_retry)
            except TaskwireError as error:
                if error.code not in OF_ONE_EVENT:
                    raise
                self._refused(batch, error)
                continue
            self._last_seq = max(self._last_seq, _last_seq(acknowledged))
            self._settle(batch)
            self._alone = max(0, self._alone - len(batch))

    def _next(self) -> list[_Waiting]:
        limit = 1 if self._alone > 0 else BATCH_EVENTS
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < limit and (not batch or size + self._queue[0].size <= BATCH_BYTES):
            batch.append(self._queue.popleft())
            size += batch[-1].size
        return batch

    def _without_room(self, batch: list[_Waiting]) -> list[_Waiting]:
        """Of a full task only its end still fits."""
        if not self._full:
            return batch
        for event in batch:
            if not event.terminal:
                self._tell_refused(event, TaskwireError("task_full"))
        left = [event for event in batch if not event.terminal]
        self._settle(left)
        self._alone = max(0, self._alone - len(left))
        return [event for event in batch if event.terminal]

    def _refused(self, batch: list[_Waiting], error: TaskwireError) -> None:
        if error.code == "task_full":
            self._full = True
        if len(batch) > 1:
            self._queue.extendleft(reversed(batch))
            self._alone = len(batch)
            return
        for event in batch:
            self._tell_refused(event, error)
        self._settle(batch)
        self._alone = max(0, self._alone - len(batch))

    def _tell_refused(self, event: _Waiting, error: TaskwireError) -> None:
        if self._on_refused is not None:
            self._on_refused(event.text, error)
