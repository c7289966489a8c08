"""`tracework payout prove`: one address's payout."""

from __future__ import annotations

import json

import click

from ...protocol.rewards.payout import PayoutTree
from ...worker.files import write_file
from .. import epochs
from ..command import command as declare
from ..console import say


@declare(
    "prove",
    examples=["tracework payout prove settlement.cbor 0x0000000000000000000000000000000000000002 -o payout.json"],
    exit_codes={0: "written", 1: "", 3: ""},
)
@click.argument("settlement", type=click.Path(allow_dash=True))
@click.argument("address")
@click.option("-o", "--output", type=click.Path(), help="Write the proof (JSON) to this file; by default, print it.")
def command(settlement: str, address: str, output: str | None) -> None:
    """Prove what ADDRESS is paid by SETTLEMENT: root, amount and the digests that a contract asks for, as JSON."""
    found = epochs.read_settlement(settlement)
    payee = epochs.address(address)
    tree = PayoutTree(found.by_address())
    proof = tree.proof(payee)
    said = {
        "root": "0x" + tree.root.hex(),
        "address": "0x" + payee.hex(),
        "amount": str(tree.amount(payee)),
        "claimable": str(found.claimable),
        "proof": ["0x" + digest.hex() for digest in proof],
    }
    text = json.dumps(said, indent=1)
    if output is None:
        say(text)
    else:
        write_file(output, (text + "\n").encode())
        say(f"{output}: {said['amount']} to {said['address']}, under the root {said['root']}")
