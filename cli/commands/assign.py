"""`tracework assign`: who works on a unit, and who audits a claim."""

from __future__ import annotations

from typing import Any

import click

from ...conformance.values import render
from ...protocol.registry.assignment import Purpose, assign, assignment_round, auditors_round, check_registry
from ...protocol.registry.snapshot import Registry
from ...worker.errors import content_errors
from ...worker.signing import read_object
from ...worker.units import read_unit
from .. import references
from ..command import Number, json_option
from ..command import command as declare
from ..console import say, say_json

OUTPUT = "5a" * 32
AUDITING = "a5" * 32


@declare(
    "assign",
    examples=[
        "tracework assign drawn.cbor --registry registry.cbor --slot 70 \\",
        f"    --beacon {OUTPUT}",
        "tracework assign checked.cbor --registry registry.cbor --slot 70 \\",
        f"    --beacon {OUTPUT} \\",
        f"    --auditors 90 {AUDITING}",
    ],
    exit_codes={0: "drawn", 1: "", 2: "nobody was drawn", 3: ""},
)
@click.argument("unit", type=click.Path())
@click.option("--registry", required=True, type=click.Path(), help="The registry that the unit names.")
@click.option("--slot", required=True, type=Number(), help="The slot of the unit's receipt.")
@click.option("--beacon", required=True, help="The round that draws: its file, or the 64 digits of its output.")
@click.option(
    "--auditors",
    nargs=2,
    type=(Number(), str),
    metavar="SLOT BEACON",
    help="The auditors of a claim too: the slot of its commit's receipt, and the round that draws them.",
)
@json_option
def command(unit: str, registry: str, slot: int, beacon: str, auditors: tuple[int, str] | None, as_json: bool) -> None:
    """Draw the workers of UNIT from a registry, by stake, nearer regions first if it asks for that; everybody can.

    A beacon's file is checked, and that it is of the round that draws; an output is taken as it is given. Auditors are
    drawn as many as the unit asks for, from those who don't work on it.
    """
    asked, snapshot = read_unit(unit), read_object(Registry, "a registry", registry)
    with content_errors("a unit that this draw is for", unit):
        check_registry(snapshot, asked)
        round = assignment_round(asked, slot)
        drawn = assign(snapshot, asked, references.beacon_output(beacon, round))
        draws: dict[str, dict[str, Any]] = {"workers": {"round": round, "drawn": drawn}}
        if auditors is not None:
            round = auditors_round(asked, auditors[0])
            output = references.beacon_output(auditors[1], round)
            checking = assign(snapshot, asked, output, purpose=Purpose.AUDITORS, excluded=drawn)
            draws["auditors"] = {"round": round, "drawn": checking}
    if as_json:
        say_json(render({"unit": unit, **draws}))
        return
    for who, draw in draws.items():
        say(f"{who}, by beacon round {draw['round']}, in this order:")
        for key in draw["drawn"]:
            say(f"  {key.hex()}")
