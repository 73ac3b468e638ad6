"""Appends with an identity that makes every repetition harmless: `Taskwire-Producer: <id>;<seq>`.

The service takes a `seq` that is not above the last one for a repetition, so a task's requests go one after another, never side by side.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .http import Call, CallRequest, OnRetry
from .identity import random_identity
from .transport import task_path

#: Tasks whose counting is remembered; a forgotten one begins anew under another producer's name.
_LANES = 1_000


@dataclass
class _Lane:
    producer: str = field(default_factory=random_identity)
    seq: int = 0
    busy: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Append:
    """Appends events through calls."""

    def __init__(self, call: Call, lease: str | None = None) -> None:
        """Nothing appended yet. `lease`: that of a task which workers lease."""
        self._call = call
        self._lease = {} if lease is None else {"taskwire-lease": lease}
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    async def __call__(self, task_id: str, events: Sequence[str], give_up_ms: float | None = None, on_retry: OnRetry | None = None) -> dict[str, Any]:
        """Appends events, each given as its JSON, all or none."""
        lane = self._lane_of(task_id)
        lane.busy += 1
        try:
            async with lane.lock:
                lane.seq += 1
                headers = {"content-type": "application/x-ndjson", "taskwire-producer": f"{lane.producer};{lane.seq}", **self._lease}
                body = ("\n".join(events) + "\n").encode()
                answer: dict[str, Any] = await self._call(CallRequest("POST", task_path(task_id, "/events"), {}, headers, body), give_up_ms, on_retry)
                return answer
        finally:
            lane.busy -= 1

    def _lane_of(self, task_id: str) -> _Lane:
        lane = self._lanes.setdefault(task_id, _Lane())
        self._lanes.move_to_end(task_id)
        if len(self._lanes) > _LANES:
            idle = next((name for name, one in self._lanes.items() if one.busy == 0 and name != task_id), None)
            if idle is not None:
                del self._lanes[idle]
        return lane
