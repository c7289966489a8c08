"""`tracework committee show`: who is in it."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.committee.snapshot import Committee
from ...protocol.encoding.schema import encode_object
from ...verifier import committees
from ...worker.signing import read_object
from .. import verdicts
from ..command import command as declare
from ..command import json_option
from ..console import bad, good, say, say_json, table


@declare(
    "show",
    examples=["tracework committee show committee.cbor"],
    exit_codes={0: "every member proves to hold its key", 1: "one doesn't: this is no committee", 3: ""},
)
@click.argument("file", type=click.Path())
@json_option
def command(file: str, as_json: bool) -> None:
    """Show the committee in FILE: its hash, its members with their weights; and check their proofs of possession."""
    made = read_object(Committee, "a committee", file)
    verdict = committees.check_committee(encode_object(made))
    if as_json:
        members = [{"key": member.key, "weight": member.weight} for member in made.members]
        said = {"file": file, "hash": made.hash, "network": made.network, "epoch": made.epoch, "total": made.total}
        say_json(render(said | {"members": members, "proven": verdict.code is None}))
    else:
        say(f"{good('a committee')}" if verdict.code is None else f"{bad('no committee')}: {verdict.message}")
        table({"hash": made.hash.hex(), "network": made.network, "epoch": str(made.epoch), "weight": str(made.total)})
        for index, member in enumerate(made.members):
            say(f"  {index:>4}  {member.key.hex()}  {member.weight}")
    raise click.exceptions.Exit(verdicts.exit_code(verdict))
