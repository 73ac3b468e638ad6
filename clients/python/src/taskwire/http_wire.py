"""What the transports over plain HTTP share: one reader a task, and a wire that lives and dies as a whole."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from .errors import TaskwireError, error_of_response
from .machine import Loss
from .transport import Subscription, Transport, WireEvents, WireRequest

#: Reads one task until it is over (None) or lost.
ReadTask = Callable[[WireRequest, Subscription, WireEvents], Awaitable[Loss | None]]


@functools.lru_cache(maxsize=1)
def _ssl_context() -> ssl.SSLContext:
    """Made once: reading the system's certificates takes tens of milliseconds."""
    return ssl.create_default_context()


def create_http() -> httpx.AsyncClient:
    """An HTTP client that follows no redirects, repeats nothing, and has no time limit of its own."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4, keepalive_expiry=5)
    return httpx.AsyncClient(timeout=None, follow_redirects=False, verify=_ssl_context(), limits=limits)


class _HttpWire:
    """Requests that live and die together."""

    send = None

    def __init__(self, read: ReadTask, request: WireRequest, events: WireEvents) -> None:
        self._events = events
        self._over = False
        self._tasks = [asyncio.ensure_future(self._run(read, request, one)) for one in request.subscriptions]

    async def _run(self, read: ReadTask, request: WireRequest, subscription: Subscription) -> None:
        loss: Loss | None
        try:
            loss = await read(request, subscription, self)
        except TaskwireError as error:
            loss = Loss(error)
        except Exception as cause:
            loss = Loss(TaskwireError("network", cause=cause))
        if loss is not None and self._events.wanted(subscription.task_id):
            self.lost(loss)

    def frame(self, text: str) -> None:
        if not self._over:
            self._events.frame(text)

    def heard(self) -> None:
        if not self._over:
            self._events.heard()

    def lost(self, loss: Loss) -> None:
        if self._over:
            return
        self.close()
        self._events.lost(loss)

    def room(self) -> Awaitable[None] | None:
        return self._events.room()

    def wanted(self, task_id: str) -> bool:
        return not self._over and self._events.wanted(task_id)

    def close(self) -> None:
        self._over = True
        # Who closes from within what it reads returns by itself: cancelled then, the HTTP stack would leave its connection open.
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    async def closed(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)


def transport_per_task(read: ReadTask) -> Transport:
    """A transport of which every task has a request of its own."""
    return lambda request, events: _HttpWire(read, request, events)


def redirected(response: httpx.Response) -> TaskwireError:
    """The error of an answer that sends the client elsewhere. It is not followed: a token goes nowhere else."""
    to = response.headers.get("location")
    where = f" to {to}" if to else ""
    return TaskwireError("not_taskwire", f"The address redirects{where}; redirects are not followed.", status=response.status_code)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token. An empty one is not sent at all."""
    return {"authorization": f"Bearer {token}"} if token else {}


@contextlib.asynccontextmanager
async def ask(http: httpx.AsyncClient, url: str, accept: str, token: str, keep: bool) -> AsyncIterator[httpx.Response]:
    """Asks for an answer of a type. Raises `TaskwireError` for anything else; 204 passes. `keep`: the connection serves again."""
    headers = {"accept": accept, "accept-encoding": "identity", "cache-control": "no-store", **bearer(token)}
    if not keep:
        headers["connection"] = "close"
    response = await http.send(http.build_request("GET", url, headers=headers), stream=True)
    try:
        status = response.status_code
        if 300 <= status < 400:
            raise redirected(response)
        if status != 204 and not 200 <= status < 300:
            raise error_of_response(status, response.headers, await response.aread())
        kind = response.headers.get("content-type", "")
        if status != 204 and kind.split(";")[0].strip().lower() != accept:
            raise TaskwireError("not_taskwire", f"The answer was {kind or 'without a type'}, {accept} was expected.")
        yield response
    finally:
        # Whole, even if the task is cancelled just now: half of it would leave the connection open.
        closing = asyncio.ensure_future(response.aclose())
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await closing
            raise
