"""Follow long-running tasks without a gap or a repeat, and publish to them. How it behaves: clients/README.md of Taskwire."""

from .client import AsyncClient, Draft
from .commands import Answer, TaskCommand, TaskMessage
from .connection import ConnectionState, LogHook
from .errors import TaskwireError
from .event import Event
from .fold import TaskView, fold
from .follow import Gap
from .generated.events import StoredEvent, UnknownEvent, parse_event
from .machine import Phase, TransportName
from .model import TaskModel, TaskNow, TasksModel, TasksNow
from .producer import Producer
from .producer_parts import Message, Step, Tool
from .publisher import Publisher, PublisherOptions
from .sets import CaughtUp, Joined, Left, Refused, SetEvent, SetGap, SetItem
from .sync import Client
from .tokens import TokenSource
from .work_task import Lease, WorkTask
from .worker import WorkHandler

__all__ = [
    "Answer",
    "AsyncClient",
    "CaughtUp",
    "Client",
    "ConnectionState",
    "Draft",
    "Event",
    "Gap",
    "Joined",
    "Lease",
    "Left",
    "LogHook",
    "Message",
    "Phase",
    "Producer",
    "Publisher",
    "PublisherOptions",
    "Refused",
    "SetEvent",
    "SetGap",
    "SetItem",
    "Step",
    "StoredEvent",
    "TaskCommand",
    "TaskMessage",
    "TaskModel",
    "TaskNow",
    "TaskView",
    "TasksModel",
    "TasksNow",
    "TaskwireError",
    "TokenSource",
    "Tool",
    "TransportName",
    "UnknownEvent",
    "WorkHandler",
    "WorkTask",
    "fold",
    "parse_event",
]
