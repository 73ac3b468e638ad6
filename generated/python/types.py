# Generated from contract/asyncapi.yaml (Taskwire 1.0.0) by `npm run generate`. Do not edit.
"""Every object and enum of the contract. Objects keep fields that they do not know; open enums take any text."""

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema


class Model(BaseModel):
    """What all objects have in common: frozen, exact about types, open for fields of later versions."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, populate_by_name=True, defer_build=True, protected_namespaces=())

    def to_json(self) -> dict[str, Any]:
        """The object as it travels: only what was given, with what this version does not know."""
        given = self.model_dump(by_alias=True, exclude_unset=True)
        kind = getattr(self, "type", None)
        return given if kind is None or "type" in given else {"type": kind, **given}


class OpenEnum(str):
    """Text of which some values are known today. Others must be taken: a later service may say them."""

    known: ClassVar[frozenset[str]] = frozenset()

    @property
    def is_known(self) -> bool:
        """Whether this version of the client knows the value."""
        return str(self) in self.known

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Any text is one."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(strict=True))


def _present(value: Any) -> Any:
    """Refuses null for a field that may be absent but not null."""
    if value is None:
        raise ValueError("null is not allowed: leave the field out")
    return value


PRESENT = BeforeValidator(_present)
TIME_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
Time = Annotated[str, Field(pattern=TIME_PATTERN)]
Number = int | float
Self = TypeVar("Self", bound="Model")


def _needs(model: Self, *sets: tuple[str, ...]) -> Self:
    """Refuses an object that has none of the given sets of fields."""
    if any(all(name in model.model_fields_set for name in names) for names in sets):
        return model
    raise ValueError("expected " + ", or ".join(" and ".join(names) for names in sets))


class ActorKind(OpenEnum):
    """`kind` of `Actor`."""

    known = frozenset({"worker", "agent", "user", "system"})
    WORKER: ClassVar[str] = "worker"
    AGENT: ClassVar[str] = "agent"
    USER: ClassVar[str] = "user"
    SYSTEM: ClassVar[str] = "system"


class Actor(Model):
    """Who acted. Set by the service from the token."""

    kind: ActorKind
    id: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """The user's key, never the token's raw subject."""
    name: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    """For display."""


class WorkTermsPriority(OpenEnum):
    """`priority` of `WorkTerms`."""

    known = frozenset({"high", "normal", "low"})
    HIGH: ClassVar[str] = "high"
    NORMAL: ClassVar[str] = "normal"
    LOW: ClassVar[str] = "low"


class WorkTerms(Model):
    """On what terms a task waits for a worker and is worked on. Only a task that was created with `queue` has them."""

    max_attempts: Annotated[Annotated[int, Field(ge=1, le=100)] | None, PRESENT] = None
    """How often it is given to a worker before it fails."""
    lease_ms: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """A worker that is not heard of for so long has lost it, in milliseconds."""
    priority: Annotated[WorkTermsPriority | None, PRESENT] = None
    not_before: Annotated[Time | None, PRESENT] = None
    """It is not given to a worker before."""
    deadline: Annotated[Time | None, PRESENT] = None
    """It has failed if it has not ended by then."""


class TaskCreatedData(Model):
    """`TaskCreatedData` of the contract."""

    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """What sort of work it is: `fraud-check`, `build` …"""
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    """For people."""
    input: Any | None = None
    """What the work is to be done on; any JSON."""
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """The conversation that the task belongs to."""
    created_by: Annotated[Actor | None, PRESENT] = None
    retry_of: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """The finished task that this one does again."""
    work: Annotated[WorkTerms | None, PRESENT] = None


class TaskQueuedData(Model):
    """`TaskQueuedData` of the contract."""

    position: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """How many tasks wait before it."""
    eta_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Estimated wait, in milliseconds."""


class TaskStartedData(Model):
    """`TaskStartedData` of the contract."""

    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    """Which try of the task, 1 first."""
    worker_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None
    query: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None
    """What was asked."""
    total_steps: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """How many steps there will be, where known."""


class TaskProgressData(Model):
    """How far the task is: `percent`, or `current` and `total`, or both."""

    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    """Never falls within one attempt."""
    current: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    """How many units are done."""
    total: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    """How many units there are; 0 where that is not known yet."""
    unit: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """What is counted: `files`, `rows` …"""
    stage: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None
    """Which part of the work."""
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """One sentence for a person."""
    eta_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Estimated time left, in milliseconds."""
    reported: Annotated[Number | None, PRESENT] = None
    """The producer's own percent, where it was lower than the highest so far. Set by the service."""

    @model_validator(mode="after")
    def _complete(self) -> "TaskProgressData":
        return _needs(self, ("percent",), ("current", "total",))


class TaskRecoveringDataReason(OpenEnum):
    """`reason` of `TaskRecoveringData`."""

    known = frozenset({"worker_lost", "lease_expired", "released"})
    WORKER_LOST: ClassVar[str] = "worker_lost"
    LEASE_EXPIRED: ClassVar[str] = "lease_expired"
    RELEASED: ClassVar[str] = "released"


class TaskRecoveringData(Model):
    """`TaskRecoveringData` of the contract."""

    reason: TaskRecoveringDataReason
    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    """The try that was given up."""


class Failure(Model):
    """What went wrong, for programs (`code`, `retryable`) and for developers (`message`)."""

    code: Annotated[str, Field(min_length=1, max_length=128)]
    """Stable, snake_case. The service itself uses `worker_lost` and `idle_timeout`."""
    message: Annotated[str, Field(max_length=16384)]
    """For developers; `user_message` is the sentence for the user."""
    retryable: bool
    """Whether the same input may succeed another time."""
    details: Annotated[dict[str, Any] | None, PRESENT] = None
    """Anything more."""


class TaskRetryingData(Model):
    """`TaskRetryingData` of the contract."""

    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    """The try that will be made."""
    max_attempts: Annotated[int, Field(ge=1, le=9007199254740991)]
    delay_ms: Annotated[int, Field(ge=0, le=9007199254740991)]
    """How long until then, in milliseconds."""
    error: Failure


class TaskPausedData(Model):
    """`TaskPausedData` of the contract."""

    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who paused it."""
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None


class TaskResumedData(Model):
    """`TaskResumedData` of the contract."""

    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who resumed it."""
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None


class Usage(Model):
    """What the work consumed."""

    input_tokens: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    output_tokens: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    total_tokens: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    cost: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    """In `currency`."""
    currency: Annotated[Annotated[str, Field(max_length=8)] | None, PRESENT] = None
    """ISO 4217."""


class Source(Model):
    """What an answer rests on."""

    id: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    title: Annotated[Annotated[str, Field(max_length=1024)] | None, PRESENT] = None
    url: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    snippet: Annotated[Annotated[str, Field(max_length=8192)] | None, PRESENT] = None
    score: Annotated[Number | None, PRESENT] = None


class CompletionMetadata(Model):
    """Where the answer comes from."""

    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    confidence: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None
    sources: Annotated[list[Source] | None, PRESENT] = None


class TaskCompletedData(Model):
    """`TaskCompletedData` of the contract."""

    result: Any | None = None
    """What the work came to; any JSON."""
    response: Annotated[str | None, PRESENT] = None
    """The answer for a person."""
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    usage: Annotated[Usage | None, PRESENT] = None
    metadata: Annotated[CompletionMetadata | None, PRESENT] = None


class TaskFailedData(Model):
    """`TaskFailedData` of the contract."""

    error: Failure
    user_message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """The failure in the user's words."""
    step_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """The step that failed."""


class TaskCanceledData(Model):
    """`TaskCanceledData` of the contract."""

    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who canceled it."""
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None


class TaskDeletedData(Model):
    """`TaskDeletedData` of the contract."""

    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who deleted it."""


class TaskStatus(OpenEnum):
    """Where a task stands. `waiting` means that an input is open; `completed`, `failed`, `canceled` and `deleted` are
    ends.
    """

    known = frozenset({"queued", "running", "paused", "waiting", "recovering", "completed", "failed", "canceled", "deleted"})
    QUEUED: ClassVar[str] = "queued"
    RUNNING: ClassVar[str] = "running"
    PAUSED: ClassVar[str] = "paused"
    WAITING: ClassVar[str] = "waiting"
    RECOVERING: ClassVar[str] = "recovering"
    COMPLETED: ClassVar[str] = "completed"
    FAILED: ClassVar[str] = "failed"
    CANCELED: ClassVar[str] = "canceled"
    DELETED: ClassVar[str] = "deleted"


class SnapshotProgress(Model):
    """How far the task is; empty before the first report."""

    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    current: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    total: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    unit: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    stage: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    eta_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None


class PlanStep(Model):
    """A step as planned."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    title: Annotated[str, Field(min_length=1, max_length=512)]
    depends_on: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]] | None, PRESENT] = None
    """Steps that must be done before."""
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None


class Entity(Model):
    """Something that was recognised in the input."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    """`phone`, `url`, `person` …"""
    value: Any
    """What was found; any JSON."""
    confidence: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None


class AgentRef(Model):
    """An agent that can take part."""

    id: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None


class SnapshotStepStatus(OpenEnum):
    """`status` of `SnapshotStep`."""

    known = frozenset({"pending", "running", "retrying", "completed", "failed", "skipped", "closed"})
    PENDING: ClassVar[str] = "pending"
    RUNNING: ClassVar[str] = "running"
    RETRYING: ClassVar[str] = "retrying"
    COMPLETED: ClassVar[str] = "completed"
    FAILED: ClassVar[str] = "failed"
    SKIPPED: ClassVar[str] = "skipped"
    CLOSED: ClassVar[str] = "closed"


class SnapshotStep(Model):
    """`SnapshotStep` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    status: SnapshotStepStatus
    """`closed`: the task or the attempt ended while it was open."""
    name: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    index: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    total: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    description: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    current: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    units: Annotated[SnapshotProgress | None, PRESENT] = None
    attempt: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    max_attempts: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    output: Any | None = None
    """What the step came to."""
    outcome: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """The step's own word for how it ended: `status` of `step.completed`."""
    quality_score: Annotated[Number | None, PRESENT] = None
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    error: Annotated[Failure | None, PRESENT] = None
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """Why it was skipped."""
    truncated: Annotated[bool | None, PRESENT] = None


class SnapshotMessageStatus(OpenEnum):
    """`status` of `SnapshotMessage`."""

    known = frozenset({"open", "completed", "closed"})
    OPEN: ClassVar[str] = "open"
    COMPLETED: ClassVar[str] = "completed"
    CLOSED: ClassVar[str] = "closed"


class SnapshotMessageRole(OpenEnum):
    """`role` of `SnapshotMessage`."""

    known = frozenset({"assistant", "user", "system", "tool"})
    ASSISTANT: ClassVar[str] = "assistant"
    USER: ClassVar[str] = "user"
    SYSTEM: ClassVar[str] = "system"
    TOOL: ClassVar[str] = "tool"


class SnapshotMessage(Model):
    """`SnapshotMessage` of the contract."""

    message_id: Annotated[str, Field(min_length=1, max_length=64)]
    status: SnapshotMessageStatus
    role: Annotated[SnapshotMessageRole | None, PRESENT] = None
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    content: str
    """The text so far."""
    length: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Length of the whole text in UTF-8 bytes."""
    sha256: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    sources: Annotated[list[Source] | None, PRESENT] = None
    confidence: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None
    usage: Annotated[Usage | None, PRESENT] = None
    truncated: Annotated[bool | None, PRESENT] = None
    """Whether `content` was cut."""


class SnapshotReasoningStatus(OpenEnum):
    """`status` of `SnapshotReasoning`."""

    known = frozenset({"open", "completed", "closed"})
    OPEN: ClassVar[str] = "open"
    COMPLETED: ClassVar[str] = "completed"
    CLOSED: ClassVar[str] = "closed"


class SnapshotReasoning(Model):
    """`SnapshotReasoning` of the contract."""

    reasoning_id: Annotated[str, Field(min_length=1, max_length=64)]
    status: SnapshotReasoningStatus
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    content: str
    """The text so far."""
    summary: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None
    truncated: Annotated[bool | None, PRESENT] = None
    """Whether `content` was cut."""


class SnapshotToolStatus(OpenEnum):
    """`status` of `SnapshotTool`."""

    known = frozenset({"running", "completed", "failed", "closed"})
    RUNNING: ClassVar[str] = "running"
    COMPLETED: ClassVar[str] = "completed"
    FAILED: ClassVar[str] = "failed"
    CLOSED: ClassVar[str] = "closed"


class SnapshotTool(Model):
    """`SnapshotTool` of the contract."""

    tool_call_id: Annotated[str, Field(min_length=1, max_length=64)]
    status: SnapshotToolStatus
    name: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    step_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    input: Any | None = None
    """What it was called with."""
    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    units: Annotated[SnapshotProgress | None, PRESENT] = None
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    output_text: Annotated[str | None, PRESENT] = None
    """The joined `output_delta` so far."""
    output: Any | None = None
    """What it answered."""
    error: Annotated[Failure | None, PRESENT] = None
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    truncated: Annotated[bool | None, PRESENT] = None


class InputOption(Model):
    """One answer to choose."""

    value: Any
    """What is answered; any JSON."""
    label: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    """For people."""


class SnapshotInputStatus(OpenEnum):
    """`status` of `SnapshotInput`."""

    known = frozenset({"open", "resolved", "closed"})
    OPEN: ClassVar[str] = "open"
    RESOLVED: ClassVar[str] = "resolved"
    CLOSED: ClassVar[str] = "closed"


class SnapshotInputKind(OpenEnum):
    """`kind` of `SnapshotInput`."""

    known = frozenset({"question", "approval", "review"})
    QUESTION: ClassVar[str] = "question"
    APPROVAL: ClassVar[str] = "approval"
    REVIEW: ClassVar[str] = "review"


class SnapshotInputOutcome(OpenEnum):
    """`outcome` of `SnapshotInput`."""

    known = frozenset({"answered", "approved", "denied", "expired"})
    ANSWERED: ClassVar[str] = "answered"
    APPROVED: ClassVar[str] = "approved"
    DENIED: ClassVar[str] = "denied"
    EXPIRED: ClassVar[str] = "expired"


class SnapshotInput(Model):
    """`SnapshotInput` of the contract."""

    request_id: Annotated[str, Field(min_length=1, max_length=64)]
    status: SnapshotInputStatus
    kind: Annotated[SnapshotInputKind | None, PRESENT] = None
    prompt: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None
    schema_: Annotated[dict[str, Any] | None, PRESENT, Field(alias="schema")] = None
    options: Annotated[list[InputOption] | None, PRESENT] = None
    expires_at: Annotated[Time | None, PRESENT] = None
    outcome: Annotated[SnapshotInputOutcome | None, PRESENT] = None
    response: Any | None = None
    """The answer."""
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None


class ArtifactCreatedData(Model):
    """`ArtifactCreatedData` of the contract."""

    artifact_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=512)]
    """For people: a file name."""
    media_type: Annotated[str, Field(min_length=1, max_length=256)]
    """As in `Content-Type`."""
    size: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """In bytes."""
    ref: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """Where it is; a URL."""
    inline: Any | None = None
    """The thing itself, where it is small: any JSON, bytes as base64."""


class QualityCheckedData(Model):
    """`QualityCheckedData` of the contract."""

    check: Annotated[str, Field(min_length=1, max_length=256)]
    """What was checked."""
    passed: bool
    score: Annotated[Number | None, PRESENT] = None
    threshold: Annotated[Number | None, PRESENT] = None
    issues: Annotated[list[Annotated[str, Field(max_length=4096)]] | None, PRESENT] = None
    step_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None


class HealthUpdatedDataStatus(OpenEnum):
    """`status` of `HealthUpdatedData`."""

    known = frozenset({"ok", "degraded", "failing"})
    OK: ClassVar[str] = "ok"
    DEGRADED: ClassVar[str] = "degraded"
    FAILING: ClassVar[str] = "failing"


class HealthUpdatedData(Model):
    """`HealthUpdatedData` of the contract."""

    status: HealthUpdatedDataStatus
    checks: Annotated[dict[str, Any] | None, PRESENT] = None
    """Name to what was found."""


class SnapshotCommandCommand(OpenEnum):
    """`command` of `SnapshotCommand`."""

    known = frozenset({"pause", "resume", "cancel", "message", "respond"})
    PAUSE: ClassVar[str] = "pause"
    RESUME: ClassVar[str] = "resume"
    CANCEL: ClassVar[str] = "cancel"
    MESSAGE: ClassVar[str] = "message"
    RESPOND: ClassVar[str] = "respond"


class SnapshotCommandStatus(OpenEnum):
    """`status` of `SnapshotCommand`."""

    known = frozenset({"accepted", "rejected", "applied"})
    ACCEPTED: ClassVar[str] = "accepted"
    REJECTED: ClassVar[str] = "rejected"
    APPLIED: ClassVar[str] = "applied"


class SnapshotCommand(Model):
    """`SnapshotCommand` of the contract."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    command: SnapshotCommandCommand
    status: SnapshotCommandStatus
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    code: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    data: Annotated[dict[str, Any] | None, PRESENT] = None


class TaskSnapshotData(Model):
    """The state that the events `1..as_of_seq` add up to. At most 256 KiB: longer texts are cut, and what was cut says
    `truncated`. A reducer that takes it in place of those events ends up in the same state, cut texts aside.
    """

    status: TaskStatus
    as_of_seq: Annotated[int, Field(ge=0, le=9007199254740991)]
    """The last event that is in it."""
    kind: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    input: Any | None = None
    """What the work is done on."""
    conversation_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    created_by: Annotated[Actor | None, PRESENT] = None
    retry_of: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    attempt: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Which try of the task; 0 before the first."""
    worker_id: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    total_steps: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """The last sentence for a person."""
    progress: SnapshotProgress
    plan_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    plan: Annotated[list[PlanStep] | None, PRESENT] = None
    intent: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    entities: Annotated[list[Entity] | None, PRESENT] = None
    agents: Annotated[list[AgentRef] | None, PRESENT] = None
    steps: list[SnapshotStep]
    messages: list[SnapshotMessage]
    reasonings: Annotated[list[SnapshotReasoning] | None, PRESENT] = None
    tools: list[SnapshotTool]
    inputs: list[SnapshotInput]
    artifacts: Annotated[list[ArtifactCreatedData] | None, PRESENT] = None
    quality: Annotated[list[QualityCheckedData] | None, PRESENT] = None
    metrics: Annotated[dict[str, Number] | None, PRESENT] = None
    """The last value of every name."""
    health: Annotated[HealthUpdatedData | None, PRESENT] = None
    commands: Annotated[list[SnapshotCommand] | None, PRESENT] = None
    result: Any | None = None
    """What the work came to."""
    response: Annotated[str | None, PRESENT] = None
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    usage: Annotated[Usage | None, PRESENT] = None
    metadata: Annotated[CompletionMetadata | None, PRESENT] = None
    error: Annotated[Failure | None, PRESENT] = None
    user_message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    canceled_by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """Why it is paused, recovering or canceled."""
    created_at: Annotated[Time | None, PRESENT] = None
    started_at: Annotated[Time | None, PRESENT] = None
    ended_at: Annotated[Time | None, PRESENT] = None
    updated_at: Annotated[Time | None, PRESENT] = None
    log_lines: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """How many `log.line` there were; they are counted, not kept."""
    unknown: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """How many events were of types that the service does not know."""
    truncated: Annotated[bool | None, PRESENT] = None
    """Whether anything in it was cut or left out."""


class IntentStartedData(Model):
    """`IntentStartedData` of the contract."""

    query: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None
    """What is being understood."""


class IntentParsedData(Model):
    """`IntentParsedData` of the contract."""

    intent: Annotated[str, Field(min_length=1, max_length=4096)]
    confidence: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None
    entities: Annotated[list[Entity] | None, PRESENT] = None


class EntitiesExtractedData(Model):
    """`EntitiesExtractedData` of the contract."""

    entities: list[Entity]


class AgentsSearchStartedData(Model):
    """`AgentsSearchStartedData` of the contract."""

    query: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None


class AgentsFoundData(Model):
    """`AgentsFoundData` of the contract."""

    agents: list[AgentRef]


class PlanStartedData(Model):
    """`PlanStartedData` of the contract."""

    plan_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None


class PlanCreatedData(Model):
    """`PlanCreatedData` of the contract."""

    steps: list[PlanStep]
    plan_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None


class PlanUpdatedData(Model):
    """The whole plan anew: steps added, removed or put in another order while it runs."""

    steps: list[PlanStep]
    plan_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None


class StepStartedData(Model):
    """`StepStartedData` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=256)]
    """A stable name for programs: `fetch_data`."""
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    """For people."""
    index: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """Its number, from 1."""
    total: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """How many steps there are."""
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    description: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None


class StepProgressData(Model):
    """How far the step is: `percent`, or `current` and `total`, or both."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    """Never falls within one attempt."""
    current: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    """How many units are done."""
    total: Annotated[Annotated[Number, Field(ge=0)] | None, PRESENT] = None
    """How many units there are; 0 where that is not known yet."""
    unit: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """What is counted."""
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """One sentence for a person."""
    reported: Annotated[Number | None, PRESENT] = None
    """The producer's own percent, where it was lower than the highest so far. Set by the service."""

    @model_validator(mode="after")
    def _complete(self) -> "StepProgressData":
        return _needs(self, ("percent",), ("current", "total",))


class StepRetryingData(Model):
    """`StepRetryingData` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    """The try of the step that begins; 2 is the first repetition."""
    max_attempts: Annotated[int, Field(ge=1, le=9007199254740991)]
    delay_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """How long until then, in milliseconds."""
    error: Annotated[Failure | None, PRESENT] = None


class StepCompletedData(Model):
    """`StepCompletedData` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    output: Any | None = None
    """What the step came to; any JSON."""
    status: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """The step's own word for how it ended."""
    quality_score: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None


class StepFailedData(Model):
    """`StepFailedData` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    error: Failure
    will_retry: bool
    """Whether it will be tried again: the step then stays open, and `step.retrying` follows."""


class StepSkippedData(Model):
    """`StepSkippedData` of the contract."""

    step_id: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Annotated[str, Field(max_length=4096)]


class MessageStartedDataRole(OpenEnum):
    """`role` of `MessageStartedData`."""

    known = frozenset({"assistant", "user", "system", "tool"})
    ASSISTANT: ClassVar[str] = "assistant"
    USER: ClassVar[str] = "user"
    SYSTEM: ClassVar[str] = "system"
    TOOL: ClassVar[str] = "tool"


class MessageStartedData(Model):
    """`MessageStartedData` of the contract."""

    message_id: Annotated[str, Field(min_length=1, max_length=64)]
    role: MessageStartedDataRole
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None


class MessageDeltaData(Model):
    """`MessageDeltaData` of the contract."""

    message_id: Annotated[str, Field(min_length=1, max_length=64)]
    delta: str
    """The next piece of the text; the pieces joined are the text."""


class MessageCompletedDataRole(OpenEnum):
    """`role` of `MessageCompletedData`."""

    known = frozenset({"assistant", "user", "system", "tool"})
    ASSISTANT: ClassVar[str] = "assistant"
    USER: ClassVar[str] = "user"
    SYSTEM: ClassVar[str] = "system"
    TOOL: ClassVar[str] = "tool"


class MessageCompletedData(Model):
    """The message is whole: its `content` up to 32 KiB, above that `length` and `sha256` of the text that the deltas make,
    so that a screen that lost something notices. May stand alone, without `message.started` and deltas.
    """

    message_id: Annotated[str, Field(min_length=1, max_length=64)]
    content: Annotated[Annotated[str, Field(max_length=32768)] | None, PRESENT] = None
    """The whole text."""
    length: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Length of the whole text in UTF-8 bytes."""
    sha256: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None, PRESENT] = None
    """SHA-256 of the whole text in UTF-8, in hexadecimal."""
    role: Annotated[MessageCompletedDataRole | None, PRESENT] = None
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    sources: Annotated[list[Source] | None, PRESENT] = None
    confidence: Annotated[Annotated[Number, Field(ge=0, le=1)] | None, PRESENT] = None
    usage: Annotated[Usage | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "MessageCompletedData":
        return _needs(self, ("content",), ("length", "sha256",))


class ReasoningStartedData(Model):
    """`ReasoningStartedData` of the contract."""

    reasoning_id: Annotated[str, Field(min_length=1, max_length=64)]
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None


class ReasoningDeltaData(Model):
    """`ReasoningDeltaData` of the contract."""

    reasoning_id: Annotated[str, Field(min_length=1, max_length=64)]
    delta: str
    """The next piece of the text."""
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None


class ReasoningCompletedData(Model):
    """The reasoning is over. May stand alone, without `reasoning.started` and deltas."""

    reasoning_id: Annotated[str, Field(min_length=1, max_length=64)]
    summary: Annotated[Annotated[str, Field(max_length=16384)] | None, PRESENT] = None
    """What it came to."""
    agent: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None


class ToolStartedData(Model):
    """`ToolStartedData` of the contract."""

    tool_call_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=256)]
    """The tool's own name."""
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    """For people."""
    input: Any | None = None
    """What it is called with; any JSON."""


class ToolProgressData(Model):
    """`ToolProgressData` of the contract."""

    tool_call_id: Annotated[str, Field(min_length=1, max_length=64)]
    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    """Never falls within one attempt."""
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """One sentence for a person."""
    output_delta: Annotated[str | None, PRESENT] = None
    """The next piece of its output."""
    reported: Annotated[Number | None, PRESENT] = None
    """The producer's own percent, where it was lower than the highest so far. Set by the service."""


class ToolCompletedData(Model):
    """`ToolCompletedData` of the contract."""

    tool_call_id: Annotated[str, Field(min_length=1, max_length=64)]
    output: Any | None = None
    """What it answered; any JSON."""
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None


class ToolFailedData(Model):
    """`ToolFailedData` of the contract."""

    tool_call_id: Annotated[str, Field(min_length=1, max_length=64)]
    error: Failure
    duration_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None


class InputRequestedDataKind(OpenEnum):
    """`kind` of `InputRequestedData`."""

    known = frozenset({"question", "approval", "review"})
    QUESTION: ClassVar[str] = "question"
    APPROVAL: ClassVar[str] = "approval"
    REVIEW: ClassVar[str] = "review"


class InputRequestedData(Model):
    """`InputRequestedData` of the contract."""

    request_id: Annotated[str, Field(min_length=1, max_length=64)]
    kind: InputRequestedDataKind
    prompt: Annotated[str, Field(max_length=16384)]
    """What is asked."""
    schema_: Annotated[dict[str, Any] | None, PRESENT, Field(alias="schema")] = None
    """A JSON Schema of the answer."""
    options: Annotated[list[InputOption] | None, PRESENT] = None
    """What can be chosen."""
    expires_at: Annotated[Time | None, PRESENT] = None


class InputResolvedDataOutcome(OpenEnum):
    """`outcome` of `InputResolvedData`."""

    known = frozenset({"answered", "approved", "denied", "expired"})
    ANSWERED: ClassVar[str] = "answered"
    APPROVED: ClassVar[str] = "approved"
    DENIED: ClassVar[str] = "denied"
    EXPIRED: ClassVar[str] = "expired"


class InputResolvedData(Model):
    """`InputResolvedData` of the contract."""

    request_id: Annotated[str, Field(min_length=1, max_length=64)]
    outcome: InputResolvedDataOutcome
    response: Any | None = None
    """The answer; any JSON."""
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who answered."""


class Command(OpenEnum):
    """What a person may order. Closing a connection is never a cancel."""

    known = frozenset({"pause", "resume", "cancel", "message", "respond"})
    PAUSE: ClassVar[str] = "pause"
    RESUME: ClassVar[str] = "resume"
    CANCEL: ClassVar[str] = "cancel"
    MESSAGE: ClassVar[str] = "message"
    RESPOND: ClassVar[str] = "respond"


class CommandAcceptedData(Model):
    """A command was stored in the task's log, where its worker sees it."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Sending the same twice does it once."""
    command: Command
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Who ordered it."""
    code: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    data: Annotated[dict[str, Any] | None, PRESENT] = None
    """With `message`: `{text}`; with `respond`: `{request_id, outcome, response}`."""


class CommandRejectedData(Model):
    """A command that the state of the task forbids; `code` says which rule."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    command: Command
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    code: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """Why."""
    data: Annotated[dict[str, Any] | None, PRESENT] = None


class CommandAppliedData(Model):
    """The worker has done what was ordered."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    command: Command
    by: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    code: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    data: Annotated[dict[str, Any] | None, PRESENT] = None


class MetricsUpdatedData(Model):
    """`MetricsUpdatedData` of the contract."""

    values: dict[str, Number]
    """Name to number; names that are not in it keep their value."""


class LogLineDataLevel(OpenEnum):
    """`level` of `LogLineData`."""

    known = frozenset({"debug", "info", "warn", "error"})
    DEBUG: ClassVar[str] = "debug"
    INFO: ClassVar[str] = "info"
    WARN: ClassVar[str] = "warn"
    ERROR: ClassVar[str] = "error"


class LogLineDataStream(OpenEnum):
    """`stream` of `LogLineData`."""

    known = frozenset({"stdout", "stderr"})
    STDOUT: ClassVar[str] = "stdout"
    STDERR: ClassVar[str] = "stderr"


class LogLineData(Model):
    """`LogLineData` of the contract."""

    level: LogLineDataLevel
    text: str
    stream: Annotated[LogLineDataStream | None, PRESENT] = None
    fields: Annotated[dict[str, Any] | None, PRESENT] = None


class ExtensionData(Model):
    """Any object."""


class ConnectionLimits(Model):
    """What the connection may do."""

    subscriptions: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Tasks watched at once."""
    frame_bytes: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """One frame from the client."""
    event_bytes: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """One event."""
    request_bytes: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """One append."""
    request_events: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    """Events of one append."""


class StreamReadyFrame(Model):
    """The first frame of every connection: what it is and what it may do."""

    type: Literal["stream.ready"] = "stream.ready"
    protocol: Annotated[str, Field(max_length=64)]
    """`taskwire.v1`."""
    connection_id: Annotated[str, Field(min_length=1, max_length=128)]
    """Names the connection in the journal; quote it in a report."""
    heartbeat_ms: Annotated[int, Field(ge=1, le=9007199254740991)]
    """A heartbeat comes so often, in milliseconds. Nothing for two and a half of them: the connection is dead."""
    limits: Annotated[ConnectionLimits | None, PRESENT] = None
    token_expires_at: Annotated[Time | None, PRESENT] = None
    """When the token of this connection ends."""
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class SelectorScope(OpenEnum):
    """`scope` of `Selector`."""

    known = frozenset({"mine"})
    MINE: ClassVar[str] = "mine"


class Selector(Model):
    """A set of tasks that changes by itself."""

    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    scope: Annotated[SelectorScope | None, PRESENT] = None
    task_ids: Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]] | None, PRESENT] = None


class Replay(OpenEnum):
    """How the part of the log that already exists is delivered: `full` every event, `compact` as `stream.replayed` ranges,
    `none` only what comes from now on.
    """

    known = frozenset({"full", "compact", "none"})
    FULL: ClassVar[str] = "full"
    COMPACT: ClassVar[str] = "compact"
    NONE: ClassVar[str] = "none"


class StreamSubscribedFrame(Model):
    """A subscription has begun; replay follows, then `stream.caught_up`."""

    type: Literal["stream.subscribed"] = "stream.subscribed"
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    selector: Annotated[Selector | None, PRESENT] = None
    cursor: Annotated[str, Field(max_length=256)]
    """The position that delivery starts from; opaque."""
    replay: Replay
    tail_seq: Annotated[int, Field(ge=0, le=9007199254740991)]
    """The last `seq` of the task at this moment: how much will be replayed. 0 for a set."""
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "StreamSubscribedFrame":
        return _needs(self, ("task_id",), ("selector",))


class StreamUnsubscribedFrame(Model):
    """A subscription has ended as asked. Nothing of it follows."""

    type: Literal["stream.unsubscribed"] = "stream.unsubscribed"
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    selector: Annotated[Selector | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "StreamUnsubscribedFrame":
        return _needs(self, ("task_id",), ("selector",))


class TaskSummaryAccess(OpenEnum):
    """`access` of `TaskSummary`."""

    known = frozenset({"owner", "link"})
    OWNER: ClassVar[str] = "owner"
    LINK: ClassVar[str] = "link"


class TaskSummary(Model):
    """A task in a list."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    kind: Annotated[str, Field(max_length=64)]
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    status: TaskStatus
    percent: Annotated[Annotated[Number, Field(ge=0, le=100)] | None, PRESENT] = None
    stage: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """The last sentence for a person."""
    conversation_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    access: Annotated[TaskSummaryAccess | None, PRESENT] = None
    attempt: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    created_at: Time
    updated_at: Time
    ended_at: Annotated[Time | None, PRESENT] = None
    last_seq: Annotated[int, Field(ge=0, le=9007199254740991)]
    queued: Annotated[bool | None, PRESENT] = None
    """True where it was created to be leased by a worker."""
    retry_of: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """The task that this one does again."""
    retried_by: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """The task that does this one again; told with the task alone, not in lists."""


class StreamJoinedFrameReason(OpenEnum):
    """`reason` of `StreamJoinedFrame`."""

    known = frozenset({"present", "created", "changed"})
    PRESENT: ClassVar[str] = "present"
    CREATED: ClassVar[str] = "created"
    CHANGED: ClassVar[str] = "changed"


class StreamJoinedFrame(Model):
    """A task has joined a watched set."""

    type: Literal["stream.joined"] = "stream.joined"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    selector: Selector
    reason: StreamJoinedFrameReason
    summary: TaskSummary


class StreamLeftFrameReason(OpenEnum):
    """`reason` of `StreamLeftFrame`."""

    known = frozenset({"ended", "deleted", "changed", "limit"})
    ENDED: ClassVar[str] = "ended"
    DELETED: ClassVar[str] = "deleted"
    CHANGED: ClassVar[str] = "changed"
    LIMIT: ClassVar[str] = "limit"


class StreamLeftFrame(Model):
    """A task has left a watched set."""

    type: Literal["stream.left"] = "stream.left"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    selector: Selector
    reason: StreamLeftFrameReason
    summary: TaskSummary


class Envelope(Model):
    """What is around every stored event."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """The task that the event belongs to."""
    seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    """Dense per task: 1, 2, 3 … A gap in it is a lost event, a repetition a doubled one."""
    first_seq: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """Only where the event stands for several (a snapshot, a compacted replay): it stands for `first_seq..seq`."""
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=256)] | None, PRESENT] = None
    """The position after this event; opaque. On every stream and page, never stored."""
    time: Annotated[Time | None, PRESENT] = None
    """RFC 3339, UTC. Left out of `*.delta` only."""
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """One sentence for a person, without jargon."""
    id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None
    """The producer's own id of the event, passed along."""
    step_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """The step that the event belongs to."""
    traceparent: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """W3C trace context."""
    actor: Annotated[Actor | None, PRESENT] = None
    attempt: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """Which try of the task, 1 first. Set by the service."""


class AnyEvent(Envelope):
    """An event as it is stored and delivered, whatever its type; its data is only known to be an object."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    data: dict[str, Any]


class StreamReplayedFrame(Model):
    """One contiguous range of history, compacted. Only where `replay=compact` was asked for."""

    type: Literal["stream.replayed"] = "stream.replayed"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    first_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    """The first event that the frame stands for: always the last `seq` delivered, plus one."""
    seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    """The last event that the frame stands for."""
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after it."""
    events: list[AnyEvent]
    """The events of the range, in order: deltas of one message joined, superseded progress left out."""


class StreamAckFrameOutcome(OpenEnum):
    """`outcome` of `StreamAckFrame`."""

    known = frozenset({"accepted", "applied"})
    ACCEPTED: ClassVar[str] = "accepted"
    APPLIED: ClassVar[str] = "applied"


class StreamAckFrame(Model):
    """The answer to `append`, `command` and `auth`."""

    type: Literal["stream.ack"] = "stream.ack"
    request_id: Annotated[str, Field(min_length=1, max_length=128)]
    """That of the frame which is answered."""
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    first_seq: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """With `append`: the first event stored."""
    last_seq: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """With `append`: the last event stored."""
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=256)] | None, PRESENT] = None
    """With `append`: the position after it."""
    duplicate: Annotated[bool | None, PRESENT] = None
    """With `append`: true where these events were stored before, by an earlier try of the same request."""
    command_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """With `command`."""
    outcome: Annotated[StreamAckFrameOutcome | None, PRESENT] = None
    """With `command`: whether it was carried out at once, or waits for the worker."""
    token_expires_at: Annotated[Time | None, PRESENT] = None
    """With `auth`: when the new token ends."""


class StreamCaughtUpFrame(Model):
    """History is delivered; what follows is live."""

    type: Literal["stream.caught_up"] = "stream.caught_up"
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    selector: Annotated[Selector | None, PRESENT] = None
    cursor: Annotated[str, Field(max_length=256)]
    """The position from which everything is live."""

    @model_validator(mode="after")
    def _complete(self) -> "StreamCaughtUpFrame":
        return _needs(self, ("task_id",), ("selector",))


class StreamGapFrameReason(OpenEnum):
    """`reason` of `StreamGapFrame`."""

    known = frozenset({"retention", "reset"})
    RETENTION: ClassVar[str] = "retention"
    RESET: ClassVar[str] = "reset"


class StreamGapFrame(Model):
    """What was asked for is not there any more. A `task.snapshot` follows, then what the log still has."""

    type: Literal["stream.gap"] = "stream.gap"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    requested: Annotated[str, Field(max_length=256)]
    """The cursor that was asked for."""
    earliest: Annotated[str, Field(max_length=256)]
    """The first position that the log still has."""
    reason: StreamGapFrameReason
    """`retention`: what was asked for is no longer kept. `reset`: the log was restored or recreated, and the cursor is of
    another past.
    """


class StreamHeartbeatFrameLog(OpenEnum):
    """`log` of `StreamHeartbeatFrame`."""

    known = frozenset({"ok", "away"})
    OK: ClassVar[str] = "ok"
    AWAY: ClassVar[str] = "away"


class StreamHeartbeatFrame(Model):
    """The connection is alive."""

    type: Literal["stream.heartbeat"] = "stream.heartbeat"
    time: Time
    selector: Annotated[Selector | None, PRESENT] = None
    cursor: Annotated[Annotated[str, Field(min_length=1, max_length=256)] | None, PRESENT] = None
    """The position of the set that `selector` names, or of the one task that is watched."""
    log: Annotated[StreamHeartbeatFrameLog | None, PRESENT] = None
    """`away` while the service cannot reach its log: the connection is good, but nothing new can arrive."""


class StreamPongFrame(Model):
    """The answer to `ping`."""

    type: Literal["stream.pong"] = "stream.pong"
    nonce: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """That of the `ping`."""
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class StreamTokenExpiringFrame(Model):
    """The token ends soon; send `auth` with a new one."""

    type: Literal["stream.token_expiring"] = "stream.token_expiring"
    expires_at: Time


class StreamErrorFrame(Model):
    """Something was refused or has failed. Whether the connection is closed after it says the error table."""

    type: Literal["stream.error"] = "stream.error"
    code: Annotated[str, Field(min_length=1, max_length=128)]
    """From the error table."""
    message: Annotated[str, Field(max_length=16384)]
    """What was wrong, what was expected, what to do."""
    retryable: bool
    retry_after_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    task_id: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    path: Annotated[Annotated[str, Field(max_length=1024)] | None, PRESENT] = None
    """Where in the frame: `events.3.data.percent`."""
    law: Annotated[Annotated[int, Field(ge=1, le=99)] | None, PRESENT] = None
    """Which law was broken."""
    limit: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """Which bound was reached: `frames_per_second`."""


class StreamClosingFrameReason(OpenEnum):
    """`reason` of `StreamClosingFrame`."""

    known = frozenset({"drain", "token_expired", "silent", "idle", "max_age"})
    DRAIN: ClassVar[str] = "drain"
    TOKEN_EXPIRED: ClassVar[str] = "token_expired"
    SILENT: ClassVar[str] = "silent"
    IDLE: ClassVar[str] = "idle"
    MAX_AGE: ClassVar[str] = "max_age"


class StreamClosingFrame(Model):
    """The service closes the connection; why, and when to come back."""

    type: Literal["stream.closing"] = "stream.closing"
    reason: StreamClosingFrameReason
    retry_after_ms: Annotated[int, Field(ge=0, le=9007199254740991)]
    """Wait so long before connecting again, in milliseconds."""


class StreamEndFrame(Model):
    """The task is over and was delivered to its end. Do not reconnect for it."""

    type: Literal["stream.end"] = "stream.end"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    status: TaskStatus
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after the last event."""


class SubscribeFrame(Model):
    """Watch a task, a conversation or all tasks of the token's user."""

    type: Literal["subscribe"] = "subscribe"
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    task_ids: Annotated[Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Field(min_length=1)] | None, PRESENT] = None
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    scope: Annotated[Literal["mine"] | None, PRESENT] = None
    after: Annotated[Annotated[str, Field(max_length=1024)] | None, PRESENT] = None
    """The cursor of the last frame that was taken in; left out or `0`: from the first event."""
    replay: Annotated[Literal["full", "compact", "none"] | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "SubscribeFrame":
        return _needs(self, ("task_id",), ("task_ids",), ("conversation_id",), ("scope",))


class UnsubscribeFrame(Model):
    """Stop watching what was subscribed in the same words."""

    type: Literal["unsubscribe"] = "unsubscribe"
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    task_ids: Annotated[Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Field(min_length=1)] | None, PRESENT] = None
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    scope: Annotated[Literal["mine"] | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "UnsubscribeFrame":
        return _needs(self, ("task_id",), ("task_ids",), ("conversation_id",), ("scope",))


class AuthFrame(Model):
    """A token, within 10 s of connecting where the handshake carried none, and again before it ends."""

    type: Literal["auth"] = "auth"
    token: Annotated[str, Field(min_length=1, max_length=16384)]
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class PingFrame(Model):
    """Answered by `stream.pong`. The bare text `ping` is answered by the bare text `pong`."""

    type: Literal["ping"] = "ping"
    nonce: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class CommandFrame(Model):
    """Order something of a task."""

    type: Literal["command"] = "command"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Chosen by the client; sending the same twice does it once."""
    command: Command
    data: Annotated[dict[str, Any] | None, PRESENT] = None
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class DraftEnvelope(Model):
    """What is around every event that a producer sends."""

    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """May be left out where the URL or the frame names the task; must name the same one otherwise."""
    time: Annotated[Time | None, PRESENT] = None
    """RFC 3339, UTC. The service sets it where it is absent, `*.delta` excepted."""
    message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """One sentence for a person, without jargon."""
    id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None
    """The producer's own id of the event, passed along."""
    step_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """The step that the event belongs to."""
    traceparent: Annotated[Annotated[str, Field(max_length=128)] | None, PRESENT] = None
    """W3C trace context."""


class EventDraft(DraftEnvelope):
    """An event as a producer sends it, whatever its type."""

    type: Annotated[str, Field(min_length=1, max_length=128)]
    data: dict[str, Any]


class Producer(Model):
    """A retry identity that holds for ever. A request whose `seq` is not above the producer's last one is answered as the
    duplicate it is.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    """Rises with every request of this producer to this task."""


class AppendFrame(Model):
    """Append events to a task, all or none. Answered by `stream.ack` when the log has acknowledged them."""

    type: Literal["append"] = "append"
    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    events: Annotated[list[EventDraft], Field(min_length=1)]
    producer: Annotated[Producer | None, PRESENT] = None
    idempotency_key: Annotated[Annotated[str, Field(min_length=1, max_length=255)] | None, PRESENT] = None
    """As the header `Idempotency-Key` of an HTTP append."""
    lease: Annotated[Annotated[str, Field(min_length=1, max_length=2048)] | None, PRESENT] = None
    """As the header `Taskwire-Lease` of an HTTP append: needed for a task that was leased."""
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None


class CreateTaskRequest(Model):
    """The body of `POST /v1/tasks`."""

    kind: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """What sort of work it is: `fraud-check`, `build` …"""
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    """For people."""
    input: Any | None = None
    """What the work is to be done on; any JSON."""
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    access: Annotated[Literal["owner", "link"] | None, PRESENT] = None
    """`link`: any signed-in user who knows the id may watch, never command."""
    retry_of: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """The finished task that this one does again."""
    task_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """An id of your own choice. Needs the scope `tasks:publish`."""
    owner: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    """The key of the user whose task it shall be. Needs the scope `tasks:publish`."""
    idle_seconds: Annotated[Annotated[int, Field(ge=1, le=31536000)] | None, PRESENT] = None
    """A task that nothing is heard of for so long has failed; 24 hours where it is left out."""
    queue: Annotated[bool | None, PRESENT] = None
    """True: it waits in the queue of its kind until a worker leases it. The members below are for such a task."""
    max_attempts: Annotated[Annotated[int, Field(ge=1, le=100)] | None, PRESENT] = None
    """How often it is given to a worker before it fails."""
    lease_seconds: Annotated[Annotated[int, Field(ge=1, le=86400)] | None, PRESENT] = None
    """A worker that is not heard of for so long has lost it."""
    delay_seconds: Annotated[Annotated[int, Field(ge=0, le=2592000)] | None, PRESENT] = None
    """It is not given to a worker before so long."""
    deadline: Annotated[Time | None, PRESENT] = None
    """It has failed if it has not ended by then."""
    priority: Annotated[Literal["high", "normal", "low"] | None, PRESENT] = None


class CreateTaskResponse(Model):
    """The task was created, or had been by an earlier try of the same request (`duplicate`)."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    first_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    last_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after its first events."""
    duplicate: bool


class AppendAck(Model):
    """The events are in the log."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    first_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    last_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after them."""
    duplicate: bool
    """True where these events were stored before, by an earlier try of the same request."""


class PageGapReason(OpenEnum):
    """`reason` of `PageGap`."""

    known = frozenset({"retention", "reset"})
    RETENTION: ClassVar[str] = "retention"
    RESET: ClassVar[str] = "reset"


class PageGap(Model):
    """What was asked for is no longer there; the first event of the page is a `task.snapshot`."""

    requested: Annotated[str, Field(max_length=256)]
    earliest: Annotated[str, Field(max_length=256)]
    reason: PageGapReason


class EventPage(Model):
    """The answer of `GET /v1/tasks/{task_id}/events` as JSON."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    status: TaskStatus
    events: list[StreamReplayedFrame | AnyEvent]
    """In order, each with its cursor."""
    cursor: Annotated[str, Field(max_length=256)]
    """The position after the page: pass it as `after`."""
    more: bool
    """True where the log had more than fits; false at its end, where `wait` makes a long-poll."""
    ended: bool
    """True where the task is over and the page reaches its end: do not come back."""
    tail_seq: Annotated[int, Field(ge=0, le=9007199254740991)]
    """The last `seq` of the task."""
    gap: Annotated[PageGap | None, PRESENT] = None


class TaskPage(Model):
    """The answer of `GET /v1/tasks`: newest change first."""

    tasks: list[TaskSummary]
    next: str | None
    """Pass it as `before` to get the next page; null on the last one."""


class TaskResponse(Model):
    """The answer of `GET /v1/tasks/{task_id}`: watch from `cursor` on, and nothing is missing."""

    task: TaskSummary
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after the snapshot."""
    snapshot: TaskSnapshotData


class CommandData(Model):
    """With `message` `{text}`, with `respond` `{request_id, outcome, response}`, with the others at most `{reason}`."""

    text: Annotated[Annotated[str, Field(min_length=1, max_length=32768)] | None, PRESENT] = None
    """With `message`: what is said."""
    message_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """With `message`: its id; the command's where it is left out."""
    request_id: Annotated[Annotated[str, Field(min_length=1, max_length=64)] | None, PRESENT] = None
    """With `respond`: the input request that is answered."""
    outcome: Annotated[Literal["answered", "approved", "denied"] | None, PRESENT] = None
    """With `respond`; `answered` where it is left out."""
    response: Any | None = None
    """With `respond`: the answer, held to the `schema` of the request."""
    reason: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """With `pause`, `resume` and `cancel`: why, for people."""


class CommandRequest(Model):
    """The body of `POST /v1/tasks/{task_id}/commands`."""

    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    """Chosen by the client; sending the same twice does it once."""
    command: Literal["pause", "resume", "cancel", "message", "respond"]
    """What is ordered."""
    data: Annotated[CommandData | None, PRESENT] = None


class CommandResponseOutcome(OpenEnum):
    """`outcome` of `CommandResponse`."""

    known = frozenset({"accepted", "applied"})
    ACCEPTED: ClassVar[str] = "accepted"
    APPLIED: ClassVar[str] = "applied"


class CommandResponse(Model):
    """The command is in the log."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    command_id: Annotated[str, Field(min_length=1, max_length=64)]
    command: Command
    outcome: CommandResponseOutcome
    """`applied`: it was carried out at once. `accepted`: its worker sees it and says so, or the task ends."""
    first_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    last_seq: Annotated[int, Field(ge=1, le=9007199254740991)]
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after it."""
    duplicate: bool
    """True where the command had been ordered before."""


class LeaseRequest(Model):
    """The body of `POST /v1/work/{kind}/lease`."""

    worker_id: Annotated[Annotated[str, Field(min_length=1, max_length=128)] | None, PRESENT] = None
    """Names the worker to people; told in `task.started`."""


class Lease(Model):
    """A task in the hands of a worker, for `lease_ms` from now and from every sign of life."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    kind: Annotated[str, Field(max_length=64)]
    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    max_attempts: Annotated[int, Field(ge=1, le=9007199254740991)]
    lease: Annotated[str, Field(min_length=1, max_length=2048)]
    """Shown with everything that is published: header `Taskwire-Lease`."""
    lease_ms: Annotated[int, Field(ge=1, le=9007199254740991)]
    title: Annotated[Annotated[str, Field(max_length=512)] | None, PRESENT] = None
    input: Any | None = None
    """What the work is to be done on; any JSON."""
    conversation_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    owner: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    """The key of the user whose task it is."""
    deadline: Annotated[Time | None, PRESENT] = None
    cursor: Annotated[str, Field(min_length=1, max_length=256)]
    """The position after its `task.started`: follow from here to see commands."""
    last_seq: Annotated[int, Field(ge=1, le=9007199254740991)]


class LeaseResponse(Model):
    """What was given out; empty where nothing came in time."""

    leases: list[Lease]


class LeaseStanding(Model):
    """A lease that holds."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]
    lease_ms: Annotated[int, Field(ge=1, le=9007199254740991)]


class AttemptFailure(Model):
    """The body of `POST /v1/tasks/{task_id}/lease/fail`."""

    error: Failure
    delay_seconds: Annotated[Annotated[int, Field(ge=0, le=86400)] | None, PRESENT] = None
    """It is not given to a worker again before so long."""
    user_message: Annotated[Annotated[str, Field(max_length=4096)] | None, PRESENT] = None
    """The failure in the user's words."""


class AttemptEnd(Model):
    """What became of a task whose lease was given up."""

    task_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    status: TaskStatus
    attempt: Annotated[int, Field(ge=1, le=9007199254740991)]


class Watchable(Model):
    """One task or several, a conversation, or all of mine: exactly one of them."""

    task_ids: Annotated[Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Field(min_length=1)] | None, PRESENT] = None
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    scope: Annotated[Literal["mine"] | None, PRESENT] = None

    @model_validator(mode="after")
    def _complete(self) -> "Watchable":
        return _needs(self, ("task_ids",), ("conversation_id",), ("scope",))


class Ticket(Model):
    """A ticket for `?ticket=`."""

    ticket: Annotated[str, Field(min_length=1, max_length=256)]
    use_by: Time
    """It must be used for the first time before; then it is good for the reconnects of that very stream."""
    url: Annotated[str, Field(max_length=4096)]
    """The address of the stream as Server-Sent Events."""


class GrantRequest(Model):
    """The body of `POST /v1/grants`: what may be watched, and until when."""

    task_ids: Annotated[Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Field(min_length=1)] | None, PRESENT] = None
    conversation_id: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None, PRESENT] = None
    scope: Annotated[Literal["mine"] | None, PRESENT] = None
    label: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    """For whom, as its owner wants to read it in the list."""
    expires_at: Annotated[Time | None, PRESENT] = None
    """At most a year from now; 30 days where it is left out."""

    @model_validator(mode="after")
    def _complete(self) -> "GrantRequest":
        return _needs(self, ("task_ids",), ("conversation_id",), ("scope",))


class GrantScope(OpenEnum):
    """`scope` of `Grant`."""

    known = frozenset({"mine"})
    MINE: ClassVar[str] = "mine"


class Grant(Model):
    """An access for watching only."""

    grant_id: Annotated[str, Field(min_length=1, max_length=64)]
    task_ids: Annotated[list[Annotated[str, Field(max_length=64)]] | None, PRESENT] = None
    conversation_id: Annotated[Annotated[str, Field(max_length=64)] | None, PRESENT] = None
    scope: Annotated[GrantScope | None, PRESENT] = None
    label: Annotated[Annotated[str, Field(max_length=256)] | None, PRESENT] = None
    created_at: Time
    expires_at: Annotated[Time | None, PRESENT] = None


class GrantResponse(Model):
    """A new grant and its token, which is told this once."""

    grant: Grant
    token: Annotated[str, Field(min_length=1, max_length=4096)]


class GrantList(Model):
    """My grants that hold."""

    grants: list[Grant]


class Conversation(Model):
    """Tasks that belong together. It exists by being named in one."""

    conversation_id: Annotated[str, Field(max_length=64)]
    created_at: Time
    updated_at: Time
    tasks: Annotated[int, Field(ge=0, le=9007199254740991)]
    messages: Annotated[int, Field(ge=0, le=9007199254740991)]
    """How many messages were completed."""
    preview: str | None
    """The first that the user said, cut to 100 characters; null where they said nothing."""


class ConversationPage(Model):
    """The answer of `GET /v1/conversations`: newest change first."""

    conversations: list[Conversation]
    next: str | None
    """Pass it as `before` to get the next page; null on the last one."""


class ConversationMessageRole(OpenEnum):
    """`role` of `ConversationMessage`."""

    known = frozenset({"user", "assistant", "system", "tool"})
    USER: ClassVar[str] = "user"
    ASSISTANT: ClassVar[str] = "assistant"
    SYSTEM: ClassVar[str] = "system"
    TOOL: ClassVar[str] = "tool"


class ConversationMessage(Model):
    """One message of a conversation."""

    task_id: Annotated[str, Field(max_length=64)]
    message_id: Annotated[str, Field(max_length=64)]
    role: ConversationMessageRole
    content: str
    truncated: Annotated[bool | None, PRESENT] = None
    """True where the text is longer; the task has all of it."""
    open: Annotated[bool | None, PRESENT] = None
    """True where it is still being written."""
    time: Time


class MessagePage(Model):
    """The answer of `GET /v1/conversations/{conversation_id}/messages`: the newest that fit, oldest first."""

    conversation_id: Annotated[str, Field(max_length=64)]
    messages: list[ConversationMessage]
    next: str | None
    """Pass it as `before` to get what was said earlier; null where nothing was."""


class ProblemBody(Model):
    """An error over HTTP (RFC 9457, `application/problem+json`)."""

    type: str
    """`/problems/CODE`."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What was wrong with this request."""
    code: str
    """Stable; from the error table."""
    retryable: bool
    """Whether the same request may succeed later."""
    advice: str
    """What to do."""
    request_id: Annotated[str | None, PRESENT] = None
    """Names the request in the journal; quote it in a report."""
    retry_after_ms: Annotated[Annotated[int, Field(ge=0, le=9007199254740991)] | None, PRESENT] = None
    path: Annotated[str | None, PRESENT] = None
    """Where in the body or query: `3.data.percent`."""
    line: Annotated[Annotated[int, Field(ge=1, le=9007199254740991)] | None, PRESENT] = None
    """Which line of an NDJSON body."""
    law: Annotated[Annotated[int, Field(ge=1, le=99)] | None, PRESENT] = None
    """Which law was broken."""
    reason: Annotated[str | None, PRESENT] = None
    """With `command_rejected`: which rule."""
    limit: Annotated[str | None, PRESENT] = None
    """With `rate_limited`: the name of the bound."""
    retried_by: Annotated[str | None, PRESENT] = None
    """With `retry_running`: the task that does it again."""
