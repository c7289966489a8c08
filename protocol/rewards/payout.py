"""Payout trees: the list of payouts as OpenZeppelin's StandardMerkleTree, byte for byte (spec/payout.md).

tree = PayoutTree(settlement.by_address())
tree.root, tree.proof(address), tree.dump()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..errors import CryptoError, SemanticError
from .settlement import PayoutEntry

ENCODING: Final = ("address", "uint256")
"""The ABI types of a leaf (PAY-001)."""
FORMAT: Final = "standard-v1"
"""The format of a dump (PAY-007)."""
MAX_PROOF: Final = 64
"""Most digests of a proof (PAY-006)."""


def keccak_function() -> Callable[[bytes], bytes]:
    """Keccak-256, the one of Ethereum. The library is imported when this is called."""
    from Crypto.Hash import keccak

    new = keccak.new

    def digest(data: bytes) -> bytes:
        return new(digest_bits=256, data=data).digest()

    return digest


def leaf_hash(entry: PayoutEntry, keccak: Callable[[bytes], bytes] | None = None) -> bytes:
    """keccak(keccak(abi.encode(address, amount))) (PAY-001)."""
    keccak = keccak or keccak_function()
    return keccak(keccak(bytes(12) + entry.address + entry.amount.to_bytes(32, "big")))


class PayoutTree:
    """A complete binary tree of payouts, in an array whose element 0 is the root (PAY-002, PAY-003)."""

    def __init__(self, payouts: Sequence[PayoutEntry]) -> None:
        if not payouts:
            raise SemanticError("no-leaves", "a tree of no payouts", requirement="PAY-004", where="payouts")
        keccak = keccak_function()
        self.payouts = list(payouts)
        leaves = [leaf_hash(entry, keccak) for entry in self.payouts]
        order = sorted(range(len(leaves)), key=leaves.__getitem__)  # PAY-002
        size = 2 * len(leaves) - 1
        nodes = [b""] * size
        self.places = [0] * len(leaves)
        """Where in the array each payout's leaf is."""
        for rank, index in enumerate(order):
            self.places[index] = size - 1 - rank
            nodes[size - 1 - rank] = leaves[index]
        for place in range(size - 1 - len(leaves), -1, -1):
            left, right = nodes[2 * place + 1], nodes[2 * place + 2]
            nodes[place] = keccak(left + right if left < right else right + left)  # PAY-003
        self.nodes = nodes
        self._index = {entry.address: index for index, entry in enumerate(self.payouts)}

    @property
    def root(self) -> bytes:
        """What a contract is told, 32 bytes."""
        return self.nodes[0]

    def amount(self, address: bytes) -> int | None:
        """What an address gets; None if it isn't in the list."""
        index = self._index.get(address)
        return None if index is None else self.payouts[index].amount

    def proof(self, address: bytes) -> list[bytes]:
        """The siblings from an address's leaf up to the root (PAY-005). Raises SemanticError for an unknown address."""
        index = self._index.get(address)
        if index is None:
            raise SemanticError(
                "unknown-payee", "the list has no payout to this address", requirement="PAY-005", where="address"
            )
        place, siblings = self.places[index], []
        while place:
            siblings.append(self.nodes[place + 1 if place & 1 else place - 1])
            place = (place - 1) // 2
        return siblings

    def dump(self) -> dict[str, Any]:
        """The tree as `StandardMerkleTree.load` reads it (PAY-007)."""
        return {
            "format": FORMAT,
            "leafEncoding": list(ENCODING),
            "tree": ["0x" + node.hex() for node in self.nodes],
            "values": [
                {"value": ["0x" + entry.address.hex(), str(entry.amount)], "treeIndex": place}
                for entry, place in zip(self.payouts, self.places, strict=True)
            ],
        }


def verify_payout(root: bytes, entry: PayoutEntry, proof: Sequence[bytes]) -> None:
    """Raise SemanticError for a proof that is too long, CryptoError unless it leads to the root (PAY-006)."""
    if len(proof) > MAX_PROOF:
        raise CryptoError("path-length", f"a proof of {len(proof)} digests", requirement="PAY-006", where="proof")
    keccak = keccak_function()
    node = leaf_hash(entry, keccak)
    for sibling in proof:
        node = keccak(node + sibling if node < sibling else sibling + node)
    if node != root:
        raise CryptoError("root-mismatch", "the proof leads to another root", requirement="PAY-006", where="proof")
