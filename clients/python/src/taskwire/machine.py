"""The connection state machine: (state, input) → (state, actions).

Pure, so that every rule of reconnecting can be read and tested without a socket. `connection.py` carries out the
actions and brings back the inputs.

    idle → connecting → live → waiting → connecting → … → ended
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from .errors import TaskwireError, is_token_error

Phase = Literal["idle", "connecting", "live", "waiting", "ended"]
TransportName = Literal["websocket", "sse", "long_poll"]
TimerName = Literal["budget", "backoff", "healthy", "watchdog", "ping"]

#: A connection from which nothing came for so many heartbeats is dead.
SILENT_HEARTBEATS = 2.5


@dataclass(frozen=True)
class MachineSettings:
    """What the machine goes by. Times are milliseconds."""

    #: Transports that may be used, the preferred one first.
    transports: tuple[TransportName, ...] = ()
    #: Whether the token comes from a callback, so that a refused one can be replaced.
    renewable: bool = False
    #: How long a transport may take to its first frame while there is another one to try; and the last one.
    first_frame_ms: float = 3_000
    last_first_frame_ms: float = 10_000
    backoff_min_ms: float = 500
    backoff_max_ms: float = 20_000
    #: A connection that lived so long is healthy: the back-off starts anew.
    healthy_ms: float = 10_000
    #: Assumed until the service announces its own.
    heartbeat_ms: float = 15_000
    #: How long a request is repeated unless it says otherwise, and how long one try may take.
    give_up_ms: float = 30_000
    try_ms: float = 30_000


@dataclass(frozen=True)
class Machine:
    """The machine's state."""

    phase: Phase
    #: The transport in use, or the next to be tried.
    transport: TransportName
    #: Transports of this round that have not been tried yet.
    untried: tuple[TransportName, ...]
    #: Which transports have worked since the client was made.
    proven: tuple[TransportName, ...]
    heartbeat_ms: float
    #: Rounds that failed since the last healthy connection.
    attempt: int = 0
    #: The next opening must ask for another token.
    stale_token: bool = False
    #: Tokens refused in a row, without a connection in between.
    refusals: int = 0
    #: The current connection has lived for `healthy_ms`.
    healthy: bool = False
    #: Waiting for the consumer, not for a timer.
    held: bool = False
    #: Waiting for as long as the service asked: nothing cuts that short.
    asked: bool = False


class Loss(NamedTuple):
    """Why a wire is no more."""

    #: What the service said, or None for a plain cut.
    error: TaskwireError | None = None
    #: The service asks to come back after this.
    retry_after_ms: float | None = None


class Input(NamedTuple):
    """What happened. `every_ms` with `heartbeat`, `loss` with `lost`, `timer` and `quiet_ms` with `timer`."""

    kind: Literal["start", "stop", "first_frame", "heartbeat", "lost", "hole", "full", "room", "wake", "token_expiring", "timer"]
    every_ms: float = 0
    loss: Loss = Loss()
    timer: TimerName = "budget"
    #: How long nothing has come over the wire.
    quiet_ms: float = 0


class Action(NamedTuple):
    """What to do."""

    kind: Literal["open", "close", "arm", "disarm", "ping", "renew", "end"]
    transport: TransportName = "websocket"
    fresh_token: bool = False
    timer: TimerName = "budget"
    ms: float = 0
    error: TaskwireError | None = None


Step = tuple[Machine, Sequence[Action]]

_DISARM_ALL: tuple[Action, ...] = (
    Action("disarm", timer="budget"),
    Action("disarm", timer="backoff"),
    Action("disarm", timer="healthy"),
    Action("disarm", timer="watchdog"),
    Action("disarm", timer="ping"),
)


def _order(settings: MachineSettings, proven: Sequence[TransportName]) -> tuple[TransportName, ...]:
    """The order in which transports are tried: as preferred, but what alone has worked comes first."""
    first = next((name for name in settings.transports if name in proven), None)
    return settings.transports if first is None else (first, *(name for name in settings.transports if name != first))


def idle_machine(settings: MachineSettings, proven: tuple[TransportName, ...] = ()) -> Machine:
    """A machine at rest. `proven`: what has worked before."""
    transport, *untried = _order(settings, proven) or ("websocket",)
    return Machine("idle", transport, tuple(untried), proven, settings.heartbeat_ms)


def backoff_ms(attempt: int, settings: MachineSettings, chance: float) -> float:
    """Full jitter: anything between nothing and the ceiling, which doubles with every round that failed. `chance` is in [0, 1)."""
    return round(chance * min(settings.backoff_max_ms, settings.backoff_min_ms * 2.0 ** min(60, max(0, attempt - 1))))


def step(state: Machine, given: Input, settings: MachineSettings, chance: float) -> Step:
    """One step. `chance` is a fresh random number in [0, 1); only the back-off uses it."""
    if state.phase == "ended":
        return state, ()
    kind, open_phase = given.kind, state.phase in ("connecting", "live")
    if kind == "start":
        return _round(state, settings) if state.phase == "idle" else (state, ())
    if kind == "stop":
        return _end(state, None)
    if kind == "first_frame":
        return _live(state, settings) if state.phase == "connecting" else (state, ())
    if kind == "heartbeat":
        return _heartbeat(state, given.every_ms)
    if kind == "lost":
        return _lost(state, given.loss, settings, chance) if open_phase else (state, ())
    if kind == "hole":
        return _hole(state, settings, chance) if state.phase == "live" else (state, ())
    if kind == "full":
        return (replace(state, phase="waiting", held=True), (*_DISARM_ALL, Action("close"))) if open_phase else (state, ())
    if kind == "room":
        return _round(state, settings) if state.phase == "waiting" and state.held else (state, ())
    if kind == "wake":
        return _wake(state, settings)
    if kind == "token_expiring":
        return _expiring(state, settings)
    return _timer(state, given.timer, given.quiet_ms, settings, chance)


def _round(state: Machine, settings: MachineSettings) -> Step:
    """Begins a round: the transports in order, one after another."""
    transport, *untried = _order(settings, state.proven) or (state.transport,)
    return _open(replace(state, transport=transport, untried=tuple(untried)), settings)


def _open(state: Machine, settings: MachineSettings) -> Step:
    ms = settings.first_frame_ms if state.untried else settings.last_first_frame_ms
    opened = replace(state, phase="connecting", stale_token=False, healthy=False, held=False)
    return opened, (*_DISARM_ALL, Action("open", transport=state.transport, fresh_token=state.stale_token), Action("arm", timer="budget", ms=ms))


def _pings(state: Machine, every_ms: float) -> tuple[Action, ...]:
    return (Action("arm", timer="ping", ms=every_ms),) if state.transport == "websocket" else ()


def _live(state: Machine, settings: MachineSettings) -> Step:
    proven = state.proven if state.transport in state.proven else (*state.proven, state.transport)
    return replace(state, phase="live", proven=proven, refusals=0), (
        Action("disarm", timer="budget"),
        Action("arm", timer="healthy", ms=settings.healthy_ms),
        Action("arm", timer="watchdog", ms=state.heartbeat_ms * SILENT_HEARTBEATS),
        *_pings(state, state.heartbeat_ms),
    )


def _heartbeat(state: Machine, every_ms: float) -> Step:
    if not every_ms > 0 or every_ms == state.heartbeat_ms:
        return state, ()
    changed = replace(state, heartbeat_ms=every_ms)
    if state.phase != "live":
        return changed, ()
    return changed, (Action("arm", timer="watchdog", ms=every_ms * SILENT_HEARTBEATS), *_pings(state, every_ms))


def _end(state: Machine, error: TaskwireError | None) -> Step:
    close = (Action("close"),) if state.phase in ("connecting", "live") else ()
    return replace(state, phase="ended", held=False), (*_DISARM_ALL, *close, Action("end", error=error))


def _lost(state: Machine, loss: Loss, settings: MachineSettings, chance: float) -> Step:
    error = loss.error
    if is_token_error(error):
        return _token_refused(state, loss, settings, chance)
    if error is not None and not error.retryable and not _is_passing(error, state):
        return _end(state, error)
    spoken = error is not None and (error.code != "network" or error.retry_after_ms is not None)
    if state.phase != "connecting" or not state.untried or spoken:
        return _wait(state, loss, settings, chance)
    opened, actions = _open(replace(state, transport=state.untried[0], untried=state.untried[1:]), settings)
    return opened, (Action("close"), *actions)


def _is_passing(error: TaskwireError, state: Machine) -> bool:
    """Something else answers where Taskwire did before: a proxy or a hotel's sign-in page, which goes away again."""
    return error.code == "not_taskwire" and len(state.proven) > 0


def _token_refused(state: Machine, loss: Loss, settings: MachineSettings, chance: float) -> Step:
    """A callback gets one chance to bring a better token; one that ran out on a living connection is simply replaced."""
    if not settings.renewable or state.refusals > 0:
        return _end(state, loss.error)
    stale = replace(state, stale_token=True)
    if state.phase == "live" and not state.healthy:
        return _wait(stale, loss, settings, chance)
    opened, actions = _open(replace(stale, refusals=1 if state.phase == "connecting" else 0), settings)
    return opened, (Action("close"), *actions)


def _wait(state: Machine, loss: Loss, settings: MachineSettings, chance: float) -> Step:
    attempt = state.attempt + 1
    asked = loss.retry_after_ms
    if asked is None and loss.error is not None:
        asked = loss.error.retry_after_ms
    ms = max(asked or 0, backoff_ms(attempt, settings, chance))
    waiting = replace(state, phase="waiting", attempt=attempt, held=False, asked=(asked or 0) > 0, healthy=False)
    return waiting, (*_DISARM_ALL, Action("close"), Action("arm", timer="backoff", ms=ms))


def _hole(state: Machine, settings: MachineSettings, chance: float) -> Step:
    """The first hole is mended at once; one that comes again waits like any other failure."""
    if state.attempt > 0:
        return _wait(state, Loss(), settings, chance)
    opened, actions = _round(replace(state, attempt=1), settings)
    return opened, (Action("close"), *actions)


def _wake(state: Machine, settings: MachineSettings) -> Step:
    if state.phase == "waiting" and not state.held and not state.asked:
        return _round(state, settings)
    if state.phase != "live":
        return state, ()
    # Timers may have slept: look at once whether the wire has been silent for too long.
    ping = (Action("ping"),) if state.transport == "websocket" else ()
    return state, (Action("arm", timer="watchdog", ms=0), *ping)


def _expiring(state: Machine, settings: MachineSettings) -> Step:
    if not settings.renewable or state.phase != "live":
        return state, ()
    if state.transport == "websocket":
        return state, (Action("renew"),)
    # SSE cannot take a token on the way: open anew with one. Not at once again, or a short-lived token would spin.
    if not state.healthy:
        return state, ()
    opened, actions = _open(replace(state, stale_token=True), settings)
    return opened, (Action("close"), *actions)


def _timer(state: Machine, name: TimerName, quiet_ms: float, settings: MachineSettings, chance: float) -> Step:
    if name == "backoff":
        return _round(state, settings) if state.phase == "waiting" and not state.held else (state, ())
    if name == "budget":
        return _lost(state, Loss(), settings, chance) if state.phase == "connecting" else (state, ())
    if state.phase != "live":
        return state, ()
    if name == "healthy":
        return replace(state, healthy=True, attempt=0), ()
    if name == "ping":
        return state, (Action("ping"), Action("arm", timer="ping", ms=state.heartbeat_ms))
    limit = state.heartbeat_ms * SILENT_HEARTBEATS
    if quiet_ms >= limit:
        return _lost(state, Loss(), settings, chance)
    return state, (Action("arm", timer="watchdog", ms=limit - quiet_ms),)
