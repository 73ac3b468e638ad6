"""The publisher that agents of agent progress know: `publish(message, percent, step, tool, error)`, bound to a task.

A message names the step and the tool that go on now; what it names no more is done. Who watches through that dialect is told each message as it was published.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from .producer import Producer

#: The dialect knows steps and tools that belong to such a message by it.
_OWN = "ap:"
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,20}")


def _own_id(name: str) -> str:
    return _OWN + (name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20])


class AgentProgress:
    """Publishes to the task of a producer. What comes behind `completed` or `failed` is dropped without harm."""

    def __init__(self, producer: Producer) -> None:
        """Of a task that has begun: `async with client.produce(kind="fraud", access="link") as producer`."""
        self._producer = producer
        self._step: str | None = None
        self._tool: str | None = None

    def publish(self, message: str, percent: float, step: str, tool: str | None = None, error: bool = False) -> None:
        """Tells what goes on: a sentence, 0 to 100, the step, the tool it uses. `completed` and `failed` end the task."""
        if self._producer.over:
            return
        ends = step in ("completed", "failed")
        self._close(step=step, tool=tool, ends=ends)
        if step == "failed":
            self._producer.emit("task.failed", {"error": {"code": "agent_failed", "message": message, "retryable": False}, "user_message": message}, message=message)
        elif step == "completed":
            self._producer.emit("task.completed", {}, message=message)
        else:
            self._tell(message, percent, step, tool, error)

    def _tell(self, message: str, percent: float, step: str, tool: str | None, error: bool) -> None:
        if self._step is None:
            self._step = step
            self._producer.emit("step.started", {"step_id": _own_id(step), "name": step})
        if tool and self._tool is None:
            self._tool = tool
            self._producer.emit("tool.started", {"tool_call_id": _own_id(tool), "name": tool}, step_id=_own_id(step))
        fields: dict[str, Any] = {"stage": step, "message": message, **({"error": True} if error else {})}
        self._producer.progress(min(100, max(0, percent)), **fields)
        if error and self._tool is not None:
            self._producer.emit("tool.failed", {"tool_call_id": _own_id(self._tool), "error": {"code": "tool_failed", "message": message, "retryable": False}})
            self._tool = None

    def _close(self, step: str, tool: str | None, ends: bool) -> None:
        """What is named no more is done."""
        leaves = self._step is not None and (ends or self._step != step)
        if self._tool is not None and (leaves or self._tool != tool):
            self._producer.emit("tool.completed", {"tool_call_id": _own_id(self._tool)})
            self._tool = None
        if leaves and self._step is not None:
            self._producer.emit("step.completed", {"step_id": _own_id(self._step)})
            self._step = None
