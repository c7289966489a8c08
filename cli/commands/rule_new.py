"""`tracework rule new`: a starting point for a reward rule."""

from __future__ import annotations

import re
from pathlib import Path

import click

from ...worker.files import write_file
from ..command import command as declare
from ..console import say
from ..failure import Failure


@declare(
    "new",
    examples=["tracework rule new my_rule.py", "tracework rule new fair.py --name Fair"],
    exit_codes={0: "written", 1: "", 3: ""},
)
@click.argument("path")
@click.option("--name", default="MyRule", show_default=True, help="The rule's name: a class in the file.")
def command(path: str, name: str) -> None:
    """Write a small rule that passes `tracework rule check` to the file PATH. No file is ever overwritten."""
    from ...lab.rules.template import starting_point

    if not re.fullmatch(r"[A-Z][A-Za-z0-9]{0,63}", name):
        raise Failure(f"{name!r} is no name for a class, such as MyRule")
    if not path.endswith(".py"):
        raise Failure(f"{path}: a rule is a Python file, whose name ends in .py")
    if Path(path).exists():
        raise Failure(f"{path} is there already; choose another name")
    write_file(path, starting_point(name, path).encode())
    say(f"{path}: the rule {name}")
    say(f"  tracework rule check {path}:{name}")
    say(f"  tracework simulate quick --rule {path}:{name}")
