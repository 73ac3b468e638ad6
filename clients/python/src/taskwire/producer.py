"""A task's producer: helpers for what a worker tells, and a lifecycle that tells itself."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any

from .connection import LogHook
from .deltas import Deltas
from .errors import TaskwireError
from .frames import is_terminal
from .handlers import Handlers
from .producer_parts import Emit, Message, Step, Tool, trouble_of
from .publisher import Publisher, PublisherOptions, Room
from .timing import Timing


class Producer:
    """What a worker has of its task. Every call may be awaited: it then waits where too much is on its way.

    Handlers (`on`) are told of every event as it is sent: sync or async, several per type; one that raises disturbs nothing.
    """

    def __init__(self, task_id: str, publisher: Publisher, timing: Timing, join_ms: float, log: LogHook) -> None:
        """Of a task that exists."""
        self.task_id = task_id
        self._publisher = publisher
        self._handlers = Handlers(log)
        self._counts: dict[str, int] = {}
        self._deltas = Deltas(timing, join_ms, lambda kind, data: self._push({"type": kind, "data": data}))
        #: Whether the task's end was told.
        self.over = False

    def on(self, type: str, handler: Callable[[Any], Any]) -> Callable[[], None]:
        """Calls `handler` with each event of a type (`*`: of all) that is sent; the answer ends that."""
        return self._handlers.on(type, handler)

    def emit(self, type: str, data: Mapping[str, Any] | None = None, **envelope: Any) -> Room:
        """Any event of the catalogue, or `x.<vendor>.<name>`."""
        self._deltas.flush()
        return self._push({"type": type, **envelope, "data": dict(data or {})})

    def _push(self, event: dict[str, Any]) -> Room:
        if self.over:
            raise TaskwireError("closed", f'"{event["type"]}" came after the task\'s end.')
        room = self._publisher.push(event)
        self.over = is_terminal(event["type"])
        self._handlers.tell(event["type"], event)
        return room

    def _id(self, family: str, given: Any) -> str:
        if isinstance(given, str):
            return given
        self._counts[family] = self._counts.get(family, 0) + 1
        return f"{family}-{self._counts[family]}"

    def progress(self, percent: float, **fields: Any) -> Room:
        """How far the task is, 0 to 100; also `stage`, `message`, …"""
        return self.emit("task.progress", {"percent": percent, **fields})

    def log(self, text: str, level: str = "info", **fields: Any) -> Room:
        """A line of log."""
        return self.emit("log.line", {"level": level, "text": text, **fields})

    def artifact(self, **fields: Any) -> Room:
        """Something was made: `name`, `media_type`, `ref` or `inline`, …"""
        return self.emit("artifact.created", {"artifact_id": self._id("artifact", fields.get("artifact_id")), **fields})

    def metrics(self, values: Mapping[str, float]) -> Room:
        """Figures by name."""
        return self.emit("metrics.updated", {"values": dict(values)})

    def step(self, name: str, **fields: Any) -> Step:
        """A step: completed or failed by hand, or by itself when its context is left."""
        return Step(self._emit, self._id("step", fields.pop("step_id", None)), name, fields)

    def tool(self, name: str, **fields: Any) -> Tool:
        """A call of a tool; likewise."""
        return Tool(self._emit, self._id("tool", fields.pop("tool_call_id", None)), name, fields)

    def message(self, **fields: Any) -> Message:
        """A message, written piece by piece; likewise."""
        return Message("message", self._emit, self._deltas, self._id("message", fields.pop("message_id", None)), {"role": "assistant", **fields})

    def reasoning(self, **fields: Any) -> Message:
        """A reasoning, written piece by piece; likewise."""
        return Message("reasoning", self._emit, self._deltas, self._id("reasoning", fields.pop("reasoning_id", None)), fields)

    @property
    def _emit(self) -> Emit:
        return self.emit

    async def run(self, plan: Iterable[Mapping[str, Any]]) -> None:
        """Runs steps (`{name, …, run(step)}`, `run` sync or async) one after another and tells of each its start, what it reports, its end."""
        steps = list(plan)
        for at, given in enumerate(steps):
            fields = {"index": at + 1, "total": len(steps), **{name: value for name, value in given.items() if name not in ("name", "run")}}
            work = given.get("run")
            async with self.step(str(given["name"]), **fields) as step:
                result = work(step) if work is not None else None
                if inspect.isawaitable(result):
                    await result

    def completed(self, **fields: Any) -> Room:
        """The task is done; also `result`, `response`, …"""
        return self.emit("task.completed", fields)

    def failed(self, error: BaseException | None = None, **fields: Any) -> Room:
        """The task failed."""
        return self.emit("task.failed", {"error": trouble_of(error), **fields})

    def canceled(self, reason: str | None = None) -> Room:
        """The task was canceled."""
        return self.emit("task.canceled", {} if reason is None else {"reason": reason})

    async def flush(self) -> None:
        """Returns when everything so far is in the log."""
        self._deltas.flush()
        await self._publisher.flush()

    async def settled(self) -> None:
        """Returns when all handlers are done."""
        await self._handlers.settled()

    async def aclose(self) -> None:
        """Gives up what is not in the log."""
        await self._publisher.aclose()


class Producing:
    """The context of a producer: entering creates the task, leaving tells its end and waits until all is in the log."""

    def __init__(
        self,
        create: Callable[[], Awaitable[Mapping[str, Any]]],
        publisher: Callable[[str, PublisherOptions], Publisher],
        timing: Timing,
        log: LogHook,
        options: PublisherOptions,
    ) -> None:
        """Nothing happens before it is entered."""
        self._create, self._publisher, self._timing, self._log, self._options = create, publisher, timing, log, options
        self._producer: Producer | None = None

    async def __aenter__(self) -> Producer:
        """Creates the task and tells `task.started`."""
        task_id = str((await self._create())["task_id"])
        producer = Producer(task_id, self._publisher(task_id, self._options._replace(on_refused=self._refused)), self._timing, self._options.delay_ms, self._log)
        self._producer = producer
        producer.emit("task.started", {"attempt": 1})
        return producer

    def _refused(self, event: str, error: TaskwireError) -> None:
        self._log({"event": "event_refused", "code": error.code})
        if self._options.on_refused is not None:
            self._options.on_refused(event, error)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Tells `task.completed`, or `task.failed` where an error leaves, unless an end was told; passes the error on."""
        producer = self._producer
        if producer is None:
            return
        try:
            if error is None:
                if not producer.over:
                    producer.completed()
                await producer.flush()
            else:
                if not producer.over:
                    producer.failed(error)
                await producer.flush()
        except Exception as untold:
            if error is None:
                raise
            # What was raised counts; that its telling failed too does not hide it.
            self._log({"event": "end_untold", "code": untold.code if isinstance(untold, TaskwireError) else "internal"})
        finally:
            await producer.settled()
            await producer.aclose()
