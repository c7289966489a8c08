"""`tracework vectors`: the conformance suite's data."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "export": ("commands.vectors_export", "write the suite into a folder"),
}

command = LazyGroup("vectors", lazy=COMMANDS, help="The conformance suite's data, to take with you.")
