"""The Server-Sent Events transport. A header carries the token, and a consumer that does not read stops the reading."""

from __future__ import annotations

import codecs
import json
from typing import NamedTuple

import httpx

from .errors import TaskwireError
from .http_wire import ask, transport_per_task
from .machine import Loss
from .transport import Subscription, Transport, WireEvents, WireRequest, place_of, task_path, with_query

#: One frame may be as long as a snapshot (256 KiB) and some; what is longer comes from no Taskwire. Characters.
_LONGEST_FRAME = 2 * 1024 * 1024


class Dispatch(NamedTuple):
    """What the stream's text adds up to: one event of the HTML standard."""

    #: `message` where the stream names none.
    event: str
    #: The last one seen.
    id: str
    data: str


class SseParser:
    """Takes bytes as they come; answers the events that are complete. Lines end with CR, LF or CRLF."""

    def __init__(self) -> None:
        """At the beginning of a stream."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._first = True
        #: The last character was a CR: a LF right after it belongs to it.
        self._after_cr = False
        self._rest: list[str] = []
        self._rest_size = 0
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        #: Of the last event that was complete.
        self.last_event_id = ""
        #: What the stream asks to wait before connecting again. Milliseconds.
        self.retry: int | None = None

    def feed(self, chunk: bytes) -> list[Dispatch]:
        """The events that end in this piece. Raises `network` for a line that has no end."""
        text = self._decoder.decode(chunk)
        if not text:
            return []
        if self._first:
            self._first = False
            text = text[1:] if text[0] == "\ufeff" else text
        if self._after_cr and text[:1] == "\n":
            text = text[1:]
        if not text:
            self._after_cr = False
            return []
        self._after_cr = text[-1] == "\r"
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        if lines and self._rest:
            lines[0] = "".join((*self._rest, lines[0]))
            self._rest, self._rest_size = [], 0
        if rest:
            self._rest.append(rest)
            self._rest_size += len(rest)
        if self._rest_size > _LONGEST_FRAME:
            raise TaskwireError("network", "A line of the stream has no end.")
        return self._lines(lines)

    def _lines(self, lines: list[str]) -> list[Dispatch]:
        found: list[Dispatch] = []
        for line in lines:
            if line.startswith("data: "):
                self._data.append(line[6:])
            elif line == "":
                self.last_event_id = self._id
                if self._data:
                    found.append(Dispatch(self._event or "message", self.last_event_id, "\n".join(self._data)))
                    self._data = []
                self._event = ""
            else:
                self._field(line)
        return found

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)


async def read_stream(response: httpx.Response, task_id: str, events: WireEvents) -> Loss | None:
    """Reads a stream to its end, as fast as the consumer takes it; None where a task is wanted no more."""
    parser = SseParser()
    async for chunk in response.aiter_bytes():
        events.heard()
        for _, _, data in parser.feed(chunk):
            events.frame(data)
        if not events.wanted(task_id):
            return None
        room = events.room()
        if room is not None:
            await room
    return Loss()


def sse_transport(http: httpx.AsyncClient) -> Transport:
    """The transport over an HTTP client."""

    async def read(request: WireRequest, subscription: Subscription, events: WireEvents) -> Loss | None:
        url = with_query(request.base_url + task_path(subscription.task_id, "/events"), place_of(subscription))
        async with ask(http, url, "text/event-stream", request.token, keep=False) as response:
            if response.status_code == 204:
                end = {"type": "stream.end", "task_id": subscription.task_id, "cursor": subscription.after, "read_before": True}
                events.frame(json.dumps(end))
                return None
            return await read_stream(response, subscription.task_id, events)

    return transport_per_task(read)
