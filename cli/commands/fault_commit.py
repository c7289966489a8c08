"""`tracework fault commit`: a prover commits to a fault proof, blindly."""

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
    "commit",
    examples=["tracework fault commit fault.cbor --key me.key --blinding fault.blinding -o fault.commit"],
    exit_codes={0: "the commit was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("proof", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The prover's key file: whose account gets the bounty.")
@click.option(
    "--blinding", required=True, type=click.Path(), help="Where to keep the blinding; made if it isn't there."
)
@output_option("the commit")
@force_option
@engine_option
@json_option
def command(
    proof: str, key: str, blinding: str, output: str, force: bool, engine: executors.Engine, as_json: bool
) -> None:
    """Commit to PROOF, a fault proof that you made, before anybody sees it.

    Have the commit receipted (`tracework receipt`): the earliest receipt gets the bounty, and who copies the proof when
    you show it is later.
    """
    made = make_fault_commit(proof, read_key(key), blinding, engine=engine)
    keep(output, made.commit, force)
    if as_json:
        say_json(render({"commit": output, "blinding": blinding, "commit_id": made.commit.id}))
        return
    say(f"{output}: a commit to a fault proof, to be receipted")
    say(f"{blinding}: its blinding; keep it secret, the reveal needs it")
