"""Payout trees are OpenZeppelin's to the byte; proofs prove what they should and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import node
from tracework.protocol.errors import CryptoError, ProtocolError, SemanticError
from tracework.protocol.rewards.payout import PayoutTree, leaf_hash, verify_payout
from tracework.protocol.rewards.settlement import PayoutEntry

FOLDER = Path(__file__).parents[1] / "adapters" / "payout"


def payouts(count: int) -> list[PayoutEntry]:
    return [PayoutEntry((7919 * n + 1).to_bytes(20, "big"), (n + 1) * 10**18 + n) for n in range(count)]


def openzeppelin(tree: PayoutTree) -> dict[str, Any]:
    proofs = {
        "0x" + entry.address.hex(): ["0x" + digest.hex() for digest in tree.proof(entry.address)]
        for entry in tree.payouts
    }
    command = node.script(FOLDER, "check.mjs", "OpenZeppelin's library")
    given = json.dumps({"dump": tree.dump(), "proofs": proofs})
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 1000])
def test_openzeppelins_library_loads_it_and_verifies_every_proof(count: int) -> None:
    tree = PayoutTree(payouts(count))
    root = "0x" + tree.root.hex()
    assert openzeppelin(tree) == {"root": root, "anew": root, "same": True, "verified": count}


def test_a_published_tree() -> None:
    # The example of OpenZeppelin's README: two addresses, 5 and 2.5 ether.
    tree = PayoutTree([PayoutEntry(bytes([0x11]) * 20, 5 * 10**18), PayoutEntry(bytes([0x22]) * 20, 25 * 10**17)])
    assert tree.root.hex() == "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"


def test_a_dump_is_what_the_library_reads() -> None:
    tree = PayoutTree(payouts(3))
    nodes = ["0x" + node.hex() for node in tree.nodes]
    values = [
        {"value": ["0x" + e.address.hex(), str(e.amount)], "treeIndex": n}
        for e, n in zip(tree.payouts, tree.places, strict=True)
    ]
    assert tree.dump() == {
        "format": "standard-v1",
        "leafEncoding": ["address", "uint256"],
        "tree": nodes,
        "values": values,
    }
    assert [nodes[place] for place in tree.places] == ["0x" + leaf_hash(entry).hex() for entry in tree.payouts]


@given(st.integers(1, 40), st.integers(0, 39), st.data())
def test_a_proof_proves_one_entry(count: int, which: int, data: st.DataObject) -> None:
    tree = PayoutTree(payouts(count))
    entry = tree.payouts[which % count]
    proof = tree.proof(entry.address)
    verify_payout(tree.root, entry, proof)
    assert tree.amount(entry.address) == entry.amount
    for wrong in (entry._replace(amount=entry.amount + 1), entry._replace(address=bytes(20))):
        with pytest.raises(CryptoError, match="another root"):
            verify_payout(tree.root, wrong, proof)
    for changed in ([*proof, bytes(32)], proof[1:] if proof else [bytes(32)]):
        with pytest.raises(CryptoError):
            verify_payout(tree.root, entry, changed)


def test_bad_input() -> None:
    with pytest.raises(SemanticError, match="no payouts"):
        PayoutTree([])
    with pytest.raises(SemanticError, match="no payout to this address"):
        PayoutTree(payouts(2)).proof(bytes(20))
    with pytest.raises(ProtocolError, match="65 digests"):
        verify_payout(bytes(32), payouts(1)[0], [bytes(32)] * 65)
    with pytest.raises(CryptoError, match="another root"):
        verify_payout(bytes(32), payouts(1)[0], [bytes(32)] * 64)
    assert PayoutTree(payouts(2)).amount(bytes(20)) is None
    assert len(leaf_hash(payouts(1)[0])) == 32
