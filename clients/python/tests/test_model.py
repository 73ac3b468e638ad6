"""A task's state is kept up to date while somebody listens, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

import pytest

from taskwire.connection import ConnectionState
from taskwire.errors import TaskwireError
from taskwire.event import Event
from taskwire.follow import FollowOptions
from taskwire.model import TaskModel, TasksModel
from taskwire.timing import RealTiming


def event(seq: int, kind: str = "log.line", task_id: str = "t", cursor: str | None = None, **data: Any) -> Event:
    return Event({"type": kind, "task_id": task_id, "seq": seq, "cursor": cursor or f"c{seq}", "data": data})


class Source:
    """What is followed; each visit gets the cursors it goes on from."""

    def __init__(self, events: Sequence[Event], error: TaskwireError | None = None, stay: bool = False) -> None:
        self.visits: list[dict[str, str]] = []
        self.left = 0
        self._events, self._error, self._stay = events, error, stay

    def __call__(self, task_ids: Sequence[str], after: Mapping[str, str], many: bool, options: FollowOptions) -> AsyncGenerator[list[Event], None]:
        self.visits.append(dict(after))
        assert options.replay == "compact"
        return self._follow(options.on_state)

    async def _follow(self, on_state: Callable[[ConnectionState], None] | None) -> AsyncGenerator[list[Event], None]:
        if on_state:
            on_state(ConnectionState("live", "websocket", 0, None, None))
        try:
            yield list(self._events[:1])
            yield list(self._events[1:])
            if self._error:
                raise self._error
            if self._stay:
                await asyncio.Event().wait()
        finally:
            self.left += 1

    def model(self) -> TaskModel:
        return TaskModel(TasksModel(self, RealTiming(), ["t"], False), "t")


async def turns() -> None:
    await asyncio.sleep(0.02)


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_model_is_read_by_iterating_to_its_end() -> None:
    async def work() -> None:
        source = Source([event(1, "task.created", title="A demo"), event(2, "task.started"), event(3, "task.completed", response="done")])
        model = source.model()
        assert (model.now.task.status, model.now.task.seq, model.now.connection) == ("queued", 0, None)
        last = [now async for now in model][-1]
        assert (last.task.status, last.task.facts["response"], last.task.seq, last.ended, last.error) == ("completed", "done", 3, True, None)

    run(work)


def test_listeners_are_told_once_a_turn_and_the_last_ones_leaving_ends_the_following() -> None:
    async def work() -> None:
        source = Source([event(seq) for seq in range(1, 101)], stay=True)
        model = source.model()
        told = 0

        def listener() -> None:
            nonlocal told
            told += 1

        leave = model.subscribe(listener)
        leave()
        leave = model.subscribe(listener)
        await turns()
        assert (model.now.task.seq, told <= 3, len(source.visits)) == (100, True, 1)
        leave()
        await turns()
        assert (source.left, model.now.connection) == (1, None)
        model.subscribe(listener)
        await turns()
        assert source.visits == [{}, {"t": "c100"}]

    run(work)


def test_a_replayed_range_that_is_not_complete_is_not_folded() -> None:
    async def work() -> None:
        source = Source([event(1, cursor="0"), event(5, cursor="0")], stay=True)
        model = source.model()
        leave = model.subscribe(lambda: None)
        await turns()
        assert model.now.task.seq == 0
        leave()

    run(work)


def test_an_error_is_told_as_the_end_and_raised_to_who_iterates() -> None:
    async def work() -> None:
        model = Source([event(1)], error=TaskwireError("task_unknown")).model()
        with pytest.raises(TaskwireError, match="task_unknown"):
            _ = [now async for now in model]
        assert model.now.ended
        assert model.now.error is not None

    run(work)


def test_several_tasks_share_a_connection() -> None:
    async def work() -> None:
        source = Source([event(1, task_id="a"), event(1, task_id="b"), event(2, task_id="a")])
        model = TasksModel(source, RealTiming(), ["a", "b", "a"], True)
        ended = asyncio.Event()
        model.subscribe(lambda: ended.set() if model.now.ended else None)
        await ended.wait()
        assert {task_id: view.seq for task_id, view in model.now.tasks.items()} == {"a": 2, "b": 1}
        assert len(source.visits) == 1

    run(work)
