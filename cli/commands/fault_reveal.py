"""`tracework fault reveal`: a prover shows that it had committed to a fault proof."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker import executors
from ...worker.auditing import make_fault_commit
from ...worker.keyfiles import read_key
from ..command import command as declare
from ..command import engine_option, force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "reveal",
    examples=["tracework fault reveal fault.cbor --key me.key --blinding fault.blinding -o fault.reveal"],
    exit_codes={0: "the reveal was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("proof", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The prover's key file.")
@click.option("--blinding", required=True, type=click.Path(), help="The blinding that `tracework fault commit` kept.")
@output_option("the reveal")
@force_option
@engine_option
@json_option
def command(
    proof: str, key: str, blinding: str, output: str, force: bool, engine: executors.Engine, as_json: bool
) -> None:
    """Show, beside PROOF, that you had committed to it.

    Anybody can hold the reveal to the proof: `tracework explain REVEAL --with PROOF`.
    """
    made = make_fault_commit(proof, read_key(key), blinding, made=True, engine=engine)
    keep(output, made, force)
    if as_json:
        say_json(render({"reveal": output, "blinding": blinding, "commit_id": made.commit.id}))
        return
    say(f"{output}: the reveal of a commit to a fault proof; show both together")
