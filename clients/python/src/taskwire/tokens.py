"""Where tokens come from: a fixed one, or a callback whose answer is kept until the service wants another."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from .errors import TaskwireError

#: A token, or what answers one.
TokenSource = str | Callable[[], str | Awaitable[str]]


class Tokens:
    """Keeps a token. Who asks for a fresh one while another does shares the answer."""

    def __init__(self, source: TokenSource) -> None:
        """From a text or a callback, sync or async."""
        self._source = source
        self._kept: str | None = source if isinstance(source, str) else None
        self._asking: asyncio.Task[str] | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be had."""
        return not isinstance(self._source, str)

    async def get(self, fresh: bool) -> str:
        """The token; `fresh` asks the callback anew. Raises `token_callback`."""
        if self._kept is not None and (not fresh or isinstance(self._source, str)):
            return self._kept
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
            # A failure that nobody waits for any more is nobody's.
            self._asking.add_done_callback(lambda task: None if task.cancelled() else task.exception() and None)
        return await asyncio.shield(self._asking)

    async def _ask(self) -> str:
        assert not isinstance(self._source, str)
        self._kept = None
        try:
            answer = self._source()
            token = await answer if inspect.isawaitable(answer) else answer
        except TaskwireError:
            raise
        except Exception as cause:
            raise TaskwireError("token_callback", cause=cause) from cause
        if not isinstance(token, str):
            raise TaskwireError("token_callback", "The token callback answered no text.")
        self._kept = token
        return token
