"""A task's state as people see it, folded from its events: the same reducer as the service's own.

Names are those of `task.snapshot`; what has an id stands in a dict, in order of first appearance. Items are replaced when
they change, never altered, so that whoever shows them can compare them by identity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .generated.catalog import EVENT_FACTS

Fields = Mapping[str, Any]
Items = dict[str, Fields]


@dataclass
class TaskView:
    """A task as its events so far add up to."""

    #: The last event folded, which is also how many there are.
    seq: int = 0
    task_id: str | None = None
    #: The status without regard to open inputs.
    phase: str = "queued"
    status: str = "queued"
    #: Which try of the task; 0 before the first.
    attempt: int = 0
    #: Single facts under the names of `task.snapshot`: `kind`, `title`, `input`, `result`, `error`, `created_at` …
    facts: dict[str, Any] = field(default_factory=dict)
    progress: Fields = field(default_factory=dict)
    steps: Items = field(default_factory=dict)
    messages: Items = field(default_factory=dict)
    reasonings: Items = field(default_factory=dict)
    tools: Items = field(default_factory=dict)
    inputs: Items = field(default_factory=dict)
    artifacts: Items = field(default_factory=dict)
    quality: Items = field(default_factory=dict)
    commands: Items = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    #: Ids of input requests that are open.
    waiting_for: set[str] = field(default_factory=set)
    #: Lines of log, and events of types that this reducer does not know: counted, not kept.
    log_lines: int = 0
    unknown: int = 0
    #: True where a snapshot that this view was made from had been cut.
    truncated: bool = False

    @property
    def percent(self) -> float | None:
        """How far the task is, 0 to 100; None where nobody has said."""
        return self.progress.get("percent")

    def as_snapshot(self) -> dict[str, Any]:
        """The view as plain data, by the names of `task.snapshot`."""
        lists = {name: list(getattr(self, name).values()) for name in LISTS}
        return {
            **self.facts, "task_id": self.task_id, "seq": self.seq, "status": self.status, "as_of_seq": self.seq, "attempt": self.attempt,
            "progress": dict(self.progress), **lists, "metrics": dict(self.metrics), "log_lines": self.log_lines, "unknown": self.unknown,
            **({"truncated": True} if self.truncated else {}),
        }  # fmt: skip


#: What only somebody at work tells. A producer that never said `task.started` is running all the same.
_WORK = re.compile(r"(task\.progress$|message\.(started|delta)$|(step|reasoning|tool|intent|entities|agents|plan|artifact|input)\.)")
_OPEN = frozenset({"open", "running", "retrying"})
#: Fields that say one amount together: who tells a new one takes back the old ones.
_AMOUNT = ("percent", "current", "total", "unit", "eta_ms", "reported")


def fold(view: TaskView, event: Fields) -> TaskView:
    """Folds one event's JSON in: alters the view and returns it; events up to `view.seq` change nothing, a `task.snapshot` starts anew."""
    kind, data = str(event["type"]), event.get("data") or {}
    if kind == "task.snapshot":
        return view_of(event.get("task_id") or view.task_id, data)
    seq = int(event.get("seq", 0))
    if seq <= view.seq:
        return view
    view.seq = seq
    if view.task_id is None:
        view.task_id = event.get("task_id")
    for name, into in (("time", "updated_at"), ("message", "message")):
        if name in event:
            view.facts[into] = event[name]
    facts = EVENT_FACTS.get(kind)
    if facts is None:
        view.unknown += 1
    if facts is not None and facts.status:
        view.phase = facts.status
    elif view.phase == "queued" and _WORK.match(kind):
        view.phase = "running"
    if view.phase == "running":
        view.attempt = max(view.attempt, 1)
    if facts is not None and facts.closes_all:
        _close_all(view)
    reducer = _REDUCERS.get(kind)
    if reducer is not None:
        reducer(view, data, event)
    if facts is not None and facts.terminal and "time" in event:
        view.facts["ended_at"] = event["time"]
    view.status = _status_of(view)
    return view


def _status_of(view: TaskView) -> str:
    """A running task with an open input request is `waiting`."""
    return "waiting" if view.phase == "running" and view.waiting_for else view.phase


def percent_of(data: Fields) -> float | None:
    """The percent that data tells: `percent`, else `current` of `total`; None where it tells none or the total is unknown (0)."""
    percent, current, total = _number(data.get("percent")), _number(data.get("current")), _number(data.get("total"))
    if percent is not None:
        return percent
    if current is None or total is None or not total > 0:
        return None
    return min(100, max(0, 100 * current / total))


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def merge_progress(older: Fields, newer: Fields) -> dict[str, Any]:
    """Two reports of one thing as one: the newer amount in place of the older, other fields carried over, pieces of output joined."""
    merged = dict(older)
    if any(name in newer for name in ("percent", "current", "total")):
        percent = percent_of(older) if percent_of(newer) is None else None
        for name in _AMOUNT:
            merged.pop(name, None)
        if percent is not None:
            merged["percent"] = percent
    merged.update(newer)
    if isinstance(older.get("output_delta"), str) and isinstance(newer.get("output_delta"), str):
        merged["output_delta"] = older["output_delta"] + newer["output_delta"]
    return merged


def _keep(view: TaskView, data: Fields, *names: str) -> None:
    for name in names:
        if name in data:
            view.facts[name] = data[name]


def _raise_attempt(view: TaskView, attempt: Any) -> None:
    if _number(attempt) is None or attempt <= view.attempt:
        return
    if view.attempt > 0:
        view.progress = {}
    view.attempt = attempt


def _close_all(view: TaskView) -> None:
    for items in (view.steps, view.messages, view.reasonings, view.tools, view.inputs):
        for name, item in items.items():
            if item.get("status") in _OPEN:
                items[name] = {**item, "status": "closed"}
    view.waiting_for.clear()


def _with_fields(item: Fields | None, data: Fields, status: str) -> dict[str, Any]:
    """An item with what an event says of it. Its own word for `status` is kept as `outcome`."""
    told = {("outcome" if name == "status" else name): value for name, value in data.items()}
    return {**(item or {}), **told, "status": status}


def _with_progress(item: Fields | None, data: Fields, id_field: str) -> dict[str, Any]:
    """A step's or tool's item after progress. What its units add up to is kept apart from a step's `total`, the number of steps."""
    before = item or {}
    amount = {name: value for name, value in data.items() if name not in ("output_delta", "message", id_field)}
    units = merge_progress(before.get("units") or {}, amount)
    after = {**before, id_field: data.get(id_field), "units": units}
    after.pop("percent", None)
    after.pop("current", None)
    percent = percent_of(units)
    if percent is not None:
        after["percent"] = percent
    if "current" in units:
        after["current"] = units["current"]
    if "message" in data:
        after["message"] = data["message"]
    if isinstance(data.get("output_delta"), str):
        after["output_text"] = _text_of(before.get("output_text")) + data["output_delta"]
    after["status"] = "running"
    return after


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _with_piece(item: Fields | None, data: Fields, id_field: str) -> Fields:
    before = item if item is not None else {id_field: data.get(id_field), "status": "open"}
    return {**before, "content": _text_of(before.get("content")) + _text_of(data.get("delta"))}


def _whole(item: Fields | None, data: Fields) -> Fields:
    """A text at its end: what the event says of it in place of the pieces, where it says it."""
    after = _with_fields(item, data, "completed")
    return {**after, "content": _text_of(after.get("content"))}


Reducer = Callable[[TaskView, Fields, Fields], None]


def _put(name: str, id_field: str, change: Callable[[Fields | None, Fields, Fields], Fields]) -> Reducer:
    """A reducer that changes one item of a list: `change` is given the item, the data, the event."""

    def reduce(view: TaskView, data: Fields, event: Fields) -> None:
        items: Items = getattr(view, name)
        key = str(data.get(id_field))
        items[key] = change(items.get(key), data, event)

    return reduce


def _kept(*names: str) -> Reducer:
    return lambda view, data, event: _keep(view, data, *names)


def _created(view: TaskView, data: Fields, event: Fields) -> None:
    _keep(view, data, "kind", "title", "input", "conversation_id", "created_by", "retry_of")
    if "time" in event:
        view.facts["created_at"] = event["time"]


def _started(view: TaskView, data: Fields, event: Fields) -> None:
    _raise_attempt(view, data.get("attempt"))
    _keep(view, data, "worker_id", "query", "total_steps")
    if "time" in event:
        view.facts.setdefault("started_at", event["time"])


def _progressed(view: TaskView, data: Fields, event: Fields) -> None:
    progress = merge_progress(view.progress, data)
    percent = percent_of(progress)
    view.progress = progress if percent is None else {**progress, "percent": percent}


def _completed(view: TaskView, data: Fields, event: Fields) -> None:
    _keep(view, data, "result", "response", "duration_ms", "usage", "metadata")
    view.progress = {**view.progress, "percent": 100}


def _canceled(view: TaskView, data: Fields, event: Fields) -> None:
    _keep(view, data, "reason")
    if "by" in data:
        view.facts["canceled_by"] = data["by"]


def _planned(view: TaskView, data: Fields, event: Fields) -> None:
    _keep(view, data, "plan_id")
    view.facts["plan"] = data.get("steps")


def _input_requested(view: TaskView, data: Fields, event: Fields) -> None:
    key = str(data.get("request_id"))
    view.inputs[key] = _with_fields(None, data, "open")
    view.waiting_for.add(key)


def _input_resolved(view: TaskView, data: Fields, event: Fields) -> None:
    key = str(data.get("request_id"))
    view.inputs[key] = _with_fields(view.inputs.get(key), data, "resolved")
    view.waiting_for.discard(key)


def check_key(data: Fields) -> str:
    """The name of a check among the quality checks: the last of each counts."""
    return f"{data.get('step_id', '')}\n{data.get('check')}"


def _checked(view: TaskView, data: Fields, event: Fields) -> None:
    view.quality[check_key(data)] = data


def _measured(view: TaskView, data: Fields, event: Fields) -> None:
    view.metrics.update(data.get("values") or {})


def _health(view: TaskView, data: Fields, event: Fields) -> None:
    view.facts["health"] = data


def _log_line(view: TaskView, data: Fields, event: Fields) -> None:
    view.log_lines += 1


def _step_of(event: Fields) -> Fields:
    return {"step_id": event["step_id"]} if "step_id" in event else {}


def _ended(status: str) -> Callable[[Fields | None, Fields, Fields], Fields]:
    return lambda item, data, event: _with_fields(item, {**data, "percent": 100} if status == "completed" else data, status)


_REDUCERS: Mapping[str, Reducer] = {
    "task.created": _created,
    "task.started": _started,
    "task.progress": _progressed,
    "task.recovering": _kept("reason"),
    "task.retrying": lambda view, data, event: _raise_attempt(view, data.get("attempt")),
    "task.paused": _kept("reason"),
    "task.completed": _completed,
    "task.failed": _kept("error", "user_message"),
    "task.canceled": _canceled,
    "intent.parsed": _kept("intent", "entities"),
    "entities.extracted": _kept("entities"),
    "agents.found": _kept("agents"),
    "plan.started": _kept("plan_id"),
    "plan.created": _planned,
    "plan.updated": _planned,
    "step.started": _put("steps", "step_id", lambda item, data, event: _with_fields(None, data, "running")),
    "step.progress": _put("steps", "step_id", lambda item, data, event: _with_progress(item, data, "step_id")),
    "step.retrying": _put("steps", "step_id", _ended("retrying")),
    "step.completed": _put("steps", "step_id", _ended("completed")),
    "step.failed": _put("steps", "step_id", lambda item, data, event: _with_fields(item, data, "retrying" if data.get("will_retry") is True else "failed")),
    "step.skipped": _put("steps", "step_id", _ended("skipped")),
    "message.started": _put("messages", "message_id", lambda item, data, event: {**_with_fields(None, data, "open"), "content": ""}),
    "message.delta": _put("messages", "message_id", lambda item, data, event: _with_piece(item, data, "message_id")),
    "message.completed": _put("messages", "message_id", lambda item, data, event: _whole(item, data)),
    "reasoning.started": _put("reasonings", "reasoning_id", lambda item, data, event: {**_with_fields(None, data, "open"), "content": ""}),
    "reasoning.delta": _put("reasonings", "reasoning_id", lambda item, data, event: _with_piece(item, data, "reasoning_id")),
    "reasoning.completed": _put("reasonings", "reasoning_id", lambda item, data, event: _whole(item, data)),
    "tool.started": _put("tools", "tool_call_id", lambda item, data, event: {**_step_of(event), **_with_fields(None, data, "running")}),
    "tool.progress": _put("tools", "tool_call_id", lambda item, data, event: _with_progress(item, data, "tool_call_id")),
    "tool.completed": _put("tools", "tool_call_id", _ended("completed")),
    "tool.failed": _put("tools", "tool_call_id", _ended("failed")),
    "artifact.created": _put("artifacts", "artifact_id", lambda item, data, event: data),
    "input.requested": _input_requested,
    "input.resolved": _input_resolved,
    "quality.checked": _checked,
    "metrics.updated": _measured,
    "health.updated": _health,
    "log.line": _log_line,
    "command.accepted": _put("commands", "command_id", _ended("accepted")),
    "command.rejected": _put("commands", "command_id", _ended("rejected")),
    "command.applied": _put("commands", "command_id", _ended("applied")),
}

#: The lists of a snapshot, and how the items of each are named.
LISTS: Mapping[str, Callable[[Fields], str]] = {
    "steps": lambda item: str(item.get("step_id")),
    "messages": lambda item: str(item.get("message_id")),
    "reasonings": lambda item: str(item.get("reasoning_id")),
    "tools": lambda item: str(item.get("tool_call_id")),
    "inputs": lambda item: str(item.get("request_id")),
    "artifacts": lambda item: str(item.get("artifact_id")),
    "quality": check_key,
    "commands": lambda item: str(item.get("command_id")),
}

#: Fields of a snapshot that are not single facts.
_APART = frozenset({*LISTS, "status", "phase", "as_of_seq", "attempt", "progress", "metrics", "log_lines", "unknown", "truncated"})


def view_of(task_id: str | None, data: Fields) -> TaskView:
    """The view that a `task.snapshot`'s data tells of."""
    view = TaskView(task_id=task_id)
    view.seq, view.attempt, view.log_lines, view.unknown = (_count(data.get(name)) for name in ("as_of_seq", "attempt", "log_lines", "unknown"))
    view.truncated = data.get("truncated") is True
    view.facts = {name: value for name, value in data.items() if name not in _APART}
    view.progress = data.get("progress") or {}
    view.metrics = dict(data.get("metrics") or {})
    for name, key in LISTS.items():
        found = data.get(name)
        getattr(view, name).update({key(item): item for item in found} if isinstance(found, list) else {})
    view.waiting_for = {name for name, item in view.inputs.items() if item.get("status") == "open"}
    view.phase = "running" if data.get("status") == "waiting" else str(data.get("status"))
    view.status = _status_of(view)
    return view


def _count(value: Any) -> int:
    return int(_number(value) or 0)
