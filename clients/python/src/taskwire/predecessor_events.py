"""The events of research plans as agents tell them, and what each is in the catalogue. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any
from uuid import uuid4

from .errors import TaskwireError


class EventType(str, Enum):
    """What a research plan's agent tells, and what its clients are told."""

    PLAN_STARTED = "plan_started"
    PLAN_COMPLETED = "plan_completed"
    PLAN_FAILED = "plan_failed"
    PLAN_PAUSED = "plan_paused"
    PLAN_RESUMED = "plan_resumed"
    STEP_STARTED = "step_started"
    STEP_PROGRESS = "step_progress"
    STEP_COMPLETED = "step_completed"
    STEP_FAILED = "step_failed"
    QUALITY_CHECK = "quality_check"
    REVIEW_REQUIRED = "review_required"
    METRICS_UPDATE = "metrics_update"
    HEALTH_UPDATE = "health_update"
    ERROR = "error"
    PING = "ping"
    PONG = "pong"


#: After these a plan is over.
ENDS = frozenset({EventType.PLAN_COMPLETED.value, EventType.PLAN_FAILED.value})
#: What a connection says, and no plan.
UNTOLD = frozenset({EventType.PING.value, EventType.PONG.value})


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class StreamEvent:
    """One event of a plan, as handlers are told of it."""

    event_type: str
    plan_id: str
    data: Mapping[str, Any]
    step_id: str | None = None
    timestamp: str = field(default_factory=_now)
    #: The agent's own. Clients know the event by the one that its place in the log makes.
    event_id: str = field(default_factory=lambda: str(uuid4()))

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        step = {} if self.step_id is None else {"step_id": self.step_id}
        return {"event_type": self.event_type, "plan_id": self.plan_id, **step, "data": dict(self.data), "timestamp": self.timestamp, "event_id": self.event_id}


def name_of(event_type: EventType | str) -> str:
    """The type's name. Raises `event_type_unknown`."""
    try:
        return EventType(event_type).value
    except ValueError:
        raise TaskwireError("event_type_unknown", f"A plan has no event {event_type!r}; expected one of {', '.join(each.value for each in EventType)}.") from None


def _text(value: Any, fallback: str) -> str:
    return value if isinstance(value, str) and value else fallback


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _share(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(1.0, max(0.0, number))


def _failure(data: Mapping[str, Any], fallback: str) -> dict[str, Any]:
    """What went wrong, for programs and for developers. What else is known of it goes along."""
    message = _text(data.get("error"), _text(data.get("message"), fallback))
    code = _text(data.get("code"), "worker_error")
    details = {name: value for name, value in data.items() if name not in ("error", "code", "retryable", "will_retry")}
    return {"code": code, "message": message, "retryable": data.get("retryable") is True, **({"details": details} if details else {})}


def _step(event: StreamEvent) -> dict[str, Any]:
    if event.step_id is None:
        raise TaskwireError("event_invalid", f"{event.event_type} needs a step_id.")
    return {"step_id": event.step_id}


def _progress(event: StreamEvent) -> dict[str, Any]:
    data = {name: value for name, value in event.data.items() if name != "progress"}
    share = _share(event.data.get("progress"))
    amount = {} if share is None and "current" in data and "total" in data else {"percent": round(100 * (share or 0), 4)}
    return {**data, **amount, **_step(event)}


def _completed_step(event: StreamEvent) -> dict[str, Any]:
    rest = {name: value for name, value in event.data.items() if name not in ("data", "status", "quality_score")}
    score = _share(event.data.get("quality_score"))
    output = {"output": event.data["data"]} if "data" in event.data else {}
    return {**rest, "status": _text(event.data.get("status"), "completed"), **({} if score is None else {"quality_score": score}), **output, **_step(event)}


def _quality(event: StreamEvent) -> dict[str, Any]:
    rest = {name: value for name, value in event.data.items() if name != "quality_score"}
    score = _number(event.data.get("quality_score"))
    threshold = _number(event.data.get("threshold"))
    passed = event.data.get("passed")
    judged = passed if isinstance(passed, bool) else score is None or threshold is None or score >= threshold
    step = {} if event.step_id is None else {"step_id": event.step_id}
    return {"check": "quality", **rest, "passed": judged, **({} if score is None else {"score": score}), **step}


def _review(event: StreamEvent) -> dict[str, Any]:
    options = event.data.get("options")
    choices = {"options": [each if isinstance(each, Mapping) and "value" in each else {"value": each} for each in options]} if isinstance(options, list) else {}
    prompt = _text(event.data.get("prompt"), _text(event.data.get("message"), _text(event.data.get("reason"), "A review is required.")))
    return {"request_id": f"review-{event.event_id}", "kind": "review", **event.data, "prompt": prompt, **choices}


def _metrics(event: StreamEvent) -> dict[str, Any]:
    values = {name: value for name, value in event.data.items() if _number(value) is not None}
    return {"values": values, **{name: value for name, value in event.data.items() if name not in values}}


def canonical(event: StreamEvent) -> tuple[str, dict[str, Any]]:
    """The type and the data under which an event is stored. Raises `event_invalid`, where it is of a step and does not say which."""
    data = event.data
    kind = EventType(event.event_type)
    if kind is EventType.PLAN_STARTED:
        steps = data.get("total_steps")
        known = {"query": data["query"]} if isinstance(data.get("query"), str) else {}
        return "task.started", {**data, "attempt": 1, **known, "total_steps": steps if isinstance(steps, int) and steps >= 0 else 0}
    if kind is EventType.PLAN_COMPLETED:
        return "task.completed", {"result": dict(data)} if data else {}
    if kind is EventType.PLAN_FAILED:
        return "task.failed", {"error": _failure(data, "The plan has failed.")}
    if kind in (EventType.PLAN_PAUSED, EventType.PLAN_RESUMED):
        return "task.paused" if kind is EventType.PLAN_PAUSED else "task.resumed", dict(data)
    if kind is EventType.STEP_STARTED:
        step = _step(event)
        return "step.started", {**data, "name": _text(data.get("name"), _text(data.get("title"), step["step_id"])), **step}
    if kind is EventType.STEP_PROGRESS:
        return "step.progress", _progress(event)
    if kind is EventType.STEP_COMPLETED:
        return "step.completed", _completed_step(event)
    if kind is EventType.STEP_FAILED:
        return "step.failed", {**_step(event), "error": _failure(data, "The step has failed."), "will_retry": data.get("will_retry") is True}
    if kind is EventType.QUALITY_CHECK:
        return "quality.checked", _quality(event)
    if kind is EventType.REVIEW_REQUIRED:
        return "input.requested", _review(event)
    if kind is EventType.METRICS_UPDATE:
        return "metrics.updated", _metrics(event)
    if kind is EventType.HEALTH_UPDATE:
        return "health.updated", {**data, "status": _text(data.get("status"), "ok")}
    fields = {name: value for name, value in data.items() if name != "message"}
    return "log.line", {"level": "error", "text": _text(data.get("message"), _text(data.get("error"), "An error.")), **({"fields": fields} if fields else {})}
