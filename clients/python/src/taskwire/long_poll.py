"""The transport of last resort: page after page, each request waiting for the first event.

It passes through whatever lets a plain answer through. A page is handed over as the frames that a stream would have carried.
"""

from __future__ import annotations

import json
import math
from typing import Any

import httpx

from .errors import TaskwireError
from .http_wire import ask, transport_per_task
from .machine import Loss, MachineSettings, backoff_ms
from .timing import Timing, pause
from .transport import Subscription, Transport, WireEvents, WireRequest, place_of, task_path, with_query

#: Events of a page.
_PAGE = 1_000


def _page_of(body: bytes) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except ValueError:
        page = None
    if isinstance(page, dict) and isinstance(page.get("events"), list) and isinstance(page.get("cursor"), str):
        return page
    raise TaskwireError("not_taskwire", "The answer is no page of events.")


def _hand_over(at: Subscription, page: dict[str, Any], first: bool, events: WireEvents) -> None:
    about = {"task_id": at.task_id, "cursor": page["cursor"]}

    def tell(frame: Any) -> None:
        events.frame(json.dumps(frame))

    if isinstance(page.get("gap"), dict):
        tell({"type": "stream.gap", "task_id": at.task_id, **page["gap"]})
    if first and at.replay == "none" and not page["events"]:
        tell({"type": "stream.subscribed", **about, "replay": at.replay})
    for event in page["events"]:
        tell(event)
    if page.get("ended") is True:
        tell({"type": "stream.end", **about, "status": page.get("status")})
    elif first:
        tell({"type": "stream.caught_up", **about, "more": page.get("more")})


def long_poll_transport(http: httpx.AsyncClient, timing: Timing, settings: MachineSettings) -> Transport:
    """The transport over an HTTP client. Waits one heartbeat of the settings for the first event of a page."""
    wait_seconds = max(1, math.ceil(settings.heartbeat_ms / 1000))

    async def read(request: WireRequest, subscription: Subscription, events: WireEvents) -> Loss | None:
        at, first, wait = subscription, True, False
        while True:
            room = events.room()
            if room is not None:
                await room
            query = {**place_of(at), "limit": _PAGE, "wait": wait_seconds if wait else None}
            asked_at = timing.now()
            url = with_query(request.base_url + task_path(at.task_id, "/events"), query)
            async with ask(http, url, "application/json", request.token, keep=True) as response:
                page = _page_of(await response.aread())
            events.heard()
            _hand_over(at, page, first, events)
            if page.get("ended") is True or not events.wanted(at.task_id):
                return None
            at = at._replace(after=page["cursor"], replay="full" if at.replay == "none" else at.replay)
            # Something in between that does not wait must not be asked in a circle.
            if wait and not page["events"] and timing.now() - asked_at < wait_seconds * 500:
                await pause(timing, backoff_ms(1, settings, timing.chance()))
            wait, first = page.get("more") is not True, False

    return transport_per_task(read)
