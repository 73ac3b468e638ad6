"""A client of the chat in Python, with the `websockets` library, written from the protocol alone.

Arguments: the address, a token, then messages. Asks one after another on one connection; prints every frame as a line.
"""

import asyncio
import json
import sys

import websockets


async def main(url: str, token: str, *messages: str) -> None:
    """Signs in by the address and by a frame, asks, and leaves."""
    session = None
    async with websockets.connect(f"{url}/ws/chat?token={token}") as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        print(await socket.recv(), flush=True)
        for message in messages:
            await socket.send(json.dumps({"type": "message", "message": message, "session_id": session}))
            while True:
                text = await socket.recv()
                print(text, flush=True)
                frame = json.loads(text)
                if frame["type"] in ("complete", "error"):
                    session = frame.get("session_id", session)
                    break


asyncio.run(main(*sys.argv[1:]))
