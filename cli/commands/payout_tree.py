"""`tracework payout tree`: the tree in OpenZeppelin's format."""

from __future__ import annotations

import json

import click

from ...protocol.rewards.payout import PayoutTree
from ...worker.files import write_file
from .. import epochs
from ..command import command as declare
from ..console import count, say


@declare(
    "tree",
    examples=["tracework payout tree settlement.cbor -o payouts.json"],
    exit_codes={0: "written", 1: "", 3: ""},
)
@click.argument("settlement", type=click.Path(allow_dash=True))
@click.option("-o", "--output", type=click.Path(), required=True, help="Write the dump (JSON) to this file.")
def command(settlement: str, output: str) -> None:
    """Write the payouts of SETTLEMENT as a dump that `StandardMerkleTree.load` of @openzeppelin/merkle-tree reads."""
    with epochs.many_objects():
        tree = PayoutTree(epochs.read_settlement(settlement).by_address())
        write_file(output, (json.dumps(tree.dump(), indent=1) + "\n").encode())
    say(f"{output}: {count(len(tree.payouts), 'payout', exact=True)} under the root 0x{tree.root.hex()}")
