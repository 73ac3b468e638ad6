"""A plan: steps that run one after another and tell their lifecycle by themselves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .produce import StepProducer, TaskProducer

__all__ = ["PlanStep", "run_plan"]

Work = Callable[["StepProducer"], Any]


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan. `run`, sync or async, gets the step; without it the step does nothing. `fields` go into `step.started`."""

    name: str
    run: Work | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def _step_of(given: PlanStep | Mapping[str, Any]) -> PlanStep:
    if isinstance(given, PlanStep):
        return given
    return PlanStep(given["name"], given.get("run"), {name: value for name, value in given.items() if name not in ("name", "run")})


async def run_plan(task: TaskProducer, plan: Sequence[PlanStep | Mapping[str, Any]]) -> None:
    """Runs the steps and tells of each its start, what it reports, and its end. A step that throws fails its task."""
    for index, step in enumerate(map(_step_of, plan), start=1):
        async with task.step(step.name, **{"index": index, "total": len(plan), **step.fields}) as started:
            waits = step.run(started) if step.run is not None else None
            if inspect.isawaitable(waits):
                await waits
