"""`tracework reveal`: show what a commit promised."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker.keyfiles import read_key
from ...worker.signing import make_reveal
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "reveal",
    examples=["tracework reveal many --key worker.key --blinding worker.blinding -o reveal.cbor"],
    exit_codes={0: "the reveal was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("work", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The worker's key file.")
@click.option("--blinding", required=True, type=click.Path(), help="The blinding that `tracework commit` kept.")
@output_option("the reveal")
@force_option
@json_option
def command(work: str, key: str, blinding: str, output: str, force: bool, as_json: bool) -> None:
    """Reveal the claim of WORK, a work folder, with all leaves of its trace; or an opaque claim's file.

    Hand it in after the commit deadline and before the reveal deadline: an earlier reveal could be copied, and does not
    count.
    """
    made = make_reveal(work, read_key(key), blinding)
    keep(output, made, force)
    if as_json:
        ids = {"reveal_id": made.id, "claim_id": made.claim.id, "unit_id": made.claim.unit.id}
        say_json(render({"reveal": output} | ids))
        return
    say(f"{output}: a reveal, to be receipted after the commit deadline and before the reveal deadline")
