"""The publisher of agent progress, as its agents call it, tells events that any watcher understands."""

from __future__ import annotations

from test_produce import Desk, run

from taskwire.agent_progress import AgentProgress


def test_a_message_opens_its_step_and_tool_and_closes_what_it_names_no_more() -> None:
    desk = Desk()

    async def work() -> None:
        async with desk.task() as producer:
            progress = AgentProgress(producer)
            progress.publish("Extracting", 10, "entity_extraction")
            progress.publish("Asking", 40.5, "tool_execution", tool="scam_database")
            progress.publish("Still asking", 45, "tool_execution", tool="scam_database")
            progress.publish("No answer", 50, "tool_execution", tool="exa_search", error=True)
            progress.publish("Weighing", 120, "reasoning")
            progress.publish("Analysis complete", 100, "completed")
            progress.publish("Too late", 10, "reasoning")

    run(work)
    told = [(event["type"].split(".", 1)[0], event["type"].split(".", 1)[1], event["data"].get("name") or event["data"].get("percent")) for event in desk.events]
    assert told == [
        ("task", "started", None),
        ("step", "started", "entity_extraction"),
        ("task", "progress", 10),
        ("step", "completed", None),
        ("step", "started", "tool_execution"),
        ("tool", "started", "scam_database"),
        ("task", "progress", 40.5),
        ("task", "progress", 45),
        ("tool", "completed", None),
        ("tool", "started", "exa_search"),
        ("task", "progress", 50),
        ("tool", "failed", None),
        ("step", "completed", None),
        ("step", "started", "reasoning"),
        ("task", "progress", 100),
        ("step", "completed", None),
        ("task", "completed", None),
    ]
    assert desk.data("task.progress")[3] == {"percent": 50, "stage": "tool_execution", "message": "No answer", "error": True}
    assert desk.events[-1]["message"] == "Analysis complete"


def test_failed_ends_the_task_with_its_message_for_people() -> None:
    desk = Desk()

    async def work() -> None:
        async with desk.task() as producer:
            AgentProgress(producer).publish("The bank does not answer", 0, "failed", error=True)

    run(work)
    assert desk.types == ["task.started", "task.failed"]
    assert desk.data("task.failed")[0]["user_message"] == "The bank does not answer"
