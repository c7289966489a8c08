"""`tracework conform coverage`: what covers each requirement."""

from __future__ import annotations

from pathlib import Path

import click

from ...conformance import coverage
from ...conformance.suite import load
from ..command import command as declare
from ..command import json_option
from ..console import say, say_json


@declare(
    "coverage",
    examples=["tracework conform coverage", "tracework conform coverage --json > coverage.json"],
    exit_codes={0: "shown", 1: "", 2: "wrong usage", 3: ""},
)
@click.option(
    "--tests",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of tests, such as a working tree's, to count citations in.",
)
@json_option
def command(tests: Path | None, as_json: bool) -> None:
    """Show which cases, places in the code and tests cite each requirement, and which requirements are waived."""
    rows = coverage.matrix(load(), tests)
    if as_json:
        say_json(coverage.to_json(rows))
    else:
        say(coverage.text(rows))
