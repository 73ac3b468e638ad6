"""The client without asyncio: the same, carried out by an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from typing import Any, Literal, TypeVar

from .client import AsyncClient, Draft, set_of
from .connection import ConnectionState
from .event import Event
from .follow import FollowOptions, Gap
from .generated.types import Model
from .proof import Replay
from .publisher import PublisherOptions
from .sets import SetItem, SetOptions
from .tokens import TokenSource
from .work_task import WorkTask

T = TypeVar("T")

#: How often a worker looks whether it is to stop. Seconds.
_LOOK = 0.1


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._begun: set[asyncio.Future[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="taskwire", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for it; Ctrl-C ends it."""
        if self.inside:
            work.close()
            raise RuntimeError("This would wait for itself: callbacks run in the client's own thread, and may only make calls that need no answer.")
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except (KeyboardInterrupt, CancelledError):
            running.cancel()
            raise

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Sets it going, from the loop's own thread."""
        task = asyncio.ensure_future(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    @property
    def inside(self) -> bool:
        """Whether this is the loop's own thread."""
        return threading.current_thread() is self._thread

    def run_until(self, stop: threading.Event | None, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        """Waits for what ends when it is told to; Ctrl-C cancels it, and waits for what it then has left to do."""
        told, tasks = asyncio.Event(), []

        async def run() -> None:
            tasks.append(asyncio.current_task())
            await work(told)

        running = asyncio.run_coroutine_threadsafe(run(), self._loop)
        try:
            while not wait((running,), None if stop is None else _LOOK).done:
                if stop is not None and stop.is_set():
                    self._loop.call_soon_threadsafe(told.set)
                    stop = None
        except KeyboardInterrupt:
            self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks if task is not None])
            wait((running,))
            raise
        running.result()

    def close(self) -> None:
        """Ends the loop and its thread."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class SyncPart:
    """A producer, step, tool or message whose calls are carried out at once; a context where the original is one."""

    def __init__(self, loop: _Loop, inner: Any) -> None:
        """Around what belongs to the loop."""
        self._loop, self._inner = loop, inner

    def __getattr__(self, name: str) -> Any:
        """The same by the same name; what it answers is waited for."""
        value = getattr(self._inner, name)
        return self._calling(value) if callable(value) else value

    def _calling(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if self._loop.inside:
                # From a listener, which cannot wait.
                return self._begun(method(*given, **named))
            return self._loop.run(self._waited(method, given, named))

        return call

    def _begun(self, result: Any) -> Any:
        if inspect.iscoroutine(result):
            self._loop.begin(result)
            return None
        return SyncPart(self._loop, result) if hasattr(result, "__aenter__") else result

    async def _waited(self, method: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        result = method(*given, **named)
        if inspect.isawaitable(result) or hasattr(result, "__await__"):
            return await result
        return SyncPart(self._loop, result) if hasattr(result, "__aenter__") else result

    def run(self, plan: Iterable[Mapping[str, Any]]) -> None:
        """Runs steps (`{name, …, run(step)}`) one after another, here, and tells of each its start, what it reports, its end."""
        steps = list(plan)
        for at, step in enumerate(steps):
            fields = {"index": at + 1, "total": len(steps), **{name: value for name, value in step.items() if name not in ("name", "run")}}
            with self.step(str(step["name"]), **fields) as begun:
                work = step.get("run")
                if work is not None:
                    work(begun)

    def __enter__(self) -> SyncPart:
        """Begins."""
        inner = self._loop.run(self._inner.__aenter__())
        return self if inner is self._inner else SyncPart(self._loop, inner)

    def __exit__(self, *error: Any) -> None:
        """Tells the end."""
        self._loop.run(self._inner.__aexit__(*error))


class SyncWorkTask(SyncPart):
    """A task at work, whose calls are carried out at once. `aborted` is set when the work is to end; `pause_point` and `ask` then raise why."""

    def __init__(self, loop: _Loop, inner: WorkTask) -> None:
        """Just leased."""
        super().__init__(loop, inner)
        self.aborted = threading.Event()


class Client:
    """A client of the service at `url`, to be used in `with`. Options are those of `AsyncClient`. Not for use from an event loop."""

    def __init__(self, url: str, token: TokenSource = "", **options: Any) -> None:
        """Raises `address_invalid`, `no_transport`."""
        self._loop = _Loop()
        try:
            self._client = AsyncClient(url, token, **options)
        except BaseException:
            self._loop.close()
            raise

    def __enter__(self) -> Client:
        """The client itself."""
        return self

    def __exit__(self, *error: Any) -> None:
        """Ends what is left."""
        self.close()

    def close(self) -> None:
        """Lets go of connections, and of the thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.run(self._client.aclose())
        self._loop.close()

    def follow(
        self,
        task_id: str,
        *,
        after: str | None = None,
        replay: Replay = "full",
        on_state: Callable[[ConnectionState], None] | None = None,
        on_gap: Callable[[Gap], None] | None = None,
    ) -> Iterator[Event]:
        """A task's events, each once and in order, to the task's end. Leaving the loop ends it. Callbacks run in the client's thread."""
        return self._events((task_id,), {} if after is None else {task_id: after}, False, FollowOptions(replay, on_state, on_gap))

    def follow_many(self, task_ids: Iterable[str], *, after: Mapping[str, str] | None = None, replay: Replay = "full") -> Iterator[Event]:
        """Several tasks' events over one connection, until all have ended."""
        return self._events(tuple(task_ids), after or {}, True, FollowOptions(replay))

    def follow_set(
        self,
        *,
        scope: Literal["mine"] | None = None,
        task: str | Iterable[str] | None = None,
        conversation: str | None = None,
        after: str | None = None,
        replay: Replay = "none",
        on_state: Callable[[ConnectionState], None] | None = None,
    ) -> Iterator[SetItem]:
        """A set of tasks that changes by itself: who joins, what happens, who leaves. Leaving the loop ends it."""
        return self._taken(self._client.set_batches(set_of(scope, task, conversation), SetOptions(after, replay, on_state)))

    def _events(self, task_ids: tuple[str, ...], after: Mapping[str, str], many: bool, options: FollowOptions) -> Iterator[Event]:
        return self._taken(self._client.batches(task_ids, after, many, options))

    def _taken(self, batches: AsyncGenerator[list[T], None]) -> Generator[T, None, None]:
        async def following() -> list[T] | None:
            return await anext(batches, None)

        try:
            while (items := self._loop.run(following())) is not None:
                yield from items
        finally:
            self._loop.run(batches.aclose())

    def wake(self) -> None:
        """The network is back: waits end, quiet connections are looked at."""

        async def woken() -> None:
            self._client.wake()

        self._loop.run(woken())

    def create(self, task: Mapping[str, Any] | Model | None = None, **fields: Any) -> dict[str, Any]:
        """Creates a task. Answers `task_id`, …"""
        return self._loop.run(self._client.create(task, **fields))

    def publish(self, task_id: str, events: Draft | Iterable[Draft], *, give_up_ms: float | None = None) -> dict[str, Any]:
        """Appends events, all or none; returns when they are in the log."""
        return self._loop.run(self._client.publish(task_id, events, give_up_ms=give_up_ms))

    def work(self, kind: str, handler: Callable[[SyncWorkTask], Any], *, concurrency: int = 1, stop: threading.Event | None = None, **options: Any) -> None:
        """Works on queued tasks of a kind until `stop` is set, or Ctrl-C; `handler(task)` has each once, in a thread, and what it answers is the result.

        Nothing ends a thread from outside: a handler that takes long calls `task.pause_point()` now and then, which raises when the
        task is canceled or its lease lost, or looks at `task.aborted`. Options are those of `AsyncClient.work`; listeners and
        `on_error` are called in the client's thread.
        """
        with ThreadPoolExecutor(concurrency, "taskwire-work") as pool:

            async def handled(task: WorkTask) -> Any:
                part = SyncWorkTask(self._loop, task)
                doing = asyncio.get_running_loop().run_in_executor(pool, handler, part)
                while not doing.done():
                    try:
                        await asyncio.shield(doing)
                    except asyncio.CancelledError:
                        part.aborted.set()
                return doing.result()

            self._loop.run_until(stop, lambda told: self._client.work(kind, handled, concurrency=concurrency, stop=told, **options))

    def lease(self, kind: str, *, wait: int = 0, max: int = 1, worker_id: str | None = None) -> Sequence[dict[str, Any]]:
        """Takes up to `max` tasks by hand, waiting `wait` seconds; each must be published to with its lease, and kept."""
        return self._loop.run(self._client.lease(kind, wait=wait, max=max, worker_id=worker_id))

    def command(self, task_id: str, command: str, data: Mapping[str, Any] | None = None, *, command_id: str | None = None) -> dict[str, Any]:
        """Asks a task to pause, resume or cancel, sends it a message, answers its question."""
        return self._loop.run(self._client.command(task_id, command, data, command_id=command_id))

    def retry(self, task_id: str) -> dict[str, Any]:
        """Does a finished task again: a new task, of which there is one at a time."""
        return self._loop.run(self._client.retry(task_id))

    def remove(self, task_id: str) -> None:
        """Deletes a task and all its events for good."""
        self._loop.run(self._client.remove(task_id))

    def ticket(self, what: Draft | None = None, **fields: Any) -> dict[str, Any]:
        """A ticket for an address that a browser opens by itself."""
        return self._loop.run(self._client.ticket(what, **fields))

    def grant(self, what: Draft | None = None, **fields: Any) -> dict[str, Any]:
        """Lets somebody else's backend watch. The token is told this once."""
        return self._loop.run(self._client.grant(what, **fields))

    def grants(self) -> Sequence[dict[str, Any]]:
        """One's own grants that hold."""
        return self._loop.run(self._client.grants())

    def revoke(self, grant_id: str) -> None:
        """Ends a grant, and its connections within seconds."""
        self._loop.run(self._client.revoke(grant_id))

    def conversations(self, *, before: str | None = None, limit: int | None = None) -> dict[str, Any]:
        """One's own conversations, the newest change first: `{conversations, next}`."""
        return self._loop.run(self._client.conversations(before=before, limit=limit))

    def messages(self, conversation_id: str, *, before: str | None = None, limit: int | None = None, task: str | None = None) -> dict[str, Any]:
        """What was said in a conversation, oldest first. `task`: as who works on that task of it."""
        return self._loop.run(self._client.messages(conversation_id, before=before, limit=limit, task=task))

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Any other request below the service's address. Options are those of `AsyncClient.call`."""
        return self._loop.run(self._client.call(method, path, **options))

    def list(self, **query: Any) -> dict[str, Any]:
        """One's own tasks, the newest change first: `{tasks, next}`."""
        return self._loop.run(self._client.list(**query))

    def get(self, task_id: str) -> dict[str, Any]:
        """A task's state, as its events add up to."""
        return self._loop.run(self._client.get(task_id))

    def produce(self, task: Mapping[str, Any] | Model | None = None, *, options: PublisherOptions | None = None, **fields: Any) -> SyncPart:
        """`with client.produce(kind="plan") as task`: creates a task and tells its lifecycle; all is in the log when it is left."""
        return SyncPart(self._loop, self._client.produce(task, options=options, **fields))

    def task(self, **fields: Any) -> SyncPart:
        """`with client.task(kind="plan") as task`: the same as `produce`."""
        return self.produce(**fields)
