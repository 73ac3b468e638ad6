# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""What the contract lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

#: The version of the contract that this was generated from.
CONTRACT_VERSION = "1.0.0"

#: The WebSocket subprotocol.
PROTOCOL = "taskwire.v1"

#: Every core type.
EVENT_TYPES: tuple[str, ...] = (
    "task.created",
    "task.queued",
    "task.started",
    "task.progress",
    "task.recovering",
    "task.retrying",
    "task.paused",
    "task.resumed",
    "task.completed",
    "task.failed",
    "task.canceled",
    "task.deleted",
    "task.snapshot",
    "intent.started",
    "intent.parsed",
    "entities.extracted",
    "agents.search_started",
    "agents.found",
    "plan.started",
    "plan.created",
    "plan.updated",
    "step.started",
    "step.progress",
    "step.retrying",
    "step.completed",
    "step.failed",
    "step.skipped",
    "message.started",
    "message.delta",
    "message.completed",
    "reasoning.started",
    "reasoning.delta",
    "reasoning.completed",
    "tool.started",
    "tool.progress",
    "tool.completed",
    "tool.failed",
    "artifact.created",
    "input.requested",
    "input.resolved",
    "quality.checked",
    "command.accepted",
    "command.rejected",
    "command.applied",
    "metrics.updated",
    "health.updated",
    "log.line",
)

#: Core types that a producer may send.
PRODUCER_TYPES: tuple[str, ...] = (
    "task.started",
    "task.progress",
    "task.retrying",
    "task.paused",
    "task.resumed",
    "task.completed",
    "task.failed",
    "task.canceled",
    "intent.started",
    "intent.parsed",
    "entities.extracted",
    "agents.search_started",
    "agents.found",
    "plan.started",
    "plan.created",
    "plan.updated",
    "step.started",
    "step.progress",
    "step.retrying",
    "step.completed",
    "step.failed",
    "step.skipped",
    "message.started",
    "message.delta",
    "message.completed",
    "reasoning.started",
    "reasoning.delta",
    "reasoning.completed",
    "tool.started",
    "tool.progress",
    "tool.completed",
    "tool.failed",
    "artifact.created",
    "input.requested",
    "input.resolved",
    "quality.checked",
    "command.applied",
    "metrics.updated",
    "health.updated",
    "log.line",
)

#: Core types that only the service writes (law 6).
SERVICE_ONLY_TYPES: frozenset[str] = frozenset(
    (
        "task.created",
        "task.queued",
        "task.recovering",
        "task.deleted",
        "task.snapshot",
        "command.accepted",
        "command.rejected",
    )
)

#: Types after which nothing follows (law 1).
TERMINAL_TYPES: frozenset[str] = frozenset(
    (
        "task.completed",
        "task.failed",
        "task.canceled",
        "task.deleted",
    )
)

#: Every status of a task.
STATUSES: tuple[str, ...] = (
    "queued",
    "running",
    "paused",
    "waiting",
    "recovering",
    "completed",
    "failed",
    "canceled",
    "deleted",
)

#: Statuses of a task that is over.
TERMINAL_STATUSES: frozenset[str] = frozenset(
    (
        "completed",
        "failed",
        "canceled",
        "deleted",
    )
)

#: What a person may order.
COMMANDS: tuple[str, ...] = (
    "pause",
    "resume",
    "cancel",
    "message",
    "respond",
)

#: Types of the frames that the service sends besides events.
STREAM_FRAME_TYPES: tuple[str, ...] = (
    "stream.ready",
    "stream.subscribed",
    "stream.unsubscribed",
    "stream.joined",
    "stream.left",
    "stream.replayed",
    "stream.ack",
    "stream.caught_up",
    "stream.gap",
    "stream.heartbeat",
    "stream.pong",
    "stream.token_expiring",
    "stream.error",
    "stream.closing",
    "stream.end",
)

#: Types of the frames that a client sends.
CLIENT_FRAME_TYPES: tuple[str, ...] = (
    "subscribe",
    "unsubscribe",
    "auth",
    "ping",
    "command",
    "append",
)


class ScopeFacts(NamedTuple):
    """The scope that an event belongs to."""

    #: What may be open in a task.
    family: Literal["step", "message", "reasoning", "tool", "input"]
    #: What an event does to a scope: opens it, continues it, adds to it (`delta`, which alone needs it open), or closes it.
    role: Literal["opens", "continues", "delta", "closes"]
    #: The field of `data` that names the scope.
    id: str
    #: The field of `data` which, when true, keeps the scope open that the event would close.
    unless: str | None


class EventFacts(NamedTuple):
    """What an event of a type means to its task."""

    #: Only the service writes it.
    service: bool
    #: Made when it is asked for, never stored.
    synthetic: bool
    #: Nothing follows it.
    terminal: bool
    #: It closes every open scope.
    closes_all: bool
    #: The service gives it a `time` where the producer gave none.
    timed: bool
    #: The status that it puts the task in.
    status: str | None
    #: What its `percent` is of (law 2).
    percent: Literal["task", "step", "tool"] | None
    scope: ScopeFacts | None


#: What the laws and the fold must know of every core type.
EVENT_FACTS: Mapping[str, EventFacts] = {
    "task.created": EventFacts(True, False, False, False, True, "queued", None, None),
    "task.queued": EventFacts(True, False, False, False, True, "queued", None, None),
    "task.started": EventFacts(False, False, False, False, True, "running", None, None),
    "task.progress": EventFacts(False, False, False, False, True, None, "task", None),
    "task.recovering": EventFacts(True, False, False, True, True, "recovering", None, None),
    "task.retrying": EventFacts(False, False, False, True, True, "running", None, None),
    "task.paused": EventFacts(False, False, False, False, True, "paused", None, None),
    "task.resumed": EventFacts(False, False, False, False, True, "running", None, None),
    "task.completed": EventFacts(False, False, True, True, True, "completed", None, None),
    "task.failed": EventFacts(False, False, True, True, True, "failed", None, None),
    "task.canceled": EventFacts(False, False, True, True, True, "canceled", None, None),
    "task.deleted": EventFacts(True, False, True, True, True, "deleted", None, None),
    "task.snapshot": EventFacts(True, True, False, False, True, None, None, None),
    "intent.started": EventFacts(False, False, False, False, True, None, None, None),
    "intent.parsed": EventFacts(False, False, False, False, True, None, None, None),
    "entities.extracted": EventFacts(False, False, False, False, True, None, None, None),
    "agents.search_started": EventFacts(False, False, False, False, True, None, None, None),
    "agents.found": EventFacts(False, False, False, False, True, None, None, None),
    "plan.started": EventFacts(False, False, False, False, True, None, None, None),
    "plan.created": EventFacts(False, False, False, False, True, None, None, None),
    "plan.updated": EventFacts(False, False, False, False, True, None, None, None),
    "step.started": EventFacts(False, False, False, False, True, None, None, ScopeFacts("step", "opens", "step_id", None)),
    "step.progress": EventFacts(False, False, False, False, True, None, "step", ScopeFacts("step", "continues", "step_id", None)),
    "step.retrying": EventFacts(False, False, False, False, True, None, None, ScopeFacts("step", "continues", "step_id", None)),
    "step.completed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("step", "closes", "step_id", None)),
    "step.failed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("step", "closes", "step_id", "will_retry")),
    "step.skipped": EventFacts(False, False, False, False, True, None, None, ScopeFacts("step", "closes", "step_id", None)),
    "message.started": EventFacts(False, False, False, False, True, None, None, ScopeFacts("message", "opens", "message_id", None)),
    "message.delta": EventFacts(False, False, False, False, False, None, None, ScopeFacts("message", "delta", "message_id", None)),
    "message.completed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("message", "closes", "message_id", None)),
    "reasoning.started": EventFacts(False, False, False, False, True, None, None, ScopeFacts("reasoning", "opens", "reasoning_id", None)),
    "reasoning.delta": EventFacts(False, False, False, False, False, None, None, ScopeFacts("reasoning", "delta", "reasoning_id", None)),
    "reasoning.completed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("reasoning", "closes", "reasoning_id", None)),
    "tool.started": EventFacts(False, False, False, False, True, None, None, ScopeFacts("tool", "opens", "tool_call_id", None)),
    "tool.progress": EventFacts(False, False, False, False, True, None, "tool", ScopeFacts("tool", "continues", "tool_call_id", None)),
    "tool.completed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("tool", "closes", "tool_call_id", None)),
    "tool.failed": EventFacts(False, False, False, False, True, None, None, ScopeFacts("tool", "closes", "tool_call_id", None)),
    "artifact.created": EventFacts(False, False, False, False, True, None, None, None),
    "input.requested": EventFacts(False, False, False, False, True, None, None, ScopeFacts("input", "opens", "request_id", None)),
    "input.resolved": EventFacts(False, False, False, False, True, None, None, ScopeFacts("input", "closes", "request_id", None)),
    "quality.checked": EventFacts(False, False, False, False, True, None, None, None),
    "command.accepted": EventFacts(True, False, False, False, True, None, None, None),
    "command.rejected": EventFacts(True, False, False, False, True, None, None, None),
    "command.applied": EventFacts(False, False, False, False, True, None, None, None),
    "metrics.updated": EventFacts(False, False, False, False, True, None, None, None),
    "health.updated": EventFacts(False, False, False, False, True, None, None, None),
    "log.line": EventFacts(False, False, False, False, True, None, None, None),
}
