"""Binary Merkle trees of a fixed height, and proofs for any set of their leaves (spec/merkle.md).

A tree is known by its node domain and its height. Leaves are 32-byte digests; what a leaf is the digest of is the
affair of whoever uses the tree. An inclusion proof and a consecutive-pair proof are multi-proofs for one and for two
indices: there is one algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from blake3 import blake3

from ..errors import CryptoError, SemanticError
from ..hashing import DIGEST_SIZE, KEYS


def hash_node(domain: str, left: bytes, right: bytes) -> bytes:
    """An inner node of a tree with this node domain (MRK-002)."""
    return blake3(left + right, key=KEYS[domain]).digest()


def constant_roots(domain: str, leaf: bytes, height: int) -> list[bytes]:
    """Roots of the subtrees of height 0 to `height` whose leaves all equal `leaf` (MRK-004)."""
    roots = [leaf]
    for _ in range(height):
        roots.append(hash_node(domain, roots[-1], roots[-1]))
    return roots


def root_of(domain: str, leaves: Sequence[bytes]) -> bytes:
    """The root over 2^n leaves, of which nothing else is kept."""
    new_node, level = blake3(key=KEYS[domain]).copy, leaves
    while len(level) > 1:
        above = []
        pairs = iter(level)
        for left, right in zip(pairs, pairs, strict=True):
            hasher = new_node()
            hasher.update(left + right)
            above.append(hasher.digest())
        level = above
    return level[0]


def check_indices(indices: Sequence[int], height: int) -> None:
    """Raise SemanticError unless the indices are ascending, distinct and inside the tree (MRK-010, MRK-011)."""
    last = -1
    for index in indices:
        if index <= last:
            raise SemanticError(
                "index-order", f"leaf index {index} after {last}", requirement="MRK-010", where=f"leaf {index}"
            )
        last = index
    if last >= 1 << height:
        raise SemanticError(
            "index-range",
            f"leaf index {last} in a tree of height {height}",
            requirement="MRK-011",
            where=f"leaf {last}",
        )


def sibling_positions(indices: Sequence[int], height: int) -> list[tuple[int, int]]:
    """(level, position) of each digest in the multi-proof of these ascending leaf indices, in its order (MRK-012)."""
    wanted: list[tuple[int, int]] = []
    known = list(indices)
    for level in range(height):
        present = set(known)
        wanted += [(level, position ^ 1) for position in known if position ^ 1 not in present]
        known = sorted({position >> 1 for position in known})
    return wanted


def root_from_proof(domain: str, height: int, leaves: Mapping[int, bytes], siblings: bytes) -> bytes:
    """The root that leaves (index to digest) and a multi-proof's siblings lead to (MRK-013).

    Raises SemanticError for indices out of order or range, CryptoError if the siblings are too few or too many.
    """
    indices = list(leaves)
    check_indices(indices, height)
    if not indices:
        raise SemanticError("no-leaves", "a proof of no leaves", requirement="MRK-014")
    need = len(sibling_positions(indices, height)) * DIGEST_SIZE
    if len(siblings) != need:
        raise CryptoError(
            "path-length",
            f"{len(siblings)} bytes of siblings instead of {need}",
            requirement="MRK-015",
            where="siblings",
        )
    nodes = dict(leaves)
    offset = 0
    for _ in range(height):
        parents: dict[int, bytes] = {}
        for position, digest in nodes.items():
            if position >> 1 in parents:
                continue
            sibling = nodes.get(position ^ 1)
            if sibling is None:
                sibling = siblings[offset : offset + DIGEST_SIZE]
                offset += DIGEST_SIZE
            left, right = (sibling, digest) if position & 1 else (digest, sibling)
            parents[position >> 1] = hash_node(domain, left, right)
        nodes = parents
    return nodes[0]


def verify_proof(domain: str, height: int, root: bytes, leaves: Mapping[int, bytes], siblings: bytes) -> None:
    """Check that `leaves` stand at their indices under `root` (MRK-016).

    Raises SemanticError or CryptoError as `root_from_proof` does, and CryptoError("root-mismatch").
    """
    if root_from_proof(domain, height, leaves, siblings) != root:
        raise CryptoError(
            "root-mismatch", "the leaves and siblings lead to another root", requirement="MRK-016", where="siblings"
        )


def make_proof(indices: Sequence[int], height: int, node: Callable[[int, int], bytes]) -> bytes:
    """The siblings of the multi-proof for ascending leaf indices; `node(level, position)` gives the tree's digests."""
    check_indices(indices, height)
    return b"".join(node(level, position) for level, position in sibling_positions(indices, height))
