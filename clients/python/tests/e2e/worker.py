"""A worker as a program of its own, so that it can be killed: address, token and kind are its arguments."""

from __future__ import annotations

import asyncio
import random
import sys

from taskwire import AsyncClient, WorkTask


async def handler(task: WorkTask) -> None:
    for _ in range(5):
        await task.log(f"made in {task.lease['attempt']}")
        await asyncio.sleep(random.random() * 0.06)


async def main(url: str, token: str, kind: str) -> None:
    async with AsyncClient(url, token) as client:
        await client.work(kind, handler, concurrency=2, wait_seconds=2)


asyncio.run(main(*sys.argv[1:]))
