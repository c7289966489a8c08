"""`tracework audit`: plan, prove and verify audits of a claim."""

from __future__ import annotations

from typing import Final

from ..app import LazyGroup

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "plan": ("commands.audit_plan", "tell exactly what a sample buys"),
    "beacon": ("commands.audit_beacon", "write a beacon's round into a file, checked"),
    "prove": ("commands.audit_prove", "prove the segments that a beacon has drawn"),
    "check": ("commands.audit_check", "commit, as an auditor, to what you found by executing"),
    "reveal": ("commands.audit_reveal", "show what your check had committed to"),
    "verify": ("commands.audit_verify", "check an audit proof"),
}

command = LazyGroup("audit", lazy=COMMANDS, help="Check a few segments of a claim that nobody could know beforehand.")
