"""The command `tracework`: arguments, printing and exit codes; no logic."""

from __future__ import annotations


def main() -> None:
    """Run the command line with the process's arguments, and exit."""
    from .app import app

    app(prog_name="tracework")
