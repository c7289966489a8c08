"""`tracework request`: ask a worker for what it owes, and judge the answers."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("commands.request_new", "ask for a reveal, for segments, or for a move"),
    "judge": ("commands.request_judge", "tell whether files answer a request"),
}

command = LazyGroup("request", lazy=COMMANDS, help="Ask a worker for what it owes, and judge the answers.")
