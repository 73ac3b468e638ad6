"""A worker: leases tasks of a kind, works on each under its lease, and tells what became of it."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from .append import Append
from .connection import LogHook
from .errors import TaskwireError
from .event import Event
from .frames import is_terminal
from .http import Call, CallRequest, OnRetry
from .producer_parts import trouble_of
from .publisher import OF_ONE_EVENT, Publisher, PublisherOptions
from .timing import Timing, pause
from .transport import task_path
from .work_task import Lease, WorkTask

#: A heartbeat is sent after this share of a lease's time without anything published.
_BEAT = 1 / 3
#: After a lease could not be asked for: so long, then again. Milliseconds.
_AGAIN_MS = 1_000
#: Why work ends on a task that is still this worker's to tell of.
_OWN = frozenset({"canceled", "closed"})

#: Told of a task that was not done, and its id.
OnError = Callable[[BaseException, str], Any]


class WorkOptions(NamedTuple):
    """How to work."""

    worker_id: str | None = None
    #: Tasks at once.
    concurrency: int = 1
    #: How long one request waits for a task, at most 30. Seconds.
    wait_seconds: int = 20
    #: What is not done so long after the worker was told to stop is given back. Milliseconds.
    grace_ms: float = 10_000
    #: How long pieces of text wait to be joined. Milliseconds.
    join_ms: float = 30
    #: How long a failed attempt waits for the next one. Seconds.
    retry_delay_seconds: int = 0
    on_error: OnError | None = None
    stop: asyncio.Event | None = None


class WorkerDeps(NamedTuple):
    """What a worker works with."""

    call: Call
    follow: Callable[[str], AsyncGenerator[Event, None]]
    timing: Timing
    log: LogHook


#: Does one task. What it answers is the task's result.
WorkHandler = Callable[[WorkTask], Any]


class _LeasedAppend(Append):
    """Tells what became of each append: a sign of life, or why the work is over."""

    def __init__(self, call: Call, lease: str, alive: Callable[[], None], lost: Callable[[BaseException], None]) -> None:
        super().__init__(call, lease)
        self._alive, self._lost = alive, lost

    async def __call__(self, task_id: str, events: Sequence[str], give_up_ms: float | None = None, on_retry: OnRetry | None = None) -> dict[str, Any]:
        try:
            answer = await super().__call__(task_id, events, give_up_ms, on_retry)
        except TaskwireError as error:
            if error.code not in OF_ONE_EVENT:
                self._lost(error)
            raise
        self._alive()
        return answer


async def take(call: Call, kind: str, wait: int, most: int, worker_id: str | None) -> list[dict[str, Any]]:
    """Takes tasks of a kind; none where none came within `wait` seconds."""
    body = json.dumps({} if worker_id is None else {"worker_id": worker_id}).encode()
    path = f"/v1/work/{quote(kind, safe='')}/lease"
    answer = await call(CallRequest("POST", path, {"wait": wait, "max": most}, {"content-type": "application/json"}, body))
    return list(answer["leases"])


async def work(deps: WorkerDeps, kind: str, handler: WorkHandler, options: WorkOptions) -> None:
    """Works until it is told to stop, and everything that was begun is done or given back."""
    stop = options.stop or asyncio.Event()
    stopping = asyncio.ensure_future(stop.wait())
    running: dict[asyncio.Task[None], _Job] = {}

    def begin(lease: Lease) -> None:
        job = _Job(deps, lease, options)
        task = asyncio.ensure_future(job.run(handler))
        running[task] = job
        task.add_done_callback(lambda done: running.pop(done, None))

    try:
        while not stop.is_set():
            free = options.concurrency - len(running)
            if free <= 0:
                await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
                continue
            for lease in await _unless(stopping, _take_quietly(deps, kind, free, options)) or ():
                begin(lease)
    except asyncio.CancelledError:
        # Nobody waits any more: what runs is given back now.
        for job in running.values():
            job.stop()
        raise
    finally:
        stopping.cancel()
        await _let_go(running, deps.timing, options.grace_ms)


async def _let_go(running: Mapping[asyncio.Task[None], _Job], timing: Timing, grace_ms: float) -> None:
    """Waits for what runs, after the grace has it given back, and where that takes as long again (the service is away) lets it be."""

    def stop() -> None:
        for job in running.values():
            job.stop()

    def let_be() -> None:
        for task in tuple(running):
            task.cancel()

    late, too_late = timing.after(grace_ms, stop), timing.after(2 * grace_ms + _AGAIN_MS, let_be)
    try:
        while running:
            await asyncio.wait(tuple(running))
    except asyncio.CancelledError:
        let_be()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    finally:
        late()
        too_late()


async def _unless(stopping: asyncio.Task[bool], doing: Coroutine[Any, Any, list[dict[str, Any]]]) -> list[dict[str, Any]] | None:
    """What it answers, or None where the worker is stopped before."""
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.wait({stopping, task}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _take_quietly(deps: WorkerDeps, kind: str, most: int, options: WorkOptions) -> list[dict[str, Any]]:
    try:
        return await take(deps.call, kind, options.wait_seconds, most, options.worker_id)
    except TaskwireError as error:
        if not error.retryable:
            raise
        deps.log({"event": "work_unreachable", "code": error.code})
    await pause(deps.timing, _AGAIN_MS)
    return []


class _Outcome(NamedTuple):
    """What a handler came to."""

    result: Any = None
    thrown: BaseException | None = None


class _Job:
    """One lease, from its first event to its end."""

    def __init__(self, deps: WorkerDeps, lease: Lease, options: WorkOptions) -> None:
        self._deps, self._lease, self._options = deps, lease, options
        append = _LeasedAppend(deps.call, str(lease["lease"]), self._schedule, self._lost)
        self._publisher = Publisher(append, deps.timing, str(lease["task_id"]), PublisherOptions(options.join_ms, on_refused=self._refused))
        self._task = WorkTask(lease, self._publisher, deps.timing, options.join_ms, deps.log, self.abort)
        self._desk = self._task.desk
        self._handling: asyncio.Task[Any] | None = None
        self._beat: Callable[[], None] = lambda: None
        self._background: set[asyncio.Future[Any]] = set()
        self._over = False
        #: Why the task is not this worker's any more: nothing of it is published, kept or given back.
        self._gone: TaskwireError | None = None

    async def run(self, handler: WorkHandler) -> None:
        """All of it. Raises nothing but cancellation."""
        following = asyncio.ensure_future(self._follow())
        self._schedule()
        try:
            await self._settle(await self._outcome(handler))
        except Exception as error:
            await self._tell_of(error)
        finally:
            self._over = True
            self._beat()
            for one in (following, *self._background):
                one.cancel()
            await asyncio.gather(following, *self._background, return_exceptions=True)
            await self._task.aclose()

    def stop(self) -> None:
        """The worker stops: what is not done is given back."""
        self.abort(TaskwireError("closed", "The worker stops.", advice="Nothing to do: another worker takes the task."))

    def abort(self, reason: TaskwireError) -> None:
        """Ends the work."""
        if reason.code not in _OWN and self._gone is None:
            self._gone = reason
            self._beat()
            self._publisher.give_up(reason)
        if self._task.reason is None:
            self._task.reason = reason
            self._task.aborted.set()
            if self._handling is not None:
                self._handling.cancel()
        self._desk.close(reason)

    async def _outcome(self, handler: WorkHandler) -> _Outcome:
        """What the handler comes to, in a task of its own, which alone is cancelled."""
        self._handling = asyncio.ensure_future(self._handled(handler))
        try:
            await asyncio.wait({self._handling})
        except asyncio.CancelledError:
            self._handling.cancel()
            await asyncio.gather(self._handling, return_exceptions=True)
            raise
        if self._handling.cancelled():
            return _Outcome(thrown=self._task.reason or TaskwireError("worker_error", "The handler was cancelled from within."))
        return _Outcome(thrown=self._handling.exception()) if self._handling.exception() is not None else _Outcome(self._handling.result())

    async def _handled(self, handler: WorkHandler) -> Any:
        result = handler(self._task)
        if inspect.isawaitable(result):
            result = await result
        await self._task.settled()
        return result

    async def _settle(self, outcome: _Outcome) -> None:
        """Tells it. What was thrown is told to the service, and then to whoever asked to hear of it."""
        task, reason, cancel = self._task, self._task.reason, self._desk.canceled
        if self._gone is not None:
            raise self._gone
        if task.over:
            await task.flush()
        elif cancel is not None and (outcome.thrown is not None or reason is not None):
            why = cancel.data.get("reason")
            task.emit("command.applied", {"command_id": cancel.command_id, "command": "cancel"})
            task.canceled(why if isinstance(why, str) else None)
            await task.flush()
        else:
            thrown = outcome.thrown or self._completed(outcome.result)
            await task.flush()
            if thrown is not None:
                await self._give_up(thrown, reason)
                raise thrown

    def _completed(self, result: Any) -> Exception | None:
        """Tells the result; or why it cannot be told."""
        try:
            self._task.completed(**({} if result is None else {"result": result}))
        except (TypeError, ValueError, AttributeError) as error:
            return TaskwireError("event_invalid", f"The handler's result is no JSON: {error}.", cause=error)
        return None

    async def _give_up(self, thrown: BaseException, reason: TaskwireError | None) -> None:
        if reason is not None and reason.code == "closed":
            await self._tell("release")
            return
        retryable = getattr(thrown, "retryable", True)
        error = {**trouble_of(thrown), "retryable": retryable if isinstance(retryable, bool) else True}
        delay = self._options.retry_delay_seconds
        await self._tell("fail", {"error": error, **({"delay_seconds": delay} if delay else {})})

    def _tell(self, what: str, body: Mapping[str, Any] | None = None) -> Coroutine[Any, Any, Any]:
        headers = {"taskwire-lease": str(self._lease["lease"]), **({} if body is None else {"content-type": "application/json"})}
        path = task_path(self._task.task_id, f"/lease/{what}")
        return self._deps.call(CallRequest("POST", path, {}, headers, None if body is None else json.dumps(body).encode()))

    async def _tell_of(self, error: BaseException) -> None:
        if self._options.on_error is None:
            return
        try:
            told = self._options.on_error(error, self._task.task_id)
            if inspect.isawaitable(told):
                await told
        except Exception:
            self._deps.log({"event": "handler_failed", "type": "on_error"})

    def _refused(self, event: str, error: TaskwireError) -> None:
        """An event that the service did not take; a question of that kind would wait for ever."""
        self._deps.log({"event": "event_refused", "code": error.code})
        given = json.loads(event)
        if given["type"] == "input.requested":
            self._desk.refuse(str(given["data"].get("request_id")), error)

    def _lost(self, error: BaseException) -> None:
        """A refusal for good ends the work."""
        if not self._over and isinstance(error, TaskwireError) and not error.retryable and error.code != "closed":
            self.abort(error)

    def _schedule(self) -> None:
        """Puts the next heartbeat off."""
        self._beat()
        if not self._over and self._gone is None:
            self._beat = self._deps.timing.after(self._lease["lease_ms"] * _BEAT, lambda: self._begin(self._heartbeat()))

    def _begin(self, doing: Awaitable[None]) -> None:
        task = asyncio.ensure_future(doing)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _heartbeat(self) -> None:
        try:
            await self._tell("heartbeat")
        except TaskwireError as error:
            self._lost(error)
        self._schedule()

    async def _follow(self) -> None:
        """Its own log, from the beginning: what was ordered before this worker came waits for it."""
        last, begun = self._lease["last_seq"], False
        events = self._deps.follow(self._task.task_id)
        try:
            async for event in events:
                history = event.seq <= last
                if not history and not begun:
                    begun = True
                    self._desk.begin()
                self._desk.take(event.type, event.data, history)
                if event.seq == last:
                    begun = True
                    self._desk.begin()
                self._watched(event, history)
        except TaskwireError as error:
            self._lost(error)
        finally:
            await events.aclose()

    def _watched(self, event: Event, history: bool) -> None:
        """Whether the work goes on after an event."""
        if is_terminal(event.type) and not self._task.over:
            self.abort(TaskwireError("task_ended", f"The task has ended: {event.type}."))
        other = event.type == "task.started" and event.data.get("attempt") != self._lease["attempt"]
        if not history and (event.type == "task.recovering" or other):
            self.abort(TaskwireError("fenced", "The lease was lost: another worker takes over."))
