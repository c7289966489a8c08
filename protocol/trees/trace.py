"""The trace tree: state hashes at the segment boundaries, padded with the final state's hash (spec/trace.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..hashing import TRACE_NODE
from . import merkle

MAX_HEIGHT = 20
"""Greatest height of a trace tree (TRC-003)."""


def segment_count(steps: int, segment_log2: int) -> int:
    """Segments of 2^segment_log2 steps that `steps` steps fall into, the last one maybe shorter (TRC-001)."""
    return (steps + (1 << segment_log2) - 1) >> segment_log2


def height(max_steps: int, segment_log2: int) -> int:
    """Height of the trace tree of every claim on a unit: ceil(log2(segments of max_steps + 1)) (TRC-003)."""
    return segment_count(max_steps, segment_log2).bit_length()


class TraceTree:
    """The tree over all leaves of one trace, or, in another domain, over those of a part of it."""

    def __init__(self, leaves: Sequence[bytes], height: int, domain: str = TRACE_NODE) -> None:
        """`leaves`: the state hashes at step 0, 2^k, 2·2^k, …, and at the final step, in order; at most 2^height."""
        if not 1 <= len(leaves) <= 1 << height:
            raise ValueError(f"{len(leaves)} leaves don't fit a tree of height {height}")
        self.height = height
        self._padding = merkle.constant_roots(domain, leaves[-1], height)
        self._levels = [list(leaves)]
        for level in range(height):
            below = self._levels[-1]
            if len(below) & 1:
                below = [*below, self._padding[level]]
            self._levels.append([merkle.hash_node(domain, below[i], below[i + 1]) for i in range(0, len(below), 2)])

    def node(self, level: int, position: int) -> bytes:
        """The digest at a level (0: leaves) and position, those past the end included (TRC-004)."""
        nodes = self._levels[level]
        return nodes[position] if position < len(nodes) else self._padding[level]

    @property
    def root(self) -> bytes:
        """The trace root."""
        return self._levels[-1][0]

    def proof(self, indices: Sequence[int]) -> bytes:
        """Siblings of the multi-proof for ascending leaf indices (MRK-012)."""
        return merkle.make_proof(indices, self.height, self.node)


def verify_leaves(root: bytes, height: int, leaves: Mapping[int, bytes], siblings: bytes) -> None:
    """Check leaves (index to state hash, ascending) against a trace root; raises as `merkle.verify_proof` does."""
    merkle.verify_proof(TRACE_NODE, height, root, leaves, siblings)
