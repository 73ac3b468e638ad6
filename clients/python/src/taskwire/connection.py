"""Carries out what the state machine says: opens and closes wires, keeps its timers, and brings back what happens."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from .errors import TaskwireError, error_of_frame
from .frames import Frame, is_stream_frame, number_of, parse_frame, text_of
from .generated.catalog import PROTOCOL
from .machine import Action, Input, Loss, Machine, MachineSettings, Phase, TimerName, TransportName, idle_machine, step
from .timing import Timing
from .tokens import Tokens
from .transport import Subscription, Transport, Wire, WireRequest


class ConnectionState(NamedTuple):
    """What is told of a connection whenever it changes."""

    phase: Phase
    transport: TransportName
    #: Rounds that failed since the last healthy connection.
    attempt: int
    #: In `waiting`: so long until the next try; None where it waits for the consumer. Milliseconds.
    retry_in_ms: float | None
    #: What cut the last connection, where the service said so; in `ended`: why.
    error: TaskwireError | None


#: Told of the client's doings: `event`, `transport`, `attempt`, `code`. Never a token, never a payload.
LogHook = Callable[[Mapping[str, str | int | float | bool | None]], None]


@dataclass
class ConnectionContext:
    """What all connections of one client share."""

    base_url: str
    transports: Mapping[TransportName, Transport]
    settings: MachineSettings
    tokens: Tokens
    timing: Timing
    log: LogHook
    #: Transports that have worked.
    proven: tuple[TransportName, ...] = ()
    #: What `wake` reaches: all connections that have not ended.
    wakers: set[Callable[[], None]] = field(default_factory=set)


#: What became of a frame: taken; taken, and no more for now; something before it is missing; nothing more is needed.
Taken = Literal["ok", "full", "hole", "done"]


class ConnectionUser(Protocol):
    """Whom a connection works for."""

    @property
    def many(self) -> bool:
        """Whether it is for several tasks."""

    def subscriptions(self) -> Sequence[Subscription]:
        """What to follow and from where; asked at every opening."""

    def take(self, frame: Frame, length: int) -> Taken:
        """Takes a frame."""

    def room(self) -> asyncio.Future[None] | None:
        """Resolves when there is room again; None: there is."""

    def refused(self, error: TaskwireError) -> bool:
        """Whether an error that the service tells is of one task alone, and no loss of the connection."""

    def changed(self, state: ConnectionState) -> None:
        """Told of every change."""

    def ended(self, error: TaskwireError | None) -> None:
        """Told once, at the end."""


class Connection:
    """In `idle` when made; the input `start` sets it going, `stop` ends it."""

    def __init__(self, context: ConnectionContext, user: ConnectionUser) -> None:
        """For one user."""
        self._context, self._user, self._timing = context, user, context.timing
        self._machine: Machine = idle_machine(context.settings, context.proven)
        self._wire: Wire | None = None
        #: Counts openings, so that what belongs to an earlier one is ignored.
        self._opening = 0
        self._token_pending = False
        self._heard_at = 0.0
        self._reading = True
        #: What the service said before it closed.
        self._farewell: Loss | None = None
        self._last_error: TaskwireError | None = None
        self._retry_in_ms: float | None = None
        self._timers: dict[TimerName, Callable[[], None]] = {}
        self._inputs: deque[Input] = deque()
        self._busy = False
        self._background: set[asyncio.Future[Any]] = set()
        context.wakers.add(self._wake)

    def input(self, given: Input) -> None:
        """Takes an input; one that comes while another is carried out waits for its turn."""
        self._inputs.append(given)
        if self._busy:
            return
        self._busy = True
        try:
            while self._inputs:
                self._apply(self._inputs.popleft())
        finally:
            self._busy = False

    async def settled(self) -> None:
        """Returns when nothing that it began is left."""
        while self._background:
            # Not `gather`: what is done already it answers at once, before anything is taken out.
            await asyncio.wait(self._background)

    def _wake(self) -> None:
        self.input(Input("wake"))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _apply(self, given: Input) -> None:
        before = self._machine
        if given.kind == "lost":
            self._last_error = given.loss.error
        elif given.kind == "hole":
            self._last_error = None
        state, actions = step(before, given, self._context.settings, self._timing.chance())
        self._machine = state
        self._context.proven = state.proven
        self._retry_in_ms = None
        if given.kind == "timer" and given.timer == "watchdog" and state.phase == "waiting":
            self._last_error = TaskwireError("silent")
        for action in actions:
            self._act(action)
        if state.phase == "live" and before.phase != "live":
            self._last_error = None
        if (state.phase, state.transport, state.attempt) == (before.phase, before.transport, before.attempt):
            return
        error = self._last_error
        self._context.log({"event": state.phase, "transport": state.transport, "attempt": state.attempt, **({"code": error.code} if error else {})})
        self._user.changed(ConnectionState(state.phase, state.transport, state.attempt, self._retry_in_ms, error))

    def _act(self, action: Action) -> None:
        kind = action.kind
        if kind == "open":
            self._open(action.transport, action.fresh_token)
        elif kind == "close":
            self._close_wire()
        elif kind == "arm":
            self._arm(action.timer, action.ms)
        elif kind == "disarm":
            self._disarm(action.timer)
        elif kind == "ping":
            self._send('{"type":"ping"}')
        elif kind == "renew":
            self._begin(self._renew())
        else:
            self._last_error = action.error
            self._context.wakers.discard(self._wake)
            self._user.ended(action.error)

    def _send(self, text: str) -> None:
        if self._wire is not None and self._wire.send is not None:
            self._wire.send(text)

    def _arm(self, timer: TimerName, ms: float) -> None:
        self._disarm(timer)
        if timer == "backoff":
            self._retry_in_ms = ms
        self._timers[timer] = self._timing.after(ms, lambda: self._fired(timer, ms))

    def _disarm(self, timer: TimerName) -> None:
        cancel = self._timers.pop(timer, None)
        if cancel is not None:
            cancel()

    def _fired(self, timer: TimerName, ms: float) -> None:
        self._timers.pop(timer, None)
        # The budget is for the service, not for whoever makes the token.
        if timer == "budget" and self._token_pending:
            self._arm(timer, ms)
            return
        self.input(Input("timer", timer=timer, quiet_ms=self._timing.now() - self._heard_at if self._reading else 0))

    def _close_wire(self) -> None:
        self._opening += 1
        self._token_pending = False
        old, self._wire = self._wire, None
        if old is not None:
            old.close()
            self._begin(old.closed())

    def _open(self, name: TransportName, fresh: bool) -> None:
        self._opening += 1
        self._farewell = None
        self._token_pending = True
        self._begin(self._opened(self._opening, name, fresh))

    async def _opened(self, mine: int, name: TransportName, fresh: bool) -> None:
        try:
            token = await self._context.tokens.get(fresh)
        except TaskwireError as error:
            if mine == self._opening:
                self.input(Input("lost", loss=Loss(error)))
            return
        if mine != self._opening:
            return
        self._token_pending = False
        self._heard_at = self._timing.now()
        self._reading = True
        request = WireRequest(self._context.base_url, token, self._user.subscriptions(), self._user.many)
        self._wire = self._context.transports[name](request, _Events(self, mine))

    def received(self, mine: int, text: str) -> None:
        """A frame of the wire that was opened as `mine`."""
        if mine != self._opening:
            return
        self._heard_at = self._timing.now()
        frame = parse_frame(text)
        if frame is None:
            return
        own = is_stream_frame(frame)
        if own and (self._is_foreign(frame) or self._is_farewell(frame)):
            return
        self._farewell = None
        if self._machine.phase == "connecting":
            self.input(Input("first_frame"))
        if own:
            self._noticed(frame)
        taken = self._user.take(frame, len(text))
        if taken == "ok":
            return
        if taken == "done":
            self.input(Input("stop"))
        elif taken == "hole":
            self.input(Input("hole"))
        elif self._wire is not None and self._wire.send is not None:
            self.input(Input("full"))

    def heard(self) -> None:
        """Something came."""
        self._heard_at = self._timing.now()

    def lost(self, mine: int, loss: Loss) -> None:
        """The wire that was opened as `mine` is no more."""
        if mine == self._opening:
            self.input(Input("lost", loss=self._farewell or loss))

    def wanted(self, task_id: str) -> bool:
        """Whether a task is still followed."""
        return any(one.task_id == task_id for one in self._user.subscriptions())

    def room(self, mine: int) -> Awaitable[None] | None:
        """Resolves when the wire that was opened as `mine` may read on; None: it may."""
        waiting = self._user.room() if mine == self._opening else None
        return None if waiting is None else self._paused(waiting)

    async def _paused(self, waiting: asyncio.Future[None]) -> None:
        # While nobody reads, silence is our own doing.
        self._reading = False
        await asyncio.shield(waiting)
        self._heard_at = self._timing.now()
        self._reading = True

    def _is_farewell(self, frame: Frame) -> bool:
        """Whether the frame says why the wire will be closed, or ends a watch."""
        if frame["type"] == "stream.closing":
            error = TaskwireError("token_expired") if frame.get("reason") == "token_expired" else None
            self._farewell = Loss(error, number_of(frame, "retry_after_ms"))
            return True
        if frame["type"] != "stream.error":
            return False
        said = error_of_frame(frame)
        self._context.log({"event": "error_frame", "code": said.code})
        if self._user.refused(said):
            return True
        self._farewell = Loss(said)
        if said.task_id is not None:
            self.input(Input("lost", loss=self._farewell))
        return True

    def _noticed(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "stream.ready":
            every = number_of(frame, "heartbeat_ms")
            self.input(Input("heartbeat", every_ms=self._context.settings.heartbeat_ms if every is None else every))
        elif kind == "stream.token_expiring":
            self.input(Input("token_expiring"))
        elif kind == "stream.ack" and frame.get("request_id") == "renew":
            self._context.log({"event": "token_renewed"})

    def _is_foreign(self, frame: Frame) -> bool:
        """Whether the service speaks another version: then everything else may mean something else."""
        protocol = text_of(frame, "protocol")
        if frame["type"] != "stream.ready" or protocol == PROTOCOL:
            return False
        detail = f'The service speaks "{protocol}", this client "{PROTOCOL}".'
        self.input(Input("lost", loss=Loss(TaskwireError("protocol_unsupported", detail))))
        return True

    async def _renew(self) -> None:
        mine = self._opening
        try:
            token = await self._context.tokens.get(True)
        except TaskwireError:
            # The old token still holds; when it ends the connection is lost and asks again.
            self._context.log({"event": "token_renewal_failed"})
            return
        if mine == self._opening:
            self._send(json.dumps({"type": "auth", "token": token, "request_id": "renew"}))


class _Events:
    """What one wire tells its connection."""

    __slots__ = ("_connection", "_mine")

    def __init__(self, connection: Connection, mine: int) -> None:
        self._connection, self._mine = connection, mine

    def frame(self, text: str) -> None:
        self._connection.received(self._mine, text)

    def heard(self) -> None:
        self._connection.heard()

    def lost(self, loss: Loss) -> None:
        self._connection.lost(self._mine, loss)

    def room(self) -> Awaitable[None] | None:
        return self._connection.room(self._mine)

    def wanted(self, task_id: str) -> bool:
        return self._connection.wanted(task_id)
