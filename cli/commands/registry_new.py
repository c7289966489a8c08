"""`tracework registry new`: a registry without accounts."""

from __future__ import annotations

import click

from ...conformance.values import render
from ...protocol.registry.snapshot import Registry
from ...worker.errors import content_errors
from ..command import Number, force_option, json_option, output_option
from ..command import command as declare
from ..console import say, say_json
from ..made import keep


@declare(
    "new",
    examples=["tracework registry new --network testnet --epoch 1 -o new.cbor"],
    exit_codes={0: "the registry was written", 1: "", 2: "nothing was written", 3: ""},
)
@click.option("--network", required=True, help="The network's name.")
@click.option("--epoch", required=True, type=Number(), help="The epoch that it is a snapshot of.")
@output_option("the registry")
@force_option
@json_option
def command(network: str, epoch: int, output: str, force: bool, as_json: bool) -> None:
    """Make a registry that has no accounts yet."""
    with content_errors("a registry", output):
        made = Registry(network=network, epoch=epoch, accounts=())
    keep(output, made, force)
    if as_json:
        say_json(render({"registry": output, "hash": made.hash}))
        return
    say(f"{output}: a registry without accounts")
