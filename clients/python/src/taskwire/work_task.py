"""A task at work, as its handler has it: all of a producer, its lease, what is ordered and said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from .commands import Answer, Desk, TaskCommand, TaskMessage
from .connection import LogHook
from .errors import TaskwireError
from .handlers import Handlers
from .identity import random_identity
from .producer import Producer
from .publisher import Publisher
from .timing import Timing

#: A task as it was leased: `task_id`, `input`, `attempt`, `max_attempts`, `title`, `conversation_id`, `owner` …
Lease = Mapping[str, Any]


class WorkTask(Producer):
    """A task at work: all of a producer, its lease, what is ordered and said.

    When the task is canceled, its lease lost or the worker's grace over, the handler is cancelled as asyncio cancels:
    `asyncio.CancelledError` at its next `await`. `reason` then says why, and `pause_point`, `ask` raise it.
    """

    def __init__(self, lease: Lease, publisher: Publisher, timing: Timing, join_ms: float, log: LogHook, abort: Callable[[TaskwireError], None]) -> None:
        """Just leased."""
        super().__init__(str(lease["task_id"]), publisher, timing, join_ms, log)
        #: What it was leased with.
        self.lease = lease
        #: Set when the work is to end.
        self.aborted = asyncio.Event()
        #: Why: `canceled`, `fenced`, `task_ended`, `closed` …
        self.reason: TaskwireError | None = None
        self._orders = Handlers(log)
        #: Where its commands arrive.
        self.desk = Desk(self.emit, abort, self._orders)
        self._asked = 0

    def on_command(self, listener: Callable[[TaskCommand], Any]) -> Callable[[], None]:
        """Calls `listener` (sync or async) with every command, before anything is done about it; the answer ends that."""
        return self._orders.on("command", listener)

    def on_message(self, listener: Callable[[TaskMessage], Any]) -> Callable[[], None]:
        """Calls `listener` with what people say to the task, also before the worker came."""
        return self.desk.on_message(listener)

    async def pause_point(self) -> None:
        """Where the work may rest: waits while the task is paused."""
        await self.desk.pause_point()

    async def ask(self, prompt: str, *, kind: str = "question", request_id: str | None = None, **fields: Any) -> Answer:
        """Asks people, and waits for the answer. `kind`: `question`, `approval`, `review`; also `schema` (JSON Schema of the answer), `options`, `expires_at`."""
        self._asked += 1
        name = request_id or f"ask-{self._asked}-{random_identity()}"
        await self.emit("input.requested", {"request_id": name, "kind": kind, "prompt": prompt, **fields})
        return await self.desk.answer(name)

    async def settled(self) -> None:
        """Returns when all handlers are done."""
        await super().settled()
        await self._orders.settled()

    async def aclose(self) -> None:
        """Gives up what is not in the log, and listeners that are not done."""
        await super().aclose()
        await self._orders.aclose()
