"""`tracework committee`: snapshots of those who sign together."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("commands.committee_new", "make a committee of members' identities and weights"),
    "show": ("commands.committee_show", "show a committee, and check its members' proofs"),
}

command = LazyGroup("committee", lazy=COMMANDS, help="Make and show committees: snapshots of weighted members.")
