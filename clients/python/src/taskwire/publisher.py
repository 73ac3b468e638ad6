"""A publisher gathers events for some milliseconds and appends them together, one request after another.

While the service is away it keeps what it was given and goes on trying; who awaits what `push` answers waits where too much is on its way.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .append import Append
from .errors import TaskwireError
from .frames import is_terminal
from .http import OnRetry
from .timing import Timing

#: One request's bounds: those of the service, a little below.
_BATCH_EVENTS = 1_000
_BATCH_BYTES = 240 * 1024

#: Refusals that concern single events, so that the rest of a batch can go without them.
OF_ONE_EVENT = frozenset(
    {
        "event_invalid", "event_type_unknown", "event_reserved", "event_too_large", "scope_not_open", "scope_already_open",
        "too_many_open", "request_too_large", "malformed_ndjson", "task_full",
    }
)  # fmt: skip


class PublisherOptions(NamedTuple):
    """How to publish."""

    #: How long the first event of a batch waits for others. Milliseconds.
    delay_ms: float = 30
    #: Bytes that may wait before `push` asks to wait.
    max_waiting: int = 4 * 1024 * 1024
    #: Told before every wait for another try.
    on_retry: OnRetry | None = None
    #: Told of an event that the service refused for itself; the others go on.
    on_refused: Callable[[str, TaskwireError], None] | None = None


class _Waiting(NamedTuple):
    text: str
    bytes: int
    terminal: bool


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written(event: Mapping[str, Any]) -> str:
    """The event as it is sent: its time is when it happened, however late it gets through."""
    kind = event["type"]
    timed = event if "time" in event or kind.endswith(".delta") else {"type": kind, "time": _now(), **event}
    text = _json(timed, ascii=False)
    return text if _is_unicode(text) else _json(timed, ascii=True)


def _json(event: Mapping[str, Any], ascii: bool) -> str:
    return json.dumps(event, ensure_ascii=ascii, allow_nan=False, separators=(",", ":"), default=lambda model: model.to_json())


def _is_unicode(text: str) -> bool:
    """Whether it can be sent in UTF-8: half of a pair, as text from JavaScript may hold, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Room:
    """What `push` answers: awaited, it returns when there is room for more, and raises when nothing more can be published."""

    __slots__ = ("_wait",)

    def __init__(self, wait: Callable[[], Generator[Any, None, None]]) -> None:
        """Waits by `wait` once it is awaited."""
        self._wait = wait

    def __await__(self) -> Generator[Any, None, None]:
        """Waits."""
        return self._wait()


class Publisher:
    """For one task."""

    def __init__(self, append: Append, timing: Timing, task_id: str, options: PublisherOptions | None = None) -> None:
        """Nothing published yet."""
        self._append, self._timing, self._task_id = append, timing, task_id
        self._options = options or PublisherOptions()
        self._queue: deque[_Waiting] = deque()
        #: Bytes that are not yet acknowledged.
        self.waiting = 0
        #: The last `seq` that was acknowledged; 0 before the first.
        self.last_seq = 0
        self._sending: asyncio.Task[None] | None = None
        self._cancel: Callable[[], None] | None = None
        #: So many of the next events go alone, since one of them was refused.
        self._alone = 0
        self._full = False
        self._failure: Exception | None = None
        self._pushed = 0
        self._settled = 0
        self._listeners: list[asyncio.Future[None]] = []

    def push(self, event: Mapping[str, Any]) -> Room:
        """Takes an event. Raises what made publishing end."""
        if self._failure is not None:
            raise self._failure
        text = written(event)
        size = len(text.encode("utf-8", "surrogatepass")) + 1
        self._queue.append(_Waiting(text, size, is_terminal(event["type"])))
        self.waiting += size
        self._pushed += 1
        self._schedule()
        return Room(lambda: self._until(lambda: self.waiting <= self._options.max_waiting).__await__())

    async def flush(self) -> None:
        """Returns when everything pushed so far is in the log (or was refused for itself); raises when that cannot be."""
        goal = self._pushed
        await self._until(lambda: self._settled >= goal)

    def give_up(self, error: TaskwireError) -> None:
        """Gives up what is waiting: nothing more is published, and whoever tries is told why."""
        self._fail(error)
        if self._sending is not None:
            self._sending.cancel()

    async def aclose(self) -> None:
        """Gives up what is waiting."""
        self.give_up(TaskwireError("closed"))
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._failure is not None:
                raise self._failure
            waiting = asyncio.get_running_loop().create_future()
            self._listeners.append(waiting)
            await waiting

    def _tell(self) -> None:
        told, self._listeners = self._listeners, []
        for one in told:
            if not one.done():
                one.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        self._queue.clear()
        if self._cancel is not None:
            self._cancel()
        self._cancel = None
        self._tell()

    def _schedule(self) -> None:
        if self._sending is not None or self._cancel is not None or self._failure is not None:
            return
        self._cancel = self._timing.after(0 if len(self._queue) >= _BATCH_EVENTS else self._options.delay_ms, self._start)

    def _start(self) -> None:
        self._cancel = None
        if self._sending is None and self._failure is None:
            self._sending = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        try:
            await self._send()
        except Exception as error:
            self._fail(error)
        finally:
            self._sending = None
        if self._queue:
            self._schedule()

    def _next(self) -> list[_Waiting]:
        limit, size = 1 if self._alone > 0 else _BATCH_EVENTS, 0
        batch: list[_Waiting] = []
        while self._queue and len(batch) < limit and (not batch or size + self._queue[0].bytes <= _BATCH_BYTES):
            batch.append(self._queue.popleft())
            size += batch[-1].bytes
        return batch

    def _settle(self, done: list[_Waiting]) -> None:
        self._settled += len(done)
        self.waiting -= sum(one.bytes for one in done)
        self._tell()

    def _tell_refused(self, events: list[_Waiting], error: TaskwireError) -> None:
        if self._options.on_refused is not None:
            for one in events:
                self._options.on_refused(one.text, error)
        self._settle(events)

    async def _send(self) -> None:
        while self._queue:
            batch = self._next()
            if self._full:
                left = [one for one in batch if not one.terminal]
                self._tell_refused(left, TaskwireError("task_full"))
                batch = [one for one in batch if one.terminal]
            if not batch:
                continue
            try:
                ack = await self._append(self._task_id, [one.text for one in batch], math.inf, self._options.on_retry)
            except TaskwireError as error:
                if error.code not in OF_ONE_EVENT:
                    raise
                self._refused(batch, error)
                continue
            self.last_seq = max(self.last_seq, int(ack.get("last_seq", 0)))
            self._settle(batch)
            if self._alone > 0:
                self._alone -= len(batch)

    def _refused(self, batch: list[_Waiting], error: TaskwireError) -> None:
        if error.code == "task_full":
            self._full = True
        if len(batch) > 1:
            self._queue.extendleft(reversed(batch))
            self._alone = len(batch)
            return
        self._tell_refused(batch, error)
        self._alone = max(0, self._alone - len(batch))
