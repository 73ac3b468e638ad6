# ruff: noqa: E501
"""A publisher gathers, keeps, leaves out what is refused, and loses nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from taskwire.errors import TaskwireError
from taskwire.publisher import BATCH_BYTES, Publisher


class Log:
    """Takes what is appended; `judge` may refuse it, `gate` may hold it up."""

    def __init__(self, judge: Callable[[list[dict[str, Any]]], str | None] = lambda events: None) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.sizes: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._judge = judge
        self._at = 0

    async def append(self, task_id: str, events: Sequence[str], *, give_up_ms: float | None = None, on_retry: Any = None) -> dict[str, int]:
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


def line(text: str) -> dict[str, Any]:
    return {"type": "log.line", "data": {"level": "info", "text": text}}


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def test_events_of_one_moment_go_in_one_request_with_the_time_at_which_they_happened() -> None:
    async def work() -> None:
        log = Log()
        publisher = Publisher(log.append, "t")
        for at in range(10):
            publisher.push(line(str(at)))
        publisher.push({"type": "message.delta", "data": {"message_id": "m", "delta": "x"}})
        assert publisher.waiting > 0
        await publisher.flush()
        assert (len(log.requests), publisher.last_seq, publisher.waiting) == (1, 11, 0)
        assert ["time" in event for event in log.requests[0]] == [True] * 10 + [False]

    run(work)


def test_a_request_stays_within_1000_events_and_240_kib() -> None:
    async def work() -> None:
        log = Log()
        publisher = Publisher(log.append, "t", delay_ms=1)
        for at in range(2_500):
            publisher.push(line(str(at)))
        for at in range(20):
            publisher.push(line(f"{at:05}" + "x" * 50_000))
        await publisher.flush()
        assert [len(batch) for batch in log.requests][:2] == [1_000, 1_000]
        assert max(log.sizes) <= BATCH_BYTES
        assert [text[:5] for text in log.texts] == [str(at) for at in range(2_500)] + [f"{at:05}" for at in range(20)]

    run(work)


def test_who_pushes_too_much_waits_while_the_service_is_away() -> None:
    async def work() -> None:
        log = Log()
        log.gate.clear()
        publisher = Publisher(log.append, "t", delay_ms=0, max_waiting=1_000)
        pushed = asyncio.ensure_future(publisher.push(line("x" * 2_000))._wait())
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
        publisher = Publisher(log.append, "t", delay_ms=0, on_refused=lambda event, error: refused.append(f"{error.code} {json.loads(event)['data']['text']}"))
        for text in ["a", "bad", "b", "c"]:
            publisher.push(line(text))
        await publisher.flush()
        publisher.push(line("d"))
        publisher.push(line("e"))
        await publisher.flush()
        assert (log.texts, refused) == (["a", "b", "c", "d", "e"], ["event_invalid bad"])
        assert len(log.requests[-1]) == 2

    run(work)


def test_a_full_task_is_still_ended() -> None:
    async def work() -> None:
        log = Log(lambda batch: "task_full" if any(event["type"] != "task.completed" for event in batch) else None)
        refused: list[str] = []
        publisher = Publisher(log.append, "t", delay_ms=0, on_refused=lambda event, error: refused.append(error.code))
        for text in ["a", "b", "c"]:
            publisher.push(line(text))
        publisher.push({"type": "task.completed", "data": {}})
        await publisher.flush()
        assert [event["type"] for batch in log.requests for event in batch] == ["task.completed"]
        assert refused == ["task_full"] * 3

    run(work)


def test_what_concerns_the_task_ends_the_publisher() -> None:
    async def work() -> None:
        publisher = Publisher(Log(lambda batch: "task_ended").append, "t", delay_ms=0)
        publisher.push(line("a"))
        with pytest.raises(TaskwireError, match="task_ended"):
            await publisher.flush()
        with pytest.raises(TaskwireError, match="task_ended"):
            await publisher.push(line("b"))

    run(work)


def test_a_task_that_does_not_come_is_told_by_flush() -> None:
    async def work() -> None:
        async def nowhere() -> str:
            raise TaskwireError("unavailable")

        publisher = Publisher(Log().append, nowhere(), delay_ms=0)
        publisher.push(line("a"))
        with pytest.raises(TaskwireError, match="unavailable"):
            await publisher.flush()

    run(work)


def test_a_canceled_publisher_leaves_nothing_running() -> None:
    async def work() -> None:
        before = asyncio.all_tasks()
        log = Log()
        log.gate.clear()
        publisher = Publisher(log.append, "t", delay_ms=0)
        publisher.push(line("a"))
        await asyncio.sleep(0.01)
        publisher.cancel()
        with pytest.raises(TaskwireError, match="closed"):
            await publisher.flush()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run(work)


def test_what_json_cannot_say_is_refused_at_once() -> None:
    async def work() -> None:
        publisher = Publisher(Log().append, "t")
        with pytest.raises(ValueError, match="JSON"):
            publisher.push({"type": "metrics.updated", "data": {"values": {"x": float("nan")}}})

    run(work)
