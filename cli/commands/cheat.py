"""`tracework cheat`: a dishonest claim, to try what catches it."""

from __future__ import annotations

import shlex

import click

from ...conformance.values import render
from ...worker.cheat import KINDS, cheat
from ...worker.keyfiles import read_key
from ..command import command as declare
from ..command import json_option
from ..console import say, say_json


@declare(
    "cheat",
    examples=[
        "tracework cheat work/ wrong-output --key worker.key -o false/",
        "tracework cheat work/ jumped-segment --segment 2 --key worker.key -o jumped/",
    ],
    exit_codes={0: "the false claim was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.argument("folder", type=click.Path())
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--key", required=True, type=click.Path(), help="The key of the worker whose run this is.")
@click.option("--segment", type=click.IntRange(min=1), default=1, help="Where to jump to, for jumped-segment.")
@click.option("-o", "--output", required=True, type=click.Path(), help="The new folder.")
@json_option
def command(folder: str, kind: str, key: str, segment: int, output: str, as_json: bool) -> None:
    """Make a dishonest claim of some KIND out of the honest run in FOLDER, and sign it.

    It is made the way a worker would make it who wants to be paid for something else than the work. The new folder has
    claim, leaves, program and input, so that every command takes it for that of a run. Whoever signs such a claim for
    real loses its stake.
    """
    made = cheat(folder, output, kind, key=read_key(key), segment=segment)
    if as_json:
        say_json(render({"folder": output, "kind": kind, "claim_id": made.claim.id}))
        return
    say(f"{output}: a false claim, {KINDS[kind][0]}; signed by {made.claim.body.worker.hex()[:16]}…")
    program, given = f"{output.rstrip('/')}/program.elf", f"{output.rstrip('/')}/input.bin"
    line = ["tracework", "refute", output, "--program", program, "--input", given, "-o", "fault.cbor"]
    say(f"Anybody can refute it: {shlex.join(line)}")
