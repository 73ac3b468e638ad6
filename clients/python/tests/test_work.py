"""A worker's side of one task, event by event: what is ordered, when it is answered, and what becomes of the lease."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import pytest

from taskwire.commands import Desk
from taskwire.errors import TaskwireError
from taskwire.event import Event
from taskwire.handlers import Handlers
from taskwire.http import Call, CallRequest
from taskwire.timing import RealTiming
from taskwire.work_task import WorkTask
from taskwire.worker import WorkerDeps, WorkHandler, WorkOptions, work


def run(doing: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(doing(), 20))


class Desked:
    """A desk, and what it has told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.aborted: list[str] = []
        self.handlers = Handlers(lambda entry: None)
        self.desk = Desk(cast("Any", self.emit), lambda error: self.aborted.append(error.code), self.handlers)

    def emit(self, type: str, data: dict[str, Any] | None = None, **envelope: Any) -> None:
        self.told.append(f"{type} {(data or {}).get('command_id', '')}".strip())

    def order(self, name: str, command_id: str, history: bool = False, **data: Any) -> None:
        self.desk.take("command.accepted", {"command_id": command_id, "command": name, "data": data, "by": "u1"}, history)


def test_rests_while_it_is_paused_and_answers_both() -> None:
    async def doing() -> None:
        one = Desked()
        await one.desk.pause_point()
        one.order("pause", "p1")
        resting = asyncio.ensure_future(one.desk.pause_point())
        await asyncio.sleep(0.01)
        assert not resting.done()
        assert one.told == ["task.paused", "command.applied p1"]
        one.order("resume", "r1")
        await resting
        assert one.told == ["task.paused", "command.applied p1", "task.resumed", "command.applied r1"]
        await one.desk.pause_point()

    run(doing)


def test_every_part_of_the_work_rests_at_its_own_pause_point() -> None:
    async def doing() -> None:
        one = Desked()
        one.order("pause", "p1")
        resting = [asyncio.ensure_future(one.desk.pause_point()) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert [part.done() for part in resting] == [False] * 3
        one.order("resume", "r1")
        await asyncio.gather(*resting)
        assert one.told.count("task.paused") == one.told.count("task.resumed") == 1

    run(doing)


@pytest.mark.parametrize(
    ("orders", "told", "rests"),
    [
        ("p1 r1", ["command.applied p1", "command.applied r1"], False),
        ("p1 r1 p2", ["command.applied p1", "command.applied r1", "task.paused", "command.applied p2"], True),
        ("p1 p2", ["command.applied p1", "task.paused", "command.applied p2"], True),
        ("r1", ["command.applied r1"], False),
        ("r1 p1", ["command.applied r1", "task.paused", "command.applied p1"], True),
    ],
)
def test_what_was_taken_back_before_anybody_rested_is_answered_all_the_same(orders: str, told: list[str], rests: bool) -> None:
    async def doing() -> None:
        one = Desked()
        for order in orders.split():
            one.order("pause" if order[0] == "p" else "resume", order)
        resting = asyncio.ensure_future(one.desk.pause_point())
        await asyncio.sleep(0.01)
        assert (one.told, not resting.done()) == (told, rests)
        resting.cancel()

    run(doing)


def test_what_comes_while_it_is_about_to_go_on_counts() -> None:
    async def doing() -> None:
        one = Desked()
        one.order("pause", "p1")
        resting = asyncio.ensure_future(one.desk.pause_point())
        await asyncio.sleep(0.01)
        for order in ("r1", "p2", "r2", "p3"):
            one.order("pause" if order[0] == "p" else "resume", order)
        await resting
        again = asyncio.ensure_future(one.desk.pause_point())
        await asyncio.sleep(0.01)
        assert not again.done()
        assert {line for line in one.told if line.startswith("command")} == {f"command.applied {name}" for name in ("p1", "r1", "p2", "r2", "p3")}
        one.desk.close(TaskwireError("fenced"))
        with pytest.raises(TaskwireError, match="fenced"):
            await again

    run(doing)


def test_history_is_handed_over_once_it_is_known_what_was_answered() -> None:
    async def doing() -> None:
        one = Desked()
        seen: list[str] = []
        one.handlers.on("command", lambda command: seen.append(command.command_id))
        one.order("message", "m1", True, text="Early")
        one.order("message", "m2", True, text="Read before")
        one.desk.take("command.applied", {"command_id": "m2"}, True)
        one.order("respond", "q1", True)
        assert seen == []
        one.desk.begin()
        assert (seen, one.told) == (["m1"], [])
        heard: list[str] = []
        one.desk.on_message(lambda message: heard.append(message.text))
        assert (heard, one.told) == (["Early"], ["command.applied m1"])
        one.order("cancel", "c1")
        assert one.aborted == ["canceled"]

    run(doing)


def test_an_answer_that_came_before_its_question_was_waited_for_is_there() -> None:
    async def doing() -> None:
        one = Desked()
        one.desk.take("input.resolved", {"request_id": "q1", "outcome": "approved"}, False)
        assert (await one.desk.answer("q1")).outcome == "approved"

    run(doing)


class Service:
    """What a worker asks of a service, and a log to follow."""

    def __init__(self, *leases: dict[str, Any]) -> None:
        self.leases = list(leases)
        self.asked: list[str] = []
        self.bodies: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.log: asyncio.Queue[Event | None] = asyncio.Queue()
        self.refuse: dict[str, TaskwireError] = {}
        self.away: asyncio.Event | None = None

    async def call(self, request: CallRequest, give_up_ms: float | None = None, on_retry: Any = None) -> Any:
        what = request.path.rsplit("/", 1)[-1]
        if request.path.startswith("/v1/work"):
            if not self.leases:
                await asyncio.Event().wait()
            return {"leases": [self.leases.pop(0)]}
        self.asked.append(what)
        assert request.headers["taskwire-lease"] == "l1"
        if self.away is not None:
            await self.away.wait()
        if what != "events":
            self.bodies[what] = json.loads(request.body or b"{}")
            if what in self.refuse:
                raise self.refuse[what]
            return {}
        events = [json.loads(line) for line in (request.body or b"").splitlines()]
        refused = next((self.refuse[one["type"]] for one in events if one["type"] in self.refuse), None)
        if refused is not None:
            raise refused
        self.events += events
        return {"last_seq": 3 + len(self.events)}

    async def follow(self, task_id: str) -> AsyncGenerator[Event, None]:
        yield Event({"type": "task.started", "seq": 3, "data": {"attempt": 1}})
        while (event := await self.log.get()) is not None:
            yield event

    def says(self, type: str, seq: int, **data: Any) -> None:
        self.log.put_nowait(Event({"type": type, "seq": seq, "data": data}))

    async def works(self, handler: WorkHandler, **options: Any) -> list[BaseException]:
        """Until the one task is done with."""
        stop, errors = asyncio.Event(), list[BaseException]()
        done = asyncio.Event()

        async def once(task: WorkTask) -> Any:
            try:
                result = handler(task)
                return await result if asyncio.iscoroutine(result) else result
            finally:
                done.set()

        given = WorkOptions(on_error=lambda error, _: errors.append(error), stop=stop, **{"join_ms": 1, **options})
        working = asyncio.ensure_future(work(WorkerDeps(cast("Call", self.call), self.follow, RealTiming(), lambda entry: None), "k", once, given))
        if options.get("grace_ms") is None:
            await done.wait()
        else:
            await asyncio.sleep(0.05)
        stop.set()
        await working
        return errors

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


LEASE = {"task_id": "t1", "lease": "l1", "lease_ms": 60_000, "attempt": 1, "last_seq": 3}


def test_what_the_handler_answers_is_the_result() -> None:
    async def doing() -> None:
        service = Service(LEASE)
        assert await service.works(lambda task: {"n": 1}) == []
        assert service.events[-1]["data"] == {"result": {"n": 1}}

    run(doing)


def test_a_result_that_is_no_json_fails_the_attempt() -> None:
    async def doing() -> None:
        service = Service(LEASE)
        errors = await service.works(lambda task: {1, 2})
        assert [getattr(error, "code", None) for error in errors] == ["event_invalid"]
        assert service.bodies["fail"]["error"]["retryable"] is False
        assert service.types == []

    run(doing)


def test_a_question_that_is_refused_raises_where_it_was_asked() -> None:
    async def doing() -> None:
        service = Service(LEASE)
        service.refuse["input.requested"] = TaskwireError("event_invalid", "No schema.")

        async def asks(task: WorkTask) -> str:
            with pytest.raises(TaskwireError, match="No schema"):
                await task.ask("How many?", schema={"type": "nothing"})
            return "went on"

        assert await service.works(asks) == []
        assert service.events[-1]["data"] == {"result": "went on"}

    run(doing)


def test_a_canceled_handler_may_clean_up_and_publish() -> None:
    async def doing() -> None:
        service = Service(LEASE)

        async def waits(task: WorkTask) -> None:
            service.says("command.accepted", 4, command_id="c1", command="cancel", data={"reason": "why not"})
            try:
                await asyncio.sleep(60)
            finally:
                assert task.reason is not None
                await asyncio.sleep(0.01)
                await task.log(task.reason.code)

        assert await service.works(waits) == []
        assert [event["data"] for event in service.events] == [
            {"level": "info", "text": "canceled"},
            {"command_id": "c1", "command": "cancel"},
            {"reason": "why not"},
        ]
        assert service.types[-1] == "task.canceled"

    run(doing)


@pytest.mark.parametrize("code", ["fenced", "task_ended", "lease_invalid", "task_deleted"])
def test_a_lost_lease_ends_the_work_and_nothing_more_is_told(code: str) -> None:
    async def doing() -> None:
        service = Service({**LEASE, "lease_ms": 30})
        service.refuse["heartbeat"] = TaskwireError(code)

        async def waits(task: WorkTask) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                with pytest.raises(TaskwireError, match=code):
                    await task.log("late")

        assert [getattr(error, "code", None) for error in await service.works(waits)] == [code]
        assert (service.asked, service.events) == (["heartbeat"], [])

    run(doing)


def test_another_attempt_in_the_log_ends_the_work() -> None:
    async def doing() -> None:
        service = Service(LEASE)

        async def waits(task: WorkTask) -> None:
            service.says("task.recovering", 4, reason="worker_lost", attempt=1)
            await asyncio.sleep(60)

        assert [getattr(error, "code", None) for error in await service.works(waits)] == ["fenced"]
        assert service.asked == []

    run(doing)


def test_heartbeats_go_on_while_nothing_is_published() -> None:
    async def doing() -> None:
        service = Service({**LEASE, "lease_ms": 60})
        await service.works(lambda task: asyncio.sleep(0.2))
        assert 3 <= service.asked.count("heartbeat") <= 10

    run(doing)


def test_a_worker_that_stops_does_not_wait_for_a_service_that_is_away() -> None:
    async def doing() -> None:
        service = Service(LEASE)
        service.away = asyncio.Event()

        async def waits(task: WorkTask) -> None:
            await task.log("begun")
            await asyncio.sleep(60)

        await asyncio.wait_for(service.works(waits, grace_ms=20), 5)
        assert service.events == []

    run(doing)


def test_waiting_for_handlers_that_are_done_gives_way() -> None:
    async def doing() -> None:
        handlers = Handlers(lambda entry: None)

        async def heard(event: Any) -> None: ...

        handlers.on("a", heard)
        handlers.tell("a", 1)
        (running,) = handlers._running
        await asyncio.wait({running})
        # Done, and soon taken out: a wait that does not give way would never end.
        handlers._running.add(running)
        running.add_done_callback(handlers._running.discard)
        await handlers.settled()

    run(doing)
