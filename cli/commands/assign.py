"""`tracework assign`: who works on a unit."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.registry.assignment import Purpose, assign, assignment_round, check_registry
from ...protocol.registry.snapshot import Registry
from ...worker.errors import content_errors
from ...worker.signing import read_object
from ...worker.units import read_unit
from .. import references
from ..command import Number, json_option
from ..command import command as declare
from ..console import say, say_json

OUTPUT = "5a" * 32


@declare(
    "assign",
    examples=[
        "tracework assign drawn.cbor --registry registry.cbor --slot 70 \\",
        f"    --beacon {OUTPUT}",
    ],
    exit_codes={0: "drawn", 1: "", 2: "nobody was drawn", 3: ""},
)
@click.argument("unit", type=click.Path())
@click.option("--registry", required=True, type=click.Path(), help="The registry that the unit names.")
@click.option("--slot", required=True, type=Number(), help="The slot of the unit's receipt.")
@click.option("--beacon", required=True, help="The round that draws: its file, or the 64 digits of its output.")
@click.option("--auditors", type=Number(1, 64), help="Draw so many auditors instead.")
@click.option(
    "--without", "excluded", multiple=True, metavar="KEY", help="Draw nobody of these: key, identity. Repeatable."
)
@json_option
def command(
    unit: str,
    registry: str,
    slot: int,
    beacon: str,
    auditors: int | None,
    excluded: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw the workers of UNIT from a registry, by stake, nearer regions first if it asks for that; everybody can.

    A beacon's file is checked, and that it is of the round that draws; an output is taken as it is given.
    """
    asked, snapshot = read_unit(unit), read_object(Registry, "a registry", registry)
    with content_errors("a unit that this draw is for", unit):
        check_registry(snapshot, asked)
        round = assignment_round(asked, slot)
        output = references.beacon_output(beacon, round)
        drawn = assign(
            snapshot,
            asked,
            output,
            count=auditors,
            purpose=Purpose.AUDITORS if auditors else Purpose.WORKERS,
            excluded=[references.public_key(key) for key in excluded],
        )
    if as_json:
        say_json(render({"unit": unit, "round": round, "drawn": drawn}))
        return
    say(f"by beacon round {round}, in this order:")
    for key in drawn:
        say(f"  {key.hex()}")
