"""The WebSocket transport: one task by its own URL, or many over one connection with subscribe frames."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from .errors import error_of_close
from .generated.catalog import PROTOCOL
from .machine import Loss
from .transport import Transport, Wire, WireEvents, WireRequest, place_of, task_path, with_query

#: What may stand in a subprotocol (a token of RFC 9110). Other bearer tokens travel in the first frame.
_HEADER_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: One frame may be as long as a snapshot (256 KiB) and some; what is longer comes from no Taskwire. Bytes.
_LONGEST_FRAME = 4 * 1024 * 1024
#: How long the other side has to say goodbye too. Seconds.
_CLOSE_LIMIT = 0.3


class _Connect(connect):
    """Follows no redirects: a token goes nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """What is not an open connection is none."""
        return exc


class _Connection(ClientConnection):
    """Hands whole messages over as they are read, without a task being woken for each."""

    def __init__(self, listener: WireEvents, *given: Any, **named: Any) -> None:
        """As the library makes it, with whom to tell."""
        super().__init__(*given, **named)
        self._listener = listener
        self._parts: list[bytes] = []
        self._text = False

    def process_event(self, event: Any) -> None:
        """Joins the frames of a message; all else is the library's."""
        opcode = event.opcode if isinstance(event, Frame) else None
        if opcode is not Opcode.TEXT and opcode is not Opcode.BINARY and opcode is not Opcode.CONT:
            super().process_event(event)
            return
        if opcode is not Opcode.CONT:
            self._text = opcode is Opcode.TEXT
            if event.fin:
                self._told(event.data)
                return
            self._parts = []
        self._parts.append(bytes(event.data))
        if event.fin:
            self._told(b"".join(self._parts))

    def _told(self, data: Any) -> None:
        if not self._text:
            self._listener.heard()
            return
        try:
            text = str(data, "utf-8")
        except UnicodeDecodeError:
            self.transport.abort()
            return
        self._listener.frame(text)


def _address(request: WireRequest) -> str:
    base = f"ws{request.base_url[4:]}"
    if request.many:
        return f"{base}/v1/ws"
    only = request.subscriptions[0]
    return with_query(base + task_path(only.task_id, "/ws"), place_of(only))


#: The frames with which several tasks are asked for on one connection.
Subscribe = Callable[[WireRequest], list[Mapping[str, Any]]]


def _subscribe(request: WireRequest) -> list[Mapping[str, Any]]:
    return [{"type": "subscribe", "task_id": one.task_id, **{k: v for k, v in place_of(one).items() if v is not None}} for one in request.subscriptions]


class _WebSocketWire:
    """An open WebSocket, or one that opens."""

    def __init__(self, request: WireRequest, events: WireEvents, subscribe: Subscribe) -> None:
        self._events, self._subscribe = events, subscribe
        self._over = False
        self._socket: ClientConnection | None = None
        self._sending: set[asyncio.Future[None]] = set()
        self._task = asyncio.ensure_future(self._run(request))

    async def _run(self, request: WireRequest) -> None:
        loss = Loss()
        try:
            loss = await self._read(request)
        except Exception:
            # An upgrade that is refused is looked at no further: the next transport will say why.
            loss = Loss()
        self.lost(loss)

    async def _read(self, request: WireRequest) -> Loss:
        by_header = bool(request.token) and _HEADER_TOKEN.fullmatch(request.token) is not None
        protocols = [Subprotocol(PROTOCOL), *([Subprotocol(f"bearer.{request.token}")] if by_header else [])]
        opening = _Connect(
            _address(request), subprotocols=protocols, compression=None, open_timeout=None, close_timeout=_CLOSE_LIMIT,
            ping_interval=None, max_size=_LONGEST_FRAME,
            create_connection=cast("Any", functools.partial(_Connection, self)),
        )  # fmt: skip
        async with opening as socket:
            try:
                for frame in self._greetings(request, by_header):
                    await socket.send(json.dumps(frame))
                self._socket = socket
                await socket.wait_closed()
            except ConnectionClosed:
                pass
            return Loss(error_of_close(socket.close_code or 1006, socket.close_reason or ""))

    def _greetings(self, request: WireRequest, by_header: bool) -> list[Mapping[str, Any]]:
        auth = [{"type": "auth", "token": request.token}] if request.token and not by_header else []
        return [*auth, *(self._subscribe(request) if request.many else ())]

    def frame(self, text: str) -> None:
        """A message of text came."""
        if not self._over:
            self._events.frame(text)

    def heard(self) -> None:
        """Something else came."""
        if not self._over:
            self._events.heard()

    def lost(self, loss: Loss) -> None:
        """It is no more."""
        if not self._over:
            self._over = True
            self._events.lost(loss)

    def room(self) -> None:
        """A WebSocket cannot stop reading."""

    def wanted(self, task_id: str) -> bool:
        """Whether a task is still followed."""
        return self._events.wanted(task_id)

    @property
    def send(self) -> Any:
        return self._send

    def _send(self, text: str) -> None:
        if self._socket is None:
            return
        sending = asyncio.ensure_future(self._socket.send(text))
        self._sending.add(sending)
        sending.add_done_callback(self._sent)

    def _sent(self, sending: asyncio.Future[None]) -> None:
        self._sending.discard(sending)
        if not sending.cancelled():
            sending.exception()

    def close(self) -> None:
        self._over = True
        self._task.cancel()

    async def closed(self) -> None:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await asyncio.gather(self._task, *self._sending, return_exceptions=True)


def web_socket_transport(request: WireRequest, events: WireEvents) -> Wire:
    """Opens a WebSocket."""
    return _WebSocketWire(request, events, _subscribe)


def web_socket_of(subscribe: Subscribe) -> Transport:
    """The transport that asks for what it follows in other words."""
    return lambda request, events: _WebSocketWire(request, events, subscribe)
