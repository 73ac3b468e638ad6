"""What lies between a wire and its consumer: bounded, handed over in order, ended once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Bounds(NamedTuple):
    """Items, and their sizes together, at which a queue counts as full. It takes what comes nevertheless: the wire has to stop."""

    items: int = 10_000
    size: int = 8 * 1024 * 1024


class Queue(Generic[T]):
    """A queue for one taker. `on_room` is called when a full one was emptied."""

    def __init__(self, bounds: Bounds, on_room: Callable[[], None]) -> None:
        """An empty queue."""
        self._bounds, self._on_room = bounds, on_room
        self._items: list[T] = []
        self._size = 0.0
        #: What the consumer has taken and not yet done with.
        self._taken, self._taken_size = 0, 0.0
        self._ended = False
        self._failure: BaseException | None = None
        self._taker: asyncio.Future[None] | None = None
        self._waiting: asyncio.Future[None] | None = None

    def push(self, item: T, size: float) -> None:
        """Takes an item, full or not."""
        if self._ended:
            return
        self._items.append(item)
        self._size += size
        if self._taker is not None:
            self._wake()

    @property
    def full(self) -> bool:
        """Whether no more should come."""
        return len(self._items) + self._taken >= self._bounds.items or self._size + self._taken_size >= self._bounds.size

    def room(self) -> asyncio.Future[None] | None:
        """Resolves when the consumer has done with what is there; None while the queue is not full. Shared: shield it."""
        if self._ended or not self.full:
            return None
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    async def take(self) -> list[T] | None:
        """All that is there, waiting for the first; None at the end. Raises what ended it, after the rest was taken.

        What was taken counts as waiting until the next call: only then has the consumer done with it.
        """
        was_full = self.full
        self._taken, self._taken_size = 0, 0.0
        if was_full and not self.full:
            self._release()
            if not self._ended:
                self._on_room()
        while not self._items:
            if self._ended:
                if self._failure is not None:
                    raise self._failure
                return None
            self._taker = asyncio.get_running_loop().create_future()
            try:
                await self._taker
            finally:
                self._taker = None
        items, self._items = self._items, []
        self._taken, self._taken_size, self._size = len(items), self._size, 0.0
        return items

    def end(self, error: BaseException | None = None, discard: bool = False) -> None:
        """Nothing more will come. `discard`: nor is anybody left who would take the rest."""
        if discard:
            self._items = []
        if self._ended:
            return
        self._ended, self._failure = True, error
        self._wake()
        self._release()

    def _wake(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

    def _release(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        self._waiting = None
