"""`tracework vectors explain`: what a case is about."""

from __future__ import annotations

import click

from ...conformance import report, requirements
from ...conformance.suite import SuiteError, load
from ..command import command as declare
from ..console import say
from ..failure import Failure


@declare(
    "explain",
    examples=["tracework vectors explain hashing-network-17"],
    exit_codes={0: "shown", 1: "", 2: "there is no such case", 3: ""},
)
@click.argument("case")
def command(case: str) -> None:
    """Tell what a case is about, which clauses it tests, its input, and what is expected.

    For a negative case that was made from another one: what was changed.
    """
    try:
        say(report.explain(load(), case, requirements.load()))
    except SuiteError as error:
        raise Failure(str(error)) from error
