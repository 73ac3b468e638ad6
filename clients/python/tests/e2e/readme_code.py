"""The README's code, as it stands there: what is shown is what was run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

README = Path(__file__).parents[2] / "README.md"


def readme(name: str) -> dict[str, Any]:
    """What a block of the README defines."""
    found = re.search(rf"^```python {name}\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert found, name
    defined: dict[str, Any] = {}
    exec(compile(found[1], f"README {name}", "exec"), defined)
    return defined
