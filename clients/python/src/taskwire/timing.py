"""Time and chance, passed in so that a test can decide both."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Protocol


class Timing(Protocol):
    """What a client knows of time and chance."""

    def now(self) -> float:
        """Milliseconds on a clock that never steps back."""

    def after(self, ms: float, run: Callable[[], None]) -> Callable[[], None]:
        """Runs `run` once after `ms`, unless the answer is called first."""

    def chance(self) -> float:
        """A number in [0, 1)."""


class RealTiming:
    """The running event loop's time, and the machine's chance."""

    def now(self) -> float:
        """Milliseconds on a clock that never steps back."""
        return time.monotonic() * 1000

    def after(self, ms: float, run: Callable[[], None]) -> Callable[[], None]:
        """Runs `run` once after `ms`, unless the answer is called first."""
        return asyncio.get_running_loop().call_later(ms / 1000, run).cancel

    def chance(self) -> float:
        """A number in [0, 1)."""
        return random.random()


async def pause(timing: Timing, ms: float) -> None:
    """Waits."""
    done = asyncio.get_running_loop().create_future()
    cancel = timing.after(ms, lambda: None if done.done() else done.set_result(None))
    try:
        await done
    finally:
        cancel()
