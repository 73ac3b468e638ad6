"""Answers questions about countries: tasks of the kinds `data-questions` and `chat`. Runs beside a service on this machine.

    pip install ./clients/python && python clients/python/examples/questions.py
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import countries
from connect import connect, until_told

from taskwire.worker import WorkTask

DATABASE = countries.open_countries()


def asked_in(given: Any) -> str:
    """What the task asks: `{query}` of a data question, `{message}` of a chat."""
    fields = given if isinstance(given, dict) else {"query": given}
    return str(fields.get("query") or fields.get("message") or "")


async def answer_to(task: WorkTask, question: countries.Question) -> tuple[str, countries.Query]:
    """From the question to the sentence, telling of each stage."""
    async with task.step("generate_query"):
        query = countries.query_for(question)
    task.progress(40, stage="validate_query")
    DATABASE.execute(f"EXPLAIN QUERY PLAN {query.sql}", query.values).fetchall()
    task.progress(50, stage="execute_query")
    async with task.tool("sqlite", input={"sql": query.sql, "values": query.values}) as tool:
        rows = countries.run(DATABASE, query)
        tool.completed(output=rows[:20])
    task.progress(80, stage="interpret_results")
    return countries.in_words(question, rows), query


async def work(task: WorkTask) -> None:
    """One question."""
    task.progress(10, stage="agent_routing")
    question = countries.understand(DATABASE, asked_in(task.lease.get("input")))
    task.progress(30, stage="rag_retrieval")
    text, query = (countries.ELSEWHERE, None) if question is None else await answer_to(task, question)
    task.progress(95, stage="generating")
    async with task.message(agent="countries") as message:
        for word in re.findall(r"\S+\s*", text):
            await message.delta(word)
            if task.lease["kind"] == "chat":  # as fast as a model writes, so that there is something to see
                await asyncio.sleep(0.03)
    sources = [] if query is None else [{"title": "countries.csv", "snippet": query.sql}]
    task.completed(response=text, result={"sql": query and query.sql}, metadata={"agent": "countries", "confidence": 1 if query else 0, "sources": sources})


async def main() -> None:
    """Works until Ctrl-C."""
    stop = until_told()
    async with connect() as client:
        print("answering questions about countries; Ctrl-C ends it", flush=True)
        kinds = ("data-questions", "chat")
        await asyncio.gather(*(client.work(kind, work, worker_id="countries", stop=stop, on_error=lambda error, _: print(error, file=sys.stderr)) for kind in kinds))


asyncio.run(main())
