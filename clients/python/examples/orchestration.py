"""Plans and carries out: tasks of the kind `orchestration`. Runs beside a service on this machine.

What the query names is looked up by one agent each, compared by another and written up by a third.

    pip install ./clients/python && python clients/python/examples/orchestration.py
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import countries
from connect import connect, until_told

from taskwire.worker import WorkTask

DATABASE = countries.open_countries()
CONTINENTS = ["Africa", "Asia", "Europe", "North America", "Oceania", "South America"]
AGENTS = [{"name": "researcher", "description": "Looks facts up"}, {"name": "analyst", "description": "Compares them"}, {"name": "writer", "description": "Says what they mean"}]


def subjects_of(query: str) -> tuple[str, list[countries.Question]]:
    """What there is to look up: the countries that are named, else the continents, else all of them."""
    asked = countries.understand(DATABASE, query) or countries.Question("sum", "density", [], [])
    if asked.countries:
        return asked.measure, [countries.Question("values", asked.measure, [name], []) for name in asked.countries]
    return asked.measure, [countries.Question("sum", asked.measure, [], [name]) for name in asked.continents or CONTINENTS]


async def work(task: WorkTask) -> None:
    """One query."""
    given = task.lease.get("input")
    query = str(given.get("query", "")) if isinstance(given, dict) else str(given)
    task.emit("intent.started", {"query": query})
    measure, subjects = subjects_of(query)
    names = [(subject.countries or subject.continents)[0] for subject in subjects]
    task.emit("intent.parsed", {"intent": f"compare {measure}", "confidence": 0.9, "entities": [{"type": "place", "value": name} for name in names]})
    task.emit("agents.search_started", {"query": query})
    task.emit("agents.found", {"agents": AGENTS})

    plan = [{"step_id": f"look-up-{at + 1}", "name": "look_up", "title": f"Look up the {measure} of {name}", "agent": "researcher"} for at, name in enumerate(names)]
    plan += [
        {"step_id": "compare", "name": "compare", "title": "Compare what was found", "agent": "analyst"},
        {"step_id": "write", "name": "write", "title": "Write it up", "agent": "writer"},
    ]
    task.emit("plan.started", {})
    task.emit("plan.created", {"steps": [{key: step[key] for key in ("step_id", "title", "agent")} for step in plan]})

    found: list[dict[str, Any]] = []
    report = ""
    for at, step in enumerate(plan):
        await task.pause_point()
        about = {"step_id": step["step_id"], "title": step["title"], "description": step["title"], "agent": step["agent"]}
        async with task.step(step["name"], **about, index=at + 1, total=len(plan)) as doing:
            if step["name"] == "look_up":
                rows = countries.run(DATABASE, countries.query_for(subjects[at]))
                found += rows
                doing.completed(output={"sentence": countries.in_words(subjects[at], rows)}, quality_score=1 if len(rows) == 1 else 0)
            elif step["name"] == "compare":
                found.sort(key=lambda row: -float(row["value"]))
                times = float(found[0]["value"]) / float(found[-1]["value"])
                async with task.reasoning(agent="analyst") as reasoning:
                    reasoning.completed(summary=f"{found[0]['name']} has {times:.1f} times the {measure} of {found[-1]['name']}.")
            else:
                report = f"By {measure}:\n" + "\n".join(f"{number + 1}. {row['name']}: {float(row['value']):,.1f}" for number, row in enumerate(found))
        task.progress((at + 1) / len(plan) * 100)
    task.completed(response=report, result={"measure": measure, "found": found}, metadata={"agent": "writer", "sources": [{"title": "countries.csv"}]})


async def main() -> None:
    """Works until Ctrl-C."""
    stop = until_told()
    async with connect() as client:
        print("orchestrating; Ctrl-C ends it", flush=True)
        await client.work("orchestration", work, worker_id="orchestrator", concurrency=4, stop=stop, on_error=lambda error, _: print(error, file=sys.stderr))


asyncio.run(main())
