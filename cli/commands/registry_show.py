"""`tracework registry show`: who offers work."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.registry.snapshot import Registry
from ...worker.errors import content_errors
from ...worker.signing import read_object
from ..command import command as declare
from ..command import json_option
from ..console import count, say, say_json, table
from ..views import fields


@declare(
    "show",
    examples=["tracework registry show registry.cbor", "tracework registry show registry.cbor --no-check"],
    exit_codes={0: "shown, and every account proves to hold its key", 1: "", 3: ""},
)
@click.argument("file", type=click.Path())
@click.option("--check/--no-check", default=True, help="Check the accounts' proofs of possession (2 ms each).")
@json_option
def command(file: str, check: bool, as_json: bool) -> None:
    """Show the registry in FILE: its hash, its accounts; and check their proofs of possession."""
    made = read_object(Registry, "a registry", file)
    if check:
        with content_errors("a registry", file):
            made.verify()
    if as_json:
        say_json(render({"file": file, "hash": made.hash} | fields(made)))
        return
    table({"hash": made.hash.hex(), "network": made.network, "epoch": str(made.epoch)})
    for account in made.accounts:
        cores = count(account.cores, "core", exact=True)
        machine = f"{cores}, {account.memory} MiB, {account.storage} GiB, {','.join(account.profiles)}"
        say(f"  {account.key.hex()}")
        say(f"    stake {account.stake}, {account.region}, {machine}, load {account.load} of {account.load_cap}")
