"""`tracework epoch`: what happened in a period, as records that evidence shows."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("commands.epoch_new", "make an epoch out of evidence"),
    "show": ("commands.epoch_show", "show what an epoch's file holds"),
    "parameters": ("commands.epoch_parameters", "write a text of the rule's parameters, to begin with"),
}

command = LazyGroup("epoch", lazy=COMMANDS, help="Make the records of a period out of evidence, and show them.")
