"""The execution wrapper of research plans: runs a plan of steps, and tells of it by itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .commands import Desk
from .errors import TaskwireError
from .handlers import Handlers
from .predecessor_events import EventType, StreamEvent
from .producer import Producer
from .publisher import Room

if TYPE_CHECKING:
    from .predecessors import StreamingManager


class StepContext:
    """What a step at work has of its plan."""

    def __init__(self, execution: PlanExecution, step_id: str, name: str, results: Mapping[str, Any]) -> None:
        """Of the step that goes on. `results`: what the steps before it came to, by id."""
        self.plan_id, self.step_id, self.name, self.results = execution.plan_id, step_id, name, results
        self._execution = execution

    async def progress(self, progress: float, message: str = "", **data: Any) -> None:
        """How far the step is, 0 to 1."""
        await self._execution.manager.step_progress(self.plan_id, self.step_id, progress, message or self.name, **data)

    async def pause_point(self) -> None:
        """Where the work may rest: waits while the plan is paused."""
        await self._execution.pause_point()


class PlanExecution:
    """Runs a plan of steps (`{step_id, name, run(context), quality_gates}`, sync or async) and tells of it by itself.

    Per step its start, 25, 50 and 75 %, its end; with the plan's start and end 17 events for three steps. What quality gates find
    (a score, a yes or no, or a mapping with `quality_score`) comes on top. A step that raises fails the plan. It may be paused, resumed
    and canceled here, and by the service's commands from anywhere.
    """

    def __init__(
        self,
        manager: StreamingManager,
        plan_id: str,
        steps: Iterable[Mapping[str, Any]],
        *,
        query: str = "",
        research_type: str = "",
        quality_gates: Iterable[Callable[[Any], Any]] = (),
        threshold: float = 0.7,
        resume: bool = False,
    ) -> None:
        """`quality_gates` are asked of each step's result, beside the step's own. `resume`: steps that an earlier run completed are not run again."""
        self.manager, self.plan_id = manager, plan_id
        self._waiting: list[Mapping[str, Any]] = [_named(step, at) for at, step in enumerate(steps)]
        self._about = {"query": query, "research_type": research_type}
        self._gates, self._threshold, self._resume = tuple(quality_gates), threshold, resume
        #: What steps came to, by id.
        self.results: dict[str, Any] = {}
        #: Names of the steps that have begun, by id.
        self._begun: dict[str, str] = {}
        self._going = asyncio.Event()
        self._going.set()
        self._reason: str | None = None
        self._desk: Desk | None = None
        self._body: asyncio.Future[None] | None = None

    def pause(self, reason: str | None = None) -> None:
        """Rests before the next step, or at a step's own pause point."""
        self._reason = reason
        self._going.clear()

    def resume(self) -> None:
        """Goes on."""
        self._going.set()

    async def pause_point(self) -> None:
        """Waits while the plan is paused, here or by a command."""
        if self._desk is not None:
            await self._desk.pause_point()
        if not self._going.is_set():
            await self.manager.plan_paused(self.plan_id, self._reason)
            await self._going.wait()
            await self.manager.plan_resumed(self.plan_id)

    async def change(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Puts other steps in place of those that have not begun: added, left out, in another order."""
        self._waiting = [_named(step, at + len(self._begun)) for at, step in enumerate(steps)]
        names = {**self._begun, **{str(step["step_id"]): str(step["name"]) for step in self._waiting}}
        whole = [{"step_id": step_id, "title": name} for step_id, name in names.items()]
        await (await self.manager.producer(self.plan_id)).emit("plan.updated", {"steps": whole})

    async def run(self) -> list[Any]:
        """Runs it to its end. Raises what a step raised, `canceled` where somebody canceled the plan."""
        total = len(self._waiting)
        done = await self._done() if self._resume else {}
        if not done:
            await self.manager.plan_started(self.plan_id, self._about["query"], total, self._about["research_type"])
        self.results.update(done)
        self._begun.update({step_id: step_id for step_id in done})
        producer = await self.manager.producer(self.plan_id)
        await producer.flush()
        self._desk = Desk(lambda type, data=None, **envelope: self._told(producer, type, data, envelope), lambda error: self._cancel(), Handlers(lambda entry: None))
        following = asyncio.ensure_future(self._follow(self._desk, await self.manager.client.get(self.plan_id)))
        self._body = asyncio.ensure_future(self._steps(total))
        try:
            await asyncio.wait({self._body})
            return await self._outcome(producer)
        except asyncio.CancelledError:
            await self._stopped(producer)
            raise
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _outcome(self, producer: Producer) -> list[Any]:
        body, desk = self._body, self._desk
        assert body is not None
        assert desk is not None
        if body.cancelled():
            canceled = desk.canceled
            if canceled is not None:
                producer.emit("command.applied", {"command_id": canceled.command_id, "command": "cancel"})
            await self._canceled(producer, None)
            raise TaskwireError("canceled", "The plan was canceled.")
        error = body.exception()
        if error is not None:
            if not self.manager.ended(self.plan_id):
                await self.manager.plan_failed(self.plan_id, error)
            raise error
        await self.manager.plan_completed(self.plan_id, steps_completed=len(self.results))
        return list(self.results.values())

    async def _stopped(self, producer: Producer) -> None:
        """Whoever ran it was cancelled: nobody goes on with the plan."""
        assert self._body is not None
        self._body.cancel()
        await asyncio.gather(self._body, return_exceptions=True)
        await self._canceled(producer, "The agent was stopped.")

    async def _canceled(self, producer: Producer, reason: str | None) -> None:
        if not producer.over:
            producer.canceled(reason)
            self.manager.tell(StreamEvent(EventType.PLAN_FAILED.value, self.plan_id, {"error": reason or "The plan was canceled.", "code": "canceled"}))
        await self.manager.end(self.plan_id)

    def _cancel(self) -> None:
        if self._body is not None:
            self._body.cancel()

    def _told(self, producer: Producer, type: str, data: dict[str, Any] | None, envelope: dict[str, Any]) -> Room:
        """What commands make the plan tell, handlers are told too."""
        room = producer.emit(type, data, **envelope)
        kinds = {"task.paused": EventType.PLAN_PAUSED, "task.resumed": EventType.PLAN_RESUMED}
        if type in kinds:
            self.manager.tell(StreamEvent(kinds[type].value, self.plan_id, dict(data or {})))
        return room

    async def _follow(self, desk: Desk, state: Mapping[str, Any]) -> None:
        """Commands to the plan stand in its own log; those that an earlier run did not come to, too."""
        for command in state["snapshot"].get("commands", ()):
            if command["status"] == "accepted":
                desk.take("command.accepted", command, True)
        desk.begin()
        async for event in self.manager.client.follow(self.plan_id, after=state["cursor"]):
            desk.take(event.type, event.data, False)

    async def _done(self) -> dict[str, Any]:
        """What an earlier run has completed."""
        try:
            state = await self.manager.client.get(self.plan_id)
        except TaskwireError as error:
            if error.code != "task_unknown":
                raise
            return {}
        return {str(step["step_id"]): step.get("output") for step in state["snapshot"]["steps"] if step["status"] == "completed"}

    async def _steps(self, total: int) -> None:
        while self._waiting:
            step = self._waiting.pop(0)
            if step["step_id"] in self.results:
                continue
            await self.pause_point()
            await self._step(step, len(self.results) + 1, max(total, len(self.results) + 1 + len(self._waiting)))

    async def _step(self, step: Mapping[str, Any], index: int, total: int) -> None:
        manager, plan_id, step_id, name = self.manager, self.plan_id, str(step["step_id"]), str(step["name"])
        self._begun[step_id] = name
        about = {key: value for key, value in step.items() if key not in ("step_id", "name", "run", "quality_gates")}
        await manager.step_started(plan_id, step_id, name, index=index, total=total, **about)
        try:
            await manager.step_progress(plan_id, step_id, 0.25, f"{name}: begun")
            work = step.get("run")
            result = None if work is None else await _value(work(StepContext(self, step_id, name, dict(self.results))))
            await manager.step_progress(plan_id, step_id, 0.5, f"{name}: worked")
            scores = [await self._check(gate, result, step_id) for gate in (*self._gates, *step.get("quality_gates", ()))]
            await manager.step_progress(plan_id, step_id, 0.75, f"{name}: checked")
        except Exception as error:
            await manager.step_failed(plan_id, step_id, error)
            raise
        self.results[step_id] = result
        await manager.step_completed(plan_id, step_id, result, quality_score=min(scores, default=None))

    async def _check(self, gate: Callable[[Any], Any], result: Any, step_id: str) -> float:
        found = await _value(gate(result))
        given = dict(found) if isinstance(found, Mapping) else {"quality_score": float(found)}
        score = float(given.pop("quality_score", 0.0))
        about = {"check": getattr(gate, "__name__", "quality"), "threshold": self._threshold, "passed": score >= float(given.get("threshold", self._threshold))}
        await self.manager.quality_check(self.plan_id, score, step_id, **{**about, **given})
        return min(1.0, max(0.0, score))


def _named(step: Mapping[str, Any], at: int) -> Mapping[str, Any]:
    """A step with its id and its name."""
    step_id = str(step.get("step_id") or f"step-{at + 1}")
    return {**step, "step_id": step_id, "name": step.get("name") or step_id}


async def _value(given: Any) -> Any:
    return await given if inspect.isawaitable(given) else given
