"""`tracework soundness`: what parameters buy."""

from __future__ import annotations

import click

from ..command import command as declare
from ..command import json_option
from ..console import say, say_json
from ..files import label, read


@declare(
    "soundness",
    examples=["tracework soundness", "tracework soundness --json"],
    exit_codes={0: "computed", 1: "least stakes are not reached (with --strict)", 3: ""},
)
@click.argument("parameters", required=False)
@click.option("--strict", is_flag=True, help="Exit with 1 if an adversary's least stake is not reached.")
@json_option
def command(parameters: str | None, strict: bool, as_json: bool) -> None:
    """Compute what PARAMETERS (a TOML file; without one, the defaults) buy, in exact arithmetic.

    Escape chances of bad segments, the margin against trying again, quorums under colluders, the gain of an operator
    with several places, least stakes, delays, costs.
    """
    from ...lab.reading import MAX_TEXT, parse
    from ...lab.soundness import output, report
    from ...lab.terms import read_terms
    from ..lab_files import text_of

    if parameters is None:
        document = parse("", "the defaults")
    else:
        document = parse(text_of(read(parameters, 4 * MAX_TEXT), label(parameters)), label(parameters))
    terms = read_terms(document)
    document.done()
    if as_json:
        say_json(output.to_json(terms))
    else:
        say(output.text(terms))
    if strict and any(row.holds is False for row in report(terms)):
        raise click.exceptions.Exit(1)
