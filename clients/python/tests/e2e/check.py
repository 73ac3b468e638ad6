# ruff: noqa: PT017
"""What the client does with a real service, for the repository's tests: prints `ok` when all of it holds.

Takes the address through which connections are cut, the service's own address, and a token, from the environment.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

from readme_code import readme

from taskwire import AsyncClient, Client, TaskwireError

CUT, DIRECT, TOKEN = (os.environ[f"TASKWIRE_TEST_{name}"] for name in ("URL", "DIRECT_URL", "TOKEN"))
EVENTS = 2_000


async def seqs(client: AsyncClient, task_id: str, **options: Any) -> list[int]:
    return [event.seq async for event in client.follow(task_id, **options)]


async def publishes_and_follows(transport: str) -> None:
    """2,000 events, published and followed at the same time while connections are cut and the service is killed: no gap, no repeat."""
    async with AsyncClient(CUT, token=TOKEN, transport=transport) as client, AsyncClient(CUT, token=TOKEN) as worker:
        task_id = (await worker.create(kind="demo"))["task_id"]
        following = asyncio.create_task(seqs(client, task_id))
        publisher = worker.publisher(task_id)
        for at in range(EVENTS - 2):
            await publisher.push({"type": "log.line", "data": {"level": "info", "text": f"line {at}"}})
            if at % 50 == 0:
                await asyncio.sleep(0.02)
            if at == EVENTS // 2 and transport == "websocket":
                print("halfway", flush=True)
        await publisher.push({"type": "task.completed", "data": {}})
        await publisher.flush()
        assert publisher.last_seq == EVENTS, publisher.last_seq
        found = await asyncio.wait_for(following, 60)
        assert found == list(range(1, EVENTS + 1)), f"{transport}: {len(found)} events"
        assert await asyncio.wait_for(seqs(client, task_id), 60) == found


async def a_plan_is_seventeen_events() -> None:
    """What a producer tells is what is followed, and its state is the service's own."""
    async with AsyncClient(CUT, token=TOKEN) as client:

        def work(step: Any) -> None:
            for percent in (25, 50, 75):
                step.progress(percent)

        async with client.produce(kind="research", title="Three steps") as task:
            await task.run([{"name": name, "run": work} for name in "abc"])
        step = ["step.started", *["step.progress"] * 3, "step.completed"]
        types = [event.type async for event in client.follow(task.task_id)]
        assert types == ["task.created", "task.started", *step, *step, *step, "task.completed"], types
        last = [now async for now in client.task(task.task_id)][-1]
        snapshot = (await client.get(task.task_id))["snapshot"]
        state = {name: value for name, value in last.task.as_snapshot().items() if name not in ("task_id", "seq")}
        assert state == snapshot, (state, snapshot)


async def a_failure_is_told() -> None:
    """A worker that raises leaves a failed task that says why."""
    async with AsyncClient(DIRECT, token=TOKEN) as client:
        task_id = ""
        try:
            async with client.task(kind="build") as task, task.step("compile"):
                task_id = task.task_id
                raise RuntimeError("No space left.")
        except RuntimeError:
            pass
        answer = await client.get(task_id)
        assert answer["task"]["status"] == "failed", answer
        assert answer["snapshot"]["error"]["message"] == "No space left.", answer
        try:
            await seqs(client, "nowhere")
            raise AssertionError("an unknown task was followed")
        except TaskwireError as error:
            assert error.code == "task_unknown", error
            assert error.advice


def the_synchronous_face() -> None:
    """The same without an event loop; leaving a loop leaves nothing running."""
    with Client(CUT, token=TOKEN) as client:
        with client.produce(kind="demo") as task:
            with task.step("one") as step:
                step.progress(50)
            with task.message() as message:
                message.delta("Hello ")
                message.delta("world")
        events = list(client.follow(task.task_id))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.data["content"] for event in events if event.type == "message.completed"] == ["Hello world"]
        for event in client.follow(task.task_id):
            if event.seq == 2:
                break
        assert client.get(task.task_id)["task"]["status"] == "completed"
    assert threading.active_count() == 1, threading.enumerate()


async def the_readme() -> str:
    """Its code, as it stands."""
    async with AsyncClient(DIRECT, token=TOKEN) as client:
        await readme("produce")["work"](DIRECT, TOKEN)
        listed = await client.list(limit=1)
        task_id = str(listed["tasks"][0]["task_id"])
        await readme("follow")["watch"](DIRECT, task_id, TOKEN)
        return task_id


async def main() -> str:
    """All of it; the README's task."""
    await asyncio.gather(publishes_and_follows("websocket"), publishes_and_follows("sse"))
    await a_plan_is_seventeen_events()
    await a_failure_is_told()
    return await the_readme()


if __name__ == "__main__":
    readme_task = asyncio.run(main())
    the_synchronous_face()
    readme("sync")["watch"](DIRECT, readme_task, TOKEN)
    print("ok")
