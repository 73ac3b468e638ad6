# ruff: noqa: E501, PT012
"""A producer tells the lifecycle by itself, in order, and everything is in the log when it is left."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from taskwire.errors import TaskwireError
from taskwire.handlers import Handlers
from taskwire.plan import PlanStep
from taskwire.produce import StepProducer, TaskProducer
from taskwire.publisher import Publisher


class Desk:
    """A service's log, as far as a producer needs it."""

    def __init__(self, **options: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.refuse: str | None = None
        self._options = options

    async def append(self, task_id: str, events: Sequence[str], *, give_up_ms: float | None = None, on_retry: Any = None) -> dict[str, int]:
        if self.refuse is not None:
            raise TaskwireError(self.refuse)
        self.events += [json.loads(event) for event in events]
        return {"last_seq": len(self.events)}

    async def create(self) -> str:
        return "t1"

    def task(self) -> TaskProducer:
        return TaskProducer(self.create, lambda task_id, **how: Publisher(self.append, task_id, **how), join_ms=5, **self._options)

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["type"] == kind]


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


def reports(step: StepProducer) -> None:
    for percent in (25, 50, 75):
        step.progress(percent)


async def reports_later(step: StepProducer) -> None:
    for percent in (25, 50, 75):
        await asyncio.sleep(0)
        await step.progress(percent)


def test_a_plan_of_three_steps_is_seventeen_events() -> None:
    async def work() -> None:
        desk = Desk()
        async with desk.task() as task:
            await task.run([{"name": "a", "run": reports}, PlanStep("b", reports_later), {"name": "c", "run": reports, "agent": "judge"}])
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
    def breaks(step: StepProducer) -> None:
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
                while "message.delta" not in desk.types:
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
            task.request_input("approval", "Pay 100?")
            task.emit("x.acme.noted", {"a": 1}, message="Noted.")
            step = task.step("half", step_id="mine")
            step.failed(ValueError("no"), will_retry=True)
            task.canceled("enough")
        assert desk.types == ["task.started", "task.progress", "tool.started", "tool.progress", "tool.completed", "artifact.created", "metrics.updated", "input.requested", "x.acme.noted", "step.started", "step.failed", "task.canceled"]
        assert desk.data("tool.progress") == [{"tool_call_id": "tool-1", "output_delta": "found"}]
        assert desk.data("input.requested") == [{"request_id": "input-1", "kind": "approval", "prompt": "Pay 100?"}]
        assert desk.data("step.failed")[0] | {"error": None} == {"step_id": "mine", "error": None, "will_retry": True}
        assert desk.events[8]["message"] == "Noted."

    run(work)


def test_an_event_after_the_end_is_told_to_who_waits_and_otherwise_at_the_end() -> None:
    async def work() -> None:
        async with Desk().task() as task:
            await task.completed()
            with pytest.raises(TaskwireError, match="after the task's end"):
                await task.log("late")
        with pytest.raises(TaskwireError, match="after the task's end"):
            async with Desk().task() as task:
                task.completed()
                task.log("late")

    run(work)


def test_what_was_raised_counts_even_where_its_telling_fails() -> None:
    async def work() -> None:
        said: list[dict[str, Any]] = []
        desk = Desk(log=said.append)
        with pytest.raises(ValueError, match="mine"):
            async with desk.task():
                desk.refuse = "fenced"
                raise ValueError("mine")
        assert said == [{"event": "end_untold", "code": "fenced"}]

    run(work)


def test_handlers_sync_and_async_several_per_type_and_one_that_throws_disturbs_nothing() -> None:
    async def work() -> None:
        wrong: list[str] = []
        seen: list[str] = []
        handlers = Handlers(on_error=lambda event, error: wrong.append(f"{event['type']} {error}"))

        @handlers.on("step.started", "step.completed")
        def first(event: dict[str, Any]) -> None:
            seen.append(f"sync {event['type']}")
            raise ValueError("broken")

        @handlers.on("step.completed")
        async def second(event: dict[str, Any]) -> None:
            await asyncio.sleep(0.001)
            seen.append(f"async {event['type']} of {event['task_id']}")

        remove = handlers.add("*", lambda event: seen.append("never"))
        remove()
        desk = Desk(handlers=handlers)
        async with desk.task() as task:
            await task.run([{"name": "a"}])
        assert seen == ["sync step.started", "sync step.completed", "async step.completed of t1"]
        assert wrong == ["step.started broken", "step.completed broken"]
        assert desk.types == ["task.started", "step.started", "step.completed", "task.completed"]

        async def events() -> Any:
            for event in desk.events:
                yield {**event, "task_id": "t2"}

        await handlers.run(events())
        assert seen[-2:] == ["sync step.completed", "async step.completed of t2"]

    run(work)
