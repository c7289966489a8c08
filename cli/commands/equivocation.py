"""`tracework equivocation`: evidence that somebody signed two things that exclude each other."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker.signing import equivocation
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "equivocation",
    examples=[
        "tracework equivocation me.attestation me.contrary --committee committee.cbor -o twice.cbor",
    ],
    exit_codes={0: "the evidence was written", 1: "", 2: "nothing was written: the two can both be true", 3: ""},
)
@click.argument("one", type=click.Path())
@click.argument("other", type=click.Path())
@click.option("--committee", type=click.Path(), help="The committee, for what its members sign.")
@output_option("the evidence")
@force_option
@json_option
def command(one: str, other: str, committee: str | None, output: str, force: bool, as_json: bool) -> None:
    """Make evidence of two claims, commits, receipts or attestations that one party signed and never should have.

    It is the same for either order of the two, stands alone, and is checked by `tracework verify`.
    """
    made = equivocation(one, other, committee)
    keep(output, made, force)
    if as_json:
        say_json(render({"evidence": output, "what": made.what.name.lower().replace("_", "-")}))
        return
    say(f"{output}: evidence that one {made.what.name.lower().replace('_', ' ')} was signed twice, differently")
