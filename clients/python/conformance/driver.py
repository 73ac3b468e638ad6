"""The conformance kit's driver of this client: commands on stdin, outputs on stdout, one JSON object a line. See test/conformance/README.md."""

from __future__ import annotations

import asyncio
import json
import math
import platform
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import sets
from produce import produce

from taskwire import AsyncClient, ConnectionState, Gap, PublisherOptions, TaskView, TaskwireError, fold
from taskwire.generated.catalog import EVENT_TYPES, STREAM_FRAME_TYPES
from taskwire.generated.frames import parse_stream_frame
from taskwire.generated.types import AnyEvent
from taskwire.queue import Bounds
from taskwire.sse import SseParser

ABILITIES = ["websocket", "sse", "long_poll", "many", "fold", "publish", "produce", "command", "sets", "work"]
SETTINGS = ("first_frame_ms", "last_first_frame_ms", "backoff_min_ms", "backoff_max_ms", "healthy_ms", "heartbeat_ms", "give_up_ms", "try_ms")

Command = Mapping[str, Any]
Output = dict[str, Any]


def told(output: Output) -> None:
    """Writes an output."""
    sys.stdout.write(json.dumps(output) + "\n")
    sys.stdout.flush()


def error_of(thrown: BaseException) -> Output:
    """An error as the kit wants it."""
    if not isinstance(thrown, TaskwireError):
        text = "".join(traceback.format_exception(thrown))
        return {"is": "error", "code": "not_a_taskwire_error", "retryable": False, "advice": "This is a fault of the client.", "message": text}
    known = {"status": thrown.status, "retry_after_ms": thrown.retry_after_ms, "task_id": thrown.task_id}
    return {
        "is": "error", "code": thrown.code, "retryable": thrown.retryable, "advice": thrown.advice, "message": thrown.message,
        "extra": dict(thrown.extra), **{name: value for name, value in known.items() if value is not None},
    }  # fmt: skip


def view_of(view: TaskView) -> Output:
    """A view as the vectors tell it."""

    def statuses(items: Mapping[str, Mapping[str, Any]]) -> Output:
        return {name: item["status"] for name, item in items.items()}

    def texts(items: Mapping[str, Mapping[str, Any]]) -> Output:
        return {name: {"status": item["status"], "content": item["content"]} for name, item in items.items()}

    return {
        "status": view.status, "seq": view.seq, "attempt": view.attempt, "percent": view.percent, "log_lines": view.log_lines,
        "steps": statuses(view.steps), "tools": statuses(view.tools), "inputs": statuses(view.inputs),
        "messages": texts(view.messages), "reasonings": texts(view.reasonings),
    }  # fmt: skip


def decode(command: Command) -> Output:
    """Decodes an event or a frame, and encodes it again."""
    try:
        value = json.loads(command["text"])
        kind = value["type"]
        if command["what"] == "event":
            return {"is": "decoded", "type": kind, "known": kind in EVENT_TYPES, "value": AnyEvent.model_validate(value).to_json()}
        if kind.startswith("stream.") and kind not in STREAM_FRAME_TYPES:
            # A frame of a later version is left aside as a whole.
            return {"is": "decoded", "type": kind, "known": False, "value": value}
        frame = parse_stream_frame(value)
        return {"is": "undecodable"} if frame is None else {"is": "decoded", "type": kind, "known": True, "value": frame.to_json()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"is": "undecodable"}


def parse(command: Command) -> Output:
    """Parses Server-Sent Events."""
    parser = SseParser()
    found = [one for chunk in command["chunks"] for one in parser.feed(bytes.fromhex(chunk))]
    return {"is": "parsed", "dispatches": [one._asdict() for one in found], "retry": parser.retry}


def folded(command: Command) -> Output:
    """Folds events and replayed ranges."""
    view = TaskView()
    for one in command["events"]:
        for event in one["events"] if one["type"] == "stream.replayed" else [one]:
            view = fold(view, event)
    return {"is": "folded", "value": view_of(view)}


def explain(command: Command) -> Output:
    """What is known of a code."""
    error = TaskwireError(command["code"])
    return {"is": "explained", "retryable": error.retryable, "advice": error.advice}


def hello(command: Command) -> Output:
    """Who this is."""
    return {"is": "hello", "client": "python", "runtime": f"Python {platform.python_version()}", "abilities": ABILITIES}


PURE: Mapping[str, Callable[[Command], Output]] = {"hello": hello, "decode": decode, "parse": parse, "fold": folded, "explain": explain}


class Running:
    """One follow that runs, and what its consumer may still take."""

    def __init__(self, allowed: float) -> None:
        self.allowed = allowed
        self.go = asyncio.Event()
        #: What `cancel` stops, where that is no cancelling.
        self.stop: asyncio.Event | None = None
        self.task: asyncio.Task[None] | None = None

    async def taken(self) -> None:
        """One was taken; returns when the consumer may take another."""
        self.allowed -= 1
        while self.allowed <= 0:
            self.go.clear()
            await self.go.wait()


class Driver:
    """Holds one client."""

    def __init__(self) -> None:
        self.client: AsyncClient | None = None
        self.settings: Mapping[str, float] = {}
        self.tokens: list[str | None] = []
        self.running: dict[str, Running] = {}
        #: Counts clients: what an earlier one still says is not told.
        self.era = 0

    @property
    def the(self) -> AsyncClient:
        """The client."""
        if self.client is None:
            raise RuntimeError("configure comes first")
        return self.client

    def configure(self, command: Command) -> None:
        """Makes a client."""
        self.era += 1
        mine = self.era
        self.settings = command.get("settings") or {}
        self.tokens = list(command.get("tokens") or [])

        async def callback() -> str:
            if mine == self.era:
                told({"is": "token_asked"})
            found = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
            if found is None:
                raise RuntimeError("the callback of the case fails")
            return found

        def log(entry: Mapping[str, Any]) -> None:
            if mine == self.era:
                told({"is": "log", "entry": dict(entry)})

        self.client = AsyncClient(
            command["url"],
            callback if "tokens" in command else command.get("token", ""),
            transport=command.get("transports", "auto"),
            log=log,
            bounds=Bounds(int(self.settings.get("queue_items", 10_000)), int(self.settings.get("queue_bytes", 8 * 1024 * 1024))),
            settings={name: self.settings[name] for name in SETTINGS if name in self.settings},
        )

    def say(self, name: str) -> Callable[[Output], None]:
        """Tells outputs of a follow, while its client is the one."""
        mine = self.era
        return lambda output: told({**output, "follow": name}) if mine == self.era else None

    def stated(self, say: Callable[[Output], None]) -> Callable[[ConnectionState], None]:
        """Tells changes of a connection."""
        before = ("", "")

        def on_state(state: ConnectionState) -> None:
            nonlocal before
            if before != (state.phase, state.transport):
                before = (state.phase, state.transport)
                say({"is": "state", "phase": state.phase, "transport": state.transport, **({"error": state.error.code} if state.error else {})})

        return on_state

    async def follow(self, command: Command, own: Running) -> None:
        """Follows, as a consumer that may stop reading."""
        say = self.say(command.get("follow", "f"))

        def on_gap(gap: Gap) -> None:
            say({"is": "gap", "task_id": gap.task_id, "requested": gap.requested, "earliest": gap.earliest, "reason": gap.reason})

        how: Any = {"on_state": self.stated(say), "on_gap": on_gap, **({"replay": command["replay"]} if command.get("replay") else {})}
        try:
            many, after = command.get("task_ids"), command.get("after")
            events = self.the.follow(command["task_id"], after=after, **how) if many is None else self.the.follow_many(many, after=after, **how)
            try:
                async for event in events:
                    say({"is": "event", "event": event.raw})
                    await own.taken()
            finally:
                await events.aclose()
        except asyncio.CancelledError:
            pass
        except Exception as thrown:
            say(error_of(thrown))
        say({"is": "ended"})

    async def follow_set(self, command: Command, own: Running) -> None:
        """Follows a set of tasks, likewise."""
        say = self.say(command.get("follow", "f"))
        await self.ended(say, sets.follow_set(self.the, command, say, self.stated(say), own.taken))

    async def work(self, command: Command, own: Running) -> None:
        """Works until it is stopped."""
        say = self.say(command.get("follow", "f"))
        own.stop = asyncio.Event()
        await self.ended(say, sets.work(self.the, command, say, own.stop, self.settings))

    async def ended(self, say: Callable[[Output], None], doing: Coroutine[Any, Any, None]) -> None:
        """Does it, and tells how it ended."""
        try:
            await doing
        except asyncio.CancelledError:
            pass
        except Exception as thrown:
            say(error_of(thrown))
        say({"is": "ended"})

    async def watch(self, command: Command, own: Running) -> None:
        """Tells the fold of a task whenever it has changed."""
        say = self.say(command.get("follow", "f"))
        model = self.the.task(command["task_id"])
        done = asyncio.Event()
        before = view = None

        def changed() -> None:
            nonlocal before, view
            now = model.now
            if now.connection is not None and before != (now.connection.phase, now.connection.transport):
                before = (now.connection.phase, now.connection.transport)
                say({"is": "state", "phase": now.connection.phase, "transport": now.connection.transport})
            value = view_of(now.task)
            if view != value:
                say({"is": "view", "value": value})
            view = value
            if now.ended:
                if now.error is not None:
                    say(error_of(now.error))
                done.set()

        leave = model.subscribe(changed)
        try:
            await done.wait()
        except asyncio.CancelledError:
            pass
        finally:
            leave()
            say({"is": "ended"})

    def begin(self, command: Command, work: Callable[[Command, Running], Awaitable[None]], allowed: float) -> None:
        """Sets a follow going."""
        own = Running(allowed)
        self.running[command.get("follow", "f")] = own
        own.task = asyncio.ensure_future(work(command, own))  # type: ignore[assignment]

    def read(self, command: Command) -> None:
        """Lets a consumer read on."""
        own = self.running.get(command.get("follow", "f"))
        if own is not None:
            own.allowed = math.inf if command.get("count") is None else max(0, own.allowed) + command["count"]
            own.go.set()

    def cancel(self, command: Command) -> None:
        """Ends a follow."""
        own = self.running.get(command.get("follow", "f"))
        if own is not None and own.stop is not None:
            own.stop.set()
        elif own is not None and own.task is not None:
            own.task.cancel()

    async def push(self, command: Command) -> Output:
        """Publishes through a publisher."""
        refused: list[str] = []
        options = PublisherOptions(
            self.settings.get("publish_delay_ms", 30),
            int(self.settings.get("max_waiting_bytes", 4 * 1024 * 1024)),
            on_refused=lambda _, error: refused.append(error.code),
        )
        publisher = self.the.publisher(command["task_id"], options)
        for event in command["events"]:
            publisher.push(event)
        await publisher.flush()
        return {"last_seq": publisher.last_seq, "refused": refused}

    async def call(self, command: Command) -> Any:
        """A command that is answered with a value."""
        name = command["do"]
        if name == "create":
            return await self.the.create(command["task"])
        if name == "publish":
            return await self.the.publish(command["task_id"], command["events"], give_up_ms=command.get("give_up_ms"))
        if name == "command":
            return await self.the.command(command["task_id"], command["command"], command.get("data"), command_id=command.get("command_id"))
        if name == "produce":
            return await produce(self.the, command, self.settings)
        if name == "get":
            return await self.the.get(command["task_id"])
        if name == "list":
            return await self.the.list(
                status=command.get("status"), conversation=command.get("conversation_id"), before=command.get("before"), limit=command.get("limit")
            )
        if name == "lease":
            return await sets.lease(self.the, command)
        if name in sets.CALLS:
            return await sets.CALLS[name](self.the, command)
        return await self.push(command)

    async def reset(self) -> None:
        """Forgets the client, ends what runs."""
        self.era += 1
        tasks = [own.task for own in self.running.values() if own.task is not None]
        # A worker that is cancelled first gives back what it has; again, and it lets it be.
        for _ in range(2):
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=0.1)
        await asyncio.gather(*tasks, return_exceptions=True)
        self.running = {}
        if self.client is not None:
            await self.client.aclose()
        self.client = None

    async def obey(self, command: Command) -> None:
        """Does what a command says."""
        name, about = command["do"], {"id": command["id"]} if "id" in command else {}
        mine = self.era
        try:
            if name in ("follow", "follow_set", "watch", "work"):
                read = command.get("read")
                self.begin(command, getattr(self, name), math.inf if read is None else read)
            elif name == "read":
                self.read(command)
            elif name == "cancel":
                self.cancel(command)
            elif name == "wake":
                self.the.wake()
            elif name == "set_token":
                self.tokens = [command["token"]]
            elif name in ("create", "publish", "command", "produce", "get", "list", "push", "lease", *sets.CALLS):
                value = await self.call(command)
                if mine == self.era:
                    told({"is": "result", "value": value, **about})
            elif name == "configure":
                self.configure(command)
                told({"is": "configured", **about})
            elif name == "reset":
                await self.reset()
                told({"is": "reset", **about})
            else:
                told({**(PURE[name](command) if name in PURE else {"is": "unsupported"}), **about})
        except Exception as thrown:
            if mine == self.era or name == "configure":
                told({**error_of(thrown), **about})


async def main() -> None:
    """Until stdin ends."""
    driver = Driver()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        if line.strip():
            task = asyncio.ensure_future(driver.obey(json.loads(line)))
            running.add(task)
            task.add_done_callback(running.discard)
    await driver.reset()


asyncio.run(main())
