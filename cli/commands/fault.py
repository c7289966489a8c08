"""`tracework fault`: who had a fault proof first."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "commit": ("commands.fault_commit", "commit to a fault proof, blindly"),
    "reveal": ("commands.fault_reveal", "show that you had committed to it"),
}

command = LazyGroup("fault", lazy=COMMANDS, help="Say that you have a fault proof, before you show it.")
