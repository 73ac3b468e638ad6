# ruff: noqa: E501
"""An agent of research plans: its methods, handlers and execution wrapper, and what is stored of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from taskwire.append import Append
from taskwire.client import AsyncClient
from taskwire.errors import TaskwireError
from taskwire.event import Event
from taskwire.predecessor_events import canonical
from taskwire.predecessors import EventType, StepContext, StreamEvent, StreamingManager
from taskwire.publisher import Publisher, PublisherOptions
from taskwire.timing import RealTiming


class Service:
    """As much of a client as a manager needs."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.orders: asyncio.Queue[Event] = asyncio.Queue()
        self.snapshot: dict[str, Any] = {"steps": []}
        self.refuse: str | None = None
        self.closed = False

    async def create(self, task: Mapping[str, Any]) -> dict[str, Any]:
        if self.refuse is not None:
            raise TaskwireError(self.refuse)
        await asyncio.sleep(0)
        self.created.append(dict(task))
        return {"task_id": task["task_id"]}

    async def append(self, task_id: str, events: Sequence[str], give_up_ms: float | None = None, on_retry: Any = None) -> dict[str, int]:
        log = self.logs.setdefault(task_id, [])
        log += [json.loads(event) for event in events]
        return {"last_seq": len(log)}

    def publisher(self, task_id: str, options: PublisherOptions) -> Publisher:
        return Publisher(cast("Append", self.append), RealTiming(), task_id, options._replace(delay_ms=1))

    async def get(self, task_id: str) -> dict[str, Any]:
        return {"snapshot": self.snapshot, "cursor": "here"}

    async def follow(self, task_id: str, after: str | None = None) -> AsyncGenerator[Event, None]:
        assert after == "here"
        while True:
            yield await self.orders.get()

    async def aclose(self) -> None:
        self.closed = True

    def order(self, command: str, command_id: str) -> None:
        raw = {"type": "command.accepted", "task_id": "p1", "seq": 99, "data": {"command_id": command_id, "command": command}}
        self.orders.put_nowait(Event(raw))

    def manager(self, said: list[Any] | None = None) -> StreamingManager:
        return StreamingManager(client=cast("AsyncClient", self), log=(said if said is not None else []).append)

    def types(self, plan_id: str = "p1") -> list[str]:
        return [event["type"] for event in self.logs.get(plan_id, [])]

    def data(self, kind: str, plan_id: str = "p1") -> list[dict[str, Any]]:
        return [event["data"] for event in self.logs.get(plan_id, []) if event["type"] == kind]


def run(work: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(work(), 20))


THREE = [{"step_id": f"s{at}", "name": name} for at, name in enumerate(("search", "read", "write"), 1)]
STEP = ["step.started", "step.progress", "step.progress", "step.progress", "step.completed"]


def test_a_plan_of_three_steps_tells_seventeen_events_by_itself() -> None:
    async def work() -> None:
        service = Service()
        heard: list[StreamEvent] = []
        async with service.manager() as manager:
            manager.on("*", heard.append)

            async def read(context: StepContext) -> dict[str, int]:
                await asyncio.sleep(0)
                return {"found": context.results["s1"] * 2}

            steps = [{**THREE[0], "run": lambda context: 21}, {**THREE[1], "run": read}, THREE[2]]
            assert await manager.execute("p1", steps, query="Why?", research_type="literature") == [21, {"found": 42}, None]
        kinds = ["step_started", "step_progress", "step_progress", "step_progress", "step_completed"]
        assert [event.event_type for event in heard] == ["plan_started", *kinds, *kinds, *kinds, "plan_completed"]
        assert service.types() == ["task.started", *STEP, *STEP, *STEP, "task.completed"]
        assert len(service.types()) == 17
        assert service.created == [{"task_id": "p1", "kind": "research-plan", "access": "link", "title": "Why?", "input": {"query": "Why?", "research_type": "literature"}}]
        assert service.data("task.started") == [{"query": "Why?", "total_steps": 3, "research_type": "literature", "attempt": 1}]
        assert [data["percent"] for data in service.data("step.progress")] == [25, 50, 75] * 3
        assert service.data("step.started")[1] == {"name": "read", "index": 2, "total": 3, "step_id": "s2"}
        assert service.data("step.completed")[1] == {"status": "completed", "output": {"found": 42}, "step_id": "s2"}
        assert [event["id"] for event in service.logs["p1"]] == [event.event_id for event in heard]
        assert not service.closed

    run(work)


def test_quality_gates_come_on_top_and_low_scores_are_told() -> None:
    async def work() -> None:
        service = Service()
        low: list[str] = []

        def sources(result: int) -> float:
            return 0.9

        async def tone(result: int) -> dict[str, Any]:
            return {"quality_score": 0.4, "check": "tone", "issues": ["Too loud"]}

        async with service.manager() as manager:
            manager.alert_below(0.5, lambda event: low.append(f"{event.event_type} {event.data['quality_score']}"))
            await manager.execute("p1", [{"name": "a", "run": lambda context: 1, "quality_gates": [tone]}], quality_gates=[sources])
        assert service.types() == ["task.started", "step.started", "step.progress", "step.progress", "quality.checked", "quality.checked", "step.progress", "step.completed", "task.completed"]
        assert service.data("quality.checked") == [
            {"check": "sources", "threshold": 0.7, "passed": True, "score": 0.9, "step_id": "step-1"},
            {"check": "tone", "threshold": 0.7, "passed": False, "issues": ["Too loud"], "score": 0.4, "step_id": "step-1"},
        ]
        assert service.data("step.completed")[0]["quality_score"] == 0.4
        assert low == ["quality_check 0.4", "step_completed 0.4"]

    run(work)


def test_a_step_that_raises_fails_the_plan() -> None:
    class NoInk(Exception):
        code = "no_ink"

    def write(context: StepContext) -> None:
        raise NoInk("No ink is left.")

    async def work() -> None:
        service = Service()
        async with service.manager() as manager:
            with pytest.raises(NoInk):
                await manager.execute("p1", [THREE[0], {**THREE[1], "run": write}, THREE[2]])
        assert service.types()[-3:] == ["step.progress", "step.failed", "task.failed"]
        error = {"code": "no_ink", "message": "No ink is left.", "retryable": False}
        assert service.data("step.failed") == [{"step_id": "s2", "error": error, "will_retry": False}]
        assert service.data("task.failed") == [{"error": error}]

    run(work)


def test_handlers_sync_and_async_several_per_type_and_one_that_raises_disturbs_nothing() -> None:
    async def work() -> None:
        service = Service()
        seen: list[str] = []
        said: list[Any] = []

        def first(event: StreamEvent) -> None:
            seen.append(f"sync {event.plan_id}")
            raise ValueError("broken")

        async def second(event: StreamEvent) -> None:
            await asyncio.sleep(0.001)
            seen.append(f"async {event.step_id}")
            raise ValueError("broken too")

        async with service.manager(said) as manager:
            manager.on(EventType.STEP_STARTED, first)
            manager.on("step_started", second)
            manager.on("step_started", lambda event: seen.append("never"))()
            with pytest.raises(TaskwireError, match="no event 'step_begun'"):
                manager.on("step_begun", first)
            await manager.step_started("p1", "s1")
        assert seen == ["sync p1", "async s1"]
        assert [entry["event"] for entry in said] == ["handler_failed", "handler_failed"]
        assert service.types() == ["step.started"]

    run(work)


def test_every_method_tells_its_event() -> None:
    async def work() -> None:
        service = Service()
        said: list[Any] = []
        async with service.manager(said) as manager:
            await manager.plan_started("p1", "Why?", 2, "literature", depth=3)
            await manager.step_started("p1", "s1", "search", description="Look")
            await manager.step_progress("p1", "s1", 0.333, "A third")
            await manager.step_progress("p1", "s1", current=2, total=4)
            await manager.quality_check("p1", 0.8, "s1", threshold=0.9)
            await manager.review_required("p1", "Is this right?", options=["yes", {"value": "no", "label": "No"}])
            await manager.metrics_update("p1", {"tokens": 3, "model": "m"}, cost=0.5)
            await manager.health_update("p1", "degraded", checks={"web": "slow"})
            await manager.error("p1", "The web is away.", source="web")
            await manager.plan_paused("p1", "Lunch")
            await manager.plan_resumed("p1")
            await manager.step_failed("p1", "s1", "Busy", will_retry=True, code="busy")
            await manager.step_completed("p1", "s1", {"found": 1}, quality_score=2)
            await manager.emit("ping", "p1")
            await manager.plan_completed("p1", pages=3)
            await manager.step_started("p1", "late")
            await manager.plan_failed("p2", KeyError())
            with pytest.raises(TaskwireError, match="needs a step_id"):
                await manager.emit("step_failed", "p3")
        assert service.types() == [
            "task.started", "step.started", "step.progress", "step.progress", "quality.checked", "input.requested", "metrics.updated", "health.updated",
            "log.line", "task.paused", "task.resumed", "step.failed", "step.completed", "task.completed",
        ]  # fmt: skip
        assert service.data("task.started") == [{"query": "Why?", "total_steps": 2, "research_type": "literature", "depth": 3, "attempt": 1}]
        assert service.data("step.progress") == [{"percent": 33.3, "message": "A third", "step_id": "s1"}, {"current": 2, "total": 4, "step_id": "s1"}]
        assert service.data("quality.checked") == [{"check": "quality", "threshold": 0.9, "passed": False, "score": 0.8, "step_id": "s1"}]
        asked = service.data("input.requested")[0]
        assert asked.pop("request_id").startswith("review-")
        assert asked == {"kind": "review", "prompt": "Is this right?", "options": [{"value": "yes"}, {"value": "no", "label": "No"}]}
        assert service.data("metrics.updated") == [{"values": {"tokens": 3, "cost": 0.5}, "model": "m"}]
        assert service.data("health.updated") == [{"status": "degraded", "checks": {"web": "slow"}}]
        assert service.data("log.line") == [{"level": "error", "text": "The web is away.", "fields": {"source": "web"}}]
        assert service.data("task.paused") == [{"reason": "Lunch"}]
        assert service.data("step.failed") == [{"step_id": "s1", "error": {"code": "busy", "message": "Busy", "retryable": False}, "will_retry": True}]
        assert service.data("step.completed") == [{"status": "completed", "quality_score": 1.0, "output": {"found": 1}, "step_id": "s1"}]
        assert service.data("task.completed") == [{"result": {"pages": 3}}]
        assert service.data("task.failed", "p2") == [{"error": {"code": "worker_error", "message": "KeyError", "retryable": False}}]
        assert said == [{"event": "event_dropped", "type": "step_started"}]
        assert [task["task_id"] for task in service.created] == ["p1", "p2"]

    run(work)


def test_a_plan_that_is_there_already_goes_on_and_one_that_cannot_be_made_is_told() -> None:
    async def work() -> None:
        service = Service()
        service.refuse = "id_taken"
        async with service.manager() as manager:
            await asyncio.gather(manager.step_started("p1", "s1"), manager.step_started("p1", "s2"))
            service.refuse = "token_invalid"
            for _ in range(2):
                with pytest.raises(TaskwireError):
                    await manager.plan_started("p2")
            service.refuse = None
            await manager.plan_started("p2")
        assert service.types() == ["step.started", "step.started"]
        assert service.types("p2") == ["task.started"]

    run(work)


def test_a_plan_rests_and_goes_on_here_and_by_commands() -> None:
    async def work() -> None:
        service = Service()
        heard: list[str] = []
        async with service.manager() as manager:
            manager.on("*", lambda event: heard.append(event.event_type))

            def first(context: StepContext) -> None:
                execution.pause("Lunch")
                asyncio.get_running_loop().call_later(0.01, execution.resume)

            async def second(context: StepContext) -> None:
                service.order("pause", "c1")
                while service.orders.qsize() > 0:  # noqa: ASYNC110
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
                asyncio.get_running_loop().call_later(0.01, lambda: service.order("resume", "c2"))
                await context.pause_point()
                await context.progress(0.4, "Rested")

            execution = manager.execution("p1", [{**THREE[0], "run": first}, {**THREE[1], "run": second}])
            await execution.run()
        rests = [kind for kind in service.types() if kind.startswith(("task.", "command."))]
        assert rests == ["task.started", "task.paused", "task.resumed", "task.paused", "command.applied", "task.resumed", "command.applied", "task.completed"]
        assert heard.count("plan_paused") == 2
        assert heard.count("plan_resumed") == 2
        assert service.data("task.paused")[0] == {"reason": "Lunch"}

    run(work)


def test_a_command_cancels_a_plan_and_so_does_who_runs_it() -> None:
    async def forever(context: StepContext) -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        service = Service()
        async with service.manager() as manager:
            running = asyncio.ensure_future(manager.execute("p1", [{**THREE[0], "run": forever}]))
            while "step.progress" not in service.types():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            service.order("cancel", "c1")
            with pytest.raises(TaskwireError, match="canceled"):
                await running
            assert service.types()[-2:] == ["command.applied", "task.canceled"]
            running = asyncio.ensure_future(manager.execute("p2", [{**THREE[0], "run": forever}]))
            while "step.progress" not in service.types("p2"):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        assert service.data("task.canceled", "p2") == [{"reason": "The agent was stopped."}]

    run(work)


def test_a_running_plan_is_changed() -> None:
    async def work() -> None:
        service = Service()
        async with service.manager() as manager:

            async def first(context: StepContext) -> None:
                await execution.change([{"step_id": "s3", "name": "write"}, {"step_id": "s4", "name": "print"}, {"step_id": "s2", "name": "read"}])

            execution = manager.execution("p1", [{**THREE[0], "run": first}, THREE[1]])
            await execution.run()
        assert [data["step_id"] for data in service.data("step.started")] == ["s1", "s3", "s4", "s2"]
        assert [step["step_id"] for step in service.data("plan.updated")[0]["steps"]] == ["s1", "s3", "s4", "s2"]
        assert service.data("step.started")[-1]["total"] == 4

    run(work)


def test_an_agent_that_was_started_again_does_not_repeat_what_is_done() -> None:
    async def work() -> None:
        service = Service()
        service.refuse = "id_taken"
        service.snapshot = {"steps": [{"step_id": "s1", "status": "completed", "output": 21}, {"step_id": "s2", "status": "running"}]}
        async with service.manager() as manager:
            steps = [{**THREE[0], "run": lambda context: 1 / 0}, {**THREE[1], "run": lambda context: context.results["s1"] * 2}]
            assert await manager.execute("p1", steps, resume=True) == [21, 42]
        assert service.types() == [*STEP, "task.completed"]
        assert service.data("step.started")[0]["index"] == 2

    run(work)


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind not in (EventType.PING, EventType.PONG)])
def test_every_type_is_one_of_the_catalogue(kind: EventType) -> None:
    from taskwire.generated.catalog import PRODUCER_TYPES

    stored, data = canonical(StreamEvent(kind.value, "p1", {}, "s1"))
    assert stored in PRODUCER_TYPES
    json.dumps(data)
