# ruff: noqa: E501, PT012
"""A producer tells the lifecycle by itself, in order, and everything is in the log when it is left."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from taskwire.append import Append
from taskwire.errors import TaskwireError
from taskwire.producer import Producing
from taskwire.producer_parts import Step
from taskwire.publisher import Publisher, PublisherOptions
from taskwire.timing import RealTiming


class Desk:
    """A service's log, as far as a producer needs it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.said: list[Any] = []
        self.refuse: str | None = None

    async def append(self, task_id: str, events: Sequence[str], give_up_ms: float | None = None, on_retry: Any = None) -> dict[str, int]:
        if self.refuse is not None:
            raise TaskwireError(self.refuse)
        self.events += [json.loads(event) for event in events]
        return {"last_seq": len(self.events)}

    async def create(self) -> dict[str, Any]:
        return {"task_id": "t1"}

    def publisher(self, task_id: str, options: PublisherOptions) -> Publisher:
        return Publisher(cast("Append", self.append), RealTiming(), task_id, options)

    def task(self) -> Producing:
        return Producing(self.create, self.publisher, RealTiming(), self.said.append, PublisherOptions(delay_ms=5))

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["type"] == kind]


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def reports(step: Step) -> None:
    for percent in (25, 50, 75):
        step.progress(percent)


async def reports_later(step: Step) -> None:
    for percent in (25, 50, 75):
        await asyncio.sleep(0)
        await step.progress(percent)


def test_a_plan_of_three_steps_is_seventeen_events() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            await task.run([{"name": "a", "run": reports}, {"name": "b", "run": reports_later}, {"name": "c", "run": reports, "agent": "judge"}])
        step = ["step.started", "step.progress", "step.progress", "step.progress", "step.completed"]
        assert desk.types == ["task.started", *step, *step, *step, "task.completed"]
        assert len(desk.types) == 17
        assert desk.data("step.started") == [
            {"step_id": "step-1", "name": "a", "index": 1, "total": 3},
            {"step_id": "step-2", "name": "b", "index": 2, "total": 3},
            {"step_id": "step-3", "name": "c", "index": 3, "total": 3, "agent": "judge"},
        ]
        assert [data["percent"] for data in desk.data("step.progress")] == [25, 50, 75] * 3

    run(work)


def test_an_exception_fails_the_step_and_the_task_and_is_passed_on() -> None:
    class DiskFull(Exception):
        code = "disk_full"

    async def work() -> None:
        desk = Desk()
        with pytest.raises(DiskFull):
            async with desk.task() as task:
                async with task.step("compile"):
                    raise DiskFull("No space left.")
        error = {"code": "disk_full", "message": "No space left.", "retryable": False}
        assert desk.types == ["task.started", "step.started", "step.failed", "task.failed"]
        assert desk.data("step.failed") == [{"step_id": "step-1", "error": error, "will_retry": False}]
        assert desk.data("task.failed") == [{"error": error}]

    run(work)


def test_a_plan_stops_at_the_step_that_raises() -> None:
    def breaks(step: Step) -> None:
        raise KeyError

    async def work() -> None:
        desk = Desk()
        with pytest.raises(KeyError):
            async with desk.task() as task:
                await task.run([{"name": "a", "run": breaks}, {"name": "b"}])
        assert desk.types == ["task.started", "step.started", "step.failed", "task.failed"]
        assert desk.data("task.failed")[0]["error"] == {"code": "worker_error", "message": "KeyError", "retryable": False}

    run(work)


def test_pieces_are_joined_in_order_with_everything_else() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            async with task.message() as message:
                message.delta("Hel")
                message.delta("lo ")
                task.log("between")
                await message.delta("world")
            async with task.reasoning() as thought:
                thought.delta("Hm.")
        assert desk.types[1:] == ["message.started", "message.delta", "log.line", "message.delta", "message.completed", "reasoning.started", "reasoning.delta", "reasoning.completed", "task.completed"]
        assert [data["delta"] for data in desk.data("message.delta")] == ["Hello ", "world"]
        assert desk.data("message.started") == [{"message_id": "message-1", "role": "assistant"}]
        assert desk.data("message.completed") == [{"message_id": "message-1", "content": "Hello world"}]
        assert desk.data("reasoning.completed") == [{"reasoning_id": "reasoning-1"}]

    run(work)


def test_pieces_go_by_themselves_after_a_moment() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            async with task.message() as message:
                message.delta("early")
                while "message.delta" not in desk.types:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                message.delta("late")

    run(work)


def test_a_long_text_is_cut_between_letters_and_ends_by_length_and_digest() -> None:
    async def work() -> None:
        desk = Desk()
        text = "x" + "😀" * 20_000
        async with desk.task() as task:
            async with task.message() as message:
                message.delta(text)
        pieces = [data["delta"] for data in desk.data("message.delta")]
        assert "".join(pieces) == text
        assert all(len(piece.encode("utf-16-le")) <= 32 * 1024 for piece in pieces)
        data = text.encode()
        assert desk.data("message.completed") == [{"message_id": "message-1", "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}]

    run(work)


def test_every_helper_tells_its_event() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            task.progress(10, stage="Planning")
            async with task.tool("grep", input={"pattern": "x"}) as tool:
                tool.output("found")
                tool.completed(output=1)
            task.artifact(name="report", media_type="text/plain")
            task.metrics({"tokens": 3})
            task.emit("input.requested", {"request_id": "q", "kind": "approval", "prompt": "Pay 100?"})
            task.emit("x.acme.noted", {"a": 1}, message="Noted.")
            step = task.step("half", step_id="mine")
            step.failed(ValueError("no"), will_retry=True)
            task.canceled("enough")
        assert desk.types == ["task.started", "task.progress", "tool.started", "tool.progress", "tool.completed", "artifact.created", "metrics.updated", "input.requested", "x.acme.noted", "step.started", "step.failed", "task.canceled"]
        assert desk.data("tool.progress") == [{"tool_call_id": "tool-1", "output_delta": "found"}]
        assert desk.data("step.failed")[0] | {"error": None} == {"step_id": "mine", "error": None, "will_retry": True}
        assert desk.events[8]["message"] == "Noted."

    run(work)


def test_an_event_after_the_end_is_refused_at_once() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            await task.completed()
            with pytest.raises(TaskwireError, match="after the task's end"):
                task.log("late")
        assert desk.types == ["task.started", "task.completed"]

    run(work)


def test_what_was_raised_counts_even_where_its_telling_fails() -> None:
    async def work() -> None:
        desk = Desk()
        with pytest.raises(ValueError, match="mine"):
            async with desk.task():
                desk.refuse = "fenced"
                raise ValueError("mine")
        assert desk.said == [{"event": "end_untold", "code": "fenced"}]

    run(work)


def test_handlers_sync_and_async_several_per_type_and_one_that_raises_disturbs_nothing() -> None:
    async def work() -> None:
        seen: list[str] = []

        def first(event: dict[str, Any]) -> None:
            seen.append(f"sync {event['type']}")
            raise ValueError("broken")

        async def second(event: dict[str, Any]) -> None:
            await asyncio.sleep(0.001)
            seen.append(f"async {event['type']}")
            raise ValueError("broken too")

        desk = Desk()
        async with desk.task() as task:
            for kind in ("step.started", "step.completed"):
                task.on(kind, first)
            task.on("step.completed", second)
            remove = task.on("*", lambda event: seen.append("never"))
            remove()
            await task.run([{"name": "a"}])
        assert seen == ["sync step.started", "sync step.completed", "async step.completed"]
        assert [said["event"] for said in desk.said] == ["handler_failed"] * 3
        assert desk.types == ["task.started", "step.started", "step.completed", "task.completed"]

    run(work)
