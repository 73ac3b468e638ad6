"""A publisher gathers, keeps, leaves out what is refused, and loses nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from taskwire.append import Append
from taskwire.errors import TaskwireError
from taskwire.publisher import Publisher, PublisherOptions, Room
from taskwire.timing import RealTiming

BATCH_BYTES = 240 * 1024



class Log:
    """Takes what is appended; `judge` may refuse it, `gate` may hold it up."""

    def __init__(self, judge: Callable[[list[dict[str, Any]]], str | None] = lambda events: None) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.sizes: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._judge = judge
        self._at = 0

    async def append(self, task_id: str, events: Sequence[str], give_up_ms: float | None = None, on_retry: Any = None) -> dict[str, int]:
        assert give_up_ms == float("inf")
        await self.gate.wait()
        batch = [json.loads(event) for event in events]
        code = self._judge(batch)
        if code is not None:
            raise TaskwireError(code)
        self.requests.append(batch)
        self.sizes.append(sum(len(event.encode()) + 1 for event in events))
        self._at += len(batch)
        return {"last_seq": self._at}

    @property
    def texts(self) -> list[str]:
        return [event["data"]["text"] for batch in self.requests for event in batch]


def publisher(log: Log, **options: Any) -> Publisher:
    return Publisher(cast("Append", log.append), RealTiming(), "t", PublisherOptions(**options))


def line(text: str) -> dict[str, Any]:
    return {"type": "log.line", "data": {"level": "info", "text": text}}


async def waits(room: Room) -> None:
    await room


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def test_events_of_one_moment_go_in_one_request_with_the_time_at_which_they_happened() -> None:
    async def work() -> None:
        log = Log()
        publishing = publisher(log)
        for at in range(10):
            publishing.push(line(str(at)))
        publishing.push({"type": "message.delta", "data": {"message_id": "m", "delta": "x"}})
        assert publishing.waiting > 0
        await publishing.flush()
        assert (len(log.requests), publishing.last_seq, publishing.waiting) == (1, 11, 0)
        assert ["time" in event for event in log.requests[0]] == [True] * 10 + [False]

    run(work)


def test_a_request_stays_within_1000_events_and_240_kib() -> None:
    async def work() -> None:
        log = Log()
        publishing = publisher(log, delay_ms=1)
        for at in range(2_500):
            publishing.push(line(str(at)))
        for at in range(20):
            publishing.push(line(f"{at:05}" + "x" * 50_000))
        await publishing.flush()
        assert [len(batch) for batch in log.requests][:2] == [1_000, 1_000]
        assert max(log.sizes) <= BATCH_BYTES
        assert [text[:5] for text in log.texts] == [str(at) for at in range(2_500)] + [f"{at:05}" for at in range(20)]

    run(work)


def test_who_pushes_too_much_waits_while_the_service_is_away() -> None:
    async def work() -> None:
        log = Log()
        log.gate.clear()
        publishing = publisher(log, delay_ms=0, max_waiting=1_000)
        pushed = asyncio.ensure_future(waits(publishing.push(line("x" * 2_000))))
        await asyncio.sleep(0.02)
        assert not pushed.done()
        log.gate.set()
        await pushed
        assert log.texts == ["x" * 2_000]

    run(work)


def test_only_the_event_that_is_refused_for_itself_is_left_out() -> None:
    async def work() -> None:
        log = Log(lambda batch: "event_invalid" if any(event["data"]["text"] == "bad" for event in batch) else None)
        refused: list[str] = []
        publishing = publisher(log, delay_ms=0, on_refused=lambda event, error: refused.append(f"{error.code} {json.loads(event)['data']['text']}"))
        for text in ["a", "bad", "b", "c"]:
            publishing.push(line(text))
        await publishing.flush()
        publishing.push(line("d"))
        publishing.push(line("e"))
        await publishing.flush()
        assert (log.texts, refused) == (["a", "b", "c", "d", "e"], ["event_invalid bad"])
        assert len(log.requests[-1]) == 2

    run(work)


def test_a_full_task_is_still_ended() -> None:
    async def work() -> None:
        log = Log(lambda batch: "task_full" if any(event["type"] != "task.completed" for event in batch) else None)
        refused: list[str] = []
        publishing = publisher(log, delay_ms=0, on_refused=lambda event, error: refused.append(error.code))
        for text in ["a", "b", "c"]:
            publishing.push(line(text))
        publishing.push({"type": "task.completed", "data": {}})
        await publishing.flush()
        assert [event["type"] for batch in log.requests for event in batch] == ["task.completed"]
        assert refused == ["task_full"] * 3

    run(work)


def test_what_concerns_the_task_ends_the_publisher() -> None:
    async def work() -> None:
        publishing = publisher(Log(lambda batch: "task_ended"), delay_ms=0)
        publishing.push(line("a"))
        with pytest.raises(TaskwireError, match="task_ended"):
            await publishing.flush()
        with pytest.raises(TaskwireError, match="task_ended"):
            await publishing.push(line("b"))

    run(work)


def test_a_canceled_publisher_leaves_nothing_running() -> None:
    async def work() -> None:
        before = asyncio.all_tasks()
        log = Log()
        log.gate.clear()
        publishing = publisher(log, delay_ms=0)
        publishing.push(line("a"))
        await asyncio.sleep(0.01)
        await publishing.aclose()
        with pytest.raises(TaskwireError, match="closed"):
            await publishing.flush()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(work)
