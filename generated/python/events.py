# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""Events by type. `parse_event` makes of any delivered event the model of its type; what this version does not know stays an `UnknownEvent`."""

from collections.abc import Mapping
from typing import Any, Literal

from .types import (
    AgentsFoundData,
    AgentsSearchStartedData,
    AnyEvent,
    ArtifactCreatedData,
    CommandAcceptedData,
    CommandAppliedData,
    CommandRejectedData,
    DraftEnvelope,
    EntitiesExtractedData,
    Envelope,
    HealthUpdatedData,
    InputRequestedData,
    InputResolvedData,
    IntentParsedData,
    IntentStartedData,
    LogLineData,
    MessageCompletedData,
    MessageDeltaData,
    MessageStartedData,
    MetricsUpdatedData,
    PlanCreatedData,
    PlanStartedData,
    PlanUpdatedData,
    QualityCheckedData,
    ReasoningCompletedData,
    ReasoningDeltaData,
    ReasoningStartedData,
    StepCompletedData,
    StepFailedData,
    StepProgressData,
    StepRetryingData,
    StepSkippedData,
    StepStartedData,
    TaskCanceledData,
    TaskCompletedData,
    TaskCreatedData,
    TaskDeletedData,
    TaskFailedData,
    TaskPausedData,
    TaskProgressData,
    TaskQueuedData,
    TaskRecoveringData,
    TaskResumedData,
    TaskRetryingData,
    TaskSnapshotData,
    TaskStartedData,
    ToolCompletedData,
    ToolFailedData,
    ToolProgressData,
    ToolStartedData,
)


class TaskCreatedEvent(Envelope):
    """The first event of every task."""

    type: Literal["task.created"]
    data: TaskCreatedData


class TaskQueuedEvent(Envelope):
    """The task waits for a worker."""

    type: Literal["task.queued"]
    data: TaskQueuedData


class TaskStartedEvent(Envelope):
    """A worker has begun."""

    type: Literal["task.started"]
    data: TaskStartedData


class TaskProgressEvent(Envelope):
    """How far the task is."""

    type: Literal["task.progress"]
    data: TaskProgressData


class TaskRecoveringEvent(Envelope):
    """Its worker stopped answering; another takes over. Closes everything that is open."""

    type: Literal["task.recovering"]
    data: TaskRecoveringData


class TaskRetryingEvent(Envelope):
    """The worker begins again. Closes everything that is open."""

    type: Literal["task.retrying"]
    data: TaskRetryingData


class TaskPausedEvent(Envelope):
    """The task rests."""

    type: Literal["task.paused"]
    data: TaskPausedData


class TaskResumedEvent(Envelope):
    """The task goes on."""

    type: Literal["task.resumed"]
    data: TaskResumedData


class TaskCompletedEvent(Envelope):
    """The task has succeeded. Nothing follows."""

    type: Literal["task.completed"]
    data: TaskCompletedData


class TaskFailedEvent(Envelope):
    """The task has failed. Nothing follows."""

    type: Literal["task.failed"]
    data: TaskFailedData


class TaskCanceledEvent(Envelope):
    """The task was ended before it was done. Nothing follows."""

    type: Literal["task.canceled"]
    data: TaskCanceledData


class TaskDeletedEvent(Envelope):
    """The task was deleted, and everything before this with it. May follow its end."""

    type: Literal["task.deleted"]
    data: TaskDeletedData


class TaskSnapshotEvent(Envelope):
    """The fold of all events so far; made when asked for, never stored. `first_seq` is 1, `seq` is `as_of_seq`."""

    type: Literal["task.snapshot"]
    data: TaskSnapshotData


class IntentStartedEvent(Envelope):
    """It is being understood what is asked."""

    type: Literal["intent.started"]
    data: IntentStartedData


class IntentParsedEvent(Envelope):
    """What is asked was understood."""

    type: Literal["intent.parsed"]
    data: IntentParsedData


class EntitiesExtractedEvent(Envelope):
    """Things were recognised in the input."""

    type: Literal["entities.extracted"]
    data: EntitiesExtractedData


class AgentsSearchStartedEvent(Envelope):
    """Agents that can take part are being looked for."""

    type: Literal["agents.search_started"]
    data: AgentsSearchStartedData


class AgentsFoundEvent(Envelope):
    """Agents that can take part."""

    type: Literal["agents.found"]
    data: AgentsFoundData


class PlanStartedEvent(Envelope):
    """A plan is being made."""

    type: Literal["plan.started"]
    data: PlanStartedData


class PlanCreatedEvent(Envelope):
    """The plan."""

    type: Literal["plan.created"]
    data: PlanCreatedData


class PlanUpdatedEvent(Envelope):
    """The plan has changed while it runs."""

    type: Literal["plan.updated"]
    data: PlanUpdatedData


class StepStartedEvent(Envelope):
    """A step has begun."""

    type: Literal["step.started"]
    data: StepStartedData


class StepProgressEvent(Envelope):
    """How far a step is."""

    type: Literal["step.progress"]
    data: StepProgressData


class StepRetryingEvent(Envelope):
    """A step is tried again."""

    type: Literal["step.retrying"]
    data: StepRetryingData


class StepCompletedEvent(Envelope):
    """A step is done."""

    type: Literal["step.completed"]
    data: StepCompletedData


class StepFailedEvent(Envelope):
    """A step has failed. It stays open where it will be tried again."""

    type: Literal["step.failed"]
    data: StepFailedData


class StepSkippedEvent(Envelope):
    """A step is left out. It need not have begun."""

    type: Literal["step.skipped"]
    data: StepSkippedData


class MessageStartedEvent(Envelope):
    """A message begins."""

    type: Literal["message.started"]
    data: MessageStartedData


class MessageDeltaEvent(Envelope):
    """The next piece of a message."""

    type: Literal["message.delta"]
    data: MessageDeltaData


class MessageCompletedEvent(Envelope):
    """A message is whole."""

    type: Literal["message.completed"]
    data: MessageCompletedData


class ReasoningStartedEvent(Envelope):
    """A line of reasoning begins."""

    type: Literal["reasoning.started"]
    data: ReasoningStartedData


class ReasoningDeltaEvent(Envelope):
    """The next piece of a line of reasoning."""

    type: Literal["reasoning.delta"]
    data: ReasoningDeltaData


class ReasoningCompletedEvent(Envelope):
    """A line of reasoning is over."""

    type: Literal["reasoning.completed"]
    data: ReasoningCompletedData


class ToolStartedEvent(Envelope):
    """A tool is called."""

    type: Literal["tool.started"]
    data: ToolStartedData


class ToolProgressEvent(Envelope):
    """How far a call is, and what it has put out since."""

    type: Literal["tool.progress"]
    data: ToolProgressData


class ToolCompletedEvent(Envelope):
    """A tool has answered."""

    type: Literal["tool.completed"]
    data: ToolCompletedData


class ToolFailedEvent(Envelope):
    """A call has failed."""

    type: Literal["tool.failed"]
    data: ToolFailedData


class ArtifactCreatedEvent(Envelope):
    """The work has produced something to keep."""

    type: Literal["artifact.created"]
    data: ArtifactCreatedData


class InputRequestedEvent(Envelope):
    """A person is asked; the task waits while it is open."""

    type: Literal["input.requested"]
    data: InputRequestedData


class InputResolvedEvent(Envelope):
    """A person has answered, or the time was over."""

    type: Literal["input.resolved"]
    data: InputResolvedData


class QualityCheckedEvent(Envelope):
    """Something was held to a standard."""

    type: Literal["quality.checked"]
    data: QualityCheckedData


class CommandAcceptedEvent(Envelope):
    """A command is in the log; the worker will see it."""

    type: Literal["command.accepted"]
    data: CommandAcceptedData


class CommandRejectedEvent(Envelope):
    """A command that the state of the task forbids."""

    type: Literal["command.rejected"]
    data: CommandRejectedData


class CommandAppliedEvent(Envelope):
    """A command was carried out."""

    type: Literal["command.applied"]
    data: CommandAppliedData


class MetricsUpdatedEvent(Envelope):
    """Numbers of the work."""

    type: Literal["metrics.updated"]
    data: MetricsUpdatedData


class HealthUpdatedEvent(Envelope):
    """How the worker is."""

    type: Literal["health.updated"]
    data: HealthUpdatedData


class LogLineEvent(Envelope):
    """A line of output."""

    type: Literal["log.line"]
    data: LogLineData


class UnknownEvent(AnyEvent):
    """An event of a vendor's type (`x.*`), or of a later version; its data is there as it came."""


class TaskStartedDraft(DraftEnvelope):
    """A worker has begun."""

    type: Literal["task.started"] = "task.started"
    data: TaskStartedData


class TaskProgressDraft(DraftEnvelope):
    """How far the task is."""

    type: Literal["task.progress"] = "task.progress"
    data: TaskProgressData


class TaskRetryingDraft(DraftEnvelope):
    """The worker begins again. Closes everything that is open."""

    type: Literal["task.retrying"] = "task.retrying"
    data: TaskRetryingData


class TaskPausedDraft(DraftEnvelope):
    """The task rests."""

    type: Literal["task.paused"] = "task.paused"
    data: TaskPausedData


class TaskResumedDraft(DraftEnvelope):
    """The task goes on."""

    type: Literal["task.resumed"] = "task.resumed"
    data: TaskResumedData


class TaskCompletedDraft(DraftEnvelope):
    """The task has succeeded. Nothing follows."""

    type: Literal["task.completed"] = "task.completed"
    data: TaskCompletedData


class TaskFailedDraft(DraftEnvelope):
    """The task has failed. Nothing follows."""

    type: Literal["task.failed"] = "task.failed"
    data: TaskFailedData


class TaskCanceledDraft(DraftEnvelope):
    """The task was ended before it was done. Nothing follows."""

    type: Literal["task.canceled"] = "task.canceled"
    data: TaskCanceledData


class IntentStartedDraft(DraftEnvelope):
    """It is being understood what is asked."""

    type: Literal["intent.started"] = "intent.started"
    data: IntentStartedData


class IntentParsedDraft(DraftEnvelope):
    """What is asked was understood."""

    type: Literal["intent.parsed"] = "intent.parsed"
    data: IntentParsedData


class EntitiesExtractedDraft(DraftEnvelope):
    """Things were recognised in the input."""

    type: Literal["entities.extracted"] = "entities.extracted"
    data: EntitiesExtractedData


class AgentsSearchStartedDraft(DraftEnvelope):
    """Agents that can take part are being looked for."""

    type: Literal["agents.search_started"] = "agents.search_started"
    data: AgentsSearchStartedData


class AgentsFoundDraft(DraftEnvelope):
    """Agents that can take part."""

    type: Literal["agents.found"] = "agents.found"
    data: AgentsFoundData


class PlanStartedDraft(DraftEnvelope):
    """A plan is being made."""

    type: Literal["plan.started"] = "plan.started"
    data: PlanStartedData


class PlanCreatedDraft(DraftEnvelope):
    """The plan."""

    type: Literal["plan.created"] = "plan.created"
    data: PlanCreatedData


class PlanUpdatedDraft(DraftEnvelope):
    """The plan has changed while it runs."""

    type: Literal["plan.updated"] = "plan.updated"
    data: PlanUpdatedData


class StepStartedDraft(DraftEnvelope):
    """A step has begun."""

    type: Literal["step.started"] = "step.started"
    data: StepStartedData


class StepProgressDraft(DraftEnvelope):
    """How far a step is."""

    type: Literal["step.progress"] = "step.progress"
    data: StepProgressData


class StepRetryingDraft(DraftEnvelope):
    """A step is tried again."""

    type: Literal["step.retrying"] = "step.retrying"
    data: StepRetryingData


class StepCompletedDraft(DraftEnvelope):
    """A step is done."""

    type: Literal["step.completed"] = "step.completed"
    data: StepCompletedData


class StepFailedDraft(DraftEnvelope):
    """A step has failed. It stays open where it will be tried again."""

    type: Literal["step.failed"] = "step.failed"
    data: StepFailedData


class StepSkippedDraft(DraftEnvelope):
    """A step is left out. It need not have begun."""

    type: Literal["step.skipped"] = "step.skipped"
    data: StepSkippedData


class MessageStartedDraft(DraftEnvelope):
    """A message begins."""

    type: Literal["message.started"] = "message.started"
    data: MessageStartedData


class MessageDeltaDraft(DraftEnvelope):
    """The next piece of a message."""

    type: Literal["message.delta"] = "message.delta"
    data: MessageDeltaData


class MessageCompletedDraft(DraftEnvelope):
    """A message is whole."""

    type: Literal["message.completed"] = "message.completed"
    data: MessageCompletedData


class ReasoningStartedDraft(DraftEnvelope):
    """A line of reasoning begins."""

    type: Literal["reasoning.started"] = "reasoning.started"
    data: ReasoningStartedData


class ReasoningDeltaDraft(DraftEnvelope):
    """The next piece of a line of reasoning."""

    type: Literal["reasoning.delta"] = "reasoning.delta"
    data: ReasoningDeltaData


class ReasoningCompletedDraft(DraftEnvelope):
    """A line of reasoning is over."""

    type: Literal["reasoning.completed"] = "reasoning.completed"
    data: ReasoningCompletedData


class ToolStartedDraft(DraftEnvelope):
    """A tool is called."""

    type: Literal["tool.started"] = "tool.started"
    data: ToolStartedData


class ToolProgressDraft(DraftEnvelope):
    """How far a call is, and what it has put out since."""

    type: Literal["tool.progress"] = "tool.progress"
    data: ToolProgressData


class ToolCompletedDraft(DraftEnvelope):
    """A tool has answered."""

    type: Literal["tool.completed"] = "tool.completed"
    data: ToolCompletedData


class ToolFailedDraft(DraftEnvelope):
    """A call has failed."""

    type: Literal["tool.failed"] = "tool.failed"
    data: ToolFailedData


class ArtifactCreatedDraft(DraftEnvelope):
    """The work has produced something to keep."""

    type: Literal["artifact.created"] = "artifact.created"
    data: ArtifactCreatedData


class InputRequestedDraft(DraftEnvelope):
    """A person is asked; the task waits while it is open."""

    type: Literal["input.requested"] = "input.requested"
    data: InputRequestedData


class InputResolvedDraft(DraftEnvelope):
    """A person has answered, or the time was over."""

    type: Literal["input.resolved"] = "input.resolved"
    data: InputResolvedData


class QualityCheckedDraft(DraftEnvelope):
    """Something was held to a standard."""

    type: Literal["quality.checked"] = "quality.checked"
    data: QualityCheckedData


class CommandAppliedDraft(DraftEnvelope):
    """A command was carried out."""

    type: Literal["command.applied"] = "command.applied"
    data: CommandAppliedData


class MetricsUpdatedDraft(DraftEnvelope):
    """Numbers of the work."""

    type: Literal["metrics.updated"] = "metrics.updated"
    data: MetricsUpdatedData


class HealthUpdatedDraft(DraftEnvelope):
    """How the worker is."""

    type: Literal["health.updated"] = "health.updated"
    data: HealthUpdatedData


class LogLineDraft(DraftEnvelope):
    """A line of output."""

    type: Literal["log.line"] = "log.line"
    data: LogLineData


#: An event by its type.
StoredEvent = (
    TaskCreatedEvent
    | TaskQueuedEvent
    | TaskStartedEvent
    | TaskProgressEvent
    | TaskRecoveringEvent
    | TaskRetryingEvent
    | TaskPausedEvent
    | TaskResumedEvent
    | TaskCompletedEvent
    | TaskFailedEvent
    | TaskCanceledEvent
    | TaskDeletedEvent
    | TaskSnapshotEvent
    | IntentStartedEvent
    | IntentParsedEvent
    | EntitiesExtractedEvent
    | AgentsSearchStartedEvent
    | AgentsFoundEvent
    | PlanStartedEvent
    | PlanCreatedEvent
    | PlanUpdatedEvent
    | StepStartedEvent
    | StepProgressEvent
    | StepRetryingEvent
    | StepCompletedEvent
    | StepFailedEvent
    | StepSkippedEvent
    | MessageStartedEvent
    | MessageDeltaEvent
    | MessageCompletedEvent
    | ReasoningStartedEvent
    | ReasoningDeltaEvent
    | ReasoningCompletedEvent
    | ToolStartedEvent
    | ToolProgressEvent
    | ToolCompletedEvent
    | ToolFailedEvent
    | ArtifactCreatedEvent
    | InputRequestedEvent
    | InputResolvedEvent
    | QualityCheckedEvent
    | CommandAcceptedEvent
    | CommandRejectedEvent
    | CommandAppliedEvent
    | MetricsUpdatedEvent
    | HealthUpdatedEvent
    | LogLineEvent
    | UnknownEvent
)


#: Each type's model, as it is delivered.
EVENT_MODELS: Mapping[str, type[Envelope]] = {
    "task.created": TaskCreatedEvent,
    "task.queued": TaskQueuedEvent,
    "task.started": TaskStartedEvent,
    "task.progress": TaskProgressEvent,
    "task.recovering": TaskRecoveringEvent,
    "task.retrying": TaskRetryingEvent,
    "task.paused": TaskPausedEvent,
    "task.resumed": TaskResumedEvent,
    "task.completed": TaskCompletedEvent,
    "task.failed": TaskFailedEvent,
    "task.canceled": TaskCanceledEvent,
    "task.deleted": TaskDeletedEvent,
    "task.snapshot": TaskSnapshotEvent,
    "intent.started": IntentStartedEvent,
    "intent.parsed": IntentParsedEvent,
    "entities.extracted": EntitiesExtractedEvent,
    "agents.search_started": AgentsSearchStartedEvent,
    "agents.found": AgentsFoundEvent,
    "plan.started": PlanStartedEvent,
    "plan.created": PlanCreatedEvent,
    "plan.updated": PlanUpdatedEvent,
    "step.started": StepStartedEvent,
    "step.progress": StepProgressEvent,
    "step.retrying": StepRetryingEvent,
    "step.completed": StepCompletedEvent,
    "step.failed": StepFailedEvent,
    "step.skipped": StepSkippedEvent,
    "message.started": MessageStartedEvent,
    "message.delta": MessageDeltaEvent,
    "message.completed": MessageCompletedEvent,
    "reasoning.started": ReasoningStartedEvent,
    "reasoning.delta": ReasoningDeltaEvent,
    "reasoning.completed": ReasoningCompletedEvent,
    "tool.started": ToolStartedEvent,
    "tool.progress": ToolProgressEvent,
    "tool.completed": ToolCompletedEvent,
    "tool.failed": ToolFailedEvent,
    "artifact.created": ArtifactCreatedEvent,
    "input.requested": InputRequestedEvent,
    "input.resolved": InputResolvedEvent,
    "quality.checked": QualityCheckedEvent,
    "command.accepted": CommandAcceptedEvent,
    "command.rejected": CommandRejectedEvent,
    "command.applied": CommandAppliedEvent,
    "metrics.updated": MetricsUpdatedEvent,
    "health.updated": HealthUpdatedEvent,
    "log.line": LogLineEvent,
}


#: Each type's model, as a producer sends it.
DRAFT_MODELS: Mapping[str, type[DraftEnvelope]] = {
    "task.started": TaskStartedDraft,
    "task.progress": TaskProgressDraft,
    "task.retrying": TaskRetryingDraft,
    "task.paused": TaskPausedDraft,
    "task.resumed": TaskResumedDraft,
    "task.completed": TaskCompletedDraft,
    "task.failed": TaskFailedDraft,
    "task.canceled": TaskCanceledDraft,
    "intent.started": IntentStartedDraft,
    "intent.parsed": IntentParsedDraft,
    "entities.extracted": EntitiesExtractedDraft,
    "agents.search_started": AgentsSearchStartedDraft,
    "agents.found": AgentsFoundDraft,
    "plan.started": PlanStartedDraft,
    "plan.created": PlanCreatedDraft,
    "plan.updated": PlanUpdatedDraft,
    "step.started": StepStartedDraft,
    "step.progress": StepProgressDraft,
    "step.retrying": StepRetryingDraft,
    "step.completed": StepCompletedDraft,
    "step.failed": StepFailedDraft,
    "step.skipped": StepSkippedDraft,
    "message.started": MessageStartedDraft,
    "message.delta": MessageDeltaDraft,
    "message.completed": MessageCompletedDraft,
    "reasoning.started": ReasoningStartedDraft,
    "reasoning.delta": ReasoningDeltaDraft,
    "reasoning.completed": ReasoningCompletedDraft,
    "tool.started": ToolStartedDraft,
    "tool.progress": ToolProgressDraft,
    "tool.completed": ToolCompletedDraft,
    "tool.failed": ToolFailedDraft,
    "artifact.created": ArtifactCreatedDraft,
    "input.requested": InputRequestedDraft,
    "input.resolved": InputResolvedDraft,
    "quality.checked": QualityCheckedDraft,
    "command.applied": CommandAppliedDraft,
    "metrics.updated": MetricsUpdatedDraft,
    "health.updated": HealthUpdatedDraft,
    "log.line": LogLineDraft,
}


def parse_event(value: Mapping[str, Any]) -> StoredEvent:
    """The event as the model of its type.

    Raises `pydantic.ValidationError` where a known type has data that the contract does not allow.
    """
    model: Any = EVENT_MODELS.get(str(value.get("type")), UnknownEvent)
    event: StoredEvent = model.model_validate(value)
    return event
