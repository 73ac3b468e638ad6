"""What can go wrong, as one error class.

`code` is stable: it comes from the contract's error table, or from the few below that a client finds out by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from .generated.errors import ERRORS


class _Own(NamedTuple):
    retryable: bool
    title: str
    advice: str


#: What no service says, but a client notices.
OWN: Mapping[str, _Own] = {
    "network": _Own(True, "The service cannot be reached", "Check the address and that the service runs; the client tries again by itself."),
    "silent": _Own(True, "The connection went silent", "Nothing to do: the client connects again by itself."),
    "not_taskwire": _Own(False, "What answered is not Taskwire", "Check the address; a proxy or another program may be answering in its place."),
    "protocol_unsupported": _Own(False, "The service speaks another version", "Update the client, or follow with one of the service's version."),
    "address_invalid": _Own(False, "The address is not usable", "Pass the service's address, such as http://127.0.0.1:8080."),
    "no_transport": _Own(False, "No transport can be used here", "Ask for a transport that exists: websocket, sse or long_poll."),
    "token_callback": _Own(False, "The token callback failed", "See `__cause__`; the callback must answer a token."),
    "closed": _Own(False, "The publisher is closed", "Make a new publisher."),
}

#: Advice for codes of the future.
_UNKNOWN = "This code is newer than the client: look it up in the service's /asyncapi.json, or update the client."


class TaskwireError(Exception):
    """An error with a stable `code`, whether trying again can help, and what to do about it."""

    #: Stable: the contract's, or one of those that only a client says.
    code: str
    #: Whether the same again, later, can succeed.
    retryable: bool
    #: What to do, in one sentence for a person.
    advice: str
    #: What happened.
    message: str
    #: The HTTP status, where there was one.
    status: int | None
    #: How long the service asks to wait. Milliseconds.
    retry_after_ms: float | None
    #: The task that it is about, where it is about one.
    task_id: str | None
    #: What else the answer carried: `path`, `line`, `law`, …
    extra: Mapping[str, Any]

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        retryable: bool | None = None,
        advice: str | None = None,
        status: int | None = None,
        retry_after_ms: float | None = None,
        task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        cause: BaseException | None = None,
    ) -> None:
        """`detail` says what happened; what is left out comes from the error table."""
        known = ERRORS.get(code) or OWN.get(code)
        self.code = code
        self.message = detail or (known.title if known else code)
        self.retryable = retryable if retryable is not None else (known.retryable if known else False)
        self.advice = advice or (known.advice if known else _UNKNOWN)
        self.status = status
        self.retry_after_ms = retry_after_ms
        self.task_id = task_id
        self.extra = extra or {}
        super().__init__(f"{self.message} ({code})")
        if cause is not None:
            self.__cause__ = cause


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def error_of_frame(frame: Mapping[str, Any]) -> TaskwireError:
    """The error that a `stream.error` frame tells of."""
    retryable = frame.get("retryable")
    return TaskwireError(
        _text(frame.get("code")) or "internal",
        _text(frame.get("message")),
        retry_after_ms=_number(frame.get("retry_after_ms")),
        task_id=_text(frame.get("task_id")),
        retryable=retryable if isinstance(retryable, bool) else None,
    )


def error_of_close(code: int, reason: str) -> TaskwireError | None:
    """The error that a close code of the service stands for (4400-4499: try again, 4500-4999: do not), or None for a plain cut."""
    if not 4000 <= code <= 4999:
        return None
    found = next((name for name, row in ERRORS.items() if row.close == code), None)
    return TaskwireError(found or f"close_{code}", None if found else reason, retryable=code < 4500)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Milliseconds that a `Retry-After` header asks for, as seconds or as a date; None where it says nothing usable."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text) * 1000
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - datetime.now(timezone.utc)).total_seconds() * 1000)


def _parse_problem(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("code"), str) else None


def error_of_response(status: int, headers: Mapping[str, str], body: bytes) -> TaskwireError:
    """The error that an HTTP answer other than 2xx stands for."""
    problem = _parse_problem(body)
    later = status in (408, 425, 429) or status >= 500
    if problem is None:
        code = "network" if later else "token_invalid" if status == 401 else "not_taskwire"
        return TaskwireError(code, f"The answer was HTTP {status} without a problem body.", status=status, retry_after_ms=_retry_after(headers))
    extra = {name: value for name, value in problem.items() if name not in _PROBLEM}
    retryable, wait = problem.get("retryable"), _number(problem.get("retry_after_ms"))
    return TaskwireError(
        problem["code"],
        _text(problem.get("detail")) or _text(problem.get("title")),
        retryable=retryable if isinstance(retryable, bool) else later,
        status=status,
        retry_after_ms=wait if wait is not None else _retry_after(headers),
        task_id=_text(extra.get("task_id")),
        extra=extra,
        advice=_text(problem.get("advice")),
    )


_PROBLEM = frozenset({"code", "detail", "title", "retryable", "advice", "retry_after_ms", "status", "type"})


def is_token_error(error: TaskwireError | None) -> bool:
    """Whether an error means that the token was not accepted, so that another one may be."""
    return error is not None and error.code in ("token_expired", "token_invalid")
