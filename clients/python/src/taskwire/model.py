"""Tasks as their events add up to, kept up to date while somebody listens."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from .connection import ConnectionState
from .errors import TaskwireError
from .event import Event
from .fold import TaskView, fold
from .follow import FollowOptions
from .timing import Timing


class FollowMany(Protocol):
    """Begins following several tasks, or one alone."""

    def __call__(self, task_ids: Sequence[str], after: Mapping[str, str], many: bool, options: FollowOptions) -> AsyncGenerator[list[Event], None]:
        """Batches of events."""


@dataclass(frozen=True)
class TasksNow:
    """Tasks as they are now."""

    #: By id; not to be altered.
    tasks: Mapping[str, TaskView]
    #: None before anybody listens.
    connection: ConnectionState | None = None
    #: Why nothing more will come, where that is no good end.
    error: TaskwireError | None = None
    #: Nothing more will come.
    ended: bool = False


@dataclass(frozen=True)
class TaskNow:
    """A task as it is now."""

    task: TaskView
    connection: ConnectionState | None = None
    error: TaskwireError | None = None
    ended: bool = False


@dataclass
class _Track:
    view: TaskView
    cursor: str | None = None
    #: Events of a replayed range that is not complete: whoever stopped in it comes back to its beginning.
    waiting: list[Event] = field(default_factory=list)
    changed: bool = False


class TasksModel:
    """Several tasks' states. The first listener begins the following, the last one's leaving ends it."""

    def __init__(self, follow: FollowMany, timing: Timing, task_ids: Sequence[str], many: bool) -> None:
        """Nobody listens yet."""
        self._follow, self._timing, self._ids, self._many = follow, timing, tuple(dict.fromkeys(task_ids)), many
        self._tracks = {name: _Track(TaskView(task_id=name)) for name in self._ids}
        #: What is known now: another object whenever something has changed.
        self.now = TasksNow({name: track.view for name, track in self._tracks.items()})
        self._next = self.now
        self._listeners: list[Callable[[], None]] = []
        self._telling: Callable[[], None] | None = None
        self._running: asyncio.Task[None] | None = None

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` at most once a turn of the event loop when something has changed; the answer ends that."""

        def own() -> None:
            listener()

        self._listeners.append(own)
        if self._running is None and not self.now.ended:
            self._running = asyncio.ensure_future(self._run())

        def leave() -> None:
            if own in self._listeners:
                self._listeners.remove(own)
                if not self._listeners:
                    # Whoever leaves and comes back in the same turn does not cut the connection.
                    self._timing.after(0, self._end_unheard)

        return leave

    def _end_unheard(self) -> None:
        if self._listeners or self._running is None:
            return
        self._running.cancel()
        self._running = None
        for track in self._tracks.values():
            track.waiting = []
        self._next = self.now = replace(self.now, connection=None)

    def _soon(self) -> None:
        if self._telling is None:
            self._telling = self._timing.after(0, self._tell)

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling()
        self._telling = None
        told = dict(self.now.tasks)
        for name, track in self._tracks.items():
            if track.changed:
                # A view of its own: what was told does not change any more.
                told[name] = _told(track.view)
                track.changed = False
        self.now = replace(self._next, tasks=told)
        for listener in tuple(self._listeners):
            listener()

    def _changed(self, connection: ConnectionState) -> None:
        self._next = replace(self._next, connection=connection)
        self._soon()

    def _take(self, event: Event) -> None:
        track = self._tracks.get(event.task_id) or (self._tracks[self._ids[0]] if len(self._ids) == 1 else None)
        if track is None:
            return
        track.waiting.append(event)
        if event.cursor == (track.cursor or "0"):
            return
        for one in track.waiting:
            track.view = fold(track.view, one.raw)
        track.waiting, track.cursor, track.changed = [], event.cursor, True

    async def _run(self) -> None:
        me = asyncio.current_task()
        after = {name: track.cursor for name, track in self._tracks.items() if track.cursor is not None}
        events = self._follow(self._ids, after, self._many, FollowOptions("compact", lambda state: self._changed(state) if self._running is me else None))
        try:
            async for batch in events:
                for event in batch:
                    self._take(event)
                self._soon()
            self._next = replace(self._next, ended=True)
        except TaskwireError as error:
            self._next = replace(self._next, ended=True, error=error)
        finally:
            await events.aclose()
        if self._running is me:
            self._tell()


def _told(view: TaskView) -> TaskView:
    told = copy.copy(view)
    for name in ("facts", "steps", "messages", "reasonings", "tools", "inputs", "artifacts", "quality", "commands", "metrics", "waiting_for"):
        setattr(told, name, getattr(view, name).copy())
    return told


class TaskModel:
    """One task's state, kept up to date while somebody listens: `now`, `subscribe`, or `async for now in model`."""

    def __init__(self, model: TasksModel, task_id: str) -> None:
        """Of one of a model's tasks."""
        self._model, self.task_id = model, task_id

    @property
    def now(self) -> TaskNow:
        """What is known now."""
        now = self._model.now
        return TaskNow(now.tasks[self.task_id], now.connection, now.error, now.ended)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` when something has changed; the answer ends that."""
        return self._model.subscribe(listener)

    async def __aiter__(self) -> AsyncGenerator[TaskNow, None]:
        """What is known, whenever it has changed, to the task's end. Raises what ended it otherwise."""
        changed = asyncio.Event()
        leave = self.subscribe(changed.set)
        try:
            while True:
                changed.clear()
                now = self.now
                if now.error is not None:
                    raise now.error
                yield now
                if now.ended:
                    return
                if self.now == now:
                    await changed.wait()
        finally:
            leave()
