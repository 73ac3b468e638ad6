"""The client's transport port.

A transport opens a wire and hands over what comes as text; it knows nothing of tasks, retries or proofs.
`websocket.py`, `sse.py` and `long_poll.py` are three of them; a test may bring its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit

from .errors import TaskwireError
from .machine import Loss
from .proof import Replay


class Subscription(NamedTuple):
    """One task to be followed, and from where."""

    task_id: str
    after: str | None
    replay: Replay


class WireRequest(NamedTuple):
    """What a wire is opened for."""

    #: The service's address: http or https, without a slash at its end.
    base_url: str
    #: Empty: the service lets everybody in, or something in between signs in.
    token: str
    subscriptions: Sequence[Subscription]
    #: Whether the connection serves a changing number of tasks, or this one alone.
    many: bool


class WireEvents(Protocol):
    """What a wire tells. After `lost` it tells nothing more; after `close()` neither."""

    def frame(self, text: str) -> None:
        """One frame's text."""

    def heard(self) -> None:
        """Something came that is no frame."""

    def lost(self, loss: Loss) -> None:
        """The wire is no more."""

    def room(self) -> Awaitable[None] | None:
        """Resolves when there is room for more; None: there is. For wires that can stop reading."""

    def wanted(self, task_id: str) -> bool:
        """Whether a task is still followed. One that is over may end its part of the wire."""


class Wire(Protocol):
    """An open wire."""

    @property
    def send(self) -> Callable[[str], None] | None:
        """Sends a frame's text; None where the wire runs one way only."""

    def close(self) -> None:
        """Ends it for good, quietly."""

    async def closed(self) -> None:
        """Returns when nothing of it is left."""


#: Opens a wire at once and reports through events, never before it has returned.
Transport = Callable[[WireRequest, WireEvents], Wire]


def address_of(given: str) -> str:
    """The service's address as http or https, without a slash at its end. Raises `address_invalid`."""
    try:
        parts = urlsplit(given.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as cause:
        raise TaskwireError("address_invalid", f'"{given}" is no address.', cause=cause) from cause
    if not parts.scheme or (parts.scheme in ("http", "https", "ws", "wss") and not host):
        raise TaskwireError("address_invalid", f'"{given}" is no address.')
    if parts.scheme not in ("http", "https", "ws", "wss"):
        raise TaskwireError("address_invalid", f'"{parts.scheme}:" is neither http nor https.')
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def task_path(task_id: str, rest: str = "") -> str:
    """The path of a task, below the service's address."""
    return f"/v1/tasks/{quote(task_id, safe='')}{rest}"


def with_query(url: str, query: Mapping[str, str | int | None]) -> str:
    """An address with a query of those fields that are there."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{url}?{urlencode(given)}" if given else url


def place_of(subscription: Subscription) -> dict[str, str | int | None]:
    """The query that says after which cursor, and how: each left out where it is None or `full`."""
    return {"after": subscription.after, "replay": None if subscription.replay == "full" else subscription.replay}
