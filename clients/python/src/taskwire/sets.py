"""Following a set of tasks that changes by itself: who joins, what happens, who leaves; on one connection, from one position."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode

import httpx

from .connection import Connection, ConnectionContext, ConnectionState, Taken
from .errors import TaskwireError
from .event import Event
from .follow import Gap, hand_out
from .frames import Frame, is_stream_frame, text_of
from .http_wire import ask, transport_per_task
from .machine import Input, Loss, TransportName
from .proof import Replay
from .queue import Bounds, Queue
from .sse import read_stream
from .transport import Subscription, Transport, WireEvents, WireRequest
from .websocket import web_socket_of

#: Tasks whose last event is remembered; a set has far fewer at once.
_REMEMBERED = 4_096


class SetEvent(NamedTuple):
    """An event of a task of the set."""

    event: Event
    #: Pass it as `after`, with the same words, to go on behind it.
    position: str | None
    kind: Literal["event"] = "event"


class Joined(NamedTuple):
    """A task is in the set now; told anew after a cut, perhaps. `created`: its events come from the first on."""

    task_id: str
    reason: str
    summary: Mapping[str, Any]
    position: str | None
    kind: Literal["joined"] = "joined"


class Left(NamedTuple):
    """`ended` and `deleted`: nothing more comes of it. `limit`: there are too many; only its summary is told until it joins again."""

    task_id: str
    reason: str
    summary: Mapping[str, Any]
    position: str | None
    kind: Literal["left"] = "left"


class SetGap(NamedTuple):
    """Events of this task are kept no more: forget what is known of it; a `task.snapshot` comes next."""

    task_id: str
    gap: Gap
    position: str | None
    kind: Literal["gap"] = "gap"


class Refused(NamedTuple):
    """One task cannot be watched; the others go on."""

    task_id: str
    error: TaskwireError
    position: str | None
    kind: Literal["refused"] = "refused"


class CaughtUp(NamedTuple):
    """All history was told."""

    position: str | None
    kind: Literal["caught_up"] = "caught_up"


#: What happens to a set.
SetItem = SetEvent | Joined | Left | SetGap | Refused | CaughtUp


class TaskSet(NamedTuple):
    """Which tasks: all of mine, a conversation, tasks by name; together where several are given."""

    scope: str | None = None
    conversation_id: str | None = None
    task_ids: tuple[str, ...] | None = None


class SetOptions(NamedTuple):
    """How to follow a set."""

    #: A `position` of the same set.
    after: str | None = None
    #: How history of tasks that are there already arrives. Later ones always come from their first event.
    replay: Replay = "none"
    on_state: Callable[[ConnectionState], None] | None = None


class _Last(NamedTuple):
    """What of a task was handed over last."""

    seq: int
    cursor: str | None


class SetTracker:
    """The bookkeeping of one following: frames in, items out."""

    def __init__(self, after: str | None, emit: Callable[[SetItem, float], None]) -> None:
        """`emit` is given each item, and its part of the frame's length."""
        self.position = after
        #: A range came that holds what was handed over already, and more: history is asked for event by event until all was told.
        self.overlapped = False
        self._emit = emit
        self._tasks: dict[str, _Last] = {}

    def take(self, frame: Frame, length: int) -> Taken:
        """Takes a frame."""
        whole = frame.get("selector") is not None
        if whole:
            self.position = text_of(frame, "cursor") or self.position
        task_id, kind = text_of(frame, "task_id") or "", frame["type"]
        if not is_stream_frame(frame):
            return self._event(task_id, frame, length)
        if kind == "stream.replayed":
            return self._replayed(task_id, frame, length)
        if kind in ("stream.joined", "stream.left"):
            made = Joined if kind == "stream.joined" else Left
            summary = frame.get("summary")
            self._emit(made(task_id, text_of(frame, "reason") or "", summary if isinstance(summary, dict) else {}, self.position), length)
        elif kind == "stream.gap":
            self._tasks.pop(task_id, None)
            gap = Gap(task_id, frame.get("requested"), frame.get("earliest"), text_of(frame, "reason") or "", frame)
            self._emit(SetGap(task_id, gap, self.position), length)
        elif kind == "stream.caught_up" and whole:
            self.overlapped = False
            self._emit(CaughtUp(self.position), 0)
        return "ok"

    def refused(self, task_id: str, error: TaskwireError) -> None:
        """Takes the refusal of one task."""
        self._tasks.pop(task_id, None)
        self._emit(Refused(task_id, error, self.position), 0)

    def _event(self, task_id: str, frame: Frame, length: int) -> Taken:
        first, seq = _whole(frame, "first_seq"), _whole(frame, "seq")
        judged = self._judge(task_id, seq if first is None else first, seq, text_of(frame, "cursor"))
        if judged == "next":
            self._emit(SetEvent(Event(frame), self.position), length)
        return "hole" if judged == "hole" else "ok"

    def _replayed(self, task_id: str, frame: Frame, length: int) -> Taken:
        found, cursor = frame.get("events"), text_of(frame, "cursor")
        events = [one for one in found if isinstance(one, dict) and isinstance(one.get("type"), str)] if isinstance(found, list) else []
        first, last, before = _whole(frame, "first_seq"), _whole(frame, "seq"), self._tasks.get(task_id)
        if before is not None and first is not None and last is not None and first <= before.seq < last:
            self.overlapped = True
            return "hole"
        judged = self._judge(task_id, first, last, cursor)
        if judged == "next":
            for one in events:
                self._emit(SetEvent(Event({**one, "cursor": cursor or ""}), self.position), length / len(events))
        return "hole" if judged == "hole" else "ok"

    def _judge(self, task_id: str, first: int | None, last: int | None, cursor: str | None) -> Literal["next", "known", "hole"]:
        """Whether what begins and ends there comes next of its task. The same number at another place is of another log."""
        if first is None or last is None:
            return "known"
        before = self._tasks.get(task_id)
        if before is not None and not (last == before.seq and cursor != before.cursor):
            if last <= before.seq:
                return "known"
            if first > before.seq + 1:
                return "hole"
        # What has left may come again from an earlier position: the last of it is remembered for a while.
        self._tasks.pop(task_id, None)
        self._tasks[task_id] = _Last(last, cursor)
        if len(self._tasks) > _REMEMBERED:
            del self._tasks[next(iter(self._tasks))]
        return "next"


def _whole(frame: Frame, name: str) -> int | None:
    value = frame.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _set_socket(words: TaskSet) -> Transport:
    """Over a WebSocket."""

    def subscribe(request: WireRequest) -> list[Mapping[str, Any]]:
        place = request.subscriptions[0]
        given = {name: value for name, value in words._asdict().items() if value is not None}
        return [{"type": "subscribe", **given, "replay": place.replay, **({} if place.after is None else {"after": place.after})}]

    return web_socket_of(subscribe)


def _set_stream(http: httpx.AsyncClient, words: TaskSet) -> Transport:
    """Over Server-Sent Events."""

    async def read(request: WireRequest, place: Subscription, events: WireEvents) -> Loss | None:
        given = [("scope", words.scope), ("conversation", words.conversation_id), *(("task", one) for one in words.task_ids or ())]
        query = [(name, value) for name, value in (*given, ("replay", place.replay), ("after", place.after)) if value is not None]
        async with ask(http, f"{request.base_url}/v1/events?{urlencode(query)}", "text/event-stream", request.token, keep=False) as response:
            return Loss() if response.status_code == 204 else await read_stream(response, "", events)

    return transport_per_task(read)


class _Follow:
    """One following: what its connection works for. It is asked for as if it were one task's."""

    many = True

    def __init__(self, context: ConnectionContext, options: SetOptions, bounds: Bounds) -> None:
        self._options = options
        self.queue: Queue[SetItem] = Queue(bounds, lambda: self.connection.input(Input("room")))
        self._tracker = SetTracker(options.after, self.queue.push)
        self.room = self.queue.room
        self.connection = Connection(context, self)

    def subscriptions(self) -> Sequence[Subscription]:
        return (Subscription("", self._tracker.position, "full" if self._tracker.overlapped else self._options.replay),)

    def take(self, frame: Frame, length: int) -> Taken:
        taken = self._tracker.take(frame, length)
        return "full" if taken == "ok" and self.queue.full else taken

    def refused(self, error: TaskwireError) -> bool:
        # What is said of the set itself ends it, though its socket may stay.
        if error.task_id is None:
            self.connection.input(Input("lost", loss=Loss(error)))
        else:
            self._tracker.refused(error.task_id, error)
        return True

    def changed(self, state: ConnectionState) -> None:
        if self._options.on_state is not None:
            self._options.on_state(state)

    def ended(self, error: TaskwireError | None) -> None:
        self.queue.end(error)


def _context_of(context: ConnectionContext, http: httpx.AsyncClient, words: TaskSet) -> ConnectionContext:
    exist: dict[TransportName, Transport] = {"websocket": _set_socket(words), "sse": _set_stream(http, words)}
    wanted = tuple(name for name in context.settings.transports if name in exist)
    if not wanted:
        raise TaskwireError("no_transport", "A set of tasks is followed over WebSocket or SSE, and neither was asked for and exists here.")
    return replace(
        context,
        transports={name: exist[name] for name in wanted},
        settings=replace(context.settings, transports=wanted),
        proven=tuple(name for name in context.proven if name in wanted),
    )


def follow_set_batches(context: ConnectionContext, http: httpx.AsyncClient, words: TaskSet, options: SetOptions, bounds: Bounds) -> AsyncGenerator[list[SetItem], None]:
    """Follows a set; yields as many items at a time as have come. Never ends by itself."""
    return hand_out(lambda: _Follow(_context_of(context, http, words), options, bounds))
