"""`tracework audit check`: an auditor commits to what it found by executing."""

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
    "check",
    examples=["tracework audit check audit.cbor --key me.key --blinding check.blinding -o me.check"],
    exit_codes={0: "the check was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("proof", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The auditor's key file.")
@click.option(
    "--blinding", required=True, type=click.Path(), help="Where to keep the blinding; made if it isn't there."
)
@output_option("the check")
@force_option
@engine_option
@json_option
def command(
    proof: str, key: str, blinding: str, output: str, force: bool, engine: executors.Engine, as_json: bool
) -> None:
    """Execute the segments of PROOF, an audit proof, and commit to states inside them that are yours alone to show.

    Have the check receipted before the middle between reveal and challenge deadline (`tracework receipt`), and show
    `tracework audit reveal` after that: so you are paid for having checked, whatever you found.
    """
    made = make_checking(proof, read_key(key), blinding, engine=engine)
    keep(output, made.check, force)
    if as_json:
        say_json(render({"check": output, "blinding": blinding, "check_id": made.check.body.id}))
        return
    say(f"{output}: a check, to be receipted before the middle of the challenge window")
    say(f"{blinding}: its blinding; keep it secret, the reveal needs it")
