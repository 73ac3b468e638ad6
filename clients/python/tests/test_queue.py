"""What waits for a consumer is bounded, in order, and ended once."""

from __future__ import annotations

import asyncio

import pytest

from taskwire.queue import Bounds, Queue


def test_hands_over_in_order_and_ends() -> None:
    async def run() -> None:
        queue: Queue[int] = Queue(Bounds(10, 100), lambda: None)
        taking = asyncio.ensure_future(queue.take())
        await asyncio.sleep(0)
        queue.push(1, 1)
        queue.push(2, 1)
        assert await taking == [1, 2]
        queue.push(3, 1)
        queue.end()
        assert await queue.take() == [3]
        assert await queue.take() is None

    asyncio.run(run())


@pytest.mark.parametrize(("bounds", "size"), [(Bounds(2, 100), 1), (Bounds(10, 2), 1)])
def test_is_full_by_number_or_size_until_the_consumer_has_done_with_what_it_took(bounds: Bounds, size: int) -> None:
    async def run() -> None:
        rooms: list[str] = []
        queue: Queue[int] = Queue(bounds, lambda: rooms.append("room"))
        queue.push(1, size)
        assert queue.room() is None
        queue.push(2, size)
        room = queue.room()
        assert queue.full
        assert room is not None
        assert await queue.take() == [1, 2]
        assert queue.full, "what was taken counts until the next call"
        again = asyncio.ensure_future(queue.take())
        await asyncio.sleep(0)
        assert not queue.full
        assert room.done()
        assert rooms == ["room"]
        queue.end()
        assert await again is None

    asyncio.run(run())


def test_tells_what_ended_it_after_the_rest_was_taken() -> None:
    async def run() -> None:
        queue: Queue[int] = Queue(Bounds(), lambda: None)
        queue.push(1, 1)
        queue.end(KeyError("why"))
        queue.push(2, 1)
        assert await queue.take() == [1]
        with pytest.raises(KeyError):
            await queue.take()

    asyncio.run(run())


def test_discards_what_nobody_is_left_to_take() -> None:
    async def run() -> None:
        queue: Queue[int] = Queue(Bounds(), lambda: None)
        queue.push(1, 1)
        queue.end(discard=True)
        assert await queue.take() is None

    asyncio.run(run())
