"""Vectors for payout trees and their proofs."""

from __future__ import annotations

from typing import Any

from ...protocol.rewards.payout import PayoutTree
from ...protocol.rewards.settlement import PayoutEntry
from ..operations import settlement as operations
from ..values import render
from . import Case, VectorFile, invalid, seeded, valid

CHECKED = (
    "@openzeppelin/merkle-tree 1.0.8 on trees made in the same way (tests/rewards/test_payout.py); tests/adapters/node"
)


def files() -> list[VectorFile]:
    """The topic's files."""
    return [_trees(), _proofs(), _verified()]


def _payouts(count: int) -> list[list[Any]]:
    made = [(seeded("payout-tree-two", f"address {n}", 20), (n + 1) * 10**18) for n in range(count)]
    return [list(entry) for entry in sorted(made)]


def _trees() -> VectorFile:
    def case(name: str, comment: str, payouts: list[list[Any]]) -> Case:
        given = {"payouts": payouts}
        req = ["PAY-001", "PAY-002", "PAY-003", "PAY-005", "PAY-007"]
        return valid(f"payout-tree-{name}", comment, req, given, operations.tree(render(given)))

    published = [[bytes([0x11]) * 20, 5 * 10**18], [bytes([0x22]) * 20, 25 * 10**17]]
    largest = [[b"\xff" * 20, (1 << 128) - 1], *_payouts(2)]
    cases = [
        case("two", "The two payouts of OpenZeppelin's own example.", published),
        case("one", "One payout: its leaf is the root.", _payouts(1)),
        case("three", "Three payouts: leaves at two heights.", _payouts(3)),
        case("eight", "Eight payouts: a full tree.", _payouts(8)),
        case("largest", "The largest sum.", largest),
        invalid("payout-tree-none", "No payouts.", ["PAY-004"], {"payouts": []}, "semantic/no-leaves"),
    ]
    return VectorFile(
        name="tree", op="payout.tree", title="Trees of payouts, with every proof", checked_by=CHECKED, cases=cases
    )


def _proofs() -> VectorFile:
    given = {"payouts": _payouts(5), "address": _payouts(5)[3][0]}
    other = {"payouts": _payouts(5), "address": bytes(20)}
    cases = [
        valid("payout-prove-plain", "One of five.", ["PAY-005"], given, operations.proof(render(given))),
        invalid("payout-prove-unknown", "An address without a payout.", ["PAY-005"], other, "semantic/unknown-payee"),
    ]
    return VectorFile(name="prove", op="payout.prove", title="Proofs of payouts", checked_by=CHECKED, cases=cases)


def _verified() -> VectorFile:
    entries = [PayoutEntry(address, amount) for address, amount in _payouts(5)]
    tree = PayoutTree(entries)
    entry = entries[2]
    proof = tree.proof(entry.address)
    given: dict[str, Any] = {"root": tree.root, "address": entry.address, "amount": entry.amount, "proof": proof}

    def bad(name: str, comment: str, error: str, **changes: Any) -> Case:
        return invalid(f"payout-verify-{name}", comment, ["PAY-006"], given | changes, error)

    cases = [
        valid("payout-verify-plain", "One of five.", ["PAY-006"], given, operations.verify(render(given))),
        bad("amount", "One base unit more.", "crypto/root-mismatch", amount=entry.amount + 1),
        bad("address", "Another payee's address.", "crypto/root-mismatch", address=entries[1].address),
        bad("short", "The last digest is missing.", "crypto/root-mismatch", proof=proof[:-1]),
        bad("long", "A digest too many.", "crypto/root-mismatch", proof=[*proof, bytes(32)]),
        bad("root", "Another root.", "crypto/root-mismatch", root=bytes(32)),
        bad("over-limit", "65 digests.", "crypto/path-length", proof=[bytes(32)] * 65),
    ]
    return VectorFile(
        name="verify", op="payout.verify", title="Verifying proofs of payouts", checked_by=CHECKED, cases=cases
    )
