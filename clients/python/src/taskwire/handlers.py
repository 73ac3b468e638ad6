"""Handlers of events by type: sync or async, several per type; one that raises disturbs nothing."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from .connection import LogHook

#: Told of one event.
Handler = Callable[[Any], Any]


class Handlers:
    """Who wants to be told of what."""

    def __init__(self, log: LogHook) -> None:
        """Nobody yet. `log` is told of handlers that raised."""
        self._log = log
        self._by_type: dict[str, list[Handler]] = {}
        self._running: set[asyncio.Future[Any]] = set()

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Registers a handler for a type, `*` for all; the answer takes it back."""
        found = self._by_type.setdefault(type, [])
        found.append(handler)
        return lambda: found.remove(handler) if handler in found else None

    def tell(self, type: str, event: Any) -> None:
        """Calls the handlers of a type; async ones go on by themselves."""
        for handler in (*self._by_type.get(type, ()), *self._by_type.get("*", ())):
            try:
                result = handler(event)
            except Exception:
                self._log({"event": "handler_failed", "type": type})
                continue
            if inspect.isawaitable(result):
                running = asyncio.ensure_future(result)
                self._running.add(running)
                running.add_done_callback(lambda done, type=type: self._done(done, type))  # type: ignore[misc]

    def _done(self, running: asyncio.Future[Any], type: str) -> None:
        self._running.discard(running)
        if not running.cancelled() and running.exception() is not None:
            self._log({"event": "handler_failed", "type": type})

    async def settled(self) -> None:
        """Returns when all that were called are done."""
        while self._running:
            await asyncio.wait(self._running)

    async def aclose(self) -> None:
        """Ends those that are not done."""
        for one in self._running:
            one.cancel()
        await self.settled()
