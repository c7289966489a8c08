"""`tracework commit`: promise a claim without showing it."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...worker.keyfiles import read_key
from ...worker.signing import make_commit
from ..command import command as declare
from ..command import force_option, json_option, output_option
from ..console import say, say_json
from ..made import keep


@declare(
    "commit",
    examples=["tracework commit many --key worker.key --blinding new.blinding -o commit.cbor"],
    exit_codes={0: "the commit was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("claim", type=click.Path())
@click.option("--key", required=True, type=click.Path(), help="The worker's key file.")
@click.option(
    "--blinding",
    required=True,
    type=click.Path(),
    help="Where the blinding is kept till the reveal; made at random if there is no such file.",
)
@output_option("the commit")
@force_option
@json_option
def command(claim: str, key: str, blinding: str, output: str, force: bool, as_json: bool) -> None:
    """Commit to CLAIM (a claim, or the work folder that has one), before anybody may see it.

    Keep the blinding, and keep it to yourself until the reveal: with it anybody could tell what you found. Made again
    with the same blinding it is the same commit; a different second commit on one unit is evidence against you.
    """
    made = make_commit(claim, read_key(key), blinding)
    keep(output, made, force)
    if as_json:
        ids = {"commit_id": made.id, "commitment": made.body.commitment, "unit_id": made.body.unit}
        say_json(render({"commit": output, "blinding": blinding} | ids))
        return
    say(f"{output}: a commit, to be receipted before the commit deadline")
    say(f"{blinding}: its blinding; keep it secret, the reveal needs it")
