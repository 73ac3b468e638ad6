"""The client without asyncio: the same, carried out by an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from .client import AsyncClient, Draft
from .connection import ConnectionState
from .event import Event
from .follow import FollowOptions, Gap
from .generated.types import Model
from .proof import Replay
from .publisher import PublisherOptions
from .tokens import TokenSource

T = TypeVar("T")


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="taskwire", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for it; Ctrl-C ends it."""
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except (KeyboardInterrupt, CancelledError):
            running.cancel()
            raise

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
            return self._loop.run(self._waited(method, given, named))

        return call

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

    def _events(self, task_ids: tuple[str, ...], after: Mapping[str, str], many: bool, options: FollowOptions) -> Generator[Event, None, None]:
        batches = self._client.batches(task_ids, after, many, options)

        async def following() -> list[Event] | None:
            return await anext(batches, None)

        try:
            while (events := self._loop.run(following())) is not None:
                yield from events
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

    def command(self, task_id: str, command: str, data: Mapping[str, Any] | None = None, *, command_id: str | None = None) -> dict[str, Any]:
        """Asks a task to pause, resume or cancel, sends it a message, answers its question."""
        return self._loop.run(self._client.command(task_id, command, data, command_id=command_id))

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
