"""`tracework dispute`: open, join, judge and play disputes inside a segment."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "open": ("commands.dispute_open", "challenge the first wrong segment of a claim"),
    "join": ("commands.dispute_join", "make the moves of one side"),
    "judge": ("commands.dispute_judge", "be the referee"),
    "play": ("commands.dispute_play", "play both sides and the referee here"),
}

command = LazyGroup(
    "dispute",
    lazy=COMMANDS,
    help="""Narrow a false claim down to one step, which a referee can check who can't execute a segment.

    A dispute is a folder. The challenger opens it there, each side joins with a process, a key and states of its own,
    and a referee judges what it finds, from nothing but the claim. Nobody has to trust anybody.
    """,
)
