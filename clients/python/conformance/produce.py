"""A producer that does what a case lists, call by call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from taskwire import AsyncClient, Producer, PublisherOptions, Step


class Trouble(Exception):
    """An error with a code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def trouble(given: Mapping[str, str] | None) -> Trouble | None:
    """What a case calls an error."""
    return None if given is None else Trouble(given["code"], given["message"])


def made(task: Producer, one: Mapping[str, Any]) -> Any:
    """What a call begins; None: it begins nothing."""
    options = one.get("options") or {}
    match one["call"]:
        case "step.start":
            return task.step(one["name"], **options)
        case "tool.start":
            return task.tool(one["name"], **options)
        case "message.start":
            return task.message(**options)
        case "reasoning.start":
            return task.reasoning(**options)
    return None


async def of_task(task: Producer, one: Mapping[str, Any]) -> None:
    """A call of the task."""
    options, data = one.get("options") or {}, one.get("data") or {}
    match one["call"]:
        case "progress":
            await task.progress(one["percent"], **options)
        case "log":
            await task.log(one["text"], one.get("level", "info"))
        case "artifact":
            await task.artifact(**data)
        case "metrics":
            await task.metrics(data)
        case "emit":
            await task.emit(one["type"], data)
        case "completed":
            await task.completed(**options)
        case "failed":
            await task.failed(trouble(one.get("error")), **options)
        case "canceled":
            await task.canceled(one.get("reason"))
        case "flush":
            await task.flush()
        case "throw":
            raise Trouble(one.get("code", ""), one.get("message", ""))
        case "run":
            await task.run([planned(step) for step in one["plan"]])
        case unknown:
            raise ValueError(f'"{unknown}" is no call of a producer')


def planned(given: Mapping[str, Any]) -> dict[str, Any]:
    """A step of a plan."""

    async def run(step: Step) -> None:
        for percent in given.get("progress", ()):
            await step.progress(percent)
        thrown = trouble(given.get("throws"))
        if thrown is not None:
            raise thrown

    return {"name": given["name"], **({"run": run} if "progress" in given or "throws" in given else {})}


async def of_part(part: Any, one: Mapping[str, Any]) -> None:
    """A call of a step, tool or message."""
    options = one.get("options") or {}
    match one["call"].split(".")[1]:
        case "progress":
            await part.progress(one["percent"], **options)
        case "completed":
            await part.completed(**options)
        case "failed" if "will_retry" in one:
            await part.failed(trouble(one.get("error")), one["will_retry"])
        case "failed":
            await part.failed(trouble(one.get("error")))
        case "delta":
            await part.delta(one["delta"])
        case _:
            await part.output(one["text"])


#: Knows the calls that are no producer's, and answers whether it did one.
Other = Callable[[Mapping[str, Any]], Awaitable[bool]]


async def play_calls(task: Producer, calls: Sequence[Mapping[str, Any]], other: Other | None = None) -> None:
    """Plays calls one after another."""
    parts: dict[str, Any] = {}
    for one in calls:
        if other is not None and await other(one):
            continue
        part = made(task, one)
        if part is not None:
            parts[one.get("as", "")] = part
        elif "of" in one:
            await of_part(parts[one["of"]], one)
        else:
            await of_task(task, one)


async def produce(client: AsyncClient, command: Mapping[str, Any], settings: Mapping[str, float]) -> dict[str, str]:
    """Plays the calls inside a producer's context."""
    options = PublisherOptions(delay_ms=settings.get("publish_delay_ms", 30))
    async with client.produce(command["task"], options=options) as task:
        await play_calls(task, command["calls"])
    return {"task_id": task.task_id}
