"""The client: follow tasks and publish to them, for asyncio. `sync.py` has its face without it."""

from __future__ import annotations

import json
from asyncio import Event as StopEvent
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, cast, overload
from urllib.parse import quote
from weakref import WeakValueDictionary

from .append import Append
from .connection import ConnectionContext, ConnectionState, LogHook
from .errors import TaskwireError
from .event import Event
from .follow import FollowOptions, Gap, follow_batches, one_by_one
from .generated.types import Model
from .handlers import Handler, Handlers
from .http import Call, CallRequest, OnRetry
from .http_wire import create_http
from .identity import random_identity
from .long_poll import long_poll_transport
from .machine import MachineSettings, TransportName
from .model import TaskModel, TasksModel
from .producer import Producing
from .proof import Replay
from .publisher import Publisher, PublisherOptions
from .queue import Bounds
from .sets import SetItem, SetOptions, TaskSet, follow_set_batches
from .sse import sse_transport
from .timing import RealTiming, Timing
from .tokens import Tokens, TokenSource
from .transport import Subscription, Transport, address_of, task_path
from .websocket import web_socket_transport
from .worker import OnError, WorkerDeps, WorkHandler, WorkOptions, take, work

#: An event to be sent: a dict, or a model of `taskwire.generated.events`.
Draft = Mapping[str, Any] | Model

_ALL: tuple[TransportName, ...] = ("websocket", "sse", "long_poll")


def _plain(value: Draft) -> Mapping[str, Any]:
    return value.to_json() if isinstance(value, Model) else value


def _joined(given: Draft | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**(_plain(given) if given is not None else {}), **fields}


def set_of(scope: str | None, task: str | Iterable[str] | None, conversation: str | None) -> TaskSet:
    """The set that these words mean."""
    names = None if task is None else (task,) if isinstance(task, str) else tuple(dict.fromkeys(task))
    return TaskSet(scope, conversation, names)


class AsyncClient:
    """A client of the service at `url`. Holds nothing open by itself; `async with` or `aclose()` lets go of kept connections."""

    def __init__(
        self,
        url: str,
        token: TokenSource = "",
        *,
        transport: TransportName | str | Sequence[str] = "auto",
        log: LogHook | None = None,
        timing: Timing | None = None,
        bounds: Bounds | None = None,
        settings: Mapping[str, float] | None = None,
    ) -> None:
        """A client.

        `token`: a text, or a callback (sync or async) that answers one. `transport`: `auto`, `websocket`, `sse`, `long_poll`, or a
        list. `log` is told what the connections do, never a token or a payload. The rest is for tests. Raises `address_invalid`, `no_transport`.
        """
        base_url = address_of(url)
        self._http = create_http()
        self._timing: Timing = timing or RealTiming()
        self._bounds = bounds or Bounds()
        tokens = Tokens(token)
        common = replace(MachineSettings(renewable=tokens.renewable), **dict(settings or {}))  # type: ignore[arg-type]
        wanted = _ALL if transport == "auto" else (transport,) if isinstance(transport, str) else tuple(transport)
        exist: dict[str, Transport] = {
            "websocket": web_socket_transport,
            "sse": sse_transport(self._http),
            "long_poll": long_poll_transport(self._http, self._timing, common),
        }
        found = cast("dict[TransportName, Transport]", {name: exist[name] for name in wanted if name in exist})
        if not found:
            raise TaskwireError("no_transport", f"None of {', '.join(wanted) or 'no transports'} exists here.")
        self._log: LogHook = log or (lambda entry: None)
        self._settings = replace(common, transports=tuple(found))
        self._context = ConnectionContext(base_url, found, self._settings, tokens, self._timing, self._log)
        self._call = Call(self._http, base_url, tokens, self._timing, self._settings)
        self._append = Append(self._call)
        self._handlers = Handlers(self._log)
        self._models: WeakValueDictionary[tuple[bool, tuple[str, ...]], TasksModel] = WeakValueDictionary()

    async def __aenter__(self) -> AsyncClient:
        """The client itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Lets go of kept connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Lets go of kept connections."""
        await self._http.aclose()

    def follow(
        self,
        task_id: str,
        *,
        after: str | None = None,
        replay: Replay = "full",
        on_state: Callable[[ConnectionState], None] | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        on_frame: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """A task's events, each once and in order, resumed by itself after every cut, to the task's end.

        `after`: the cursor of the last event that was taken in; without it from the first event. Raises `TaskwireError` where
        going on is pointless. Cancel the task, leave the loop or call `aclose()` to end it; nothing is left running.
        """
        return one_by_one(self.batches((task_id,), {} if after is None else {task_id: after}, False, FollowOptions(replay, on_state, on_gap, on_frame)))

    def follow_many(
        self,
        task_ids: Iterable[str],
        *,
        after: Mapping[str, str] | None = None,
        replay: Replay = "full",
        on_state: Callable[[ConnectionState], None] | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        on_frame: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Several tasks' events over one connection, until all have ended. `after`: a cursor per task."""
        return one_by_one(self.batches(tuple(task_ids), after or {}, True, FollowOptions(replay, on_state, on_gap, on_frame)))

    def batches(self, task_ids: Sequence[str], after: Mapping[str, str], many: bool, options: FollowOptions) -> AsyncGenerator[list[Event], None]:
        """The same, as many events at a time as have come."""
        wanted = [Subscription(name, after.get(name), options.replay) for name in dict.fromkeys(task_ids)]
        return follow_batches(self._context, wanted, many, options, self._bounds)

    def follow_set(
        self,
        *,
        scope: Literal["mine"] | None = None,
        task: str | Iterable[str] | None = None,
        conversation: str | None = None,
        after: str | None = None,
        replay: Replay = "none",
        on_state: Callable[[ConnectionState], None] | None = None,
    ) -> AsyncGenerator[SetItem, None]:
        """A set of tasks that changes by itself, all of mine, a conversation, a list, or these together: who joins, what happens, who leaves.

        `after`: the `position` of the last item that was taken in, of the same set. `replay`: how the history of tasks that are
        there already arrives; later ones come from their first event on. Never ends by itself.
        """
        return one_by_one(self.set_batches(set_of(scope, task, conversation), SetOptions(after, replay, on_state)))

    def set_batches(self, words: TaskSet, options: SetOptions) -> AsyncGenerator[list[SetItem], None]:
        """The same, as many items at a time as have come."""
        return follow_set_batches(self._context, self._http, words, options, self._bounds)

    def on(self, type: str, handler: Handler) -> Callable[[], None]:
        """Calls `handler` (sync or async) with each event of a type (`*`: of all) that `handle` follows; the answer ends that."""
        return self._handlers.on(type, handler)

    async def handle(self, task_id: str, *, after: str | None = None, replay: Replay = "full") -> None:
        """Follows a task to its end for the handlers alone. A handler that raises disturbs nothing."""
        async for event in self.follow(task_id, after=after, replay=replay):
            self._handlers.tell(event.type, event)
        await self._handlers.settled()

    def wake(self) -> None:
        """The network is back, or the user is: waits end, quiet connections are looked at."""
        for waker in tuple(self._context.wakers):
            waker()

    async def create(self, task: Mapping[str, Any] | Model | None = None, *, idempotency_key: str | None = None, give_up_ms: float | None = None, **fields: Any) -> dict[str, Any]:
        """Creates a task, from a dict, a `CreateTaskRequest`, or `kind=…, title=…`. Answers `task_id`, …"""
        body = json.dumps(_joined(task, fields)).encode()
        headers = {"content-type": "application/json", "idempotency-key": idempotency_key or random_identity()}
        answer: dict[str, Any] = await self._call(CallRequest("POST", "/v1/tasks", {}, headers, body), give_up_ms)
        return answer

    async def publish(
        self, task_id: str, events: Draft | Iterable[Draft], *, give_up_ms: float | None = None, on_retry: OnRetry | None = None
    ) -> dict[str, Any]:
        """Appends events, all or none; returns when they are in the log. Repeated under one identity until that is certain."""
        several = [events] if isinstance(events, (Mapping, Model)) else list(events)
        return await self._append(task_id, [json.dumps(_plain(one), separators=(",", ":")) for one in several], give_up_ms, on_retry)

    def publisher(self, task_id: str, options: PublisherOptions | None = None) -> Publisher:
        """A publisher that gathers, keeps and repeats."""
        return Publisher(self._append, self._timing, task_id, options)

    def produce(self, task: Mapping[str, Any] | Model | None = None, *, options: PublisherOptions | None = None, **fields: Any) -> Producing:
        """`async with client.produce(kind="plan") as task`: creates a task and tells its lifecycle; all is in the log when it is left."""
        given = options or PublisherOptions()
        return Producing(lambda: self.create(task, **fields), lambda task_id, how: self.publisher(task_id, how), self._timing, self._log, given)

    async def work(
        self,
        kind: str,
        handler: WorkHandler,
        *,
        worker_id: str | None = None,
        concurrency: int = 1,
        wait_seconds: int = 20,
        grace_ms: float = 10_000,
        join_ms: float = 30,
        retry_delay_seconds: int = 0,
        on_error: OnError | None = None,
        stop: StopEvent | None = None,
    ) -> None:
        """Works on queued tasks of a kind until `stop` is set; `handler(task)` has each once, and what it answers is the task's result.

        A task that is canceled, or whose lease is lost, cancels its handler as asyncio does; `task.reason` says why. Once `stop` is
        set nothing more is taken, and what is not done after `grace_ms` is given back; at once, where this call is cancelled.
        `on_error` is told of tasks that were not done. Raises where going on is pointless: `scope_missing`, `token_invalid`, …
        """
        options = WorkOptions(worker_id, concurrency, wait_seconds, grace_ms, join_ms, retry_delay_seconds, on_error, stop)
        deps = WorkerDeps(self._call, lambda task_id: self.follow(task_id, replay="compact"), self._timing, self._log)
        await work(deps, kind, handler, options)

    async def lease(self, kind: str, *, wait: int = 0, max: int = 1, worker_id: str | None = None) -> Sequence[dict[str, Any]]:
        """Takes up to `max` tasks by hand, waiting `wait` seconds; each must be published to with its lease, and kept."""
        return await take(self._call, kind, wait, max, worker_id)

    async def command(self, task_id: str, command: str, data: Mapping[str, Any] | None = None, *, command_id: str | None = None) -> dict[str, Any]:
        """Asks a task to pause, resume or cancel, sends it a message, answers its question.

        `outcome` `applied`: it was done at once; `accepted`: it comes as `command.applied`, or with the task's end.
        """
        body = {"command_id": command_id or random_identity(), "command": command, **({} if data is None else {"data": data})}
        answer: dict[str, Any] = await self.call("POST", task_path(task_id, "/commands"), body=body)
        return answer

    async def retry(self, task_id: str) -> dict[str, Any]:
        """Does a finished task again: a new task, of which there is one at a time."""
        answer: dict[str, Any] = await self.call("POST", task_path(task_id, "/retry"))
        return answer

    async def remove(self, task_id: str) -> None:
        """Deletes a task and all its events for good."""
        await self._call(CallRequest("DELETE", task_path(task_id)))

    async def ticket(self, what: Draft | None = None, **fields: Any) -> dict[str, Any]:
        """A ticket for an address that a browser opens by itself; for `task_ids=[…]`, `conversation_id=…` or `scope="mine"`."""
        answer: dict[str, Any] = await self.call("POST", "/v1/tickets", body=_joined(what, fields))
        return answer

    async def grant(self, what: Draft | None = None, **fields: Any) -> dict[str, Any]:
        """Lets somebody else's backend watch; also `label`, `expires_at`. The token is told this once."""
        answer: dict[str, Any] = await self.call("POST", "/v1/grants", body=_joined(what, fields))
        return answer

    async def grants(self) -> Sequence[dict[str, Any]]:
        """One's own grants that hold."""
        answer = await self._call(CallRequest("GET", "/v1/grants"))
        return cast("Sequence[dict[str, Any]]", answer["grants"])

    async def revoke(self, grant_id: str) -> None:
        """Ends a grant, and its connections within seconds."""
        await self._call(CallRequest("DELETE", f"/v1/grants/{quote(grant_id, safe='')}"))

    async def conversations(self, *, before: str | None = None, limit: int | None = None) -> dict[str, Any]:
        """One's own conversations, the newest change first: `{conversations, next}`."""
        answer: dict[str, Any] = await self._call(CallRequest("GET", "/v1/conversations", {"before": before, "limit": limit}))
        return answer

    async def messages(self, conversation_id: str, *, before: str | None = None, limit: int | None = None, task: str | None = None) -> dict[str, Any]:
        """What was said in a conversation, oldest first; `before` pages towards its beginning. `task`: as who works on that task of it."""
        path = f"/v1/conversations/{quote(conversation_id, safe='')}/messages"
        answer: dict[str, Any] = await self._call(CallRequest("GET", path, {"before": before, "limit": limit, "task_id": task}))
        return answer

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        give_up_ms: float | None = None,
    ) -> Any:
        """Any other request below the service's address, with the token, repeated where that can help: only what may be repeated.

        `body`: what is sent as JSON, or bytes as they are. Answers the JSON of the answer.
        """
        plain = body is None or isinstance(body, bytes)
        given = {**({} if plain else {"content-type": "application/json"}), **(headers or {})}
        return await self._call(CallRequest(method, path, query or {}, given, body if plain else json.dumps(body).encode()), give_up_ms)

    async def list(self, *, status: str | None = None, conversation: str | None = None, before: str | None = None, limit: int | None = None) -> dict[str, Any]:
        """One's own tasks, the newest change first: `{tasks, next}`. `before`: `next` of the page before."""
        query = {"status": status, "conversation_id": conversation, "before": before, "limit": limit}
        answer: dict[str, Any] = await self._call(CallRequest("GET", "/v1/tasks", query))
        return answer

    async def get(self, task_id: str) -> dict[str, Any]:
        """A task's state, as its events add up to: `{task, snapshot, cursor}`."""
        answer: dict[str, Any] = await self._call(CallRequest("GET", task_path(task_id)))
        return answer

    @overload
    def task(self, task_id: str) -> TaskModel: ...
    @overload
    def task(self, task_id: None = None, *, kind: str, **fields: Any) -> Producing: ...

    def task(self, task_id: str | None = None, **fields: Any) -> TaskModel | Producing:
        """With an id: the task's state, kept up to date while somebody listens. With `kind=…`: the same as `produce`."""
        if task_id is None:
            return self.produce(**fields)
        return TaskModel(self._model((task_id,), False), task_id)

    def tasks(self, task_ids: Iterable[str]) -> TasksModel:
        """Several tasks' states, over one connection."""
        return self._model(tuple(dict.fromkeys(task_ids)), True)

    def _model(self, task_ids: tuple[str, ...], many: bool) -> TasksModel:
        known = self._models.get((many, task_ids))
        model = known or TasksModel(self.batches, self._timing, task_ids, many)
        self._models[(many, task_ids)] = model
        return model


