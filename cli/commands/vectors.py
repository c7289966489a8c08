"""`tracework vectors`: the conformance suite's data."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "export": ("commands.vectors_export", "write the suite into a folder"),
    "explain": ("commands.vectors_explain", "tell what a case is about, and which clauses it tests"),
    "coverage": ("commands.vectors_coverage", "show which cases, code and tests cite each requirement"),
}

command = LazyGroup("vectors", lazy=COMMANDS, help="Look at the conformance suite, or take it with you.")
