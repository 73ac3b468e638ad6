"""A task's state as people see it, folded from its events.

The same reducer as the service's own: full history, compacted history and snapshots lead to the same state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .generated.catalog import EVENT_FACTS

__all__ = ["TaskState", "TaskView", "fold", "state_of"]

Fields = Mapping[str, Any]

#: Fields that say one amount together: who tells a new one takes back the old ones.
_AMOUNT = ("percent", "current", "total", "unit", "eta_ms", "reported")
#: What only somebody at work tells. A producer that never said `task.started` is running all the same.
_WORK = re.compile(r"task\.progress$|(step|message|reasoning|tool|intent|entities|agents|plan|artifact|input)\.")
_OPEN = frozenset(("open", "running", "retrying"))
#: The lists of a snapshot, and the field that names the items of each; a quality check is named by two.
_LISTS = {
    "steps": "step_id",
    "messages": "message_id",
    "reasonings": "reasoning_id",
    "tools": "tool_call_id",
    "inputs": "request_id",
    "artifacts": "artifact_id",
    "quality": "check",
    "commands": "command_id",
}
_TEXTS = ("messages", "reasonings")
#: Fields of a snapshot that are not single facts.
_APART = frozenset((*_LISTS, "status", "phase", "as_of_seq", "attempt", "progress", "metrics", "log_lines", "unknown", "truncated"))


class TaskView:
    """A state while it is being folded. Items are replaced when they change, never altered."""

    __slots__ = (
        "_lists",
        "_pieces",
        "attempt",
        "facts",
        "log_lines",
        "metrics",
        "phase",
        "progress",
        "seq",
        "status",
        "task_id",
        "truncated",
        "unknown",
        "waiting_for",
    )

    def __init__(self, task_id: str | None = None) -> None:
        """The view before the first event."""
        #: The last event folded, which is also how many there are.
        self.seq = 0
        self.task_id = task_id
        #: The status without regard to open inputs.
        self.phase = "queued"
        self.status = "queued"
        #: Which try of the task; 0 before the first.
        self.attempt = 0
        #: Single facts under the names of `task.snapshot`: `kind`, `title`, `input`, `result`, `error` …
        self.facts: dict[str, Any] = {}
        self.progress: Fields = {}
        self.metrics: dict[str, Any] = {}
        #: Ids of input requests that are open.
        self.waiting_for: set[str] = set()
        #: Lines of log, and events of types that this reducer does not know: counted, not kept.
        self.log_lines = 0
        self.unknown = 0
        #: True where a snapshot that this view was made from had been cut.
        self.truncated = False
        self._lists: dict[str, dict[str, Fields]] = {name: {} for name in _LISTS}
        #: Pieces of text that are not joined yet, so that those of a long text cost the same as those of a short one.
        self._pieces: dict[tuple[str, str], list[str]] = {}

    def items(self, name: str) -> Mapping[str, Fields]:
        """The items of a list of `task.snapshot` (`steps`, `messages`, `tools` …) by id, in order of first appearance."""
        self._join()
        return self._lists[name]

    def _join(self) -> None:
        for name, item_id in list(self._pieces):
            self._join_one(name, item_id)

    def _join_one(self, name: str, item_id: str) -> None:
        pieces = self._pieces.pop((name, item_id), None)
        item = self._lists[name].get(item_id)
        if pieces is not None and item is not None:
            self._lists[name][item_id] = {**item, "content": _text_of(item.get("content")) + "".join(pieces)}


class TaskState(Mapping[str, Any]):
    """A task by the names of `task.snapshot`, as attributes and as a mapping. Never changes."""

    __slots__ = ("_fields",)

    task_id: str
    #: The last event that is in it; 0 before the first.
    seq: int
    status: str
    attempt: int
    progress: Mapping[str, Any]
    steps: list[Mapping[str, Any]]
    messages: list[Mapping[str, Any]]
    reasonings: list[Mapping[str, Any]]
    tools: list[Mapping[str, Any]]
    inputs: list[Mapping[str, Any]]
    artifacts: list[Mapping[str, Any]]

    def __init__(self, fields: Fields) -> None:
        """A state that consists of `fields`."""
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        """The field of that name."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._fields)

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self._fields)

    def __getattr__(self, name: str) -> Any:
        """A field, or None where no event has told it yet."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self._fields.get(name)

    def __repr__(self) -> str:
        """The fields."""
        return f"TaskState({self._fields!r})"


def state_of(task_id: str, view: TaskView) -> TaskState:
    """A view as plain data."""
    lists = {name: list(view.items(name).values()) for name in _LISTS}
    return TaskState(
        {
            **view.facts,
            "task_id": task_id,
            "seq": view.seq,
            "status": view.status,
            "as_of_seq": view.seq,
            "attempt": view.attempt,
            "progress": view.progress,
            **lists,
            "metrics": dict(view.metrics),
            "log_lines": view.log_lines,
            "unknown": view.unknown,
            **({"truncated": True} if view.truncated else {}),
        }
    )


def fold(view: TaskView, event: Fields) -> TaskView:
    """Folds one event in; answers the view, altered, or a new one.

    Events up to `view.seq` change nothing; a `task.snapshot` starts anew from what it tells.
    """
    kind = event["type"]
    data: Fields = event["data"]
    if kind == "task.snapshot":
        return _view_of(event.get("task_id", view.task_id), data)
    if event["seq"] <= view.seq:
        return view
    view.seq = event["seq"]
    if view.task_id is None:
        view.task_id = event.get("task_id")
    if "time" in event:
        view.facts["updated_at"] = event["time"]
    if "message" in event:
        view.facts["message"] = event["message"]
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


def _view_of(task_id: str | None, data: Fields) -> TaskView:
    view = TaskView(task_id)
    view.seq = _count(data.get("as_of_seq"))
    view.attempt = _count(data.get("attempt"))
    view.log_lines = _count(data.get("log_lines"))
    view.unknown = _count(data.get("unknown"))
    view.truncated = data.get("truncated") is True
    view.facts = {name: value for name, value in data.items() if name not in _APART}
    view.progress = data.get("progress") or {}
    view.metrics = dict(data.get("metrics") or {})
    for name in _LISTS:
        items = data.get(name)
        for item in items if isinstance(items, list) else []:
            view._lists[name][_name_of(name, item)] = item
    view.waiting_for = {item_id for item_id, item in view._lists["inputs"].items() if item.get("status") == "open"}
    told = str(data.get("status"))
    view.phase = "running" if told == "waiting" else told
    view.status = _status_of(view)
    return view


def _status_of(view: TaskView) -> str:
    return "waiting" if view.phase == "running" and view.waiting_for else view.phase


def _name_of(name: str, item: Fields) -> str:
    if name == "quality":
        return f"{item.get('step_id') or ''}\n{item.get('check')}"
    return str(item.get(_LISTS[name]))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _percent_of(data: Fields) -> float | int | None:
    """The percent that an event's data tells: `percent`, else `current` of `total`; None where that is unknown."""
    percent, current, total = data.get("percent"), data.get("current"), data.get("total")
    if percent is not None and _number(percent):
        return percent  # type: ignore[no-any-return]
    if current is None or total is None or not _number(current) or not _number(total) or not total > 0:
        return None
    found: float = min(100, max(0, (100 * current) / total))
    return int(found) if found == int(found) else found


def _merge_progress(older: Fields, newer: Fields) -> dict[str, Any]:
    """Two reports of one thing as one: the newer amount in place of the older, other fields carried over, pieces joined."""
    merged = dict(older)
    if "percent" in newer or "current" in newer or "total" in newer:
        percent = _percent_of(older) if _percent_of(newer) is None else None
        for field in _AMOUNT:
            merged.pop(field, None)
        if percent is not None:
            merged["percent"] = percent
    merged.update(newer)
    before, after = older.get("output_delta"), newer.get("output_delta")
    if isinstance(before, str) and isinstance(after, str):
        merged["output_delta"] = before + after
    return merged


def _close_all(view: TaskView) -> None:
    view._join()
    for name in ("steps", "messages", "reasonings", "tools", "inputs"):
        items = view._lists[name]
        for item_id, item in items.items():
            if item.get("status") in _OPEN:
                items[item_id] = {**item, "status": "closed"}
    view.waiting_for.clear()


def _with_fields(item: Fields | None, data: Fields, status: str) -> dict[str, Any]:
    """An item with what an event says of it. Its own word for `status` is kept as `outcome`."""
    after = {**(item or {}), **data}
    if "status" in data:
        after["outcome"] = data["status"]
    after["status"] = status
    return after


def _with_progress(item: Fields | None, data: Fields, id_field: str) -> dict[str, Any]:
    """An item after progress. What its units add up to is kept apart from a step's `total`, the number of steps."""
    amount = {name: value for name, value in data.items() if name not in ("output_delta", "message", id_field)}
    before = item or {}
    units = _merge_progress(before.get("units") or {}, amount)
    percent = _percent_of(units)
    after = {**before, id_field: data.get(id_field), "units": units}
    after.pop("percent", None)
    after.pop("current", None)
    if percent is not None:
        after["percent"] = percent
    if "current" in units:
        after["current"] = units["current"]
    if "message" in data:
        after["message"] = data["message"]
    piece = data.get("output_delta")
    if isinstance(piece, str):
        after["output_text"] = _text_of(before.get("output_text")) + piece
    after["status"] = "running"
    return after


Reducer = Callable[[TaskView, Fields, Fields], None]


def _keeps(*names: str) -> Reducer:
    """Copies fields as facts; those that are absent stay as they were."""

    def keep(view: TaskView, data: Fields, event: Fields) -> None:
        for name in names:
            if name in data:
                view.facts[name] = data[name]

    return keep


def _both(first: Reducer, second: Reducer) -> Reducer:
    def reduce(view: TaskView, data: Fields, event: Fields) -> None:
        first(view, data, event)
        second(view, data, event)

    return reduce


def _raise_attempt(view: TaskView, data: Fields, event: Fields) -> None:
    attempt = data.get("attempt")
    if not isinstance(attempt, int) or isinstance(attempt, bool) or attempt <= view.attempt:
        return
    if view.attempt > 0:
        view.progress = {}
    view.attempt = attempt


def _created(view: TaskView, data: Fields, event: Fields) -> None:
    if "time" in event:
        view.facts["created_at"] = event["time"]


def _started(view: TaskView, data: Fields, event: Fields) -> None:
    if "time" in event and view.facts.get("started_at") is None:
        view.facts["started_at"] = event["time"]


def _progressed(view: TaskView, data: Fields, event: Fields) -> None:
    progress = _merge_progress(view.progress, data)
    percent = _percent_of(progress)
    view.progress = progress if percent is None else {**progress, "percent": percent}


def _completed(view: TaskView, data: Fields, event: Fields) -> None:
    view.progress = {**view.progress, "percent": 100}


def _canceled(view: TaskView, data: Fields, event: Fields) -> None:
    if "by" in data:
        view.facts["canceled_by"] = data["by"]


def _planned(view: TaskView, data: Fields, event: Fields) -> None:
    view.facts["plan"] = data.get("steps")


def _begins(name: str, status: str, more: Fields | None = None) -> Reducer:
    id_field = _LISTS[name]

    def begin(view: TaskView, data: Fields, event: Fields) -> None:
        item_id = str(data.get(id_field))
        view._pieces.pop((name, item_id), None)
        from_event = {"step_id": event["step_id"]} if name == "tools" and "step_id" in event else {}
        view._lists[name][item_id] = {**from_event, **_with_fields(None, data, status), **(more or {})}

    return begin


def _continues(name: str) -> Reducer:
    id_field = _LISTS[name]

    def go_on(view: TaskView, data: Fields, event: Fields) -> None:
        items = view._lists[name]
        item_id = str(data.get(id_field))
        items[item_id] = _with_progress(items.get(item_id), data, id_field)

    return go_on


def _becomes(name: str, status: str, more: Fields | None = None) -> Reducer:
    id_field = _LISTS[name]

    def become(view: TaskView, data: Fields, event: Fields) -> None:
        items = view._lists[name]
        item_id = str(data.get(id_field))
        items[item_id] = _with_fields(items.get(item_id), {**data, **(more or {})}, status)

    return become


def _step_failed(view: TaskView, data: Fields, event: Fields) -> None:
    _becomes("steps", "retrying" if data.get("will_retry") is True else "failed")(view, data, event)


def _piece(name: str) -> Reducer:
    id_field = _LISTS[name]

    def add(view: TaskView, data: Fields, event: Fields) -> None:
        item_id = str(data.get(id_field))
        if item_id not in view._lists[name]:
            view._lists[name][item_id] = {id_field: data.get(id_field), "status": "open", "content": ""}
        view._pieces.setdefault((name, item_id), []).append(_text_of(data.get("delta")))

    return add


def _whole(name: str) -> Reducer:
    """A text at its end: what the event says of it in place of the pieces, where it says it."""
    id_field = _LISTS[name]

    def end(view: TaskView, data: Fields, event: Fields) -> None:
        item_id = str(data.get(id_field))
        view._join_one(name, item_id)
        after = _with_fields(view._lists[name].get(item_id), data, "completed")
        after["content"] = _text_of(after.get("content"))
        view._lists[name][item_id] = after

    return end


def _is(name: str) -> Reducer:
    def put(view: TaskView, data: Fields, event: Fields) -> None:
        view._lists[name][_name_of(name, data)] = data

    return put


def _asked(view: TaskView, data: Fields, event: Fields) -> None:
    view.waiting_for.add(str(data.get("request_id")))


def _answered(view: TaskView, data: Fields, event: Fields) -> None:
    view.waiting_for.discard(str(data.get("request_id")))


def _measured(view: TaskView, data: Fields, event: Fields) -> None:
    view.metrics.update(data.get("values") or {})


def _healthy(view: TaskView, data: Fields, event: Fields) -> None:
    view.facts["health"] = data


def _logged(view: TaskView, data: Fields, event: Fields) -> None:
    view.log_lines += 1


_REDUCERS: Mapping[str, Reducer] = {
    "task.created": _both(_keeps("kind", "title", "input", "conversation_id", "created_by", "retry_of"), _created),
    "task.started": _both(_both(_raise_attempt, _keeps("worker_id", "query", "total_steps")), _started),
    "task.progress": _progressed,
    "task.recovering": _keeps("reason"),
    "task.retrying": _raise_attempt,
    "task.paused": _keeps("reason"),
    "task.completed": _both(_keeps("result", "response", "duration_ms", "usage", "metadata"), _completed),
    "task.failed": _keeps("error", "user_message"),
    "task.canceled": _both(_keeps("reason"), _canceled),
    "intent.parsed": _keeps("intent", "entities"),
    "entities.extracted": _keeps("entities"),
    "agents.found": _keeps("agents"),
    "plan.started": _keeps("plan_id"),
    "plan.created": _both(_keeps("plan_id"), _planned),
    "plan.updated": _both(_keeps("plan_id"), _planned),
    "step.started": _begins("steps", "running"),
    "step.progress": _continues("steps"),
    "step.retrying": _becomes("steps", "retrying"),
    "step.completed": _becomes("steps", "completed", {"percent": 100}),
    "step.failed": _step_failed,
    "step.skipped": _becomes("steps", "skipped"),
    "message.started": _begins("messages", "open", {"content": ""}),
    "message.delta": _piece("messages"),
    "message.completed": _whole("messages"),
    "reasoning.started": _begins("reasonings", "open", {"content": ""}),
    "reasoning.delta": _piece("reasonings"),
    "reasoning.completed": _whole("reasonings"),
    "tool.started": _begins("tools", "running"),
    "tool.progress": _continues("tools"),
    "tool.completed": _becomes("tools", "completed", {"percent": 100}),
    "tool.failed": _becomes("tools", "failed"),
    "artifact.created": _is("artifacts"),
    "input.requested": _both(_begins("inputs", "open"), _asked),
    "input.resolved": _both(_becomes("inputs", "resolved"), _answered),
    "quality.checked": _is("quality"),
    "metrics.updated": _measured,
    "health.updated": _healthy,
    "log.line": _logged,
    "command.accepted": _becomes("commands", "accepted"),
    "command.rejected": _becomes("commands", "rejected"),
    "command.applied": _becomes("commands", "applied"),
}
