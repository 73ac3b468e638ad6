"""Requests that are answered once: with the token, repeated while repeating can help, refused with a `TaskwireError`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx

from .errors import TaskwireError, error_of_response, is_token_error
from .http_wire import bearer, redirected
from .machine import MachineSettings, backoff_ms
from .timing import Timing, pause
from .tokens import Tokens
from .transport import with_query

#: Told before every wait for another try: why, and how many milliseconds.
OnRetry = Callable[[TaskwireError, float], None]


class CallRequest(NamedTuple):
    """What is asked."""

    method: str
    #: Below the service's address, beginning with a slash.
    path: str
    query: Mapping[str, str | int | None] = {}
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Call:
    """Makes calls. Only give it requests that may be repeated: reads, and writes with a retry identity."""

    def __init__(self, http: httpx.AsyncClient, base_url: str, tokens: Tokens, timing: Timing, settings: MachineSettings) -> None:
        """For one service."""
        self._http, self._base_url, self._tokens, self._timing, self._settings = http, base_url, tokens, timing, settings

    async def __call__(self, request: CallRequest, give_up_ms: float | None = None, on_retry: OnRetry | None = None) -> Any:
        """The answer's JSON; None where it is empty. Repeats for `give_up_ms` (30 s; `math.inf`: for ever)."""
        limit = self._settings.give_up_ms if give_up_ms is None else give_up_ms
        began, fresh, attempt = self._timing.now(), False, 0
        while True:
            attempt += 1
            try:
                return await self._once(request, fresh)
            except TaskwireError as error:
                renew = is_token_error(error) and self._tokens.renewable and not fresh
                if not renew and (not error.retryable or is_token_error(error)):
                    raise
                ms = 0.0 if renew else max(error.retry_after_ms or 0, backoff_ms(attempt, self._settings, self._timing.chance()))
                if self._timing.now() - began + ms > limit:
                    raise
                fresh = renew
                if renew:
                    continue
                if on_retry is not None:
                    on_retry(error, ms)
            await pause(self._timing, ms)

    async def _once(self, request: CallRequest, fresh: bool) -> Any:
        token = await self._tokens.get(fresh)
        try:
            return await asyncio.wait_for(self._answered(request, token), self._settings.try_ms / 1000)
        except TaskwireError:
            raise
        except Exception as cause:
            raise TaskwireError("network", cause=cause) from cause

    async def _answered(self, request: CallRequest, token: str) -> Any:
        headers = {"accept": "application/json", "accept-encoding": "identity", **bearer(token), **request.headers}
        url = with_query(self._base_url + request.path, request.query)
        response = await self._http.request(request.method, url, headers=headers, content=request.body)
        status = response.status_code
        if 300 <= status < 400:
            raise redirected(response)
        if not 200 <= status < 300:
            raise error_of_response(status, response.headers, response.content)
        if status == 204:
            return None
        try:
            answer = json.loads(response.content)
        except ValueError:
            answer = None
        if answer is None:
            raise TaskwireError("not_taskwire", "The answer is not JSON.", status=status)
        return answer
