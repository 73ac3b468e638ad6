"""The commands to one task as its worker meets them: each handed over once, answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .errors import TaskwireError
from .handlers import Handlers
from .producer_parts import Emit


class TaskCommand(NamedTuple):
    """A command that the service has accepted."""

    command_id: str
    command: str
    data: Mapping[str, Any]
    #: The key of the user who ordered it.
    by: str | None


class TaskMessage(NamedTuple):
    """What a person has said to a task at work."""

    text: str
    message_id: str
    by: str | None


class Answer(NamedTuple):
    """The answer to a question: `answered`, or why there is none, such as `expired`."""

    outcome: str
    response: Any
    by: str | None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _command_of(data: Mapping[str, Any]) -> TaskCommand:
    given = data.get("data")
    return TaskCommand(str(data.get("command_id")), str(data.get("command")), given if isinstance(given, dict) else {}, _text(data.get("by")))


class Desk:
    """For one task. `abort` ends the work; `emit` publishes under its lease."""

    def __init__(self, emit: Emit, abort: Callable[[TaskwireError], None], handlers: Handlers) -> None:
        """Nothing was ordered yet. `handlers` are told of `command` and `message`."""
        self._emit, self._abort, self._handlers = emit, abort, handlers
        self._pending: dict[str, TaskCommand] = {}
        self._questions: dict[str, asyncio.Future[Answer]] = {}
        self._answers: dict[str, Answer] = {}
        #: Said before anybody listened.
        self._unread: list[TaskCommand] = []
        self._listening = False
        self._pause: TaskCommand | None = None
        self._resting = False
        #: What ends the rest.
        self._resume: TaskCommand | None = None
        self._stirred: list[asyncio.Future[None]] = []
        self._closed: TaskwireError | None = None
        #: The cancel that was not answered yet.
        self.canceled: TaskCommand | None = None

    def take(self, kind: str, data: Mapping[str, Any], history: bool) -> None:
        """Takes an event of the task's own log. `history`: it was there before the worker."""
        if kind == "command.accepted":
            self._accepted(_command_of(data), history)
        elif kind == "command.applied":
            self._pending.pop(str(data.get("command_id")), None)
        elif kind == "input.resolved" and not history:
            self._resolved(str(data.get("request_id")), Answer(str(data.get("outcome")), data.get("response"), _text(data.get("by"))))

    def begin(self) -> None:
        """What was accepted in history and not applied is handed over now."""
        pending, self._pending = self._pending, {}
        for command in pending.values():
            self._hand(command)

    def _accepted(self, command: TaskCommand, history: bool) -> None:
        if command.command == "respond":
            return
        if history:
            self._pending[command.command_id] = command
        else:
            self._hand(command)

    def _hand(self, command: TaskCommand) -> None:
        self._handlers.tell("command", command)
        if command.command == "cancel":
            self.canceled = command
            self._abort(TaskwireError("canceled", "The task is canceled.", advice="Stop working on it; the client says so to the service."))
        elif command.command == "pause":
            self._ordered_pause(command)
        elif command.command == "resume":
            self._ordered_resume(command)
        elif command.command == "message":
            self._read(command)

    def _read(self, command: TaskCommand) -> None:
        if not self._listening:
            self._unread.append(command)
            return
        said = command.data
        self._handlers.tell("message", TaskMessage(str(said.get("text") or ""), str(said.get("message_id") or command.command_id), command.by))
        self._applied(command)

    def _applied(self, command: TaskCommand) -> None:
        try:
            self._emit("command.applied", {"command_id": command.command_id, "command": command.command})
        except TaskwireError:
            # Nothing more can be told: what comes next says why.
            return

    def on_message(self, listener: Callable[[TaskMessage], Any]) -> Callable[[], None]:
        """Calls `listener` with each message, those from before too."""
        leave = self._handlers.on("message", listener)
        self._listening = True
        unread, self._unread = self._unread, []
        for command in unread:
            self._read(command)
        return leave

    def _ordered_pause(self, command: TaskCommand) -> None:
        if self._resting and self._resume is None:
            self._applied(command)
            return
        if self._pause is not None:
            self._applied(self._pause)
        self._pause = command

    def _ordered_resume(self, command: TaskCommand) -> None:
        if self._resting and self._resume is None:
            self._resume = command
            self._stir()
            return
        # A pause that was taken back before anybody rested.
        if self._pause is not None:
            self._applied(self._pause)
        self._pause = None
        self._applied(command)

    async def pause_point(self) -> None:
        """Waits while the task is paused. Raises what has closed it."""
        if self._closed is not None:
            raise self._closed
        if self._resting:
            await self._until(lambda: not self._resting)
            return
        paused, self._pause = self._pause, None
        if paused is None:
            return
        self._resting = True
        try:
            self._emit("task.paused", {} if paused.by is None else {"by": paused.by})
            self._applied(paused)
            await self._until(lambda: self._resume is not None)
            self._emit("task.resumed", {})
            if self._resume is not None:
                self._applied(self._resume)
        finally:
            self._resting, self._resume = False, None
            self._stir()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._stirring()
            if self._closed is not None:
                raise self._closed

    def _stirring(self) -> asyncio.Future[None]:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stirred.append(waiting)
        return waiting

    def _stir(self) -> None:
        stirred, self._stirred = self._stirred, []
        for one in stirred:
            if not one.done():
                one.set_result(None)

    def _resolved(self, request_id: str, answer: Answer) -> None:
        self._answers[request_id] = answer
        waiting = self._questions.pop(request_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def refuse(self, request_id: str, error: TaskwireError) -> None:
        """A question that will not be answered."""
        waiting = self._questions.pop(request_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
            # Whoever asked may have gone.
            waiting.exception()

    async def answer(self, request_id: str) -> Answer:
        """The answer to a question. Raises what has closed it, or why it was refused."""
        known = self._answers.get(request_id)
        if known is not None:
            return known
        if self._closed is not None:
            raise self._closed
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._questions[request_id] = waiting
        try:
            return await waiting
        finally:
            self._questions.pop(request_id, None)

    def close(self, reason: TaskwireError) -> None:
        """Nothing more comes: whoever waits is told."""
        self._closed = self._closed or reason
        self._stir()
        for request_id in tuple(self._questions):
            self.refuse(request_id, reason)
