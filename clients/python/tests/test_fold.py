"""The contract's whole histories fold to what the contract says."""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from taskwire.fold import TaskView, fold

FOLDER = Path(__file__).parents[3] / "contract/vectors/streams"
STREAMS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}

pytestmark = pytest.mark.skipif(not STREAMS, reason="the contract is not here")


def state_of(task_id: str, view: TaskView) -> dict[str, Any]:
    return {**view.as_snapshot(), "task_id": task_id}


def told(view: TaskView, expected: dict[str, Any]) -> dict[str, Any]:
    status = {name: {key: item["status"] for key, item in getattr(view, name).items()} for name in ("steps", "tools", "inputs")}
    texts = {name: {key: {"status": item["status"], "content": item["content"]} for key, item in getattr(view, name).items()} for name in ("messages", "reasonings")}
    whole = {"status": view.status, "seq": view.seq, "attempt": view.attempt, "percent": view.progress.get("percent"), "log_lines": view.log_lines, **status, **texts}
    return {name: whole[name] for name in expected}


def ranges(stream: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The frames of a history's compacted replay, and of its full one."""
    return [frame["events"] for frame in stream.get("replayed", [])]


@pytest.mark.parametrize("name", STREAMS)
def test_a_history_folds_to_what_the_contract_says(name: str) -> None:
    stream = STREAMS[name]
    assert told(reduce(fold, stream["events"], TaskView()), stream["folds_to"]) == stream["folds_to"]


@pytest.mark.parametrize("name", [name for name in STREAMS if STREAMS[name].get("replayed")])
def test_a_compacted_history_folds_to_the_same(name: str) -> None:
    stream = STREAMS[name]
    whole = reduce(fold, [event for events in ranges(stream) for event in events], TaskView())
    assert told(whole, stream["folds_to"]) == stream["folds_to"]


@pytest.mark.parametrize("name", STREAMS)
def test_reading_anew_from_the_beginning_changes_nothing(name: str) -> None:
    stream = STREAMS[name]
    for cut in range(len(stream["events"])):
        view = reduce(fold, stream["events"][:cut], TaskView())
        view = reduce(fold, stream["events"], view)
        assert told(view, stream["folds_to"]) == stream["folds_to"]


@pytest.mark.parametrize("name", STREAMS)
def test_a_snapshot_in_the_middle_leads_to_the_same_state(name: str) -> None:
    stream = STREAMS[name]
    task_id = stream["task_id"]
    whole = dict(state_of(task_id, reduce(fold, stream["events"], TaskView())))
    for cut in range(1, len(stream["events"])):
        before = dict(state_of(task_id, reduce(fold, stream["events"][:cut], TaskView())))
        snapshot = {"type": "task.snapshot", "task_id": task_id, "seq": before["seq"], "data": {name: value for name, value in before.items() if name not in ("task_id", "seq")}}
        assert dict(state_of(task_id, reduce(fold, [snapshot, *stream["events"][cut:]], TaskView()))) == whole
