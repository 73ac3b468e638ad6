"""Which service an example works for, and until when: TASKWIRE_URL with TASKWIRE_TOKEN, else the service of this machine; until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

from taskwire import AsyncClient


def _local() -> dict[str, str]:
    """What a running service has left for this machine's user."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "taskwire"
    try:
        found: dict[str, str] = json.loads((Path(os.environ.get("TASKWIRE_HOME") or state) / "local.json").read_text())
        return found
    except (OSError, ValueError):
        return {}


def connect() -> AsyncClient:
    """A client. Tokens end, and a service that starts anew leaves another: the file is read each time."""
    url = os.environ.get("TASKWIRE_URL") or _local().get("url") or "http://127.0.0.1:8080"
    return AsyncClient(url, token=lambda: os.environ.get("TASKWIRE_TOKEN") or _local().get("token", ""))


def until_told() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop
