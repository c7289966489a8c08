"""What our adapter can do: operation name to function, one module a topic.

A topic's module has a table `OPERATIONS`. A function takes the `input` of a case as it was read from JSON (`number` and
`octets` of `tracework.conformance.values` read its members) and returns the `output` with Python's integers and bytes;
`render` spells them. Evidence that doesn't hold raises a `ProtocolError`. Nothing else may escape: that is a crash.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a case's input to its output."""


def operations() -> dict[str, Operation]:
    """Every operation of every topic module in this folder."""
    table: dict[str, Operation] = {}
    for info in pkgutil.iter_modules(__path__):
        if not info.name.startswith("_"):
            added: Mapping[str, Operation] = importlib.import_module(f"{__name__}.{info.name}").OPERATIONS
            if twice := table.keys() & added.keys():
                raise ValueError(f"operations that two topics define: {sorted(twice)}")
            table.update(added)
    return table
