"""An agent of research plans that has changed its import: runs a plan of three steps. Says on stdout what it does.

Arguments: address, token, plan, and how: `runs`, `rests` (until it is told to go on), `waits` (in its second step, for ever), `resumes` (what was begun).
"""

import asyncio
import sys

from taskwire.predecessors import EventType, StreamingManager


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def enough_sources(result):
    return {"quality_score": 0.85, "check": "sources", "issues": []}


async def main():
    url, token, plan_id, how = sys.argv[1:5]
    async with StreamingManager(url, token) as manager:
        manager.on(EventType.STEP_STARTED, lambda event: say(f"begins {event.step_id}"))
        manager.on(EventType.PLAN_PAUSED, lambda event: say("rests"))

        async def search(context):
            return {"found": 12}

        async def read(context):
            if how == "waits":
                say("waits")
                await asyncio.Event().wait()
            if how == "rests":
                say("may rest")
                while not rested.is_set():
                    await asyncio.sleep(0.01)
                    await context.pause_point()
            return {"read": context.results["s1"]["found"]}

        rested = asyncio.Event()
        manager.on(EventType.PLAN_RESUMED, lambda event: rested.set())
        steps = [
            {"step_id": "s1", "name": "search", "run": search},
            {"step_id": "s2", "name": "read", "run": read},
            {"step_id": "s3", "name": "write", "run": lambda context: {"pages": context.results["s2"]["read"] // 4}},
        ]
        gates = [enough_sources] if how == "rests" else []
        await manager.execute(plan_id, steps, query="Why do bees dance?", research_type="literature", quality_gates=gates, resume=how == "resumes")
    say("done")


asyncio.run(main())
