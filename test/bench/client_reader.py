"""The same as `client-reader.ts` in Python: `client` is the Taskwire client with its fold, `raw` websockets and json.loads."""

import asyncio
import json
import sys
import time

import websockets
from taskwire import AsyncClient
from taskwire.fold import TaskView, fold

which, url, token, task_id, rounds = sys.argv[1:6]


async def client() -> int:
    view = TaskView()
    async with AsyncClient(url, token, transport="websocket") as taskwire:
        async for event in taskwire.follow(task_id):
            fold(view, event.raw)
    return view.seq


async def raw() -> int:
    seq = 0
    address = f"{url.replace('http', 'ws')}/v1/tasks/{task_id}/ws"
    async with websockets.connect(address, subprotocols=["taskwire.v1"], additional_headers={"authorization": f"Bearer {token}"}, max_size=None) as socket:
        async for text in socket:
            seq = json.loads(text).get("seq", seq)
    return seq


async def main() -> None:
    for _ in range(int(rounds)):
        began = time.perf_counter()
        events = await (client() if which == "client" else raw())
        print(json.dumps({"events": events, "seconds": time.perf_counter() - began}), flush=True)


asyncio.run(main())
