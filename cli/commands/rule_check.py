"""`tracework rule check`: the property suite."""

from __future__ import annotations

import click

from ..command import Number, json_option, progress_option
from ..command import command as declare
from ..console import progress, say, say_json
from ..lab_files import settings


@declare(
    "check",
    examples=["tracework rule check my_rule.py:MyRule", "tracework rule check my_rule.py:MyRule --cases 20 --json"],
    exit_codes={0: "every property holds", 1: "a property is broken", 2: "no such rule, or wrong usage", 3: ""},
)
@click.argument("rule")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Set one of the rule's parameters.")
@click.option("--cases", type=Number(0, 10**6), default=120, show_default=True, help="How many larger cases.")
@click.option("--seed", type=Number(), default=7, show_default=True, help="What the larger cases are drawn from.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 3600), default=10.0, show_default=True, help="How long one call may take."
)
@json_option
@progress_option
def command(
    rule: str, values: tuple[str, ...], cases: int, seed: int, seconds: float, as_json: bool, show_progress: bool | None
) -> None:
    """Hold RULE to the properties that no rule may break; show a small counterexample for each that it breaks.

    RULE is path.py:Name, `standard`, an example's name (boinc_credit, quorum_by_stake, yuma_median), or what an
    installed package names so. The rule's file is executed: look at it first if it isn't yours.
    """
    from ...lab.rules import check_rule, load_rule
    from ...lab.rules.suite import to_json, to_text

    loaded = load_rule(rule, settings(values))
    with progress("cases", None, "cases", show_progress) as display:
        report = check_rule(loaded, cases=cases, seed=seed, seconds=seconds, advance=display.advance)
    if as_json:
        say_json(to_json(report))
    else:
        say(to_text(report))
    if not report.good:
        raise click.exceptions.Exit(1)
