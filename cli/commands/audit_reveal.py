"""`tracework audit reveal`: an auditor shows what it had committed to."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker import executors
from ...worker.auditing import make_checking
from ...worker.keyfiles import read_key
from ..command import command as declare
from ..command import engine_option, force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "reveal",
    examples=["tracework audit reveal audit.cbor --key me.key --blinding check.blinding -o me.reveal"],
    exit_codes={0: "the reveal was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("proof", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The auditor's key file.")
@click.option("--blinding", required=True, type=click.Path(), help="The blinding that `tracework audit check` kept.")
@output_option("the reveal")
@force_option
@engine_option
@json_option
def command(
    proof: str, key: str, blinding: str, output: str, force: bool, engine: executors.Engine, as_json: bool
) -> None:
    """Show the states that a check committed to, by executing the segments of PROOF again.

    Anybody can hold the reveal to the audit proof: `tracework explain REVEAL --with PROOF`.
    """
    made = make_checking(proof, read_key(key), blinding, made=True, engine=engine)
    keep(output, made, force)
    if as_json:
        say_json(render({"reveal": output, "blinding": blinding, "check_id": made.check.body.id}))
        return
    say(f"{output}: the reveal of a check; show it when the time for checks is over")
