"""`tracework doctor`: what is there, and what is missing."""

from __future__ import annotations

from typing import Any

import click

from .. import exits
from ..command import command as declare
from ..command import json_option
from ..console import bad, faint, good, printable, say, say_json, unsure


@declare(
    "doctor",
    examples=["tracework doctor", "tracework doctor --json"],
    exit_codes={0: "all that is needed is there and works", 1: "", 2: "wrong usage", 3: "something needed is missing"},
)
@json_option
def command(as_json: bool) -> None:
    """Tell what this installation has, what is missing, what that would be for, and how to get it.

    The signature library, the interpreter and the engine are tried, not only looked for.
    """
    from ... import __version__
    from ...worker.toolbox import survey

    found: list[dict[str, Any]] = []
    missing = False
    if not as_json:
        say(f"tracework {__version__}")
    for tool in survey():
        missing |= tool.needed and tool.version is None
        if as_json:
            found.append({"name": tool.name, "use": tool.use, "version": tool.version, "needed": tool.needed})
            continue
        if tool.version is not None:
            use = faint(f"  ({tool.use})") if tool.use else ""
            say(f"  {good('ok')}    {tool.name}: {printable(tool.version)}{use}")
        else:
            word = bad("lacks") if tool.needed else unsure("none ")
            say(f"  {word} {tool.name}: {tool.use}. {faint('Get it:')} {tool.get}")
    if as_json:
        say_json({"tracework": __version__, "complete": not missing, "tools": found})
    else:
        say("Something that is needed is missing." if missing else "All that is needed is there.")
    raise click.exceptions.Exit(exits.OPEN if missing else exits.GOOD)
