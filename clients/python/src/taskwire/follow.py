"""Following tasks: proof, queue and connection put together, given out as an async iteration."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from .connection import Connection, ConnectionContext, ConnectionState, Taken
from .errors import TaskwireError
from .event import Event
from .frames import Frame, is_stream_frame, is_terminal, text_of
from .machine import Input
from .proof import Proof, Replay, advance, begin_proof, judge, restart
from .queue import Bounds, Queue
from .transport import Subscription

T = TypeVar("T")

#: What an id may be, in every part of Taskwire.
_LEGAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Gap(NamedTuple):
    """Events were asked for that the log no longer has; a `task.snapshot` comes next in the iteration."""

    task_id: str
    #: The first `seq` that was asked for, or the cursor.
    requested: Any
    #: The first that there is.
    earliest: Any
    reason: str
    #: The frame as it came.
    raw: Mapping[str, Any]


class FollowOptions(NamedTuple):
    """How to follow."""

    #: How history arrives: every event (`full`), joined (`compact`), not at all (`none`).
    replay: Replay = "full"
    #: Told of every change of the connection.
    on_state: Callable[[ConnectionState], None] | None = None
    #: Told of gaps.
    on_gap: Callable[[Gap], None] | None = None
    #: Told of every `stream.*` frame, as it came.
    on_frame: Callable[[Mapping[str, Any]], None] | None = None


class _Track:
    """How far one task was handed over."""

    __slots__ = ("doubted_at", "over", "proof", "replay", "task_id")

    def __init__(self, wanted: Subscription) -> None:
        self.task_id, self.replay = wanted.task_id, wanted.replay
        self.proof: Proof = begin_proof(wanted.after, wanted.replay)
        self.over = False
        #: The last `seq` at which an end was not believed.
        self.doubted_at: int | None = None


class Tracker:
    """The tracks of all tasks that are followed: pure bookkeeping, frame by frame."""

    def __init__(self, wanted: Sequence[Subscription], emit: Callable[[Event, float], None]) -> None:
        """`emit` is given each event that is next, and its part of the frame's length."""
        self._tracks = {one.task_id: _Track(one) for one in wanted}
        self._only = next(iter(self._tracks.values())) if len(self._tracks) == 1 else None
        self._left = len(self._tracks)
        self._emit = emit

    def subscriptions(self) -> list[Subscription]:
        """What is not over, and from where to go on."""
        return [Subscription(one.task_id, one.proof.cursor, one.replay) for one in self._tracks.values() if not one.over]

    def take(self, frame: Frame, length: int) -> Taken:
        """Takes a frame."""
        name = frame.get("task_id")
        track = self._tracks.get(name) if isinstance(name, str) else self._only
        if track is None or track.over:
            return "ok"
        kind = frame["type"]
        if not kind.startswith("stream."):
            return self._event(track, frame, length)
        if kind == "stream.replayed":
            return self._replayed(track, frame, length)
        if kind == "stream.gap":
            track.proof = restart(track.proof)
        elif kind == "stream.subscribed":
            self._subscribed(track, frame)
        elif kind == "stream.end":
            return self._ended(track, frame)
        return "ok"

    def _finish(self, track: _Track) -> Taken:
        if not track.over:
            self._left -= 1
        track.over = True
        return "done" if self._left == 0 else "ok"

    def _event(self, track: _Track, frame: Frame, length: int) -> Taken:
        seq = _whole(frame, "seq")
        if seq is None:
            return "ok"
        first = _whole(frame, "first_seq")
        judged = judge(track.proof, seq if first is None else first, seq)
        if judged != "next":
            return "hole" if judged == "hole" else "ok"
        track.proof = advance(track.proof, seq, text_of(frame, "cursor"))
        self._emit(Event(frame), length)
        return self._finish(track) if is_terminal(frame["type"]) else "ok"

    def _replayed(self, track: _Track, frame: Frame, length: int) -> Taken:
        """A range of history. Only its last event has a position of its own: who stops before it comes back to the range's beginning."""
        seq = _whole(frame, "seq")
        found = frame.get("events")
        events = [one for one in found if isinstance(one, dict) and isinstance(one.get("type"), str)] if isinstance(found, list) else []
        if seq is None:
            return "ok"
        first = _whole(frame, "first_seq")
        judged = judge(track.proof, seq if first is None else first, seq)
        if judged != "next":
            return "hole" if judged == "hole" else "ok"
        before = track.proof.cursor or "0"
        cursor = text_of(frame, "cursor") or before
        track.proof = advance(track.proof, seq, cursor)
        for at, one in enumerate(events):
            self._emit(Event({**one, "cursor": cursor if at == len(events) - 1 else before}), length / len(events))
        return self._finish(track) if any(is_terminal(one["type"]) for one in events) else "ok"

    def _ended(self, track: _Track, frame: Frame) -> Taken:
        """An end elsewhere than where we are leaves out the task's last events: it is believed only when it is said again."""
        last = -1 if track.proof.last_seq is None else track.proof.last_seq
        if text_of(frame, "cursor") == track.proof.cursor or track.replay == "none" or track.doubted_at == last:
            return self._finish(track)
        track.doubted_at = last
        return "hole"

    def _subscribed(self, track: _Track, frame: Frame) -> None:
        """With `none` the place to come back to is where it began, and what is missed during a cut is wanted."""
        cursor = text_of(frame, "cursor")
        if track.replay == "none" and cursor is not None and track.proof.cursor is None:
            track.proof = track.proof._replace(cursor=cursor)
            track.replay = "full"


def _whole(frame: Frame, name: str) -> int | None:
    value = frame.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Follow:
    """One following: what its connection works for."""

    def __init__(self, context: ConnectionContext, wanted: Sequence[Subscription], many: bool, options: FollowOptions, bounds: Bounds) -> None:
        self.many, self._options = many, options
        self.queue: Queue[Event] = Queue(bounds, lambda: self.connection.input(Input("room")))
        self._tracker = Tracker(wanted, self.queue.push)
        self.subscriptions = self._tracker.subscriptions
        self.room = self.queue.room
        self.connection = Connection(context, self)

    def take(self, frame: Frame, length: int) -> Taken:
        own = is_stream_frame(frame)
        if own and self._options.on_frame is not None:
            self._options.on_frame(frame)
        taken = self._tracker.take(frame, length)
        if own and frame["type"] == "stream.gap" and self._options.on_gap is not None:
            self._options.on_gap(Gap(frame.get("task_id", ""), frame.get("requested"), frame.get("earliest"), frame.get("reason", ""), frame))
        return "full" if taken == "ok" and self.queue.full else taken

    def refused(self, error: TaskwireError) -> bool:
        # One that is refused ends the whole.
        return False

    def changed(self, state: ConnectionState) -> None:
        if self._options.on_state is not None:
            self._options.on_state(state)

    def ended(self, error: TaskwireError | None) -> None:
        self.queue.end(error)


class Source(Protocol[T]):
    """What is handed out: a queue, and the connection that fills it."""

    queue: Queue[T]
    connection: Connection


async def hand_out(begin: Callable[[], Source[T] | None]) -> AsyncGenerator[list[T], None]:
    """Yields as many items at a time as have come; raises what ended it. Begun when somebody asks for the first, ended with its wires when nobody does any more."""
    source = begin()
    if source is None:
        return
    try:
        source.connection.input(Input("start"))
        while (items := await source.queue.take()) is not None:
            yield items
    finally:
        source.queue.end(discard=True)
        source.connection.input(Input("stop"))
        # Wires are gone when the iteration is.
        await source.connection.settled()


async def one_by_one(batches: AsyncGenerator[list[T], None]) -> AsyncGenerator[T, None]:
    """The same, item by item."""
    try:
        async for batch in batches:
            for item in batch:
                yield item
    finally:
        await batches.aclose()


def follow_batches(context: ConnectionContext, wanted: Sequence[Subscription], many: bool, options: FollowOptions, bounds: Bounds) -> AsyncGenerator[list[Event], None]:
    """Follows tasks until each has ended. Yields every stored event once and in order, all that have come at a time.

    Raises `TaskwireError` when going on is pointless. `bounds` limits what waits for the consumer.
    """

    def begin() -> _Follow | None:
        illegal = next((one.task_id for one in wanted if not _LEGAL_ID.fullmatch(one.task_id)), None)
        if illegal is not None:
            raise TaskwireError("id_invalid", f'"{illegal}" cannot be a task\'s id.', task_id=illegal)
        return _Follow(context, wanted, many, options, bounds) if wanted else None

    return hand_out(begin)
