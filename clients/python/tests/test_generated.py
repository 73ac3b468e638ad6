"""The generated models, by the contract's vectors: what is decoded comes out as it went in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from taskwire import Event, UnknownEvent, parse_event
from taskwire.generated.catalog import EVENT_FACTS, EVENT_TYPES, TERMINAL_TYPES
from taskwire.generated.errors import CLOSE_CODES, ERRORS
from taskwire.generated.events import StepStartedDraft
from taskwire.generated.frames import CLIENT_FRAME_MODELS, parse_stream_frame
from taskwire.generated.types import AnyEvent, CreateTaskRequest, StepStartedData, TaskStatus

VECTORS = Path(__file__).parents[3] / "contract/vectors"

Parse = Callable[[dict[str, Any]], Any]
FILES: dict[str, Parse] = {
    "events.json": AnyEvent.model_validate,
    "stream-frames.json": parse_stream_frame,
    "create-task.json": CreateTaskRequest.model_validate,
}


def cases(kinds: tuple[str, ...], files: list[str]) -> list[Any]:
    found = [(name, case) for name in files for kind in kinds for case in json.loads((VECTORS / name).read_text())[kind]]
    return [pytest.param(name, case["value"], id=f"{name} {case['name']}") for name, case in found]


@pytest.mark.parametrize(("name", "value"), cases(("valid", "forward"), list(FILES)))
def test_takes_and_gives_back(name: str, value: dict[str, Any]) -> None:
    decoded = FILES[name](value)
    if decoded is None:
        assert value["type"].startswith("stream.")
    else:
        assert decoded.to_json() == value


@pytest.mark.parametrize(("name", "value"), cases(("invalid",), list(FILES)))
def test_refuses(name: str, value: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, AttributeError)):
        FILES[name](value)


@pytest.mark.parametrize(("name", "value"), cases(("valid", "forward"), ["events.json"]))
def test_events_are_models_of_their_type(name: str, value: dict[str, Any]) -> None:
    event = Event(value).typed()
    assert event.to_json() == value
    assert isinstance(event, UnknownEvent) == (value["type"] not in EVENT_TYPES)


@pytest.mark.parametrize(("name", "value"), cases(("valid",), ["client-frames.json"]))
def test_frames_of_a_client_are_models(name: str, value: dict[str, Any]) -> None:
    assert CLIENT_FRAME_MODELS[value["type"]].model_validate(value).to_json() == value


def test_models_are_frozen_and_open() -> None:
    event = parse_event({"type": "x.acme.tile", "task_id": "t", "seq": 1, "data": {"a": 1}, "later": True})
    assert isinstance(event, UnknownEvent)
    with pytest.raises(ValidationError):
        event.seq = 2  # type: ignore[misc]
    assert TaskStatus("tomorrow").is_known is False
    assert TaskStatus("running") == TaskStatus.RUNNING


def test_drafts_carry_their_type() -> None:
    draft = StepStartedDraft(data=StepStartedData(step_id="s", name="Search"))
    assert draft.to_json() == {"type": "step.started", "data": {"step_id": "s", "name": "Search"}}


def test_tables_agree() -> None:
    assert {name for name, facts in EVENT_FACTS.items() if facts.terminal} == TERMINAL_TYPES
    assert all(CLOSE_CODES[code] == row.close for code, row in ERRORS.items() if row.close is not None)
