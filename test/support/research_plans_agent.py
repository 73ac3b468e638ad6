"""An agent of research plans that has changed its import: runs a plan of three steps. Says on stdout what it does.

Arguments: address, token, plan, and how: `runs`, `rests` (until it is told to go on), `waits` (in its second step, for ever), `resumes` (what was begun);
`tells`: one event of every type by hand, and on stdout what was told.
"""

import asyncio
import json
import sys

from taskwire.predecessors import EventType, StreamingManager


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def enough_sources(result):
    return {"quality_score": 0.85, "check": "sources", "issues": []}


async def tell_all(manager, plan_id):
    manager.on("*", lambda event: say(f"told {json.dumps(event.to_dict())}"))
    await manager.plan_started(plan_id, "Why do bees dance?", 2, "literature")
    await manager.step_started(plan_id, "s1", "search", description="Look around", depth=3)
    await manager.step_progress(plan_id, "s1", 0.333, "A third", sources=["web"])
    await manager.step_progress(plan_id, "s1", current=1, total=2, message="Half")
    await manager.quality_check(plan_id, 0.82, "s1", check="sources", issues=["Few"], by={"model": "m"})
    await manager.review_required(plan_id, "Is this right?", "s1", options=[{"value": "yes"}], urgency="high")
    await manager.metrics_update(plan_id, {"tokens": 12, "cost": 0.5, "model": "m", "parts": {"in": 3}})
    await manager.health_update(plan_id, "degraded", checks={"web": "slow"}, since=7)
    await manager.error(plan_id, "The web is away.", source="web")
    await manager.plan_paused(plan_id, "Lunch", minutes=30)
    await manager.plan_resumed(plan_id, rested=True)
    await manager.step_completed(plan_id, "s1", {"found": 12, "list": [1, 2]}, status="good", quality_score=0.9, cost=3)
    await manager.step_started(plan_id, "s2", "write")
    await manager.step_failed(plan_id, "s2", "No ink is left.", code="no_ink", tried=2)
    await manager.plan_failed(plan_id, RuntimeError("Nothing was written."), pages=0)


async def main():
    url, token, plan_id, how = sys.argv[1:5]
    async with StreamingManager(url, token) as manager:
        if how == "tells":
            await tell_all(manager, plan_id)
            return
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
