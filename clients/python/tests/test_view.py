# ruff: noqa: E501
"""A task's state is kept up to date while somebody listens, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from taskwire.connection import ConnectionState
from taskwire.errors import TaskwireError
from taskwire.event import Event
from taskwire.view import TaskModels


def event(seq: int, kind: str = "log.line", task_id: str = "t", cursor: str | None = None, **data: Any) -> Event:
    return Event({"type": kind, "task_id": task_id, "seq": seq, "cursor": cursor or f"c{seq}", "data": data})


class Source:
    """What is followed; each visit gets the cursors it goes on from."""

    def __init__(self, events: Sequence[Event], error: TaskwireError | None = None, stay: bool = False) -> None:
        self.visits: list[dict[str, str]] = []
        self.left = 0
        self._events, self._error, self._stay = events, error, stay

    def __call__(self, task_ids: Sequence[str], many: bool, after: Mapping[str, str], on_state: Callable[[ConnectionState], None]) -> AsyncGenerator[Event, None]:
        self.visits.append(dict(after))
        return self._follow(on_state)

    async def _follow(self, on_state: Callable[[ConnectionState], None]) -> AsyncGenerator[Event, None]:
        on_state(ConnectionState("live", "websocket", 0, None, None))
        try:
            for one in self._events:
                yield one
            if self._error:
                raise self._error
            if self._stay:
                await asyncio.Event().wait()
        finally:
            self.left += 1


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_model_is_read_by_iterating_to_its_end() -> None:
    async def work() -> None:
        source = Source([event(1, "task.created", title="A demo"), event(2, "task.started"), event(3, "task.completed", response="done")])
        model = TaskModels(source).task("t")
        assert (model.now.task.status, model.now.task.seq, model.now.connection) == ("queued", 0, None)
        last = [now async for now in model][-1]
        assert (last.task.status, last.task.response, last.task.seq, last.ended, last.error) == ("completed", "done", 3, True, None)
        assert model.now is model.now

    run(work)


def test_listeners_are_told_once_a_turn_and_the_last_ones_leaving_ends_the_following() -> None:
    async def work() -> None:
        source = Source([event(seq) for seq in range(1, 101)], stay=True)
        models = TaskModels(source)
        model = models.task("t")
        assert models.task("t") is model
        told = 0

        def listener() -> None:
            nonlocal told
            told += 1

        leave = model.subscribe(listener)
        leave()
        leave = model.subscribe(listener)
        for _ in range(5):
            await asyncio.sleep(0)
        assert (model.now.task.seq, told <= 3, len(source.visits)) == (100, True, 1)
        leave()
        for _ in range(5):
            await asyncio.sleep(0)
        assert (source.left, model.now.connection) == (1, None)
        model.subscribe(listener)
        await asyncio.sleep(0)
        assert source.visits == [{}, {"t": "c100"}]

    run(work)


def test_a_replayed_range_that_is_not_complete_is_not_folded() -> None:
    async def work() -> None:
        source = Source([event(1, cursor="0"), event(5, cursor="0")], stay=True)
        model = TaskModels(source).task("t")
        leave = model.subscribe(lambda: None)
        for _ in range(5):
            await asyncio.sleep(0)
        assert model.now.task.seq == 0
        leave()

    run(work)


def test_an_error_is_told_as_the_end() -> None:
    async def work() -> None:
        models = TaskModels(Source([event(1)], error=TaskwireError("task_unknown")))
        model = models.task("t")
        last = [now async for now in model][-1]
        assert last.ended
        assert last.error is not None
        assert last.error.code == "task_unknown"
        assert models.task("t") is not model

    run(work)


def test_several_tasks_share_a_model() -> None:
    async def work() -> None:
        models = TaskModels(Source([event(1, task_id="a"), event(1, task_id="b"), event(2, task_id="a")]))
        model = models.tasks(["a", "b", "a"])
        last = [now async for now in model][-1]
        assert {task_id: state.seq for task_id, state in last.tasks.items()} == {"a": 2, "b": 1}

    run(work)
