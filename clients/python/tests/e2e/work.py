# ruff: noqa: PT017
"""A worker and a set of tasks with a real service, for the repository's tests: prints `ok` when all of it holds.

Takes the address through which connections are cut, the service's own address, and a token, from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from readme_code import readme

from taskwire import AsyncClient, Client, TaskwireError, WorkTask

CUT, DIRECT, TOKEN = (os.environ[f"TASKWIRE_TEST_{name}"] for name in ("URL", "DIRECT_URL", "TOKEN"))
LIMIT = 20.0


async def until(what: str, condition: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Waits for it."""
    end = time.monotonic() + LIMIT
    while True:
        found = condition()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


async def becomes(client: AsyncClient, task_id: str, status: str) -> None:
    async def there() -> bool:
        return bool((await client.get(task_id))["task"]["status"] == status)

    await until(f"{task_id} is {status}", there)


async def types(client: AsyncClient, task_id: str) -> list[str]:
    """What is in a task's log, places in the queue apart."""
    found = [event async for event in client.follow(task_id)]
    named = [(event, f" {event.data['command']}" if "command" in event.data else "") for event in found]
    return [event.type + more for event, more in named if event.type != "task.queued" or event.seq == 2]


@contextlib.asynccontextmanager
async def crew(client: AsyncClient, kind: str, handler: Callable[[WorkTask], Any], **options: Any) -> AsyncIterator[list[BaseException]]:
    """Works while the context lasts, and answers what was not done."""
    stop, errors = asyncio.Event(), list[BaseException]()
    working = asyncio.ensure_future(client.work(kind, handler, stop=stop, wait_seconds=2, on_error=lambda error, _: errors.append(error), **options))
    try:
        yield errors
    finally:
        stop.set()
        await asyncio.wait_for(working, LIMIT)


async def queue(client: AsyncClient, kind: str, **more: Any) -> str:
    return str((await client.create(kind=kind, queue=True, **more))["task_id"])


async def does_what_waits(client: AsyncClient) -> None:
    """Several at once, each with what it was created with."""
    ids = [await queue(client, "double", input={"number": number}) for number in range(6)]
    now = most = 0

    async def double(task: WorkTask) -> dict[str, int]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        async with task.step("double") as step:
            await step.progress(50)
        await asyncio.sleep(0.03)
        now -= 1
        return {"doubled": task.lease["input"]["number"] * 2}

    async with crew(client, "double", double, concurrency=3) as errors:
        for number, task_id in enumerate(ids):
            last = [event async for event in client.follow(task_id)][-1]
            assert (last.type, last.data.get("result")) == ("task.completed", {"doubled": number * 2}), last.raw
    assert (most, errors) == (3, []), (most, errors)
    assert await types(client, ids[0]) == ["task.created", "task.queued", "task.started", "step.started", "step.progress", "step.completed", "task.completed"]


async def is_steered(client: AsyncClient) -> None:
    """Rests where it is told to, reads what it is told, asks and is answered."""
    task_id = await queue(client, "steered")
    await client.command(task_id, "message", {"text": "Early"})
    heard: list[str] = []

    async def obeys(task: WorkTask) -> list[str]:
        task.on_message(lambda message: heard.append(message.text))
        answer = await task.ask("How many?", schema={"type": "integer"})
        for turn in range(answer.response):
            await task.pause_point()
            await task.progress(100 * turn / answer.response)
            await asyncio.sleep(0.005)
        return heard

    async with crew(client, "steered", obeys) as errors:
        await becomes(client, task_id, "waiting")
        asked = (await client.get(task_id))["snapshot"]["inputs"][0]
        began = time.monotonic()
        assert (await client.command(task_id, "message", {"text": "Hello"}))["outcome"] == "accepted"
        await until("the message is read", lambda: heard == ["Early", "Hello"])
        assert time.monotonic() - began < 1, "a message takes long"
        answered = await client.command(task_id, "respond", {"request_id": asked["request_id"], "response": 60})
        assert answered["outcome"] == "applied", answered
        await client.command(task_id, "pause")
        await becomes(client, task_id, "paused")
        await client.command(task_id, "resume")
        await becomes(client, task_id, "completed")
    told = await types(client, task_id)
    for line in ("command.applied message", "command.applied respond", "task.paused", "command.applied pause", "task.resumed", "command.applied resume"):
        assert line in told, (line, told)
    assert errors == [], errors


async def is_canceled(client: AsyncClient) -> None:
    """The handler is cancelled, cleans up, and the task says so."""
    task_id = await queue(client, "long")
    ended: list[str | None] = []

    async def waits(task: WorkTask) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await task.log("cleaned up")
            ended.append(task.reason.code if task.reason else None)

    async with crew(client, "long", waits) as errors:
        await becomes(client, task_id, "running")
        await client.command(task_id, "cancel", {"reason": "no need"})
        await becomes(client, task_id, "canceled")
    assert (ended, errors) == (["canceled"], []), (ended, errors)
    assert (await types(client, task_id))[-4:] == ["command.accepted cancel", "log.line", "command.applied cancel", "task.canceled"], await types(client, task_id)


async def fails(client: AsyncClient) -> None:
    """A handler that raises gives the task to the next attempt, until none is left."""

    class Full(Exception):
        code = "disk_full"

    def raises(task: WorkTask) -> None:
        raise Full("The disk is full")

    task_id = await queue(client, "failing", max_attempts=2)
    async with crew(client, "failing", raises) as errors:
        last = [event async for event in client.follow(task_id)][-1]
    assert [getattr(error, "code", None) for error in errors] == ["disk_full", "disk_full"], errors
    assert last.raw["attempt"] == 2, last.raw
    assert last.data["error"]["code"] == "disk_full", last.raw


async def keeps_and_loses_a_lease(client: AsyncClient) -> None:
    """Heartbeats keep it; a worker that stands still loses it, and knows."""
    kept = await queue(client, "kept", lease_seconds=1)
    async with crew(client, "kept", lambda task: asyncio.sleep(2.5)):
        await becomes(client, kept, "completed")
    assert "task.recovering" not in await types(client, kept)
    lost, reasons = await queue(client, "lost", lease_seconds=1), list[str | None]()

    async def stands_still(task: WorkTask) -> None:
        if task.lease["attempt"] > 1:
            return
        # Nothing of this process runs meanwhile: no heartbeat is sent.
        time.sleep(2.5)  # noqa: ASYNC251
        try:
            await task.aborted.wait()
        finally:
            reasons.append(task.reason.code if task.reason else None)

    async with crew(client, "lost", stands_still, concurrency=2) as errors:
        await becomes(client, lost, "completed")
        await until("it knows", lambda: reasons == ["fenced"])
    assert [error.code for error in errors if isinstance(error, TaskwireError)] == ["fenced"], errors


async def stops(client: AsyncClient) -> None:
    """What is done within the grace is done; the rest is given back, and at once where the call is cancelled."""
    quick, slow = await queue(client, "stopping", input="quick"), await queue(client, "stopping", input="slow", max_attempts=1)
    begun: list[str] = []

    async def works(task: WorkTask) -> None:
        begun.append(task.task_id)
        await asyncio.sleep(0.2 if task.lease["input"] == "quick" else 60)

    async with crew(client, "stopping", works, concurrency=2, grace_ms=600):
        await until("both have begun", lambda: len(begun) == 2)
    assert [(await client.get(one))["task"]["status"] for one in (quick, slow)] == ["completed", "recovering"]
    working = asyncio.ensure_future(client.work("stopping", works, wait_seconds=2))
    await until("it was taken again", lambda: begun.count(slow) == 2)
    working.cancel()
    began = time.monotonic()
    await asyncio.gather(working, return_exceptions=True)
    assert working.cancelled(), working
    assert time.monotonic() - began < 5, "a cancelled worker waits for its grace"
    async with crew(client, "stopping", lambda task: "done"):
        await becomes(client, slow, "completed")


async def workers_are_killed(client: AsyncClient) -> None:
    """Each task is done, and once."""
    ids = [await queue(client, "killed", lease_seconds=1, max_attempts=50) for _ in range(12)]

    def program() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(Path(__file__).with_name("worker.py")), DIRECT, TOKEN, "killed"])

    crewed = [program(), program()]
    try:
        for at in range(3):
            await until("some work was done", lambda at=at: working(client, ids, at))  # type: ignore[misc]
            crewed[at % 2].kill()
            crewed[at % 2].wait()
            if at == 1:
                print("halfway", flush=True)
            crewed[at % 2] = program()
        for task_id in ids:
            await becomes(client, task_id, "completed")
            ends = [kind for kind in await types(client, task_id) if re.fullmatch(r"task\.(completed|failed|canceled)", kind)]
            assert len(ends) == 1, ends
    finally:
        for one in crewed:
            one.kill()
            one.wait()


async def working(client: AsyncClient, ids: list[str], more_than: int) -> bool:
    """Whether so many are done, and one is being done."""
    found = [(await client.get(task_id))["task"]["status"] for task_id in ids]
    return found.count("completed") >= more_than and ("running" in found or found.count("completed") == len(found))


async def mine_through_cuts(client: AsyncClient, transport: str) -> None:
    """Tasks that join come with all their events, in order, and those that end leave; a position goes on behind it."""
    conversation = f"talk-{transport}"
    items: list[Any] = []

    async def watch(**words: Any) -> None:
        async with AsyncClient(CUT, TOKEN, transport=transport) as cut:
            async for item in cut.follow_set(**words):
                items.append(item)

    def seqs(task_id: str) -> list[int]:
        return [item.event.seq for item in items if item.kind == "event" and item.event.task_id == task_id]

    def left(task_id: str) -> bool:
        return any(item.kind == "left" and item.task_id == task_id and item.reason == "ended" for item in items)

    watching = asyncio.ensure_future(watch(scope="mine"))
    await until("it has caught up", lambda: any(item.kind == "caught_up" for item in items))
    ids = []
    for _ in range(4):
        ids.append((await client.create(kind="test", conversation_id=conversation))["task_id"])
        for _ in range(20):
            await client.publish(ids[-1], {"type": "log.line", "data": {"level": "info", "text": "line"}})
            await asyncio.sleep(0.01)
        await client.publish(ids[-1], {"type": "task.completed", "data": {}})
    for task_id in ids:
        await until(f"{task_id} has left", lambda task_id=task_id: left(task_id))  # type: ignore[misc]
        assert seqs(task_id) == list(range(1, 23)), (transport, seqs(task_id))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    items.clear()
    watching = asyncio.ensure_future(watch(conversation=conversation))
    await until("the conversation is there", lambda: any(item.kind == "caught_up" for item in items))
    position = items[-1].position
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    items.clear()
    missed = (await client.create(kind="test", conversation_id=conversation))["task_id"]
    await client.publish(missed, {"type": "task.completed", "data": {}})
    watching = asyncio.ensure_future(watch(conversation=conversation, after=position))
    await until("what was missed has come", lambda: left(missed))
    assert seqs(missed) == [1, 2], seqs(missed)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def a_set_that_makes_no_sense_is_refused(client: AsyncClient) -> None:
    for words, code in (({"scope": "mine", "after": "garbage"}, "cursor_invalid"), ({"task": [f"t{at}" for at in range(257)]}, "too_many_subscriptions")):
        try:
            async for _ in client.follow_set(**words):  # type: ignore[arg-type]
                raise AssertionError(f"{words} was followed")
            raise AssertionError(f"{words} ended")
        except TaskwireError as error:
            assert error.code == code, error


async def works_by_hand(client: AsyncClient) -> None:
    """A lease that is taken, published under, kept and given back by hand."""
    task_id = await queue(client, "by-hand")
    lease = (await client.lease("by-hand", wait=5, worker_id="me"))[0]
    shown = {"taskwire-lease": lease["lease"]}
    assert lease["task_id"] == task_id, lease
    await client.call("POST", f"/v1/tasks/{task_id}/events", headers={**shown, "idempotency-key": "one"}, body={"type": "task.progress", "data": {"percent": 50}})
    assert (await client.call("POST", f"/v1/tasks/{task_id}/lease/heartbeat", headers=shown))["attempt"] == 1
    assert (await client.call("POST", f"/v1/tasks/{task_id}/lease/release", headers=shown))["status"] == "recovering"
    assert (await client.get(task_id))["snapshot"]["progress"]["percent"] == 50


async def is_shared_retried_and_removed(client: AsyncClient) -> None:
    """The calls beside following and working."""
    task_id = (await client.create(kind="test", conversation_id="shared"))["task_id"]
    await client.publish(task_id, {"type": "message.completed", "data": {"message_id": "m1", "role": "user", "content": "Hello"}})
    await client.publish(task_id, {"type": "task.failed", "data": {"error": {"code": "no", "message": "No.", "retryable": False}}})
    again = await client.retry(task_id)
    assert (await client.get(task_id))["task"]["retried_by"] == again["task_id"], again
    conversations = (await client.conversations())["conversations"]
    assert [one["preview"] for one in conversations if one["conversation_id"] == "shared"] == ["Hello"], conversations
    page = await client.messages("shared", limit=10)
    assert [one["content"] for one in page["messages"]] == ["Hello"], page
    assert (await client.ticket(task_ids=[task_id]))["url"].startswith("/v1/"), "a ticket has an address"
    granted = await client.grant(scope="mine", label="A partner")
    assert [one["label"] for one in await client.grants()] == ["A partner"]
    async with AsyncClient(DIRECT, granted["token"]) as partner:
        assert (await partner.get(task_id))["task"]["status"] == "failed"
    await client.revoke(granted["grant"]["grant_id"])
    assert await client.grants() == []
    await client.remove(task_id)
    try:
        await client.get(task_id)
        raise AssertionError("a removed task is there")
    except TaskwireError as error:
        assert error.code == "task_deleted", error


def the_synchronous_face() -> None:
    """A worker with handlers in threads, told to stop; and a set as a plain iterator."""
    stop, said = threading.Event(), list[Any]()

    def handler(task: Any) -> Any:
        task.on_message(lambda message: said.append(task.log(message.text)))
        with task.step("look") as step:
            step.progress(50)
        if task.lease["input"] == "ask":
            return task.ask("Which?").response
        while not task.aborted.wait(0.02):
            task.log("still here")
        task.pause_point()

    with Client(DIRECT, token=TOKEN) as client:
        working = threading.Thread(target=client.work, args=("sync", handler), kwargs={"stop": stop, "concurrency": 2, "wait_seconds": 2})
        working.start()
        items = client.follow_set(scope="mine")
        assert next(item for item in items if item.kind == "caught_up")
        asks, waits = (client.create(kind="sync", queue=True, input=what)["task_id"] for what in ("ask", "wait"))
        client.command(waits, "message", {"text": "Quietly"})
        for item in items:
            if item.kind == "event" and item.event.type == "input.requested":
                client.command(asks, "respond", {"request_id": item.event.data["request_id"], "response": "this"})
            if item.kind == "event" and item.event.type == "log.line" and item.event.data["text"] == "Quietly":
                client.command(waits, "cancel")
            if item.kind == "left" and item.task_id == waits:
                break
        items.close()  # type: ignore[attr-defined]
        last = list(client.follow(asks))[-1]
        assert (last.type, last.data["result"]) == ("task.completed", "this"), last.raw
        assert client.get(waits)["task"]["status"] == "canceled"
        stop.set()
        working.join(LIMIT)
        assert not working.is_alive(), "the worker did not stop"
    assert threading.active_count() == 1, threading.enumerate()


async def the_readme(client: AsyncClient) -> None:
    """Its code, as it stands."""
    stop, seen = asyncio.Event(), list[str]()
    working = asyncio.ensure_future(readme("work")["main"](DIRECT, TOKEN, stop))
    watching = asyncio.ensure_future(readme("sets")["dashboard"](DIRECT, TOKEN, seen.append))
    task_id = await queue(client, "render", input={"pages": 3})
    await becomes(client, task_id, "waiting")
    asked = (await client.get(task_id))["snapshot"]["inputs"][0]
    await client.command(task_id, "respond", {"request_id": asked["request_id"], "outcome": "approved"})
    await becomes(client, task_id, "completed")
    await until("the dashboard shows it", lambda: any(task_id in line and "completed" in line for line in seen))
    watching.cancel()
    stop.set()
    await asyncio.gather(working, watching, return_exceptions=True)
    assert working.exception() is None, working


async def main() -> None:
    """All of it."""
    async with AsyncClient(DIRECT, TOKEN) as client:
        await does_what_waits(client)
        await is_steered(client)
        await is_canceled(client)
        await fails(client)
        await asyncio.gather(mine_through_cuts(client, "websocket"), mine_through_cuts(client, "sse"))
        await keeps_and_loses_a_lease(client)
        await stops(client)
        await workers_are_killed(client)
        await works_by_hand(client)
        await a_set_that_makes_no_sense_is_refused(client)
        await is_shared_retried_and_removed(client)
        await the_readme(client)


if __name__ == "__main__":
    asyncio.run(main())
    the_synchronous_face()
    print("ok")
