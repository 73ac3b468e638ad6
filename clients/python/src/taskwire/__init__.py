"""Follow long-running tasks without a gap or a repeat, and publish to them. How it behaves: clients/README.md of Taskwire."""

from .client import AsyncClient, Draft
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
from .sync import Client
from .tokens import TokenSource

__all__ = [
    "AsyncClient",
    "Client",
    "ConnectionState",
    "Draft",
    "Event",
    "Gap",
    "LogHook",
    "Message",
    "Phase",
    "Producer",
    "Publisher",
    "PublisherOptions",
    "Step",
    "StoredEvent",
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
    "fold",
    "parse_event",
]
