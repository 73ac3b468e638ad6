"""Tasks as their events add up to, kept up to date while somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

from .connection import ConnectionState
from .errors import TaskwireError
from .event import Event
from .fold import TaskState, TaskView, fold, state_of

__all__ = ["TaskModel", "TaskModels", "TaskNow", "TasksModel", "TasksNow"]

Listener = Callable[[], None]


class Following(Protocol):
    """Follows tasks: one on its own where `many` is false, else several over one connection."""

    def __call__(
        self, task_ids: Sequence[str], many: bool, after: Mapping[str, str], on_state: Callable[[ConnectionState], None]
    ) -> AsyncGenerator[Event, None]:
        """Their events, compacted."""
        ...


@dataclass(frozen=True)
class TasksNow:
    """Several tasks' states, and that of the connection."""

    tasks: Mapping[str, TaskState]
    #: None while nobody listens.
    connection: ConnectionState | None = None
    #: Why nothing more will come, where that is no good end.
    error: TaskwireError | None = None
    #: Nothing more will come.
    ended: bool = False


@dataclass(frozen=True)
class TaskNow:
    """A task's state, and that of the connection."""

    task: TaskState
    #: None while nobody listens.
    connection: ConnectionState | None = None
    #: Why nothing more will come, where that is no good end.
    error: TaskwireError | None = None
    #: Nothing more will come.
    ended: bool = False


class _Track:
    __slots__ = ("changed", "cursor", "state", "view", "waiting")

    def __init__(self, task_id: str) -> None:
        self.view = TaskView(task_id)
        self.state = state_of(task_id, self.view)
        self.cursor: str | None = None
        #: Events of a replayed range that is not complete: whoever stopped in it comes back to its beginning.
        self.waiting: list[Mapping[str, Any]] = []
        self.changed = False


class TasksModel:
    """Several tasks, kept up to date over one connection while somebody listens."""

    def __init__(self, following: Following, task_ids: Sequence[str], many: bool = True) -> None:
        """Nothing is opened before somebody listens."""
        self._following = following
        self._ids = list(dict.fromkeys(task_ids))
        self._many = many
        self._tracks = {task_id: _Track(task_id) for task_id in self._ids}
        self._listeners: list[Listener] = []
        self._now = TasksNow({task_id: track.state for task_id, track in self._tracks.items()})
        self._next = self._now
        self._telling: asyncio.Handle | None = None
        self._leaving: asyncio.Handle | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def now(self) -> TasksNow:
        """What is known; another object whenever something has changed, and the same otherwise."""
        return self._now

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls the listener after changes, at most once a turn of the event loop; answers what ends that.

        The first listener begins the following, the last one's leaving ends it. Needs a running event loop.
        """

        def own() -> None:
            listener()

        self._listeners.append(own)
        self._begin()

        def leave() -> None:
            if own in self._listeners:
                self._listeners.remove(own)
                if not self._listeners and self._leaving is None:
                    self._leaving = asyncio.get_running_loop().call_soon(self._end)

        return leave

    def __aiter__(self) -> AsyncIterator[TasksNow]:
        """What is known now, then again after every change, to the end. Changes that nobody waited for are told as one."""
        return _changes(self)

    def _begin(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self._running is None and not self._now.ended:
            self._running = asyncio.get_running_loop().create_task(self._run())

    def _end(self) -> None:
        self._leaving = None
        if self._running is not None:
            self._running.cancel()
            self._running = None
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        for track in self._tracks.values():
            track.waiting = []
        self._next = replace(self._next, connection=None)
        self._now = replace(self._now, connection=None)

    async def _run(self) -> None:
        after = {task_id: track.cursor for task_id, track in self._tracks.items() if track.cursor is not None}
        events = self._following(self._ids, self._many, after, self._state)
        try:
            async for event in events:
                self._take(event)
            self._next = replace(self._next, ended=True)
        except TaskwireError as error:
            self._next = replace(self._next, ended=True, error=error)
        except Exception as error:
            self._next = replace(self._next, ended=True, error=TaskwireError("internal", str(error) or None, cause=error))
        finally:
            await events.aclose()
        self._running = None
        self._tell()

    def _state(self, connection: ConnectionState) -> None:
        if self._listeners:
            self._next = replace(self._next, connection=connection)
            self._soon()

    def _take(self, event: Event) -> None:
        track = self._tracks.get(event.task_id)
        if track is None:
            return
        track.waiting.append(event.raw)
        cursor = event.cursor
        if cursor == (track.cursor or "0"):
            return
        for raw in track.waiting:
            track.view = fold(track.view, raw)
        track.waiting = []
        track.cursor = cursor
        track.changed = True
        self._soon()

    def _soon(self) -> None:
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        changed = [(task_id, track) for task_id, track in self._tracks.items() if track.changed]
        for task_id, track in changed:
            track.state = state_of(task_id, track.view)
            track.changed = False
        if changed:
            self._next = replace(self._next, tasks={task_id: track.state for task_id, track in self._tracks.items()})
        self._now = self._next
        for listener in list(self._listeners):
            listener()


async def _changes(model: TasksModel) -> AsyncGenerator[TasksNow, None]:
    changed = asyncio.Event()
    leave = model.subscribe(changed.set)
    try:
        while True:
            changed.clear()
            now = model.now
            yield now
            if now.ended:
                return
            if now is model.now:
                await changed.wait()
    finally:
        leave()


class TaskModel:
    """One task, kept up to date while somebody listens."""

    def __init__(self, task_id: str, model: TasksModel) -> None:
        """A task alone in its model."""
        self._id = task_id
        self._model = model
        self._from: TasksNow | None = None
        self._now: TaskNow | None = None

    @property
    def now(self) -> TaskNow:
        """What is known; another object whenever something has changed, and the same otherwise."""
        from_ = self._model.now
        if self._now is None or self._from is not from_:
            self._from = from_
            self._now = TaskNow(from_.tasks[self._id], from_.connection, from_.error, from_.ended)
        return self._now

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls the listener after changes, at most once a turn of the event loop; answers what ends that."""
        return self._model.subscribe(listener)

    async def __aiter__(self) -> AsyncIterator[TaskNow]:
        """What is known now, then again after every change, to the end. Changes that nobody waited for are told as one."""
        async for _ in _changes(self._model):
            yield self.now


class TaskModels:
    """A client's models: the same for the same ids, as long as somebody holds it."""

    def __init__(self, following: Following) -> None:
        """Models of what `following` follows."""
        self._following = following
        self._single: WeakValueDictionary[str, TaskModel] = WeakValueDictionary()
        self._many: WeakValueDictionary[tuple[str, ...], TasksModel] = WeakValueDictionary()

    def task(self, task_id: str) -> TaskModel:
        """A task's model."""
        model = self._single.get(task_id)
        if model is None or model.now.error is not None:
            model = TaskModel(task_id, TasksModel(self._following, [task_id], many=False))
            self._single[task_id] = model
        return model

    def tasks(self, task_ids: Sequence[str]) -> TasksModel:
        """Several tasks' model, over one connection."""
        key = tuple(dict.fromkeys(task_ids))
        model = self._many.get(key)
        if model is None or model.now.error is not None:
            model = TasksModel(self._following, key)
            self._many[key] = model
        return model
