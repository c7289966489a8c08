"""`tracework rule`: reward rules of one's own."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "new": ("commands.rule_new", "write a starting point"),
    "check": ("commands.rule_check", "hold a rule to the properties that no rule may break"),
}

command = LazyGroup("rule", lazy=COMMANDS, help="Write reward rules, and find out what is wrong with them.")
