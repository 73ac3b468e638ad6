"""Who asks of their data in Python, written from the protocol alone: asks, is told to wait, leaves, comes back, reads the history. Prints what it saw as JSON."""

import asyncio
import json
import sys
import urllib.request
from typing import Any

import websockets

URL, USER, SESSION = sys.argv[1:4]
SOCKET = f"{URL.replace('http', 'ws', 1)}/ws/{USER}/{SESSION}"
CONVERSATION = "from-python"


async def told(socket: Any, *last: str) -> list[dict[str, Any]]:
    """Frames up to one of these types."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] not in last:
        frames.append(json.loads(await asyncio.wait_for(socket.recv(), 20)))
    return frames


async def ask(socket: Any, query: str) -> None:
    await socket.send(json.dumps({"type": "query", "query": query, "conversation_id": CONVERSATION}))


def history() -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{URL}/conversations/{USER}/{CONVERSATION}/messages?limit=50", timeout=20) as answer:
        messages: list[dict[str, Any]] = json.load(answer)["messages"]
        return messages


async def main() -> None:
    saw: dict[str, Any] = {}
    async with websockets.connect(SOCKET) as socket:
        await ask(socket, "First, twice?")
        saw["first"] = await told(socket, "completed", "error")
        await socket.send('{"type":"ping"}')
        saw["pong"] = await told(socket, "pong")
        await socket.send("no json")
        saw["unread"] = await told(socket, "error")
        await ask(socket, "Second?")
        saw["second"] = await told(socket, "started")
    # The window was closed in the middle.
    while len(history()) < 4:
        await asyncio.sleep(0.05)
    async with websockets.connect(SOCKET) as socket:
        await ask(socket, "This will fail")
        saw["third"] = await told(socket, "completed", "error")
    saw["history"] = [[message["role"], message["content"]] for message in history()]
    print(json.dumps(saw))


asyncio.run(main())
