"""Sets of tasks, and the worker's side: what runs on for long and tells as it goes. See test/conformance/README.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from produce import play_calls

from taskwire import AsyncClient, ConnectionState, SetItem, TaskCommand, WorkTask

Command = Mapping[str, Any]
Say = Callable[[dict[str, Any]], None]


def told_item(item: SetItem) -> dict[str, Any]:
    """An item as the kit wants it."""
    about: dict[str, Any] = {"is": item.kind, "position": item.position}
    match item.kind:
        case "event":
            return {**about, "event": item.event.raw}
        case "joined" | "left":
            return {**about, "task_id": item.task_id, "reason": item.reason, "summary": item.summary}
        case "gap":
            return {**about, "task_id": item.task_id, "requested": item.gap.requested, "earliest": item.gap.earliest, "reason": item.gap.reason}
        case "refused":
            return {**about, "task_id": item.task_id, "code": item.error.code}
    return about


async def follow_set(client: AsyncClient, command: Command, say: Say, on_state: Callable[[ConnectionState], None], taken: Callable[[], Awaitable[None]]) -> None:
    """Follows a set and tells its items."""
    words = command["set"]
    how: Any = {"replay": command["replay"]} if command.get("replay") else {}
    named = (words.get("conversation") or [None])[0]
    items = client.follow_set(scope=words.get("scope"), task=words.get("task"), conversation=named, after=command.get("after"), on_state=on_state, **how)
    try:
        async for item in items:
            say(told_item(item))
            await taken()
    finally:
        await items.aclose()


def code_of(thrown: BaseException | None) -> str | None:
    """The code of what was thrown."""
    code = getattr(thrown, "code", "worker_error")
    return None if thrown is None else code if isinstance(code, str) else "worker_error"


async def work(client: AsyncClient, command: Command, say: Say, stop: asyncio.Event, settings: Mapping[str, float]) -> None:
    """Works on tasks of a kind, playing the calls for each."""

    async def handler(task: WorkTask) -> None:
        def ordered(given: TaskCommand) -> None:
            say({"is": "command", "command": given.command, "command_id": given.command_id, "data": dict(given.data)})

        async def of_work(one: Mapping[str, Any]) -> bool:
            match one["call"]:
                case "pause_point":
                    await task.pause_point()
                case "until_canceled":
                    await task.aborted.wait()
                    await asyncio.Event().wait()
                case "ask":
                    answer = await task.ask(**(one.get("options") or {}))
                    say({"is": "answered", "outcome": answer.outcome, "response": answer.response})
                case _:
                    return False
            return True

        say({"is": "leased", "task_id": task.task_id, "attempt": task.lease["attempt"]})
        task.on_command(ordered)
        task.on_message(lambda message: say({"is": "message", "text": message.text}))
        try:
            await play_calls(task, command.get("calls") or (), of_work)
        except asyncio.CancelledError:
            say({"is": "worked", "task_id": task.task_id, "code": code_of(task.reason)})
            raise
        except Exception as thrown:
            say({"is": "worked", "task_id": task.task_id, "code": code_of(thrown)})
            raise
        say({"is": "worked", "task_id": task.task_id, "code": code_of(task.reason)})

    names = ("worker_id", "concurrency", "wait_seconds", "grace_ms", "retry_delay_seconds")
    how: Any = {name: value for name, value in (command.get("options") or {}).items() if name in names}
    if "publish_delay_ms" in settings:
        how["join_ms"] = settings["publish_delay_ms"]
    await client.work(command["kind"], handler, stop=stop, **how)


#: What is answered with a value.
CALLS: Mapping[str, Callable[[AsyncClient, Command], Awaitable[Any]]] = {
    "retry": lambda client, command: client.retry(command["task_id"]),
    "remove": lambda client, command: client.remove(command["task_id"]),
    "ticket": lambda client, command: client.ticket(command["body"]),
    "conversations": lambda client, command: client.conversations(before=command.get("before"), limit=command.get("limit")),
    "messages": lambda client, command: client.messages(command["conversation_id"], before=command.get("before"), limit=command.get("limit")),
}


async def lease(client: AsyncClient, command: Command) -> dict[str, Any]:
    """Takes tasks by hand."""
    how = {name: command[name] for name in ("wait", "max", "worker_id") if command.get(name) is not None}
    return {"leases": list(await client.lease(command["kind"], **how))}
