"""Handlers per event type: sync or async, several per type. One that throws disturbs nothing."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any, TypeVar

__all__ = ["Handlers"]

Handler = Callable[[Any], Any]
AnyHandler = TypeVar("AnyHandler", bound=Handler)
OnError = Callable[[Any, Exception], None]

_LOG = logging.getLogger("taskwire")


def _type_of(event: Any) -> str:
    found = event["type"] if isinstance(event, Mapping) else getattr(event, "type", "")
    return str(found)


class Handlers:
    """A table of handlers. Used on either side: `handlers.run(client.follow(id))`, or `client.produce(…, handlers=handlers)`."""

    def __init__(self, on_error: OnError | None = None) -> None:
        """`on_error(event, error)` is told of handlers that throw; without it the logger `taskwire` is."""
        self._table: dict[str, list[Handler]] = {}
        self._on_error = on_error
        self._running: set[asyncio.Task[None]] = set()

    def on(self, *types: str) -> Callable[[AnyHandler], AnyHandler]:
        """Decorates a handler of events of these types; `*` is every type."""

        def add(handler: AnyHandler) -> AnyHandler:
            for kind in types:
                self.add(kind, handler)
            return handler

        return add

    def add(self, kind: str, handler: Handler) -> Callable[[], None]:
        """Adds a handler of one type, `*` for every; answers what takes it away again."""
        handlers = self._table.setdefault(kind, [])
        handlers.append(handler)

        def remove() -> None:
            if handler in handlers:
                handlers.remove(handler)

        return remove

    async def handle(self, event: Any) -> None:
        """Calls the handlers of an event, in the order of their adding, and waits for each."""
        for handler in self._of(event):
            waits = self._call(handler, event)
            if waits is not None:
                await self._wait(event, waits)

    def tell(self, event: Any) -> None:
        """Calls the handlers of an event now; async ones go on by themselves, `settled` waits for them."""
        for handler in self._of(event):
            waits = self._call(handler, event)
            if waits is not None:
                running = asyncio.ensure_future(self._wait(event, waits))
                self._running.add(running)
                running.add_done_callback(self._running.discard)

    async def settled(self) -> None:
        """Returns when all async handlers that `tell` has called are done."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def run(self, events: AsyncIterable[Any]) -> None:
        """Handles what is followed, event by event, to its end."""
        async for event in events:
            await self.handle(event)

    def _of(self, event: Any) -> list[Handler]:
        return [*self._table.get(_type_of(event), ()), *self._table.get("*", ())]

    def _call(self, handler: Handler, event: Any) -> Awaitable[Any] | None:
        try:
            answer = handler(event)
        except Exception as error:
            self._failed(event, error)
            return None
        return answer if inspect.isawaitable(answer) else None

    async def _wait(self, event: Any, waits: Awaitable[Any]) -> None:
        try:
            await waits
        except Exception as error:
            self._failed(event, error)

    def _failed(self, event: Any, error: Exception) -> None:
        try:
            if self._on_error is not None:
                self._on_error(event, error)
                return
        except Exception as second:
            error = second
        _LOG.error("A handler of %s failed.", _type_of(event), exc_info=error)
