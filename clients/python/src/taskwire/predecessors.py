"""For agents that streamed research plans before: the same methods, handlers and execution wrapper, told to Taskwire.

An agent changes its import. Its clients keep theirs: the service speaks to them as it always was (`src/dialects` of Taskwire). What each
event is in the catalogue, `predecessor_events.py` says.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from .client import AsyncClient
from .connection import LogHook
from .errors import TaskwireError
from .handlers import Handlers
from .predecessor_events import ENDS, UNTOLD, EventType, StreamEvent, canonical, name_of
from .predecessor_execution import PlanExecution, StepContext
from .producer import Producer
from .producer_parts import trouble_of
from .publisher import PublisherOptions
from .timing import RealTiming
from .tokens import TokenSource

__all__ = ["EventType", "PlanExecution", "StepContext", "StreamEvent", "StreamingManager"]

#: Told of one event: sync or async.
StreamHandler = Callable[[StreamEvent], Any]

#: So many plans that are over are remembered, so that what comes late is dropped and begins no plan anew.
_REMEMBERED = 1_000


class StreamingManager:
    """Streams plans. Handlers are told of every event as it is sent: sync or async, several per type; one that raises disturbs nothing.

    Every method may be awaited without fear of the network: what is told is kept and repeated while the service is away. `async with`,
    or `aclose()`, waits until all is in the log. What is told of a plan that is over is dropped.
    """

    def __init__(
        self,
        url: str = "",
        token: TokenSource = "",
        *,
        client: AsyncClient | None = None,
        kind: str = "research-plan",
        access: str = "link",
        log: LogHook | None = None,
    ) -> None:
        """Of the service at `url`, or of a client that there is already. `access`: `link`, so that clients without a token see its plans, or `owner`."""
        self._own = client is None
        self.client = client or AsyncClient(url, token, log=log)
        self._kind, self._access = kind, access
        self._log: LogHook = log or (lambda entry: None)
        self._handlers = Handlers(self._log)
        self._plans: dict[str, asyncio.Task[Producer]] = {}
        self._over: OrderedDict[str, None] = OrderedDict()

    async def __aenter__(self) -> StreamingManager:
        """The manager itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Waits until all is in the log."""
        await self.aclose()

    async def aclose(self) -> None:
        """Returns when all that was told is in the log, and all handlers are done."""
        try:
            for plan_id in tuple(self._plans):
                await self.flush(plan_id)
            await self._handlers.settled()
        finally:
            for plan in self._plans.values():
                if plan.done() and not plan.cancelled() and plan.exception() is None:
                    await plan.result().aclose()
            self._plans.clear()
            if self._own:
                await self.client.aclose()

    async def flush(self, plan_id: str) -> None:
        """Returns when everything told of a plan so far is in the log."""
        if plan_id in self._plans:
            await (await self._plans[plan_id]).flush()

    def on(self, event_type: EventType | str, handler: StreamHandler) -> Callable[[], None]:
        """Calls `handler` with each event of a type, `*` for all; the answer ends that."""
        return self._handlers.on("*" if event_type == "*" else name_of(event_type), handler)

    def alert_below(self, score: float, handler: StreamHandler) -> Callable[[], None]:
        """Calls `handler` with each quality check, and each completed step, whose score is below; the answer ends that."""

        def judge(event: StreamEvent) -> Any:
            found = event.data.get("quality_score")
            return handler(event) if isinstance(found, (int, float)) and found < score else None

        ended = [self.on(kind, judge) for kind in (EventType.QUALITY_CHECK, EventType.STEP_COMPLETED)]
        return lambda: [end() for end in ended].clear()

    async def emit(self, event_type: EventType | str, plan_id: str, data: Mapping[str, Any] | None = None, step_id: str | None = None) -> StreamEvent:
        """Tells any event of a plan; the first one creates it. Raises `event_type_unknown`, and what makes publishing impossible."""
        event = StreamEvent(name_of(event_type), plan_id, dict(data or {}), step_id)
        if plan_id in self._over:
            self._log({"event": "event_dropped", "type": event.event_type})
            return event
        if event.event_type not in UNTOLD:
            kind, stored = canonical(event)
            producer = await self.producer(plan_id, event)
            await producer.emit(kind, stored, id=event.event_id, time=event.timestamp, **({} if step_id is None else {"step_id": step_id}))
        self._handlers.tell(event.event_type, event)
        if event.event_type in ENDS:
            await self.end(plan_id)
        return event

    async def producer(self, plan_id: str, first: StreamEvent | None = None) -> Producer:
        """The plan's task, created where it is not there yet: for events that only the catalogue has."""
        if plan_id not in self._plans:
            self._plans[plan_id] = asyncio.ensure_future(self._begin(plan_id, dict(first.data) if first is not None and first.event_type == EventType.PLAN_STARTED else {}))
        plan = self._plans[plan_id]
        try:
            # Several may wait for it: that one is cancelled does not end it.
            return await asyncio.shield(plan)
        except TaskwireError:
            self._plans.pop(plan_id, None)
            raise

    async def _begin(self, plan_id: str, about: Mapping[str, Any]) -> Producer:
        asked = {name: about[name] for name in ("query", "research_type") if about.get(name)}
        title = {"title": str(asked["query"])[:256]} if "query" in asked else {}
        try:
            await self.client.create({"task_id": plan_id, "kind": self._kind, "access": self._access, **title, **({"input": asked} if asked else {})})
        except TaskwireError as error:
            # An agent that was started again goes on with its plan.
            if error.code != "id_taken":
                raise
        publisher = self.client.publisher(plan_id, PublisherOptions(on_refused=self._refused))
        return Producer(plan_id, publisher, RealTiming(), 30, self._log)

    def _refused(self, event: str, error: TaskwireError) -> None:
        self._log({"event": "event_refused", "code": error.code})

    async def end(self, plan_id: str) -> None:
        """Returns when all of a plan is in the log, whose end was told; what comes later is dropped."""
        self._over[plan_id] = None
        while len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
        await self.flush(plan_id)
        plan = self._plans.pop(plan_id, None)
        if plan is not None:
            await (await plan).aclose()

    def ended(self, plan_id: str) -> bool:
        """Whether its end was told here."""
        return plan_id in self._over

    def tell(self, event: StreamEvent) -> None:
        """Tells handlers of what was published by other means."""
        self._handlers.tell(event.event_type, event)

    async def plan_started(self, plan_id: str, query: str = "", total_steps: int = 0, research_type: str = "", **data: Any) -> StreamEvent:
        """A plan begins."""
        return await self.emit(EventType.PLAN_STARTED, plan_id, {"query": query, "total_steps": total_steps, "research_type": research_type, **data})

    async def plan_completed(self, plan_id: str, **data: Any) -> StreamEvent:
        """A plan is done; all of it is in the log when this returns."""
        return await self.emit(EventType.PLAN_COMPLETED, plan_id, data)

    async def plan_failed(self, plan_id: str, error: str | BaseException = "", **data: Any) -> StreamEvent:
        """A plan has failed; all of it is in the log when this returns."""
        return await self.emit(EventType.PLAN_FAILED, plan_id, {**_trouble(error), **data})

    async def plan_paused(self, plan_id: str, reason: str | None = None, **data: Any) -> StreamEvent:
        """A plan rests."""
        return await self.emit(EventType.PLAN_PAUSED, plan_id, {**data, **({} if reason is None else {"reason": reason})})

    async def plan_resumed(self, plan_id: str, **data: Any) -> StreamEvent:
        """A plan goes on."""
        return await self.emit(EventType.PLAN_RESUMED, plan_id, data)

    async def step_started(self, plan_id: str, step_id: str, name: str = "", **data: Any) -> StreamEvent:
        """A step begins."""
        return await self.emit(EventType.STEP_STARTED, plan_id, {**({"name": name} if name else {}), **data}, step_id)

    async def step_progress(self, plan_id: str, step_id: str, progress: float | None = None, message: str = "", **data: Any) -> StreamEvent:
        """How far a step is, 0 to 1; or by `current` and `total`."""
        amount = {} if progress is None else {"progress": progress}
        return await self.emit(EventType.STEP_PROGRESS, plan_id, {**amount, **({"message": message} if message else {}), **data}, step_id)

    async def step_completed(self, plan_id: str, step_id: str, data: Any = None, *, status: str = "completed", quality_score: float | None = None, **more: Any) -> StreamEvent:
        """A step is done. `quality_score`: 0 to 1."""
        score = {} if quality_score is None else {"quality_score": quality_score}
        return await self.emit(EventType.STEP_COMPLETED, plan_id, {**more, "status": status, **score, "data": {} if data is None else data}, step_id)

    async def step_failed(self, plan_id: str, step_id: str, error: str | BaseException = "", **data: Any) -> StreamEvent:
        """A step has failed; with `will_retry=True` it will be tried again."""
        return await self.emit(EventType.STEP_FAILED, plan_id, {**_trouble(error), **data}, step_id)

    async def quality_check(self, plan_id: str, quality_score: float, step_id: str | None = None, **data: Any) -> StreamEvent:
        """What was found of the quality, 0 to 1; also `check`, `passed`, `threshold`, `issues`."""
        return await self.emit(EventType.QUALITY_CHECK, plan_id, {"quality_score": quality_score, **data}, step_id)

    async def review_required(self, plan_id: str, prompt: str = "", step_id: str | None = None, **data: Any) -> StreamEvent:
        """Somebody is to look at it; also `options`, `schema`."""
        return await self.emit(EventType.REVIEW_REQUIRED, plan_id, {"prompt": prompt, **data}, step_id)

    async def metrics_update(self, plan_id: str, metrics: Mapping[str, Any] | None = None, **data: Any) -> StreamEvent:
        """Figures by name."""
        return await self.emit(EventType.METRICS_UPDATE, plan_id, {**(metrics or {}), **data})

    async def health_update(self, plan_id: str, status: str = "ok", **data: Any) -> StreamEvent:
        """How the agent is: `ok`, `degraded`, `failing`."""
        return await self.emit(EventType.HEALTH_UPDATE, plan_id, {"status": status, **data})

    async def error(self, plan_id: str, message: str, **data: Any) -> StreamEvent:
        """Something went wrong that does not end the plan."""
        return await self.emit(EventType.ERROR, plan_id, {"message": message, **data})

    def execution(self, plan_id: str, steps: Iterable[Mapping[str, Any]], **options: Any) -> PlanExecution:
        """A plan to be run that tells of itself: see `PlanExecution`."""
        return PlanExecution(self, plan_id, steps, **options)

    async def execute(self, plan_id: str, steps: Iterable[Mapping[str, Any]], **options: Any) -> list[Any]:
        """Runs a plan of steps and tells of all of it; answers what each step came to."""
        return await self.execution(plan_id, steps, **options).run()


def _trouble(error: str | BaseException) -> dict[str, Any]:
    if isinstance(error, str):
        return {"error": error}
    trouble = trouble_of(error)
    return {"error": trouble["message"], "code": trouble["code"]}
